"""Tiles to figures: for each group and span the sum, or the last stated values, and the reports.

Blocks whose sites all fall into one group are read as sums by day. Of other blocks each site's
values are read: whole months from the year's tiles, other days from the months' tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from sampan_platform.count import derived, reading
from sampan_platform.count.fine import Fine
from sampan_platform.count.grouping import Grouping
from sampan_platform.count.measures import COVER_WINDOW_DAYS
from sampan_platform.count.periods import Span
from sampan_platform.count.sums import Figures, Numbers, Sums, nothing, runs
from sampan_platform.count.tiles import DAYS, MONTHS, Small, group_sums

YEAR = MONTHS * DAYS
"""Cells of a year's tile, by 31 × month + day."""


def flows(grouping: Grouping, measures: Sequence[str], spans: Sequence[Span]) -> dict[str, Sums]:
    """Of each column the sum over the days of each span."""
    found = {measure: nothing(grouping.count, len(spans)) for measure in measures}
    left = _add_whole_blocks(grouping, measures, spans, found)
    fine = Fine.read(grouping, measures, spans, left)
    for measure in measures:
        fine.add_sums(measure, spans, found[measure])
    return found


def snapshot(grouping: Grouping, measure: str, spans: Sequence[Span]) -> Sums:
    """The last value stated within each span, of each site and resource, summed over these."""
    found = nothing(grouping.count, len(spans))
    ways: dict[str | None, list[int]] = {}
    for number, span in enumerate(spans):
        ways.setdefault(_kept_as(measure, span), []).append(number)
    for name, numbers in ways.items():
        chosen = [spans[number] for number in numbers]
        part = {measure: nothing(grouping.count, len(chosen))}
        left = grouping.blocks
        if name is not None:
            last_days = [Span(span.until, span.until) for span in chosen]
            part = {name: part[measure]}
            left = _add_whole_blocks(grouping, [name], last_days, part)
        sums = part[name or measure]
        Fine.read(grouping, [measure], chosen, left).add_last(measure, chosen, sums)
        found.add(np.arange(grouping.count), sums.values, sums.reports, numbers)
    return found


def _kept_as(measure: str, span: Span) -> str | None:
    """The column whose value on the span's last day is the span's; None where none is kept."""
    if span.since == span.until:
        return measure
    is_week = span.since.weekday() == 0 and span.days <= 7
    return derived.WEEK[measure] if is_week else None


def daily_use(grouping: Grouping, windows: Sequence[Span]) -> npt.NDArray[np.float64]:
    """The mean use over stated days of each site and resource, summed; in thousandths a day."""
    shape = (grouping.count, len(windows))
    found = Sums(np.zeros(shape), np.zeros(shape, np.int64))
    left = grouping.blocks
    if all(window.days == COVER_WINDOW_DAYS for window in windows):
        last_days = [Span(window.until, window.until) for window in windows]
        left = _add_whole_blocks(
            grouping, [derived.DAILY_USE], last_days, {derived.DAILY_USE: found}
        )
    fine = Fine.read(grouping, ["used"], windows, left)
    means: npt.NDArray[np.float64] = found.values + fine.means("used", windows)
    return means


def _add_whole_blocks(
    grouping: Grouping, measures: Sequence[str], spans: Sequence[Span], found: dict[str, Sums]
) -> list[int]:
    """Add what blocks within one group have; the blocks that are left to be read by site."""
    single = grouping.single_blocks
    years = sorted({year for span in spans for year in range(span.since.year, span.until.year + 1)})
    tiles = reading.year_days(grouping.wanted(measures, list(single)), years)
    # a tile may hold a site that this person may not see, or that a filter leaves out
    torn = {
        block
        for those in tiles.values()
        for _, block, _, members in those.keys
        if members & ~single[block].mask
    }
    for measure, those in tiles.items():
        for year in years:
            rows = [
                row for row, (_, block, of, _) in enumerate(those.keys)
                if of == year and block not in torn
            ]  # fmt: skip
            if rows:
                keys = [those.keys[row] for row in rows]
                groups = np.array([grouping.group(key[0], single[key[1]].place) for key in keys])
                sums = those.sums[rows]
                if measure == derived.DAILY_USE:
                    sums = sums.view(np.float64)
                _add_year(found[measure], groups, sums, those.counts[rows], year, spans)
    return [block for block in grouping.blocks if block not in single or block in torn]


def _add_year(
    into: Sums, groups: Numbers, sums: Figures, counts: Small, year: int, spans: Sequence[Span]
) -> None:
    """Add what the rows have on the spans' days in that year."""
    touched, begins, ends = [], [], []
    for number, span in enumerate(spans):
        since, until = max(span.since, date(year, 1, 1)), min(span.until, date(year, 12, 31))
        if since <= until:
            touched.append(number)
            begins.append(_cell(since))
            ends.append(_cell(until) + 1)
    if not touched:
        return
    order, starts, those = runs(groups)
    values = group_sums(_over(sums, begins, ends)[order], starts)
    reports = np.add.reduceat(_over(counts, begins, ends)[order], starts)
    into.add(those, values, reports, touched)


def _over(by_day: Figures, begins: Sequence[int], ends: Sequence[int]) -> Figures:
    """Sums from each beginning to its end, [rows × spans]."""
    kind = np.float64 if by_day.dtype == np.float64 else np.int64
    if sum(ends) - sum(begins) <= YEAR:
        pieces = [
            by_day[:, begin:end].sum(axis=1, dtype=kind)
            for begin, end in zip(begins, ends, strict=True)
        ]
        return np.stack(pieces, axis=1)
    # spans that overlap: differences of running sums touch each day once
    running = np.zeros((len(by_day), YEAR + 1), kind)
    np.cumsum(by_day, axis=1, dtype=kind, out=running[:, 1:])
    return running[:, ends] - running[:, begins]


def _cell(day: date) -> int:
    return (day.month - 1) * DAYS + day.day - 1
