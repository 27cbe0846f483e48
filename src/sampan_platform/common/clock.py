"""The one place that asks what time it is, so that a demo or a test can live in another day."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

_SET: ContextVar[datetime | None] = ContextVar("sampan_clock", default=None)


def now() -> datetime:
    """The present moment, with its time zone."""
    return _SET.get() or timezone.now()


def today(time_zone: str) -> date:
    """The date it is in a time zone."""
    return now().astimezone(ZoneInfo(time_zone)).date()


@contextlib.contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within this block it is that moment."""
    token = _SET.set(moment)
    try:
        yield
    finally:
        _SET.reset(token)
