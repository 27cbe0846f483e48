"""Spans of days, their periods, and the spans that they are compared with."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError

GRAINS = ("total", "day", "week", "month", "quarter", "year")
"""Into what a span is cut; `total` is not at all."""
MONTHS = {"month": 1, "quarter": 3, "year": 12}
ONE = timedelta(days=1)
FIRST_DAY = date(1950, 1, 1)
LAST_DAY = date(2199, 12, 31)


@dataclass(frozen=True, order=True)
class Span:
    """From a day to a day, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1


@dataclass(frozen=True)
class Period:
    """A named piece of a span, with what it is compared with."""

    label: str
    span: Span
    year_before: Span | None
    """The same period a year earlier; none where the calendar has none (29 February, week 53)."""
    period_before: Span
    year_to_date: Span
    year_to_date_before: Span
    """The same days a year earlier."""


def cut(since: date, until: date, grain: str) -> list[Period]:
    """The periods of a span, in order; the first and the last may be parts.

    Raises
    ------
    InvalidError
        If the grain is unknown or the span is empty or outside the years 1950 to 2199.
    """
    if grain not in GRAINS:
        raise InvalidError(
            gettext("There is no grain %(grain)s. Choose one of %(grains)s.")
            % {"grain": f"{grain[:40]!r}", "grains": ", ".join(GRAINS)}
        )
    if since > until:
        raise InvalidError(
            gettext("The span ends on %(until)s, before it begins on %(since)s. Swap them.")
            % {"until": until, "since": since}
        )
    if since < FIRST_DAY or until > LAST_DAY:
        raise InvalidError(
            gettext("The span %(since)s to %(until)s must lie in the years 1950 to 2199.")
            % {"since": since, "until": until}
        )
    return [_period(piece, grain) for piece in _pieces(Span(since, until), grain)]


def _pieces(span: Span, grain: str) -> Iterator[Span]:
    at = span.since
    while at <= span.until:
        last = min(span.until, whole(at, grain).until) if grain != "total" else span.until
        yield Span(at, last)
        at = last + ONE


def whole(day: date, grain: str) -> Span:
    """The whole day, ISO week, month, quarter or year that a day lies in."""
    if grain == "day":
        return Span(day, day)
    if grain == "week":
        monday = day - timedelta(days=day.weekday())
        return Span(monday, monday + timedelta(days=6))
    count = MONTHS[grain]
    first = date(day.year, (day.month - 1) // count * count + 1, 1)
    return Span(first, _add_months(first, count) - ONE)


def _period(span: Span, grain: str) -> Period:
    year_to_date = Span(date(span.until.year, 1, 1), span.until)
    return Period(
        label=_label(span, grain),
        span=span,
        year_before=_year_before(span, grain),
        period_before=_period_before(span, grain),
        year_to_date=year_to_date,
        year_to_date_before=_months_before(year_to_date, 12),
    )


def _label(span: Span, grain: str) -> str:
    day = span.since
    if grain == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return {
        "total": f"{span.since}/{span.until}",
        "day": day.isoformat(),
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "year": str(day.year),
    }[grain]


def _year_before(span: Span, grain: str) -> Span | None:
    if grain == "week":
        year, week, _ = span.since.isocalendar()
        if week > date(year - 1, 12, 28).isocalendar().week:
            return None
        back = date.fromisocalendar(year, week, 1) - date.fromisocalendar(year - 1, week, 1)
        return Span(span.since - back, span.until - back)
    if grain == "day" and (span.since.month, span.since.day) == (2, 29):
        return None
    return _months_before(span, 12)


def _period_before(span: Span, grain: str) -> Span:
    if grain == "total":
        if _is_whole_months(span):
            return _months_before(span, _months_between(span))
        return Span(span.since - span.days * ONE, span.since - ONE)
    if grain in ("day", "week"):
        back = ONE if grain == "day" else 7 * ONE
        return Span(span.since - back, span.until - back)
    return _months_before(span, MONTHS[grain])


def _months_before(span: Span, count: int) -> Span:
    """The same days of earlier months; a span that ends with its month still does."""
    until = _add_months(span.until, -count)
    if span.since.day == 1 and _ends_month(span.until):
        until = until.replace(day=calendar.monthrange(until.year, until.month)[1])
    return Span(_add_months(span.since, -count), until)


def _add_months(day: date, count: int) -> date:
    """The same day of another month, or that month's last where it is shorter."""
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _ends_month(day: date) -> bool:
    return (day + ONE).day == 1


def _is_whole_months(span: Span) -> bool:
    return span.since.day == 1 and _ends_month(span.until)


def _months_between(span: Span) -> int:
    after = span.until + ONE
    return (after.year - span.since.year) * 12 + after.month - span.since.month


@dataclass(frozen=True, order=True)
class Segment:
    """A whole month, or some days of one: what a span is put together from."""

    month: date
    """Its first day."""
    first: int
    """Number of the first day in the month, from 0."""
    last: int
    whole: bool


@lru_cache(maxsize=4096)
def segments(span: Span) -> tuple[Segment, ...]:
    """The span as whole months and parts of months, in order of time."""
    found: list[Segment] = []
    for piece in _pieces(span, "month"):
        month = piece.since.replace(day=1)
        is_whole = piece.since.day == 1 and _ends_month(piece.until)
        found.append(Segment(month, piece.since.day - 1, piece.until.day - 1, is_whole))
    return tuple(found)
