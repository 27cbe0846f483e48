"""An Excel workbook as it came back → a sheet.

Read row by row, so that what is empty costs nothing. Formulas, merged cells and errors of
Excel's are refused by name: a figure that a formula saved may be older than what it refers to.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import polars as pl
from django.utils.translation import gettext
from openpyxl.utils import get_column_letter, range_boundaries

from sampan_platform.collect.cells import text_of
from sampan_platform.collect.columns import KEYS, column_of
from sampan_platform.collect.messages import RowProblem, row_problem
from sampan_platform.collect.sheet import Sheet, sheet_of_frame
from sampan_platform.common.errors import InvalidError, Problem

UNPACKED_MAX = 96 * 1024 * 1024
"""Bytes that a workbook may hold when it is unpacked."""
MEMBERS_MAX = 500
ROWS_MAX = 200_000
NO_HEADING = "\0"
"""Begins the name of a column without a heading; nothing that people write does."""
HEADING_WITHIN = 10
"""Rows in which the headings are looked for."""
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:$]{1,32})"')


@dataclass
class _Table:
    """A sheet's rows as text."""

    headings: list[str]
    heading_row: int
    rows: list[list[str]]
    problems: list[RowProblem]


def read_workbook(name: str, content: bytes, digest: str) -> Sheet:
    """The one sheet of a workbook whose headings are those of reports.

    Raises
    ------
    InvalidError
        Not a workbook, too large when unpacked, no such sheet or several, merged cells.
    """
    merged = _checked_archive(name, content)
    import openpyxl

    try:
        with warnings.catch_warnings():
            # openpyxl warns of parts that it does not keep, such as form controls
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            tables = {
                sheet.title: found
                for sheet in book.worksheets
                if (found := _read(name, sheet, merged)) is not None
            }
    except InvalidError:
        raise
    except Exception as error:  # whatever a broken workbook makes openpyxl raise
        raise _refused(
            name,
            "bad-file",
            gettext("is not a readable Excel workbook"),
            gettext("Save it again as .xlsx, without a password."),
        ) from error
    if len(tables) != 1:
        what = gettext("has no sheet with the headings of reports")
        if tables:
            sheets = {"sheets": ", ".join(tables)}
            what = gettext("has reports in several sheets (%(sheets)s)") % sheets
        todo = gettext("One sheet must have the headings %(headings)s and what is stated.") % {
            "headings": ", ".join(KEYS)
        }
        raise _refused(name, "no-sheet", what, todo)
    (table,) = tables.values()
    frame = pl.DataFrame(
        {
            heading: pl.Series([row[at] for row in table.rows], dtype=pl.String)
            for at, heading in enumerate(table.headings)
            if not heading.startswith(NO_HEADING)
        }
    )
    return sheet_of_frame("xlsx", name, digest, frame, table.heading_row + 1, table.problems)


def _refused(name: str, code: str, what: str, todo: str, where: str = "") -> InvalidError:
    message = gettext("%(file)s %(what)s. %(todo)s Nothing was changed.") % {
        "file": name or gettext("the file"),
        "what": what,
        "todo": todo,
    }
    return InvalidError(message, [Problem(code, message, where)], code=code)


def _checked_archive(name: str, content: bytes) -> dict[str, list[str]]:
    """Merged ranges by the path of their sheet; refuses what is too large before unpacking it."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
        if "xl/workbook.xml" not in archive.namelist():
            raise KeyError("it has no xl/workbook.xml")
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise _refused(
            name,
            "bad-file",
            gettext("is not an Excel workbook"),
            gettext("Send .xlsx, CSV, Parquet or NDJSON."),
        ) from error
    if len(members) > MEMBERS_MAX or sum(one.file_size for one in members) > UNPACKED_MAX:
        raise _refused(
            name,
            "too-large",
            gettext("unpacks to more than %(size)s MiB or %(parts)s parts")
            % {"size": UNPACKED_MAX // 2**20, "parts": MEMBERS_MAX},
            gettext("Delete empty rows and pictures, or send CSV."),
        )
    found: dict[str, list[str]] = {}
    for member in members:
        if member.filename.startswith("xl/worksheets/"):
            try:
                # a member never gives more than the size that it states, which was checked
                data = archive.read(member)
            except (
                zipfile.BadZipFile,
                OSError,
                EOFError,
                NotImplementedError,
                RuntimeError,
            ) as error:
                raise _refused(
                    name, "bad-file", gettext("cannot be unpacked"), gettext("Save it again.")
                ) from error
            found[member.filename] = [ref.decode() for ref in _MERGED.findall(data)]
    return found


def _read(name: str, sheet: Any, merged: dict[str, list[str]]) -> _Table | None:
    """None if the sheet has no headings of reports."""
    rows = _rows(sheet)
    table: _Table | None = None
    for number, cells in rows:
        if number > HEADING_WITHIN and table is None:
            return None
        if table is None:
            table = _heading(number, cells)
            if table is not None:
                _refuse_merged(name, merged.get(_path(sheet), []), number)
            continue
        _take(name, table, number, cells)
    return table


def _path(sheet: Any) -> str:
    return str(getattr(sheet, "_worksheet_path", "")).lstrip("/")


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """Rows that hold a value, with their numbers."""
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if any(cell.value is not None for cell in cells):
            yield number, cells


def _heading(number: int, cells: Sequence[Any]) -> _Table | None:
    texts = [text_of(cell.value).strip() for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    meant = [column_of(text) for text in texts if text]
    if not set(KEYS) & set(meant) or sum(1 for one in meant if one) < 2:
        return None
    named = [text or f"{NO_HEADING}{at}" for at, text in enumerate(texts)]
    doubled = {text for text in named if named.count(text) > 1}
    if doubled:
        text = gettext("The heading %(heading)s is there twice. Remove one of the columns.") % {
            "heading": f"{doubled.pop()[:80]!r}"
        }
        raise InvalidError(
            text, [Problem("duplicate-column", text, f"row {number}")], code="headings"
        )
    return _Table(named, number, [], [])


def _refuse_merged(name: str, ranges: Sequence[str], heading: int) -> None:
    """Merged cells below the headings, or in them: which value belongs to which row?"""
    for text in ranges:
        bounds = range_boundaries(text.replace("$", ""))
        last = bounds[3]
        if last is None or last >= heading:
            raise _refused(
                name,
                "merged-cells",
                gettext("has merged cells in %(cells)s") % {"cells": text},
                gettext("Unmerge them and write the value in each row."),
                text,
            )


def _take(name: str, table: _Table, number: int, cells: Sequence[Any]) -> None:
    """A row's texts under the headings; rows passed over keep their numbers."""
    if number - table.heading_row > ROWS_MAX:
        raise _refused(
            name,
            "too-large",
            gettext("has a value below row %(row)s") % {"row": f"{ROWS_MAX:,}"},
            gettext("Send what is large as CSV or Parquet."),
        )
    while len(table.rows) < number - table.heading_row - 1:
        table.rows.append([""] * len(table.headings))
    texts = []
    for at in range(len(table.headings)):
        cell = cells[at] if at < len(cells) else None
        texts.append(_text(table, number, at, cell))
    for at in range(len(table.headings), len(cells)):
        if cells[at].value is not None:
            where = f"{get_column_letter(at + 1)}{number}"
            raise _refused(
                name,
                "ragged-row",
                gettext("has %(cell)s filled, without a heading above it") % {"cell": where},
                gettext("Write a heading, or clear the cell."),
                where,
            )
    table.rows.append(texts)


def _text(table: _Table, number: int, at: int, cell: Any) -> str:
    if cell is None or cell.value is None:
        return ""
    heading = table.headings[at]
    column = column_of(heading)
    where = f"{get_column_letter(at + 1)}{number}"
    value = cell.value
    if column and cell.data_type == "f":
        formula = str(getattr(value, "text", value))
        table.problems.append(row_problem("formula", number, column, formula, where))
        return formula
    if column and cell.data_type == "e":
        table.problems.append(row_problem("cell-error", number, column, str(value), where))
        return str(value)
    if isinstance(value, datetime) and value.time() == time(0):
        value = value.date()
    if heading.startswith(NO_HEADING) and str(value).strip():
        text = gettext(
            "%(where)s is filled, without a heading above it. Write one, or clear the cell."
        ) % {"where": where}
        raise InvalidError(
            gettext("%(text)s Nothing was changed.") % {"text": text},
            [Problem("empty-heading", text, where)],
            code="headings",
        )
    return text_of(value)
