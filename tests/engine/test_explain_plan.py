"""Why a shipment goes, what relieving limits is worth, and the answer if nothing is asked."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import polars as pl
import pytest

from sampan import InputError, Network, Objective, SampanError, solve
from sampan.explain import explain
from sampan.testing import assert_plan_valid, two_hospitals


def _network(objective: Objective | None = None, **tables: Any) -> Network:
    """A works that sews masks of cloth, a hospital, and two lanes between them."""
    base: dict[str, Any] = {
        "sites": {"site": ["W", "H"]},
        "resources": {
            "resource": ["mask", "cloth"],
            "unit": ["piece", "tonne"],
            "mass_kg": [1.0, 0.0],
        },
        "stocks": {
            "site": ["W", "W"],
            "resource": ["cloth", "mask"],
            "quantity": [2.0, 20.0],
        },
        "processes": {"process": ["sew"], "site": ["W"]},
        "process_flows": {
            "process": ["sew", "sew"],
            "resource": ["cloth", "mask"],
            "quantity_per_run": [-1.0, 10.0],
        },
        "lanes": {
            "lane": ["road", "air"],
            "origin": ["W", "W"],
            "destination": ["H", "H"],
            "lead_time_periods": [2, 1],
            "cost_per_kg": [1.0, 5.0],
        },
        "demands": {
            "demand": ["D"],
            "site": ["H"],
            "resource": ["mask"],
            "period": [2],
            "quantity": [100.0],
            "lateness_max": [0],
        },
    }
    given = {**base, **tables}
    return Network.from_frames(
        given, start=date(2020, 2, 10), periods=4, objective=objective or Objective()
    )


def test_shipment_traced_from_its_sources_to_its_demand() -> None:
    """Stock and output in the shares that the plan sends, all of it to the one demand."""
    network = _network()
    plan = solve(network)
    assert_plan_valid(network, plan)
    answer = explain(network, plan, shipment="road,mask,0")
    found = {one.kind: one for one in answer.reasons}
    assert answer.facts["quantity"] == pytest.approx(40.0)
    assert found["from_stock"].facts["quantity"] == pytest.approx(20.0)
    assert found["from_run"].facts["process"] == "sew"
    assert found["from_run"].facts["quantity"] == pytest.approx(20.0)
    assert found["serves"].facts["demand"] == "D"
    assert found["serves"].facts["quantity"] == pytest.approx(40.0)
    assert found["cheapest"].facts["cost"] == 1.0
    assert found["other_lane"].facts["other"] == "air"
    assert "dearer (5 a unit instead of 1), faster (1 days instead of 2)" in str(answer)


def test_shipment_by_row_and_by_a_key_with_a_comma() -> None:
    """Rows count from 1; a key with a comma is quoted as in a CSV file."""
    frame = (
        _network()
        .table("lanes")
        .with_columns(lane=pl.Series(["road, north", "air"]), mass_kg_max=pl.Series([15.0, 3.0]))
    )
    network = _network(lanes=frame)
    plan = solve(network)
    by_key = explain(network, plan, shipment='"road, north",mask,0')
    row = plan.shipments.with_row_index("row", offset=1)
    number = row.filter((pl.col("lane") == "road, north") & (pl.col("depart_period") == 0))["row"][
        0
    ]
    assert explain(network, plan, shipment=int(number)) == by_key
    assert explain(network, plan, shipment=str(number)) == by_key
    assert "full on day 0 (2020-02-10)" in str(by_key)


@pytest.mark.parametrize("shipment", ["road,mask,3", "road", "road,mask,x", "0", 99])
def test_shipment_that_is_not_there(shipment: str | int) -> None:
    """A shipment that the plan does not have is an error that says how to name one."""
    network = _network()
    with pytest.raises(InputError, match="Write lane,resource,depart_period"):
        explain(network, solve(network), shipment=shipment)


def test_shipment_for_a_reserve_and_a_commitment() -> None:
    """Goods that serve no demand serve a policy, and stay."""
    reserve = {"reserve": ["R"], "site": ["H"], "resource": ["mask"], "quantity_min": [15.0]}
    commitment = {
        "commitment": ["C"],
        "lane": ["road"],
        "resource": ["mask"],
        "period": [0],
        "quantity": [15.0],
        "firm": [True],
    }
    network = _network(
        demands=None, reserves=reserve | {"from_period": [2]}, commitments=commitment
    )
    kinds = {one.kind: one.facts for one in explain(network, solve(network), shipment=1).reasons}
    assert kinds["for_reserve"]["key"] == "R"
    assert kinds["for_commitment"]["key"] == "C"
    assert kinds["stays"]["quantity"] == pytest.approx(15.0)


def test_worth_of_a_limit_is_what_relieving_it_brings() -> None:
    """The stated worth of one more tonne is the gain of a plan that has one more."""
    network = _network()
    plan = solve(network)
    answer = explain(network, plan, bottlenecks=True)
    worth = {(one.facts["rule"], one.facts["resource"]): one.facts for one in answer.reasons}
    assert answer.facts == {"stage": "shortage", "part": "1"}
    assert worth["supply", "cloth"]["worth_best"] == pytest.approx(10.0)
    assert worth["supply", "cloth"]["worth_unit"] == "mask"
    assert worth["supply", "mask"]["worth_best"] == pytest.approx(1.0)
    assert "one more tonne" in str(answer)
    more = _network(
        stocks={"site": ["W", "W"], "resource": ["cloth", "mask"], "quantity": [3.0, 20.0]}
    )
    gain = plan.shortages["quantity"].sum() - solve(more).shortages["quantity"].sum()
    assert gain == pytest.approx(worth["supply", "cloth"]["worth_best"])


def test_limits_are_ranked_by_what_one_percent_of_them_is_worth() -> None:
    """Kilograms, runs and tonnes are compared by the same share of each."""
    network = _network(
        processes={"process": ["sew"], "site": ["W"], "runs_max": [1.0]},
        stocks={"site": ["W", "W"], "resource": ["cloth", "mask"], "quantity": [50.0, 20.0]},
    )
    answer = explain(network, solve(network), bottlenecks=True)
    ranked = [one.facts["worth_of_one_percent"] for one in answer.reasons]
    assert ranked == sorted(ranked, reverse=True)
    by_rule = {one.facts["rule"]: one.facts for one in answer.reasons}
    assert by_rule["runs_max"]["worth_best"] == pytest.approx(10.0)
    assert by_rule["runs_max"]["periods"] == [0, 1]
    assert ("supply", "cloth") not in {
        (o.facts["rule"], o.facts["resource"]) for o in answer.reasons
    }


def test_worth_in_money_with_the_single_sum() -> None:
    """With `total` the worth is money: 10 masks at a shortage cost of 1, less 10 kg by road."""
    network = _network(Objective(stages=("total",)))
    demands = network.table("demands").with_columns(shortage_cost_per_unit=pl.lit(3.0))
    network = network.replace(demands=demands)
    answer = explain(network, solve(network), bottlenecks=True)
    assert "money (CNY)" in answer.headline
    worth = {(one.facts["rule"], one.facts["resource"]): one.facts for one in answer.reasons}
    assert worth["supply", "cloth"]["worth_best"] == pytest.approx(10 * (3 - 1))


def test_without_prices_limits_are_ranked_by_use() -> None:
    """Whole numbers have no prices: the answer says so, and gives utilisation."""
    lanes = _network().table("lanes").with_columns(mass_kg_max=pl.Series([10.0, 40.0]))
    network = _network(
        lanes=lanes,
        processes={"process": ["sew"], "site": ["W"], "runs_whole": [True], "runs_max": [2.0]},
    )
    answer = explain(network, solve(network), bottlenecks=True)
    assert "no prices" in answer.headline
    shares = {one.facts["key"]: one.facts["share"] for one in answer.reasons}
    assert 0 < shares["road"] <= 1
    assert [one.facts["periods"] != [] for one in answer.reasons] == sorted(
        (one.facts["periods"] != [] for one in answer.reasons), reverse=True
    )


def test_nothing_short_has_nothing_to_relieve() -> None:
    """A plan without shortage has no price in `shortage`; the answer is still one."""
    network = _network(
        stocks={"site": ["W"], "resource": ["mask"], "quantity": [500.0]},
        lanes={"lane": ["road"], "origin": ["W"], "destination": ["H"]},
    )
    answer = explain(network, solve(network))
    assert answer.headline == "No demand is short."
    assert [part.about for part in answer.parts] == ["bottlenecks"]


def test_overview_is_sentences_and_json() -> None:
    """With nothing asked: shortages and bottlenecks, in both languages, as JSON too."""
    network = two_hospitals()
    plan = solve(network)
    answer = explain(network, plan)
    assert [part.about for part in answer.parts] == ["shortage", "shortage", "bottlenecks"]
    document = json.loads(json.dumps(answer.to_dict()))
    assert document["parts"][0]["demand"] == "N"
    assert document["parts"][0]["reasons"][0]["goes_to"][1]["demands"] == ["S"]
    assert "2 项需求有缺口" in str(explain(network, plan, language="zh"))
    with pytest.raises(SampanError, match="no words in 'xx'"):
        explain(network, plan, language="xx")


def test_both_languages_have_every_sentence_with_the_same_values() -> None:
    """A sentence added in one language only, or with another value in it, is found."""
    from string import Formatter

    from sampan.explain.words import EN, ZH

    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert set(EN) == set(ZH)
    for key in EN:
        assert names(EN[key]) - {"unit"} == names(ZH[key]) - {"unit"}, key
