"""Quantities of very different sizes, and goods that only seem to be there: a plan, or the rules.

What the solver sees is scaled; none of this may end in an error of the solver.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from sampan.errors import ContradictionError
from sampan.network import Network
from sampan.solve import solve
from tests.engine.networks import Row, demand, lane, solved, stock, tiny, total
from tests.property.random_networks import Generator, from_rows

HUGE = 1.2e9
BULKY = {"mask": {"volume_m3": 0.5}}


def arrival(site: str, quantity: float, period: int = 0, resource: str = "mask") -> Row:
    """A row of `arrivals`."""
    return {"site": site, "resource": resource, "period": period, "quantity": quantity}


def firm(key: str, on: str, quantity: float, period: int = 0, resource: str = "mask") -> Row:
    """A row of `commitments`, firm."""
    row: Row = {"commitment": key, "lane": on, "resource": resource, "period": period}
    return row | {"quantity": quantity, "firm": True}


def named(network: Network) -> list[tuple[str, str]]:
    """Table and key of the rules that a solve names."""
    with pytest.raises(ContradictionError) as raised:
        solve(network)
    return [(rule.table, rule.key) for rule in raised.value.rules]


@pytest.mark.parametrize("quantity", [10.0, 1e6, HUGE, 3e10])
@pytest.mark.parametrize("storage", [0.0, 1.0])
def test_an_arrival_that_no_store_can_hold_is_a_breach(quantity: float, storage: float) -> None:
    """What comes to B for certain is more than B may store: sent on, or a breach, never an error.

    A third of it goes to C at once; the rest stays, half a cubic metre each.
    """
    plan = solved(
        tiny(
            "B C",
            changed=BULKY | {"B": {"storage_m3_max": storage}},
            arrivals=[arrival("B", quantity, 1)],
            lanes=[lane("B", "C", 0, cost_per_kg=1, mass_kg_max=quantity / 3)],
            demands=[demand("C", "C", quantity / 3, 1)],
            stages=("shortage", "policy"),
        )
    )
    assert total(plan.deliveries) == pytest.approx(quantity / 3)
    assert total(plan.breaches, key="B", period=1) <= quantity / 2 - storage + 1e-6 * quantity


@pytest.mark.parametrize("quantity", [HUGE, 3e10])
def test_a_full_store_elsewhere_hides_no_contradiction(quantity: float) -> None:
    """No gown at A, and 5 must leave there: named, whatever lies in another store."""
    network = tiny(
        "A B W",
        "mask gown",
        changed=BULKY | {"W": {"storage_m3_max": 1.0}},
        arrivals=[arrival("W", quantity)],
        lanes=[lane("A", "B", 1)],
        demands=[demand("B", "B", 5, 1)],
        commitments=[firm("O", "A>B", 5, resource="gown")],
    )
    assert named(network) == [("commitments", "O"), ("stocks", "A,gown")]


@pytest.mark.parametrize("quantity", [10.0, 1e8, 1e10])
def test_a_large_order_without_any_stock_is_named(quantity: float) -> None:
    """The order and the missing stock, at any size."""
    network = tiny(
        "A B C",
        lanes=[lane("A", "B", 1), lane("B", "C", 1)],
        demands=[demand("C", "C", quantity, 2)],
        commitments=[firm("O", "A>B", quantity), firm("P", "B>C", quantity / 3, 1)],
    )
    assert ("stocks", "A,mask") in named(network)


@pytest.mark.parametrize("quantity", [10.0, 1e8, 1e10])
def test_one_unit_too_few_is_seen_at_any_size(quantity: float) -> None:
    """An order of one more than there is contradicts the stock; of as many, it does not."""
    tables: dict[str, Any] = {
        "lanes": [lane("A", "B", 1)],
        "demands": [demand("B", "B", 10, 1)],
        "commitments": [firm("O", "A>B", quantity)],
    }
    assert named(tiny("A B", stocks=[stock("A", quantity - 1)], **tables)) == [
        ("commitments", "O"),
        ("stocks", "A,mask"),
    ]
    plan = solved(tiny("A B", stocks=[stock("A", quantity)], **tables))
    assert total(plan.shipments) == quantity


def test_a_small_order_beside_a_huge_need_is_seen() -> None:
    """3 must leave where nothing is; that 6e9 are wanted does not make 3 next to nothing."""
    network = tiny(
        "A B",
        lanes=[lane("A", "B", 1)],
        demands=[demand("B", "B", 6e9, 1)],
        commitments=[firm("O", "A>B", 3)],
    )
    assert named(network) == [("commitments", "O"), ("stocks", "A,mask")]


@pytest.mark.parametrize("quantity", [10.0, 1e8])
def test_nothing_goes_round_in_a_ring_that_nothing_came_into(quantity: float) -> None:
    """A→B→A at once: the balances hold without any goods, yet there are none to send.

    With one of the two stocks there is a plan, so both absences belong to the contradiction.
    """
    tables: dict[str, Any] = {
        "lanes": [lane("A", "B"), lane("B", "A")],
        "demands": [demand("B", "B", 10, 2)],
        "commitments": [firm("O", "A>B", quantity), firm("P", "B>A", quantity)],
    }
    found = named(tiny("A B", **tables))
    assert found[0][0] == "commitments"
    assert found[1:] == [("stocks", "A,mask"), ("stocks", "B,mask")]
    for site in "AB":
        solved(tiny("A B", stocks=[stock(site, quantity)], **tables))


@pytest.mark.parametrize("seed", [49, 70, 113])
def test_a_solver_that_finds_no_end_is_asked_again(seed: int) -> None:
    """Random networks with one huge arrival at a site that may store next to nothing.

    The simplex method once called these unbounded, which no program here can be.
    """
    generator = Generator(seed)
    tables, choose = generator.tables(), random.Random(seed)
    site, resource = generator.site(), generator.resource()
    for row in tables["sites"]:
        if row["site"] == site:
            row["storage_m3_max"] = choose.choice([0.0, 0.0, 1.0])
    for row in tables["resources"]:
        if row["resource"] == resource:
            row["volume_m3"] = choose.choice([0.5, 0.001, 2])
    others = [
        row for row in tables["arrivals"] if (row["site"], row["resource"]) != (site, resource)
    ]
    huge = arrival(site, 0, generator.period(), resource) | {"expires_period": None}
    huge["quantity"] = choose.choice([HUGE, HUGE, 7e8 + 0.3, 3e10])
    tables["arrivals"] = [*others, huge]
    solved(from_rows(tables, periods=generator.periods, objective=generator.objective()))
