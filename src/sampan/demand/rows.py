"""Needs by day and place → rows of the network's table `demands`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import polars as pl

from sampan.errors import InputError, Problem

PERIOD_DAYS = {"day": 1, "week": 7}
COLUMNS = ("date", "place", "item", "quantity", "basis")


def to_demands(
    needed: pl.DataFrame,
    *,
    start: date,
    periods: int,
    period_length: str = "day",
    every: int = 1,
    sites: Mapping[str, str] | None = None,
    items: Mapping[str, str] | None = None,
    priorities: Mapping[str, int] | None = None,
    lateness_max: Mapping[int, int] | None = None,
    groups: Mapping[str, str] | None = None,
    equipment: Collection[str] = (),
    decimals: int = 0,
) -> pl.DataFrame:
    """Rows for the table `demands`, from what `needs` returned.

    Needs of a period are added up, whatever their basis; those out of the calendar are left out.

    Parameters
    ----------
    needed
        Frame with `date`, `place`, `item`, `quantity` and `basis`; rows with a basis of
        one's own (stating which) may have been added.
    start, periods, period_length
        The network's calendar; `day` or `week`.
    every
        Demands of this many periods become one, due in the first of them. Equipment is never
        put together so.
    sites, items
        Site by place, and resource by item; the place or item itself if None.
    priorities
        Priority by basis; 1 for all if None.
    lateness_max
        Periods that a delivery may be late, by priority; where absent, the cell stays
        empty. It stays empty for equipment too, which is on time or lost.
    groups
        Fairness group by place; the cell stays empty if None.
    equipment
        Items in use, not used up: of a period's days the largest need counts, not the sum.
    decimals
        Quantities are rounded up to so many decimals; zeros are left out.

    Returns
    -------
    polars.DataFrame
        `demand` (place, item, priority and period), `site`, `resource`, `period`,
        `quantity`, `priority`, `lateness_max`, `group`.

    Raises
    ------
    InputError
        If columns are missing, the calendar is unknown, or one of the mappings `sites`,
        `items`, `priorities` and `groups` is given but does not hold all that is needed.
    """
    _check(needed, period_length, every, periods, sites, items, priorities, groups)
    held = pl.col("item").is_in(list(equipment))
    daily = _daily(needed, start, periods, PERIOD_DAYS[period_length], priorities)
    key = ["place", "item", "priority", "period"]
    summed = _summed(daily, held, every, decimals, key)
    return summed.sort(key).select(
        pl.format("{}:{}:{}:{}", "place", "item", "priority", "period").alias("demand"),
        _mapped("place", sites).alias("site"),
        _mapped("item", items).alias("resource"),
        "period",
        "quantity",
        "priority",
        _lateness(held, lateness_max).alias("lateness_max"),
        (pl.lit(None, pl.String) if groups is None else _mapped("place", groups)).alias("group"),
    )


def _lateness(held: pl.Expr, by_priority: Mapping[int, int] | None) -> pl.Expr:
    late = pl.col("priority").replace_strict(dict(by_priority or {}), default=None)
    return pl.when(~held).then(late).cast(pl.Int64)


def _daily(
    needed: pl.DataFrame,
    start: date,
    periods: int,
    days: int,
    priorities: Mapping[str, int] | None,
) -> pl.DataFrame:
    """Needs within the calendar, by day, place, item and priority."""
    since = (pl.col("date") - pl.lit(start)).dt.total_days()
    dated = needed.with_columns(since.floordiv(days).alias("period")).filter(
        (since >= 0) & (pl.col("period") < periods)
    )
    if priorities is None:
        priority = pl.lit(1)
    else:
        priority = pl.col("basis").replace_strict(dict(priorities))
    return dated.group_by(
        "date", "period", "place", "item", priority.cast(pl.Int64).alias("priority")
    ).agg(pl.col("quantity").sum())


def _summed(
    daily: pl.DataFrame, held: pl.Expr, every: int, decimals: int, key: list[str]
) -> pl.DataFrame:
    """One row a demand: sums of what is used up, the largest need of what is held."""
    due = pl.when(held).then("period").otherwise(pl.col("period") // every * every)
    # rounded first, so that 3.0000000001 does not become 4
    scale = 10**decimals
    total = pl.when(held.first()).then(pl.col("quantity").max()).otherwise(pl.col("quantity").sum())
    rounded = (total * scale).round(6).ceil() / scale
    return (
        daily.sort("date", "place", "item", "priority")
        .with_columns(due.alias("period"))
        .group_by(key)
        .agg(rounded.alias("quantity"))
        .filter(pl.col("quantity") > 0)
    )


def _mapped(column: str, mapping: Mapping[str, str] | None) -> pl.Expr:
    if mapping is None:
        return pl.col(column)
    return pl.col(column).replace_strict(dict(mapping), return_dtype=pl.String)


def _check(
    needed: pl.DataFrame,
    period_length: str,
    every: int,
    periods: int,
    sites: Mapping[str, str] | None,
    items: Mapping[str, str] | None,
    priorities: Mapping[str, int] | None,
    groups: Mapping[str, str] | None,
) -> None:
    problems = []

    def wrong(column: str, value: object, message: str, hint: str) -> None:
        problems.append(Problem("needs", None, column, str(value), message, hint, "bad-parameter"))

    if period_length not in PERIOD_DAYS:
        wrong("period_length", period_length, f"{period_length!r} cannot be used here.",
              "Use day or week.")  # fmt: skip
    for name, value in (("every", every), ("periods", periods)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            wrong(name, value, f"{value!r} is not a count.", "Give a whole number from 1 up.")
    for column in COLUMNS:
        if column not in needed.columns:
            wrong(column, column, f"the column {column} is missing.", "Give what needs() returns.")
    if not problems:
        checked = (
            ("place", sites, "sites"),
            ("item", items, "items"),
            ("basis", priorities, "priorities"),
            ("place", groups, "groups"),
        )
        for column, mapping, what in checked:
            if mapping is not None:
                for value in sorted(set(needed[column].to_list()) - set(mapping)):
                    hint = f"Add it to `{what}`, or leave its rows out."
                    wrong(column, value, f"{value!r} is not in `{what}`.", hint)
    if problems:
        raise InputError(problems, where="the needs")
