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
from sampan_platform.count.sums import Figures, Numbers, Sums, nothing, runs
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
        of = [self.grouping.groups_of(resource, block) for resource, block in self.pairs]
        groups = np.concatenate(of) if of else np.zeros(0, np.intp)
        order, starts, those = runs(groups)
        if len(those) and those[0] < 0:
            outside = int(starts[1]) if len(starts) > 1 else len(order)
            return order[outside:], starts[1:] - outside, those[1:]
        return order, starts, those

    def add_sums(self, measure: str, spans: Sequence[Span], into: Sums) -> None:
        """Sums over all days of the spans."""
        groups = self._runs[2]
        if not len(groups):
            return
        pieces = {piece for span in spans for piece in segments(span)}
        known = {piece: self._grouped(*self._summed(measure, piece)) for piece in pieces}
        for number, span in enumerate(spans):
            total = nothing(len(groups), 1)
            for piece in segments(span):
                values, reports = known[piece]
                total.add(np.arange(len(groups)), values[:, None], reports[:, None], [0])
            into.add(groups, total.values, total.reports, [number])

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
        return group_sums(values[order], starts), np.add.reduceat(reports[order], starts)

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
        spread = np.zeros((len(self.pairs), SITES), np.int64)
        spread[[self._numbers[pair] for pair in sites.pairs]] = found
        return spread.reshape(-1)
