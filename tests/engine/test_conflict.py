"""Hard rules that contradict each other: the smallest set of them, and that none can be spared."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from sampan import ContradictionError, Network, solve
from sampan.check.chinese import error_in_chinese

Change = Callable[[Network], Network]


def _network(**tables: dict[str, list[Any]]) -> Network:
    """W in CN with masks, hub V and hospital H in CN, I in IT; lanes W→V→H and W→I."""
    base: dict[str, dict[str, list[Any]]] = {
        "sites": {"site": ["W", "V", "H", "I"], "country": ["CN", "CN", "CN", "IT"]},
        "resources": {
            "resource": ["mask", "cloth"],
            "unit": ["piece", "m"],
            "mass_kg": [1.0, 1.0],
            "volume_m3": [1.0, 1.0],
        },
        "lanes": {
            "lane": ["WV", "VH", "WI"],
            "origin": ["W", "V", "W"],
            "destination": ["V", "H", "I"],
            "lead_time_periods": [1, 1, 1],
        },
        "stocks": {"site": ["W"], "resource": ["mask"], "quantity": [100.0]},
    }
    return Network.from_frames({**base, **tables}, start=date(2020, 2, 10), periods=5)


def _without(table: str, **columns: Any) -> Change:
    """Drop the rows with these values."""

    def change(network: Network) -> Network:
        frame = network.table(table)
        mask = pl.all_horizontal(pl.col(name) == value for name, value in columns.items())
        return network.replace(**{table: frame.filter(~mask)})

    return change


def _set(table: str, column: str, value: Any) -> Change:
    return lambda network: network.replace(
        **{table: network.table(table).with_columns(pl.lit(value).alias(column))}
    )


def _more(resource: str, site: str) -> Change:
    """Plenty of a resource at a site."""

    def change(network: Network) -> Network:
        more = pl.DataFrame({"site": [site], "resource": [resource], "quantity": [1e6]})
        stocks = network.table("stocks").filter(
            (pl.col("site") != site) | (pl.col("resource") != resource)
        )
        return network.replace(stocks=pl.concat([stocks, more], how="diagonal"))

    return change


COMMITTED = {
    "commitment": ["C1"],
    "lane": ["WV"],
    "resource": ["mask"],
    "period": [2],
    "quantity": [60.0],
    "firm": [True],
}
PLEDGED = {
    "pledge": ["P1"],
    "country": ["CN"],
    "recipient_country": ["IT"],
    "resource": ["mask"],
    "quantity": [60.0],
    "period": [2],
    "hard": [True],
}
HELD = {
    "reserve": ["R1"],
    "site": ["W"],
    "resource": ["mask"],
    "quantity_min": [80.0],
    "hard": [True],
}
AT_HOSPITAL = HELD | {"site": ["H"], "quantity_min": [50.0], "from_period": [3]}
LIMITED = {"limit": ["E1"], "country": ["CN"], "resource": ["mask"], "quantity_max": [50.0]}
LANES = {
    "lane": ["WV", "VH", "WI"],
    "origin": ["W", "V", "W"],
    "destination": ["V", "H", "I"],
    "lead_time_periods": [1, 1, 1],
}
SEWN = {
    "stocks": {"site": ["W"], "resource": ["cloth"], "quantity": [100.0]},
    "processes": {"process": ["sew"], "site": ["W"], "runs_max": [10.0]},
    "process_flows": {
        "process": ["sew", "sew"],
        "resource": ["cloth", "mask"],
        "quantity_per_run": [-1.0, 1.0],
    },
}

NO_COMMITMENT = _without("commitments", commitment="C1")
NO_PLEDGE = _without("pledges", pledge="P1")
NO_RESERVE = _without("reserves", reserve="R1")
NO_LIMIT = _without("export_limits", limit="E1")

CASES: dict[str, tuple[dict[str, Any], dict[str, Change]]] = {
    "commitment and stock": (
        {"commitments": COMMITTED | {"quantity": [160.0]}},
        {
            "commitments C1 (firm): at least 160 mask must leave on WV in period 2": NO_COMMITMENT,
            "stocks: only 100 mask is on hand at W": _more("mask", "W"),
        },
    ),
    "reserve, commitment and stock": (
        {"commitments": COMMITTED, "reserves": HELD | {"to_period": [3]}},
        {
            "commitments C1 (firm): at least 60 mask must leave on WV in period 2": NO_COMMITMENT,
            "reserves R1 (hard): 80 mask at W at the end of period 2": NO_RESERVE,
            "stocks: only 100 mask is on hand at W": _more("mask", "W"),
        },
    ),
    "pledge and export limit": (
        {"pledges": PLEDGED, "export_limits": LIMITED},
        {
            "pledges P1 (hard): 60 mask straight from CN into IT by period 2": NO_PLEDGE,
            "export_limits E1: at most 50 mask may leave CN from period 0 to the last"
            " period": NO_LIMIT,
        },
    ),
    "pledge and export share": (
        {
            "pledges": PLEDGED,
            "export_limits": {k: v for k, v in LIMITED.items() if k != "quantity_max"}
            | {"share_max": [0.5]},
        },
        {
            "pledges P1 (hard): 60 mask straight from CN into IT by period 2": NO_PLEDGE,
            "export_limits E1: at most 50 % of the stock, arrivals and output of mask there may"
            " leave CN from period 0 to the last period": NO_LIMIT,
            "stocks: only 100 mask is on hand at W": _more("mask", "W"),
        },
    ),
    "commitment and lane": (
        {
            "commitments": COMMITTED,
            "lanes": LANES | {"mass_kg_max": [50.0, None, None]},
        },
        {
            "commitments C1 (firm): at least 60 mask must leave on WV in period 2": NO_COMMITMENT,
            "lanes WV: at most 50 kg may leave in period 2": _set("lanes", "mass_kg_max", None),
        },
    ),
    "commitment and profile": (
        {
            "commitments": COMMITTED,
            "profiles": {
                "table": ["lanes"] * 2,
                "key": ["WV"] * 2,
                "attribute": ["volume_m3_max"] * 2,
                "period": [1, 2],
                "value": [20.0, 40.0],
            },
        },
        {
            "commitments C1 (firm): at least 60 mask must leave on WV in period 2": NO_COMMITMENT,
            "lanes WV (profile): at most 40 m3 may leave in period 2": _without(
                "profiles", period=2
            ),
        },
    ),
    "commitment and capacity": (
        {
            "commitments": COMMITTED,
            "capacities": {"capacity": ["trucks"], "amount_max": [3.0]},
            "capacity_loads": {
                "capacity": ["trucks"],
                "activity": ["WV"],
                "amount_per_unit": [0.1],
                "per": ["unit"],
            },
        },
        {
            "commitments C1 (firm): at least 60 mask must leave on WV in period 2": NO_COMMITMENT,
            "capacities trucks: there is at most 3 in period 2": _set(
                "capacities", "amount_max", 1e6
            ),
        },
    ),
    "commitment and quantity": (
        {
            "commitments": COMMITTED,
            "lane_resources": {"lane": ["WV"], "resource": ["mask"], "quantity_max": [50.0]},
        },
        {
            "commitments C1 (firm): at least 60 mask must leave on WV in period 2": NO_COMMITMENT,
            "lane_resources WV,mask: at most 50 mask may leave in period 2": _set(
                "lane_resources", "quantity_max", None
            ),
        },
    ),
    "pledge and closed border": (
        {
            "pledges": PLEDGED,
            "profiles": {
                "table": ["lanes"] * 3,
                "key": ["WI"] * 3,
                "attribute": ["open"] * 3,
                "period": [0, 1, 2],
                "value": [0.0] * 3,
            },
        },
        {
            "pledges P1 (hard): 60 mask straight from CN into IT by period 2": NO_PLEDGE,
            "lanes WI (profile): closed in periods 0–1": _without("profiles", key="WI"),
        },
    ),
    "reserve and processes": (
        {**SEWN, "reserves": HELD | {"from_period": [2], "to_period": [2]}},
        {
            "reserves R1 (hard): 80 mask at W at the end of period 2": NO_RESERVE,
            "processes sew: at most 10 runs may start in periods 0–2": _set(
                "processes", "runs_max", None
            ),
        },
    ),
    "reserve and material": (
        {
            **SEWN,
            "processes": {"process": ["sew"], "site": ["W"]},
            "stocks": {"site": ["W"], "resource": ["cloth"], "quantity": [70.0]},
            "reserves": HELD | {"from_period": [2]},
        },
        {
            "reserves R1 (hard): 80 mask at W at the end of period 2": NO_RESERVE,
            "stocks: only 70 cloth is on hand at W": _more("cloth", "W"),
        },
    ),
    "reserve and storage": (
        {
            "reserves": AT_HOSPITAL,
            "sites": {
                "site": ["W", "V", "H", "I"],
                "country": ["CN", "CN", "CN", "IT"],
                "storage_m3_max": [None, None, 40.0, None],
            },
        },
        {
            "reserves R1 (hard): 50 mask at H at the end of period 3": NO_RESERVE,
            "sites H: at most 40 m3 may be stored at the end of period 3": _set(
                "sites", "storage_m3_max", None
            ),
        },
    ),
    "reserve and time": (
        {"reserves": AT_HOSPITAL | {"from_period": [1]}},
        {
            "reserves R1 (hard): 50 mask at H at the end of period 1": NO_RESERVE,
            "stocks, arrivals: no mask is on hand at H or arrives there": _more("mask", "H"),
        },
    ),
    "country's reserve and arrivals": (
        {
            "stocks": {"site": ["W"], "resource": ["mask"], "quantity": [30.0]},
            "arrivals": {
                "site": ["W"],
                "resource": ["mask"],
                "period": [1],
                "quantity": [20.0],
            },
            "reserves": {k: v for k, v in HELD.items() if k != "site"}
            | {"country": ["CN"], "from_period": [2], "to_period": [2]},
        },
        {
            "reserves R1 (hard): 80 mask at CN at the end of period 2": NO_RESERVE,
            "stocks, arrivals: only 30 mask is on hand at W and 20 mask arrives at W, the last in"
            " period 1": _more("mask", "W"),
        },
    ),
    "two commitments of one shipment": (
        {
            "commitments": {
                "commitment": ["C1", "C2"],
                "lane": ["WV"] * 2,
                "resource": ["mask"] * 2,
                "period": [2, 2],
                "quantity": [60.0, 70.0],
                "firm": [True, True],
            }
        },
        {
            "commitments C1 (firm): at least 60 mask must leave on WV in period 2": NO_COMMITMENT,
            "commitments C2 (firm): at least 70 mask must leave on WV in period 2": _without(
                "commitments", commitment="C2"
            ),
            "stocks: only 100 mask is on hand at W": _more("mask", "W"),
        },
    ),
    "lots": (
        {
            "commitments": COMMITTED | {"quantity": [90.0]},
            "lane_resources": {"lane": ["WV"], "resource": ["mask"], "lot_size": [40.0]},
        },
        {
            "commitments C1 (firm): at least 90 mask must leave on WV in period 2": NO_COMMITMENT,
            "lane_resources WV,mask: only lots of 40 may leave in a period": _set(
                "lane_resources", "lot_size", None
            ),
            "stocks: only 100 mask is on hand at W": _more("mask", "W"),
        },
    ),
    "least quantity": (
        {
            "commitments": COMMITTED,
            "lane_resources": {"lane": ["WV"], "resource": ["mask"], "quantity_min": [120.0]},
        },
        {
            "commitments C1 (firm): at least 60 mask must leave on WV in period 2": NO_COMMITMENT,
            "lane_resources WV,mask: nothing or at least 120 may leave in a period": _set(
                "lane_resources", "quantity_min", None
            ),
            "stocks: only 100 mask is on hand at W": _more("mask", "W"),
        },
    ),
    "whole runs": (
        {
            **SEWN,
            "processes": {"process": ["sew"], "site": ["W"], "runs_whole": [True]},
            "process_flows": {
                "process": ["sew", "sew"],
                "resource": ["cloth", "mask"],
                "quantity_per_run": [-60.0, 60.0],
            },
            "reserves": HELD | {"from_period": [2]},
        },
        {
            "reserves R1 (hard): 80 mask at W at the end of period 2": NO_RESERVE,
            "processes sew: only whole runs may start": _set("processes", "runs_whole", False),
            "stocks: only 100 cloth is on hand at W": _more("cloth", "W"),
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_contradiction_is_named_in_the_tables_words(case: str) -> None:
    """Every kind of hard rule is found, and nothing beside it is blamed."""
    tables, expected = CASES[case]
    with pytest.raises(ContradictionError) as raised:
        solve(_network(**tables))
    assert sorted(str(rule) for rule in raised.value.rules) == sorted(expected)
    assert all(str(rule) in str(raised.value) for rule in raised.value.rules)


@pytest.mark.parametrize("case", CASES)
def test_the_rules_say_the_same_in_chinese(case: str) -> None:
    """The table and every number and name of the English words stand in the Chinese ones."""
    with pytest.raises(ContradictionError) as raised:
        solve(_network(**CASES[case][0]))
    said = error_in_chinese(raised.value)
    for rule in raised.value.rules:
        assert rule.chinese in said
        assert re.search(r"[\u4e00-\u9fff]", rule.chinese), rule
        telling = r"[A-Z]+\d*|[\d.,]*\d|mask|cloth|[a-z]+_[a-z]+"
        assert set(re.findall(telling, rule.text.replace(" m3", ""))) <= set(
            re.findall(telling, rule.chinese)
        ), rule


@pytest.mark.parametrize("case", CASES)
def test_none_of_the_named_rules_can_be_spared(case: str) -> None:
    """Dropping any one named rule leaves a network that has a plan: the set is irreducible."""
    tables, expected = CASES[case]
    for change in expected.values():
        assert solve(change(_network(**tables))).shipments is not None


def test_pledges_that_add_up_are_named_together() -> None:
    """Two promises of the same goods exceed what may leave, though each alone does not."""
    pledges = {key: value * 2 for key, value in PLEDGED.items()}
    pledges |= {"pledge": ["P1", "P2"], "period": [2, 3], "quantity": [30.0, 30.0]}
    network = _network(pledges=pledges, export_limits=LIMITED)
    with pytest.raises(ContradictionError) as raised:
        solve(network)
    assert [(rule.table, rule.key) for rule in raised.value.rules] == [
        ("pledges", "P1"),
        ("pledges", "P2"),
        ("export_limits", "E1"),
    ]
    for pledge in ("P1", "P2"):
        solve(_without("pledges", pledge=pledge)(network))


def test_the_same_contradiction_is_named_every_time() -> None:
    """Two people who look at the same network read the same message."""
    tables, _ = CASES["reserve, commitment and stock"]
    messages = set()
    for _ in range(3):
        with pytest.raises(ContradictionError) as raised:
            solve(_network(**tables))
        messages.add(str(raised.value))
    assert len(messages) == 1


def test_what_has_no_part_in_it_is_left_out() -> None:
    """Of two contradictions one is named whole; a full lane elsewhere is no part of it."""
    tables = {
        "commitments": COMMITTED,
        "lanes": LANES | {"mass_kg_max": [50.0, 1.0, 1.0]},
        "reserves": HELD | {"quantity_min": [5.0]},
        "export_limits": LIMITED,
    }
    with pytest.raises(ContradictionError) as raised:
        solve(_network(**tables))
    assert [(rule.table, rule.key) for rule in raised.value.rules] == [
        ("commitments", "C1"),
        ("lanes", "WV"),
    ]
