"""Statistics as files: CSV, Parquet, Excel."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from sampan_platform.common.errors import InvalidError
from sampan_platform.count.statistic import Statistic

EXPORT_MAX = 500_000
"""Figures in one file."""
EXCEL_ROWS_MAX = 1_048_576
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export(statistic: Statistic, kind: str) -> bytes:
    """The statistic's frame as a file of that kind, `csv`, `parquet` or `xlsx`."""
    writers: dict[str, Callable[[Statistic], bytes]] = {
        "csv": _csv, "parquet": _parquet, "xlsx": _excel,
    }  # fmt: skip
    if kind not in writers:
        raise InvalidError(
            gettext("There is no format %(kind)s. Choose one of %(writers)s.")
            % {"kind": f"{kind[:40]!r}", "writers": ", ".join(writers)}
        )
    return writers[kind](statistic)


def _csv(statistic: Statistic) -> bytes:
    buffer = io.BytesIO()
    statistic.frame.write_csv(buffer)
    return buffer.getvalue()


def _parquet(statistic: Statistic) -> bytes:
    buffer = io.BytesIO()
    statistic.frame.write_parquet(buffer)
    return buffer.getvalue()


def _excel(statistic: Statistic) -> bytes:
    """A sheet of figures, and one that says what they are."""
    frame = statistic.frame
    if len(frame) >= EXCEL_ROWS_MAX:
        raise InvalidError(
            gettext(
                "Excel holds %(excel_rows_max)s rows, these are %(frame)s. Choose CSV or "
                "Parquet, or a coarser grain."
            )
            % {"excel_rows_max": f"{EXCEL_ROWS_MAX:,}", "frame": f"{len(frame):,}"}
        )
    book = Workbook(write_only=True)
    figures = book.create_sheet("figures 数据")
    figures.freeze_panes = "A2"
    figures.append([_cell(figures, name, bold=True) for name in frame.columns])
    for row in frame.iter_rows():
        figures.append([_cell(figures, value) for value in row])
    about = book.create_sheet("about 说明")
    for line in _about(statistic):
        about.append([_cell(about, value) for value in line])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _about(statistic: Statistic) -> list[tuple[str, str]]:
    measure = statistic.measure
    return [
        ("measure 指标", f"{measure.name_zh} {measure.name_en} ({measure.code})"),
        ("definition 口径", measure.definition),
        ("span 时段", f"{statistic.since} – {statistic.until}"),
        ("grain 周期", statistic.grain),
        ("dimensions 维度", ", ".join(statistic.by)),
        ("comparisons 比较", ", ".join(statistic.compare)),
    ]


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=None)
    if isinstance(value, str):
        # a code that begins with = is a code, not a formula
        cell.value, cell.data_type = value, "s"
    elif isinstance(value, Decimal):
        cell.value = value
    elif isinstance(value, date):
        cell.value, cell.number_format = value, "yyyy-mm-dd"
    else:
        cell.value = value
    if bold:
        cell.font = Font(bold=True)
    return cell
