"""Bounds follow from the prices alone: by hand, and not with any other prices."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from sampan.plan import Plan
from sampan.verify import verify
from tests.engine.planted import MASK, SHORT, Case, certified, stage_row

Row = dict[str, Any]


def proven(
    case: Case, stages: list[Row], prices: list[Row], rules: list[Row], **frames: list[Row]
) -> Plan:
    """The case's plan with these stages and prices; all but the price may be left out of a row."""
    rows = {name: pl.DataFrame(some) for name, some in {**case.frames, **frames}.items() if some}
    nothing = {"resource": None, "period": None}
    if prices:
        rows["prices"] = pl.DataFrame(prices)
    if rules:
        rows["capacity_prices"] = pl.DataFrame([nothing | row for row in rules])
    return certified(rows, stages)


def sharing() -> Case:
    """Ten masks in W, ten wanted in N and in S each; one hop of a period to either."""
    sites = [{"site": site} for site in ("W", "N", "S")]
    lanes = [{"lane": f"W-{to}", "origin": "W", "destination": to, "lead_time_periods": 1}
             for to in ("N", "S")]  # fmt: skip
    demands = [{"demand": to, "site": to, "resource": "mask", "period": 1, "quantity": 10.0}
               for to in ("N", "S")]  # fmt: skip
    sent = [{"lane": f"W-{to}", "resource": "mask", "depart_period": 0, "arrive_period": 1,
             "quantity": 5.0} for to in ("N", "S")]  # fmt: skip
    had = [{"demand": to, "resource": "mask", "period": 1, "quantity": 5.0, "late_periods": 0}
           for to in ("N", "S")]  # fmt: skip
    short = [{"demand": to, "quantity": 5.0} for to in ("N", "S")]
    stocks = [{"site": "W", "resource": "mask", "quantity": 10.0}]
    return Case(
        "sharing",
        {"sites": sites, "resources": [MASK], "stocks": stocks, "lanes": lanes,
         "demands": demands},
        {"shipments": sent, "deliveries": had, "shortages": short},
        {SHORT: 0.5},
    )  # fmt: skip


def mask_prices(price: float, stage: str = "shortage", part: str = "1") -> list[Row]:
    """A mask is worth the price in W while it can still leave, in N and S once it can be there."""
    places = [("W", 0), ("W", 1), ("N", 1), ("N", 2), ("S", 1), ("S", 2)]
    return [
        {"stage": stage, "part": part, "site": site, "resource": "mask", "period": period,
         "price": price}
        for site, period in places
    ]  # fmt: skip


def rule(name: str, key: str, price: float, stage: str = "shortage", part: str = "1") -> Row:
    """A row of `capacity_prices`."""
    return {"stage": stage, "part": part, "rule": name, "key": key, "price": price}


HALF = [stage_row(*SHORT, 0.5, 0.5)]
WANTED = [rule("demand", key, -0.05) for key in ("N", "S")]


def test_a_shortage_that_nothing_can_avoid() -> None:
    """10 of 20 are short: each demand's price is a twentieth, and so is a mask's."""
    case = sharing()
    found = verify(case.network, proven(case, HALF, mask_prices(0.05), WANTED))
    assert list(found) == []
    assert found.stages["bound_recomputed"].to_list() == pytest.approx([0.5], abs=1e-15)
    assert found.stages["gap"].to_list() == pytest.approx([0.0], abs=1e-14)


def test_no_prices_prove_nothing() -> None:
    """Without prices only 0 is proven, and a plan that says so is valid."""
    case = sharing()
    assert verify(case.network, proven(case, [stage_row(*SHORT, 0.5, 0.0)], [], [])).valid
    claimed = verify(case.network, proven(case, HALF, [], []))
    assert [violation.rule for violation in claimed] == ["bound"]


def test_a_bound_may_claim_less_than_is_proven() -> None:
    """A weaker bound is true as well, if the gap says so."""
    case = sharing()
    stages = [stage_row(*SHORT, 0.5, 0.4)]
    assert verify(case.network, proven(case, stages, mask_prices(0.05), WANTED)).valid


@pytest.mark.parametrize("changed", range(6))
def test_a_raised_price_is_found(changed: int) -> None:
    """A mask worth more than what it can do makes the bound fall short, whichever it is."""
    case = sharing()
    prices = mask_prices(0.05)
    prices[changed]["price"] += 1e-6
    found = verify(case.network, proven(case, HALF, prices, WANTED))
    assert [violation.rule for violation in found] == ["bound"]


@pytest.mark.parametrize("price", [-0.0501, -0.0499])
def test_a_changed_price_of_a_demand_is_found(price: float) -> None:
    """Neither more nor less than the unmet share proves the bound."""
    case = sharing()
    wanted = [rule("demand", "N", price), WANTED[1]]
    found = verify(case.network, proven(case, HALF, mask_prices(0.05), wanted))
    assert [violation.rule for violation in found] == ["bound"]


STRANGE = {
    "no such rule": rule("patience", "N", 0.1),
    "no such key": rule("demand", "X", 0.1),
    "no limit there": rule("mass_kg_max", "W-N", 0.1) | {"period": 0},
    "not a number": rule("demand", "N", float("nan")),
    "not kept": rule("stage", "cost:all", 0.1),
    "held by nothing": rule("fill_rate", "1:N", 0.1) | {"resource": "mask"},
}


@pytest.mark.parametrize("row", STRANGE.values(), ids=STRANGE.keys())
def test_prices_of_what_is_not_there(row: Row) -> None:
    """A price on a rule that the network does not state could prove anything."""
    case = sharing()
    rules = [row, *[other for other in WANTED if other["key"] != row["key"]]]
    found = verify(case.network, proven(case, HALF, mask_prices(0.05), rules))
    assert {"prices", "capacity_prices_form"} & {violation.rule for violation in found}


def test_a_price_stands_once() -> None:
    """Two prices of one rule are not added up."""
    case = sharing()
    prices = mask_prices(0.05)
    found = verify(case.network, proven(case, HALF, [*prices, prices[0]], WANTED))
    assert {violation.rule for violation in found} == {"prices_form"}


@pytest.mark.parametrize(("period", "last"), [(3, None), (1, 0), (0, 3)])
def test_prices_of_balances_that_are_not_there(period: int, last: int | None) -> None:
    """Balances lie in the calendar, and end with the last usable period before its end."""
    case = sharing()
    row = {"stage": "shortage", "part": "1", "site": "W", "resource": "mask", "period": period,
           "expires_period": last, "price": 0.1}  # fmt: skip
    prices = [{"expires_period": None} | other for other in mask_prices(0.05)] + [row]
    found = verify(case.network, proven(case, HALF, prices[2:], WANTED))
    assert "prices" in {violation.rule for violation in found}


def test_an_inequality_has_no_negative_price() -> None:
    """More room on a lane can never make things worse."""
    case = sharing()
    lanes = [lane | {"mass_kg_max": 100.0} for lane in case.tables["lanes"]]
    limited = Case(case.name, case.tables | {"lanes": lanes}, case.frames, case.values)
    rules = [*WANTED, rule("mass_kg_max", "W-N", -0.01) | {"period": 0}]
    found = verify(limited.network, proven(limited, HALF, mask_prices(0.05), rules))
    assert [violation.rule for violation in found] == ["prices"]


def with_gowns() -> Case:
    """Beside the masks, eight of ten gowns for N."""
    case = sharing()
    gown = {"site": "N", "resource": "gown", "quantity": 8.0}
    tables = case.tables | {
        "resources": [MASK, MASK | {"resource": "gown"}],
        "stocks": [*case.tables["stocks"], gown],
        "demands": [*case.tables["demands"], {"demand": "G", "site": "N", "resource": "gown",
                    "period": 0, "quantity": 10.0}],
    }  # fmt: skip
    had = {"demand": "G", "resource": "gown", "period": 0, "quantity": 8.0, "late_periods": 0}
    frames = case.frames | {
        "deliveries": [*case.frames["deliveries"], had],
        "shortages": [*case.frames["shortages"], {"demand": "G", "quantity": 2.0}],
    }
    return Case("with gowns", tables, frames, {("fairness", "1:1"): 0.5, ("fairness", "1:2"): 0.8})


def gown_prices(part: str = "1:2") -> tuple[list[Row], list[Row]]:
    """What proves that gowns cannot be better met."""
    prices = [{"stage": "fairness", "part": part, "site": "N", "resource": "gown",
               "period": period, "price": 0.1} for period in range(3)]  # fmt: skip
    rules = [rule("demand", "G", -0.1, "fairness", part),
             rule("fill_rate", "1:N", 1.0, "fairness", part) | {"resource": "gown"}]  # fmt: skip
    return prices, rules


def mask_round() -> tuple[list[Row], list[Row]]:
    """What proves that masks cannot be better met than by half."""
    rules = [rule("demand", key, -0.05, "fairness", "1:1") for key in ("N", "S")]
    rules += [rule("fill_rate", f"1:{key}", 0.5, "fairness", "1:1") | {"resource": "mask"}
              for key in ("N", "S")]  # fmt: skip
    return mask_prices(0.05, "fairness", "1:1"), rules


ROUNDS = [stage_row("fairness", "1:1", 0.5, 0.5), stage_row("fairness", "1:2", 0.8, 0.8)]


def test_fairness_in_two_rounds() -> None:
    """Masks are held at a half, then gowns at four fifths."""
    case = with_gowns()
    (prices, rules), (more_prices, more_rules) = mask_round(), gown_prices()
    plan = proven(case, ROUNDS, prices + more_prices, rules + more_rules)
    found = verify(case.network, plan)
    assert [str(violation) for violation in found] == []
    assert found.stages["bound_recomputed"].to_list() == pytest.approx([0.5, 0.8])


def test_a_round_that_is_left_out() -> None:
    """As long as somebody is free and not fully met, another round follows."""
    case = with_gowns()
    prices, rules = mask_round()
    found = verify(case.network, proven(case, ROUNDS[:1], prices, rules))
    assert [violation.rule for violation in found] == ["fairness"]


def test_a_round_too_many() -> None:
    """Nobody is free after the second round."""
    case = with_gowns()
    (prices, rules), (more_prices, more_rules) = mask_round(), gown_prices()
    stages = [*ROUNDS, stage_row("fairness", "1:3", 1.0, 1.0)]
    found = verify(case.network, proven(case, stages, prices + more_prices, rules + more_rules))
    assert [violation.rule for violation in found] == ["fairness"]


def test_the_lowest_rate_is_of_those_still_free() -> None:
    """Who was never held back by prices stays in the next round."""
    case = with_gowns()
    prices, rules = gown_prices()
    found = verify(case.network, proven(case, ROUNDS, prices, rules))
    assert {"value", "bound"} <= {violation.rule for violation in found}


def carrying(kept: float = 20.0) -> tuple[Case, Plan]:
    """Ten masks at 2 each to N: cheap only at the price of a shortage, which is kept at none."""
    lane = {"lane": "W-N", "origin": "W", "destination": "N", "cost_per_kg": 1.0,
            "lead_time_periods": 1}  # fmt: skip
    base = sharing()
    demand, stock = base.tables["demands"][0], base.tables["stocks"]
    case = Case(
        "carrying",
        base.tables | {"lanes": [lane], "demands": [demand], "stocks": stock},
        {
            "shipments": [base.frames["shipments"][0] | {"quantity": 10.0}],
            "deliveries": [base.frames["deliveries"][0] | {"quantity": 10.0}],
        },
        {SHORT: 0.0, ("cost", "all"): 20.0},
    )
    prices = [row | {"price": 2.0} for row in mask_prices(0.0, "cost", "all")
              if row["site"] == "N"]  # fmt: skip
    rules = [rule("demand", "N", -2.0, "cost", "all"),
             rule("stage", "shortage:1", kept, "cost", "all")]  # fmt: skip
    stages = [stage_row(*SHORT, 0.0, 0.0), stage_row("cost", "all", 20.0, 20.0)]
    return case, proven(case, stages, prices, rules)


def test_earlier_stages_are_kept() -> None:
    """A cost's bound rests on the price of the shortage that was kept."""
    case, plan = carrying()
    assert [str(violation) for violation in verify(case.network, plan)] == []


def test_a_price_of_an_earlier_stage_that_is_too_low() -> None:
    """Then it would be cheaper to leave the demand short."""
    case, plan = carrying(19.0)
    assert [violation.rule for violation in verify(case.network, plan)] == ["bound"]


def buying(**more: list[Row]) -> tuple[Case, Plan]:
    """Masks can be bought without limit for 3; ten are wanted, worth 5 each; priced a bit high."""
    base = sharing()
    sites = [{"site": "N", "country": "CN"}, {"site": "S", "country": "VN"}]
    buy = {"process": "buy", "site": "N", "cost_per_run": 3.0}
    flow = {"process": "buy", "resource": "mask", "quantity_per_run": 1.0}
    demand = base.tables["demands"][0] | {"shortage_cost_per_unit": 5.0}
    tables = {"sites": sites, "resources": [MASK], "processes": [buy], "process_flows": [flow],
              "demands": [demand]}  # fmt: skip
    case = Case(
        "buying",
        tables | more,
        {
            "runs": [{"process": "buy", "period": 1, "quantity": 10.0}],
            "deliveries": [base.frames["deliveries"][0] | {"quantity": 10.0}],
        },
        {("total", "all"): 30.0},
    )
    prices = [{"stage": "total", "part": "all", "site": "N", "resource": "mask", "period": 1,
               "price": 3.1},
              {"stage": "total", "part": "all", "site": "N", "resource": "mask", "period": 2,
               "price": 3.0}]  # fmt: skip
    rules = [rule("demand", "N", -3.1, "total", "all")]
    return case, proven(case, [stage_row("total", "all", 30.0, 30.0)], prices, rules)


def test_nobody_buys_more_than_is_of_use() -> None:
    """A purchase without limit is limited by need, so prices that are a bit off still prove."""
    case, plan = buying()
    found = verify(case.network, plan)
    assert [str(violation) for violation in found] == []
    assert found.stages["bound_recomputed"].to_list() == pytest.approx([30.0])


def test_without_any_limit_a_negative_reduced_cost_proves_nothing() -> None:
    """Where purchases raise an export share, any amount may be of use."""
    share = {"limit": "E", "country": "CN", "resource": "mask", "share_max": 0.5}
    case, plan = buying(export_limits=[share])
    found = verify(case.network, plan)
    assert [violation.rule for violation in found] == ["bound"]
    assert "without upper bound" in found[0].message
