"""Folders of tables and Excel workbooks → `Network` and `Plan`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from sampan import schema
from sampan.conform import Rows, conform_table
from sampan.errors import InputError, PlanFileError, Problem
from sampan.network import Network
from sampan.plan import Plan, Status
from sampan.read.files import FileTable, read_file
from sampan.read.settings import load_toml, settings_of
from sampan.read.workbook import SETTINGS_SHEET, Workbook

SETTINGS_FILE = "network.toml"
SUMMARY_FILE = "plan.toml"
TABLE_SUFFIXES = (".csv", ".parquet")
OTHER_WORKBOOKS = (".xls", ".xlsb", ".ods")
IGNORED_WORKBOOKS = (".xlsx", ".xlsm", *OTHER_WORKBOOKS)
"""Not read from a folder: one that is named after a table is a mistake, and said to be one."""


def read_network(path: str | PathLike[str]) -> Network:
    """A network from a folder of CSV or Parquet files, or from an Excel workbook.

    Parameters
    ----------
    path
        A folder with `network.toml` and one file a table, named after it (`lanes.csv` or
        `lanes.parquet`); or an .xlsx file with one sheet a table and a sheet `network`.

    Returns
    -------
    Network
        With `problems` naming every cell, file and setting that is wrong; row numbers are
        those that a spreadsheet shows. `sampan.check` finds what is wrong between tables.

    Raises
    ------
    InputError
        If there is no network at all: no such folder, or no settings in it.
    """
    place = Path(path)
    if place.suffix.lower() in (".xlsx", ".xlsm") and not os.path.isdir(place):
        return _network_from_workbook(place)
    if not os.path.isdir(place):
        raise InputError([_no_folder(place, "network")])
    if not os.path.isfile(place / SETTINGS_FILE):
        hint = "Add it, with name, start, periods, period_length and currency."
        message = f"the folder has no {SETTINGS_FILE}."
        raise InputError([Problem(str(path), None, None, None, message, hint, "no-settings")])
    document, problems = load_toml(place / SETTINGS_FILE)
    if not problems:
        settings, problems = settings_of(document)
    else:
        settings, _ = settings_of({})
    read, found = _tables_of(place, schema.NETWORK_TABLES)
    return _network(read, settings, problems + found)


def read_plan(path: str | PathLike[str]) -> Plan:
    """A plan from the folder that `write_plan` or `sampan solve --out` has written.

    Raises
    ------
    PlanFileError
        Naming everything that is wrong with the folder's files, columns and cells.
    """
    place = Path(path)
    if not os.path.isdir(place):
        raise PlanFileError([_no_folder(place, "plan")])
    if not os.path.isfile(place / SUMMARY_FILE):
        message, hint = f"the folder has no {SUMMARY_FILE}.", "Give the folder of a plan."
        raise PlanFileError([Problem(str(path), None, None, None, message, hint, "no-summary")])
    summary, problems = load_toml(place / SUMMARY_FILE)
    if not problems:
        problems = _summary_problems(summary)
    read, found = _tables_of(place, schema.PLAN_FRAMES)
    problems += found
    frames: dict[str, pl.DataFrame] = {}
    for name in schema.PLAN_FRAMES:
        if name not in read:
            message, hint = "the frame is missing.", f"Add {name}.csv, with headings at least."
            problems.append(Problem(name, None, None, None, message, hint, "missing-frame"))
        elif (given := read[name].frame) is not None:
            frames[name], wrong = conform_table(schema.plan_frame(name), given, read[name].rows)
            problems += wrong
    if problems:
        raise PlanFileError(problems)
    return Plan(frames, summary)


def _no_folder(place: Path, what: str) -> Problem:
    message, hint = "there is no such folder or file.", f"Give the folder of a {what}."
    if hidden := _hidden_by(place):
        message, hint = f"{hidden} may not be looked into.", "Check its permissions."
    elif place.exists():
        message = "this is neither a folder nor an Excel workbook (.xlsx)."
        if place.suffix.lower() in OTHER_WORKBOOKS:
            hint = "Save it as an Excel workbook (.xlsx)."
        elif place.suffix.lower() in (*TABLE_SUFFIXES, ".toml"):
            hint = f"Give the folder that it is in, {place.parent}."
    return Problem(str(place), None, None, None, message, hint, "no-folder")


def _hidden_by(place: Path) -> Path | None:
    """The folder above that keeps this person from seeing whether the place is there."""
    for above in reversed(place.absolute().parents):
        if os.path.isdir(above) and not os.access(above, os.X_OK):
            return above
    return None


def _network_from_workbook(place: Path) -> Network:
    if not os.path.exists(place):
        raise InputError([_no_folder(place, "network")])
    book = Workbook(place)
    if SETTINGS_SHEET not in book.sheets:
        message = f"the workbook has no sheet {SETTINGS_SHEET!r}."
        hint = "Add it, with the columns attribute and value; `sampan template` shows how."
        raise InputError([Problem(place.name, None, None, None, message, hint, "no-settings")])
    settings, problems = settings_of(book.settings())
    problems += book.unknown_sheets((*schema.NETWORK_TABLES, SETTINGS_SHEET))
    read = {name: book.table(name) for name in schema.NETWORK_TABLES if name in book.sheets}
    for table in read.values():
        problems += table.problems
    return _network(read, settings, problems)


def _network(
    read: dict[str, FileTable], settings: dict[str, Any], problems: list[Problem]
) -> Network:
    tables = {name: table.frame for name, table in read.items() if table.frame is not None}
    rows: dict[str, Rows] = {name: read[name].rows for name in tables}
    return Network.from_frames(tables, **settings, row_numbers=rows, problems=tuple(problems))


def _tables_of(place: Path, known: Sequence[str]) -> tuple[dict[str, FileTable], list[Problem]]:
    """Every known table of a folder, and the problems of all its files."""
    problems: list[Problem] = []
    found: dict[str, list[Path]] = {}
    try:
        paths = sorted(place.iterdir())
    except OSError as error:
        message = f"the folder cannot be listed ({error.strerror})."
        hint = "Check its permissions."
        return {}, [Problem(str(place), None, None, None, message, hint, "unreadable-file")]
    for path in paths:
        if path.suffix.lower() in IGNORED_WORKBOOKS and path.stem in known:
            problems.append(_ignored_workbook(path))
        if path.name.startswith(".") or path.suffix.lower() not in TABLE_SUFFIXES:
            continue
        if path.suffix in TABLE_SUFFIXES and path.stem in known:
            found.setdefault(path.stem, []).append(path)
        else:
            problems.append(_unknown_file(path, known))
    read = {}
    for name in (name for name in known if name in found):
        first, *more = found[name]
        if more:
            message = f"the table stands in {first.name} and in {more[0].name}."
            hint = "Remove one of the two files."
            problems.append(Problem(name, None, None, None, message, hint, "two-files"))
        read[name] = read_file(first, name)
        problems += read[name].problems
    return read, problems


def _ignored_workbook(path: Path) -> Problem:
    message = f"the table {path.stem} is not read from a workbook in a folder."
    hint = f"Save it as {path.stem}.csv, or move it elsewhere; a workbook is read on its own."
    return Problem(path.name, None, None, None, message, hint, "ignored-workbook")


def _unknown_file(path: Path, known: Sequence[str]) -> Problem:
    near = get_close_matches(path.stem.lower(), known, 1)
    suffix = path.suffix.lower()
    hint = f"Did you mean {near[0]}{suffix}?" if near else "Rename it or move it elsewhere."
    message = f"there is no table {path.stem!r}."
    return Problem(path.name, None, None, None, message, hint, "unknown-file")


def _summary_problems(summary: dict[str, Any]) -> list[Problem]:
    problems = []
    status, gap = summary.get("status"), summary.get("gap")
    known = ", ".join(Status)
    if status not in set(Status):
        problems.append(("status", status, f"Use one of {known}."))
    if isinstance(gap, bool) or not isinstance(gap, (int, float)):
        problems.append(("gap", gap, "Give a number, such as 0.0."))
    return [
        Problem(
            SUMMARY_FILE,
            None,
            name,
            None if value is None else str(value),
            f"{value!r} is not a {name}." if value is not None else f"{name} is missing.",
            hint,
            "bad-summary",
        )
        for name, value, hint in problems
    ]
