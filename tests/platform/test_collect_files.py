"""Files as people really send them: read where it is clear, refused in one sentence where not."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import openpyxl
import polars as pl
import pytest

from sampan_platform.collect import services
from sampan_platform.collect.models import Filing, Report
from sampan_platform.common.errors import InvalidError
from tests.platform.collecting import TODAY, codes, everything, file, row, send, stated, workbook

pytestmark = pytest.mark.django_db
HEAD = ["site", "resource", "day", "output"]
CSV = "site,resource,day,output,stock\nF1,mask,2020-02-10,5,0\nF1,suit,2020-02-10,,7\n"


def refused(world, content: bytes | str, name: str = "a.csv") -> InvalidError:
    """The answer to a file that cannot be read; nothing at all was written."""
    before = everything()
    with pytest.raises(InvalidError) as caught:
        send(world, name, content)
    assert everything() == before
    assert (
        "Nothing was changed" in caught.value.message
        or "nothing was changed" in caught.value.message
    )
    return caught.value


def sheet(*rows: list, **more) -> bytes:
    return workbook(HEAD, *rows, **more)


def test_csv_is_read(world) -> None:
    """An empty cell is not stated, 0 is."""
    assert send(world, "a.csv", CSV).accepted == 2
    assert stated() == {"output": 5, "stock": 0}
    assert stated(resource="suit") == {"stock": 7}


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators_are_read(world, mark) -> None:
    """Half of Europe and every clipboard."""
    assert send(world, "a.csv", CSV.replace(",", mark)).accepted == 2


def test_chinese_headings_and_figures_are_read(world) -> None:
    """As a Chinese office writes them: headings, full-width digits, separators, dates."""
    text = (
        "站点编码,物资编码,日期,产量（件）,库存,说明\n"
        'F1,mask,２０２０年２月１０日,"１，２００","3,400",夜班\n'
    )
    assert send(world, "日报.csv", "\ufeff" + text).accepted == 1
    assert stated() == {"output": 1200, "stock": 3400}
    assert Report.objects.get().explanation == "夜班"


def test_parquet_is_read_exactly(world) -> None:
    """Integers, decimals, floats and dates keep their values."""
    frame = pl.DataFrame(
        {"site": ["F1", "F1"], "resource": ["mask", "suit"], "day": [TODAY, TODAY],
         "output": [5, None], "stock": [0.1, 1234.567], "need": [Decimal("1.250"), None]}
    )  # fmt: skip
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    assert send(world, "a.parquet", buffer.getvalue()).accepted == 2
    assert stated() == {"output": 5, "stock": 0.1, "need": 1.25}
    assert stated(resource="suit") == {"stock": 1234.567}


def test_what_parquet_can_hold_and_a_quantity_cannot(world) -> None:
    """NaN is neither zero nor missing; below zero, too fine and too large have their answers."""
    values = [float("nan"), float("inf"), -1.0, 0.0001, 1e15, 2.0]
    frame = pl.DataFrame({"site": "F1", "resource": "mask", "stock": values,
                          "day": [TODAY - timedelta(number) for number in range(6)]})  # fmt: skip
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    outcome = send(world, "a.parquet", buffer.getvalue(), keep_good=True)
    assert codes(outcome) == [(1, "stock", "not-finite"), (2, "stock", "not-finite"),
                              (3, "stock", "negative"), (4, "stock", "too-fine"),
                              (5, "stock", "too-large")]  # fmt: skip
    assert outcome.accepted == 1


def test_ndjson_is_read_and_a_broken_line_is_named(world) -> None:
    """A line that is no object does not hide the others."""
    lines = [json.dumps(row(day="2020-02-10", output=5)), "{broken", "", "7",
             json.dumps(row(resource="suit", day="2020-02-10", stock=0.25))]  # fmt: skip
    outcome = send(world, "a.ndjson", "\n".join(lines), keep_good=True)
    assert (codes(outcome), outcome.accepted) == ([(2, "", "bad-line"), (4, "", "bad-line")], 2)
    assert stated(resource="suit") == {"stock": 0.25}


def test_excel_is_read_with_dates_numbers_and_texts(world) -> None:
    """A date as a date, as text and with a time of midnight are one day."""
    content = sheet(["F1", "mask", date(2020, 2, 10), 5], ["F1", "suit", "2020/2/10", "１２"],
                    ["W1", "mask", datetime.combine(TODAY, time()), 0.1 + 0.2])  # fmt: skip
    assert send(world, "a.xlsx", content).accepted == 3
    assert stated("W1") == {"output": 0.3}


def test_a_title_above_the_headings_is_passed_over(world) -> None:
    """A merged title is decoration; rows keep the numbers that Excel shows."""
    rows = [["Daily report"], HEAD, ["F1", "mask", "2020-02-10", "x"]]
    outcome = send(world, "a.xlsx", workbook(*rows, merge=["A1:D1"]))
    assert codes(outcome) == [(3, "output", "not-a-number")]


def test_merged_cells_are_refused(world) -> None:
    """Which row does a merged figure belong to? Nobody can say."""
    content = sheet(
        ["F1", "mask", "2020-02-10", 5], ["F1", "suit", "2020-02-10", None], merge=["D2:D3"]
    )
    error = refused(world, content, "a.xlsx")
    assert "merged cells in D2:D3" in error.message
    assert error.code == "merged-cells"


def test_formulas_and_errors_of_excels_are_named(world) -> None:
    """What a formula saved may be older than its figures; #N/A is no figure."""
    content = sheet(["F1", "mask", "2020-02-10", "=1+1"], ["F1", "suit", "2020-02-10", "#N/A"],
                    ["W1", "mask", "2020-02-10", 5])  # fmt: skip
    outcome = send(world, "a.xlsx", content)
    assert codes(outcome) == [(2, "output", "formula"), (3, "output", "cell-error")]
    assert "D2 holds a formula, =1+1" in outcome.rejected[0].message
    assert not Report.objects.exists()


def test_a_million_empty_rows_cost_nothing(world) -> None:
    """Excel saves rows that were once formatted; CSV then has a million lines of commas."""
    padded = CSV + ",,,,\n" * 1_000_000 + "F1,mask,2020-02-09,x,\n"
    outcome = send(world, "a.csv", padded)
    assert codes(outcome) == [(1_000_004, "output", "not-a-number")]


def test_a_value_far_below_is_found_or_refused(world) -> None:
    """In Excel: a hundred thousand empty rows are read past; a value in the last row is refused."""
    book = openpyxl.load_workbook(io.BytesIO(sheet(["F1", "mask", "2020-02-10", 5])))
    book.active.cell(100_000, 4, 1)
    assert codes(send(world, "a.xlsx", saved(book)))[0] == (100_000, "site", "missing")
    book.active.cell(1_048_576, 4, 1)
    assert "below row 200,000" in refused(world, saved(book), "a.xlsx").message


def saved(book) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(world) -> None:
    """A small workbook that claims hundreds of megabytes."""
    buffer = io.BytesIO(sheet(["F1", "mask", "2020-02-10", 5]))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive, \
            archive.open("xl/media/bomb.bin", "w") as member:  # fmt: skip
        for _ in range(100):
            member.write(bytes(1024 * 1024))
    assert len(buffer.getvalue()) < 200_000
    assert refused(world, buffer.getvalue(), "a.xlsx").code == "too-large"


def test_ten_megabytes_in_a_cell_are_refused(world) -> None:
    """In a CSV and in a workbook: named by row and column, not kept, not echoed."""
    big = "x" * 10_000_000
    error = refused(world, f"{CSV}F1,mask,2020-02-09,{big},\n")
    assert "row 4, output" in error.message
    assert len(error.message) < 300
    again = refused(world, sheet(["F1", big, "2020-02-10", 5]), "a.xlsx")
    assert "row 2, resource" in again.message


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (CSV.replace("output", "产量").encode("gbk"), "not-utf8", "looks like GBK"),
        (CSV.encode("utf-16"), "not-utf8", "looks like UTF-16"),
        (b"\xff\xfe\xfa" + bytes(range(128, 255)), "not-utf8", "CSV UTF-8"),
        (b"", "empty-file", "is empty"),
        (b"PK\x03\x04 no archive", "bad-file", "not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0 old", "bad-file", "old or a protected"),
        (b"PAR1 no parquet", "bad-file", "not readable as Parquet"),
        (b"GIF89a\x00\x01\x02,", "bad-file", "zero byte"),
        (CSV + "F1,mask,2020-02-09,1,2,3,4\n", "ragged-row", "7 cells in row 4"),
        (CSV + "F1,mask,2020-02-09,1,2,3\n", "ragged-row", "row 4"),
        (CSV + 'F1,"mask,2020-02-09,1,2\n', "bad-csv", "row 4"),
        (CSV.replace("output", "outptu"), "headings", "Did you mean output?"),
        (CSV.replace("stock", "产量"), "headings", "both mean output"),
        (CSV.replace("day", "stock2"), "headings", "no column day"),
        ("site,resource,day\nF1,mask,2020-02-10\n", "headings", "No column states anything"),
        (CSV.replace("stock", ""), "ragged-row", "more cells than headings in row 2"),
        (CSV.replace("output", " "), "empty-heading", "column 4"),
        ("[1, 2", "bad-json", "not JSON"),
        ("{" * 100_000, "bad-json", "no line"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_gets_one_clear_answer(world, content, code, says) -> None:
    """What is wrong, where, what to do; no traceback, nothing changed."""
    error = refused(world, content)
    assert error.code == code
    told = [error.message, *(problem.message for problem in error.problems)]
    assert any(says in one for one in told), told


def test_a_workbook_without_or_with_several_tables_of_reports(world) -> None:
    """Guessing which one is meant would lose the other."""
    assert "no sheet" in refused(world, workbook(["a", "b"], [1, 2]), "a.xlsx").message
    book = openpyxl.load_workbook(io.BytesIO(sheet(["F1", "mask", "2020-02-10", 5])))
    other = book.create_sheet("second")
    other.append(HEAD)
    assert "several sheets" in refused(world, saved(book), "a.xlsx").message


def test_the_same_file_twice_changes_nothing(world) -> None:
    """Also under another name, by another person."""
    send(world, "a.csv", CSV)
    again = send(world, "b.csv", CSV, user="chen")
    assert (again.accepted, again.unchanged) == (0, 2)
    assert set(Report.objects.values_list("version", flat=True)) == {1}


def test_the_same_file_does_not_undo_a_correction(world) -> None:
    """Sent again by mistake, an old file must not bring its old figures back; unless asked to."""
    send(world, "a.csv", CSV)
    file(world, row(output=6))
    again = send(world, "a.csv", CSV)
    assert (again.accepted, again.unchanged, again.superseded) == (0, 1, 1)
    assert stated() == {"output": 6, "stock": 0}
    assert send(world, "a.csv", CSV, again=True).corrected == 1
    assert stated() == {"output": 5, "stock": 0}


def test_good_rows_of_a_file_and_the_rest_after_correction(world) -> None:
    """The reject file, corrected as it is, brings the rest in and nothing twice."""
    content = CSV.replace("suit", "siut")
    outcome = send(world, "a.csv", content, keep_good=True)
    assert (outcome.accepted, outcome.rejected_rows) == (1, 1)
    rejects = services.rejects_of("a.csv", content.encode(), world.users["chen"], keep_good=True)
    assert (rejects.name, rejects.rows) == ("a-rejects.csv", 1)
    text = rejects.content.decode("utf-8-sig")
    assert text.splitlines()[0] == "site,resource,day,output,stock,problem 问题"
    assert "Did you mean suit?" in text
    assert "没有物资 siut" in text
    corrected = send(world, rejects.name, text.replace("F1,siut", "F1,suit"))
    assert (corrected.accepted, Report.objects.count()) == (1, 2)


def test_a_reject_file_has_all_rows_where_none_were_kept(world) -> None:
    """Corrected and sent again it must not lose the good ones."""
    content = sheet(["F1", "mask", date(2020, 2, 10), 5], ["F1", "suit", date(2020, 2, 10), "=1"])
    assert not send(world, "a.xlsx", content).kept
    rejects = services.rejects_of("a.xlsx", content, world.users["chen"])
    book = openpyxl.load_workbook(io.BytesIO(rejects.content))
    cells = [[cell.value for cell in line] for line in book.active.iter_rows()]
    assert (len(cells), cells[0][-1], cells[1][-1]) == (3, "problem 问题", None)
    assert "is a formula" not in cells[2][-1]
    assert "D3 holds a formula" in cells[2][-1]
    assert book.active.cell(3, 4).data_type == "s"
    book.active.cell(3, 4, 7)
    assert send(world, rejects.name, saved(book)).accepted == 2
    assert stated(resource="suit") == {"output": 7}


@pytest.mark.parametrize("kind", ["parquet", "ndjson"])
def test_reject_files_come_in_the_format_that_was_sent(world, kind) -> None:
    """A program that writes Parquet reads Parquet."""
    frame = pl.DataFrame(
        {"site": ["F1", "F9"], "resource": "mask", "day": "2020-02-10", "output": [1, 2]}
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer) if kind == "parquet" else frame.write_ndjson(buffer)
    rejects = services.rejects_of(
        f"a.{kind}", buffer.getvalue(), world.users["chen"], keep_good=True
    )
    read = pl.read_parquet if kind == "parquet" else pl.read_ndjson
    back = read(io.BytesIO(rejects.content))
    assert back.select("site", "output").rows() == [("F9", 2)]
    assert "There is no site F9" in back["problem 问题"][0]
    outcome = send(world, rejects.name, rejects.content)
    assert codes(outcome) == [(1, "site", "unknown-site")]


def test_a_dry_run_of_a_file_leaves_no_trace(world) -> None:
    """Not even that it was seen: the real filing afterwards is the first."""
    before = everything()
    tried = send(world, "a.csv", CSV, dry_run=True)
    assert (everything(), tried.accepted) == (before, 2)
    assert send(world, "a.csv", CSV).created == 2
    assert Filing.objects.count() == 1
