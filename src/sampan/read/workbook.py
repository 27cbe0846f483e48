"""An Excel workbook → the text of its sheets, and what is wrong with its cells."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from sampan import schema
from sampan.errors import InputError, Problem
from sampan.read.files import FileTable
from sampan.read.grid import grid_of
from sampan.schema import Attribute

SETTINGS_SHEET = "network"
LEFT_OUT = ("about", "notes", "readme")
"""Sheets for people; so is one whose name begins with # or _."""
TEXT_SETTINGS = ("name", "period_length", "currency", "source")
FORMULA = re.compile(rb"<f[ >/]")


def second_heading(attribute: Attribute) -> str:
    """What stands below a heading in a template; no data looks like it."""
    unit = f"，{attribute.unit}" if attribute.unit else ""
    required = "，必填" if attribute.required else ""
    return f"〔{attribute.title_zh}{unit}{required}〕"


class Workbook:
    """An open workbook, read sheet by sheet."""

    def __init__(self, path: Path) -> None:
        import openpyxl

        self.path = path
        try:
            with warnings.catch_warnings():
                # openpyxl warns of parts that it does not keep, such as form controls
                warnings.simplefilter("ignore")
                self.book = openpyxl.load_workbook(path, data_only=True)
                self.formulas = None
                if _has_formulas(path):
                    self.formulas = openpyxl.load_workbook(path)
        except OSError as error:
            message = f"the workbook cannot be read ({error.strerror or error})."
            raise _refused(path, message, "Check its permissions.") from error
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError) as error:
            hint = "Save it as an Excel workbook (.xlsx), not protected by a password."
            raise _refused(path, "the file is not an Excel workbook.", hint) from error
        self.sheets = {sheet.title: sheet for sheet in self.book.worksheets}

    def unknown_sheets(self, known: Sequence[str]) -> list[Problem]:
        """Sheets that hold something but are no table, and are not marked as being for people."""
        problems = []
        for name, sheet in self.sheets.items():
            for_people = name.lower() in LEFT_OUT or name.startswith(("#", "_"))
            if name in known or for_people or not any(any(row) for row in self._texts(sheet, [])):
                continue
            message = "there is no such table in a network."
            hint = f"Rename it; the tables are {', '.join(known)}. Or begin its name with #."
            problems.append(Problem(name, None, None, None, message, hint, "unknown-table"))
        return problems

    def table(self, name: str) -> FileTable:
        """The sheet of one table as text; None as its frame if it is empty."""
        problems: list[Problem] = []
        sheet = self.sheets[name]
        grid = grid_of(name, _without_second_heading(name, self._texts(sheet, problems)))
        if grid is None:
            if any(any(row) for row in self._texts(sheet, [])):
                message, hint = "the first row has no headings.", "Write the headings in row 1."
                problems.append(Problem(name, 1, None, None, message, hint, "empty-heading"))
            return FileTable(None, problems=problems)
        frame = grid.frame()
        return FileTable(frame, grid.numbers, problems + grid.problems)

    def settings(self) -> dict[str, Any]:
        """The sheet `network`, attribute in column 1 and value in column 2, as from TOML."""
        rows = self.sheets[SETTINGS_SHEET].iter_rows(max_col=2, values_only=True)
        document: dict[str, Any] = {}
        for number, row in enumerate(rows, start=1):
            attribute, value = (*row, None)[:2]
            name = _text(attribute).strip()
            if name and (number, name) != (1, "attribute") and value not in (None, ""):
                _put(document, name, value)
        return document

    def _texts(self, sheet: Any, problems: list[Problem]) -> Iterator[list[str]]:
        """Every row as text; formulas by the value that Excel saved with them."""
        formulas = self.formulas[sheet.title] if self.formulas else None
        for row in sheet.iter_rows():
            texts = []
            for cell in row:
                text = _text(cell.value)
                if cell.data_type == "e":
                    problems.append(_bad_cell(cell, text, "is an error of Excel's", "excel-error"))
                elif formulas and cell.value is None:
                    formula = formulas.cell(cell.row, cell.column)
                    if formula.data_type == "f":
                        what = "is a formula that was saved without its value"
                        text = str(getattr(formula.value, "text", formula.value))
                        problems.append(_bad_cell(cell, text, what, "no-formula-value"))
                        text = ""
                texts.append(text)
            yield texts


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        return any(FORMULA.search(archive.read(name)) for name in sheets)


def _refused(path: Path, message: str, hint: str) -> InputError:
    return InputError([Problem(path.name, None, None, None, message, hint, "bad-workbook")])


def _bad_cell(cell: Any, text: str, what: str, code: str) -> Problem:
    hint = "Write the value itself, or open and save the workbook in Excel."
    message = f"{text!r} in {cell.coordinate} {what}."
    return Problem(cell.parent.title, cell.row, None, text, message, hint, code)


def _text(value: Any) -> str:
    """A cell as it would be written in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time(0):
        value = value.date()
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return str(value)


def _without_second_heading(name: str, rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows, with the template's second heading emptied; it keeps its number that way."""
    titles = {item.name: second_heading(item) for item in schema.table(name).attributes}
    headings: list[str] = []
    for number, row in enumerate(rows, start=1):
        if number == 1:
            headings = [heading.strip() for heading in row]
        if number == 2:
            pairs = zip(headings, row, strict=True)
            if all(text in ("", titles.get(heading)) for heading, text in pairs):
                yield []
                continue
        yield row


def _put(document: dict[str, Any], name: str, value: Any) -> None:
    """Put a setting where TOML would have it: `objective.stages` inside `objective`."""
    if name in TEXT_SETTINGS:
        value = _text(value)
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    table, _, inner = name.partition(".")
    if not inner:
        document[name] = value
        return
    if name == "objective.stages" and isinstance(value, str):
        value = [stage.strip() for stage in value.split(",")]
    document.setdefault(table, {})[inner] = value
