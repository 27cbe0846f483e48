"""A block of rows: one rule of the network, as sparse entries with what each row is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sampan.model.numbers import Array, Numbers

Entry = tuple[Array, Array, "Array | float"]
"""Rows (within the block), columns and coefficients, of equal length or broadcast to it."""


@dataclass(frozen=True)
class Rows:
    """Rows of one rule: entries · x (sense) rhs."""

    rule: str
    sense: str
    """"<=", ">=" or "="."""
    rhs: Array
    row: Array
    column: Array
    value: Array
    key: Array | pl.Series
    """What each row is about: row numbers of `key_table`, or its keys as text."""
    key_table: str = ""
    resource: Array | None = None
    period: Array | None = None
    layer: Array | None = None
    """For balances: the layer."""

    @property
    def size(self) -> int:
        return len(self.rhs)

    def labels(self, n: Numbers) -> dict[str, pl.Series | None]:
        """Key, resource and period of each row in the tables' own words."""
        key = self.key if isinstance(self.key, pl.Series) else n.names(self.key_table, self.key)
        resource = None if self.resource is None else n.names("resources", self.resource)
        period = None if self.period is None else pl.Series(self.period, dtype=pl.Int64)
        return {"key": key, "resource": resource, "period": period}


@dataclass
class Entries:
    """Collects the entries of a block."""

    parts: list[tuple[Array, Array, Array]] = field(default_factory=list)

    def add(self, row: Array, column: Array, value: Array | float) -> None:
        self.parts.append((row, column, np.broadcast_to(value, row.shape)))

    def arrays(self) -> tuple[Array, Array, Array]:
        if not self.parts:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
        if len(self.parts) == 1:
            return self.parts[0]
        return joined(self.parts)


def joined(parts: Iterable[tuple[Array, Array, Array]]) -> tuple[Array, Array, Array]:
    """Rows, columns and values of several parts, one after the other."""
    rows, columns, values = zip(*parts, strict=True)
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(values)


def compact(present: Array) -> tuple[Array, Array]:
    """The numbers that occur, sorted, and for every number its place among them (or -1).

    `present` holds numbers 0 … size - 1 as flags.
    """
    kept = np.flatnonzero(present)
    place = np.full(len(present), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    return kept, place


def matches(values: Array, wanted: Array) -> tuple[Array, Array]:
    """Every pair of places with values[first] == wanted[second], sorted by the second."""
    order = np.argsort(values, kind="stable")
    first = np.searchsorted(values[order], wanted, side="left")
    count = np.searchsorted(values[order], wanted, side="right") - first
    place = np.repeat(np.arange(len(wanted)), count)
    offset = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    found: Array = order[first[place] + offset]
    return found, place
