"""Tables → the bytes of an Excel workbook; the same tables give the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from sampan.errors import OutputError

ROWS_MAX = 1_048_575
"""Rows below the heading that a sheet can hold."""
TEXT_MAX = 32_767
"""Characters that a cell can hold."""
ILLEGAL = r"[\x00-\x08\x0B-\x1F\uFFFE\uFFFF]"
"""What XML cannot hold, or (a carriage return) does not give back."""
EPOCH = (1980, 1, 1, 0, 0, 0)
WRITTEN_WHEN = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")


def workbook_bytes(
    settings: Mapping[str, Any], settings_sheet: str, frames: Mapping[str, pl.DataFrame]
) -> bytes:
    """A workbook with a sheet of settings and one sheet a frame."""
    from openpyxl import Workbook

    texts = pl.Series([value for value in settings.values() if isinstance(value, str)])
    _check_texts(settings_sheet, texts.cast(pl.String))
    for name, frame in frames.items():
        _check_frame(name, frame)
    book = Workbook(write_only=True)
    _add_sheet(book, settings_sheet, ("attribute", "value"), settings.items())
    for name, frame in frames.items():
        _add_sheet(book, name, frame.columns, frame.iter_rows())
    return saved(book)


def _check_frame(name: str, frame: pl.DataFrame) -> None:
    """Before anything is written, since a workbook cannot be left half-way."""
    if len(frame) > ROWS_MAX:
        raise OutputError(
            f"{name}: {len(frame)} rows are too many for an Excel sheet ({ROWS_MAX}). "
            "Write a folder of CSV or Parquet files instead."
        )
    for column in frame.get_columns():
        if column.dtype == pl.String:
            _check_texts(name, column)


def _check_texts(sheet: str, texts: pl.Series) -> None:
    longest = texts.str.len_chars().max()
    if isinstance(longest, int) and longest > TEXT_MAX:
        raise OutputError(
            f"{sheet}: a text of {longest} characters is too long for an Excel cell "
            f"({TEXT_MAX}). Shorten it, or write CSV or Parquet files."
        )
    illegal = texts.filter(texts.str.contains(ILLEGAL))
    if len(illegal):
        raise OutputError(
            f"{sheet}: {illegal[0]!r} contains characters that Excel cannot hold. Remove them."
        )


def _add_sheet(book: Any, name: str, headings: Sequence[str], rows: Any) -> None:
    from openpyxl.styles import Font

    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for at, heading in enumerate(headings):
        sheet.column_dimensions[chr(ord("A") + at)].width = max(12, len(heading) + 2)
    titles = [cell_of(sheet, heading) for heading in headings]
    for title in titles:
        title.font = Font(bold=True)
    sheet.append(titles)
    for row in rows:
        sheet.append([None if value is None else cell_of(sheet, value) for value in row])


def cell_of(sheet: Any, value: Any) -> Any:
    """A cell that shows the value as it is; text stays text, also if it begins with "="."""
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, float):
        # as text that is marked a number: openpyxl itself would round it to 16 digits
        value = repr(int(value) if value.is_integer() and abs(value) < 1e15 else value)
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "n"
        return cell
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"
    elif isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    return cell


def saved(book: Any) -> bytes:
    """The workbook's bytes without the time at which it was written."""
    buffer = io.BytesIO()
    book.save(buffer)
    settled = io.BytesIO()
    with (
        zipfile.ZipFile(buffer) as source,
        zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = WRITTEN_WHEN.sub(rb"\g<1>2000-01-01T00:00:00Z\g<3>", content)
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return settled.getvalue()
