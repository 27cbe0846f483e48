"""One CSV or Parquet file → a frame, with the problems of the file itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sampan.conform import Rows
from sampan.errors import Problem
from sampan.read.grid import Grid, grid_of

HEADING = 1
"""The row of the heading; rows are numbered as a spreadsheet numbers them."""


@dataclass
class FileTable:
    """A table as it stood in its file; the frame is None if nothing could be read."""

    frame: pl.DataFrame | None
    rows: Rows = HEADING + 1
    problems: list[Problem] = field(default_factory=list)


def read_file(path: Path, table: str) -> FileTable:
    """A table from its CSV or Parquet file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read ({error.strerror})."
        return _unreadable(path.name, message, "Check its permissions.", "unreadable-file")
    read = _read_parquet if path.suffix == ".parquet" else _read_csv
    return read(path.name, table, content)


def _unreadable(name: str, message: str, hint: str, code: str, row: int | None = None) -> FileTable:
    return FileTable(None, problems=[Problem(name, row, None, None, message, hint, code)])


def _read_parquet(name: str, table: str, content: bytes) -> FileTable:
    try:
        return FileTable(pl.read_parquet(io.BytesIO(content)))
    except (pl.exceptions.PolarsError, OSError) as error:
        first_line = str(error).splitlines()[0]
        message = f"the file is not Parquet ({first_line})."
        return _unreadable(name, message, "Write it again.", "bad-parquet")


def _read_csv(name: str, table: str, content: bytes) -> FileTable:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _not_utf8(name, content, error)
    problems: list[Problem] = []
    grid = grid_of(table, _records(name, text, problems))
    if grid is None:
        if problems:
            return FileTable(None, problems=problems)
        hint = "Write the headings in its first row, or remove the file."
        return _unreadable(name, "the first row has no headings.", hint, "empty-file")
    if wrong := _separator(grid):
        message = f"the columns are separated by {wrong!r}."
        hint = "Save it as CSV with commas."
        return _unreadable(name, message, hint, "bad-csv", HEADING)
    frame = grid.frame()
    return FileTable(frame, grid.numbers, problems + grid.problems)


def _records(name: str, text: str, problems: list[Problem]) -> Iterator[Sequence[str]]:
    """The file's rows, up to the first one whose quotation marks make no sense."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for row in reader:
            number += 1
            yield row
    except csv.Error as error:
        message = f"the row is not CSV ({error})."
        hint = 'Put text with commas or quotes in "…", and double every quote in it.'
        problems.append(Problem(name, number + 1, None, None, message, hint, "bad-csv"))


def _separator(grid: Grid) -> str | None:
    """The separator, if it is not a comma: then all headings stand in one cell."""
    if len(grid.headings) > 1:
        return None
    return next((mark for mark in (";", "\t", "|") if mark in grid.headings[0]), None)


def _not_utf8(name: str, content: bytes, error: UnicodeDecodeError) -> FileTable:
    line = content.count(b"\n", 0, error.start) + 1
    looks = ""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        looks = "; it looks like UTF-16"
    else:
        try:
            content.decode("gb18030")
            looks = "; it looks like GBK, as Excel in Chinese writes CSV"
        except UnicodeDecodeError:
            pass
    message = f"the file is not UTF-8 text (line {line}{looks})."
    hint = 'Save it as "CSV UTF-8", or use a workbook (.xlsx).'
    return _unreadable(name, message, hint, "not-utf8")
