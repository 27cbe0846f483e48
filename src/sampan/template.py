"""An Excel workbook to fill in: every table with its headings, explained in two languages."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path
from typing import Any

from sampan import schema
from sampan.errors import OutputError
from sampan.network import PERIOD_LENGTHS, STAGES
from sampan.read.workbook import SETTINGS_SHEET, second_heading
from sampan.schema import Attribute, Table
from sampan.write.swap import write_file
from sampan.write.workbook import saved

ROWS = 10_000
"""Rows that are prepared for filling in; more can be added."""
SETTINGS = (
    ("name", "", "what the network is called", "名称"),
    ("start", "", "the date of period 0, such as 2020-02-10", "起始日期（第 0 期）"),
    ("periods", "", "how many periods there are", "期数"),
    ("period_length", "day", "hour, day or week", "每期长度：hour 时、day 日、week 周"),
    ("currency", "", "the money of all costs, such as CNY", "货币"),
    ("source", "", "where the figures come from, which are assumptions", "数据来源与假设"),
    (
        "objective.stages",
        "",
        f"empty, or some of: {', '.join(STAGES)}; or total",
        "目标阶段（顺序）",
    ),
    ("objective.tolerance", "", "share by which a later stage may worsen an earlier", "容差"),
    ("objective.lateness_cost", "", "money a unit and period late, for total", "单位延迟成本"),
)
ABOUT = (
    ("How to fill this in", "填写说明"),
    (
        "One sheet is one table. Write the settings in the sheet network first.",
        "每个工作表是一张表。请先填写 network 工作表中的设置。",
    ),
    (
        "Fill in from row 3 on and leave rows 1 and 2 alone. Each heading has a note.",
        "从第 3 行开始填写，第 1、2 行保持不变；每个列标题都有批注说明。",
    ),
    (
        "Columns marked 必填 are required. In the others an empty cell means the default.",
        "标有“必填”的列必须填写；其余列留空表示采用默认值。",
    ),
    (
        "Sheets and columns that are not needed may be deleted or left empty.",
        "不需要的工作表或列可以删除或留空。",
    ),
    (
        "Time is counted in whole periods from 0. Quantities are in the resource's unit.",
        "时间按整数期计，从第 0 期开始；数量按物资自身的计量单位。",
    ),
    (
        "Then run: sampan check FILE.xlsx, and sampan solve FILE.xlsx.",
        "填好后运行：sampan check 文件.xlsx，再运行 sampan solve 文件.xlsx。",
    ),
)


def write_template(path: str | PathLike[str], overwrite: bool = False) -> Path:
    """Write an Excel workbook to fill in; `read_network` reads what was filled in.

    Parameters
    ----------
    path
        A name that ends in .xlsx.
    overwrite
        Whether a file of that name may be replaced. It may hold somebody's work.

    Returns
    -------
    pathlib.Path
        What was written.

    Raises
    ------
    OutputError
        If the name is taken, does not end in .xlsx, or cannot be written.
    """
    from openpyxl import Workbook

    place = Path(path)
    if place.suffix.lower() != ".xlsx":
        raise OutputError(f"{place}: a template is an Excel workbook. Give a name ending in .xlsx.")
    if os.path.exists(place) and not overwrite:
        raise OutputError(f"{place}: the file is there already. Choose a name that is free.")
    book = Workbook()
    _fill_about(book.active)
    _fill_settings(book.create_sheet(SETTINGS_SHEET))
    for name in schema.NETWORK_TABLES:
        _fill_table(book.create_sheet(name), schema.table(name))
    write_file(place, saved(book))
    return place


def _fill_about(sheet: Any) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.title = "about"
    for english, chinese in ABOUT:
        sheet.append([english, chinese])
    sheet.append([])
    for name in schema.NETWORK_TABLES:
        table = schema.table(name)
        sheet.append([f"{name}: {table.description}", table.title_zh])
    for letter in ("A", "B"):
        sheet.column_dimensions[letter].width = 70
        sheet[f"{letter}1"].font = Font(bold=True, size=14)
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _fill_settings(sheet: Any) -> None:
    from openpyxl.styles import Font
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet.append(["attribute", "value", "description", "说明"])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in SETTINGS:
        sheet.append([text or None for text in row])
    lengths = DataValidation(type="list", formula1=f'"{",".join(PERIOD_LENGTHS)}"')
    sheet.add_data_validation(lengths)
    lengths.add("B5")
    for letter, width in (("A", 26), ("B", 30), ("C", 60), ("D", 40)):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"


def _fill_table(sheet: Any, table: Table) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    for at, attribute in enumerate(table.attributes, start=1):
        letter = get_column_letter(at)
        heading = sheet.cell(1, at, attribute.name)
        heading.font = Font(bold=True)
        heading.comment = _note(attribute)
        below = sheet.cell(2, at, second_heading(attribute))
        below.font = Font(italic=True, color="00666666")
        if attribute.required:
            heading.fill = below.fill = PatternFill("solid", fgColor="00FFF2CC")
        column = sheet.column_dimensions[letter]
        column.width = max(14, len(attribute.name) + 4)
        if attribute.type == "text":
            column.number_format = "@"  # so that 007 stays 007
        _add_validation(sheet, attribute, f"{letter}3:{letter}{ROWS + 2}")
    sheet.freeze_panes = "A3"


def _note(attribute: Attribute) -> Any:
    from openpyxl.comments import Comment

    unit = f" [{attribute.unit}]" if attribute.unit else ""
    if attribute.required:
        empty = "required 必填"
    else:
        empty = f"empty 留空: {_default(attribute)}"
    text = f"{attribute.title_zh} {attribute.name}{unit}\n{attribute.description}\n{empty}"
    if attribute.choices:
        text += f"\n{' | '.join(attribute.choices)}"
    return Comment(text, "sampan", height=140, width=320)


def _default(attribute: Attribute) -> str:
    if attribute.default_note:
        return attribute.default_note
    if attribute.default is None:
        return "none"
    if isinstance(attribute.default, bool):
        return str(attribute.default).lower()
    return "unlimited" if attribute.default == float("inf") else str(attribute.default)


def _add_validation(sheet: Any, attribute: Attribute, cells: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    rule: dict[str, Any] = {}
    if attribute.choices:
        rule = {"type": "list", "formula1": f'"{",".join(attribute.choices)}"'}
    elif attribute.type == "boolean":
        rule = {"type": "list", "formula1": '"true,false"'}
    elif attribute.references:
        target, column = attribute.references.split(".")
        at = chr(ord("A") + schema.table(target).columns.index(column))
        formula = f"{target}!${at}$3:${at}${ROWS + 2}"
        rule = {"type": "list", "formula1": formula, "errorStyle": "warning"}
    elif attribute.type in ("number", "whole"):
        kind = "whole" if attribute.type == "whole" else "decimal"
        least = attribute.above if attribute.minimum is None else attribute.minimum
        if least is None:
            return
        strict = attribute.minimum is None
        operator = "greaterThan" if strict else "greaterThanOrEqual"
        rule = {"type": kind, "operator": operator, "formula1": f"{least:g}"}
    if rule:
        validation = DataValidation(allow_blank=True, showErrorMessage=True, **rule)
        sheet.add_data_validation(validation)
        validation.add(cells)
