"""The pages for people: what they say, how they read, and the numbers behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len

from sampan.network import Calendar, Network
from sampan.show import network_facts, print_plan_summary
from sampan.show.facts import (
    expired,
    fill_rates,
    ship_first,
    short_by_item,
    unmet_over_time,
    wanted_rows,
)
from sampan.show.layout import fitted
from sampan.show.numbers import bar, quantity, share, when
from sampan.show.report import alike
from sampan.show.stages import proof, stage_rows, verdict
from sampan.solve import solve
from sampan.testing import assert_plan_valid, two_hospitals
from sampan.write import write_network, write_plan
from tests.engine.command_line import as_json, in_process


@pytest.fixture
def network() -> Network:
    """Two items in different units at two hospitals; the north wants gloves as well."""
    base = two_hospitals()
    demands = pl.DataFrame(
        {
            "demand": ["N", "S", "G"],
            "site": ["north", "south", "north"],
            "resource": ["mask", "mask", "glove"],
            "period": [1, 1, 2],
            "quantity": [10.0, 10.0, 4.0],
            "priority": [1, 1, 2],
        }
    )
    resources = pl.DataFrame(
        {"resource": ["mask", "glove"], "name": ["医用口罩", None], "unit": ["piece", "tonne"]}
    )
    stocks = pl.DataFrame(
        {"site": ["warehouse"] * 2, "resource": ["mask", "glove"], "quantity": [10.0, 1.0]}
    )
    return base.replace(demands=demands, resources=resources, stocks=stocks)


def test_facts_of_a_hand_solved_plan(network: Network) -> None:
    """Half the masks and three quarters of the gloves are short; items are never added up."""
    plan = solve(network)
    assert_plan_valid(network, plan)
    wanted = wanted_rows(network, plan)
    items = short_by_item(network, wanted)
    assert [(row["item"], row["short"], row["share"], row["first"]) for row in items] == [
        ("医用口罩", pytest.approx(10.0), pytest.approx(0.5), "2020-02-11"),
        ("glove", pytest.approx(3.0), pytest.approx(0.75), "2020-02-12"),
    ]
    rates = [(row["priority"], row["group"], row["fill_rate"]) for row in fill_rates(wanted)]
    by_group = [rate[:2] for rate in rates]
    assert by_group == [(1, "north"), (1, "south"), (2, "north")]
    assert [rate[2] for rate in rates] == pytest.approx([0.5, 0.5, 0.25])
    over_time = [(row["date"], row["unmet"]) for row in unmet_over_time(network, wanted)]
    assert dict(over_time) == pytest.approx({"2020-02-11": 0.5, "2020-02-12": 0.75})


def test_what_to_ship_first(network: Network) -> None:
    """The first period with shipments, each with its places, arrival and quantity."""
    first = ship_first(network, solve(network))
    assert (first["period"], first["date"]) == (0, "2020-02-10")
    masks = {row["to"]: row["quantity"] for row in first["shipments"] if row["unit"] == "piece"}
    assert masks == pytest.approx({"north": 5.0, "south": 5.0})
    assert {row["arrives"] for row in first["shipments"]} == {"2020-02-11"}


def test_stages_in_plain_words(network: Network) -> None:
    """Shortage as a share of the class, proven best; fairness's rounds in one row."""
    plan = solve(network)
    rows = {(row["stage"], row["priority"]): row for row in stage_rows(network, plan)}
    assert rows["shortage", "1"]["says"] == "50.0 %"
    assert rows["shortage", "2"]["says"] == "75.0 %"
    assert rows["fairness", "2"]["says"] == "25.0 %"
    assert {row["proof"] for row in rows.values()} == {"proven best"}
    text = "Proven: no plan is better, taking the objectives in their order."
    assert verdict(network, plan) == text


def test_an_unproven_plan_does_not_claim_to_be_proven(network: Network) -> None:
    """A stage with a gap is named, with the gap, or as unknown where the gap says nothing."""
    plan = solve(network)
    at = (pl.col("stage") == "shortage") & (pl.col("part") == "2")
    for gap, words in ((0.25, "improved, by 25.0 % at most"), (1e9, "by how much, is not known")):
        stages = plan.stages.with_columns(gap=pl.when(at).then(gap).otherwise("gap"))
        text = verdict(network, plan.replace(stages=stages))
        assert text.startswith("Proven: on the first 1 of ")
        assert "The next, shortage 2 (unmet), might be " in text
        assert words in text
    assert [proof(0.0), proof(0.25), proof(1e9)] == ["proven best", "within 25.0 %", "not proven"]


def test_a_last_objective_with_a_gap_is_told_plainly(network: Network) -> None:
    """Everything but the changes is proven; they are 5, and no plan gets below 4."""
    plan = solve(network)
    last = plan.stages.tail(1).with_columns(
        stage=pl.lit("changes"), part=pl.lit("all"), value=5.0, bound=4.0, gap=0.2
    )
    text = verdict(network, plan.replace(stages=plan.stages[:-1].vstack(last)))
    assert text.startswith("Proven: on the first ")
    assert text.endswith(
        "Only the last, changes (orders changed), might be improved, from 5 to 4 at most."
    )


def test_nothing_short_and_nothing_sent(network: Network, capsys: Any) -> None:
    """A network that wants nothing says so, and shows no empty tables."""
    empty = network.replace(demands=None, lanes=None)
    print_plan_summary(empty, solve(empty), ())
    out = capsys.readouterr().out
    assert "Nothing is wanted." in out
    assert "Nothing is sent." in out


def test_the_long_page(network: Network, tmp_path: Path, capsys: Any) -> None:
    """Every part is there, 100 columns hold it, and without a terminal there are no colours."""
    write_network(network, tmp_path / "n")
    write_plan(solve(network), tmp_path / "p")
    code, out, err = in_process(capsys, "show", tmp_path / "n", tmp_path / "p")
    assert (code, err) == (0, "")
    for words in ("What is short", "Where", "Why", "What to ship today", "How much is met",
                  "Unmet, by the date", "How good it is", "医用口罩"):  # fmt: skip
        assert words in out
    assert "\x1b" not in out
    assert max(map(cell_len, out.splitlines())) <= 100
    code, document = as_json(capsys, "show", tmp_path / "n", tmp_path / "p")
    assert code == 0
    assert [row["short"] for row in document["short"]] == pytest.approx([10.0, 3.0])
    assert document["bottlenecks"]["headline"]


def test_the_page_of_a_network(network: Network, tmp_path: Path, capsys: Any) -> None:
    """Before it is solved: items with stock and demand, sites, lanes, and when it is wanted."""
    items = {row["resource"]: row for row in network_facts(network)["items"]}
    assert (items["mask"]["stock"], items["mask"]["wanted"]) == (10.0, 20.0)
    assert items["glove"]["most_urgent"] == 0.0
    write_network(network, tmp_path / "n")
    code, out, _ = in_process(capsys, "show", tmp_path / "n", "--rows", "1")
    assert code == 0
    for words in ("Items", "… and 1 more items", "Lanes", "lead time 1 day", "2020-02-11"):
        assert words in out
    assert as_json(capsys, "show", tmp_path / "n")[1]["tables"]["demands"] == 3


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_width_breaks_words(
    network: Network, width: int, tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    """On a narrow page a table becomes a list; figures, dates and words are never cut."""
    sites = network.table("sites").with_columns(
        name=pl.lit("Universitaetskrankenhaus ") + pl.col("site")
    )
    named = network.replace(sites=sites)
    write_network(named, tmp_path / "n")
    write_plan(solve(named), tmp_path / "p")
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, _ = in_process(capsys, "show", tmp_path / "n", tmp_path / "p")
    assert code == 0
    assert max(map(cell_len, out.splitlines())) <= width
    sent = out[out.index("What to ship today") : out.index("How much is met")]
    for words in ("Universitaetskrankenhaus", "2020-02-11", "quantity", "piece"):
        assert words in sent


def test_what_fits_a_width() -> None:
    """The widest column gives way first, none below what it needs; too little room is said."""
    assert fitted([20, 10, 6], [5, 5, 6], 36) == [20, 10, 6]
    assert fitted([20, 10, 6], [5, 5, 6], 17) == [5, 6, 6]
    assert fitted([20, 10, 6], [5, 5, 6], 15) is None
    assert fitted([], [], 0) == []


def test_groups_alike_share_a_line(network: Network, capsys: Any) -> None:
    """Where the same is to be said of many groups, it is said once."""
    groups = [
        {"priority": 1, "group": name, "fill_rate": 0.5, "lowest": 0.25, "lowest_item": "mask"}
        for name in "abcde"
    ]
    full = {"priority": 1, "group": "f", "fill_rate": 1.0, "lowest": 1.0, "lowest_item": "mask"}
    lines = [(label, more) for label, _, more in alike([*groups, full])]
    assert lines == [("a, b and 3 more", "least: mask 25.0 %"), ("f", "all in full")]


def test_what_rounding_leaves_does_not_expire(network: Network) -> None:
    """A millionth of a piece that expires is no news; a piece is."""
    plan = solve(network)
    rows = {"site": ["north"] * 2, "resource": ["mask", "glove"], "quantity": [1e-7, 1.0]}
    lots = plan.expiries.clear()
    blank = lots.drop(*rows).clear(2)
    expiries = pl.DataFrame(rows).hstack(blank).select(lots.columns)
    assert [row["item"] for row in expired(network, plan.replace(expiries=expiries))] == ["glove"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (2e30, "2e+30"),
        (1234567.4, "1,234,567"),
        (999.5, "999.5"),
        (0.125, "0.125"),
        (12.0, "12"),
    ],
)
def test_quantities(value: float, text: str) -> None:
    """Thousands are set apart, small numbers keep what matters."""
    assert quantity(value) == text


def test_shares_never_round_to_all_or_nothing() -> None:
    """A share that is not quite 0 or 1 does not read as if it were."""
    assert [share(value) for value in (0, 1e-4, 0.123, 0.99999, 1)] == [
        "0.0 %", "under 0.1 %", "12.3 %", "over 99.9 %", "100.0 %",
    ]  # fmt: skip


def test_dates_of_periods() -> None:
    """Days and weeks by their date, hours with the time."""
    from datetime import date

    start = date(2020, 2, 10)
    assert when(Calendar(start, 9, "day"), 3) == "2020-02-13"
    assert when(Calendar(start, 9, "week"), 1) == "2020-02-17"
    assert when(Calendar(start, 9, "hour"), 5) == "2020-02-10 05:00"


def test_bars() -> None:
    """Full, empty and out of range; in ASCII where that is all there is."""
    assert [bar(value, 2) for value in (0, 0.5, 1, 7, -1)] == ["", "█", "██", "██", ""]
    assert bar(1, 3, ascii_only=True) == "###"
