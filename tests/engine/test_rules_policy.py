"""Hand-solved networks for reserves, export limits, pledges and commitments."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from sampan.errors import ContradictionError
from sampan.solve import solve
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


def reserve(quantity: float, **more: Any) -> Row:
    """A reserve of masks."""
    return {"reserve": "R", "resource": "mask", "quantity_min": quantity} | more


def pledge(key: str, quantity: float, period: int, **more: Any) -> Row:
    """A pledge of masks from China to Viet Nam."""
    return {
        "pledge": key,
        "country": "CN",
        "recipient_country": "VN",
        "resource": "mask",
        "quantity": quantity,
        "period": period,
    } | more


def commitment(key: str, quantity: float, period: int = 0, **more: Any) -> Row:
    """A shipment of masks already ordered on lane A>B."""
    return {
        "commitment": key,
        "lane": "A>B",
        "resource": "mask",
        "period": period,
        "quantity": quantity,
    } | more


COUNTRIES = {"A": {"country": "CN"}, "B": {"country": "VN"}, "C": {"country": "LA"}}


def test_safety_stock_is_given_before_a_shortage_if_soft_and_kept_if_hard() -> None:
    """Issue case: a safety stock gives the stock before a shortage if soft, keeps it if hard.

    10 in stock, 8 wanted, 5 to be kept. Soft: all 8 delivered, 3 missing in the reserve in
    each of the 3 periods, policy 3 × 3 ÷ 5. Hard: 5 delivered, 3 short.
    """
    for hard, missing in ((False, {}), (True, {"D": pytest.approx(3)})):
        plan = solved(
            tiny(
                "A",
                stocks=[stock("A", 10)],
                demands=[demand("D", "A", 8)],
                reserves=[reserve(5, site="A", hard=hard)],
            )
        )
        assert short(plan) == missing
        assert total(plan.breaches, policy="reserve") == pytest.approx(0 if hard else 9)
        assert values(plan)["policy:all"] == pytest.approx(0 if hard else 1.8)


def test_a_reserve_by_country_counts_all_its_sites_but_no_goods_in_transit() -> None:
    """3 at A and 2 at B, both in CN, make the 5 of period 0; on the way in 1 (A → B) they do not.

    B wants 5 in period 2 and the lane takes 2 periods: the 3 leave A in 0 and are in transit at
    the ends of 0 and 1. The breach is 3 in 0 and 3 in 1, and 5 in 2, where all are used.
    """
    plan = solved(
        tiny(
            "A B",
            changed={"A": {"country": "CN"}, "B": {"country": "CN"}},
            stocks=[stock("A", 3), stock("B", 2)],
            lanes=[lane("A", "B", 2)],
            demands=[demand("D", "B", 5, 2)],
            reserves=[reserve(5, country="CN")],
        )
    )
    assert short(plan) == {}
    assert plan.breaches.sort("period")["quantity"].to_list() == pytest.approx([3, 3, 5])


def test_a_reserve_holds_only_in_its_window() -> None:
    """A hard reserve of 4 from 1 to 1: all 4 wait through period 1 and serve late, in period 2."""
    plan = solved(
        tiny(
            "A",
            stocks=[stock("A", 4)],
            demands=[demand("D", "A", 4, 0)],
            reserves=[reserve(4, site="A", hard=True, from_period=1, to_period=1)],
        )
    )
    assert short(plan) == {}
    assert plan.deliveries["period"].to_list() == [2]


def test_hard_reserves_that_ask_for_too_much_contradict() -> None:
    """A hard reserve of 5 with 4 in stock can never hold: an error, which names it."""
    network = tiny("A", stocks=[stock("A", 4)], reserves=[reserve(5, site="A", hard=True)])
    with pytest.raises(ContradictionError, match="R"):
        solve(network)


def exporting(limit: Row, **more: Any) -> Any:
    """20 masks in CN, 20 wanted in VN in period 2, a lane that takes 1 period."""
    tables: dict[str, Any] = {
        "stocks": [stock("A", 20)],
        "lanes": [lane("A", "B", 1)],
        "demands": [demand("D", "B", 20, 2)],
    }
    return tiny(
        "A B",
        changed=COUNTRIES,
        export_limits=[{"limit": "X", "country": "CN", "resource": "mask"} | limit],
        **(tables | more),
    )


def test_export_limit_by_quantity() -> None:
    """7 may leave in the whole calendar: 13 are short."""
    assert short(solved(exporting({"quantity_max": 7}))) == {"D": pytest.approx(13)}


def test_export_limit_by_share_of_stock_arrivals_and_output() -> None:
    """Half of 20 in stock + 4 arriving + 6 made: 15 leave, 5 are short.

    The 6 are made only in order to export more: 3 of them leave.
    """
    network = exporting(
        {"share_max": 0.5},
        arrivals=[stock("A", 4, period=1)],
        processes=[process("make", "A", runs_max=2)],
        process_flows=[flow("make", "mask", 1)],
    )
    assert short(solved(network)) == {"D": pytest.approx(5)}


def test_the_smaller_of_both_export_limits_holds() -> None:
    """share_max allows 10, quantity_max 8: 12 are short; with 12 allowed, 10."""
    for most, missing in ((8, 12), (12, 10)):
        network = exporting({"share_max": 0.5, "quantity_max": most})
        assert short(solved(network)) == {"D": pytest.approx(missing)}


def test_an_export_limit_counts_departures_in_its_window() -> None:
    """None may leave in 1; in 0 (before the window) all may, and arrive in 1, well in time."""
    network = exporting({"quantity_max": 0, "from_period": 1, "to_period": 1})
    plan = solved(network)
    assert short(plan) == {}
    assert plan.shipments["depart_period"].to_list() == [0]


def test_a_share_counts_arrivals_in_its_window_only() -> None:
    """10 arrive in 0, 10 in 1; the window is 1: a half of the 10 of period 1 may leave in it.

    The lane is closed in 0 and what leaves in 2 comes too late, so 5 arrive and 15 are short.
    """
    network = exporting(
        {"share_max": 0.5, "from_period": 1, "to_period": 1},
        stocks=[],
        arrivals=[stock("A", 10, period=0), stock("A", 10, period=1)],
        profiles=[{"table": "lanes", "key": "A>B", "attribute": "open", "period": 0, "value": 0}],
    )
    assert short(solved(network)) == {"D": pytest.approx(15)}


def test_transit_counts_as_export() -> None:
    """Goods of LA on their way through CN to VN: 4 may leave CN, so 4 of 10 arrive."""
    plan = solved(
        tiny(
            "A B C",
            changed=COUNTRIES,
            stocks=[stock("C", 10)],
            lanes=[lane("C", "A"), lane("A", "B")],
            demands=[demand("D", "B", 10)],
            export_limits=[{"limit": "X", "country": "CN", "resource": "mask", "quantity_max": 4}],
        )
    )
    assert short(plan) == {"D": pytest.approx(6)}


def test_transport_inside_the_country_is_no_export() -> None:
    """Both sites lie in CN: an export limit of 0 stops nothing between them."""
    network = exporting({"quantity_max": 0}).replace(
        sites=pl.DataFrame({"site": ["A", "B"], "country": ["CN", "CN"]})
    )
    assert short(solved(network)) == {}


def test_pledges_add_up_and_no_unit_counts_twice() -> None:
    """4 by period 0 and 5 by period 1 are 9 in all, not 5: with 6 there, 3 are missing.

    Σ breaches = 3 (of the second pledge, whose share is cheaper: 3 ÷ 5 < 3 ÷ 4).
    """
    plan = solved(
        tiny(
            "A B",
            changed=COUNTRIES,
            stocks=[stock("A", 6)],
            lanes=[lane("A", "B")],
            pledges=[pledge("P1", 4, 0), pledge("P2", 5, 1)],
        )
    )
    assert total(plan.shipments) == pytest.approx(6)
    assert plan.breaches.rows() == [("pledge", "P2", 1, pytest.approx(3))]
    assert values(plan)["policy:all"] == pytest.approx(0.6)


def test_a_pledge_counts_direct_lanes_and_arrival_in_time() -> None:
    """A lane of lead time 1 arrives too late for period 0; over LA is not straight from CN.

    The pledge of 4 by period 0 is missed in full, though 4 could go over C in period 0.
    """
    plan = solved(
        tiny(
            "A B C",
            changed=COUNTRIES,
            stocks=[stock("A", 9)],
            lanes=[lane("A", "B", 1), lane("A", "C"), lane("C", "B")],
            pledges=[pledge("P", 4, 0)],
        )
    )
    assert total(plan.breaches, policy="pledge", key="P") == pytest.approx(4)


def test_a_pledge_to_a_site_counts_only_what_goes_there() -> None:
    """Two sites in VN, one pledge of 3 to B: 3 go to B, though E is cheaper to reach."""
    plan = solved(
        tiny(
            "A B E",
            changed=COUNTRIES | {"E": {"country": "VN"}, "mask": {"mass_kg": 1}},
            stocks=[stock("A", 3)],
            lanes=[lane("A", "B", cost_per_kg=9), lane("A", "E")],
            pledges=[pledge("P", 3, 2, recipient_country=None, recipient_site="B")],
        )
    )
    assert total(plan.shipments, lane="A>B") == pytest.approx(3)


def test_a_soft_pledge_yields_to_a_shortage_and_a_hard_one_does_not() -> None:
    """5 there, 5 wanted at home, 2 pledged: soft, all stay; hard, 2 go and 2 are short."""
    for hard, missing in ((False, {}), (True, {"D": pytest.approx(2)})):
        plan = solved(
            tiny(
                "A B",
                changed=COUNTRIES,
                stocks=[stock("A", 5)],
                lanes=[lane("A", "B")],
                demands=[demand("D", "A", 5)],
                pledges=[pledge("P", 2, 2, hard=hard)],
            )
        )
        assert short(plan) == missing


def test_firm_commitments_add_up_and_are_shipped_whatever_it_costs() -> None:
    """2 + 1 firm units leave in 0 although all 5 are wanted at A: 3 are short there."""
    plan = solved(
        tiny(
            "A B",
            stocks=[stock("A", 5)],
            lanes=[lane("A", "B")],
            demands=[demand("D", "A", 5)],
            commitments=[commitment("O1", 2, firm=True), commitment("O2", 1, firm=True)],
        )
    )
    assert short(plan) == {"D": pytest.approx(3)}
    assert total(plan.shipments, lane="A>B", depart_period=0) == pytest.approx(3)


def test_firm_commitments_that_are_not_there_contradict() -> None:
    """6 firm units of 5 in stock: an error, which names the order."""
    network = tiny(
        "A B",
        stocks=[stock("A", 5)],
        lanes=[lane("A", "B")],
        commitments=[commitment("O1", 6, firm=True)],
    )
    with pytest.raises(ContradictionError, match="O1"):
        solve(network)


def test_firm_goods_may_overfill_a_store() -> None:
    """4 firm units of 1 m³ go to room for 1: a breach of 3 from their arrival on, 2 periods."""
    plan = solved(
        tiny(
            "A B",
            changed={"mask": {"volume_m3": 1}, "B": {"storage_m3_max": 1}},
            stocks=[stock("A", 4)],
            lanes=[lane("A", "B", 1)],
            commitments=[commitment("O1", 4, firm=True)],
        )
    )
    assert total(plan.breaches, policy="storage", key="B") == pytest.approx(6)
    assert values(plan)["policy:all"] == pytest.approx(6)


def test_the_pledge_with_the_smallest_share_is_broken() -> None:
    """9 by period 0 and 5 by period 1 with 12 there: 2 are missing, 2 ÷ 9 < 2 ÷ 5.

    A breach of the earlier pledge counts for the sum of both as well, so breaking the larger
    one is cheaper, although its own 9 could be sent.
    """
    plan = solved(
        tiny(
            "A B",
            changed=COUNTRIES,
            stocks=[stock("A", 12)],
            lanes=[lane("A", "B")],
            pledges=[pledge("P1", 9, 0), pledge("P2", 5, 1)],
        )
    )
    assert values(plan)["policy:all"] == pytest.approx(2 / 9)
    assert plan.breaches.rows() == [("pledge", "P1", 0, pytest.approx(2))]
