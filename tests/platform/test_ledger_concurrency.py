"""Several at once: each movement once, the last units to one, the chain without a fork."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.ledger import selectors, services
from sampan_platform.ledger.models import Movement
from tests.platform.ledger_world import DAY, at_once, bring, legs, move, outside, stock, transit


@pytest.mark.django_db(transaction=True)
def test_one_movement_sent_by_five_is_posted_once(world) -> None:
    """A page that was clicked five times."""
    number, pair = uuid4(), legs(outside(world), stock(world), 5)
    rows = at_once(5, lambda _: services.post(number, "receive", pair, day=DAY, actor=None).number)
    assert rows == [1] * 5
    assert selectors.balance(stock(world)) == 5


@pytest.mark.django_db(transaction=True)
def test_the_last_units_go_to_one(world) -> None:
    """Five take the last ten: one has them, four are told, nothing goes below zero."""
    bring(world, 10)
    results = at_once(
        5,
        lambda _: services.post(
            uuid4(), "ship", legs(stock(world), outside(world), 10), day=DAY, actor=None
        ),
    )
    refused = [one for one in results if isinstance(one, InvalidError)]
    assert len(refused) == 4
    assert {one.code for one in refused} == {"below-zero"}
    assert services.prove().holds


@pytest.mark.django_db(transaction=True)
def test_the_last_units_are_set_apart_for_one(world) -> None:
    """Five orders for the same ten."""
    bring(world, 10)

    def reserve(number: int) -> object:
        pair = legs(stock(world), transit(world, f"DO-{number}:1"), 10)
        return services.pend(uuid4(), "ship", pair, day=DAY, actor=None)

    results = at_once(5, reserve)
    assert sum(isinstance(one, InvalidError) for one in results) == 4
    (row,) = selectors.on_hand()
    assert (row.quantity, row.pending_out) == (10, 10)
    assert services.prove().holds


@pytest.mark.django_db(transaction=True)
def test_settling_and_voiding_at_once_one_of_them_wins(world) -> None:
    """Shipped or cancelled, never both; the others are told what it was."""
    bring(world, 10)
    number = uuid4()
    services.pend(number, "ship", legs(stock(world), transit(world), 10), day=DAY, actor=None)

    def end(at: int) -> object:
        if at % 2:
            return services.void(number, reason="cancelled").event
        return services.settle(number, day=DAY, actor=None).event

    results = at_once(6, end)
    won = {one for one in results if isinstance(one, str)}
    assert len(won) == 1
    assert sum(isinstance(one, ConflictError) for one in results) == 3
    assert Movement.objects.filter(ends=True).count() == 1
    assert services.prove().holds


@pytest.mark.django_db(transaction=True)
def test_one_reversal_of_five_wins(world) -> None:
    """Five people correct the same mistake."""
    number = bring(world, 10)
    results = at_once(5, lambda _: services.reverse(number, uuid4(), "typed twice", None))
    assert sum(isinstance(one, ConflictError) for one in results) == 4
    assert selectors.balance(stock(world)) == 0


@pytest.mark.django_db(transaction=True)
def test_many_writers_make_one_chain(world) -> None:
    """Six write five movements each, into accounts that did not exist: no number twice."""

    def write(at: int) -> None:
        for _ in range(5):
            move(outside(world), stock(world, lot="L"), at + 1)

    assert at_once(6, write) == [None] * 6
    assert Movement.objects.count() == 30
    assert selectors.balance(stock(world, lot="L")) == 5 * (1 + 2 + 3 + 4 + 5 + 6)
    assert services.prove().holds
