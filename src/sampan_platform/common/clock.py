"""The one place that asks what time it is, so that a demo or a test can live in another day."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

OFFSET_SETTING = "SAMPAN_CLOCK_OFFSET"
_SET: ContextVar[datetime | None] = ContextVar("sampan_clock", default=None)


def now() -> datetime:
    """The present moment, with its time zone."""
    return _SET.get() or timezone.now() + _offset()


def is_set() -> bool:
    """Whether this is a rehearsal that lives in another time than everybody else."""
    return bool(_offset())


def _offset() -> timedelta:
    """How far a rehearsal's clock is from the real one; both run at the same pace."""
    return cast(timedelta, getattr(settings, OFFSET_SETTING, timedelta()))


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
