"""Why a demand is short: hand-made networks whose cause is known, and nothing else is blamed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sampan import InputError, Network, Objective, solve
from sampan.explain import Explanation, explain
from sampan.testing import assert_plan_valid


def _network(periods: int = 6, stages: tuple[str, ...] | None = None, **tables: Any) -> Network:
    """W with 100 masks, one day by lane L from hospital H, which wants 80 on day 3, not later."""
    base: dict[str, dict[str, list[Any]]] = {
        "sites": {"site": ["W", "H", "G", "X"], "country": ["CN", "CN", "CN", "VN"]},
        "resources": {
            "resource": ["mask", "cloth", "resin"],
            "unit": ["piece", "m", "kg"],
            "mass_kg": [1.0] * 3,
        },
        "stocks": {"site": ["W"], "resource": ["mask"], "quantity": [100.0]},
        "lanes": _lanes(L=("W", "H", 1)),
        "demands": _demands(D=("H", 3, 80.0)),
    }
    objective = Objective() if stages is None else Objective(stages=stages)
    given = {**base, **tables}
    return Network.from_frames(given, start=date(2020, 2, 10), periods=periods, objective=objective)


def _lanes(**lanes: tuple[str, str, int]) -> dict[str, list[Any]]:
    origin, destination, lead = zip(*lanes.values(), strict=True)
    return {
        "lane": list(lanes),
        "origin": list(origin),
        "destination": list(destination),
        "lead_time_periods": list(lead),
    }


def _demands(**demands: tuple[Any, ...]) -> dict[str, list[Any]]:
    """Site, day, quantity and, if not 1, priority; nothing counts after its day."""
    rows = [(*row, 1)[:4] for row in demands.values()]
    site, period, quantity, priority = (list(column) for column in zip(*rows, strict=True))
    return {
        "demand": list(demands),
        "site": site,
        "resource": ["mask"] * len(rows),
        "period": period,
        "quantity": quantity,
        "priority": priority,
        "lateness_max": [0] * len(rows),
    }


def _closed(lane: str, *periods: int) -> dict[str, list[Any]]:
    count = len(periods)
    return {
        "table": ["lanes"] * count,
        "key": [lane] * count,
        "attribute": ["open"] * count,
        "period": list(periods),
        "value": [0.0] * count,
    }


def _why(network: Network, demand: str = "D", **options: Any) -> Explanation:
    plan = solve(network)
    assert_plan_valid(network, plan)
    return explain(network, plan, demand=demand, **options)


def _blamed(answer: Explanation) -> list[tuple[str, Any, list[int], int]]:
    """Kind, key, periods and how many limits must give way together."""
    return [
        (one.kind, one.facts.get("key"), one.facts.get("periods", []), one.relieve)
        for one in answer.reasons
    ]


def _gain(network: Network, demand: str = "D") -> float:
    """How short a demand is in the best plan."""
    return float(solve(network).shortages.filter(demand=demand)["quantity"].sum())


def test_full_lane() -> None:
    """A lane that is full on every day in time is the whole reason, with a price."""
    lanes = _lanes(L=("W", "H", 1)) | {"mass_kg_max": [20.0]}
    answer = _why(_network(lanes=lanes))
    assert answer.headline.startswith("H is short of 20 mask on day 3 (2020-02-13), 25 % of")
    assert _blamed(answer) == [("mass_kg_max", "L", [0, 1, 2], 1)]
    assert answer.reasons[0].price == pytest.approx(3 / 80)
    assert "lane L (W → H) is full on days 0–2 (at most 20 kg a day)" in str(answer)


def test_exhausted_stock() -> None:
    """Stock that this demand itself uses up is named with its quantity."""
    network = _network(stocks={"site": ["W"], "resource": ["mask"], "quantity": [50.0]})
    answer = _why(network)
    assert _blamed(answer) == [("source", "W", [0], 1)]
    assert answer.reasons[0].facts["quantity"] == 50
    assert [row["what"] for row in answer.reasons[0].facts["goes_to"]] == ["this"]


def test_arrivals_that_end_are_a_source_of_their_own() -> None:
    """Stock and arrivals are told apart, each with what it held; late ones have no part."""
    network = _network(
        stocks={"site": ["W"], "resource": ["mask"], "quantity": [30.0]},
        arrivals={
            "site": ["W"] * 2,
            "resource": ["mask"] * 2,
            "period": [1, 5],
            "quantity": [20.0, 500.0],
        },
    )
    answer = _why(network)
    sources = [one for one in answer.reasons if one.kind == "source"]
    assert [(one.facts["periods"], one.facts["quantity"]) for one in sources] == [
        ([0], 30.0),
        ([1], 20.0),
    ]
    late = [one for one in answer.reasons if one.kind == "late"]
    assert [one.facts["periods"] for one in late] == [[6]]


def test_material_of_a_material() -> None:
    """Masks of cloth of resin: the resin at the far end is the root, not the idle processes."""
    network = _network(
        stocks={"site": ["X"], "resource": ["resin"], "quantity": [25.0]},
        processes={"process": ["weave", "sew"], "site": ["X", "W"]},
        process_flows={
            "process": ["weave", "weave", "sew", "sew"],
            "resource": ["resin", "cloth", "cloth", "mask"],
            "quantity_per_run": [-1.0, 2.0, -1.0, 1.0],
        },
        lanes=_lanes(XW=("X", "W", 1), L=("W", "H", 1)),
    )
    answer = _why(network)
    assert _blamed(answer) == [("source", "X", [0], 1)]
    facts = answer.reasons[0].facts
    assert facts["resource"] == "resin"
    assert facts["way"] == (
        "resin @ X → weave → cloth @ X → XW → cloth @ W → sew → mask @ W → L → mask @ H → D"
    )
    assert answer.reasons[0].price == pytest.approx(2 / 80)


def test_process_at_its_limit() -> None:
    """With material to spare, the process is the reason, on the days that are in time."""
    network = _network(
        stocks={"site": ["W"], "resource": ["cloth"], "quantity": [900.0]},
        processes={"process": ["sew"], "site": ["W"], "runs_max": [10.0]},
        process_flows={
            "process": ["sew", "sew"],
            "resource": ["cloth", "mask"],
            "quantity_per_run": [-1.0, 1.0],
        },
    )
    answer = _why(network)
    assert _blamed(answer) == [("runs_max", "sew", [0, 1, 2], 1)]


def test_too_late() -> None:
    """Goods that are free but far away: the first day on which they could be there."""
    answer = _why(_network(lanes=_lanes(L=("W", "H", 4))))
    assert _blamed(answer) == [("late", "", [4], 1)]
    assert "mask from W could not arrive before day 4 (2020-02-14)" in str(answer)
    assert "the latest useful day is day 3 (2020-02-13)" in str(answer)


def test_too_late_for_the_calendar() -> None:
    """Also an arrival after the calendar's end has its day."""
    answer = _why(_network(lanes=_lanes(L=("W", "H", 8))))
    assert _blamed(answer) == [("late", "", [8], 1)]


def test_closed_border() -> None:
    """A lane that is closed when it matters; no other lane leads there."""
    answer = _why(_network(profiles=_closed("L", 0, 1, 2)))
    assert _blamed(answer) == [("closed", "L", [0, 1, 2], 1)]


def test_closed_lane_from_an_empty_site_is_not_blamed() -> None:
    """Opening a lane where nothing lies would change nothing."""
    network = _network(
        stocks={"site": ["W"], "resource": ["mask"], "quantity": [50.0]},
        lanes=_lanes(L=("W", "H", 1), GH=("G", "H", 1), WG=("W", "G", 1)),
        profiles=_closed("GH", 0, 1, 2),
    )
    answer = _why(network)
    assert _blamed(answer) == [("source", "W", [0], 1)]
    opened = network.replace(profiles=None)
    assert _gain(opened) == pytest.approx(_gain(network))


def test_two_limits_in_a_row_are_named_together() -> None:
    """A full lane from an exhausted stock: neither is enough, and both say so."""
    network = _network(
        stocks={"site": ["W"], "resource": ["mask"], "quantity": [60.0]},
        lanes=_lanes(L=("W", "H", 1)) | {"mass_kg_max": [20.0]},
    )
    answer = _why(network)
    assert sorted(_blamed(answer)) == [
        ("mass_kg_max", "L", [0, 1, 2], 2),
        ("source", "W", [0], 2),
    ]
    assert all("only together with" in one.text for one in answer.reasons)


def test_export_limit() -> None:
    """A country's limit is named with the country."""
    network = _network(
        sites={"site": ["W", "H"], "country": ["CN", "VN"]},
        export_limits={
            "limit": ["E1"],
            "country": ["CN"],
            "resource": ["mask"],
            "quantity_max": [30.0],
        },
    )
    answer = _why(network)
    assert _blamed(answer) == [("export_limit", "E1", [], 1)]
    assert answer.reasons[0].price == pytest.approx(1 / 80)
    assert "export limit E1 of CN for mask is reached" in str(answer)


@pytest.mark.parametrize("place", [{"site": ["W"]}, {"country": ["CN"]}])
def test_hard_reserve(place: dict[str, list[str]]) -> None:
    """What a hard reserve holds back is the reserve's, not missing; a soft one holds nothing."""
    reserve = {"reserve": ["R2"], **place, "resource": ["mask"], "quantity_min": [50.0]}
    network = _network(reserves=reserve | {"hard": [True]})
    answer = _why(network)
    alone = {(kind, key) for kind, key, _, relieve in _blamed(answer) if relieve == 1}
    # the country's reserve may lie at H itself, and then W has nothing left
    assert alone - {("source", "W")} == {("reserve", "R2")}
    assert "the hard reserve R2 keeps 50 mask at" in str(answer)
    soft = _network(reserves=reserve | {"hard": [False]})
    assert explain(soft, solve(soft), demand="D").facts["short"] == 0


@pytest.mark.parametrize("kind", ["commitment", "pledge"])
def test_goods_bound_by_policy(kind: str) -> None:
    """What a firm commitment or a hard pledge sends elsewhere, to no demand, is theirs."""
    bound = {
        "commitment": {
            "commitment": ["C1"],
            "lane": ["V"],
            "resource": ["mask"],
            "period": [0],
            "quantity": [60.0],
            "firm": [True],
        },
        "pledge": {
            "pledge": ["P1"],
            "country": ["CN"],
            "recipient_country": ["VN"],
            "resource": ["mask"],
            "quantity": [60.0],
            "period": [3],
            "hard": [True],
        },
    }
    lanes = _lanes(L=("W", "H", 1), V=("W", "X", 1))
    answer = _why(_network(lanes=lanes, **{f"{kind}s": bound[kind]}))
    key = bound[kind][kind][0]
    assert _blamed(answer) == [(kind, key, [], 1)]
    assert f"{kind} {key} takes mask elsewhere" in str(answer)


def test_idle_goods_elsewhere_are_not_called_used_up() -> None:
    """Material that was moved about for nothing is still there: the process is the reason."""
    network = _network(
        stocks={"site": ["W"], "resource": ["cloth"], "quantity": [900.0]},
        commitments={
            "commitment": ["C"],
            "lane": ["L"],
            "resource": ["cloth"],
            "period": [0],
            "quantity": [800.0],
        },
        processes={"process": ["sew"], "site": ["W"], "runs_max": [10.0]},
        process_flows={
            "process": ["sew", "sew"],
            "resource": ["cloth", "mask"],
            "quantity_per_run": [-1.0, 1.0],
        },
    )
    assert _blamed(_why(network)) == [("runs_max", "sew", [0, 1, 2], 1)]


def test_priority() -> None:
    """What went to a more urgent demand is said to have gone there."""
    network = _network(
        lanes=_lanes(L=("W", "H", 1), G=("W", "G", 1)),
        demands=_demands(U=("G", 3, 70.0, 1), D=("H", 3, 80.0, 2)),
    )
    answer = _why(network)
    assert _blamed(answer) == [("source", "W", [0], 1)]
    rows = {row["what"]: row for row in answer.reasons[0].facts["goes_to"]}
    assert (rows["urgent"]["quantity"], rows["urgent"]["demands"]) == (70.0, ["U"])
    assert rows["this"]["quantity"] == 30.0
    assert "70 for more urgent demands (U)" in str(answer)


def test_fairness() -> None:
    """An equal demand got its share of what there was."""
    network = _network(
        lanes=_lanes(L=("W", "H", 1), G=("W", "G", 1)),
        demands=_demands(E=("G", 3, 80.0), D=("H", 3, 80.0)),
    )
    answer = _why(network)
    rows = {row["what"]: row["quantity"] for row in answer.reasons[0].facts["goes_to"]}
    assert rows == pytest.approx({"this": 50.0, "equal": 50.0})
    assert "50 shared with demands of the same priority (E)" in str(answer)


def test_expiry() -> None:
    """What expires before it is wanted is the reason, with its last day."""
    network = _network(
        stocks={"site": ["W"], "resource": ["mask"], "quantity": [100.0], "expires_period": [1]}
    )
    answer = _why(network)
    assert _blamed(answer) == [("expiry", "W", [1], 1)]
    assert "mask at W expires at the end of day 1 (2020-02-11)" in str(answer)


def test_equipment_in_use_elsewhere() -> None:
    """Ventilators that more urgent demands occupy are used up, not lost."""
    network = _network(
        resources={"resource": ["mask"], "unit": ["piece"], "kind": ["equipment"]},
        stocks={"site": ["H"], "resource": ["mask"], "quantity": [10.0]},
        demands=_demands(U=("H", 3, 8.0, 1), D=("H", 3, 5.0, 2)),
    )
    answer = _why(network)
    assert _blamed(answer) == [("source", "H", [0], 1)]
    rows = {row["what"]: row["quantity"] for row in answer.reasons[0].facts["goes_to"]}
    assert rows["urgent"] == pytest.approx(8.0)
    assert rows["this"] == pytest.approx(2.0)


def test_idle_equipment_on_a_full_lane() -> None:
    """Idle equipment elsewhere is there: what keeps it is the lane."""
    network = _network(
        resources={
            "resource": ["mask"],
            "unit": ["piece"],
            "kind": ["equipment"],
            "mass_kg": [1.0],
        },
        stocks={"site": ["W"], "resource": ["mask"], "quantity": [10.0]},
        lanes=_lanes(L=("W", "H", 1)) | {"mass_kg_max": [1.0]},
        demands=_demands(D=("H", 3, 5.0)),
    )
    assert _blamed(_why(network)) == [("mass_kg_max", "L", [0, 1, 2], 1)]


def test_service_capacity() -> None:
    """A service that is all used in its period; what another day could give does not help."""
    network = _network(
        resources={"resource": ["mask"], "unit": ["hour"], "kind": ["service"]},
        stocks={"site": [], "resource": [], "quantity": []},
        processes={"process": ["clinic"], "site": ["H"], "runs_max": [30.0]},
        process_flows={"process": ["clinic"], "resource": ["mask"], "quantity_per_run": [1.0]},
    )
    answer = _why(network)
    assert _blamed(answer) == [("runs_max", "clinic", [3], 1)]


def test_shared_capacity_and_quantity_limits() -> None:
    """A truck fleet that is used up is named; with trucks to spare, the lane's own limit is."""
    trucks = {
        "capacities": {"capacity": ["trucks"], "amount_max": [2.0]},
        "capacity_loads": {
            "capacity": ["trucks"],
            "activity": ["L"],
            "amount_per_unit": [0.1],
            "per": ["unit"],
        },
    }
    assert _blamed(_why(_network(**trucks))) == [("amount_max", "trucks", [0, 1, 2], 1)]
    limited = {"lane": ["L"], "resource": ["mask"], "quantity_max": [10.0]}
    answer = _why(_network(lane_resources=limited, **trucks))
    assert _blamed(answer) == [("quantity_max", "L", [0, 1, 2], 1)]


def test_full_store() -> None:
    """A site without room that goods must wait at."""
    network = _network(
        sites={"site": ["W", "H"], "storage_m3_max": [None, 10.0]},
        resources={"resource": ["mask"], "unit": ["piece"], "volume_m3": [1.0], "mass_kg": [1.0]},
        profiles=_closed("L", 2),
    )
    kinds = {(kind, key) for kind, key, _, relieve in _blamed(_why(network)) if relieve == 1}
    assert kinds == {("storage_m3_max", "H"), ("closed", "L")}


def test_lane_that_does_not_carry_it() -> None:
    """A lane that is not allowed is named only if goods lie at its start."""
    network = _network(
        lanes=_lanes(L=("W", "H", 1), N=("G", "H", 1)),
        lane_resources={"lane": ["L", "N"], "resource": ["mask"] * 2, "allowed": [False] * 2},
    )
    assert _blamed(_why(network)) == [("not_carried", "L", [], 1)]


def test_no_way_and_no_supply() -> None:
    """A hospital that nothing leads to, and an item that nobody has."""
    nowhere = _network(lanes=_lanes(L=("H", "W", 1)))
    assert [one.kind for one in _why(nowhere).reasons] == ["no_way"]
    nothing = _network(stocks={"site": ["W"], "resource": ["cloth"], "quantity": [9.0]})
    assert [one.kind for one in _why(nothing).reasons] == ["no_supply"]


def test_substitute_that_is_used_up_is_a_reason_too() -> None:
    """A substitute's stock counts as a way to the demand."""
    network = _network(
        stocks={"site": ["W"] * 2, "resource": ["mask", "cloth"], "quantity": [10.0, 20.0]},
        substitutes={"resource": ["mask"], "substitute": ["cloth"], "quantity_per_unit": [2.0]},
    )
    sources = {one.facts["resource"]: one.price for one in _why(network).reasons}
    assert sources == pytest.approx({"mask": 1 / 80, "cloth": 0.5 / 80})


def test_lots_are_named_where_a_part_of_one_is_left() -> None:
    """Whole numbers leave units behind; the plan has no prices, and the answer says so."""
    network = _network(
        stocks={"site": ["W"], "resource": ["mask"], "quantity": [70.0]},
        lane_resources={"lane": ["L"], "resource": ["mask"], "lot_size": [40.0]},
    )
    answer = _why(network)
    assert ("lot_size", "L", [0, 1, 2], 1) in _blamed(answer)
    assert answer.reasons[0].price is None
    assert "carries no prices" in str(answer)


def test_single_sum_has_its_own_prices() -> None:
    """With `total`, limits are ranked by money."""
    lanes = _lanes(L=("W", "H", 1)) | {"mass_kg_max": [20.0]}
    answer = _why(_network(stages=("total",), lanes=lanes))
    assert answer.reasons[0].price == pytest.approx(3.0)


def test_met_and_unknown_demands() -> None:
    """A demand that is met is said to be met; one that is not there is an error with a hint."""
    network = _network(demands=_demands(D=("H", 3, 60.0)))
    answer = _why(network)
    assert (answer.reasons, answer.facts["short"]) == ((), 0.0)
    assert "fully met" in answer.headline
    renamed = _network(demands=_demands(D1=("H", 3, 60.0)))
    with pytest.raises(InputError, match="Did you mean D1") as raised:
        explain(renamed, solve(renamed), demand="D10")
    assert raised.value.problems[0].table == "demands"


def test_many_sites_are_told_in_one_sentence() -> None:
    """Six empty warehouses make one reason, with all their keys and what they held together."""
    sites = [f"W{number}" for number in range(6)]
    network = _network(
        sites={"site": ["H", *sites]},
        stocks={"site": sites, "resource": ["mask"] * 6, "quantity": [5.0] * 6},
        lanes=_lanes(**{f"L{site}": (site, "H", 1) for site in sites}),
    )
    (reason,) = _why(network).reasons
    assert sorted(reason.facts["keys"]) == sites
    assert reason.facts["quantity"] == pytest.approx(30.0)
    assert "the 30 mask on hand at 6 sites (W0, W1, W2, +3) is used up" in reason.text


def test_relieving_a_named_limit_helps() -> None:
    """Each limit that is named alone makes the shortage smaller when it is raised by one."""
    lanes = _lanes(L=("W", "H", 1), M=("G", "H", 1)) | {"mass_kg_max": [10.0, None]}
    stocks = {"site": ["W", "G"], "resource": ["mask"] * 2, "quantity": [100.0, 5.0]}
    network = _network(lanes=lanes, stocks=stocks)
    answer = _why(network)
    assert {one.facts["key"] for one in answer.reasons} == {"L", "G"}
    before = _gain(network)
    wider = _network(lanes=lanes | {"mass_kg_max": [11.0, None]}, stocks=stocks)
    more = _network(lanes=lanes, stocks=stocks | {"quantity": [100.0, 6.0]})
    useless = _network(lanes=lanes, stocks=stocks | {"quantity": [101.0, 5.0]})
    assert _gain(wider) == pytest.approx(before - 3)
    assert _gain(more) == pytest.approx(before - 1)
    assert _gain(useless) == pytest.approx(before)


def test_chinese_says_the_same() -> None:
    """Every reason has its sentence in both languages, with the same facts."""
    network = _network(lanes=_lanes(L=("W", "H", 1)) | {"mass_kg_max": [20.0]})
    plan = solve(network)
    english = explain(network, plan, demand="D")
    chinese = explain(network, plan, demand="D", language="zh")
    assert [one.facts for one in english.reasons] == [one.facts for one in chinese.reasons]
    assert "通道 L（W → H）在第0–2天已满" in str(chinese)
