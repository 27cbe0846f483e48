"""From reports to tiles: the one way in which tiles are made, all at once or as reports change.

Tiles are always computed again from the reports of the days that changed, never corrected by a
difference. So it does not matter in which order reports came or how often this runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from sampan_platform.count import derived, sources
from sampan_platform.count.measures import (
    CAME,
    REPORTED,
    STORED,
    UTILISED_CAPACITY,
    UTILISED_OUTPUT,
)
from sampan_platform.count.models import MonthTile, Slot, YearTile
from sampan_platform.count.tiles import (
    DAYS,
    SITES,
    Bits,
    Ints,
    MonthArrays,
    YearArrays,
    empty_year,
    month_arrays,
    year_arrays,
)

TileKey = tuple[str, int, int]
"""Measure, resource and block."""
Key = tuple[int, int]
"""Resource and block."""
Days = tuple[int, int]
"""First and last day in a month, from 0."""
CHUNK = 200
"""Tiles of one measure that are worked on together; some 25 MB."""
BATCH = 100
"""Tiles in one statement."""


@dataclass(frozen=True)
class Work:
    """Days of one month to compute again."""

    month: date
    days: Mapping[Key, Days]

    def chunks(self) -> Iterator[Work]:
        """The same in pieces that fit into memory, neighbouring blocks together."""
        keys = sorted(self.days, key=lambda key: (key[1], key[0]))
        for start in range(0, len(keys), CHUNK):
            yield Work(self.month, {key: self.days[key] for key in keys[start : start + CHUNK]})


@dataclass(frozen=True)
class Cells:
    """What reports state, one array a measure, [keys × 56 × 31]."""

    stated: dict[str, Bits]
    values: dict[str, Ints]


def compute(work: Work) -> int:
    """Bring tiles in line with the reports of these days; how many tiles changed."""
    changed = 0
    for chunk in work.chunks():
        keys = list(chunk.days)
        cells = read_cells(chunk)
        months = _changed_months(chunk, keys, cells)
        _write_months(chunk.month, months)
        _write_years(chunk.month, months)
        _write_derived(chunk.month, months)
        changed += len(months)
    return changed


def read_cells(work: Work) -> Cells:
    """What the reports of these days state."""
    keys = list(work.days)
    number = {key: place for place, key in enumerate(keys)}
    slots = {
        site: (block, position)
        for site, block, position in Slot.objects.filter(
            block__in={block for _, block in keys}
        ).values_list("site_id", "block", "position")
    }
    first = min(first for first, _ in work.days.values())
    last = max(last for _, last in work.days.values())
    rows = sources.reported(
        list(slots),
        {resource for resource, _ in keys},
        work.month.replace(day=first + 1),
        work.month.replace(day=last + 1),
    )
    taken = []
    places = []
    for row in rows:
        block, position = slots[row[0]]
        place = number.get((row[1], block))
        if place is None:
            continue
        day = row[2].day - 1
        begin, end = work.days[row[1], block]
        if begin <= day <= end:
            taken.append(row)
            places.append((place * SITES + position) * DAYS + day)
    return _cells(len(keys), taken, np.array(places, np.intp))


def _cells(count: int, rows: list[sources.ReportRow], places: npt.NDArray[np.intp]) -> Cells:
    shape = (count, SITES, DAYS)
    cells = Cells(
        {measure: np.zeros(shape, bool) for measure in STORED},
        {measure: np.zeros(shape, np.int64) for measure in STORED},
    )
    if not rows:
        return cells
    columns = list(zip(*rows, strict=True))[3:]
    for measure, column in zip(REPORTED, columns, strict=True):
        cells.stated[measure].reshape(-1)[places] = [value is not None for value in column]
        cells.values[measure].reshape(-1)[places] = [value or 0 for value in column]
    cells.stated[CAME].reshape(-1)[places] = True
    both = cells.stated["output"] & cells.stated["effective_capacity"]
    for name, origin in (
        (UTILISED_OUTPUT, "output"),
        (UTILISED_CAPACITY, "effective_capacity"),
    ):
        cells.stated[name] = both
        cells.values[name] = np.where(both, cells.values[origin], 0)
    return cells


def _changed_months(work: Work, keys: list[Key], cells: Cells) -> dict[TileKey, MonthArrays]:
    """The month's tiles that are not what they were."""
    kept = _month_tiles(work)
    changed = {}
    for measure in STORED:
        stated, values = cells.stated[measure], cells.values[measure]
        states_any = set(np.flatnonzero(stated.max(axis=(1, 2))).tolist())
        for place, key in enumerate(keys):
            tile_key = (measure, *key)
            if place not in states_any and tile_key not in kept:
                continue
            before = kept.get(tile_key)
            made = _patched(before, work.days[key], stated[place], values[place])
            if before is None or not _same(before, made):
                changed[tile_key] = made
    return changed


def _patched(before: MonthArrays | None, days: Days, stated: Bits, values: Ints) -> MonthArrays:
    """What was there before, with these days replaced."""
    if before is None or days == (0, DAYS - 1):
        return MonthArrays(stated, values)
    made = MonthArrays(before.stated.copy(), before.values.copy())
    these = slice(days[0], days[1] + 1)
    made.stated[:, these] = stated[:, these]
    made.values[:, these] = values[:, these]
    return made


def _same(one: MonthArrays, other: MonthArrays) -> bool:
    return np.array_equal(one.stated, other.stated) and np.array_equal(one.values, other.values)


def _month_tiles(work: Work) -> dict[TileKey, MonthArrays]:
    rows = MonthTile.objects.filter(
        month=work.month,
        resource_id__in={resource for resource, _ in work.days},
        block__in={block for _, block in work.days},
    ).values_list("measure", "resource_id", "block", "stated", "values")
    return {
        (measure, resource, block): month_arrays(bytes(stated), bytes(values))
        for measure, resource, block, stated, values in rows
        if (resource, block) in work.days
    }


def _write_months(month: date, tiles: Mapping[TileKey, MonthArrays]) -> None:
    rows = []
    for (measure, resource, block), tile in tiles.items():
        stated, values = tile.packed(measure)
        rows.append(
            MonthTile(
                measure=measure, month=month, resource_id=resource, block=block,
                stated=stated, values=values,
            )
        )  # fmt: skip
    MonthTile.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["measure", "month", "resource", "block"],
        update_fields=["stated", "values"],
    )


def _write_years(month: date, tiles: Mapping[TileKey, MonthArrays]) -> None:
    kept = year_tiles([month.year], tiles)
    rows = []
    for (measure, resource, block), tile in tiles.items():
        _, year = kept.get((month.year, measure, resource, block), (0, empty_year()))
        year.put(measure, month.month - 1, tile)
        rows.append(_year_row(month.year, measure, resource, block, year.members(), year))
    _write(rows)


def _write_derived(month: date, tiles: Mapping[TileKey, MonthArrays]) -> None:
    rows = []
    for measure, name in derived.NAMES.items():
        keys = [key[1:] for key in tiles if key[0] == measure]
        if keys:
            days = derived.derive(measure, month, keys)
            kept = year_tiles(days.years(), [(name, *key) for key in keys])
            rows += [_year_row(*made) for made in derived.changed_years(days, name, kept)]
    _write(rows)


def _year_row(
    year: int, measure: str, resource: int, block: int, members: int, tile: YearArrays
) -> YearTile:
    day_counts, day_sums, month_counts, month_values = tile.packed()
    return YearTile(
        measure=measure, year=year, resource_id=resource, block=block, members=members,
        day_counts=day_counts, day_sums=day_sums,
        month_counts=month_counts, month_values=month_values,
    )  # fmt: skip


def _write(rows: list[YearTile]) -> None:
    YearTile.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["measure", "year", "resource", "block"],
        update_fields=["members", "day_counts", "day_sums", "month_counts", "month_values"],
    )


def year_tiles(
    years: Collection[int], keys: Collection[TileKey]
) -> dict[tuple[int, str, int, int], tuple[int, YearArrays]]:
    """Members and tile of those of the years' tiles that have these keys."""
    rows = YearTile.objects.filter(
        year__in=years,
        measure__in={measure for measure, _, _ in keys},
        resource_id__in={resource for _, resource, _ in keys},
        block__in={block for _, _, block in keys},
    ).values_list("year", "measure", "resource_id", "block", "members",
                  "day_counts", "day_sums", "month_counts", "month_values")  # fmt: skip
    wanted = set(keys)
    return {
        (year, measure, resource, block): (members, year_arrays(*map(bytes, columns)))
        for year, measure, resource, block, members, *columns in rows
        if (measure, resource, block) in wanted
    }
