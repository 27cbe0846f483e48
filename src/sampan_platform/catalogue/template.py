"""An Excel workbook to fill in: the catalogue's tables with headings in two languages."""

from __future__ import annotations

from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from sampan.read.workbook import second_heading
from sampan.schema import Attribute
from sampan.write.workbook import saved
from sampan_platform.catalogue.tables import NAMES, PERIODS, REQUIRED_OF_NEW, table

ROWS = 5000
"""Rows that are prepared for filling in; more can be added."""
ABOUT = (
    ("How to fill this in", "填写说明"),
    ("One sheet is one table. Fill in from row 3 on.", "每个工作表是一张表，从第 3 行开始填写。"),
    ("Yellow columns are needed for new rows.", "黄色列为新增行的必填项。"),
    ("What is not named stays as it is; nothing is deleted.", "未列出的内容保持不变，不会删除。"),
    ("To end something, write a date in retired_from.", "停用请在 retired_from 列填写日期。"),
)


def template() -> bytes:
    """The workbook; `files.read_bytes` reads what was filled in."""
    book = Workbook()
    about: Any = book.active
    about.title = "about"
    for line in ABOUT:
        about.append(line)
    for letter in "AB":
        about.column_dimensions[letter].width = 60
    for name in NAMES:
        sheet = book.create_sheet(name)
        shown = [one for one in table(name).attributes if one.name not in (*PERIODS, "name")
                 or name == "packagings"]  # fmt: skip
        for at, attribute in enumerate(shown, start=1):
            _fill_column(sheet, name, at, attribute)
        sheet.freeze_panes = "A3"
    return saved(book)


def _fill_column(sheet: Any, name: str, at: int, attribute: Attribute) -> None:
    letter = get_column_letter(at)
    heading, below = sheet.cell(1, at, attribute.name), sheet.cell(2, at)
    below.value = second_heading(attribute)
    heading.font, below.font = Font(bold=True), Font(italic=True, color="00666666")
    if attribute.required or attribute.name in REQUIRED_OF_NEW.get(name, ()):
        heading.fill = below.fill = PatternFill("solid", fgColor="00FFF2CC")
    text = f"{attribute.title_zh}\n{attribute.description}"
    heading.comment = Comment(text, "sampan", height=100, width=300)
    column = sheet.column_dimensions[letter]
    column.width = max(14, len(attribute.name) + 4)
    if attribute.type == "text":
        column.number_format = "@"
    if attribute.choices:
        allowed = DataValidation(type="list", formula1=f'"{",".join(attribute.choices)}"')
        sheet.add_data_validation(allowed)
        allowed.add(f"{letter}3:{letter}{ROWS + 2}")
