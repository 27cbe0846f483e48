"""Hand-solved networks for balance, expiry, lead times, kinds of resources and processes."""

from __future__ import annotations

import pytest

from tests.engine.networks import (
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


def test_stock_is_used_where_it_lies() -> None:
    """Rule 1: 7 in stock, 5 wanted in period 1: 5 delivered, 7 then 2 left, no shortage."""
    plan = solved(tiny("A", stocks=[stock("A", 7)], demands=[demand("D", "A", 5, 1)]))
    assert short(plan) == {}
    assert [total(plan.stocks, period=period) for period in range(3)] == [7, 2, 2]


def test_nothing_comes_from_nothing() -> None:
    """Rule 1: no supply at all: the whole demand is short, and every other frame is empty."""
    plan = solved(tiny("A B", lanes=[lane("A", "B")], demands=[demand("D", "B", 4)]))
    assert short(plan) == {"D": 4}
    assert plan.shipments.is_empty()
    assert plan.deliveries.is_empty()


def test_zero_quantities_are_no_trouble() -> None:
    """A demand, a stock and a reserve of 0 ask for nothing and give nothing."""
    plan = solved(
        tiny(
            "A",
            stocks=[stock("A", 0)],
            demands=[demand("D", "A", 0)],
            reserves=[{"reserve": "R", "site": "A", "resource": "mask", "quantity_min": 0}],
        )
    )
    assert short(plan) == {}
    assert plan.status == "optimal"


def test_an_arrival_can_be_used_in_its_period_but_not_before() -> None:
    """Rule 1: 3 arrive in period 1: D0 (period 0, on time or lost) is short, D1 is met."""
    plan = solved(
        tiny(
            "A",
            arrivals=[stock("A", 3, period=1)],
            demands=[demand("D0", "A", 3, 0, lateness_max=0), demand("D1", "A", 3, 1)],
        )
    )
    assert short(plan) == {"D0": 3}


def test_lead_time_and_the_calendars_end() -> None:
    """What would arrive after the last period is never sent.

    Three periods, lead time 2: leaving in 0 arrives in 2, which is in time for D (due 1, late
    by 1). With a lead time of 3 nothing can arrive, and all 4 are short.
    """
    for lead, missing in ((2, {}), (3, {"D": 4})):
        plan = solved(
            tiny(
                "A B",
                stocks=[stock("A", 4)],
                lanes=[lane("A", "B", lead)],
                demands=[demand("D", "B", 4, 1)],
            )
        )
        assert short(plan) == missing
    assert plan.shipments.is_empty()


def test_no_lead_time_passes_through_several_sites_in_one_period() -> None:
    """With lead time 0 goods are sent on in the same period: A → B → C, used in period 0."""
    plan = solved(
        tiny(
            "A B C",
            stocks=[stock("A", 4)],
            lanes=[lane("A", "B"), lane("B", "C")],
            demands=[demand("D", "C", 4, 0, lateness_max=0)],
        )
    )
    assert short(plan) == {}
    assert plan.shipments["depart_period"].to_list() == [0, 0]


def test_a_ring_of_lanes_without_lead_time_makes_nothing() -> None:
    """A ↔ B without lead time, 2 in stock, 5 wanted at B: 3 are short, whatever goes round."""
    plan = solved(
        tiny(
            "A B",
            stocks=[stock("A", 2)],
            lanes=[lane("A", "B"), lane("B", "A")],
            demands=[demand("D", "B", 5)],
        )
    )
    assert short(plan) == {"D": pytest.approx(3)}


def test_valid_until_a_date_is_used_before_that_date() -> None:
    """Issue case: stock valid until a date is used before that date.

    10 expire after period 0, 10 keep. 10 are wanted in period 0 and 10 in period 1: both are met
    only if those that expire serve period 0.
    """
    plan = solved(
        tiny(
            "A",
            stocks=[stock("A", 10, expires_period=0), stock("A", 10)],
            demands=[demand("D0", "A", 10, 0), demand("D1", "A", 10, 1)],
        )
    )
    assert short(plan) == {}
    assert total(plan.deliveries, demand="D0", expires_period=0) == 10
    assert total(plan.deliveries, demand="D1", expires_period=None) == 10
    assert plan.expiries.is_empty()


def test_expired_units_are_never_used_and_cost_their_value() -> None:
    """6 at value 3 expire after period 1, wanted in period 2: 6 short, 6 expired, cost 18."""
    plan = solved(
        tiny(
            "A",
            changed={"mask": {"value": 3}},
            stocks=[stock("A", 6, expires_period=1)],
            demands=[demand("D", "A", 6, 2)],
        )
    )
    assert short(plan) == {"D": 6}
    assert total(plan.expiries, site="A", period=1) == 6
    assert values(plan)["cost:all"] == 18


def test_nothing_is_sent_that_would_expire_on_the_way() -> None:
    """Last usable in 1, lead time 2: not sent; a lane of lead time 1 brings it just in time."""
    for lead, missing in ((2, {"D": 5}), (1, {})):
        plan = solved(
            tiny(
                "A B",
                stocks=[stock("A", 5, expires_period=1)],
                lanes=[lane("A", "B", lead)],
                demands=[demand("D", "B", 5, 1)],
            )
        )
        assert short(plan) == missing


def test_shelf_life_counts_from_output_and_moving_does_not_renew_it() -> None:
    """Made in 0 with shelf life 1: last usable in 1, wherever it goes.

    Runs at most 2 a period at A, sent to B in one period. Wanted at B in 2: only what is made
    in 1 (2 units) can still be used there; what is made in 2 cannot arrive.
    """
    network = tiny(
        "A B",
        changed={"mask": {"shelf_life_periods": 1}},
        processes=[process("make", "A", runs_max=2)],
        process_flows=[flow("make", "mask", 1)],
        lanes=[lane("A", "B", 1)],
        demands=[demand("D", "B", 5, 2)],
    )
    plan = solved(network)
    assert short(plan) == {"D": 3}
    assert plan.deliveries["expires_period"].to_list() == [2]


def test_shelf_life_of_an_arrival_counts_from_its_arrival() -> None:
    """Arrives in 0 with shelf life 1 and no stated date: usable in 0 and 1, not in 2.

    4 arrive, 1 is wanted in 1 and 9 in 2: 3 expire at the end of 1.
    """
    plan = solved(
        tiny(
            "A",
            changed={"mask": {"shelf_life_periods": 1}},
            arrivals=[stock("A", 4, period=0)],
            demands=[demand("D1", "A", 1, 1, lateness_max=0), demand("D2", "A", 9, 2)],
        )
    )
    assert short(plan) == {"D2": 9}
    assert total(plan.expiries, period=1) == 3


def test_stated_dates_beyond_the_calendar_are_kept_in_the_plan() -> None:
    """Units that last to 5 and to 7 (calendar of 3) are alike, but the plan states their dates.

    First to expire goes first: of 4 + 4, 6 are used: 4 that last to 5, 2 that last to 7.
    """
    plan = solved(
        tiny(
            "A",
            stocks=[stock("A", 4, expires_period=5), stock("A", 4, expires_period=7)],
            demands=[demand("D", "A", 6, 1)],
        )
    )
    assert total(plan.deliveries, expires_period=5) == 4
    assert total(plan.deliveries, expires_period=7) == 2
    assert total(plan.stocks, period=2, expires_period=7) == 2


def test_a_service_is_lost_when_unused() -> None:
    """3 consultations a period, wanted 5 in period 1: the 3 of period 0 cannot be kept, 2 short."""
    plan = solved(
        tiny(
            "A",
            changed={"mask": {"kind": "service"}},
            arrivals=[stock("A", 3, period=0), stock("A", 3, period=1)],
            demands=[demand("D", "A", 5, 1)],
        )
    )
    assert short(plan) == {"D": 2}
    assert plan.stocks.is_empty()
    assert plan.expiries.is_empty()


def test_a_service_is_sent_over_lanes_without_being_stored() -> None:
    """A service of period 0 sent over a lane of lead time 1 serves period 1, not period 2.

    Services are on time or lost: of 4 wanted in each of 1 and 2, those of 2 are short.
    """
    plan = solved(
        tiny(
            "A B",
            changed={"mask": {"kind": "service"}},
            arrivals=[stock("A", 4, period=0)],
            lanes=[lane("A", "B", 1)],
            demands=[demand("D1", "B", 4, 1), demand("D2", "B", 4, 2)],
        )
    )
    assert short(plan) == {"D2": 4}


def test_equipment_is_lent_moved_and_not_used_up() -> None:
    """One set of 3 ventilators serves A in 0, travels in 0 → 1 and serves B in 2.

    Leaving A in period 1 (after its demand of 0) over a lane of lead time 1, all 3 stand at B in
    2: nothing is short, and all 3 are still there at the end.
    """
    plan = solved(
        tiny(
            "A B",
            changed={"mask": {"kind": "equipment"}},
            stocks=[stock("A", 3)],
            lanes=[lane("A", "B", 1)],
            demands=[demand("D0", "A", 3, 0), demand("D2", "B", 3, 2)],
        )
    )
    assert short(plan) == {}
    assert total(plan.stocks, period=2) == 3


def test_equipment_serves_one_demand_at_a_time() -> None:
    """3 stand at A; two demands of 2 in the same period: 1 is short. In the next, none is."""
    plan = solved(
        tiny(
            "A",
            changed={"mask": {"kind": "equipment"}},
            stocks=[stock("A", 3)],
            demands=[
                demand("D0", "A", 2, 0, group="x"),
                demand("D1", "A", 2, 0, group="x"),
                demand("D2", "A", 3, 1),
            ],
        )
    )
    assert sum(short(plan).values()) == pytest.approx(1)
    assert "D2" not in short(plan)


def test_bill_of_materials_of_three_levels() -> None:
    """4 pellets → 2 cloth → 1 mask: 10 pellets make 2.5 masks; of 4 wanted, 1.5 are short."""
    plan = solved(
        tiny(
            "A",
            "pellet cloth mask",
            stocks=[stock("A", 10, "pellet")],
            processes=[process("melt", "A"), process("sew", "A")],
            process_flows=[
                flow("melt", "pellet", -4),
                flow("melt", "cloth", 2),
                flow("sew", "cloth", -2),
                flow("sew", "mask", 1),
            ],
            demands=[demand("D", "A", 4)],
        )
    )
    assert short(plan) == {"D": pytest.approx(1.5)}
    assert total(plan.runs, process="sew") == pytest.approx(2.5)


def test_a_process_gives_its_co_products_together() -> None:
    """One run makes 2 masks and 1 gown: for 6 masks, 3 gowns come along whether wanted or not."""
    plan = solved(
        tiny(
            "A",
            "mask gown",
            processes=[process("make", "A", cost_per_run=5)],
            process_flows=[flow("make", "mask", 2), flow("make", "gown", 1)],
            demands=[demand("M", "A", 6), demand("G", "A", 1, resource="gown")],
        )
    )
    assert total(plan.runs) == pytest.approx(3)
    assert total(plan.stocks, resource="gown", period=2) == pytest.approx(2)
    assert values(plan)["cost:all"] == pytest.approx(15)


def test_production_lead_time_and_the_calendars_end() -> None:
    """With a lead time of 1, runs of period 0 give in 1, those of 2 would give after the end.

    1 run a period: wanted 3 in period 2, made in time: those of 0 and 1; 1 is short.
    """
    plan = solved(
        tiny(
            "A",
            processes=[process("make", "A", runs_max=1, lead_time_periods=1)],
            process_flows=[flow("make", "mask", 1)],
            demands=[demand("D", "A", 3, 2)],
        )
    )
    assert short(plan) == {"D": 1}
    assert sorted(plan.runs["period"].to_list()) == [0, 1]


def test_a_purchase_costs_what_its_runs_cost() -> None:
    """A process that uses nothing is a purchase: 7 units in packs of 2 cost 3.5 × 8 = 28."""
    plan = solved(
        tiny(
            "A",
            processes=[process("buy", "A", cost_per_run=8)],
            process_flows=[flow("buy", "mask", 2)],
            demands=[demand("D", "A", 7)],
        )
    )
    assert short(plan) == {}
    assert values(plan)["cost:all"] == pytest.approx(28)


def test_inputs_are_drawn_from_what_expires_as_well() -> None:
    """A process may use units that expire: 3 that expire in 0 and 1 that keeps make 4 masks."""
    plan = solved(
        tiny(
            "A",
            "cloth mask",
            stocks=[stock("A", 3, "cloth", expires_period=0), stock("A", 1, "cloth")],
            processes=[process("sew", "A")],
            process_flows=[flow("sew", "cloth", -1), flow("sew", "mask", 1)],
            demands=[demand("D", "A", 5, 2)],
        )
    )
    assert short(plan) == {"D": 1}
    assert total(plan.runs, period=0) >= 3


def test_a_material_with_two_users_goes_to_the_more_urgent() -> None:
    """Issue case: P can use A or B and Q needs A; ten of each, ten wanted of each: both in full.

    P is more urgent; it takes B although A would do, so that A is left for Q.
    """
    plan = solved(
        tiny(
            "S",
            "A B P Q",
            stocks=[stock("S", 10, "A"), stock("S", 10, "B")],
            processes=[process("PA", "S"), process("PB", "S"), process("QA", "S")],
            process_flows=[
                flow("PA", "A", -1),
                flow("PA", "P", 1),
                flow("PB", "B", -1),
                flow("PB", "P", 1),
                flow("QA", "A", -1),
                flow("QA", "Q", 1),
            ],
            demands=[
                demand("wants P", "S", 10, resource="P", priority=1),
                demand("wants Q", "S", 10, resource="Q", priority=2),
            ],
        )
    )
    assert short(plan) == {}
    assert total(plan.runs, process="PB") == pytest.approx(10)
    assert total(plan.runs, process="QA") == pytest.approx(10)


def test_a_ring_that_costs_nothing_carries_no_goods_that_are_not_there() -> None:
    """Goods of two expiries by a free ring S ↔ T: no plan may send round what is long used up.

    3 a period are made at S with shelf life 1 and wanted at T; nothing is left to go round.
    Labels of expiry must follow what is really there, whichever way it is sent.
    """
    plan = solved(
        tiny(
            "S T",
            changed={"mask": {"shelf_life_periods": 1}},
            processes=[process("make", "S", runs_max=3)],
            process_flows=[flow("make", "mask", 1)],
            lanes=[lane("S", "T"), lane("T", "S")],
            demands=[demand(f"D{period}", "T", 3, period) for period in range(3)],
        )
    )
    assert short(plan) == {}
    assert total(plan.shipments, lane="S>T") - total(plan.shipments, lane="T>S") == pytest.approx(9)
    assert total(plan.shipments, lane="T>S") == 0


def test_a_free_ring_among_stocks_of_several_expiries() -> None:
    """Stocks that last to 6 and for ever (calendar of 5), and a free ring: units keep their date.

    5 at A keep, 20 at B last to 6; A and C form a ring of lanes without lead time. The room at
    C for 1 unit must not fill with units that are nowhere.
    """
    plan = solved(
        tiny(
            "A B C",
            periods=5,
            changed={"mask": {"volume_m3": 1}, "C": {"storage_m3_max": 1}},
            stocks=[stock("A", 5), stock("B", 20, expires_period=6)],
            lanes=[lane("A", "C"), lane("C", "A"), lane("B", "A", 1)],
            demands=[demand("D", "A", 30), demand("E", "C", 3, 1, priority=2)],
        )
    )
    assert sum(short(plan).values()) == pytest.approx(8)
    assert total(plan.breaches, policy="storage") == 0
