"""Tiles as arrays: packing, unpacking, patching, and a year's tile from its months."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sampan_platform.common.quantity import SCALE
from sampan_platform.count.measures import CAME, SNAPSHOTS

SITES = 56
"""In a block, at most; times `DAYS` it makes whole bytes of bits."""
DAYS = 31
"""In a month's tile; days that the month does not have stay empty."""
MONTHS = 12

WIDTHS = tuple(np.dtype(kind) for kind in (np.int8, np.int16, np.int32, np.int64))
"""How wide a tile's integers are; by the number in its first byte."""
UNITS = 4
"""Bit of that byte: the integers count whole units, not thousandths."""

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]
Small = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class MonthArrays:
    """A month's tile."""

    stated: Bits
    """[56 × 31]"""
    values: Ints
    """[56 × 31], 0 where nothing is stated."""

    def packed(self, measure: str) -> tuple[bytes, bytes]:
        """Its two columns; that a report came has no values beside."""
        values = b"" if measure == CAME else packed_ints(self.values)
        return trimmed(np.packbits(self.stated)), values


def month_arrays(stated: bytes, values: bytes) -> MonthArrays:
    """A month's tile from its columns."""
    bits = np.unpackbits(np.frombuffer(padded(stated, SITES * DAYS // 8), np.uint8))
    return MonthArrays(bits.reshape(SITES, DAYS).astype(bool), _ints(values, SITES, DAYS))


def empty_month() -> MonthArrays:
    """A month in which nothing is stated."""
    return MonthArrays(np.zeros((SITES, DAYS), bool), np.zeros((SITES, DAYS), np.int64))


@dataclass(frozen=True)
class YearArrays:
    """A year's tile; to be written to."""

    day_counts: Small
    """[12 × 31]"""
    day_sums: Ints
    month_counts: Small
    """[56 × 12]"""
    month_values: Ints

    def put(self, measure: str, month: int, tile: MonthArrays) -> None:
        """Take over a month (from 0)."""
        self.day_counts[month] = tile.stated.sum(axis=0)
        self.day_sums[month] = tile.values.sum(axis=0)
        self.month_counts[:, month] = tile.stated.sum(axis=1)
        if measure in SNAPSHOTS:
            self.month_values[:, month] = last_stated(tile.stated, tile.values)
        else:
            self.month_values[:, month] = tile.values.sum(axis=1)

    def members(self) -> int:
        """Bits of the sites that state anything."""
        return mask_of(self.month_counts.max(axis=1))

    def packed(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Its four columns."""
        return (
            trimmed(self.day_counts),
            packed_ints(self.day_sums),
            trimmed(self.month_counts),
            packed_ints(self.month_values),
        )


def empty_year() -> YearArrays:
    """A year in which nothing is stated."""
    return YearArrays(
        np.zeros((MONTHS, DAYS), np.uint8),
        np.zeros((MONTHS, DAYS), np.int64),
        np.zeros((SITES, MONTHS), np.uint8),
        np.zeros((SITES, MONTHS), np.int64),
    )


def year_arrays(
    day_counts: bytes, day_sums: bytes, month_counts: bytes, month_values: bytes
) -> YearArrays:
    """A year's tile from its columns."""
    return YearArrays(
        _bytes(day_counts, MONTHS, DAYS),
        _ints(day_sums, MONTHS, DAYS),
        _bytes(month_counts, SITES, MONTHS),
        _ints(month_values, SITES, MONTHS),
    )


def last_stated(stated: Bits | Small, values: Ints) -> Ints:
    """Along the last axis, the last value where something is stated; 0 where nothing ever is."""
    last = stated.shape[-1] - 1 - stated[..., ::-1].argmax(axis=-1)
    # nothing stated leads to the last cell, which is then 0
    return np.take_along_axis(values, last[..., None], axis=-1)[..., 0]


def trimmed(array: npt.NDArray[np.generic]) -> bytes:
    """Its bytes without the zeros at the end; blocks are seldom full."""
    return array.tobytes().rstrip(b"\0")


def padded(data: bytes, size: int) -> bytes:
    """With the zeros again."""
    return data.ljust(size, b"\0")


def packed_ints(array: Ints) -> bytes:
    """As narrow as the largest of them needs, without the zeros at the end; a byte says how.

    What is reported is mostly whole units by the hundred or thousand: a quarter or an eighth of
    the bytes, and a statistic's time goes into fetching them.
    """
    flat = array.reshape(-1)
    if not flat.any():
        return b""
    head = 0 if (flat % SCALE).any() else UNITS
    if head:
        flat = flat // SCALE
    low, high = int(flat.min()), int(flat.max())
    width = next(
        number
        for number, kind in enumerate(WIDTHS)
        if max(high, -low - 1) < 1 << (8 * kind.itemsize - 1)
    )
    return bytes([head | width]) + trimmed(flat.astype(WIDTHS[width]))


def joined_ints(parts: Sequence[bytes], shape: tuple[int, ...]) -> Ints:
    """What `packed_ints` made, one above the other: [parts × shape]."""
    if not any(parts):
        # such as the values of `came`, which take no room then
        return np.broadcast_to(np.zeros(1, np.int64), (len(parts), *shape))
    count = math.prod(shape)
    found = np.zeros((len(parts), count), np.int64)
    rows_of: dict[int, list[int]] = {}
    for row, part in enumerate(parts):
        if part:
            rows_of.setdefault(part[0], []).append(row)
    for head, rows in rows_of.items():
        kind = WIDTHS[head & ~UNITS]
        size = count * kind.itemsize
        data = b"".join([padded(parts[row][1:], size) for row in rows])
        values = np.frombuffer(data, kind).reshape(len(rows), count).astype(np.int64)
        if head & UNITS:
            values *= SCALE
        if len(rows) == len(parts):
            found = values
        else:
            found[rows] = values
    shaped: Ints = found.reshape(len(parts), *shape)
    return shaped


def _ints(data: bytes, *shape: int) -> Ints:
    tile: Ints = joined_ints([data], shape)[0].copy()
    return tile


def _bytes(data: bytes, *shape: int) -> Small:
    return np.frombuffer(padded(data, shape[0] * shape[1]), np.uint8).reshape(shape).copy()


def mask_of(counts: Small) -> int:
    """The positions where something is, as bits of one number."""
    return sum(1 << position for position in np.flatnonzero(counts).tolist())


def group_sums(values: Ints, starts: npt.NDArray[np.intp]) -> Ints | npt.NDArray[np.object_]:
    """Sums along the first axis from each start to the next, exact however large.

    Where 64 bits might not do, Python's integers are added instead.
    """
    if values.size:
        peak = max(int(values.max()), -int(values.min()))
        if peak * values.size >= 2**63:
            return np.asarray(np.add.reduceat(values.astype(object), starts, axis=0))
    return np.add.reduceat(values, starts, axis=0)
