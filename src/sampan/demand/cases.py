"""Case counts as given → whole series by place and day; the parameters of an epidemic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sampan.conform import conform_table
from sampan.errors import InputError, Problem
from sampan.schema import Attribute, Table

Numbers = NDArray[np.float64]

CASES = Table(
    name="cases",
    title="Case counts",
    title_zh="病例数",
    description="Cumulative counts by day and place.",
    key=("date", "place"),
    attributes=(
        Attribute("date", "text", "日期", "the day, such as 2020-02-10", required=True),
        Attribute("place", "text", "地点", "the city, province or country", required=True),
        Attribute("confirmed", "number", "累计确诊", "cases so far", required=True, minimum=0),
        Attribute("confirmed_low", "number", "累计确诊下限", "low end of a forecast", minimum=0),
        Attribute("confirmed_high", "number", "累计确诊上限", "high end of a forecast", minimum=0),
        Attribute("active", "number", "现存确诊", "ill on the day", minimum=0),
    ),
)


@dataclass(frozen=True)
class EpidemicParameters:
    """How ill people get, for how long, and how the near future is forecast.

    The severity split and the stays of severe and critical cases are those of the WHO
    Essential Supplies Forecasting Tool 2022.1; what is not from there says so.
    """

    mild_share: float = 0.40
    moderate_share: float = 0.40
    severe_share: float = 0.15
    critical_share: float = 0.05
    severe_stay_days: int = 7
    critical_stay_days: int = 14
    mild_or_moderate_stay_days: int = 14
    """Not from the tool, which foresees no beds for them: an assumption, used only by
    coefficients whose basis is `mild_or_moderate_case_bed_day`."""
    trend_days: int = 7
    """Last days to which the trend is fitted."""
    damping: float = 0.9
    """By which the daily growth rate is multiplied for each day ahead; 1: growth goes on."""
    growth_max: float = math.log(2) / 2
    """Steepest daily log-growth rate, up or down, that a fit may give (doubling in two days)."""
    interval: float = 0.8
    """Share of outcomes that the forecast's interval is meant to hold."""
    interval_origins_min: int = 5
    """Rolling origins that an interval must rest on at least."""

    def __post_init__(self) -> None:
        problems = list(_parameter_problems(self))
        if problems:
            raise InputError(problems, where="the parameters")


def _parameter_problems(given: EpidemicParameters) -> list[Problem]:
    shares = ("mild_share", "moderate_share", "severe_share", "critical_share")
    found = []

    def wrong(name: str, message: str, hint: str) -> None:
        value = str(getattr(given, name))
        problem = Problem("EpidemicParameters", None, name, value, message, hint, "bad-parameter")
        found.append(problem)

    for name in shares:
        if not 0 <= getattr(given, name) <= 1:
            wrong(name, f"{getattr(given, name)} is not a share.", "Give a number from 0 to 1.")
    total = sum(getattr(given, name) for name in shares)
    if not found and not math.isclose(total, 1, abs_tol=1e-9):
        wrong("mild_share", f"the four shares add up to {total:g}.", "Let them add up to 1.")
    days = ("severe_stay_days", "critical_stay_days", "mild_or_moderate_stay_days")
    least = dict.fromkeys((*days, "interval_origins_min"), 1) | {"trend_days": 2}
    for name, minimum in least.items():
        value = getattr(given, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            wrong(name, f"{value} is not a count.", f"Give a whole number from {minimum} up.")
    if not 0 <= given.damping <= 1:
        wrong("damping", f"{given.damping} is out of range.", "Give a number from 0 to 1.")
    if not 0 <= given.growth_max < math.inf:
        wrong("growth_max", f"{given.growth_max} is out of range.", "Give 0 or more.")
    if not 0 < given.interval < 1:
        wrong("interval", f"{given.interval} is out of range.", "Give a number between 0 and 1.")
    return found


@dataclass(frozen=True)
class Series:
    """Cumulative counts of every place on every day: places × days, without gaps."""

    places: tuple[str, ...]
    days: tuple[date, ...]
    confirmed: Numbers
    """NaN before a place's first day."""

    @property
    def new(self) -> Numbers:
        """New cases a day: by how much the count rises above the highest so far.

        A correction downward makes no negative cases. All that had been counted on the
        first day of a place counts as new on that day, for lack of a better date.
        """
        highest = np.maximum.accumulate(np.nan_to_num(self.confirmed), axis=1)
        new: Numbers = np.diff(highest, axis=1, prepend=0.0)
        return new


def series_of(cases: Any, column: str = "confirmed", *, same_end: bool = False) -> Series:
    """The series of one cumulative column; raises InputError naming all that is wrong."""
    frame = conformed_cases(cases, column)
    places = tuple(sorted(frame["place"].unique().to_list()))
    first, last = _ends(frame)
    days = tuple(first + timedelta(days=at) for at in range((last - first).days + 1))
    counts = np.full((len(places), len(days)), np.nan)
    row = {place: at for at, place in enumerate(places)}
    at_place = [row[place] for place in frame["place"].to_list()]
    at_day = [(day - first).days for day in frame["date"].to_list()]
    counts[at_place, at_day] = frame[column].to_numpy()
    problems = _gaps(places, days, counts, same_end=same_end)
    if problems:
        raise InputError(problems, where="the case counts")
    return Series(places, days, counts)


def conformed_cases(cases: Any, column: str) -> pl.DataFrame:
    """Date, place and one column of counts, typed and checked."""
    needed = _required(CASES, column)
    frame, problems = conform_table(needed, _known_columns(cases, needed), 1)
    if not problems and frame.is_empty():
        message, hint = "there are no rows.", "Give at least one day of counts."
        problems.append(Problem("cases", None, None, None, message, hint, "empty-table"))
    if not problems:
        parsed = frame["date"].str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        for at in parsed.is_null().arg_true().to_list():
            value = frame["date"][at]
            message, hint = f"{value!r} is not a date.", "Write dates such as 2020-02-10."
            problems.append(Problem("cases", at + 1, "date", value, message, hint, "not-a-date"))
        frame = frame.with_columns(parsed.alias("date"))
    if problems:
        raise InputError(problems, where="the case counts")
    return frame.sort("place", "date")


def _required(table: Table, column: str) -> Table:
    """The cases' schema with only one column of counts, which then must be there."""
    kept = [table["date"], table["place"], replace(table[column], required=True)]
    return replace(table, attributes=tuple(kept))


def _known_columns(cases: Any, table: Table) -> Any:
    """Other columns (a city's name, deaths) may stand in the frame and are not looked at."""
    if isinstance(cases, pl.LazyFrame):
        cases = cases.collect()
    names = getattr(cases, "columns", None)
    if names is None and isinstance(cases, dict):
        names = list(cases)
    if names is None or getattr(cases, "column_names", None) is not None:
        return cases
    return {str(name): cases[name] for name in names if str(name) in table.columns}


def _ends(frame: pl.DataFrame) -> tuple[date, date]:
    days: Sequence[date] = frame["date"].to_list()
    return min(days), max(days)


def _gaps(
    places: tuple[str, ...], days: tuple[date, ...], counts: Numbers, *, same_end: bool
) -> list[Problem]:
    problems = []
    given = ~np.isnan(counts)
    for at, place in enumerate(places):
        (there,) = np.nonzero(given[at])
        missing = [day for day in range(there[0], there[-1]) if not given[at, day]]
        if missing:
            message = f"{place} has no count on {days[missing[0]]}"
            message += f" and {len(missing) - 1} more days." if len(missing) > 1 else "."
            hint = "Fill in the missing days, with the last known count if nothing was published."
            problems.append(Problem("cases", None, "date", place, message, hint, "gap"))
        if same_end and there[-1] != len(days) - 1:
            message = f"{place} ends on {days[there[-1]]}, others on {days[-1]}."
            hint = "Let all places end on the day from which to forecast."
            problems.append(Problem("cases", None, "date", place, message, hint, "uneven-end"))
    return problems
