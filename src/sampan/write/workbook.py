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
EPOCH = (1980, 1, 1, 0, 0, 0)
WRITTEN_WHEN = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")


def workbook_bytes(
    settings: Mapping[str, Any], settings_sheet: str, frames: Mapping[str, pl.DataFrame]
) -> bytes:
    """A workbook with a sheet of settings and one sheet a frame."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _add_sheet(book, settings_sheet, ("attribute", "value"), settings.items())
    for name, frame in frames.items():
        if len(frame) > ROWS_MAX:
            raise OutputError(
                f"{name}: {len(frame)} rows are too many for an Excel sheet ({ROWS_MAX}). "
                "Write a folder of CSV or Parquet files instead."
            )
        _add_sheet(book, name, frame.columns, frame.iter_rows())
    return saved(book)


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
    from openpyxl.utils.exceptions import IllegalCharacterError

    if not isinstance(value, str):
        cell = WriteOnlyCell(sheet, value)
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"
        return cell
    if len(value) > TEXT_MAX:
        raise OutputError(
            f"{sheet.title}: a text of {len(value)} characters is too long for an Excel cell "
            f"({TEXT_MAX}). Shorten it, or write CSV or Parquet files."
        )
    try:
        cell = WriteOnlyCell(sheet, value)
    except IllegalCharacterError as error:
        raise OutputError(
            f"{sheet.title}: {value!r} contains characters that Excel cannot hold. Remove them."
        ) from error
    cell.data_type = "s"
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
