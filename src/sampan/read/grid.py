"""Rows of text with a heading → a frame of text columns, and what is wrong with its shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from sampan.conform import Rows, duplicate_column
from sampan.errors import Problem


@dataclass
class Grid:
    """A table as text, the spreadsheet's number of each row, and problems of its shape."""

    table: str
    headings: list[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    row_numbers: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def numbers(self) -> Rows:
        """The first row's number if none is missing after it, else every row's."""
        first = self.row_numbers[0] if self.row_numbers else 2
        unbroken = range(first, first + len(self.row_numbers))
        return first if self.row_numbers == list(unbroken) else self.row_numbers

    def frame(self) -> pl.DataFrame:
        """Text columns under their headings; the second of two equal headings is left out."""
        cells = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.headings)
        columns: dict[str, pl.Series] = {}
        for at, (heading, values) in enumerate(zip(self.headings, cells, strict=True)):
            if heading == "":
                self._check_empty_heading(at, values)
            elif heading in columns:
                self.problems.append(duplicate_column(self.table, heading))
            else:
                columns[heading] = pl.Series(heading, values, dtype=pl.String)
        return pl.DataFrame(list(columns.values()))

    def _check_empty_heading(self, at: int, values: Sequence[str]) -> None:
        filled = next((row for row, value in enumerate(values) if value), None)
        if filled is not None:
            self.report(
                1,
                "the heading is empty",
                f"Write the heading of column {at + 1} or remove the column.",
                "empty-heading",
                note=f", but row {self.row_numbers[filled]} has {values[filled]!r} under it.",
            )

    def report(self, row: int | None, message: str, hint: str, code: str, note: str = "") -> None:
        self.problems.append(Problem(self.table, row, None, None, message + note, hint, code))


def grid_of(table: str, rows: Iterable[Sequence[str]]) -> Grid | None:
    """The heading and rows below it; rows without any text are passed over.

    None if there is no heading. Every row must have as many cells as the heading.
    """
    numbered = enumerate(rows, start=1)
    heading = next((row for _, row in numbered), ())
    if not any(heading):
        return None
    grid = Grid(table, [name.strip() for name in heading])
    width = len(heading)
    for number, row in numbered:
        if not any(row):
            continue
        if len(row) != width:
            grid.report(
                number,
                f"the row has {len(row)} cells, the heading {width}.",
                "Give every row one cell a column; put text with commas in quotes.",
                "ragged-row",
            )
            row = [*row[:width], *[""] * (width - len(row))]
        grid.rows.append(row)
        grid.row_numbers.append(number)
    return grid
