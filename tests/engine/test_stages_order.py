"""Hand-solved networks for every objective stage, their order, and the single sum."""

from __future__ import annotations

import pytest

from sampan.errors import ContradictionError
from sampan.solve import solve
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


def test_the_more_urgent_class_is_served_first() -> None:
    """10 there, 8 wanted urgently and 8 less so: 6 of the second class are short."""
    plan = solved(
        tiny(
            "A",
            stocks=[stock("A", 10)],
            demands=[demand("U", "A", 8), demand("L", "A", 8, priority=2)],
        )
    )
    assert short(plan) == {"L": pytest.approx(6)}
    assert values(plan)["shortage:1"] == 0
    assert values(plan)["shortage:2"] == pytest.approx(0.75)


def test_shortage_weighs_shares_by_importance() -> None:
    """A lane of 6 kg: masks (6 wanted, 1 kg) or gowns (3 wanted, 1 kg, importance 3).

    A kilogram of gowns saves 3 ÷ 3, one of masks 1 ÷ 6: 3 gowns first, then 3 masks.
    """
    plan = solved(
        tiny(
            "A B",
            "mask gown",
            stages=("shortage",),
            changed={"mask": {"mass_kg": 1}, "gown": {"mass_kg": 1, "importance": 3}},
            stocks=[stock("A", 9), stock("A", 9, "gown")],
            lanes=[lane("A", "B", mass_kg_max=6)],
            demands=[
                demand("M", "B", 6, lateness_max=0),
                demand("G", "B", 3, resource="gown", lateness_max=0),
            ],
        )
    )
    assert short(plan) == {"M": pytest.approx(3)}
    assert values(plan)["shortage:1"] == pytest.approx(0.5)


def test_ten_units_and_two_equal_demands_of_ten_give_five_each() -> None:
    """Issue case: ten units and two equal demands of ten → five each."""
    plan = solved(
        tiny(
            "A B C",
            stocks=[stock("A", 10)],
            lanes=[lane("A", "B"), lane("A", "C")],
            demands=[demand("B", "B", 10), demand("C", "C", 10)],
        )
    )
    assert short(plan) == {"B": pytest.approx(5), "C": pytest.approx(5)}


def test_fairness_is_by_group_where_groups_are_given() -> None:
    """B alone is east; C and D are west: east gets 1/2 of its 10, west 1/2 of its 20.

    By site it would be the same fill rate, but within west any split is as good; its sum is 10.
    """
    plan = solved(
        tiny(
            "A B C D",
            stocks=[stock("A", 15)],
            lanes=[lane("A", "B"), lane("A", "C"), lane("A", "D")],
            demands=[
                demand("B", "B", 10, group="east"),
                demand("C", "C", 10, group="west"),
                demand("D", "D", 10, group="west"),
            ],
        )
    )
    missing = short(plan)
    assert missing.pop("B") == pytest.approx(5)
    assert sum(missing.values()) == pytest.approx(10)


def test_max_min_goes_on_after_the_first_round() -> None:
    """Three demands of 10. B can get at most 2 (its lane), C at most 5, D all the rest of 12.

    Least fill rates: B 0.2; then C and D share the other 10: C 0.5, D 0.5. With 16 there: B
    0.2, C 0.5 (its lane), D 0.9: three rounds.
    """
    for there, rates in ((12, [0.2, 0.5, 0.5]), (16, [0.2, 0.5, 0.9])):
        plan = solved(
            tiny(
                "A B C D",
                changed={"mask": {"mass_kg": 1}},
                stocks=[stock("A", there)],
                lanes=[
                    lane("A", "B", mass_kg_max=2),
                    lane("A", "C", mass_kg_max=5),
                    lane("A", "D"),
                ],
                demands=[demand(key, key, 10, lateness_max=0) for key in "BCD"],
            )
        )
        missing = short(plan)
        assert [1 - missing[key] / 10 for key in "BCD"] == pytest.approx(rates)
        found = [value for key, value in values(plan).items() if key.startswith("fairness")]
        assert found == pytest.approx(sorted(set(rates)))


def test_max_min_with_whole_numbers_goes_round_by_round() -> None:
    """Lots of 4 to B and C, 8 wanted at each, 12 there: fill rates 0.5 and 1, in either order."""
    plan = solved(
        tiny(
            "A B C",
            stocks=[stock("A", 12)],
            lanes=[lane("A", "B"), lane("A", "C")],
            lane_resources=[
                {"lane": f"A>{key}", "resource": "mask", "lot_size": 4} for key in "BC"
            ],
            demands=[demand(key, key, 8, lateness_max=0) for key in "BC"],
        )
    )
    found = [value for key, value in values(plan).items() if key.startswith("fairness")]
    assert found == pytest.approx([0.5, 1.0])


def test_lateness_is_the_least_once_shortage_is() -> None:
    """A slow lane costs nothing, a fast one 5 a unit: the fast one is taken, 4 × 5 = 20."""
    plan = solved(
        tiny(
            "A B",
            changed={"mask": {"mass_kg": 1}},
            stocks=[stock("A", 4)],
            lanes=[lane("A", "B", 2, lane="slow"), lane("A", "B", 1, lane="fast", cost_per_kg=5)],
            demands=[demand("D", "B", 4, 1)],
        )
    )
    assert values(plan)["lateness:1"] == 0
    assert values(plan)["cost:all"] == pytest.approx(20)


def test_an_earlier_dearer_alternate_is_taken_only_when_it_avoids_lateness() -> None:
    """Issue case: an alternate that arrives earlier at a higher price only if it avoids lateness.

    Due in 1, the slow lane (2 periods) would be late: the fast one goes. Due in 2, it would
    not: the slow one goes, free of charge.
    """
    for due, taken in ((1, "fast"), (2, "slow")):
        plan = solved(
            tiny(
                "A B",
                changed={"mask": {"mass_kg": 1}},
                stocks=[stock("A", 4)],
                lanes=[
                    lane("A", "B", 2, lane="slow"),
                    lane("A", "B", 1, lane="fast", cost_per_kg=5),
                ],
                demands=[demand("D", "B", 4, due)],
            )
        )
        assert plan.shipments["lane"].to_list() == [taken]
        assert short(plan) == {}


def test_lateness_counts_units_times_periods_by_share() -> None:
    """4 of 8 wanted in 0 are there in 0, 4 come in 2: lateness 4 × 2 ÷ 8 = 1."""
    plan = solved(
        tiny(
            "A",
            stocks=[stock("A", 4)],
            arrivals=[stock("A", 4, period=2)],
            demands=[demand("D", "A", 8, 0)],
        )
    )
    assert values(plan)["lateness:1"] == pytest.approx(1)


def test_every_part_of_the_cost() -> None:
    """Freight by kg, m³ and unit, duty on value, holding, runs: 4 units made in 0 for period 1.

    Runs 4 × 1, kg 4 × 2 × 3, m³ 4 × 0.5 × 4, unit 4 × 5, duty 4 × 0.1 × 10, no holding (made
    when needed): 4 + 24 + 8 + 20 + 4 = 60. With the line closed in 1 they are made in 0 and
    wait one period: 4 × 0.25 more.
    """
    for closed, cost in ((False, 60), (True, 61)):
        profile = {
            "table": "processes", "key": "make", "attribute": "runs_max", "period": 1, "value": 0,
        }  # fmt: skip
        plan = solved(
            tiny(
                "A B",
                changed={
                    "mask": {"mass_kg": 2, "volume_m3": 0.5, "value": 10, "holding_cost": 0.25}
                },
                processes=[process("make", "A", cost_per_run=1)],
                process_flows=[flow("make", "mask", 1)],
                profiles=[profile] if closed else [],
                lanes=[lane("A", "B", cost_per_kg=3, cost_per_m3=4)],
                lane_resources=[
                    {"lane": "A>B", "resource": "mask", "cost_per_unit": 5, "duty_rate": 0.1}
                ],
                demands=[demand("D", "B", 4, 1)],
            )
        )
        assert values(plan)["cost:all"] == pytest.approx(cost)


def test_changes_keep_to_what_was_ordered_where_all_else_is_equal() -> None:
    """Two equal lanes; 4 were ordered on the second in period 1: the 4 wanted in 2 go so.

    With 6 wanted, all 6 or 4 + 2 elsewhere: elsewhere changes nothing, so changes are 0.
    """
    for wanted in (4, 6):
        plan = solved(
            tiny(
                "A B",
                stocks=[stock("A", 9)],
                lanes=[lane("A", "B", lane="first"), lane("A", "B", lane="second")],
                commitments=[
                    {
                        "commitment": "O",
                        "lane": "second",
                        "resource": "mask",
                        "period": 1,
                        "quantity": 4,
                    }
                ],
                demands=[demand("D", "B", wanted, 2)],
            )
        )
        assert values(plan)["changes:all"] == pytest.approx(0)
        assert total(plan.shipments, lane="second", depart_period=1) == pytest.approx(4)


def test_changes_count_shares_of_each_order() -> None:
    """8 ordered, 2 of them firm, 6 not; only 5 are there: deviation 3 ÷ 6 = 0.5."""
    order = {"lane": "A>B", "resource": "mask", "period": 0}
    plan = solved(
        tiny(
            "A B",
            stocks=[stock("A", 5)],
            lanes=[lane("A", "B")],
            commitments=[
                order | {"commitment": "O1", "quantity": 2, "firm": True},
                order | {"commitment": "O2", "quantity": 6},
            ],
        )
    )
    assert values(plan)["changes:all"] == pytest.approx(0.5)


def test_total_weighs_shortage_against_cost() -> None:
    """Bringing a unit costs 4. At a shortage cost of 3 nothing goes (30); at 5 all 10 go (40)."""
    for shortage_cost, sum_, missing in ((3, 30, {"D": pytest.approx(10)}), (5, 40, {})):
        plan = solved(
            tiny(
                "A B",
                stages=("total",),
                changed={"mask": {"mass_kg": 1}},
                stocks=[stock("A", 10)],
                lanes=[lane("A", "B", cost_per_kg=4)],
                demands=[demand("D", "B", 10, shortage_cost_per_unit=shortage_cost)],
            )
        )
        assert values(plan) == {"total:all": pytest.approx(sum_)}
        assert short(plan) == missing


def test_total_counts_lateness_at_lateness_cost() -> None:
    """Late by 2 at 1.5 a unit and period costs 3, less than the fast lane at 4, more than at 2."""
    for fast, sum_ in ((4, 30), (2, 20)):
        plan = solved(
            tiny(
                "A B",
                stages=("total",),
                lateness_cost=1.5,
                changed={"mask": {"mass_kg": 1}},
                stocks=[stock("A", 10)],
                lanes=[
                    lane("A", "B", 2, lane="slow"),
                    lane("A", "B", 0, lane="fast", cost_per_kg=fast),
                ],
                demands=[demand("D", "B", 10, shortage_cost_per_unit=99)],
            )
        )
        assert values(plan)["total:all"] == pytest.approx(sum_)


def test_total_counts_breaches_at_their_penalty() -> None:
    """5 in stock, a demand of 5 at 2 a unit short, a reserve of 5 at 1 a unit and period.

    Delivering breaks the reserve in all 3 periods (15), keeping leaves the demand short (10).
    """
    plan = solved(
        tiny(
            "A",
            stages=("total",),
            stocks=[stock("A", 5)],
            demands=[demand("D", "A", 5, shortage_cost_per_unit=2, lateness_max=0)],
            reserves=[
                {
                    "reserve": "R",
                    "site": "A",
                    "resource": "mask",
                    "quantity_min": 5,
                    "penalty_per_unit": 1,
                }
            ],
        )
    )
    assert values(plan)["total:all"] == pytest.approx(10)
    assert short(plan) == {"D": pytest.approx(5)}


def test_a_sub_list_of_stages_in_another_order_is_obeyed() -> None:
    """Cost before shortage: nothing that costs is done, so all 4 are short at cost 0."""
    plan = solved(
        tiny(
            "A B",
            stages=("cost", "shortage"),
            changed={"mask": {"mass_kg": 1}},
            stocks=[stock("A", 4)],
            lanes=[lane("A", "B", cost_per_kg=1)],
            demands=[demand("D", "B", 4)],
        )
    )
    assert list(values(plan)) == ["cost:all", "shortage:1"]
    assert short(plan) == {"D": pytest.approx(4)}


def test_tolerance_lets_a_later_stage_spend_a_share_of_an_earlier_one() -> None:
    """10 there, 20 wanted: shortage 10 ÷ 20 = 0.5; a tolerance of 10 % allows 0.55.

    Each unit delivered costs 1: with the tolerance 9 go (cost 9), without 10 (cost 10).
    """
    for tolerance, cost in ((0.0, 10), (0.1, 9)):
        plan = solved(
            tiny(
                "A B",
                stages=("shortage", "cost"),
                tolerance=tolerance,
                changed={"mask": {"mass_kg": 1}},
                stocks=[stock("A", 10)],
                lanes=[lane("A", "B", cost_per_kg=1)],
                demands=[demand("D", "B", 20)],
            )
        )
        assert values(plan)["cost:all"] == pytest.approx(cost)


def test_every_stage_states_a_bound_that_meets_its_value() -> None:
    """Scarcity, two classes, a reserve and costs: every part has its bound from prices, gap 0."""
    plan = solved(
        tiny(
            "A B C",
            changed={"mask": {"mass_kg": 1, "value": 3, "shelf_life_periods": 2}},
            stocks=[stock("A", 7), stock("A", 3, expires_period=0)],
            lanes=[lane("A", "B", 1, cost_per_kg=2), lane("A", "C", mass_kg_max=3)],
            demands=[
                demand("B", "B", 8, 1),
                demand("C", "C", 6, 0),
                demand("L", "C", 4, 1, priority=2),
            ],
            reserves=[{"reserve": "R", "site": "A", "resource": "mask", "quantity_min": 2}],
        )
    )
    assert set(plan.stages["bound_from"].to_list()) == {"prices"}
    assert plan.stages["gap"].max() == pytest.approx(0, abs=1e-6)
    assert [key.split(":")[0] for key in dict.fromkeys(plan.stages["stage"])] == [
        "shortage", "fairness", "lateness", "policy", "cost", "changes",
    ]  # fmt: skip


def test_fairness_may_come_first_though_a_demand_cannot_be_met() -> None:
    """C can get nothing, B all 4 it wants, if fairness is the first stage as well: 0, then 1.

    Nothing is known of any plan before that stage is solved.
    """
    plan = solved(
        tiny(
            "A B C",
            stages=("fairness", "shortage"),
            stocks=[stock("A", 4)],
            lanes=[lane("A", "B")],
            demands=[demand("B", "B", 4), demand("C", "C", 2)],
        )
    )
    assert short(plan) == {"C": pytest.approx(2)}
    found = [value for key, value in values(plan).items() if key.startswith("fairness")]
    assert found == pytest.approx([0, 1])


def test_a_contradiction_is_named_though_fairness_comes_first() -> None:
    """A hard reserve of 5 where nothing can be, and fairness the first stage: still named."""
    network = tiny(
        "A",
        stages=("fairness", "policy"),
        demands=[demand("D", "A", 2)],
        reserves=[
            {"reserve": "R", "site": "A", "resource": "mask", "quantity_min": 5, "hard": True}
        ],
    )
    with pytest.raises(ContradictionError, match="R"):
        solve(network)


def test_a_stage_in_which_nothing_can_be_better_needs_no_prices() -> None:
    """No orders, so changes are 0: no prices at all, and the bound 0 holds without them."""
    plan = solved(tiny("A", stages=("changes",), stocks=[stock("A", 1)]))
    assert values(plan) == {"changes:all": 0}
    assert plan.prices.is_empty()
    assert plan.capacity_prices.is_empty()
