"""Figures from each site's own values, where a block's sites fall into several groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sampan_platform.count import reading
from sampan_platform.count.grouping import Grouping
from sampan_platform.count.periods import Segment, Span, segments
from sampan_platform.count.reading import Sites
from sampan_platform.count.sums import Figures, Numbers, Sums, running_sums, runs
from sampan_platform.count.tiles import SITES, Ints, group_sums, last_stated


@dataclass(frozen=True)
class Fine:
    """What was read."""

    grouping: Grouping
    pairs: list[tuple[int, int]]
    """Resource and block, by number."""
    sites: dict[tuple[str, Any], Sites]
    """By measure, and month or year."""

    @classmethod
    def read(
        cls, grouping: Grouping, measures: Sequence[str], spans: Sequence[Span],
        blocks: Sequence[int],
    ) -> Fine:  # fmt: skip
        """The tiles that these spans take, of these blocks."""
        pieces = {piece for span in spans for piece in segments(span)}
        wanted = grouping.wanted(measures, blocks)
        sites = {
            **reading.year_months(wanted, {piece.month.year for piece in pieces if piece.whole}),
            **reading.month_days(wanted, {piece.month for piece in pieces if not piece.whole}),
        }
        pairs = sorted({pair for those in sites.values() for pair in those.pairs})
        return cls(grouping, pairs, sites)

    @cached_property
    def _numbers(self) -> dict[tuple[int, int], int]:
        return {pair: number for number, pair in enumerate(self.pairs)}

    @cached_property
    def _runs(self) -> tuple[Numbers, Numbers, Numbers]:
        """Sites that count, in the order of their groups; see `sums.runs`."""
        order, starts, those = runs(self.grouping.groups_of(self.pairs).reshape(-1))
        if len(those) and those[0] < 0:
            outside = int(starts[1]) if len(starts) > 1 else len(order)
            return order[outside:], starts[1:] - outside, those[1:]
        return order, starts, those

    def add_sums(self, measure: str, spans: Sequence[Span], into: Sums) -> None:
        """Sums over all days of the spans."""
        groups = self._runs[2]
        if not len(groups):
            return
        running, place = self._running(measure, spans)
        # every span has one range that is empty, so that none is without any
        ranges = [[(0, 0), *(place[piece] for piece in segments(span))] for span in spans]
        begins = np.cumsum([0] + [len(those) for those in ranges[:-1]])
        first, last = np.array([one for those in ranges for one in those]).T
        values, reports = (
            np.add.reduceat(sums[:, last] - sums[:, first], begins, axis=1) for sums in running
        )
        into.add(groups, values, reports, range(len(spans)))

    def _running(
        self, measure: str, spans: Sequence[Span]
    ) -> tuple[tuple[Figures, Ints], dict[Segment, tuple[int, int]]]:
        """Of each group the running sums of values and reports, from 0 on, over the columns that
        the spans are put together from; and between which two of these sums each piece lies.
        """
        by_tile: dict[Any, list[Segment]] = {}
        for piece in {piece for span in spans for piece in segments(span)}:
            by_tile.setdefault(_tile(piece), []).append(piece)
        groups, count = len(self._runs[2]), 0
        values: list[Figures] = [np.zeros((groups, 1), np.int64)]
        reports: list[Ints] = [np.zeros((groups, 1), np.int64)]
        place: dict[Segment, tuple[int, int]] = {}
        for tile, pieces in by_tile.items():
            sites = self.sites.get((measure, tile))
            if sites is None:
                place |= dict.fromkeys(pieces, (0, 0))
                continue
            cut, where = _cut(pieces)
            for piece, (first, last) in where.items():
                place[piece] = first + count, last + count
            count += len(cut)
            parts = [self._spread(sites, _column_sums(of, cut))
                     for of in (sites.values, sites.counts)]  # fmt: skip
            sums, numbers = self._grouped(*parts)
            values.append(sums)
            reports.append(numbers)
        return (running_sums(np.hstack(values)), np.cumsum(np.hstack(reports), axis=1)), place

    def add_last(self, measure: str, spans: Sequence[Span], into: Sums) -> None:
        """Of each site and resource the last value stated in the span."""
        groups = self._runs[2]
        if not len(groups):
            return
        pieces = {piece for span in spans for piece in segments(span)}
        known = {piece: self._last(measure, piece) for piece in pieces}
        for number, span in enumerate(spans):
            values, stated = np.zeros(self._cells, np.int64), np.zeros(self._cells, bool)
            for piece in segments(span):
                later, said = known[piece]
                np.copyto(values, later, where=said)
                stated |= said
            sums, reports = self._grouped(values, stated.astype(np.int64))
            into.add(groups, sums[:, None], reports[:, None], [number])

    def means(self, measure: str, spans: Sequence[Span]) -> npt.NDArray[np.float64]:
        """[groups × spans]: the mean over stated days of each site and resource, summed."""
        order, starts, groups = self._runs
        found = np.zeros((self.grouping.count, len(spans)))
        if not len(groups):
            return found
        pieces = {piece for span in spans for piece in segments(span)}
        known = {piece: self._summed(measure, piece) for piece in pieces}
        for number, span in enumerate(spans):
            sums, days = np.zeros(self._cells), np.zeros(self._cells)
            for piece in segments(span):
                sums += known[piece][0]
                days += known[piece][1]
            mean = np.divide(sums, days, out=np.zeros(self._cells), where=days > 0)
            found[groups, number] = np.add.reduceat(mean[order], starts)
        return found

    @property
    def _cells(self) -> int:
        return len(self.pairs) * SITES

    def _grouped(self, values: Ints, reports: Ints) -> tuple[Figures, Ints]:
        order, starts, _ = self._runs
        return group_sums(values[order], starts), np.add.reduceat(reports[order], starts, axis=0)

    def _summed(self, measure: str, piece: Segment) -> tuple[Ints, Ints]:
        """Of each site the sum over these days, and on how many it is stated."""
        sites = self.sites.get((measure, piece.month.year if piece.whole else piece.month))
        if sites is None:
            return np.zeros(self._cells, np.int64), np.zeros(self._cells, np.int64)
        if piece.whole:
            month = piece.month.month - 1
            counts, values = sites.counts[:, :, month], sites.values[:, :, month]
        else:
            days = slice(piece.first, piece.last + 1)
            counts = sites.counts[:, :, days].sum(axis=2, dtype=np.int64)
            values = sites.values[:, :, days].sum(axis=2)
        return self._spread(sites, values), self._spread(sites, counts)

    def _last(self, measure: str, piece: Segment) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Of each site the last value stated on these days, and whether there is one."""
        sites = self.sites.get((measure, piece.month.year if piece.whole else piece.month))
        if sites is None:
            return np.zeros(self._cells, np.int64), np.zeros(self._cells, bool)
        if piece.whole or piece.first == piece.last:
            column = piece.month.month - 1 if piece.whole else piece.first
            counts, values = sites.counts[:, :, column], sites.values[:, :, column]
        else:
            days = slice(piece.first, piece.last + 1)
            counts = sites.counts[:, :, days].max(axis=2)
            values = last_stated(sites.counts[:, :, days], sites.values[:, :, days])
        return self._spread(sites, values), self._spread(sites, counts) > 0

    def _spread(self, sites: Sites, found: npt.NDArray[Any]) -> Ints:
        """From these tiles to all that were read, site by site."""
        beyond = found.shape[2:]
        spread = np.zeros((len(self.pairs), SITES, *beyond), np.int64)
        spread[[self._numbers[pair] for pair in sites.pairs]] = found
        return spread.reshape(-1, *beyond)


def _tile(piece: Segment) -> Any:
    """The year or the month whose tile has a piece."""
    return piece.month.year if piece.whole else piece.month


def _columns(piece: Segment) -> tuple[int, int]:
    """Its first and last column there."""
    month = piece.month.month - 1
    return (month, month) if piece.whole else (piece.first, piece.last)


def _cut(
    pieces: Sequence[Segment],
) -> tuple[list[tuple[int, int]], dict[Segment, tuple[int, int]]]:
    """Which columns of a tile to add up before its sites are, each by its first and last; and
    between which two of their running sums each piece lies.

    A few pieces are added up themselves; of many, such as each day and all days before it,
    only the single columns are.
    """
    ranges = {piece: _columns(piece) for piece in pieces}
    low = min(first for first, _ in ranges.values())
    high = max(last for _, last in ranges.values())
    if len(pieces) <= high - low:
        return list(ranges.values()), {
            piece: (number, number + 1) for number, piece in enumerate(ranges)
        }
    single = [(column, column) for column in range(low, high + 1)]
    return single, {piece: (first - low, last + 1 - low) for piece, (first, last) in ranges.items()}


def _column_sums(of: npt.NDArray[Any], cut: Sequence[tuple[int, int]]) -> Ints:
    """[pairs × sites × cut]"""
    if all(first == last for first, last in cut):
        return of[:, :, [first for first, _ in cut]].astype(np.int64)
    parts = [of[:, :, first : last + 1].sum(axis=2, dtype=np.int64) for first, last in cut]
    return np.stack(parts, axis=2)
