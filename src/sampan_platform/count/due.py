"""Reports that came and reports that were due, for each group and span.

What is due is collect's to say; here days after today do not count yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from sampan_platform.common import clock
from sampan_platform.count import sources
from sampan_platform.count.evaluate import flows
from sampan_platform.count.grouping import Grouping
from sampan_platform.count.measures import CAME
from sampan_platform.count.periods import Span
from sampan_platform.count.tiles import Ints

CELLS = 2_000_000
"""Worked on together; some 50 MB."""
SHIFT = 10_000_000
"""Above any day's ordinal."""


@dataclass(frozen=True)
class DueSpans:
    """Who is to report what from when to when, as arrays of equal length."""

    sites: Ints
    resources: Ints
    first: Ints
    """Days as ordinals."""
    last: Ints


@dataclass(frozen=True)
class CameAndDue:
    """Numbers of reports, [groups × spans]."""

    came: Ints
    due: Ints

    def rate(self) -> npt.NDArray[np.float64]:
        """Came divided by due; not a number where nothing was due."""
        return np.where(self.due > 0, self.came / np.maximum(self.due, 1), np.nan)


def came_and_due(grouping: Grouping, spans: Sequence[Span]) -> CameAndDue:
    """Of the sites and resources of each group."""
    return CameAndDue(flows(grouping, [CAME], spans)[CAME].reports, due(grouping, spans))


def due(grouping: Grouping, spans: Sequence[Span]) -> Ints:
    """How many reports were due on the days of each span."""
    found = np.zeros((grouping.count, len(spans)), np.int64)
    known = _due_spans()
    places = _looked_up(known.sites, grouping.place_of, -1)
    kinds = _looked_up(known.resources, grouping.kind_of, -1)
    counts = (places >= 0) & (kinds >= 0)
    if not counts.any():
        return found
    groups = (places * len(grouping.kinds) + kinds)[counts]
    last = np.minimum(known.last[counts], clock.today(settings.TIME_ZONE).toordinal())
    # most run over the same days: each pair of a group and such a run of days is worked on once
    runs, run = np.unique(known.first[counts] * SHIFT + last, return_inverse=True)
    alike, number = np.unique(groups * len(runs) + run, return_counts=True)
    first_and_last = np.stack(np.divmod(runs, SHIFT))
    group, run = np.divmod(alike, len(runs))
    _add_overlaps(found, np.stack([group, *first_and_last[:, run]], axis=1), number, spans)
    return found


def _add_overlaps(found: Ints, ranges: Ints, number: Ints, spans: Sequence[Span]) -> None:
    """Add how many days of each range (group, first, last) lie in each span."""
    begins = np.array([span.since.toordinal() for span in spans])
    ends = np.array([span.until.toordinal() for span in spans])
    step = max(1, CELLS // len(spans))
    for start in range(0, len(ranges), step):
        group, first, last = ranges[start : start + step].T
        days = np.minimum(last[:, None], ends) - np.maximum(first[:, None], begins) + 1
        np.add.at(found, group, np.maximum(days, 0) * number[start : start + step, None])


def _looked_up(numbers: Ints, known: Mapping[int, int], otherwise: int) -> Ints:
    """Of each number what is known of it."""
    size = max(int(numbers.max(initial=0)), max(known, default=0)) + 1
    table = np.full(size, otherwise, np.int64)
    table[list(known)] = list(known.values())
    return table[numbers]


_KEPT: dict[str, tuple[Any, DueSpans]] = {}
"""The spans as last read, and their print."""


def _due_spans() -> DueSpans:
    """All spans, read again only when something about them changed."""
    print_now = sources.print_of_due()
    kept = _KEPT.get("due")
    if kept is not None and kept[0] == print_now:
        return kept[1]
    rows = sources.due_spans()
    made = DueSpans(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2].toordinal() for row in rows], np.int64),
        np.array([row[3].toordinal() for row in rows], np.int64),
    )
    _KEPT["due"] = (print_now, made)
    return made
