"""The command line: every command, every exit code, and what goes to which stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sampan import read_plan, schema, write_network
from sampan.network import Network
from sampan.testing import two_hospitals
from tests.engine.command_line import as_json, in_process, in_subprocess


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Two hospitals, in a folder whose name is not plain ASCII and has a space."""
    folder = tmp_path / "两家 医院"
    write_network(two_hospitals(), folder)
    return folder


@pytest.fixture
def plan(network: Path, capsys: Any) -> Path:
    """The folder of its plan."""
    folder = network.parent / "方案"
    assert in_process(capsys, "solve", network, "--out", folder)[0] == 0
    return folder


def _chinese() -> Network:
    base = two_hospitals()
    names = {"warehouse": "武汉仓库", "north": "第一医院", "south": "第二医院"}
    sites = base.table("sites").with_columns(name=pl.col("site").replace(names))
    mask = pl.DataFrame({"resource": ["mask"], "name": ["医用口罩"], "unit": ["只"]})
    return base.replace(sites=sites.select("site", "name"), resources=mask)


def test_check_of_a_good_network(network: Path, capsys: Any) -> None:
    """Nothing wrong: exit code 0, and it says so."""
    code, out, err = in_process(capsys, "check", network)
    assert (code, err) == (0, "")
    assert "0 errors, 0 warnings" in out


def test_check_lists_everything_by_table(tmp_path: Path, capsys: Any) -> None:
    """Two mistakes in two tables: both named with place, value and advice; exit code 2."""
    lanes = two_hospitals().table("lanes").with_columns(destination=pl.lit("S99"))
    bad = two_hospitals().replace(lanes=lanes.select("lane", "origin", "destination"))
    write_network(bad, tmp_path / "n")
    demands = (tmp_path / "n" / "demands.csv").read_text().replace("10", "-3")
    (tmp_path / "n" / "demands.csv").write_text(demands)
    code, out, _ = in_process(capsys, "check", tmp_path / "n")
    assert code == 2
    assert out.index("lanes (2)") < out.index("demands (2)")
    for word in ("'S99' is not in sites", "row 2, column destination", "-3", "4 errors"):
        assert word in out
    code, document = as_json(capsys, "check", tmp_path / "n")
    assert (code, document["errors"], len(document["problems"])) == (2, 4, 4)
    assert {"table", "row", "column", "value", "message", "hint"} <= set(document["problems"][0])
    code, document = as_json(capsys, "solve", tmp_path / "n")
    assert (code, document["kind"], len(document["problems"])) == (2, "InputError", 4)


def test_warnings_leave_the_exit_code_alone(tmp_path: Path, capsys: Any) -> None:
    """A demand that no lane can reach is a warning: named by check and by solve, both 0."""
    sites = pl.DataFrame({"site": ["warehouse", "north", "south", "island"]})
    demands = two_hospitals().table("demands").select("demand", "site", "resource", "period",
                                                      "quantity")  # fmt: skip
    island = demands.head(1).with_columns(demand=pl.lit("I"), site=pl.lit("island"))
    far = two_hospitals().replace(sites=sites, demands=pl.concat([demands, island]))
    write_network(far, tmp_path / "n")
    code, out, _ = in_process(capsys, "check", tmp_path / "n")
    assert code == 0
    assert "0 errors, 1 warning" in out
    code, out, _ = in_process(capsys, "solve", tmp_path / "n", "--quiet")
    assert code == 0
    assert "Warnings of the check (1)" in out


def test_solve_prints_what_a_coordinator_asks(network: Path, capsys: Any) -> None:
    """How it ended, how good it is, what is short and where, what to ship today."""
    code, out, _ = in_process(capsys, "solve", network)
    assert code == 0
    for words in ("Solved to the end", "Proven: no plan is better", "50.0 %",
                  "What to ship today, 2020-02-10", "warehouse"):  # fmt: skip
        assert words in out


def test_solve_as_json_has_the_summary_and_every_frame(network: Path, capsys: Any) -> None:
    """One document: `summary` and a list of rows for each frame, and nothing else."""
    code, document = as_json(capsys, "solve", network)
    assert code == 0
    assert set(document) == {"summary", *schema.PLAN_FRAMES}
    assert document["summary"]["status"] == "optimal"
    assert [row["quantity"] for row in document["shortages"]] == pytest.approx([5.0, 5.0])
    for name in schema.PLAN_FRAMES:
        columns = set(schema.plan_frame(name).columns)
        assert all(set(row) == columns for row in document[name])


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_out_writes_what_verify_reads(network: Path, capsys: Any, form: str) -> None:
    """The folder has plan.toml and one file a frame, and its plan is valid."""
    folder = network.parent / "plan"
    code, out, _ = in_process(capsys, "solve", network, "--out", folder, "--format", form)
    assert code == 0
    assert str(folder) in out.replace("\n", "")
    wanted = {"plan.toml", *(f"{name}.{form}" for name in schema.PLAN_FRAMES)}
    assert {path.name for path in folder.iterdir()} == wanted
    code, out, _ = in_process(capsys, "verify", network, folder)
    assert code == 0
    assert "Valid" in out


def test_out_refuses_other_things_before_solving(network: Path, capsys: Any) -> None:
    """A folder with somebody's notes, or the network itself, is left alone; nothing is solved."""
    other = network.parent / "mine"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    for place in (other, network, other / "notes.txt", other / "notes.txt" / "below"):
        code, out, err = in_process(capsys, "solve", network, "--out", place)
        assert (code, out) == (2, "")
        assert str(place.resolve()) in err
    assert [path.name for path in other.iterdir()] == ["notes.txt"]


def test_set_changes_cells_and_is_recorded(network: Path, capsys: Any) -> None:
    """Several --set take effect, stand in plan.toml, and verify reminds of them."""
    sets = ["--set", "stocks.warehouse,mask.quantity=12", "--set", "demands.N.quantity=4"]
    folder = network.parent / "plan"
    code, document = as_json(capsys, "solve", network, *sets, "--out", folder)
    assert code == 0
    assert sum(row["quantity"] for row in document["shortages"]) == pytest.approx(2.0)
    assert read_plan(folder).summary["overrides"] == sets[1::2]
    assert in_process(capsys, "verify", network, folder, *sets)[0] == 0
    code, out, err = in_process(capsys, "verify", network, folder)
    assert code == 1
    assert "Invalid" in out
    assert "demands.N.quantity=4" in err


def test_verify_finds_a_changed_plan(network: Path, plan: Path, capsys: Any) -> None:
    """One unit more in a file of the plan: exit code 1, in words and as JSON."""
    assert as_json(capsys, "verify", network, plan)[1]["valid"] is True
    path = plan / "shipments.csv"
    path.write_text(path.read_text().replace(",5", ",6", 1))
    code, out, _ = in_process(capsys, "verify", network, plan)
    assert code == 1
    assert "Invalid" in out
    code, document = as_json(capsys, "verify", network, plan)
    assert (code, document["valid"]) == (1, False)
    assert document["violations"][0]["message"]


def test_contradiction_is_a_finding(tmp_path: Path, capsys: Any) -> None:
    """Hard rules that exclude each other: exit code 1, the rules in the tables' own words."""
    reserve = pl.DataFrame(
        {"reserve": ["R1"], "site": ["warehouse"], "resource": ["mask"], "quantity_min": [11],
         "hard": [True]}
    )  # fmt: skip
    write_network(two_hospitals().replace(reserves=reserve), tmp_path / "n")
    code, out, err = in_process(capsys, "solve", tmp_path / "n", "--quiet")
    assert (code, out) == (1, "")
    assert "R1" in err
    code, document = as_json(capsys, "solve", tmp_path / "n")
    assert (code, document["kind"]) == (1, "ContradictionError")
    assert "reserves" in [rule["table"] for rule in document["rules"]]


def test_an_unknown_option_points_to_its_command(network: Path, capsys: Any) -> None:
    """The advice names the help that lists the options, not that of `sampan` itself."""
    code, out, err = in_process(capsys, "solve", network, "--fast")
    assert (code, out) == (2, "")
    assert "--fast" in err
    assert "`sampan solve --help`" in err


def test_explain(network: Path, plan: Path, capsys: Any) -> None:
    """Why a shortage, why a shipment, and what limits the plan; in words and as JSON."""
    for question in (["--demand", "N"], ["--shipment", "1"], ["--bottlenecks"], []):
        code, out, _ = in_process(capsys, "explain", network, plan, *question)
        assert code == 0
        assert out.strip()
        code, document = as_json(capsys, "explain", network, plan, *question)
        assert code == 0
        assert document["headline"]
    code, out, _ = in_process(capsys, "explain", network, plan, "--demand", "N", "--language", "zh")
    assert code == 0
    assert "优先级" in out
    code, _, err = in_process(capsys, "explain", network, plan, "--demand", "nobody")
    assert code == 2
    assert "nobody" in err


def test_schema_lists_and_describes(capsys: Any) -> None:
    """Every table is listed; one is described, a plan's frame by `plan.`; a typo gets a hint."""
    code, out, _ = in_process(capsys, "schema")
    assert code == 0
    assert all(name in out for name in (*schema.NETWORK_TABLES, *schema.PLAN_FRAMES))
    code, out, _ = in_process(capsys, "schema", "lanes")
    assert code == 0
    assert all(name in out for name in schema.table("lanes").columns)
    assert "late_periods" in in_process(capsys, "schema", "plan.deliveries")[1]
    code, document = as_json(capsys, "schema", "stocks")
    assert [item["name"] for item in document["attributes"]] == list(schema.table("stocks").columns)
    assert as_json(capsys, "schema")[1]["network"][0]["name"] == "sites"
    sites = as_json(capsys, "schema", "sites")[1]["attributes"]
    assert {item["name"]: item["default"] for item in sites}["storage_m3_max"] == "unlimited"
    code, out, err = in_process(capsys, "schema", "lanez")
    assert (code, out) == (2, "")
    assert "Did you mean lanes?" in err


def test_template(tmp_path: Path, capsys: Any) -> None:
    """It writes a workbook, and replaces one only if that is asked for."""
    path = tmp_path / "空白.xlsx"
    assert in_process(capsys, "template", path)[0] == 0
    assert path.is_file()
    assert in_process(capsys, "template", path)[0] == 2
    assert as_json(capsys, "template", path, "--overwrite") == (0, {"path": str(path)})


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["slove", "n"],
        ["solve"],
        ["solve", "missing"],
        ["solve", "NETWORK", "--time-limit", "-1"],
        ["solve", "NETWORK", "--time-limit", "soon"],
        ["solve", "NETWORK", "--gap", "nan"],
        ["solve", "NETWORK", "--threads", "1.5"],
        ["solve", "NETWORK", "--format", "odt"],
        ["solve", "NETWORK", "--set", "nonsense"],
        ["solve", "NETWORK", "--set", "demands.X.quantity=1"],
        ["solve", "NETWORK", "--set", "demands.N.quantity=many"],
        ["solve", "NETWORK", "--unknown"],
        ["solve", "NETWORK/demands.csv"],
        ["verify", "NETWORK"],
        ["verify", "NETWORK", "NETWORK"],
        ["verify", "NETWORK", "missing"],
        ["show", "missing"],
        ["explain", "NETWORK", "missing"],
        ["explain", "NETWORK", "PLAN", "--demand", "N", "--bottlenecks"],
        ["schema", "nothing"],
        ["template", "plain.txt"],
    ],
)
def test_bad_input(network: Path, plan: Path, capsys: Any, words: list[str]) -> None:
    """Exit code 2, one message on standard error, and with --json one object with `error`."""
    put = {"NETWORK": str(network), "PLAN": str(plan)}
    given = [put.get(word, word.replace("NETWORK/", f"{network}/")) for word in words]
    code, out, err = in_process(capsys, *given)
    assert (code, out) == (2, "")
    assert err.startswith("sampan: ")
    code, document = as_json(capsys, *given)
    assert code == 2
    assert document["error"]


def test_plan_of_another_network(network: Path, plan: Path, capsys: Any) -> None:
    """It is not shown as if it were of this one: 2 for show, 1 for verify."""
    renamed = two_hospitals().table("demands").with_columns(demand=pl.Series(["X", "Y"]))
    other = network.parent / "other"
    write_network(two_hospitals().replace(demands=renamed), other)
    code, out, err = in_process(capsys, "show", other, plan)
    assert (code, out) == (2, "")
    assert "another network" in err
    assert in_process(capsys, "verify", other, plan)[0] == 1


def test_help_and_version_are_fine(capsys: Any) -> None:
    """Both print to standard output and end with 0."""
    code, out, _ = in_process(capsys, "--help")
    assert code == 0
    assert all(name in out for name in ("check", "solve", "verify", "explain", "show", "schema"))
    assert in_process(capsys, "solve", "--help")[0] == 0
    assert in_process(capsys, "--version")[1].startswith("sampan ")


def test_chinese_names_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Names and path in Chinese come out as they are, also as JSON; tables align by cells."""
    from rich.cells import cell_len

    folder = tmp_path / "网络"
    write_network(_chinese(), folder)
    done = in_subprocess("solve", folder, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line for line in done.stdout.splitlines() if "武汉仓库" in line]
    assert len(rows) == 2
    assert len({cell_len(line.split("2020-")[0]) for line in rows}) == 1
    assert "\x1b" not in done.stdout
    assert max(map(cell_len, done.stdout.splitlines())) <= 80
