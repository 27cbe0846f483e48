"""The workbook that an organisation fills in for a day: a row for each site and resource.

Headings stand in Chinese and English, yesterday's figures beside the cells to fill, and Excel
itself refuses text and figures below zero. What was reported already stands in the cells, so
that sending the workbook back loses nothing. Keys are protected without a password: against
slips, not against intent.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.collect import due
from sampan_platform.collect.columns import (
    EXPLANATION,
    FOR_PEOPLE,
    MEASURES,
    TITLES,
    heading,
    yesterday_heading,
)
from sampan_platform.collect.models import Report
from sampan_platform.collect.selectors import yesterday
from sampan_platform.common.errors import InvalidError
from sampan_platform.common.quantity import LARGEST
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User

KEYS = ("site", "site_name", "resource", "resource_name", "unit", "day")
LEGENDS = {
    "nominal_capacity": "What the lines were built for, a day / 设计日产能",
    "effective_capacity": "What they can make now, a day / 当前日产能",
    "output": "Made on this day / 当日产量",
    "used": "Used on this day / 当日使用量",
    "stock": "There at the end of the day, without quarantine / 日末库存（不含隔离）",
    "shipped": "Left on this day / 当日发出",
    "received": "Arrived on this day / 当日收到",
    "need": "Needed a day / 日需求量",
}
ABOUT = (
    ("How to fill this in", "填写说明"),
    ("Fill in the yellow cells of the sheet 'reports', save, and send the file back.",
     "请填写 reports 表中的黄色单元格，保存后发回。"),
    ("Leave empty what is not known. Write 0 where there is none: 0 is a statement.",
     "未知请留空；没有请填 0，0 也是填报。"),
    ("An empty cell leaves what was said before; 'withdrawn' takes it back.",
     "留空则保留之前填报的数据；填“撤回”可撤销。"),
    ("Write figures, not formulas. Do not merge cells.", "请填数值，不要用公式，不要合并单元格。"),
    ("Grey cells show the last report; nobody reads them.", "灰色为上次填报数据，仅供参考。"),
)  # fmt: skip
_FILL = PatternFill("solid", fgColor="00FFF9DB")
_GREY = PatternFill("solid", fgColor="00EEEEEE")
_HEAD = PatternFill("solid", fgColor="00D9E6F2")


@dataclass(frozen=True)
class ToReport:
    """A site and a resource to report."""

    site: Any
    resource: Any
    said: Report | None
    before: Report | None


def prepared_workbook(user: User, organisation: Organisation, day: date) -> bytes:
    """The workbook of an organisation and all below it that the user reports for.

    Raises
    ------
    NotFoundError, ForbiddenError
        If the user may not see, or not report for, the organisation.
    InvalidError
        If nothing is expected of it and nothing can be made or kept there.
    """
    people.require(user, people.REPORT, organisation)
    rows = rows_to_report(user, organisation, day)
    if not rows:
        raise InvalidError(
            gettext(
                "Nothing is expected of %(code)s on %(day)s, and it has no processes. "
                "Assign what its sites must report first."
            )
            % {"code": organisation.code, "day": day},
            code="nothing-expected",
        )
    return _written(rows, day)


def rows_to_report(user: User, organisation: Organisation, day: date) -> list[ToReport]:
    """What is expected, what is there already, and what the sites' processes make and use.

    Of an organisation and all below it; the user must be allowed to report for it.
    """
    people.require(user, people.REPORT, organisation)
    found = catalogue.sites(day).filter(organisation__path__startswith=organisation.path)
    sites = {site.pk: site for site in found}
    resources = {one.pk: one for one in catalogue.resources(day).prefetch_related(None)}
    said = {(row.site_id, row.resource_id): row
            for row in Report.objects.filter(site__in=sites, day=day)}  # fmt: skip
    before = yesterday(sites, day)
    flows = catalogue.process_flows(day).filter(process__site__in=sites).order_by()
    made = set(flows.values_list("process__site_id", "resource_id"))
    expected = {(one.site, one.resource) for one in due.due(day)}
    pairs = {pair for pair in {*said, *before, *made, *expected}
             if pair[0] in sites and pair[1] in resources}  # fmt: skip
    ordered = sorted(pairs, key=lambda pair: (sites[pair[0]].code, resources[pair[1]].code))
    return [ToReport(sites[pair[0]], resources[pair[1]], said.get(pair), before.get(pair))
            for pair in ordered]  # fmt: skip


def _written(rows: Sequence[ToReport], day: date) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "reports"
    columns = [*KEYS, *(part for name in MEASURES for part in (name, f"\0{name}")), EXPLANATION]
    _head(sheet, columns)
    for number, row in enumerate(rows, start=2):
        for at, column in enumerate(columns, start=1):
            _cell(sheet.cell(number, at), column, row, day)
    _validate(sheet, columns, len(rows) + 1)
    sheet.freeze_panes = sheet.cell(2, len(KEYS) + 1)
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    sheet.protection.autoFilter = sheet.protection.sort = False
    about = book.create_sheet("about")
    for line in ABOUT:
        about.append(line)
    for letter in "AB":
        about.column_dimensions[letter].width = 70
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _head(sheet: Any, columns: Sequence[str]) -> None:
    for at, column in enumerate(columns, start=1):
        cell = sheet.cell(1, at)
        name = column.lstrip("\0")
        cell.value = yesterday_heading(name) if column.startswith("\0") else heading(name)
        cell.font = Font(bold=not column.startswith("\0"))
        cell.fill = _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if name in LEGENDS and column == name:
            cell.comment = Comment(LEGENDS[name], "sampan", height=60, width=260)
        wide = column in FOR_PEOPLE or column == EXPLANATION
        sheet.column_dimensions[get_column_letter(at)].width = 24 if wide else 14
    sheet.row_dimensions[1].height = 48


def _cell(cell: Any, column: str, row: ToReport, day: date) -> None:
    """One cell: a key, last time's figure, or a place to write."""
    keys = {
        "site": row.site.code, "site_name": row.site.name_zh or row.site.name_en,
        "resource": row.resource.code,
        "resource_name": row.resource.name_zh or row.resource.name_en,
        "unit": row.resource.unit, "day": day,
    }  # fmt: skip
    if column in keys:
        cell.value = keys[column]
        cell.number_format = "yyyy-mm-dd" if column == "day" else "@"
        if column != "day":
            cell.data_type = "s"  # a name that begins with = is no formula
        return
    if column.startswith("\0"):
        cell.value = _number(getattr(row.before, column[1:], None))
        cell.fill, cell.number_format = _GREY, "#,##0.###"
        return
    cell.protection = Protection(locked=False)
    cell.fill = _FILL
    said = getattr(row.said, column, None)
    if column == EXPLANATION:
        cell.value, cell.number_format = said or None, "@"
        if said:
            cell.data_type = "s"
        return
    cell.value, cell.number_format = _number(said), "#,##0.###"


def _number(value: Decimal | None) -> int | float | None:
    """As a spreadsheet keeps it; quantities have at most 15 digits that it can hold."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _validate(sheet: Any, columns: Sequence[str], last: int) -> None:
    """Excel refuses what the platform would refuse."""
    rule = DataValidation(
        type="decimal", operator="between", formula1="0", formula2=str(int(LARGEST)),
        allow_blank=True, showErrorMessage=True, errorStyle="stop",
        errorTitle="Sampan 舢板", error="Write 0 or more, digits alone. / 请填 0 或正数。",
    )  # fmt: skip
    for at, column in enumerate(columns, start=1):
        if column in TITLES and column in MEASURES:
            letter = get_column_letter(at)
            rule.add(f"{letter}2:{letter}{max(last, 2)}")
    sheet.add_data_validation(rule)
