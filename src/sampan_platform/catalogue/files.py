"""Folders, zip archives and Excel workbooks → frames of the catalogue's tables.

The engine reads the files; here stands what is different for a platform: more tables, no
settings needed, and limits on what a stranger may send.
"""

from __future__ import annotations

import tempfile
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from sampan.conform import Rows
from sampan.errors import InputError
from sampan.errors import Problem as EngineProblem
from sampan.network import as_date
from sampan.read.files import FileTable, read_file
from sampan.read.grid import grid_of
from sampan.read.settings import load_toml
from sampan.read.workbook import SETTINGS_SHEET, Workbook, second_heading
from sampan_platform.catalogue.rows import Given, problem_of
from sampan_platform.catalogue.tables import NAMES, OF_THE_DAY, table
from sampan_platform.common.errors import InvalidError, Problem
from sampan_platform.http.archives import open_archive, unpack

SETTINGS_FILE = "network.toml"
SUFFIXES = (".csv", ".parquet")


def read_path(path: Path) -> Given:
    """A folder of CSV or Parquet files, a zip archive of one, or an Excel workbook."""
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        text = gettext("There is no folder or file %(path)s. Give one.") % {"path": path}
        raise InvalidError(text, code="no-file")
    return read_bytes(path.name, path.read_bytes())


def read_bytes(name: str, content: bytes) -> Given:
    """A zip archive or an Excel workbook as it was sent."""
    archive = open_archive(
        name,
        content,
        gettext("%(file)s is neither an Excel workbook (.xlsx) nor a zip archive of CSV files."),
    )
    with tempfile.TemporaryDirectory(prefix="sampan-") as folder:
        place = Path(folder)
        if "[Content_Types].xml" in archive.namelist():
            book = place / "catalogue.xlsx"
            book.write_bytes(content)
            return _read_workbook(book)
        unpack(archive, place, (SETTINGS_FILE, *SUFFIXES))
        return _read_folder(place)


def _read_folder(place: Path) -> Given:
    tables: dict[str, FileTable] = {}
    problems: list[EngineProblem] = []
    for path in sorted(place.iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            continue
        if path.stem not in (*NAMES, *OF_THE_DAY):
            problems.append(_unknown(path.name, path.stem))
        elif path.stem in tables:
            text = f"the table {path.stem} is there twice."
            problems.append(_about(path.name, text, "Remove one of the two files.", "two-files"))
        else:
            tables[path.stem] = read_file(path, path.stem)
    settings: dict[str, Any] = {}
    if (place / SETTINGS_FILE).is_file():
        settings, wrong = load_toml(place / SETTINGS_FILE)
        problems += wrong
    return _given(tables, settings, problems)


def _read_workbook(path: Path) -> Given:
    try:
        book = CatalogueWorkbook(path)
    except InputError as error:
        found = [problem_of(one) for one in error.problems]
        raise InvalidError(
            gettext("The workbook cannot be read."), found, code="bad-file"
        ) from error
    known = (*NAMES, *OF_THE_DAY, SETTINGS_SHEET)
    problems = book.unknown_sheets(known)
    tables = {name: book.table(name) for name in (*NAMES, *OF_THE_DAY) if name in book.sheets}
    settings = book.settings() if SETTINGS_SHEET in book.sheets else {}
    return _given(tables, settings, problems)


class CatalogueWorkbook(Workbook):
    """The engine's workbook, with the catalogue's tables and their second headings."""

    def table(self, name: str) -> FileTable:
        """The sheet of one table as text."""
        if name in OF_THE_DAY:
            return super().table(name)
        problems: list[EngineProblem] = []
        rows = list(self._texts(self.sheets[name], problems))
        titles = {second_heading(one) for one in table(name).attributes} | {""}
        if len(rows) > 1 and all(text in titles for text in rows[1]):
            rows[1] = []
        grid = grid_of(name, rows)
        if grid is None:
            return FileTable(None, problems=problems)
        return FileTable(grid.frame(), grid.numbers, problems + grid.problems)


def _given(
    tables: dict[str, FileTable], settings: dict[str, Any], problems: list[EngineProblem]
) -> Given:
    for one in tables.values():
        problems += one.problems
    kept = {name: one for name, one in tables.items() if one.frame is not None}
    if not kept and not problems:
        text = gettext("There is no table of the catalogue in it. The tables are %(names)s.") % {
            "names": ", ".join(NAMES)
        }
        raise InvalidError(text, [Problem("no-table", text)], code="no-table")
    rows: dict[str, Rows] = {name: one.rows for name, one in kept.items()}
    start: date | None = as_date(settings.get("start"))
    return Given(
        frames={name: one.frame for name, one in kept.items()
                if name in NAMES and one.frame is not None},
        row_numbers=rows,
        problems=tuple(problems),
        start=start,
        period_length=str(settings.get("period_length", "day")),
        left_out={name: len(one.frame) for name, one in kept.items()
                  if name in OF_THE_DAY and one.frame is not None and len(one.frame)},
    )  # fmt: skip


def _unknown(file: str, stem: str) -> EngineProblem:
    near = get_close_matches(stem.lower(), NAMES, 1)
    hint = f"Did you mean {near[0]}?" if near else f"The tables are {', '.join(NAMES)}."
    return _about(file, f"there is no table {stem!r}.", hint, "unknown-table")


def _about(file: str, text: str, hint: str, code: str) -> EngineProblem:
    return EngineProblem(file, None, None, None, text, hint, code)
