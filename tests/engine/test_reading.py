"""What cannot be read says so, all of it at once; what people do to files is borne with."""

from __future__ import annotations

import os
import re
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from sampan import schema
from sampan.conform import conform_table
from sampan.errors import InputError, OutputError, PlanFileError
from sampan.read import read_network, read_plan
from sampan.template import write_template
from sampan.write import write_network
from tests.engine.broken import TOML, folder, network, plan_folder, workbook


class TestReading:
    """What files may look like, and what is said where they may not."""

    def read(self, tmp_path, **files):
        return read_network(folder(tmp_path, **files))

    def test_rows_are_numbered_as_a_spreadsheet_shows_them(self, tmp_path):
        """The heading is row 1; blank rows and text over several lines count as a sheet counts."""
        text = 'site,name\nA,x\n\nB,"two\nlines"\nC,y\nC,z\n'
        found = self.read(tmp_path, sites_csv=text)
        assert [(problem.code, problem.row) for problem in found.problems] == [
            ("unprintable", 4),
            ("duplicate-key", 6),
        ]
        assert "stands already in row 5" in found.problems[1].message
        assert found.row_number("sites", 1) == 4

    def test_utf8_with_a_byte_order_mark_and_windows_line_ends(self, tmp_path):
        """As Excel writes "CSV UTF-8"."""
        found = self.read(tmp_path, sites_csv=b"\xef\xbb\xbfsite,name\r\nW,\xe6\xad\xa6\r\n")
        assert found.given("sites").rows() == [("W", "武")]
        assert found.problems == ()

    @pytest.mark.parametrize("coding", ["utf-16", "gbk", "latin-1"])
    def test_other_codings_are_refused(self, coding, tmp_path):
        """With the place of the first odd byte, and what it looks like."""
        text = "site,name\nW,é\n" if coding == "latin-1" else "site,name\nW,武汉\n"
        (problem,) = self.read(tmp_path, sites_csv=text.encode(coding)).problems
        assert (problem.table, problem.code) == ("sites.csv", "not-utf8")
        assert ("UTF-16" in problem.message) == (coding == "utf-16")
        assert ("GBK" in problem.message) == (coding == "gbk")

    def test_other_separators_are_refused(self, tmp_path):
        """Semicolons and tabs, as some spreadsheets write them."""
        for mark in (";", "\t"):
            text = f"site{mark}name\nW{mark}x\n"
            (problem,) = self.read(tmp_path, sites_csv=text).problems
            assert f"separated by {mark!r}" in problem.message

    def test_ragged_rows_each(self, tmp_path):
        """Too long and too short, each by its row."""
        found = self.read(tmp_path, sites_csv="site,name\nA\nB,b\nC,c,c\n")
        assert [problem.row for problem in found.problems] == [2, 4]
        assert "the row has 3 cells, the heading 2" in found.problems[1].message

    def test_trailing_empty_columns_are_passed_over(self, tmp_path):
        """Spreadsheets leave commas behind."""
        found = self.read(tmp_path, sites_csv="site,name,,\nA,x,,\n,,,\n")
        assert found.given("sites").rows() == [("A", "x")]

    def test_files_for_people_are_passed_over(self, tmp_path):
        """Notes, scripts, locks and hidden files are none of ours."""
        place = folder(tmp_path, README_md="hello", make_py="x", sources_txt="s")
        (place / ".~lock.sites.csv").write_text("x")
        (place / "figures").mkdir()
        assert read_network(place).problems == ()

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("lane.csv", "Did you mean lanes.csv?"),
            ("Lanes.csv", "Did you mean lanes.csv?"),
            ("lanes.CSV", "Did you mean lanes.csv?"),
            ("demand.parquet", "Did you mean demands.parquet?"),
            ("weather.csv", "Rename it or move it elsewhere."),
        ],
    )
    def test_files_that_look_like_tables_are_not(self, name, hint, tmp_path):
        """A misspelt table would else be silently left out."""
        place = folder(tmp_path)
        (place / name).write_text("x\n")
        (problem,) = read_network(place).problems
        assert (problem.table, problem.hint) == (name, hint)

    def test_settings_all_at_once(self, tmp_path):
        """Every wrong setting beside every wrong cell."""
        toml = (
            'name = 5\nstart = "10 Feb"\nperiods = 2.5\nperiod_length = "month"\ncurency = "CNY"\n'
            '[objective]\nstages = ["speed"]\ntolerance = "low"\nweight = 1\n'
        )
        found = self.read(tmp_path, toml=toml, stocks_csv="site,resource,quantity\nW,mask,x\n")
        assert {(item.code, item.column) for item in found.problems} == {
            ("bad-setting", "name"),
            ("bad-setting", "start"),
            ("bad-setting", "periods"),
            ("bad-setting", "period_length"),
            ("unknown-setting", "curency"),
            ("missing-setting", "currency"),
            ("bad-setting", "objective.stages"),
            ("bad-setting", "objective.tolerance"),
            ("unknown-setting", "objective.weight"),
            ("not-a-number", "quantity"),
        }
        (typo,) = [item for item in found.problems if item.column == "curency"]
        assert typo.hint == "Did you mean currency?"

    @pytest.mark.parametrize("stages", ['"cost"', "[1, 2]", "5"])
    def test_stages_must_be_a_list_of_text(self, stages, tmp_path):
        """Said once, without guessing."""
        toml = f"{TOML}[objective]\nstages = {stages}\n"
        assert [p.column for p in self.read(tmp_path, toml=toml).problems] == ["objective.stages"]

    def test_objective_must_be_a_table(self, tmp_path):
        """`objective = "cost"` is not one."""
        (problem,) = self.read(tmp_path, toml=TOML + 'objective = "cost"\n').problems
        assert "Write [objective]" in problem.hint

    def test_a_broken_settings_file_still_lets_the_tables_be_read(self, tmp_path):
        """The mistake in TOML and the mistake in a table come together."""
        found = self.read(tmp_path, toml="name = ", stocks_csv="site,resource,quantity\nW,mask,x\n")
        assert [problem.code for problem in found.problems] == ["bad-toml", "not-a-number"]

    @pytest.mark.parametrize("name", ["missing", "file.txt", "missing.xlsx"])
    def test_no_network_at_all(self, name, tmp_path):
        """What is there instead is said."""
        (tmp_path / "file.txt").write_text("x")
        with pytest.raises(InputError) as caught:
            read_network(tmp_path / name)
        there = "neither a folder" if name == "file.txt" else "there is no such folder or file"
        assert there in str(caught.value)

    def test_one_bad_byte_in_parquet_is_no_traceback(self, tmp_path):
        """A file cut short, as a broken copy leaves it."""
        write_network(network(), tmp_path / "net", "parquet")
        file = tmp_path / "net" / "sites.parquet"
        file.write_bytes(file.read_bytes()[:-20])
        (problem,) = read_network(tmp_path / "net").problems
        assert (problem.table, problem.code) == ("sites.parquet", "bad-parquet")

    def test_parquet_of_any_types(self, tmp_path):
        """Columns typed by other tools are understood; nested ones are named."""
        place = folder(tmp_path)
        (place / "stocks.csv").unlink()
        pl.DataFrame(
            {"site": ["W"], "resource": ["mask"], "quantity": [5], "expires_period": ["3"]},
            schema_overrides={"site": pl.Categorical, "quantity": pl.Int16},
        ).write_parquet(place / "stocks.parquet")
        assert read_network(place).given("stocks").rows() == [("W", "mask", 5.0, 3)]
        nested = pl.DataFrame({"site": ["W"], "resource": ["mask"], "quantity": [[5]]})
        nested.write_parquet(place / "stocks.parquet")
        (problem,) = read_network(place).problems
        assert (problem.code, problem.row, problem.value) == ("not-a-number", 2, "[5]")


class TestWorkbooks:
    """What people do to a workbook by hand."""

    def test_cells_of_all_kinds(self, tmp_path):
        """Numbers as keys, dates Excel made of text, booleans, whole numbers kept as floats."""

        def change(book):
            book["sites"]["A4"] = 7
            book["sites"]["C1"], book["sites"]["C4"] = "name", date(2020, 2, 10)
            book["demands"]["D2"] = 1.0
            book["demands"]["F1"], book["demands"]["F2"] = " priority ", 2

        found = read_network(workbook(tmp_path, change))
        assert found.problems == ()
        assert found.given("sites").row(2) == ("7", "IT", "2020-02-10")
        assert found.table("demands").select("period", "priority").rows() == [(1, 2)]

    def test_settings_as_people_type_them(self, tmp_path):
        """Numbers as names, stages with commas, a decimal for a count."""

        def change(book):
            sheet = book["network"]
            sheet.append(["objective.stages", "shortage,  cost"])
            for row in sheet.iter_rows():
                if row[0].value == "name":
                    row[1].value = 2020
                if row[0].value == "periods":
                    row[1].value = 3.0

        found = read_network(workbook(tmp_path, change))
        assert found.problems == ()
        assert (found.name, found.periods) == ("2020", 3)
        assert found.objective.stages == ("shortage", "cost")

    def test_sheets_for_people(self, tmp_path):
        """Notes, sheets marked with #, and empty ones are passed over; others are named."""

        def change(book):
            for title in ("notes", "#draft", "Sheet1", "lane"):
                sheet = book.create_sheet(title)
                if title != "Sheet1":
                    sheet["B2"] = "x"

        (problem,) = read_network(workbook(tmp_path, change)).problems
        assert (problem.table, problem.code) == ("lane", "unknown-table")

    def test_a_workbook_without_settings(self, tmp_path):
        """The sheet network is what makes it one."""
        with pytest.raises(InputError, match="no sheet 'network'"):
            read_network(workbook(tmp_path, lambda book: book.remove(book["network"])))

    def test_formulas_count_by_their_value(self, tmp_path):
        """As Excel saved it; openpyxl cannot, so the value is put beside the formula by hand."""
        made = workbook(tmp_path, lambda book: book["stocks"].__setitem__("C2", "=6*7"))
        with zipfile.ZipFile(made) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(made, "w") as new:
            for name, part in parts.items():
                new.writestr(name, re.sub(rb"</f><v ?/>|</f><v></v>", b"</f><v>42</v>", part))
        found = read_network(made)
        assert found.problems == ()
        assert found.table("stocks")["quantity"].to_list() == [42.0]

    def test_a_sheet_without_headings(self, tmp_path):
        """Data without headings is named, an empty sheet is an absent table."""

        def change(book):
            book["stocks"].delete_rows(1, 9)
            book["stocks"]["A2"] = "W"
            book["demands"].delete_rows(1, 9)

        found = read_network(workbook(tmp_path, change))
        assert [(item.table, item.code) for item in found.problems] == [("stocks", "empty-heading")]
        assert "demands" not in found.tables

    def test_text_stays_text(self, tmp_path):
        """In Excel, "=1+1" and 007 are shown as they are."""
        made = network(sites={"site": ["007", "=1+1"]}, stocks=None, lanes=None, demands=None)
        write_network(made, tmp_path / "net.xlsx")
        sheet = openpyxl.load_workbook(tmp_path / "net.xlsx")["sites"]
        assert [(cell.value, cell.data_type) for cell in sheet["A"][1:]] == [
            ("007", "s"),
            ("=1+1", "s"),
        ]


class TestPlanFolders:
    """Every problem of a plan's files, at once."""

    def test_all_problems_at_once(self, tmp_path):
        """Missing frames, unknown columns, bad cells, a bad summary."""
        place = plan_folder(tmp_path)
        (place / "runs.csv").unlink()
        (place / "shortages.csv").write_text("demand,quantity,why\nD1,-1,x\nD1,y,\n")
        (place / "stages.csv").write_text("stage,part,value,bound\ncost,all,1,1\n")
        (place / "plan.toml").write_text('status = "fine"\n')
        (place / "shipment.csv").write_text("x\n")
        with pytest.raises(PlanFileError) as caught:
            read_plan(place)
        assert {(item.table, item.code) for item in caught.value.problems} == {
            ("plan.toml", "bad-summary"),
            ("shipment.csv", "unknown-file"),
            ("runs", "missing-frame"),
            ("shortages", "unknown-column"),
            ("shortages", "negative"),
            ("shortages", "not-a-number"),
            ("shortages", "duplicate-key"),
            ("stages", "missing-column"),
        }

    @pytest.mark.parametrize("name", ["missing", "file.txt"])
    def test_no_plan_at_all(self, name, tmp_path):
        """No such folder, or a file."""
        (tmp_path / "file.txt").write_text("x")
        with pytest.raises(PlanFileError, match="Give the folder of a plan"):
            read_plan(tmp_path / name)


class TestAdvice:
    """What a newcomer gets wrong first is told with the way out."""

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("net.xls", "Save it as an Excel workbook (.xlsx)."),
            ("sites.csv", "Give the folder that it is in"),
            ("network.toml", "Give the folder that it is in"),
            ("notes.txt", "Give the folder of a network."),
        ],
    )
    def test_a_file_instead_of_a_folder(self, name, hint, tmp_path):
        """An old workbook, or one of the folder's files."""
        (tmp_path / name).write_text("x")
        with pytest.raises(InputError, match=re.escape(hint)):
            read_network(tmp_path / name)

    def test_a_folder_that_may_not_be_looked_into(self, tmp_path, monkeypatch):
        """Where the system hides what is below a folder, that folder is named."""
        hidden = tmp_path / "hidden"
        hidden.mkdir()
        asked = os.access
        monkeypatch.setattr(os, "access", lambda path, mode: path != hidden and asked(path, mode))
        with pytest.raises(InputError, match=re.escape(f"{hidden} may not be looked into.")):
            read_network(hidden / "network")

    def test_a_template_where_nothing_may_be_written(self, tmp_path, monkeypatch):
        """Also where the system refuses to say whether a file is there."""

        def refuse(*_arguments, **_options):
            raise PermissionError(13, "Permission denied")

        for name in ("exists", "write_bytes", "unlink"):
            monkeypatch.setattr(Path, name, refuse)
        with pytest.raises(OutputError, match="Choose another place"):
            write_template(tmp_path / "mine.xlsx")

    @pytest.mark.parametrize(
        ("column", "hint"),
        [
            ("period", "Write the number of the period: 0 is the first, 1 the next."),
            ("priority", "Write digits such as 12."),
            ("quantity", "Write digits such as 1250.5."),
        ],
    )
    def test_a_date_instead_of_a_number(self, column, hint):
        """A date where a period is counted; other columns name the digits they take."""
        row = {
            "demand": "D",
            "site": "s",
            "resource": "r",
            "period": 0,
            "quantity": 1,
            "priority": 1,
        }
        frame = pl.DataFrame({name: [str(value)] for name, value in row.items()})
        given = frame.with_columns(pl.lit("2020-02-13").alias(column))
        _, problems = conform_table(schema.table("demands"), given, 2)
        assert [(problem.column, problem.hint) for problem in problems] == [(column, hint)]
