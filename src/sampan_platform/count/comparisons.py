"""Columns that compare: 同比 year on year, 环比 period on period, 累计 to date, 占比 share, rank.

What there is nothing to compare with is null: no report in the base, or a base of zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError
from sampan_platform.count.measures import Kind, Measure
from sampan_platform.count.periods import Period, Span
from sampan_platform.count.statistic import Known, float_series, value_series

YEAR_ON_YEAR = "year_on_year"
PERIOD_ON_PERIOD = "period_on_period"
YEAR_TO_DATE = "year_to_date"
SHARE = "share"
RANK = "rank"
COMPARISONS = (YEAR_ON_YEAR, PERIOD_ON_PERIOD, YEAR_TO_DATE, SHARE, RANK)


def check_comparisons(compare: Sequence[str], measure: Measure) -> None:
    """Raise for a comparison that there is not, or that makes no sense for the measure."""
    for name in compare:
        if name not in COMPARISONS:
            raise InvalidError(
                gettext("There is no comparison %(name)s. Choose from %(comparisons)s.")
                % {"name": f"{name[:40]!r}", "comparisons": ", ".join(COMPARISONS)},
                code="unknown-comparison",
            )
    if YEAR_TO_DATE in compare and measure.kind in (Kind.SNAPSHOT, Kind.COVER):
        raise InvalidError(
            gettext(
                "%(code)s has no year to date: what is there on a day is not added up over "
                "days. Leave it out."
            )
            % {"code": measure.code}
        )
    if SHARE in compare and not measure.is_quantity:
        raise InvalidError(
            gettext("%(code)s has no share: its parts do not add up to the whole. Leave it out.")
            % {"code": measure.code}
        )


@dataclass(frozen=True)
class Spans:
    """Every span that figures are wanted for, once, and where each comparison finds its own."""

    spans: list[Span]
    columns: Mapping[str, list[int | None]]
    """Of each role, one number a period."""


def spans_of(periods: Sequence[Period], compare: Sequence[str]) -> Spans:
    """The periods' spans, and those that they are compared with."""
    roles: dict[str, list[Span | None]] = {"": [period.span for period in periods]}
    if YEAR_ON_YEAR in compare:
        roles[YEAR_ON_YEAR] = [period.year_before for period in periods]
    if PERIOD_ON_PERIOD in compare:
        roles[PERIOD_ON_PERIOD] = [period.period_before for period in periods]
    if YEAR_TO_DATE in compare:
        roles[YEAR_TO_DATE] = [period.year_to_date for period in periods]
        if YEAR_ON_YEAR in compare:
            roles[_BOTH] = [period.year_to_date_before for period in periods]
    spans = sorted({span for those in roles.values() for span in those if span is not None})
    place = {span: number for number, span in enumerate(spans)}
    columns = {
        role: [None if span is None else place[span] for span in those]
        for role, those in roles.items()
    }
    return Spans(spans, columns)


_BOTH = f"{YEAR_TO_DATE}_{YEAR_ON_YEAR}"


def compared(
    measure: Measure,
    known: Mapping[str, Known],
    units: npt.NDArray[np.intp],
    compare: Sequence[str],
) -> list[pl.Series]:
    """The columns of the comparisons, in the order in which they were asked for.

    Parameters
    ----------
    known
        By role, as in `Spans.columns`.
    units
        Of each group a number of its unit; shares and ranks are within a unit.
    """
    columns: list[pl.Series] = []
    for name in compare:
        if name in (YEAR_ON_YEAR, PERIOD_ON_PERIOD):
            columns += _change(name, measure, known[""], known[name])
        elif name == YEAR_TO_DATE:
            columns += _with_reports(YEAR_TO_DATE, measure, known[YEAR_TO_DATE])
            if _BOTH in known:
                columns += _change(_BOTH, measure, known[YEAR_TO_DATE], known[_BOTH])
        elif name == SHARE:
            columns.append(float_series(SHARE, _shares(known[""], units)))
        else:
            columns.append(_ranks(known[""], units))
    return columns


def _change(name: str, measure: Measure, now: Known, base: Known) -> list[pl.Series]:
    """A relative change; of rates the difference, as official statistics give it in points."""
    value, before = now.floats(), base.floats()
    if measure.kind is Kind.RATE:
        change = value - before
    else:
        divisor = np.where(before == 0, np.nan, before)
        change = (value - before) / divisor
    return [float_series(name, change), *_with_reports(f"{name}_base", measure, base)]


def _with_reports(name: str, measure: Measure, known: Known) -> list[pl.Series]:
    return [
        value_series(name, known, is_quantity=measure.is_quantity),
        pl.Series(f"{name}_reports", known.reports.ravel()),
    ]


def _shares(known: Known, units: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Of all that this person may see and the filters leave, in the same unit and period."""
    values = known.floats()
    shares = np.full(values.shape, np.nan)
    for unit in np.unique(units):
        these = units == unit
        total = np.nansum(values[these], axis=0)
        shares[these] = values[these] / np.where(total == 0, np.nan, total)
    return shares


def _ranks(known: Known, units: npt.NDArray[np.intp]) -> pl.Series:
    """1 is the most; equals share a rank and the next is as many further on."""
    groups, periods = known.values.shape
    frame = pl.DataFrame(
        {
            "unit": np.repeat(units, periods),
            "period": np.tile(np.arange(periods), groups),
            "value": float_series("value", known.floats()),
        }
    )
    rank = pl.col("value").rank("min", descending=True).over("unit", "period")
    return frame.select(rank.cast(pl.Int64).alias(RANK)).to_series()
