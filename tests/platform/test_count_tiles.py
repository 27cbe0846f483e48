"""Tiles' integers, as narrow as they can be: what is packed comes back, whatever it is."""

from __future__ import annotations

from datetime import date
from importlib import import_module

import numpy as np
import pytest
from django.apps import apps

from sampan_platform.count import services
from sampan_platform.count.models import MonthTile, YearTile
from sampan_platform.count.tiles import joined_ints, packed_ints, trimmed
from tests.platform.count_world import file, many

CASES = {
    "nothing": ([0, 0, 0, 0], 0),
    "one byte of whole units": ([5_000, 0, 127_000, 0], 1 + 3),
    "thousandths": ([5_001, 0, 0, 0], 1 + 2),
    "two bytes": ([0, 20_000_000, 0, 0], 1 + 4),
    "four bytes, the last of them zero": ([0, 0, 0, 2**24 * 1000], 1 + 16),
    "below zero": ([-129_000, 0, 0, 1_000], 1 + 7),
    "eight bytes": ([2**62 + 1, -(2**63), 0, 7], 1 + 25),
}


@pytest.mark.parametrize(("values", "size"), CASES.values(), ids=CASES)
def test_integers_come_back_from_as_few_bytes_as_hold_them(values: list[int], size: int) -> None:
    """Zeros at the end take no room; a byte says how wide the others are."""
    packed = packed_ints(np.array(values, np.int64))
    assert len(packed) == size
    assert joined_ints([packed], (4,)).tolist() == [values]


def test_tiles_of_different_widths_are_joined() -> None:
    """Each in its place, among them one without anything."""
    rows = [values for values, _ in CASES.values()]
    parts = [packed_ints(np.array(values, np.int64)) for values in rows]
    assert joined_ints(parts, (2, 2)).reshape(-1, 4).tolist() == rows


def test_tiles_from_before_are_packed_anew(world) -> None:
    """A platform that was there keeps its figures when it is brought up to date."""
    file(world, many(1, world.sites, list(world.resources), date(2020, 1, 25), 20))
    services.refresh()
    assert services.prove().equal
    for model, columns, length in (
        (MonthTile, ("values",), 56 * 31), (YearTile, ("day_sums",), 372),
        (YearTile, ("month_values",), 56 * 12),
    ):  # fmt: skip
        for row in model.objects.all():
            for column in columns:
                values = joined_ints([bytes(getattr(row, column))], (length,))[0]
                setattr(row, column, trimmed(values))
            row.save()
    import_module("sampan_platform.count.migrations.0003_narrow").pack_anew(apps, None)
    assert services.prove().equal
