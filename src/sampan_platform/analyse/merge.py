"""Forecast need and requests in one list, nothing counted twice.

The rule. A request says what its site needs of an item on the `covers_days` days from the day
on which it is needed; stock at the site and goods on the way count against that, as they do
against a forecast. An approved request that is not marked additional is part of the need of its
window: each unit of it takes a unit of forecast away, earliest day first, as far as there is
any that no other request has taken. So the need of a window is the larger of the two,
max(requests, forecast), and never their sum. One that is marked additional takes nothing away:
the need is requests + forecast.

A request counts in full until its window begins. In its window it counts in proportion to the
days that are left, but with no less than what has not come; after its window with what has not
come. It then falls on the calendar's first day. Once met it no longer counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from sampan_platform.requests.selectors import OpenNeed

FORECAST_PRIORITY = 2
"""Of need that nobody asked for by name; requests may be more or less urgent."""
SMALLEST = 0.0005
"""Half a thousandth: less than that is nothing."""


@dataclass(frozen=True)
class Needs:
    """What is needed, with the origin of each row, and how sure the forecast part is."""

    rows: pl.DataFrame
    """`key`, `site`, `resource` (numbers), `day`, `quantity`, `priority`, `origin` (`forecast`
    or `request`), `request` (its number, or null)."""
    backtest: pl.DataFrame
    """Of the forecast part; see `use.py`."""


def merge(expected: pl.DataFrame, requests: Sequence[OpenNeed], first: date) -> pl.DataFrame:
    """Rows of need from expected use and open requests.

    Parameters
    ----------
    expected
        `site`, `resource`, `day`, `quantity`.
    requests
        In the order in which they take from the forecast.
    first
        The calendar's first day.
    """
    left = _by_series(expected, {(one.site, one.resource) for one in requests})
    rows = []
    for one in requests:
        begin, end = max(one.needed_by, first), one.needed_by + timedelta(days=one.covers_days)
        quantity = _counted(one, (end - begin).days)
        if not one.additional:
            _take(left.get((one.site, one.resource), {}), begin, end, quantity)
        rows.append(_row(one, begin, quantity))
    touched = [
        {"site": site, "resource": resource, "day": day, "left": quantity}
        for (site, resource), days in left.items()
        for day, quantity in days.items()
    ]
    return pl.concat([pl.DataFrame(rows, schema=SCHEMA), _forecast(expected, touched)])


SCHEMA = {
    "key": pl.String,
    "site": pl.Int64,
    "resource": pl.Int64,
    "day": pl.Date,
    "quantity": pl.Float64,
    "priority": pl.Int64,
    "origin": pl.String,
    "request": pl.Int64,
}


def _by_series(
    expected: pl.DataFrame, wanted: set[tuple[int, int]]
) -> dict[tuple[int, int], dict[date, float]]:
    """Forecast by day of those series that somebody asks for, in order of days."""
    found: dict[tuple[int, int], dict[date, float]] = {}
    sites = [site for site, _ in wanted]
    for row in expected.filter(pl.col("site").is_in(sites)).sort("day").iter_rows(named=True):
        key = (row["site"], row["resource"])
        if key in wanted:
            found.setdefault(key, {})[row["day"]] = row["quantity"]
    return found


def _counted(one: OpenNeed, days_left: int) -> float:
    """What a request counts with when so many days of its window are left."""
    share = max(0, days_left) / one.covers_days
    return max(float(one.unmet), float(one.quantity) * share)


def _take(days: dict[date, float], begin: date, end: date, wanted: float) -> None:
    """Takes the forecast of days in [begin, end) away, earliest first, up to the quantity."""
    for day in days:
        if begin <= day < end and wanted > 0:
            part = min(days[day], wanted)
            days[day] -= part
            wanted -= part


def _row(one: OpenNeed, day: date, quantity: float) -> dict[str, object]:
    return {
        "key": one.key,
        "site": one.site,
        "resource": one.resource,
        "day": day,
        "quantity": quantity,
        "priority": one.priority,
        "origin": "request",
        "request": one.request,
    }


def _forecast(expected: pl.DataFrame, touched: list[dict[str, object]]) -> pl.DataFrame:
    """What is left of the forecast."""
    schema = {"site": pl.Int64, "resource": pl.Int64, "day": pl.Date, "left": pl.Float64}
    changed = pl.DataFrame(touched, schema=schema)
    day = pl.col("day").dt.to_string("%Y-%m-%d")
    key = pl.concat_str(pl.lit("forecast"), "site", "resource", day, separator=":")
    return (
        expected.join(changed, on=["site", "resource", "day"], how="left")
        .with_columns(quantity=pl.coalesce("left", "quantity"))
        .filter(pl.col("quantity") >= SMALLEST)
        .select(
            key.alias("key"),
            pl.col("site", "resource", "day", "quantity"),
            pl.lit(FORECAST_PRIORITY, dtype=pl.Int64).alias("priority"),
            pl.lit("forecast").alias("origin"),
            pl.lit(None, dtype=pl.Int64).alias("request"),
        )
    )
