"""Forecast and requests in one list, by hand numbers: the larger of the two, never the sum."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from sampan_platform.analyse.merge import merge
from sampan_platform.requests.selectors import OpenNeed

FIRST = date(2020, 2, 10)


def forecast(days: int = 7, a_day: float = 100.0, site: int = 1) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "site": [site] * days,
            "resource": [1] * days,
            "day": [FIRST + timedelta(days=at) for at in range(days)],
            "quantity": [a_day] * days,
        },
        schema={"site": pl.Int64, "resource": pl.Int64, "day": pl.Date, "quantity": pl.Float64},
    )


def ask(quantity: int, *, number: int = 7, unmet: int | None = None, day: int = 0, **more):
    return OpenNeed(
        request=number,
        site=1,
        resource=1,
        quantity=Decimal(quantity),
        unmet=Decimal(quantity if unmet is None else unmet),
        needed_by=FIRST + timedelta(days=day),
        covers_days=more.pop("covers_days", 7),
        priority=more.pop("priority", 1),
        additional=more.pop("additional", False),
    )


def totals(*requests: OpenNeed, expected: pl.DataFrame | None = None) -> tuple[float, float]:
    """Sum of the request rows and of the forecast rows."""
    rows = merge(forecast() if expected is None else expected, requests, FIRST)
    asked = rows.filter(origin="request")["quantity"].sum()
    return asked, rows.filter(origin="forecast")["quantity"].sum()


@pytest.mark.parametrize(
    ("requests", "asked", "left"),
    [
        ([], 0, 700),
        ([ask(1000)], 1000, 0),  # larger than the forecast of 700: replaces it
        ([ask(300)], 300, 400),  # smaller: a part of it
        ([ask(300, additional=True)], 300, 700),  # on top of it
        ([ask(600), ask(600, number=8)], 1200, 0),  # max(1200, 700)
        ([ask(300), ask(300, number=8)], 600, 100),  # max(600, 700)
        ([ask(1000, unmet=400)], 1000, 0),  # what came is in stock, and counts against 1000
        ([ask(200, day=5)], 200, 500),  # window: the last two days of the calendar
        ([ask(500, day=5)], 500, 500),  # takes only the 200 that the calendar holds
        ([ask(250, covers_days=2)], 250, 500),  # two days of 100 are replaced
    ],
)
def test_nothing_is_counted_twice(requests, asked, left) -> None:
    """A week of 100 a day and what is asked beside it."""
    assert totals(*requests) == (asked, left)


def test_a_running_window_counts_with_what_is_left_of_it() -> None:
    """Three of seven days are over: 400 of 700; but never less than what has not come."""
    assert totals(ask(700, unmet=300, day=-3)) == (400, 300)
    assert totals(ask(700, unmet=700, day=-3)) == (700, 300)
    assert totals(ask(700, unmet=50, day=-30)) == (50, 700)


def test_overdue_falls_on_the_first_day() -> None:
    """What was needed last week is needed today."""
    (row,) = merge(forecast(0), [ask(10, day=-8)], FIRST).to_dicts()
    assert (row["day"], row["key"], row["request"]) == (FIRST, "request:7", 7)


def test_the_earliest_days_are_replaced_first() -> None:
    """A request of 250 leaves half of the third day and all later ones."""
    rows = merge(forecast(), [ask(250)], FIRST).filter(origin="forecast")
    assert rows.sort("day")["quantity"].to_list() == [50, 100, 100, 100, 100]


def test_other_sites_keep_their_forecast() -> None:
    """A request touches its own site and item only; priorities stay with their origin."""
    both = pl.concat([forecast(), forecast(site=2)])
    rows = merge(both, [ask(1000)], FIRST)
    assert rows.filter(pl.col("site") == 2)["quantity"].sum() == 700
    assert set(rows.filter(origin="forecast")["priority"]) == {2}
    assert set(rows.filter(origin="request")["priority"]) == {1}
    assert rows["key"].is_unique().all()


def test_a_request_without_any_forecast_stands_alone() -> None:
    """A site that never reported use may still ask."""
    assert totals(ask(40), expected=forecast(0)) == (40, 0)
