"""Hand-solved networks for whole things: lots, least quantities, vehicles and runs."""

from __future__ import annotations

from typing import Any

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


def test_lots_are_whole() -> None:
    """In lots of 4, of 10 wanted and 11 there: 8 are sent and 2 are short; 12 are not there."""
    plan = solved(
        tiny(
            "A B",
            stocks=[stock("A", 11)],
            lanes=[lane("A", "B")],
            lane_resources=[{"lane": "A>B", "resource": "mask", "lot_size": 4}],
            demands=[demand("D", "B", 10, lateness_max=0)],
        )
    )
    assert short(plan) == {"D": pytest.approx(2)}
    assert plan.shipments["quantity"].to_list() == [8]


def test_lots_may_bring_more_than_is_wanted() -> None:
    """In lots of 4 with 20 there: 12 are sent for a demand of 10, at cost 12."""
    plan = solved(
        one_lane(
            lane_resources=[{"lane": "A>B", "resource": "mask", "lot_size": 4, "cost_per_unit": 1}]
        )
    )
    assert short(plan) == {}
    assert values(plan)["cost:all"] == pytest.approx(12)


def test_quantity_min_is_nothing_or_at_least_this() -> None:
    """At least 6 a shipment: with 5 there nothing goes; with 8 there and 4 wanted, 6 go."""
    for there, missing, sent in ((5, {"D": 4}, 0), (8, {}, 6)):
        plan = solved(
            tiny(
                "A B",
                stocks=[stock("A", there)],
                lanes=[lane("A", "B", cost_per_kg=1)],
                changed={"mask": {"mass_kg": 1}},
                lane_resources=[{"lane": "A>B", "resource": "mask", "quantity_min": 6}],
                demands=[demand("D", "B", 4, lateness_max=0)],
            )
        )
        assert short(plan) == missing
        assert total(plan.shipments) == pytest.approx(sent)


def test_vehicles_are_whole_by_mass_and_by_volume() -> None:
    """10 masks of 2 kg and 1 m³: by 8 kg 3 vehicles, by 2 m³ 5; both given, 5, at 7 each."""
    for size, count in (
        ({"vehicle_kg": 8}, 3),
        ({"vehicle_m3": 2}, 5),
        ({"vehicle_kg": 8, "vehicle_m3": 2}, 5),
    ):
        plan = solved(
            one_lane(
                lane_more=size | {"cost_per_vehicle": 7},
                changed={"mask": {"mass_kg": 2, "volume_m3": 1}},
            )
        )
        assert short(plan) == {}
        assert plan.vehicles.rows() == [("A>B", 0, count)]
        assert values(plan)["cost:all"] == pytest.approx(7 * count)


def test_a_vehicle_is_filled_before_the_next_is_sent() -> None:
    """5 wanted in 0 and 5 in 1; a vehicle of 10 at 100 each: one, early, serves both."""
    plan = solved(
        tiny(
            "A B",
            changed={"mask": {"mass_kg": 1}},
            stocks=[stock("A", 20)],
            lanes=[lane("A", "B", vehicle_kg=10, cost_per_vehicle=100)],
            demands=[demand("D0", "B", 5, 0), demand("D1", "B", 5, 1)],
        )
    )
    assert values(plan)["cost:all"] == pytest.approx(100)


def test_whole_runs() -> None:
    """Runs of 3 are whole: 2 runs (6) for 5 wanted; at most 1.5 a period means 1."""
    for most, missing in ((None, {}), (1.5, {"D": 2})):
        plan = solved(
            tiny(
                "A",
                processes=[process("make", "A", runs_whole=True, runs_max=most, cost_per_run=1)],
                process_flows=[flow("make", "mask", 3)],
                demands=[demand("D", "A", 5, lateness_max=0)],
            )
        )
        assert short(plan) == ({} if not missing else {"D": pytest.approx(2)})
        assert total(plan.runs) == pytest.approx(2 if most is None else 1)


def test_bounds_with_whole_numbers_are_marked_as_the_solvers() -> None:
    """With whole numbers there are no prices; every bound is the solver's and proves the value."""
    plan = solved(one_lane(lane_resources=[{"lane": "A>B", "resource": "mask", "lot_size": 4}]))
    assert set(plan.stages["bound_from"].to_list()) == {"solver"}
    assert plan.prices.is_empty()
    assert plan.capacity_prices.is_empty()
    assert plan.gap == pytest.approx(0, abs=1e-6)
