"""The example networks: sound tables, sources named, and made again from what lies beside them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

import sampan
from sampan import schema

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/network.toml"))
HUBEI = EXAMPLES / "hubei-2020-02"
KINDS = {"good", "service", "equipment"}
PROTECTIVE = ("protective_suit", "respirator_n95", "gown")


@pytest.fixture(scope="module", params=NAMES)
def example(request: pytest.FixtureRequest) -> Path:
    """The folder of each example."""
    return EXAMPLES / str(request.param)


@pytest.fixture(scope="module")
def hubei() -> sampan.Network:
    """The Hubei example, read once."""
    return sampan.read_network(HUBEI)


def _load(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A script of an example, imported as if it had been started in its folder."""
    import importlib

    monkeypatch.syspath_prepend(str(folder))
    for module in ("make", "supply", "ways", "assumptions", "_make", "_make.figures"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    return importlib.import_module(name)


def test_the_three_examples_are_there() -> None:
    """A folder that lost its settings would drop out of every other test here."""
    assert {"tiny", "hubei-2020-02", "asean-2020-04"} <= set(NAMES)


def test_examples_have_no_errors(example: Path) -> None:
    """Whoever tries an example first sees no fault in it: keys, references, units, periods."""
    errors = [p for p in sampan.check(sampan.read_network(example)) if p.severity == "error"]
    assert errors == []


def test_examples_say_where_their_figures_are_from(example: Path) -> None:
    """Settings and README name sources and mark assumptions; the README has a Chinese title."""
    source = tomllib.loads((example / "network.toml").read_text(encoding="utf-8"))["source"]
    readme = (example / "README.md").read_text(encoding="utf-8")
    assert "assum" in source.lower()
    assert "assumption" in readme.lower()
    title = readme.split("\n\n")[1]
    assert any("一" <= letter <= "鿿" for letter in title)


def test_tables_hold_no_column_twice_and_only_known_ones(example: Path) -> None:
    """Files follow the schema, key columns first, in its order."""
    for path in example.glob("*.csv"):
        columns = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        known = schema.table(path.stem).columns
        assert columns == [name for name in known if name in columns], path.name


def test_hubei_holds_what_the_issue_of_that_spring_was(hubei: sampan.Network) -> None:
    """At least twelve items of all three kinds, materials, modes, policies and shared limits."""
    resources = hubei.table("resources")
    assert len(resources) >= 14
    assert set(resources["kind"]) == KINDS
    equipment = resources.filter(kind="equipment")["resource"]
    assert set(equipment) == {"ventilator", "medical_team"}
    assert {"road", "rail", "air"} <= set(hubei.table("lanes")["mode"])
    assert set(hubei.table("demands")["priority"]) == {1, 2, 3}
    assert set(hubei.table("commitments")["firm"]) == {True, False}
    for name in ("substitutes", "reserves", "arrivals", "capacities", "profiles"):
        assert len(hubei.table(name)) > 0, name


def test_hubei_stays_a_linear_program(hubei: sampan.Network) -> None:
    """Whole vehicles, lots or runs would change what the example proves, and how fast."""
    lanes, on_lanes = hubei.table("lanes"), hubei.table("lane_resources")
    whole = [lanes[name].null_count() for name in ("vehicle_kg", "vehicle_m3", "cost_per_vehicle")]
    assert whole == [len(lanes)] * 3
    assert on_lanes["lot_size"].null_count() == len(on_lanes)
    assert not hubei.table("processes")["runs_whole"].any()


def test_hubei_masks_take_a_tonne_of_meltblown_a_million(hubei: sampan.Network) -> None:
    """The one published figure of the bill of materials is in every mask line."""
    flows = hubei.table("process_flows")
    masks = flows.filter(pl.col("process").str.ends_with(":mask_medical"))
    sums = masks.group_by("process").agg(
        pl.col("quantity_per_run").filter(pl.col("resource") == "meltblown").sum().alias("tonnes"),
        pl.col("quantity_per_run")
        .filter(pl.col("resource") == "mask_medical")
        .sum()
        .alias("masks"),
    )
    assert len(sums) > 10
    assert (sums["masks"] / -sums["tonnes"]).round(6).unique().to_list() == [1_000_000]


def test_hubei_forecast_uses_nothing_after_the_as_of_date() -> None:
    """Reported counts end on 2020-02-10, before Hubei counted otherwise."""
    cases = pl.read_csv(HUBEI / "sources" / "cases_and_forecast.csv", try_parse_dates=True)
    reported = cases.filter("reported")
    assert str(reported["date"].max()) == "2020-02-10"
    assert str(cases.filter(~pl.col("reported"))["date"].min()) == "2020-02-11"
    wuhan = reported.filter(place="wuhan").sort("date")["confirmed"].to_list()
    assert wuhan[-1] == 16_902


def test_hubei_demands_follow_from_the_forecast_beside_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The largest table is made again, byte for byte, without the folder of figures."""
    make = _load(HUBEI, "make", monkeypatch)
    cases = pl.read_csv(HUBEI / "sources" / "cases_and_forecast.csv", try_parse_dates=True)
    tables = make.Tables()
    tables.add_frame("demands", make.demands(cases))
    tables.write(tmp_path)
    assert (tmp_path / "demands.csv").read_bytes() == (HUBEI / "demands.csv").read_bytes()


def test_hubei_own_coefficients_are_marked_as_assumptions() -> None:
    """Nothing of the example's own passes for a figure of the WHO."""
    own = pl.read_csv(HUBEI / "sources" / "own_coefficients.csv")
    assert own["assumption"].all()
    assert own["source"].str.contains("assumption").all()
    assert own["note"].null_count() == 0


def test_hubei_script_asks_for_the_figures() -> None:
    """Started without a folder, the script says how to start it."""
    done = subprocess.run(
        [sys.executable, str(HUBEI / "make.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "folder of figures" in done.stderr


def _short(plan: sampan.Plan, network: sampan.Network) -> pl.DataFrame:
    demands = network.table("demands")
    wanted: Any = demands.join(
        plan.shortages.rename({"quantity": "short"}), on="demand", how="left"
    ).with_columns(pl.col("short").fill_null(0.0))
    return wanted.group_by("priority", "resource").agg(
        (pl.col("short").sum() / pl.col("quantity").sum()).alias("share")
    )


def test_tiny_is_what_its_readme_works_out_by_hand() -> None:
    """Every value of the README's seven steps, and a plan that verifies."""
    network = sampan.read_network(EXAMPLES / "tiny")
    plan = sampan.solve(network)
    values = {(row["stage"], row["part"]): row["value"] for row in plan.stages.to_dicts()}
    expected = {
        ("shortage", "1"): 0,
        ("shortage", "2"): 50 / 60,
        ("fairness", "1:1"): 1,
        ("fairness", "2:1"): 1 / 6,
        ("lateness", "1"): 0.5,
        ("lateness", "2"): 0,
        ("policy", "all"): 4,
        ("cost", "all"): 377,
        ("changes", "all"): 1,
    }
    assert values == pytest.approx(expected, abs=1e-9)
    assert sampan.verify(network, plan).valid


def test_hubei_is_scarce_where_a_coordinator_would_expect_it(hubei: sampan.Network) -> None:
    """Urgent protection is met in full; suits of wards, masks and ventilators are short."""
    stages = sampan.Objective(stages=("shortage",))
    plan = sampan.solve(hubei.replace(objective=stages))
    rows = _short(plan, hubei).iter_rows(named=True)
    share = {(row["priority"], row["resource"]): row["share"] for row in rows}
    assert all(share[1, item] == pytest.approx(0, abs=1e-9) for item in PROTECTIVE)
    assert 0.005 < share[1, "ventilator"] < 0.2
    assert 0.02 < share[2, "protective_suit"] < 0.3
    assert 0.02 < share[2, "lab_test"] < 0.3
    assert 0.2 < share[3, "mask_medical"] < 0.5
