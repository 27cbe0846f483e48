"""The prepared workbook: all that is needed is in it, and it reads back as it was filled in."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from sampan_platform.collect.columns import MEASURES
from sampan_platform.collect.models import Report
from sampan_platform.collect.workbook import prepared_workbook
from sampan_platform.common import clock
from sampan_platform.common.errors import ForbiddenError, InvalidError, NotFoundError
from tests.platform.collecting import EVENING, TODAY, codes, file, row, send, stated

pytestmark = pytest.mark.django_db
BEFORE = TODAY - timedelta(1)


def prepared(world, code: str = "xiantao", user: str = "rui", day: Any = TODAY) -> Any:
    with clock.at(EVENING):
        content = prepared_workbook(world.users[user], world.organisations[code], day)
    return openpyxl.load_workbook(io.BytesIO(content))


def columns(sheet: Any) -> dict[str, int]:
    return {cell.value: cell.column for cell in sheet[1]}


def saved(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_it_has_a_row_for_all_that_is_expected_with_yesterday_beside(world) -> None:
    """What was reported yesterday, what a process makes, what is assigned; nothing of others."""
    file(world, row(resource="suit", day=BEFORE, stock=1234.5, output=7))
    file(world, row("W1", day=BEFORE, stock=1), user="chen")
    sheet = prepared(world)["reports"]
    at = columns(sheet)
    rows = [(line[0].value, line[2].value) for line in sheet.iter_rows(min_row=2)]
    assert rows == [("F1", "mask"), ("F1", "suit")]
    assert sheet.cell(3, at["昨日库存 yesterday stock"]).value == 1234.5
    assert sheet.cell(3, at["库存 stock"]).value is None
    assert sheet.cell(3, at["物资名称 resource_name"]).value == "医用防护服"


def test_filled_in_it_reads_back_without_loss(world) -> None:
    """Every measure, in units and thousandths, zero and empty, comes back as it was written."""
    book = prepared(world)
    sheet = book["reports"]
    at = columns(sheet)
    values = dict(zip(MEASURES, (500, 450, 0, 12.345, 999999.001, 1, None, 0.5), strict=True))
    for name, value in values.items():
        sheet.cell(
            2, next(at[key] for key in at if key.endswith(f" {name}") and "昨" not in key), value
        )
    sheet.cell(2, at["说明 explanation"], "夜班停电")
    outcome = send(world, "x.xlsx", saved(book), user="rui")
    assert (outcome.accepted, outcome.rejected) == (1, [])
    assert stated() == {name: value for name, value in values.items() if value is not None}
    assert Report.objects.get().explanation == "夜班停电"


def test_sent_back_untouched_it_states_nothing(world) -> None:
    """Yesterday's figures are shown, not stated: they must not become today's."""
    file(world, row(day=BEFORE, stock=10, output=5))
    outcome = send(world, "x.xlsx", saved(prepared(world)), user="rui")
    assert (outcome.accepted, outcome.blank, outcome.rejected_rows) == (0, 1, 0)


def test_what_is_reported_already_stands_in_it_and_stays(world) -> None:
    """Sending it back after the fact changes nothing, to the thousandth."""
    said = {"output": Decimal("4999.999"), "stock": Decimal("0.001"), "need": 0}
    file(world, row(explanation="=not a formula", **said))
    before = stated()
    outcome = send(world, "x.xlsx", saved(prepared(world)), user="rui")
    assert (outcome.unchanged, outcome.accepted, outcome.rejected_rows) == (1, 0, 0)
    assert stated() == before


def test_excel_itself_refuses_wrong_figures_and_changed_keys(world) -> None:
    """Data validation on every figure; keys locked, places to write open."""
    sheet = prepared(world)["reports"]
    at = columns(sheet)
    (rule,) = sheet.data_validations.dataValidation
    assert (rule.type, rule.operator, rule.formula1, rule.errorStyle) == (
        "decimal",
        "between",
        "0",
        "stop",
    )
    assert len(str(rule.sqref).split()) == len(MEASURES)
    assert sheet.protection.sheet
    locked = {key for key, column in at.items() if sheet.cell(2, column).protection.locked}
    assert "站点 site" in locked
    assert "产量 output" not in locked
    assert len(at) - len(locked) == len(MEASURES) + 1


def test_names_that_look_like_formulas_are_texts(world) -> None:
    """A site named =cmd|… must not run anything in the reporter's Excel."""
    world.sites["F1"].name_zh = "=HYPERLINK(1)"
    world.sites["F1"].save()
    sheet = prepared(world)["reports"]
    assert sheet.cell(2, columns(sheet)["站点名称 site_name"]).data_type == "s"


def test_it_is_for_those_who_report_there(world) -> None:
    """Others are told no, or that there is no such thing."""
    with pytest.raises(NotFoundError):
        prepared(world, user="hua")
    with pytest.raises(ForbiddenError):
        prepared(world, user="ana")
    with pytest.raises(InvalidError, match="Nothing is expected of jinyintan"):
        prepared(world, code="jinyintan", user="hua")


def test_a_figure_that_excel_let_through_is_named_by_its_cell(world) -> None:
    """Validation does not hold for what is pasted; the platform's does."""
    book = prepared(world)
    sheet = book["reports"]
    sheet.cell(2, columns(sheet)["产量 output"], "about 5")
    outcome = send(world, "x.xlsx", saved(book), user="rui")
    assert codes(outcome) == [(2, "output", "not-a-number")]
    assert "不是数字" in outcome.rejected[0].message_zh


def test_its_queries_do_not_grow_with_its_rows(world, django_assert_max_num_queries) -> None:
    """One workbook for a whole province is a matter of a few queries."""
    pairs = [(site, kind) for site in ("F1", "W1", "H1") for kind in ("mask", "suit")]
    file(world, *(row(*pair, BEFORE, stock=1) for pair in pairs), user="chen")
    with django_assert_max_num_queries(20):
        book = prepared(world, code="cn-hb", user="chen")
    assert book["reports"].max_row == 7
