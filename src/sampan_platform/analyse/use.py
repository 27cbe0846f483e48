"""Expected daily use of each item at each site, with an interval and its own back-test.

The method, for each site and item by itself. Of the last `window_days` days the last
`stated_days` that were stated count (a day without a report says nothing; a stated 0 is 0).
Their mean is the level, a straight line through them gives the trend, cut to ±`trend_max` of
the level a day; four stated days are needed for a trend. The forecast for h days ahead goes on
from the line's end with a trend that fades:

    line's end + trend · (φ + φ² + … + φʰ),  φ = damping, never below 0.

The interval comes from what the same method would have said on earlier days: its errors as
shares of the level, pooled over the sites of an item, by horizon. Horizons that too few earlier
days have seen take the interval of the longest one seen, widened in proportion.

It is the idea of `sampan.demand.forecast` for another kind of figures: daily and with gaps, where
that needs cumulative case counts without any.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
FOR_A_TREND = 4
"""Stated days that a trend needs."""
SEEN_MIN = 8
"""Errors at a horizon that an interval needs."""
TINY = 1e-9


@dataclass(frozen=True)
class UseParameters:
    """What the method assumes."""

    window_days: int = 28
    stated_days: int = 7
    damping: float = 0.85
    trend_max: float = 0.1
    backtest_days: int = 21
    interval: float = 0.8
    """Share of outcomes that the interval shall hold."""


@dataclass(frozen=True)
class UseForecast:
    """Expected use and how good such forecasts were."""

    expected: pl.DataFrame
    """`site`, `resource`, `day`, `quantity`, `low`, `high` (null without past errors),
    `level`, `trend`, `stated_days`."""
    backtest: pl.DataFrame
    """`resource`, `horizon_days`, `forecasts`, `mean_absolute_error`, `error_share`,
    `bias_share`, `coverage`."""


@dataclass(frozen=True)
class Fit:
    """Level, line's end and trend of every series at one day; NaN where nothing was stated."""

    level: Numbers
    end: Numbers
    trend: Numbers
    stated: Numbers

    def ahead(self, days: int, damping: float) -> Numbers:
        """Forecasts: series × days."""
        fading = np.cumsum(damping ** np.arange(1, days + 1))
        return np.maximum(0.0, self.end[:, None] + self.trend[:, None] * fading)


def expected_use(
    history: pl.DataFrame, last: date, days: int, parameters: UseParameters | None = None
) -> UseForecast:
    """Expected use on the `days` days after `last`.

    Parameters
    ----------
    history
        `site`, `resource`, `day`, `quantity`: what was stated; one row a series and day.
        Rows after `last` are not used.
    last
        The last day that is known.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> import polars as pl
    >>> days = [date(2020, 2, 1) + timedelta(days=at) for at in range(7)]
    >>> history = pl.DataFrame(
    ...     {"site": [1] * 7, "resource": [1] * 7, "day": days, "quantity": [10.0] * 7}
    ... )
    >>> expected_use(history, days[-1], 2).expected["quantity"].to_list()
    [10.0, 10.0]
    """
    chosen = parameters or UseParameters()
    series, table = _matrix(history, last, chosen)
    if series.is_empty():
        return UseForecast(_empty_expected(), _empty_backtest())
    made = fit(table, table.shape[1] - 1, chosen)
    errors, forecasts, missed = _errors(table, days, chosen)
    ahead = made.ahead(days, chosen.damping)
    low, high = np.full_like(ahead, np.nan), np.full_like(ahead, np.nan)
    reports = []
    for resource in series["resource"].unique(maintain_order=True).to_list():
        mine = (series["resource"] == resource).to_numpy()
        ends = _interval(errors[:, mine], len(errors), chosen)
        scale = made.level[mine, None]
        low[mine] = np.maximum(0.0, ahead[mine] + scale * ends[0])
        high[mine] = ahead[mine] + scale * ends[1]
        reports += _report(resource, errors[:, mine], forecasts[:, mine], missed[:, mine], chosen)
    expected = _long(series, made, ahead, low, high, last)
    return UseForecast(expected, pl.DataFrame(reports, schema=_empty_backtest().schema))


def fit(table: Numbers, origin: int, chosen: UseParameters) -> Fit:
    """The method at one day: columns of `table` after `origin` are not looked at."""
    window = table[:, max(0, origin - chosen.window_days + 1) : origin + 1]
    stated = ~np.isnan(window)
    from_end = np.cumsum(stated[:, ::-1], axis=1)[:, ::-1]
    counted = stated & (from_end <= chosen.stated_days)
    number = counted.sum(axis=1).astype(np.float64)
    some = np.where(number > 0, number, np.nan)
    values = np.where(counted, window, 0.0)
    time = np.arange(window.shape[1], dtype=np.float64) - (window.shape[1] - 1)
    level = values.sum(axis=1) / some
    centre = np.where(counted, time, 0.0).sum(axis=1) / some
    apart = np.where(counted, time - centre[:, None], 0.0)
    spread = (apart**2).sum(axis=1)
    slope = (apart * values).sum(axis=1) / np.maximum(spread, TINY)
    trend = np.where(number >= FOR_A_TREND, slope, 0.0)
    most = chosen.trend_max * level
    trend = np.clip(trend, -most, most)
    return Fit(level, level - trend * centre, trend, number)


def _matrix(
    history: pl.DataFrame, last: date, chosen: UseParameters
) -> tuple[pl.DataFrame, Numbers]:
    """Series (with something stated in the window) and their values by day, NaN not stated."""
    length = chosen.window_days + chosen.backtest_days
    first = last - timedelta(days=length - 1)
    rows = history.filter(pl.col("day").is_between(first, last), pl.col("quantity").is_not_null())
    recent = rows.filter(pl.col("day") > last - timedelta(days=chosen.window_days))
    series = recent.select("site", "resource").unique().sort("site", "resource").with_row_index()
    rows = rows.join(series, on=["site", "resource"])
    table = np.full((len(series), length), np.nan)
    at = (rows["day"] - first).dt.total_days().to_numpy()
    table[rows["index"].to_numpy(), at] = rows["quantity"].cast(pl.Float64).to_numpy()
    return series, table


def _errors(table: Numbers, days: int, chosen: UseParameters) -> tuple[Numbers, Numbers, Numbers]:
    """Errors as shares of the level, forecasts, errors in units: origins × series × horizons."""
    width = table.shape[1]
    origins = range(width - 1 - chosen.backtest_days, width - 1)
    errors, forecasts, missed = (
        np.full((len(origins), len(table), days), np.nan) for _ in range(3)
    )
    for at, origin in enumerate(origins):
        made = fit(table, origin, chosen)
        seen = min(days, width - 1 - origin)
        ahead = made.ahead(seen, chosen.damping)
        actual = table[:, origin + 1 : origin + 1 + seen]
        usable = np.where(made.stated >= FOR_A_TREND, np.maximum(made.level, TINY), np.nan)
        errors[at, :, :seen] = (actual - ahead) / usable[:, None]
        missed[at, :, :seen] = np.where(np.isnan(usable[:, None]), np.nan, actual - ahead)
        forecasts[at, :, :seen] = ahead
    return errors, forecasts, missed


def _interval(errors: Numbers, origin: int, chosen: UseParameters) -> tuple[Numbers, Numbers]:
    """Both ends by horizon from the errors known at an origin; NaN if none was seen enough."""
    days = errors.shape[2]
    low, high, seen = np.full(days, np.nan), np.full(days, np.nan), 0
    tail = (1 - chosen.interval) / 2
    for horizon in range(1, days + 1):
        known = errors[: max(0, origin - horizon + 1), :, horizon - 1]
        known = known[~np.isnan(known)]
        if len(known) < SEEN_MIN:
            break
        ends = np.quantile(known, [tail, 1 - tail])
        low[horizon - 1], high[horizon - 1] = min(ends[0], 0.0), max(ends[1], 0.0)
        seen = horizon
    if seen:
        wider = np.arange(seen + 1, days + 1) / seen
        low[seen:], high[seen:] = low[seen - 1] * wider, high[seen - 1] * wider
    return low, high


def _report(
    resource: Any, errors: Numbers, forecasts: Numbers, missed: Numbers, chosen: UseParameters
) -> list[dict[str, Any]]:
    """How far earlier forecasts of a resource were off, by horizon."""
    held = np.full_like(errors, np.nan)
    for origin in range(len(errors)):
        low, high = _interval(errors, origin, chosen)
        inside = (errors[origin] >= low - TINY) & (errors[origin] <= high + TINY)
        held[origin] = np.where(np.isnan(errors[origin]) | np.isnan(low), np.nan, inside)
    rows = []
    for at in range(errors.shape[2]):
        known = ~np.isnan(errors[:, :, at])
        if not known.any():
            continue
        line = _line(forecasts[:, :, at][known], missed[:, :, at][known], held[:, :, at])
        rows.append({"resource": resource, "horizon_days": at + 1} | line)
    return rows


def _line(made: Numbers, missed: Numbers, held: Numbers) -> dict[str, Any]:
    inside, actual = held[~np.isnan(held)], float((made + missed).sum())
    return {
        "forecasts": len(made),
        "mean_absolute_error": float(np.abs(missed).mean()),
        "error_share": float(np.abs(missed).sum()) / actual if actual > 0 else None,
        "bias_share": float(-missed.sum()) / actual if actual > 0 else None,
        "coverage": float(inside.mean()) if len(inside) else None,
    }


def _long(
    series: pl.DataFrame, made: Fit, ahead: Numbers, low: Numbers, high: Numbers, last: date
) -> pl.DataFrame:
    days = ahead.shape[1]
    dates = [last + timedelta(days=at) for at in range(1, days + 1)]
    return pl.DataFrame(
        {
            "site": np.repeat(series["site"].to_numpy(), days),
            "resource": np.repeat(series["resource"].to_numpy(), days),
            "day": dates * len(series),
            "quantity": ahead.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "level": np.repeat(made.level, days),
            "trend": np.repeat(made.trend, days),
            "stated_days": np.repeat(made.stated, days).astype(np.int64),
        }
    ).with_columns(pl.col("low", "high").fill_nan(None))


def _empty_expected() -> pl.DataFrame:
    number, whole = pl.Float64, pl.Int64
    return pl.DataFrame(
        schema={
            "site": whole, "resource": whole, "day": pl.Date, "quantity": number, "low": number,
            "high": number, "level": number, "trend": number, "stated_days": whole,
        }
    )  # fmt: skip


def _empty_backtest() -> pl.DataFrame:
    number, whole = pl.Float64, pl.Int64
    return pl.DataFrame(
        schema={
            "resource": whole, "horizon_days": whole, "forecasts": whole,
            "mean_absolute_error": number, "error_share": number, "bias_share": number,
            "coverage": number,
        }
    )  # fmt: skip
