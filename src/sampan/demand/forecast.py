"""The near future of an epidemic, from a trend that fades, with an interval from its past errors.

The model, for each place by itself. Let x(t) be the new cases of day t, and t = 0 the last
day known. Log-linear growth, mean x(t) = exp(a + g·t), is fitted to the last `trend_days`
days by Poisson likelihood, so that days without cases do no harm and the fitted total is the
one observed; the growth rate g is cut to ±`growth_max`. Then

    log x(h) = a + g · (φ + φ² + … + φʰ),    φ = damping,

so growth (or decline) fades to none. It knows nothing of measures, of changes in how cases
are counted, or of depletion: it is for one to three weeks, and its errors are measured.

The interval comes from a rolling origin: the same model is fitted at every earlier day that
allows it, and log(1 + cases added since) is compared with what came, all places pooled. The
quantiles of these errors at the same horizon give the interval. Horizons that fewer than
`interval_origins_min` origins have seen take those of the longest one seen, widened in
proportion to the horizon; `interval_from` then says `extended`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sampan.demand.cases import EpidemicParameters, Numbers, Series, series_of
from sampan.errors import InputError, Problem


def forecast_cases(
    cases: Any, days: int, parameters: EpidemicParameters | None = None
) -> pl.DataFrame:
    """Cumulative case counts as reported and, after their last day, as forecast.

    Parameters
    ----------
    cases
        Frame with `date`, `place` and cumulative `confirmed`, one row a day and place,
        without gaps; other columns are ignored. Only what is in it is used: to plan as of
        a day, give the rows up to that day.
    days
        How many days to look ahead.
    parameters
        Length of the trend, damping and interval; the defaults if None.

    Returns
    -------
    polars.DataFrame
        `date`, `place`, `confirmed`, `confirmed_low`, `confirmed_high` (all cumulative;
        equal where reported), `reported` and `interval_from` (null where reported, else
        `back-test` or `extended`).

    Raises
    ------
    InputError
        Naming every cell that cannot be used, gaps, places that end on different days, and
        series too short for a trend with its interval.

    Examples
    --------
    >>> import polars as pl
    >>> from datetime import date
    >>> from sampan.demand import forecast_cases
    >>> days = pl.date_range(date(2020, 2, 1), date(2020, 2, 20), eager=True)
    >>> cases = pl.DataFrame({"date": days, "place": "A", "confirmed": range(0, 200, 10)})
    >>> forecast_cases(cases, 2).tail(2)["confirmed"].round(6).to_list()
    [200.0, 210.0]
    """
    chosen = parameters or EpidemicParameters()
    _check_days(days)
    series = series_of(cases, same_end=True)
    last = len(series.days) - 1
    _check_length(series, chosen, last - chosen.interval_origins_min)
    errors = _errors(series, days, chosen)
    added = np.cumsum(_project(series.new, last, days, chosen), axis=1)
    low, high, seen = _interval(errors, last, chosen)
    base = np.nanmax(series.confirmed, axis=1)[:, None]
    lowest, highest = (
        base + np.maximum.accumulate(np.maximum(0, np.expm1(np.log1p(added) + end)), axis=1)
        for end in (low, high)
    )
    ahead = _long(series, base + added, lowest, highest, np.arange(1, days + 1) <= seen)
    return pl.concat([_reported(series), ahead]).sort("place", "date")


def backtest(cases: Any, days: int, parameters: EpidemicParameters | None = None) -> pl.DataFrame:
    """How far forecasts made on earlier days were off, and how often their intervals held.

    At every day that has `trend_days` days of new cases before it, the model is fitted to
    what was known then, and its interval made from the errors that were known then; both
    are compared with the cases added since, at each horizon that the series has seen.

    Parameters
    ----------
    cases, days, parameters
        As for `forecast_cases`.

    Returns
    -------
    polars.DataFrame
        One row a horizon: `horizon_days`, `forecasts` (places × origins compared),
        `mean_absolute_error` (cases added, of one place), `error_share` (Σ |error| ÷ Σ
        actual; null if nothing was added), `bias_share` (Σ error ÷ Σ actual; positive:
        forecast too high), `intervals` (forecasts that had an interval) and `coverage`
        (share of those that held the outcome; null if none).

    Raises
    ------
    InputError
        As `forecast_cases`.
    """
    chosen = parameters or EpidemicParameters()
    _check_days(days)
    series = series_of(cases, same_end=True)
    _check_length(series, chosen, len(series.days) - 2)
    errors = _errors(series, days, chosen)
    actual, made, inside = _compared(series, errors, days, chosen)
    rows = []
    for horizon in range(days):
        known = ~np.isnan(actual[:, :, horizon])
        if known.any():
            off = (made - actual)[:, :, horizon][known]
            total = float(actual[:, :, horizon][known].sum())
            held = inside[:, :, horizon][known]
            held = held[~np.isnan(held)]
            rows.append(
                {
                    "horizon_days": horizon + 1,
                    "forecasts": int(known.sum()),
                    "mean_absolute_error": float(np.abs(off).mean()),
                    "error_share": float(np.abs(off).sum()) / total if total else None,
                    "bias_share": float(off.sum()) / total if total else None,
                    "intervals": len(held),
                    "coverage": float(held.mean()) if len(held) else None,
                }
            )
    whole, share = pl.Int64, pl.Float64
    types = (whole, whole, share, share, share, whole, share)
    return pl.DataFrame(rows, schema=dict(zip(rows[0], types, strict=True)))


def _project(new: Numbers, origin: int, days: int, chosen: EpidemicParameters) -> Numbers:
    """New cases of the `days` days after `origin`, from those up to it: places × days."""
    window = new[:, origin - chosen.trend_days + 1 : origin + 1]
    time = np.arange(1 - chosen.trend_days, 1, dtype=np.float64)
    total = window.sum(axis=1)
    centre = window @ time / np.maximum(total, 1)
    growth = _growth(centre, time, chosen.growth_max)
    level: Numbers = total / np.exp(np.outer(growth, time)).sum(axis=1)
    fading = np.cumsum(chosen.damping ** np.arange(1, days + 1))
    projected: Numbers = level[:, None] * np.exp(np.outer(growth, fading))
    return projected


def _growth(centre: Numbers, time: Numbers, growth_max: float) -> Numbers:
    """The rate at which the mean time of cases is as observed, by bisection.

    That is the Poisson likelihood's own condition; the mean time rises with the rate, so
    what lies beyond ±growth_max ends there.
    """
    low, high = np.full(len(centre), -growth_max), np.full(len(centre), growth_max)
    for _ in range(60):
        rate = (low + high) / 2
        weight = np.exp(np.outer(rate, time))
        below = weight @ time / weight.sum(axis=1) < centre
        low, high = np.where(below, rate, low), np.where(below, high, rate)
    growth: Numbers = (low + high) / 2
    return growth


def _added(series: Series, origin: int, days: int) -> Numbers:
    """Cases that came in the days after `origin`: places × days, NaN where not known yet."""
    added = np.full((len(series.places), days), np.nan)
    came = np.cumsum(series.new[:, origin + 1 : origin + 1 + days], axis=1)
    added[:, : came.shape[1]] = came
    return added


def _errors(series: Series, days: int, chosen: EpidemicParameters) -> Numbers:
    """log(1 + actual) − log(1 + forecast) of cases added: origins × places × horizons.

    Origins are the days of the series; NaN where there was no forecast or no outcome yet.
    """
    last = len(series.days)
    errors = np.full((last, len(series.places), days), np.nan)
    # The first day's count is no day's increase, so the trend starts after it.
    for origin in range(chosen.trend_days, last - 1):
        made = np.cumsum(_project(series.new, origin, days, chosen), axis=1)
        errors[origin] = np.log1p(_added(series, origin, days)) - np.log1p(made)
    return errors


def _interval(
    errors: Numbers, origin: int, chosen: EpidemicParameters
) -> tuple[Numbers, Numbers, int]:
    """Log-interval by horizon from the errors known at `origin`; longest horizon seen.

    The interval always holds the forecast itself. NaN if no horizon has been seen often
    enough.
    """
    days = errors.shape[2]
    tail = (1 - chosen.interval) / 2
    low, high, seen = np.full(days, np.nan), np.full(days, np.nan), 0
    for horizon in range(1, days + 1):
        known = errors[chosen.trend_days : max(0, origin - horizon + 1), :, horizon - 1]
        if len(known) < chosen.interval_origins_min:
            break
        seen = horizon
        ends = np.quantile(known, [tail, 1 - tail])
        low[horizon - 1], high[horizon - 1] = min(ends[0], 0), max(ends[1], 0)
    if seen:
        beyond = np.arange(seen + 1, days + 1) / seen
        low[seen:], high[seen:] = low[seen - 1] * beyond, high[seen - 1] * beyond
    return low, high, seen


def _compared(
    series: Series, errors: Numbers, days: int, chosen: EpidemicParameters
) -> tuple[Numbers, Numbers, Numbers]:
    """Cases added, forecast, and 1 where the interval held: each origins × places × horizons."""
    actual, made, inside = (np.full_like(errors, np.nan) for _ in range(3))
    for origin in range(chosen.trend_days, len(series.days) - 1):
        actual[origin] = _added(series, origin, days)
        made[origin] = np.cumsum(_project(series.new, origin, days, chosen), axis=1)
        low, high, seen = _interval(errors, origin, chosen)
        if seen:
            held = (errors[origin] >= low - 1e-12) & (errors[origin] <= high + 1e-12)
            inside[origin] = np.where(np.isnan(errors[origin]), np.nan, held)
    return actual, made, inside


def _check_days(days: int) -> None:
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        message, hint = f"{days!r} days cannot be forecast.", "Give a whole number from 1 up."
        problem = Problem("forecast", None, "days", str(days), message, hint, "bad-parameter")
        raise InputError([problem], where="the parameters")


def _check_length(series: Series, chosen: EpidemicParameters, last_origin: int) -> None:
    if last_origin < chosen.trend_days:
        short = chosen.trend_days - last_origin
        message = f"{len(series.days)} days of counts are too few for this trend and interval."
        hint = f"Give {short} more, or a smaller trend_days or interval_origins_min."
        problem = Problem("cases", None, "date", None, message, hint, "too-short")
        raise InputError([problem], where="the case counts")


def _reported(series: Series) -> pl.DataFrame:
    given = ~np.isnan(series.confirmed)
    at_place, at_day = np.nonzero(given)
    counts = series.confirmed[given]
    return pl.DataFrame(
        {
            "date": [series.days[at] for at in at_day],
            "place": [series.places[at] for at in at_place],
            "confirmed": counts,
            "confirmed_low": counts,
            "confirmed_high": counts,
            "reported": True,
            "interval_from": pl.Series([None] * len(counts), dtype=pl.String),
        }
    )


def _long(
    series: Series, middle: Numbers, low: Numbers, high: Numbers, seen: NDArray[np.bool_]
) -> pl.DataFrame:
    days = middle.shape[1]
    first = series.days[-1] + timedelta(days=1)
    places = len(series.places)
    origins = ["back-test" if at else "extended" for at in seen]
    return pl.DataFrame(
        {
            "date": [first + timedelta(days=at) for at in range(days)] * places,
            "place": [place for place in series.places for _ in range(days)],
            "confirmed": middle.ravel(),
            "confirmed_low": low.ravel(),
            "confirmed_high": high.ravel(),
            "reported": False,
            "interval_from": origins * places,
        }
    )
