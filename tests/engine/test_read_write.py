"""What is written is what is read, and what cannot be read says so, all of it at once."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampan import schema
from sampan.errors import InputError, OutputError
from sampan.network import PERIOD_LENGTHS, STAGES, Network, Objective
from sampan.plan import Plan, Status
from sampan.read import read_network, read_plan
from sampan.write import write_network, write_plan
from tests.engine.broken import folder, network, plan_folder

FORMATS = ("csv", "parquet", "xlsx")

PRINTABLE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Co"))
AWKWARD = st.sampled_from(
    (
        *("007", "1e5", "=1+1", "+1", "-1", "@A1", "'quoted", 'a"b', "a,b", "a;b", " a ", "true"),
        *("NaN", "null", "武汉市", "2020-02-10", "#N/A", "1.0", "é", "e\u0301", "\ufeffbom"),
        *("𝔘", "〔站点〕", "_x0041_", "a\u00a0b"),
    )
)
TEXT = st.one_of(AWKWARD, st.text(PRINTABLE, min_size=1, max_size=8)).filter(str.strip)
NUMBER = st.one_of(
    st.floats(min_value=0, allow_nan=False, allow_infinity=False),
    st.sampled_from([0.1, 0.1 + 0.2, 1e-7, 1e15, 1e16, 123456789.125, 5e-324]),
)


def cells(attribute: schema.Attribute, size: int) -> st.SearchStrategy:
    """A column that fits its attribute; where it may be empty, cells are now and then."""
    kinds = {
        "text": st.sampled_from(attribute.choices) if attribute.choices else TEXT,
        "number": NUMBER.filter(lambda x: attribute.above is None or x > 0),
        "whole": st.integers(min_value=1, max_value=2**40),
        "boolean": st.booleans(),
    }
    value = kinds[attribute.type]
    if attribute.form:
        value = st.sampled_from(["CN", "VN"] if attribute.form == "country" else ["CN-HB"])
    if attribute.maximum is not None:
        value = st.floats(min_value=0, max_value=attribute.maximum)
    if not attribute.required:
        value = st.one_of(st.none(), value)
    return st.lists(value, min_size=size, max_size=size)


@st.composite
def frames(draw, names, schemas) -> dict[str, pl.DataFrame]:
    """Some tables, with some of their columns in any order and rows of any content."""
    made = {}
    for name in draw(st.lists(st.sampled_from(names), unique=True, max_size=4)):
        attributes = schemas(name).attributes
        chosen = [item for item in attributes if item.required or draw(st.booleans())]
        size = draw(st.integers(0, 4))
        columns = {item.name: draw(cells(item, size)) for item in draw(st.permutations(chosen))}
        keys = [column for column in columns if column in schemas(name).key]
        dtypes = {"text": pl.String, "number": pl.Float64, "whole": pl.Int64, "boolean": pl.Boolean}
        types = {item.name: dtypes[item.type] for item in chosen}
        made[name] = pl.DataFrame(
            columns, schema={column: types[column] for column in columns}
        ).unique(keys, keep="first", maintain_order=True)
    return made


@st.composite
def networks(draw) -> Network:
    """Any network without problems in its cells; what its tables say may be nonsense."""
    objectives = st.builds(
        Objective,
        st.one_of(
            st.just(("total",)),
            st.lists(st.sampled_from(STAGES), unique=True, min_size=1).map(tuple),
        ),
        st.floats(0, 1),
        st.floats(0, 1e6),
    )
    return Network.from_frames(
        draw(frames(schema.NETWORK_TABLES, schema.table)),
        name=draw(TEXT),
        start=draw(st.dates(date(1990, 1, 1), date(2100, 1, 1))),
        periods=draw(st.integers(1, 500)),
        period_length=draw(st.sampled_from(list(PERIOD_LENGTHS))),
        currency=draw(TEXT),
        source=draw(st.one_of(st.just(""), TEXT, st.just("第一行\n第二行"))),
        objective=draw(objectives),
    )


def _assert_same(first: Network, second: Network) -> None:
    assert second.problems == ()
    assert second.settings == first.settings
    assert list(second.tables) == list(first.tables)
    for name, frame in first.tables.items():
        assert second.tables[name].columns == frame.columns
        assert second.tables[name].equals(frame, null_equal=True)


def _content(place: Path) -> dict[str, bytes]:
    if place.is_file():
        return {"": place.read_bytes()}
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


class TestRoundTrip:
    """Writing gives back what was read, in every format, byte by byte the same each time."""

    @pytest.mark.parametrize("form", FORMATS)
    @given(made=networks())
    def test_networks(self, form, made):
        """Any text, number, emptiness, columns and their order."""
        with tempfile.TemporaryDirectory() as place:
            target = Path(place) / ("net.xlsx" if form == "xlsx" else "net")
            write_network(made, target, form)
            _assert_same(made, read_network(target))
            before = _content(target)
            write_network(read_network(target), target, form)
            assert _content(target) == before

    @pytest.mark.parametrize("form", ["csv", "parquet"])
    @given(made=frames(schema.PLAN_FRAMES, schema.plan_frame), gap=NUMBER)
    def test_plans(self, form, made, gap):
        """Every frame, and the summary in its types."""
        summary = {"status": Status.OPTIMAL, "gap": gap, "sizes": {"columns": 5}, "method": "雾"}
        plan = Plan(made, summary)
        with tempfile.TemporaryDirectory() as place:
            write_plan(plan, Path(place) / "plan", form)
            again = read_plan(Path(place) / "plan")
            before = _content(Path(place) / "plan")
            write_plan(again, Path(place) / "plan", form)
            assert _content(Path(place) / "plan") == before
        assert again.summary == summary
        for name, frame in plan.frames.items():
            assert again.frames[name].equals(frame, null_equal=True)

    def test_a_hand_written_folder_comes_back_as_it_was(self, tmp_path):
        """Byte by byte, if it was written plainly: no zeros lost, no columns added."""
        sites = "site,country,storage_m3_max\n007,CN,\n武汉,,12.5\n"
        resources = "unit,resource\npiece,mask\n"
        place = folder(tmp_path, sites_csv=sites, resources_csv=resources)
        write_network(read_network(place), tmp_path / "again")
        assert (tmp_path / "again" / "sites.csv").read_text("utf-8") == sites
        assert (tmp_path / "again" / "resources.csv").read_text("utf-8") == resources

    def test_summaries_leave_out_none(self, tmp_path):
        """TOML has no null; numbers of numpy are numbers."""
        plan = Plan({}, {"status": "optimal", "gap": np.float64(0.5), "limit": None, "of": (1, 2)})
        again = read_plan(write_plan(plan, tmp_path / "plan"))
        assert again.summary == {"status": "optimal", "gap": 0.5, "of": [1, 2]}


class TestWriting:
    """Nothing half-written, nothing of others overwritten."""

    @pytest.mark.parametrize("what", ["network", "plan"])
    def test_a_folder_with_other_things_is_left_alone(self, what, tmp_path):
        """One file that is not ours is enough."""
        place = folder(tmp_path) if what == "network" else plan_folder(tmp_path)
        (place / "notes.txt").write_text("mine")
        before = _content(place)
        plan = Plan({}, {"status": "optimal", "gap": 0.0})
        write, content = (write_network, network()) if what == "network" else (write_plan, plan)
        with pytest.raises(OutputError, match="holds other things"):
            write(content, place)
        assert _content(place) == before

    def test_an_earlier_one_is_replaced_as_a_whole(self, tmp_path):
        """No table of the old network stays behind, in whatever format."""
        write_network(network(), tmp_path / "net", "parquet")
        write_network(network(stocks=None), tmp_path / "net")
        names = {"network.toml", "sites.csv", "resources.csv", "lanes.csv", "demands.csv"}
        assert set(_content(tmp_path / "net")) == names
        assert [path.name for path in tmp_path.iterdir()] == ["net"]

    def test_a_plan_does_not_replace_a_network(self, tmp_path):
        """Not even where the names of files are alike."""
        place = folder(tmp_path)
        with pytest.raises(OutputError, match="holds other things"):
            write_plan(Plan({}, {"status": "optimal", "gap": 0.0}), place)

    def test_a_file_that_is_no_network_is_left_alone(self, tmp_path):
        """A workbook of something else, and something else called a workbook."""
        book = openpyxl.Workbook()
        book.save(tmp_path / "budget.xlsx")
        (tmp_path / "text.xlsx").write_text("x")
        for name in ("budget.xlsx", "text.xlsx"):
            before = (tmp_path / name).read_bytes()
            with pytest.raises(OutputError, match="is not a network and is left alone"):
                write_network(network(), tmp_path / name)
            assert (tmp_path / name).read_bytes() == before

    @pytest.mark.parametrize("form", FORMATS)
    def test_a_failure_leaves_the_earlier_one(self, form, tmp_path, monkeypatch):
        """A full disk, say, at the last moment: the old is there, no half of the new."""
        target = tmp_path / ("net.xlsx" if form == "xlsx" else "net")
        write_network(network(), target, form)
        before = _content(target)

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(OutputError, match="No space left on device"):
            write_network(network(stocks=None), target, form)
        monkeypatch.undo()
        assert _content(target) == before
        assert list(tmp_path.iterdir()) == [target]

    def test_a_failure_of_the_swap_puts_the_earlier_one_back(self, tmp_path, monkeypatch):
        """If the new folder cannot take the place, the old one does again."""
        target = write_network(network(), tmp_path / "net")
        before = _content(target)
        rename = Path.rename

        def refuse(path, to):
            if ".new-" in path.name:
                raise OSError(13, "Permission denied")
            return rename(path, to)

        monkeypatch.setattr(Path, "rename", refuse)
        with pytest.raises(OutputError, match="Permission denied"):
            write_network(network(stocks=None), target)
        assert _content(target) == before
        assert list(tmp_path.iterdir()) == [target]

    @pytest.mark.parametrize(
        ("name", "form", "what"),
        [
            ("net", "xlsx", r"Give a name that ends in \.xlsx"),
            ("net.xlsx", "csv", "Give a folder's name"),
            ("net", "json", "Use csv, parquet or xlsx"),
        ],
    )
    def test_formats_and_names_fit(self, name, form, what, tmp_path):
        """Else it could not be read again."""
        with pytest.raises(OutputError, match=what):
            write_network(network(), tmp_path / name, form)

    def test_a_file_in_the_way(self, tmp_path):
        """A folder cannot be written where a file is, nor a file where a folder is."""
        (tmp_path / "file").write_text("x")
        with pytest.raises(OutputError, match="this is a file"):
            write_network(network(), tmp_path / "file")
        with pytest.raises(OutputError, match="cannot be written"):
            write_network(network(), tmp_path / "file" / "net")
        (tmp_path / "net.xlsx").mkdir()
        with pytest.raises(OutputError, match="this is a folder"):
            write_network(network(), tmp_path / "net.xlsx")

    def test_links_are_followed(self, tmp_path):
        """What the link points to is replaced; the link stays one."""
        write_network(network(), tmp_path / "net")
        (tmp_path / "link").symlink_to(tmp_path / "net")
        write_network(network(stocks=None), tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert "stocks.csv" not in _content(tmp_path / "net")

    def test_files_have_ordinary_permissions(self, tmp_path):
        """Others may read what the user's umask lets them read."""
        before = os.umask(0o022)
        try:
            place = write_network(network(), tmp_path / "net")
        finally:
            os.umask(before)
        assert place.stat().st_mode & 0o777 == 0o755
        assert (place / "sites.csv").stat().st_mode & 0o777 == 0o644

    def test_a_network_with_bad_cells_is_not_written(self, tmp_path):
        """Its bad cells would be lost."""
        with pytest.raises(InputError):
            write_network(network(sites={"site": ["W", "W"]}), tmp_path / "net")
        assert not (tmp_path / "net").exists()

    def test_what_excel_cannot_hold(self, tmp_path):
        """Texts too long or with control characters are named, and nothing is written."""
        with pytest.raises(OutputError, match="too long for an Excel cell"):
            write_network(network({"source": "x" * 40_000}), tmp_path / "net.xlsx")
        with pytest.raises(OutputError, match="contains characters that Excel cannot hold"):
            write_network(network({"source": "a\x00b"}), tmp_path / "net.xlsx")
        assert list(tmp_path.iterdir()) == []

    def test_summaries_that_toml_cannot_hold(self, tmp_path):
        """Objects of the program are no part of a summary."""
        plan = Plan({}, {"status": "optimal", "gap": 0.0, "solver": object()})
        with pytest.raises(OutputError, match="solver: <object"):
            write_plan(plan, tmp_path / "plan")
        with pytest.raises(OutputError, match="a plan is written as a folder"):
            write_plan(plan, tmp_path / "plan.xlsx")
