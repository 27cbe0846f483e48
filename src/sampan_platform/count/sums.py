"""Figures by group and span while they are added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sampan_platform.count.tiles import Ints

Figures = npt.NDArray[Any]
"""[groups × spans]: 64-bit integers, or Python's own where those might be too small."""
Numbers = npt.NDArray[np.intp]


@dataclass
class Sums:
    """What is known of a stored column for each group and span."""

    values: Figures
    reports: Ints

    def add(self, groups: Numbers, values: Figures, reports: Ints, spans: Sequence[int]) -> None:
        """Add to these groups and spans, each named once."""
        if values.dtype == object or _peak(values) + _peak(self.values) >= 2**63:
            self.values = self.values.astype(object)
        places = np.ix_(groups, np.array(spans, np.intp))
        self.values[places] += values
        self.reports[places] += reports


def nothing(groups: int, spans: int) -> Sums:
    """No report yet."""
    return Sums(np.zeros((groups, spans), np.int64), np.zeros((groups, spans), np.int64))


def runs(groups: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """An order that brings equal groups together, where each starts in it, and the groups."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    return order, starts, ordered[starts]


def running_sums(values: Figures) -> Figures:
    """Along the second axis, exact however large."""
    if values.dtype != object and _peak(values) * values.shape[1] >= 2**62:
        values = values.astype(object)
    return np.cumsum(values, axis=1)


def _peak(values: Figures) -> int:
    return max(int(values.max()), -int(values.min())) if values.size else 0
