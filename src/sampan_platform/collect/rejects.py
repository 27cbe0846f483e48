"""The reject file: what was sent, and beside each row what is wrong with it, in two languages."""

from __future__ import annotations

import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from sampan_platform.collect.checks import PLACE, Checked
from sampan_platform.collect.columns import MEASURES, PROBLEM, column_of, is_problem
from sampan_platform.common.errors import InvalidError

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "ndjson": "application/x-ndjson",
}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_RED = PatternFill("solid", fgColor="00FFC7CE")


@dataclass(frozen=True)
class RejectFile:
    """A file that can be corrected and sent again as it is."""

    name: str
    content: bytes
    media_type: str
    rows: int


def reject_file(checked: Checked, *, keep_good: bool) -> RejectFile:
    """The bad rows; where the good ones were not kept either, all rows.

    Raises
    ------
    InvalidError
        If no row is bad.
    """
    texts = _texts(checked)
    if not texts:
        raise InvalidError(
            gettext("No row is bad: there is nothing to correct."), code="no-rejects"
        )
    sent = checked.sheet.sent
    dropped = [name for name in sent.columns if is_problem(name)]
    frame = sent.drop(dropped).with_columns(
        pl.Series(PROBLEM, [texts.get(place, "") for place in range(len(sent))], dtype=pl.String)
    )
    if keep_good:
        frame = frame.filter(pl.Series([place in texts for place in range(len(sent))]))
    kind = "ndjson" if checked.sheet.kind == "rows" else checked.sheet.kind
    stem = checked.sheet.name.rpartition(".")[0] or "reports"
    return RejectFile(f"{stem}-rejects.{kind}", _written(frame, kind), MEDIA[kind], len(frame))


def _texts(checked: Checked) -> dict[int, str]:
    """What is wrong by the row's place, English first."""
    found: dict[int, list[str]] = defaultdict(list)
    places = checked.problems.sort(PLACE, maintain_order=True)[PLACE]
    for place, one in zip(places, checked.named(len(checked.problems)), strict=True):
        column = f"{one.column}: " if one.column else ""
        found[place].append(f"{column}{one.message} / {one.message_zh}")
    return {place: "; ".join(dict.fromkeys(texts)) for place, texts in found.items()}


def _written(frame: pl.DataFrame, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "csv":
        buffer.write(b"\xef\xbb\xbf")  # so that Excel reads the Chinese
        frame.write_csv(buffer)
    elif kind == "parquet":
        frame.write_parquet(buffer)
    elif kind == "ndjson":
        buffer.write("".join(_lines(frame)).encode())
    else:
        return _workbook(frame)
    return buffer.getvalue()


def _lines(frame: pl.DataFrame) -> Iterator[str]:
    """Figures without quotes, as they were most likely sent."""
    for row in frame.iter_rows(named=True):
        cells = [
            f"{json.dumps(name, ensure_ascii=False)}: {_json(name, value)}"
            for name, value in row.items()
            if value not in (None, "")
        ]
        yield f"{{{', '.join(cells)}}}\n"


def _json(name: str, value: Any) -> str:
    is_number = column_of(name) in MEASURES and _NUMBER.fullmatch(str(value)) is not None
    return str(value) if is_number else json.dumps(value, ensure_ascii=False, default=str)


def _workbook(frame: pl.DataFrame) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "reports"
    sheet.append(frame.columns)
    for row in frame.iter_rows():
        # as text: what was written stays as it was, and nothing becomes a formula
        sheet.append([cell if cell is None else str(cell) for cell in row])
    for column in range(1, len(frame.columns) + 1):
        sheet.cell(1, column).font = Font(bold=True)
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = 80 if column == len(frame.columns) else 16
    _as_text(sheet, frame)
    sheet.freeze_panes = "A2"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _as_text(sheet: Any, frame: pl.DataFrame) -> None:
    last = len(frame.columns)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if cell.value is not None:
                cell.data_type = "s"
                cell.number_format = "@"
        if row[last - 1].value:
            row[last - 1].fill = _RED
