"""Hand-solved networks for capacities, profiles, storage, demands and substitutes."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.engine.networks import (
    Row,
    demand,
    flow,
    lane,
    process,
    short,
    solved,
    stock,
    tiny,
    total,
    values,
)


def one_lane(quantity: float = 10, *, lane_more: Row | None = None, **more: Any) -> Any:
    """100 masks at A, `quantity` wanted at B in period 0 (on time or lost), one lane A>B."""
    return tiny(
        "A B",
        stocks=[stock("A", 100)],
        lanes=[lane("A", "B", **(lane_more or {}))],
        demands=[demand("D", "B", quantity, lateness_max=0)],
        **more,
    )


def test_mass_and_volume_limit_a_lane_by_all_it_carries() -> None:
    """A mask weighs 2 kg and takes 0.5 m³: 12 kg carry 6, 2 m³ carry 4; both given, 4."""
    mask = {"mask": {"mass_kg": 2, "volume_m3": 0.5}}
    for limits, carried in (
        ({"mass_kg_max": 12}, 6),
        ({"volume_m3_max": 2}, 4),
        ({"mass_kg_max": 12, "volume_m3_max": 2}, 4),
    ):
        plan = solved(one_lane(lane_more=limits, changed=mask))
        assert short(plan) == {"D": pytest.approx(10 - carried)}


def test_a_lanes_limit_is_shared_by_resources() -> None:
    """7 kg shared by masks of 1 kg (urgent, 4 wanted) and gowns of 2 kg: 4 + 1.5 go."""
    plan = solved(
        tiny(
            "A B",
            "mask gown",
            changed={"mask": {"mass_kg": 1}, "gown": {"mass_kg": 2}},
            stocks=[stock("A", 10), stock("A", 10, "gown")],
            lanes=[lane("A", "B", mass_kg_max=7)],
            demands=[
                demand("M", "B", 4, lateness_max=0),
                demand("G", "B", 4, resource="gown", priority=2, lateness_max=0),
            ],
        )
    )
    assert short(plan) == {"G": pytest.approx(2.5)}


@pytest.mark.parametrize("resource_rows", ["one layer", "several layers"])
def test_quantity_max_limits_a_resource_on_a_lane(resource_rows: str) -> None:
    """At most 3 a period: 7 of 10 are short, however many expiries share the limit."""
    network = one_lane(lane_resources=[{"lane": "A>B", "resource": "mask", "quantity_max": 3}])
    if resource_rows == "several layers":
        dated = [stock("A", 50, expires_period=0), stock("A", 50, expires_period=1)]
        network = network.replace(stocks=pl.DataFrame(dated))
    assert short(solved(network)) == {"D": pytest.approx(7)}


def test_allowed_says_what_a_lane_carries() -> None:
    """`true` lets a lane carry only what is so marked, `false` bars one resource, empty nothing."""
    for rows, missing in (
        ([("mask", True)], {"G": 5}),
        ([("mask", False)], {"M": 5}),
        ([("mask", None)], {}),
        ([("gown", True), ("mask", None)], {"M": 5}),
    ):
        plan = solved(
            tiny(
                "A B",
                "mask gown",
                stocks=[stock("A", 5), stock("A", 5, "gown")],
                lanes=[lane("A", "B")],
                lane_resources=[
                    {"lane": "A>B", "resource": resource, "allowed": allowed, "cost_per_unit": 1}
                    for resource, allowed in rows
                ],
                demands=[demand("M", "B", 5), demand("G", "B", 5, resource="gown")],
            )
        )
        assert short(plan) == missing


def test_runs_max_limits_starts_in_each_period() -> None:
    """2 runs a period of 3 masks: of 20 wanted in period 1, 12 are made by then."""
    plan = solved(
        tiny(
            "A",
            processes=[process("make", "A", runs_max=2)],
            process_flows=[flow("make", "mask", 3)],
            demands=[demand("D", "A", 20, 1, lateness_max=0)],
        )
    )
    assert short(plan) == {"D": pytest.approx(8)}


@pytest.mark.parametrize(("per", "amount", "carried"), [("unit", 2, 6), ("kg", 1, 4), ("m3", 4, 6)])
def test_a_shared_capacity_counts_shipments_by_unit_kg_or_m3(
    per: str, amount: float, carried: float
) -> None:
    """Capacity 12; a mask weighs 3 kg and takes 0.5 m³: 12 ÷ 2, 12 ÷ (1 × 3), 12 ÷ (4 × 0.5)."""
    plan = solved(
        one_lane(
            changed={"mask": {"mass_kg": 3, "volume_m3": 0.5}},
            capacities=[{"capacity": "trucks", "amount_max": 12}],
            capacity_loads=[
                {"capacity": "trucks", "activity": "A>B", "amount_per_unit": amount, "per": per}
            ],
        )
    )
    assert short(plan) == {"D": pytest.approx(10 - carried)}


def test_a_shared_capacity_is_shared_by_runs_and_lanes() -> None:
    """A crew of 10 hours: a run takes 2 and makes 1, a unit shipped takes 3.

    Each mask made at A and sent to B takes 5 hours: 2 of 6 arrive in period 0.
    """
    plan = solved(
        tiny(
            "A B",
            processes=[process("make", "A")],
            process_flows=[flow("make", "mask", 1)],
            lanes=[lane("A", "B")],
            capacities=[{"capacity": "crew", "amount_max": 10}],
            capacity_loads=[
                {"capacity": "crew", "activity": "make", "amount_per_unit": 2, "per": "run"},
                {"capacity": "crew", "activity": "A>B", "amount_per_unit": 3, "per": "unit"},
            ],
            demands=[demand("D", "B", 6, lateness_max=0)],
        )
    )
    assert short(plan) == {"D": pytest.approx(4)}


@pytest.mark.parametrize(
    ("table", "key", "attribute", "value", "delivered"),
    [
        ("processes", "make", "runs_max", 1, [1, 4, 4]),
        ("processes", "make", "runs_max", 9, [9, 4, 4]),
        ("capacities", "crew", "amount_max", 2, [2, 4, 4]),
        ("lanes", "A>B", "mass_kg_max", 3, [3, 4, 4]),
        ("lanes", "A>B", "volume_m3_max", 0, [0, 4, 4]),
        ("lanes", "A>B", "open", 0, [0, 4, 4]),
        ("lanes", "A>B", "open", 1, [4, 4, 4]),
    ],
)
def test_a_profile_replaces_a_limit_in_its_period_only(
    table: str, key: str, attribute: str, value: float, delivered: list[float]
) -> None:
    """4 runs a period by default, each of 1 mask of 1 kg and 1 m³ sent to B; period 0 differs.

    20 are wanted in each period, on time or lost; stock cannot be built up, since masks are
    a service here, so that each period shows its own limit.
    """
    plan = solved(
        tiny(
            "A B",
            changed={"mask": {"mass_kg": 1, "volume_m3": 1, "kind": "service"}},
            processes=[process("make", "A", runs_max=4)],
            process_flows=[flow("make", "mask", 1)],
            lanes=[lane("A", "B", mass_kg_max=15, volume_m3_max=15)],
            capacities=[{"capacity": "crew", "amount_max": 12}],
            capacity_loads=[
                {"capacity": "crew", "activity": "make", "amount_per_unit": 1, "per": "run"}
            ],
            profiles=[
                {"table": table, "key": key, "attribute": attribute, "period": 0, "value": value}
            ],
            demands=[demand(f"D{period}", "B", 20, period) for period in range(3)],
        )
    )
    assert [total(plan.deliveries, period=period) for period in range(3)] == pytest.approx(
        delivered
    )


def test_storage_makes_room_by_sending_on() -> None:
    """B holds 4 m³; 10 masks of 1 m³ lie at A (no limit), wanted at B in 2 only.

    The lane takes 1 period and is closed in 1: what leaves in 0 waits at B in 1, at most 4.
    """
    plan = solved(
        tiny(
            "A B",
            changed={"mask": {"volume_m3": 1}, "B": {"storage_m3_max": 4}},
            stocks=[stock("A", 10)],
            lanes=[lane("A", "B", 1)],
            profiles=[
                {"table": "lanes", "key": "A>B", "attribute": "open", "period": 1, "value": 0}
            ],
            demands=[demand("D", "B", 10, 2)],
        )
    )
    assert short(plan) == {"D": pytest.approx(6)}
    assert plan.breaches.is_empty()


def test_storage_is_breached_only_by_what_is_certain() -> None:
    """7 m³ lie in room for 5 and cannot leave: breach of 2 in each period, 3 × 2 ÷ 5 in policy."""
    plan = solved(
        tiny(
            "A",
            changed={"mask": {"volume_m3": 1}, "A": {"storage_m3_max": 5}},
            stocks=[stock("A", 7)],
            demands=[demand("D", "A", 0)],
        )
    )
    assert plan.breaches.rows() == [("storage", "A", period, 2.0) for period in range(3)]
    assert values(plan)["policy:all"] == pytest.approx(1.2)


def test_storage_of_no_room_at_all_counts_by_the_cubic_metre() -> None:
    """Room for 0, 3 m³ lie there in 2 periods: policy counts 3 + 3, a cubic metre as one."""
    plan = solved(
        tiny(
            "A",
            periods=2,
            changed={"mask": {"volume_m3": 1}, "A": {"storage_m3_max": 0}},
            stocks=[stock("A", 3)],
        )
    )
    assert values(plan)["policy:all"] == pytest.approx(6)


def test_lateness_max_bounds_when_a_delivery_counts() -> None:
    """Due in 0, goods there from 2: met if late by 2 is allowed (or nothing said), short if 1."""
    for most, missing in ((None, {}), (2, {}), (1, {"D": 3})):
        plan = solved(
            tiny(
                "A",
                arrivals=[stock("A", 3, period=2)],
                demands=[demand("D", "A", 3, 0, lateness_max=most)],
            )
        )
        assert short(plan) == missing


def test_equipment_and_services_are_on_time_or_lost_unless_said_otherwise() -> None:
    """Due in 0, there from 1: short by default; with lateness_max = 1 it counts."""
    for kind in ("service", "equipment"):
        for most, missing in ((None, {"D": 2}), (1, {})):
            plan = solved(
                tiny(
                    "A",
                    changed={"mask": {"kind": kind}},
                    arrivals=[stock("A", 2, period=1)],
                    demands=[demand("D", "A", 2, 0, lateness_max=most)],
                )
            )
            assert short(plan) == missing


def test_a_substitute_counts_by_its_ratio_and_costs_its_penalty() -> None:
    """2 N95 in place of 1 mask at penalty 3 a mask: 4 masks and 6 N95 meet 7 of 8 wanted.

    The 3 masks met by N95 cost 9; no N95 is used while masks are left.
    """
    plan = solved(
        tiny(
            "A",
            "mask N95",
            stocks=[stock("A", 4), stock("A", 6, "N95")],
            substitutes=[
                {
                    "resource": "mask",
                    "substitute": "N95",
                    "quantity_per_unit": 2,
                    "penalty_per_unit": 3,
                }
            ],
            demands=[demand("D", "A", 8)],
        )
    )
    assert short(plan) == {"D": pytest.approx(1)}
    assert total(plan.deliveries, resource="N95") == pytest.approx(6)
    assert values(plan)["cost:all"] == pytest.approx(9)


def test_substitutes_are_not_chained() -> None:
    """C stands in for B and B for A: a demand of A is not met with C."""
    substitutes = [
        {"resource": "A", "substitute": "B", "quantity_per_unit": 1},
        {"resource": "B", "substitute": "C", "quantity_per_unit": 1},
    ]
    plan = solved(
        tiny(
            "S",
            "A B C",
            stocks=[stock("S", 5, "C")],
            substitutes=substitutes,
            demands=[demand("D", "S", 5, resource="A")],
        )
    )
    assert short(plan) == {"D": 5}
