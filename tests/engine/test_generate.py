"""The generator of benchmark networks: valid, reproducible, of the size asked for."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.append(str(BENCHMARKS))  # they are scripts, not a package

from generate import Options, count_columns, generate, main, network, read, write  # noqa: E402

from sampan.model import build, objective  # noqa: E402
from sampan.network import STAGES, Network, Objective  # noqa: E402
from sampan.solvers.control import Control  # noqa: E402
from sampan.solvers.highs import Session  # noqa: E402

SMALL = Options(columns=3_000, resources=4, periods=6)
KINDS = {
    "tight": SMALL,
    "loose": replace(SMALL, tight=False),
    "bom": replace(SMALL, bom=True),
    "capacities": replace(SMALL, bom=True, shared_capacities=True),
    "perishable": replace(SMALL, shelf_life=2),
    "equipment": replace(SMALL, equipment=2),
    "all": replace(SMALL, bom=True, shared_capacities=True, shelf_life=2, equipment=1),
}


def share_short(made: Network) -> float:
    """The share of all demanded units that the best plan by `total` leaves short."""
    model = build(made)
    costs = objective.total(model.numbers, model.layers, model.columns)
    session = Session(
        model.matrix, model.row_lower, model.row_upper, model.upper, model.whole, model.scale,
        Control(), threads=1,
    )  # fmt: skip
    solved = session.minimise(costs.dense(model.columns.count))
    assert solved.status == "optimal"
    return float(model.columns.shortages.of(solved.x).sum() / made.demands["quantity"].sum())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_valid_network(kind: str) -> None:
    """No cell is wrong and every reference is known, whatever is switched on."""
    made = network(KINDS[kind])
    assert made.problems == ()
    assert made.demands["quantity"].sum() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_near_those_asked_for(kind: str) -> None:
    """The size search ends within one hospital of the columns asked for, or a tenth."""
    made = network(KINDS[kind])
    hospitals = made.sites.filter(pl.col("kind") == "hospital").height
    asked = KINDS[kind].columns
    assert abs(count_columns(made) - asked) <= max(asked / hospitals, 0.1 * asked)


def test_larger_networks_come_nearer() -> None:
    """Beyond the pilots' size, where the count is extrapolated, it is within a few per cent."""
    options = Options(columns=600_000, resources=10, periods=7)
    assert count_columns(network(options)) == pytest.approx(options.columns, rel=0.05)


def test_the_switches_bring_what_they_name() -> None:
    """Each option adds its part of a network, and leaves it out when it is off."""
    plain, full = network(KINDS["tight"]), network(KINDS["all"])
    assert (plain.process_flows["quantity_per_run"] > 0).all()
    assert (full.process_flows["quantity_per_run"] < 0).any()
    assert plain.capacities.is_empty()
    assert set(full.capacity_loads["per"]) == {"run", "m3"}
    assert plain.resources["shelf_life_periods"].null_count() == plain.resources.height
    assert 2 in full.resources["shelf_life_periods"]
    assert full.stocks["expires_period"].max() <= 2
    assert (full.resources["kind"] == "equipment").sum() == 1
    assert set(plain.demands["priority"]) == {1, 2, 3}
    assert plain.lanes["volume_m3_max"].is_finite().all()


def test_the_seed_decides_everything() -> None:
    """The same seed gives the same tables; another seed gives others."""
    one, again = generate(KINDS["all"]), generate(KINDS["all"])
    other = generate(replace(KINDS["all"], seed=1))
    assert one.settings == again.settings
    assert one.tables.keys() == again.tables.keys()
    for name, frame in one.tables.items():
        assert_frame_equal(frame, again.tables[name])
    assert not one.tables["demands"].equals(other.tables["demands"])


def test_tight_networks_are_short_and_loose_ones_are_not() -> None:
    """Tight lanes and supply leave demand unmet even in the best plan; loose ones do not."""
    assert share_short(network(KINDS["tight"])) > 0.05
    assert share_short(network(KINDS["loose"])) < 0.001


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_written_folder_holds_the_same_network(form: str, tmp_path: Path) -> None:
    """Tables and settings survive the way through a folder."""
    made = generate(KINDS["all"])
    write(made, tmp_path, form)
    if form == "parquet":
        back = read(tmp_path).network()
    else:
        settings = tomllib.loads((tmp_path / "network.toml").read_text("utf-8"))
        settings["objective"]["stages"] = tuple(settings["objective"]["stages"])
        settings["objective"] = Objective(**settings["objective"])
        tables = {p.stem: pl.read_csv(p, infer_schema=False) for p in tmp_path.glob("*.csv")}
        back = Network.from_frames(tables, **settings)
    assert back.problems == ()
    straight = made.network()
    assert (back.calendar, back.objective) == (straight.calendar, straight.objective)
    assert back.tables.keys() == straight.tables.keys()
    for name, frame in straight.tables.items():
        assert_frame_equal(back.tables[name], frame)


def test_the_command_line_writes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """The script's options reach the network, and it says what it wrote."""
    wanted = ["--columns", "2000", "--resources", "3", "--periods", "5", "--loose", "--bom"]
    assert main([str(tmp_path / "made"), *wanted, "--stages", "all", "--format", "parquet"]) == 0
    made = read(tmp_path / "made").network()
    assert made.periods == 5
    assert made.objective.stages == STAGES
    assert f"{made.demands.height} demands" in capsys.readouterr().out


def test_too_few_columns_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """A size that cannot be reached is an error that says what to change."""
    assert main([str(tmp_path / "made"), "--columns", "10"]) == 2
    assert "ask for more columns" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
