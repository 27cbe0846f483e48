"""The workbook to fill in: complete, bilingual, and read back as what was written into it."""

from __future__ import annotations

import openpyxl
import pytest

from sampan import schema
from sampan.check import check
from sampan.errors import OutputError
from sampan.read import read_network
from sampan.template import write_template
from tests.engine.broken import tables


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """An untouched template."""
    return write_template(tmp_path_factory.mktemp("template") / "network.xlsx")


def fill(template, target, rows_of, settings=()):
    """Type rows below the headings, as people do."""
    book = openpyxl.load_workbook(template)
    for cell, value in settings:
        book["network"][cell] = value
    for name, columns in rows_of.items():
        headings = [cell.value for cell in book[name][1]]
        for heading, values in columns.items():
            for row, value in enumerate(values, start=3):
                book[name].cell(row, headings.index(heading) + 1, value)
    book.save(target)
    return target


SETTINGS = (("B2", "spring"), ("B3", "2020-02-10"), ("B4", 4), ("B6", "CNY"))


def test_every_table_has_its_sheet(template):
    """Headings as in the schema, Chinese below, a note on each, frozen; required ones marked."""
    book = openpyxl.load_workbook(template)
    assert book.sheetnames == ["about", "network", *schema.NETWORK_TABLES]
    for name in schema.NETWORK_TABLES:
        sheet = book[name]
        assert sheet.freeze_panes == "A3"
        for cell, below, attribute in zip(
            sheet[1], sheet[2], schema.table(name).attributes, strict=True
        ):
            assert cell.value == attribute.name
            assert attribute.title_zh in below.value
            assert ("必填" in below.value) == attribute.required
            assert attribute.description in cell.comment.text
            assert attribute.unit in cell.comment.text


def test_choices_are_offered(template):
    """Lists for choices, booleans and references; text columns keep 007."""
    book = openpyxl.load_workbook(template)
    offered = {rule.formula1 for rule in book["resources"].data_validations.dataValidation}
    assert '"good,service,equipment"' in offered
    offered = {rule.formula1 for rule in book["lane_resources"].data_validations.dataValidation}
    assert '"true,false"' in offered
    assert "lanes!$A$3:$A$10002" in offered
    assert book["sites"].column_dimensions["A"].number_format == "@"


def test_untouched_it_is_an_empty_network_with_clear_problems(template):
    """Nothing of the headings is read as data; what to fill in first is said."""
    found = read_network(template)
    assert all(frame.is_empty() for frame in found.tables.values())
    said = [(problem.place, problem.code) for problem in check(found)]
    assert said == [
        ("network, column name", "missing-setting"),
        ("network, column start", "missing-setting"),
        ("network, column periods", "missing-setting"),
        ("network, column currency", "missing-setting"),
        ("sites", "empty-table"),
        ("resources", "empty-table"),
    ]


def test_filled_in_it_is_the_network(template, tmp_path):
    """What is typed into it comes out, and checks without a problem."""
    found = read_network(fill(template, tmp_path / "filled.xlsx", tables(), SETTINGS))
    assert check(found) == []
    assert found.name == "spring"
    for name, rows in tables().items():
        assert found.given(name).select(list(rows)).to_dict(as_series=False) == rows


def test_rows_are_numbered_as_excel_shows_them(template, tmp_path):
    """A blank row between counts, and a problem names the row that Excel names."""
    rows = {"sites": {"site": ["W", None, "W"], "country": ["CN", None, "cn"]}}
    found = read_network(fill(template, tmp_path / "rows.xlsx", rows, SETTINGS))
    assert found.given("sites")["site"].to_list() == ["W", "W"]
    assert [problem.row for problem in found.problems] == [5, 5]


def test_a_column_may_be_deleted(template, tmp_path):
    """The second heading is still recognised without it."""
    book = openpyxl.load_workbook(template)
    for name in schema.NETWORK_TABLES:
        book[name].delete_cols(len(schema.table(name).columns))
    book.save(tmp_path / "fewer.xlsx")
    assert all(frame.is_empty() for frame in read_network(tmp_path / "fewer.xlsx").tables.values())


def test_somebodys_work_is_not_overwritten(template, tmp_path):
    """A name that is taken is refused, unless it is said."""
    taken = fill(template, tmp_path / "filled.xlsx", tables(), SETTINGS)
    before = taken.read_bytes()
    with pytest.raises(OutputError, match="is there already"):
        write_template(taken)
    assert taken.read_bytes() == before
    write_template(taken, overwrite=True)
    assert taken.read_bytes() == template.read_bytes()


def test_the_name_must_end_in_xlsx(tmp_path):
    """Else Excel would not open it."""
    with pytest.raises(OutputError, match=r"ending in \.xlsx"):
        write_template(tmp_path / "network.csv")
