"""Whether the tiles say what the reports say, cell by cell and by the database's own sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from sampan_platform.common.quantity import SCALE
from sampan_platform.count import derived, sources
from sampan_platform.count.measures import (
    CAME,
    REPORTED,
    STORED,
    UTILISED_CAPACITY,
    UTILISED_OUTPUT,
)
from sampan_platform.count.models import MonthTile, Slot, YearTile
from sampan_platform.count.rollup import year_tiles
from sampan_platform.count.tiles import (
    MonthArrays,
    YearArrays,
    empty_year,
    month_arrays,
    year_arrays,
)

Cell = tuple[str, int, int, date]
"""Measure, resource, site, day."""


Progress = Callable[[int, int], None]
"""Called with how many steps are done, of how many."""


@dataclass
class Proof:
    """What a comparison found."""

    reports: int = 0
    cells: int = 0
    """Values that were compared."""
    differences: list[str] = field(default_factory=list)
    """The first ones, in words."""
    different: int = 0
    """All of them."""

    @property
    def equal(self) -> bool:
        return self.different == 0


class _Names:
    """Codes for numbers, for words."""

    def __init__(self) -> None:
        self.resource = {row[0]: row[1] for row in sources.resources()}
        self.site = dict(Slot.objects.values_list("site_id", "site__code"))
        places = Slot.objects.values_list("block", "position", "site_id")
        self.slot = {(block, position): site for block, position, site in places}
        self.block: dict[int, list[int]] = defaultdict(list)
        for (block, _), site in sorted(self.slot.items()):
            self.block[block].append(site)


def compare(months: Sequence[date], differences_max: int, progress: Progress | None) -> Proof:
    """Reports of these months against all tiles."""
    proof = Proof()
    names = _Names()
    steps = [(month, block) for month in months for block in sorted(names.block)]
    for number, (month, block) in enumerate(steps):
        stated = _stated(proof, names.block[block], month)
        held = _held(names, month, block)
        _compare_cells(proof, names, stated, held, differences_max)
        if progress is not None:
            progress(number + 1, len(steps))
    _compare_years(proof, names, differences_max)
    _compare_derived(proof, names, months, differences_max)
    _compare_sums(proof, names, differences_max)
    _look_for_others(proof, set(months), names, differences_max)
    return proof


def _stated(proof: Proof, sites: list[int], month: date) -> dict[Cell, int]:
    """Every cell that the month's reports state."""
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    cells: dict[Cell, int] = {}
    for site, resource, day, *columns in sources.reported(sites, None, month, last):
        proof.reports += 1
        values = dict(zip(REPORTED, columns, strict=True))
        cells[CAME, resource, site, day] = 0
        for name, value in values.items():
            if value is not None:
                cells[name, resource, site, day] = value
        if values["output"] is not None and values["effective_capacity"] is not None:
            cells[UTILISED_OUTPUT, resource, site, day] = values["output"]
            cells[UTILISED_CAPACITY, resource, site, day] = values["effective_capacity"]
    return cells


def _held(names: _Names, month: date, block: int) -> dict[Cell, int]:
    """Every cell that the month's tiles hold."""
    rows = MonthTile.objects.filter(month=month, block=block).values_list(
        "measure", "resource_id", "stated", "values"
    )
    cells: dict[Cell, int] = {}
    for measure, resource, stated, values in rows:
        tile = month_arrays(bytes(stated), bytes(values))
        positions, days = tile.stated.nonzero()
        held = tile.values[positions, days].tolist()
        for day, position, value in zip(days.tolist(), positions.tolist(), held, strict=True):
            site = names.slot.get((block, position), -1)
            cells[measure, resource, site, month + timedelta(days=day)] = value
    return cells


def _compare_cells(
    proof: Proof, names: _Names, stated: dict[Cell, int], held: dict[Cell, int], most: int
) -> None:
    proof.cells += len(stated)
    if stated == held:
        return
    for cell in sorted(stated.keys() | held.keys(), key=lambda cell: (cell[3], *cell[:3])):
        says, holds = stated.get(cell), held.get(cell)
        if says != holds:
            measure, resource, site, day = cell
            _note(
                proof, most,
                f"{measure} of {names.resource.get(resource, resource)} "
                f"at {names.site.get(site, 'an empty slot')} on {day}: "
                f"the report says {_words(says)}, the roll-up {_words(holds)}.",
            )  # fmt: skip


def _compare_years(proof: Proof, names: _Names, most: int) -> None:
    """Each year's tile against the months' that it is made from."""
    for year in _years():
        made: dict[tuple[str, int, int], YearArrays] = {}
        for measure, month, resource, block, tile in _months_of(year):
            made.setdefault((measure, resource, block), empty_year()).put(
                measure, month.month - 1, tile
            )
        rows = YearTile.objects.filter(year=year).values_list(
            "measure", "resource_id", "block", "members",
            "day_counts", "day_sums", "month_counts", "month_values",
        )  # fmt: skip
        for measure, resource, block, members, *columns in rows.iterator(500):
            held = year_arrays(*map(bytes, columns))
            if measure not in STORED:
                continue
            expected = made.pop((measure, resource, block), None) or empty_year()
            if held.packed() != expected.packed() or members != expected.members():
                _note(proof, most, _of_year(names, measure, resource, block, year))
        for (measure, resource, block), expected in made.items():
            if expected.members():
                _note(proof, most, _of_year(names, measure, resource, block, year))


def _compare_derived(proof: Proof, names: _Names, months: Sequence[date], most: int) -> None:
    """What looks back over earlier days, against the months' tiles that it is made from."""
    for measure, name in derived.NAMES.items():
        for month in months:
            rows = MonthTile.objects.filter(measure=measure, month=month)
            keys = list(rows.values_list("resource_id", "block"))
            if not keys:
                continue
            days = derived.derive(measure, month, keys)
            kept = year_tiles(days.years(), [(name, *key) for key in keys])
            before = {key: tile.packed() for key, (_, tile) in kept.items()}
            for year, _, resource, block, _, tile in derived.changed_years(days, name, kept):
                if before.get((year, name, resource, block)) != tile.packed():
                    _note(proof, most, _of_year(names, name, resource, block, year))


def _of_year(names: _Names, measure: str, resource: int, block: int, year: int) -> str:
    return (
        f"{measure} of {names.resource.get(resource, resource)} in {year}, sites of block {block}: "
        "the year's roll-up is not what its months add up to."
    )


def _months_of(year: int) -> Iterator[tuple[str, date, int, int, MonthArrays]]:
    rows = MonthTile.objects.filter(month__year=year).values_list(
        "measure", "month", "resource_id", "block", "stated", "values"
    )
    for measure, month, resource, block, stated, values in rows.iterator(500):
        yield measure, month, resource, block, month_arrays(bytes(stated), bytes(values))


def _compare_sums(proof: Proof, names: _Names, most: int) -> None:
    """The years' sums against those that the database makes of the reports."""
    held: dict[tuple[str, int, int], tuple[int, int]] = {}
    rows = YearTile.objects.filter(measure__in=REPORTED).values_list(
        "measure", "resource_id", "year", "day_counts", "day_sums", "month_counts", "month_values"
    )
    for measure, resource, year, *columns in rows.iterator(500):
        tile = year_arrays(*map(bytes, columns))
        count, total = held.get((measure, resource, year), (0, 0))
        held[measure, resource, year] = (
            count + int(tile.day_counts.sum(dtype=int)),
            total + sum(tile.day_sums.ravel().tolist()),
        )
    for key, (count, total) in sources.sums_by_resource_and_year().items():
        proof.cells += 1
        has = held.get(key, (0, 0))
        if has != (count, total):
            measure, resource, year = key
            _note(
                proof, most,
                f"{measure} of {names.resource.get(resource, resource)} in {year}: {count} reports "
                f"add up to {_words(total)}, the roll-up has {has[0]} and {_words(has[1])}.",
            )  # fmt: skip


def _look_for_others(proof: Proof, months: set[date], names: _Names, most: int) -> None:
    """Tiles of months, measures or blocks that no report is of."""
    rows = MonthTile.objects.values_list("measure", "month", "resource_id", "block", "stated")
    for measure, month, resource, block, stated in rows.iterator(2_000):
        known = month in months and measure in STORED and block in names.block
        if not known and any(bytes(stated)):
            _note(
                proof, most,
                f"{measure} of {names.resource.get(resource, resource)} in {month:%Y-%m}, "
                f"block {block}: there is a roll-up and no report.",
            )  # fmt: skip


def _years() -> list[int]:
    found = set(YearTile.objects.values_list("year", flat=True).distinct())
    found |= {month.year for month in MonthTile.objects.values_list("month", flat=True).distinct()}
    return sorted(found)


def _note(proof: Proof, most: int, words: str) -> None:
    proof.different += 1
    if len(proof.differences) < most:
        proof.differences.append(words)


def _words(value: int | None) -> str:
    return "nothing" if value is None else f"{Decimal(value) / SCALE:f}"
