"""From case counts to what is needed a day, by item, with the coefficient behind each figure."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import numpy as np
import polars as pl

from sampan.demand.cases import EpidemicParameters, Numbers, conformed_cases, series_of
from sampan.demand.coefficients import BASES, conformed_coefficients, read_coefficients
from sampan.errors import InputError, Problem

Level = Literal["confirmed", "confirmed_low", "confirmed_high"]


def caseload(
    cases: Any,
    parameters: EpidemicParameters | None = None,
    *,
    level: Level = "confirmed",
    method: Literal["new_cases", "active_cases"] = "new_cases",
) -> pl.DataFrame:
    """New cases by severity, and beds occupied, by day and place.

    Beds, with `new_cases`: who is confirmed on a day is in a bed from that day on, for the
    stay of the severity, so beds occupied on day t are Σ new cases of days t − stay + 1 … t
    × share. With `active_cases` the beds are active cases × share instead: the column
    `active` must then be there, and no stay is used.

    Parameters
    ----------
    cases
        Frame with `date`, `place` and cumulative counts, as reported or from
        `forecast_cases`; without gaps.
    parameters
        Severity split and stays; the WHO tool's if None.
    level
        Which cumulative column to go by; the two ends of a forecast's interval, say.
    method
        How beds are counted.

    Returns
    -------
    polars.DataFrame
        `date`, `place`, `basis` (see `BASES`) and `amount`: cases, or beds.

    Raises
    ------
    InputError
        Naming every cell that cannot be used, and gaps.
    """
    chosen = parameters or EpidemicParameters()
    if method not in ("new_cases", "active_cases"):
        problem = _bad("method", method, "Use new_cases or active_cases.")
        raise InputError([problem], where="the parameters")
    if level not in ("confirmed", "confirmed_low", "confirmed_high"):
        problem = _bad("level", level, "Use confirmed, confirmed_low or confirmed_high.")
        raise InputError([problem], where="the parameters")
    series = series_of(cases, level)
    new = series.new
    split = _split(chosen)
    amounts = {name: new * share for name, (share, _) in split.items()}
    for name, (share, stay) in _beds(chosen).items():
        amounts[name] = _occupied(new, stay) * share
    given = ~np.isnan(series.confirmed)
    at_place, at_day = np.nonzero(given)
    place = [series.places[at] for at in at_place]
    day = [series.days[at] for at in at_day]
    parts = [_part(day, place, name, amounts[name][given]) for name in BASES]
    if method == "active_cases":
        parts = parts[: len(split)] + _active_beds(cases, chosen)
    return pl.concat(parts).sort("place", "date", maintain_order=True)


def needs(
    cases: Any,
    parameters: EpidemicParameters | None = None,
    *,
    coefficients: Any = None,
    level: Level = "confirmed",
    method: Literal["new_cases", "active_cases"] = "new_cases",
) -> pl.DataFrame:
    """What is needed a day: caseload × coefficient, one row for each figure's origin.

    Parameters
    ----------
    cases, parameters, level, method
        As for `caseload`.
    coefficients
        Frame like that of `read_coefficients`, which is taken if None. Rows of the same
        basis and item, from different sources, add up.

    Returns
    -------
    polars.DataFrame
        `date`, `place`, `item`, `quantity` (= amount × quantity_per_day), `unit`, `basis`,
        `amount` (cases, or beds), `quantity_per_day`, `source`, `assumption`.

    Raises
    ------
    InputError
        Naming every cell of either table that cannot be used.

    Examples
    --------
    >>> import polars as pl
    >>> from datetime import date
    >>> from sampan.demand import needs
    >>> cases = pl.DataFrame({"date": [date(2020, 2, 1)], "place": ["A"], "confirmed": [100]})
    >>> needs(cases).filter(item="ventilator").select("amount", "quantity").rows()
    [(5.0, 3.35)]
    """
    rows = read_coefficients() if coefficients is None else conformed_coefficients(coefficients)
    load = caseload(cases, parameters, level=level, method=method)
    joined = load.join(rows, on="basis", how="inner", maintain_order="left_right")
    quantity = pl.col("amount") * pl.col("quantity_per_day")
    return joined.with_columns(quantity.alias("quantity")).select(
        "date", "place", "item", "quantity", "unit", "basis", "amount",
        "quantity_per_day", "source", "assumption",
    )  # fmt: skip


def _split(chosen: EpidemicParameters) -> dict[str, tuple[float, int]]:
    """Share of new cases by basis of a coefficient that counts a case once."""
    return {
        "mild_or_moderate_case": (chosen.mild_share + chosen.moderate_share, 1),
        "severe_or_critical_case": (chosen.severe_share + chosen.critical_share, 1),
    }


def _beds(chosen: EpidemicParameters) -> dict[str, tuple[float, int]]:
    """Share of cases and days of stay by basis of a coefficient that counts beds."""
    mild = chosen.mild_share + chosen.moderate_share
    return {
        "mild_or_moderate_case_bed_day": (mild, chosen.mild_or_moderate_stay_days),
        "severe_case_bed_day": (chosen.severe_share, chosen.severe_stay_days),
        "critical_case_bed_day": (chosen.critical_share, chosen.critical_stay_days),
    }


def _occupied(new: Numbers, stay: int) -> Numbers:
    """Who came in the last `stay` days, today included: places × days."""
    total = np.cumsum(new, axis=1)
    left = np.zeros_like(total)
    left[:, stay:] = total[:, :-stay]
    occupied: Numbers = np.maximum(0, total - left)
    return occupied


def _active_beds(cases: Any, chosen: EpidemicParameters) -> list[pl.DataFrame]:
    active = conformed_cases(cases, "active")
    day, place = active["date"].to_list(), active["place"].to_list()
    amounts = active["active"].to_numpy()
    return [_part(day, place, name, amounts * share) for name, (share, _) in _beds(chosen).items()]


def _part(day: list[date], place: list[str], basis: str, amount: Numbers) -> pl.DataFrame:
    return pl.DataFrame({"date": day, "place": place, "basis": basis, "amount": amount})


def _bad(name: str, value: object, hint: str) -> Problem:
    return Problem(
        "needs", None, name, str(value), f"{value!r} is not known.", hint, "bad-parameter"
    )
