"""Who is told when reports change: later stages register here, in their `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sampan_platform.collect.outcome import Changes

Listener = Callable[[Changes], Any]
_LISTENERS: list[Listener] = []


def on_change(listener: Listener) -> Listener:
    """Have a function called with every `Changes`, in the transaction that keeps them."""
    if listener not in _LISTENERS:
        _LISTENERS.append(listener)
    return listener


def tell(changes: Changes) -> None:
    """Call everybody who registered."""
    for listener in _LISTENERS:
        listener(changes)
