"""One rule of the program: labels, right sides, and the entries of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sampan.verify.world import Floats, Ints

NO_ROW = -1


@dataclass(frozen=True)
class Rule:
    """Rows of one name, numbered from 0."""

    name: str
    labels: pl.DataFrame
    """key, resource, period; the last two may be empty."""
    right: Floats
    entry_row: Ints
    entry_column: Ints
    entry_value: Floats
    inequality: bool


class RowIndex:
    """From positions, such as lane and period, to the number of a rule's row."""

    def __init__(self, size: tuple[int, ...], about: tuple[Ints, ...]) -> None:
        self._number = np.full(size, NO_ROW, dtype=np.int32)
        self._number[about] = np.arange(len(about[0]))

    def of(self, *about: Ints) -> Ints:
        """The rows' numbers; `NO_ROW` where the rule says nothing."""
        number: Ints = self._number[about].astype(np.int64)
        return number


def make_rule(
    name: str,
    labels: Mapping[str, Any],
    right: Floats,
    entries: Sequence[tuple[Ints, Ints, Floats]],
    *,
    inequality: bool = True,
) -> Rule:
    """A rule; entries are (row, column, value), those of no row or value 0 left out.

    For "≥", entries and right sides come with their sign changed.
    """
    frame = pl.DataFrame({"key": labels["key"]}, schema={"key": pl.String})
    for column, dtype in (("resource", pl.String), ("period", pl.Int64)):
        values = labels.get(column)
        series = pl.Series(column, [None] * len(frame) if values is None else values, dtype=dtype)
        frame = frame.with_columns(series)
    row, column_at, value = (np.concatenate(part) for part in zip(*entries, strict=True))
    kept = (row != NO_ROW) & (value != 0)
    return Rule(
        name, frame, np.asarray(right, float), row[kept], column_at[kept], value[kept], inequality
    )
