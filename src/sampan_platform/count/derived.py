"""Sums by block and day of what looks back over earlier days, kept because it is asked for often.

`stock:week` (and so for the other snapshots) is, on each day, the sum over sites of the last
value stated since Monday. `daily_use` is the sum of each site's mean use over the stated days of
the last 14. Both are made from the months' tiles and stand in the years' tiles; figures over
other windows and spans are computed from the months' tiles when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from sampan_platform.count.measures import COVER_WINDOW_DAYS, SNAPSHOTS
from sampan_platform.count.models import MonthTile
from sampan_platform.count.tiles import (
    DAYS,
    SITES,
    Bits,
    Ints,
    YearArrays,
    empty_year,
    mask_of,
    month_arrays,
)

DAILY_USE = "daily_use"
WEEK = {measure: f"{measure}:week" for measure in SNAPSHOTS}
"""Of each snapshot what it is called where it looks back to Monday."""
NAMES = {**WEEK, "used": DAILY_USE}
"""Of each stored column what is derived from it."""
BACK = COVER_WINDOW_DAYS - 1
"""How far a day looks back at most, and so how far on a change is felt."""
Key = tuple[int, int]
"""Resource and block."""


@dataclass(frozen=True)
class Days:
    """A derived column over some days, for several tiles."""

    keys: list[Key]
    first: date
    counts: Ints
    """[keys × days]: how many sites it is known of."""
    sums: Ints
    """[keys × days]; of daily use the bits of floating-point numbers."""
    members: list[int]

    def put(self, row: int, year: int, tile: YearArrays) -> None:
        """Take a tile's days over into its year."""
        for number in range(self.counts.shape[1]):
            day = self.first + timedelta(days=number)
            if day.year == year:
                tile.day_counts[day.month - 1, day.day - 1] = self.counts[row, number]
                tile.day_sums[day.month - 1, day.day - 1] = self.sums[row, number]

    def years(self) -> list[int]:
        """That the days lie in."""
        last = self.first + timedelta(days=self.counts.shape[1] - 1)
        return sorted({self.first.year, last.year})


def derive(measure: str, month: date, keys: Iterable[Key]) -> Days:
    """The column derived from a measure, over a month and the days that still look back to it."""
    wanted = sorted(keys)
    after = (month + timedelta(days=DAYS)).replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    first = month - timedelta(days=BACK)
    length = BACK + (after - month).days + BACK
    stated = np.zeros((len(wanted), SITES, length), bool)
    values = np.zeros((len(wanted), SITES, length), np.int64)
    number = {key: place for place, key in enumerate(wanted)}
    rows = MonthTile.objects.filter(
        measure=measure,
        month__in=(before, month, after),
        resource_id__in={resource for resource, _ in wanted},
        block__in={block for _, block in wanted},
    ).values_list("month", "resource_id", "block", "stated", "values")
    for of, resource, block, bits, data in rows:
        place = number.get((resource, block))
        if place is not None:
            tile = month_arrays(bytes(bits), bytes(data))
            begin = (of - first).days
            mine = slice(max(0, -begin), min(DAYS, _days_in(of), length - begin))
            there = slice(begin + mine.start, begin + mine.stop)
            stated[place, :, there] = tile.stated[:, mine]
            values[place, :, there] = tile.values[:, mine]
    looking = _means if measure == "used" else _since_monday
    counts, sums, known = looking(stated, values, first)
    members = [mask_of(sites) for sites in known.max(axis=2).astype(np.uint8)]
    return Days(wanted, month, counts[:, BACK:], sums[:, BACK:], members)


def _means(stated: Bits, values: Ints, first: date) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Of each site the mean over the stated days of the window, summed over sites."""
    days, sums = _window(stated.astype(np.int64)), _window(values)
    means = np.divide(sums, days, out=np.zeros(sums.shape), where=days > 0)
    known = days > 0
    return known.sum(axis=1), means.sum(axis=1).view(np.int64), known


def _window(values: Ints) -> Ints:
    """Sums over each day and the days before it in the window."""
    running = np.cumsum(values, axis=2)
    running[:, :, COVER_WINDOW_DAYS:] -= running[:, :, :-COVER_WINDOW_DAYS].copy()
    return running


def _since_monday(
    stated: Bits, values: Ints, first: date
) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Of each site the last value stated since Monday, summed over sites."""
    keys, sites, length = values.shape
    counts, sums = np.zeros((keys, length), np.int64), np.zeros((keys, length), np.int64)
    last, known = np.zeros((keys, sites), np.int64), np.zeros((keys, sites), bool)
    ever = np.zeros((keys, sites, 1), bool)
    for day in range(length):
        if (first + timedelta(days=day)).weekday() == 0:
            last, known = np.zeros_like(last), np.zeros_like(known)
        np.copyto(last, values[:, :, day], where=stated[:, :, day])
        known |= stated[:, :, day]
        ever[:, :, 0] |= known
        counts[:, day], sums[:, day] = known.sum(axis=1), last.sum(axis=1)
    return counts, sums, ever


def changed_years(
    derived: Days, name: str, kept: Mapping[tuple[int, str, int, int], tuple[int, YearArrays]]
) -> Iterator[tuple[int, str, int, int, int, YearArrays]]:
    """Year, name, resource, block, members and tile of each year's tile with these days in it.

    Parameters
    ----------
    kept
        Members and tile as they are now, by year, name, resource and block.
    """
    for row, (resource, block) in enumerate(derived.keys):
        for year in derived.years():
            members, tile = kept.get((year, name, resource, block), (0, empty_year()))
            derived.put(row, year, tile)
            members |= derived.members[row]
            if members:
                yield year, name, resource, block, members, tile


def _days_in(month: date) -> int:
    return ((month + timedelta(days=DAYS)).replace(day=1) - month).days
