"""Reads statistics. Pages, exports, alerts and the API all call `statistics`, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError
from sampan_platform.count import upkeep
from sampan_platform.count.comparisons import check_comparisons, compared, spans_of
from sampan_platform.count.due import came_and_due
from sampan_platform.count.evaluate import daily_use, flows, snapshot
from sampan_platform.count.grouping import Grouping
from sampan_platform.count.measures import (
    CAME,
    COVER_WINDOW_DAYS,
    UTILISED_CAPACITY,
    UTILISED_OUTPUT,
    Kind,
    Measure,
    measure_of,
)
from sampan_platform.count.periods import GRAINS, Period, Span, cut
from sampan_platform.count.scope import UNIT, Filters, Scope, check_dimensions, scope_of
from sampan_platform.count.statistic import Known, Statistic, float_series, value_series
from sampan_platform.people.models import User

FIGURES_MAX = 50_000
"""In one statistic, unless more are asked for (as exports do)."""
WINDOW_DAYS_MAX = 366


def statistics(
    user: User,
    measure: str,
    *,
    since: date,
    until: date,
    by: Sequence[str] = (),
    grain: str = "total",
    compare: Sequence[str] = (),
    filters: Filters | None = None,
    window_days: int = COVER_WINDOW_DAYS,
    figures_max: int = FIGURES_MAX,
) -> Statistic:
    """A measure over a span, by place, resource and time, of what the user may see.

    Parameters
    ----------
    measure
        A code of `measures.MEASURES`.
    by
        Dimensions as in `scope`; a grain (`day`, `week` …) may stand here too.
    grain
        Into which periods the span is cut.
    compare
        Of `comparisons.COMPARISONS`.
    window_days
        Over how many days the daily use of `days_of_cover` is averaged.

    Raises
    ------
    InvalidError
        If something asked for does not exist or makes no sense, or is too much at once.
    NotFoundError
        If a filter names what is not there, or not for this user.

    Examples
    --------
    >>> statistics(user, "output", by=["country", "month"], since=date(2020, 1, 1),
    ...            until=date(2020, 12, 31), compare=["year_on_year"])  # doctest: +SKIP
    """
    what = measure_of(measure)
    by, grain = _without_grain(by, grain)
    check_dimensions(by)
    check_comparisons(compare, what)
    periods = cut(since, until, grain)
    _check_window(window_days)
    upkeep.refresh()
    scope = scope_of(user, by, filters or Filters(), by_unit=what.adds_quantities)
    _check_size(scope.grouping, periods, figures_max)
    wanted = spans_of(periods, compare)
    of_all = _known(what, scope.grouping, wanted.spans, window_days)
    groups = _groups_to_show(of_all, scope)
    known = {role: of_all.columns(spans).rows(groups) for role, spans in wanted.columns.items()}
    labels = _labels(scope, groups, periods, known[""])
    coverage = came_and_due(scope.grouping, [period.span for period in periods]).rate()
    columns = [
        *labels,
        *_of_periods(periods, len(groups)),
        value_series("value", known[""], is_quantity=what.is_quantity),
        pl.Series("reports", known[""].reports.ravel()),
        float_series("coverage", coverage[groups]),
        *compared(what, known, _unit_numbers(scope, groups), compare),
    ]
    return Statistic(what, tuple(by), grain, since, until, tuple(compare), pl.DataFrame(columns))


def _without_grain(by: Sequence[str], grain: str) -> tuple[list[str], str]:
    """The dimensions without that of time, and the grain."""
    times = [name for name in by if name in GRAINS]
    if len({*times, grain} - {"total"}) > 1:
        raise InvalidError(
            gettext("A statistic has one grain, not several: %(listed)s. Choose one.")
            % {"listed": ", ".join([grain, *times])}
        )
    found = next((name for name in [grain, *times] if name != "total"), "total")
    return [name for name in by if name not in GRAINS], found


def _check_window(window_days: int) -> None:
    if not 1 <= window_days <= WINDOW_DAYS_MAX:
        raise InvalidError(
            gettext("The window is %(window_days)s days; give 1 to %(window_days_max)s.")
            % {"window_days": window_days, "window_days_max": WINDOW_DAYS_MAX}
        )


def _check_size(grouping: Grouping, periods: Sequence[Period], figures_max: int) -> None:
    figures = grouping.count * len(periods)
    if figures > figures_max:
        raise InvalidError(
            gettext(
                "That would be up to %(figures)s figures; %(figures_max)s are given at "
                "once. Choose a shorter span, a coarser grain, fewer dimensions or a "
                "filter."
            )
            % {"figures": f"{figures:,}", "figures_max": f"{figures_max:,}"},
            code="too-many-figures",
        )


def _known(measure: Measure, grouping: Grouping, spans: Sequence[Span], window_days: int) -> Known:
    """The measure's definition, for every group and span."""
    if measure.kind is Kind.FLOW:
        sums = flows(grouping, measure.parts, spans)[measure.code]
        return Known(sums.values, sums.reports > 0, sums.reports)
    if measure.kind is Kind.SNAPSHOT:
        sums = snapshot(grouping, measure.code, spans)
        return Known(sums.values, sums.reports > 0, sums.reports)
    if measure.kind is Kind.COVER:
        stock = snapshot(grouping, "stock", spans)
        used = daily_use(grouping, [_window(span, window_days) for span in spans])
        return _ratio(stock.values, used, stock.reports)
    if measure.parts == (CAME,):
        reports = came_and_due(grouping, spans)
        return _ratio(reports.came, reports.due, reports.came, over_nothing=True)
    both = flows(grouping, measure.parts, spans)
    output, capacity = both[UTILISED_OUTPUT], both[UTILISED_CAPACITY]
    return _ratio(output.values, capacity.values, output.reports)


def _ratio(
    above: npt.NDArray[np.generic],
    below: npt.NDArray[np.generic],
    reports: npt.NDArray[np.int64],
    *,
    over_nothing: bool = False,
) -> Known:
    """A quotient; not known where there is nothing to divide by, or no report above."""
    divisor = below.astype(np.float64)
    known = (divisor > 0) & (over_nothing | (reports > 0))
    values = np.divide(above.astype(np.float64), divisor, out=np.zeros(divisor.shape), where=known)
    return Known(values, known, reports)


def _window(span: Span, days: int) -> Span:
    return Span(span.until - timedelta(days=days - 1), span.until)


def _groups_to_show(known: Known, scope: Scope) -> npt.NDArray[np.intp]:
    """Those of which anything is known; without dimensions the total, whatever is known."""
    shown = np.flatnonzero((known.known | (known.reports > 0)).any(axis=1))
    if not len(shown) and set(scope.columns) <= {UNIT} and scope.grouping.count:
        return np.zeros(1, np.intp)
    return shown


def _labels(
    scope: Scope, groups: npt.NDArray[np.intp], periods: Sequence[Period], known: Known
) -> list[pl.Series]:
    """One column a dimension, each group's label repeated over the periods."""
    labels = scope.grouping.labels
    nobody = not known.reports.any() and set(scope.columns) <= {UNIT}
    columns = []
    for place, name in enumerate(scope.columns):
        of_groups = [None if nobody else labels[group][place] for group in groups.tolist()]
        column = pl.Series(name, of_groups, dtype=pl.String)
        columns.append(column.gather(np.repeat(np.arange(len(groups)), len(periods))))
    return columns


def _of_periods(periods: Sequence[Period], groups: int) -> list[pl.Series]:
    repeated = np.tile(np.arange(len(periods)), groups)
    return [
        pl.Series("period", [period.label for period in periods], dtype=pl.String).gather(repeated),
        pl.Series("since", [period.span.since for period in periods], dtype=pl.Date).gather(
            repeated
        ),
        pl.Series("until", [period.span.until for period in periods], dtype=pl.Date).gather(
            repeated
        ),
    ]


def _unit_numbers(scope: Scope, groups: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Of each group a number of its unit; all the same where units do not matter."""
    if UNIT not in scope.columns:
        return np.zeros(len(groups), np.intp)
    place = scope.columns.index(UNIT)
    labels = scope.grouping.labels
    _, numbers = np.unique(
        [labels[group][place] or "" for group in groups.tolist()], return_inverse=True
    )
    return numbers.astype(np.intp)
