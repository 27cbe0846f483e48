"""Network: frames of any library in, typed tables with defaults out, nothing changed on the way."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sampan import schema
from sampan.errors import InputError
from sampan.network import STAGES, Network, Objective
from tests.engine.broken import column, network, tables

SETTINGS = {"start": date(2020, 2, 10), "periods": 4}
PANDAS = {name: pd.DataFrame(rows) for name, rows in tables().items()}
POLARS = {name: pl.DataFrame(rows) for name, rows in tables().items()}
ARROW = {name: pa.table(rows) for name, rows in tables().items()}
LAZY = {name: frame.lazy() for name, frame in POLARS.items()}


@pytest.mark.parametrize("frames", [PANDAS, POLARS, ARROW, LAZY], ids=["pd", "pl", "pa", "lazy"])
def test_frames_of_every_library_give_the_same_network(frames):
    """pandas, Polars (lazy too) and Arrow are accepted at the door, and are alike inside."""
    made, expected = Network.from_frames(frames, **SETTINGS), network()
    assert made.problems == ()
    assert list(made.tables) == list(expected.tables)
    for name, frame in expected.tables.items():
        assert made.tables[name].equals(frame)


def test_missing_cells_of_pandas_are_empty_cells():
    """pandas has NaN, None and NA for an empty cell; Polars' NaN is a mistake."""
    sites = pd.DataFrame(
        {
            "site": ["W", "H"],
            "name": [None, pd.NA],
            "storage_m3_max": [float("nan"), 5],
        }
    )
    made = Network.from_frames({"sites": sites}, **SETTINGS)
    assert made.problems == ()
    assert made.table("sites")["storage_m3_max"].to_list() == [float("inf"), 5.0]
    assert made.given("sites")["name"].to_list() == [None, None]
    sites = pl.DataFrame({"site": ["W", "H"], "storage_m3_max": [float("nan"), 5]})
    wrong = Network.from_frames({"sites": sites}, **SETTINGS)
    assert [problem.code for problem in wrong.problems] == ["nan"]


def test_keys_that_are_numbers_in_a_frame_are_text():
    """A column of site numbers keeps them as they look, also if pandas made them floats."""
    for values in ([7, 8], [7.0, 8.0]):
        made = Network.from_frames({"sites": pd.DataFrame({"site": values})}, **SETTINGS)
        assert made.table("sites")["site"].to_list() == ["7", "8"]


def test_columns_of_mixed_values_lose_nothing():
    """A number among texts stays; a text among numbers is named."""
    sites = network(sites={"site": ["W", "H", 3]}).table("sites")
    assert sites["site"].to_list() == ["W", "H", "3"]
    (problem,) = network(demands=column("demands", quantity=["50 pieces"])).problems
    assert (problem.code, problem.value) == ("not-a-number", "50 pieces")


@pytest.mark.parametrize(
    "frame",
    [
        pa.Table.from_arrays([pa.array(["W"]), pa.array(["H"])], names=["site", "site"]),
        pd.DataFrame([["W", "H"]], columns=["site", "site"]),
    ],
    ids=["pa", "pd"],
)
def test_repeated_headings_are_named(frame):
    """Two columns of one name: the first counts, and the problem says so."""
    made = Network.from_frames({"sites": frame}, **SETTINGS)
    assert [problem.code for problem in made.problems] == ["duplicate-column"]
    assert made.table("sites")["site"].to_list() == ["W"]


@pytest.mark.parametrize("data", [[1, 2], "sites", {"site": 5}, {"site": ["W"], "name": []}])
def test_what_is_no_table_is_named(data):
    """Anything else is a problem of the table, not a traceback."""
    made = Network.from_frames({"sites": data}, **SETTINGS)
    assert "not-a-table" in [problem.code for problem in made.problems]


def test_defaults_fill_empty_cells_and_missing_columns():
    """`table` has every column; "unlimited" is inf; what depends on the row stays null."""
    lanes = network(lanes=column("lanes", mass_kg_max=[None])).table("lanes")
    assert lanes.columns == list(schema.table("lanes").columns)
    row = lanes.row(0, named=True)
    assert row["mass_kg_max"] == row["volume_m3_max"] == float("inf")
    assert row["cost_per_kg"] == 0.0
    assert row["vehicle_kg"] is None
    assert network().table("demands")["lateness_max"].to_list() == [None]


def test_absent_tables_are_empty():
    """A table that was not given has its columns and no rows; so has one without any column."""
    assert network().table("pledges").shape == (0, len(schema.table("pledges").columns))
    assert network(pledges={"nonsense": [1]}).table("pledges").is_empty()


def test_a_filled_table_can_be_given_back():
    """`replace` takes what `table` returns: its inf means unlimited."""
    made = network()
    again = made.replace(lanes=made.table("lanes"))
    assert again.problems == ()
    assert again.table("lanes").equals(made.table("lanes"))


def test_booleans_in_any_case():
    """True, TRUE and true."""
    rows = {"lane": ["W-H"] * 3, "resource": ["a", "b", "c"], "allowed": ["True", "FALSE", "true "]}
    given = network(lane_resources=rows).given("lane_resources")
    assert given["allowed"].to_list() == [True, False, True]


def test_tables_cannot_be_changed_from_outside():
    """Frames handed out are copies, and frames handed in stay what they were."""
    frame = pl.DataFrame(tables()["sites"])
    made = Network.from_frames({"sites": frame}, **SETTINGS)
    made.table("sites")[0, "site"] = "changed"
    made.given("sites")[0, "site"] = "changed"
    assert made.table("sites")["site"][0] == made.given("sites")["site"][0] == frame["site"][0]


class TestReplace:
    """A changed copy, with the problems that are still there."""

    def test_changes_what_it_is_told_only(self):
        """Tables, settings and row numbers of the rest stay."""
        made = network()
        again = made.replace(periods=9, stocks=None)
        assert (again.periods, made.periods) == (9, 4)
        assert "stocks" not in again.tables
        assert again.tables["lanes"].equals(made.tables["lanes"])
        assert again.name == "tiny"

    def test_keeps_the_problems_of_other_tables(self):
        """A cell that could not be read does not turn into a default by another change."""
        made = network(lanes=column("lanes", lead_time_periods=["one"]))
        assert [problem.code for problem in made.replace(periods=9).problems] == ["not-a-number"]
        assert made.replace(lanes=tables()["lanes"]).problems == ()

    def test_mends_settings(self):
        """A bad setting's problem goes when the setting is replaced, and only then."""
        made = network({"periods": 0, "objective": Objective(("none",))})
        assert len(made.problems) == 2
        assert [item.column for item in made.replace(periods=3).problems] == ["objective.stages"]
        assert made.replace(periods=3, objective=Objective()).problems == ()

    def test_refuses_what_a_network_has_not(self):
        """A misspelt name is a mistake of the program."""
        with pytest.raises(TypeError, match="no period to replace"):
            network().replace(period=3)


class TestSettings:
    """Calendar and objective."""

    @pytest.mark.parametrize(
        ("settings", "what"),
        [
            ({"periods": 0}, "0 is not a number of periods"),
            ({"periods": 2.5}, "2.5 is not a number of periods"),
            ({"periods": True}, "True is not a number of periods"),
            ({"periods": 10**9}, "is not a number of periods"),
            ({"period_length": "month"}, "'month' is not a period length"),
            ({"start": "tomorrow"}, "'tomorrow' is not a date"),
            ({"start": datetime(2020, 1, 1, 9)}, "is not a date"),  # noqa: DTZ001
            ({"start": date(9999, 12, 31)}, "the calendar ends after 9999"),
            ({"currency": 156}, "156 is not text"),
            ({"objective": Objective(())}, "is not a list of stages"),
            ({"objective": Objective(("cost", "cost"))}, "is not a list of stages"),
            ({"objective": Objective(("cost", "total"))}, "total stands beside other stages"),
            ({"objective": Objective(tolerance=-1)}, "-1 is not a number of 0 or more"),
            ({"objective": Objective(lateness_cost=float("nan"))}, "nan is not a number"),
        ],
    )
    def test_wrong_ones_are_named(self, settings, what):
        """Each has its problem, and the network can be looked at all the same."""
        made = network(settings)
        (problem,) = made.problems
        assert what in problem.message
        assert problem.table == "network"
        assert made.periods >= 1
        with pytest.raises(InputError):
            made.raise_for_problems()

    def test_dates_of_periods(self):
        """Days, weeks and hours from the start."""
        assert network().calendar.date_of(3) == date(2020, 2, 13)
        assert network({"period_length": "week"}).calendar.date_of(1) == date(2020, 2, 17)
        hour = network({"period_length": "hour"}).calendar.date_of(25)
        assert hour.isoformat() == "2020-02-11T01:00:00"

    def test_start_may_be_text_or_midnight(self):
        """As it comes from a form or from a spreadsheet."""
        for start in ("2020-02-10", datetime(2020, 2, 10)):  # noqa: DTZ001
            assert network({"start": start}).calendar.start == date(2020, 2, 10)

    def test_the_default_objective_has_all_stages(self):
        """In the order of the contract; a list is as good as a tuple."""
        assert network().objective.stages == STAGES
        assert Objective(["cost"]) == Objective(("cost",))


def test_problems_have_the_numbers_of_rows():
    """Frames count from 1; files hand in their own numbers."""
    stocks = {"site": ["W", "W"], "resource": ["mask", "team"], "quantity": [1, "x"]}
    assert network(stocks=stocks).problems[0].row == 2
    assert network({"row_numbers": {"stocks": 2}}, stocks=stocks).problems[0].row == 3
    assert network({"row_numbers": {"stocks": [2, 9]}}, stocks=stocks).problems[0].row == 9


def test_long_lists_of_problems_are_cut_in_the_message_only():
    """The message spells out twenty, the error holds all."""
    demands = {name: values * 30 for name, values in tables()["demands"].items()}
    demands |= {"demand": [str(at) for at in range(30)], "quantity": [-1] * 30}
    with pytest.raises(InputError, match="… and 10 more") as caught:
        network(demands=demands).raise_for_problems()
    assert len(caught.value.problems) == 30


@pytest.mark.parametrize("name", schema.NETWORK_TABLES)
def test_schemas_are_complete(name):
    """Keys are columns, references lead somewhere, every attribute is described twice."""
    table = schema.table(name)
    assert table.name == name
    assert set(table.key) <= set(table.columns)
    for attribute in table.attributes:
        assert attribute.description
        assert attribute.title_zh
        assert attribute.type in ("text", "number", "whole", "boolean")
        if attribute.references:
            target, at = attribute.references.split(".")
            assert schema.table(target).key == (at,)
