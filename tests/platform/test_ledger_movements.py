"""Movements: posted once, in balance, pending, settled, void, reversed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError, NotFoundError
from sampan_platform.ledger import selectors, services
from sampan_platform.ledger.models import Movement
from sampan_platform.ledger.services import AccountKey, Leg, Posting
from tests.platform.ledger_world import DAY, at, bring, legs, move, outside, posting, stock, transit


def test_a_movement_moves_exactly(world) -> None:
    """What one account loses another one gains, to the thousandth."""
    bring(world, "100.125")
    services.post(uuid4(), "use", legs(stock(world), AccountKey("use", world.resources["mask"].pk,
                  world.sites["W1"].pk), "0.125"), day=DAY, actor=None)  # fmt: skip
    assert selectors.balance(stock(world)) == Decimal(100)
    assert services.prove().holds


def test_the_same_movement_twice_is_posted_once(world) -> None:
    """A retry gives what was posted; the same id for something else is refused."""
    number, pair = uuid4(), legs(outside(world), stock(world), 5)
    first = services.post(number, "receive", pair, day=DAY, actor=None)
    again = services.post(number, "receive", pair[::-1], day=DAY, actor=None)
    assert first.number == again.number
    assert selectors.balance(stock(world)) == 5
    with pytest.raises(ConflictError, match="as something else"):
        services.post(number, "receive", legs(outside(world), stock(world), 6), day=DAY, actor=None)


def test_legs_must_add_up_resource_by_resource(world) -> None:
    """Masks cannot become suits; and half a movement is none."""
    suits = AccountKey("stock", world.resources["suit"].pk, world.sites["W1"].pk)
    for wrong in (
        [Leg(stock(world), Decimal(1))],
        legs(outside(world), suits, 3),
        [*legs(outside(world), stock(world), 3), Leg(suits, Decimal(1))],
        [],
    ):
        with pytest.raises(InvalidError, match="sum to zero"):
            services.post(uuid4(), "receive", wrong, day=DAY, actor=None)
    assert not Movement.objects.exists()


def test_goods_that_are_not_there_cannot_leave(world) -> None:
    """Named with place, wanted and there; and nothing is written."""
    bring(world, 10)
    with pytest.raises(
        InvalidError, match="11 mask are to leave “stock” at W1, and 10 are"
    ) as told:
        services.post(uuid4(), "ship", legs(stock(world), outside(world), 11), day=DAY, actor=None)
    assert told.value.code == "below-zero"
    assert selectors.balance(stock(world)) == 10


def test_pending_goods_are_on_hand_but_not_free(world) -> None:
    """Set apart they cannot be set apart again; voided they are free; settled they are gone."""
    bring(world, 10)
    transit = AccountKey("transit", world.resources["mask"].pk, reference="DO-1:1")
    first, second = uuid4(), uuid4()
    services.pend(first, "ship", legs(stock(world), transit, 8), day=DAY, actor=None)
    (row,) = selectors.on_hand()
    assert (row.quantity, row.pending_out, row.available) == (10, 8, 2)
    with pytest.raises(InvalidError, match=r"3 mask .* 2 are free"):
        services.pend(second, "ship", legs(stock(world), transit, 3), day=DAY, actor=None)
    services.void(first, reason="cancelled")
    services.pend(second, "ship", legs(stock(world), transit, 3), day=DAY, actor=None)
    services.settle(second, day=DAY, actor=None)
    services.settle(second, day=DAY, actor=None)
    assert selectors.balance(stock(world)) == 7
    assert [(one.reference, one.quantity) for one in selectors.in_transit()] == [("DO-1:1", 3)]
    with pytest.raises(ConflictError, match="settled"):
        services.void(second)
    with pytest.raises(NotFoundError, match="pending"):
        services.settle(uuid4(), day=DAY, actor=None)
    assert services.prove().holds


def test_a_correction_is_a_reversal(world) -> None:
    """Once, with a reason; both stay to be seen."""
    number = bring(world, 10)
    new = uuid4()
    services.reverse(number, new, "typed twice", world.users["chen"])
    services.reverse(number, new, "typed twice", world.users["chen"])
    assert selectors.balance(stock(world)) == 0
    with pytest.raises(ConflictError, match="reversed before"):
        services.reverse(number, uuid4(), "again", world.users["chen"])
    with pytest.raises(InvalidError, match="reason"):
        services.reverse(number, uuid4(), " ", world.users["chen"])
    assert Movement.objects.count() == 2
    assert services.prove().holds


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"day": datetime(2020, 2, 10, 8)}, "is no date"),  # noqa: DTZ001
        ({"kind": "x" * 33}, "its kind has 33 characters; 32 are the most"),
        ({"reason": "a\x00b"}, "its reason has a character that is no text"),
        ({"quantity": "0.0001"}, "finer than a thousandth"),
        ({"quantity": "NaN"}, "no quantity"),
        ({"quantity": "0"}, "moves nothing"),
        ({"account": {"kind": "shelf"}}, "shelf is none of stock, quarantine"),
        ({"account": {"site": None}}, "stock is at a site"),
        ({"account": {"lot": "L" * 65}}, "its lot has 65 characters"),
    ],
)
def test_what_cannot_be_written_is_told(world, change: dict, told: str) -> None:
    """Bad input has one clear answer on both databases, and nothing is written."""
    mask, site = world.resources["mask"].pk, world.sites["W1"].pk
    account = {"kind": "stock", "resource": mask, "site": site} | change.get("account", {})
    pair = legs(outside(world), AccountKey(**account), change.get("quantity", "1"))
    with pytest.raises(InvalidError, match=told):
        services.post_many(
            [
                Posting(
                    uuid4(), change.get("kind", "receive"), pair, change.get("day", DAY),
                    change.get("reason", ""),
                )
            ],
            actor=None,
        )  # fmt: skip
    assert not Movement.objects.exists()


def test_a_pending_movement_is_not_posted_by_posting_its_id(world) -> None:
    """One id is one thing: pending and posted are not the same."""
    bring(world, 10)
    number, pair = uuid4(), legs(stock(world), outside(world), 4)
    services.pend(number, "ship", pair, day=DAY, actor=None)
    with pytest.raises(ConflictError, match="was pending before, as something else"):
        services.post(number, "ship", pair, day=DAY, actor=None)
    assert selectors.balance(stock(world)) == 10


def test_a_reversal_is_not_reversed(world) -> None:
    """What should be is posted as a new movement, so that each has at most one opposite."""
    number, undone = bring(world, 10), uuid4()
    services.reverse(number, undone, "typed twice", None)
    with pytest.raises(ConflictError, match="is a reversal"):
        services.reverse(undone, uuid4(), "it was right", None)


def test_what_is_used_up_cannot_be_undone(world) -> None:
    """Reversing a receipt whose goods are gone would leave less than nothing."""
    number = bring(world, 10)
    move(stock(world), at("use", world), 1)
    with pytest.raises(InvalidError, match="10 mask are to leave “stock” at W1, and 9 are there"):
        services.reverse(number, uuid4(), "typed twice", None)


def test_a_fact_comes_before_a_reservation(world) -> None:
    """Use that is reported is posted from what is on hand; the order finds less, and is told."""
    bring(world, 10)
    number = uuid4()
    services.pend(number, "ship", legs(stock(world), transit(world), 8), day=DAY, actor=None)
    move(stock(world), at("use", world), 5)
    (row,) = selectors.on_hand()
    assert row.available == -3
    with pytest.raises(InvalidError, match="8 mask are to leave “stock” at W1, and 5 are there"):
        services.settle(number, day=DAY, actor=None)
    services.void(number, reason="cancelled")
    assert services.prove().holds


def test_the_day_and_the_time_of_recording_are_both_kept(world) -> None:
    """A receipt of last week that is told today."""
    bring(world, 1)
    row = Movement.objects.get()
    assert row.day == DAY
    assert row.recorded_at.date() > DAY


def test_posting_many_takes_as_many_queries_as_posting_few(
    world, django_assert_num_queries
) -> None:
    """A day's reports of a country are posted at once."""

    def postings(count: int) -> list[Posting]:
        return [
            Posting(uuid4(), "output", legs(outside(world), stock(world, lot=f"L{at}"), 5), DAY)
            for at in range(count)
        ]

    services.post_many(postings(1), actor=None)
    counted = []
    for count in (2, 200):
        with django_assert_num_queries(counted[0] if counted else 12, exact=False) as asked:
            services.post_many(postings(count), actor=None)
        counted.append(len(asked.captured_queries))
    assert counted[0] == counted[1]
    assert services.prove().holds


def test_a_bad_movement_among_many_undoes_all(world) -> None:
    """All or none."""
    good = Posting(uuid4(), "receive", legs(outside(world), stock(world), 5), DAY)
    bad = Posting(uuid4(), "ship", legs(stock(world, "H1"), outside(world), 5), DAY)
    with pytest.raises(InvalidError):
        services.post_many([good, bad], actor=None)
    assert selectors.balance(stock(world)) == 0


def test_ending_many_takes_as_many_queries_as_ending_few(
    world, django_assert_max_num_queries
) -> None:
    """A whole convoy leaves at once; sent again it has left already."""
    bring(world, 500)
    numbers = []
    for count in (1, 60):
        batch = [
            posting(stock(world), transit(world, f"DO-{count}:{at}"), 2) for at in range(count)
        ]
        services.pend_many(batch, actor=None)
        numbers.append([one.movement for one in batch])
    counted = []
    for batch in numbers:
        with django_assert_max_num_queries(14) as asked:
            services.settle_many(batch, day=DAY, actor=None)
        counted.append(len(asked.captured_queries))
    # the first order makes new accounts in none of them: transit was opened when it was pending
    assert counted[0] == counted[1]
    again = services.settle_many(numbers[1], day=DAY, actor=None)
    assert len(again) == 60
    assert selectors.balance(stock(world)) == 500 - 2 * 61


def test_facts_that_do_not_add_up_do_not_hold_up_the_rest(world) -> None:
    """In their order, each is posted if the goods are there after those before it."""
    first = posting(outside(world), stock(world), 10)
    second = posting(stock(world), at("use", world), 8)
    third = posting(stock(world), at("use", world), 3)
    fourth = posting(stock(world), at("use", world), 2)
    batch = [first, second, third, fourth]
    written = services.post_possible(batch, actor=None)
    assert [row.movement for row in written.rows] == [
        first.movement, second.movement, fourth.movement,
    ]  # fmt: skip
    problem = written.refused[third.movement]
    assert problem.code == "below-zero"
    assert "3 mask are to leave “stock” at W1, and 2 are there" in problem.message
    assert selectors.balance(stock(world)) == 0
    again = services.post_possible(batch, actor=None)
    assert len(again.rows) == 3
    assert list(again.refused) == [third.movement]
    assert services.prove().holds


def test_a_stock_card_runs_from_opening_to_closing(world) -> None:
    """Opening balance, each movement, running balance; by the day it happened."""
    number = uuid4()
    for day, quantity in ((8, 100), (10, 20), (11, 30)):
        services.post(uuid4(), "receive", legs(outside(world), stock(world), quantity),
                      day=date(2020, 2, day), actor=None)  # fmt: skip
    services.post(number, "use", legs(stock(world), outside(world), 45), day=DAY, actor=None)
    card = selectors.stock_card(
        world.sites["W1"].pk, world.resources["mask"].pk, DAY, date(2020, 2, 11)
    )
    assert card.opening == 100
    assert [line.balance for line in card.lines] == [120, 75, 105]
    assert card.closing == 105


def test_stock_as_it_was_known_at_a_moment(world) -> None:
    """Posted, set apart, shipped: each moment gives what was there and free then."""
    noon = datetime(2020, 2, 10, 4, tzinfo=UTC)
    number, hours = uuid4(), [noon + timedelta(hours=hour) for hour in range(5)]
    with clock.at(hours[0]):
        bring(world, 10)
    with clock.at(hours[1]):
        services.pend(number, "ship", legs(stock(world), transit(world), 4), day=DAY, actor=None)
    with clock.at(hours[2]):
        services.settle(number, day=DAY, actor=None)
    with clock.at(hours[3]):
        move(stock(world), at("use", world), 6)
    before = noon - timedelta(hours=1)
    found = [selectors.on_hand(as_of=moment) for moment in (before, *hours)]
    assert [[(row.quantity, row.pending_out) for row in rows] for rows in found] == [
        [], [(10, 0)], [(10, 4)], [(6, 0)], [], [],
    ]  # fmt: skip
    assert selectors.on_hand() == []


def test_a_reversal_among_many_is_the_exact_opposite(world) -> None:
    """Who reverses many at once is held to the same: all of it, once, of what was posted."""
    number = bring(world, 10)
    back = legs(stock(world), outside(world), 10)
    half = legs(stock(world), outside(world), 5)
    for pair, reverses, reason, error, told in (
        (half, number, "wrong", InvalidError, "is not the opposite"),
        (back, number, "", InvalidError, "needs a reason"),
        (back, uuid4(), "wrong", NotFoundError, "no posted movement"),
    ):
        with pytest.raises(error, match=told):
            services.post_many(
                [Posting(uuid4(), "undo", pair, DAY, reason, reverses=reverses)], actor=None
            )
    twice = [Posting(uuid4(), "undo", back, DAY, "wrong", reverses=number) for _ in range(2)]
    with pytest.raises(ConflictError, match="reversed before"):
        services.post_many(twice, actor=None)
    services.post_many(twice[:1], actor=None)
    assert selectors.balance(stock(world)) == 0


def test_reversing_many_takes_as_many_queries_as_reversing_few(
    world, django_assert_max_num_queries
) -> None:
    """A week of reports is corrected at once."""
    counted = []
    for count in (1, 60):
        batch = [posting(outside(world), stock(world), 2) for _ in range(count)]
        services.post_many(batch, actor=None)
        undo = [
            Posting(uuid4(), "undo", legs(stock(world), outside(world), 2), DAY, "wrong",
                    reverses=one.movement)
            for one in batch
        ]  # fmt: skip
        with django_assert_max_num_queries(14) as asked:
            services.post_many(undo, actor=None)
        counted.append(len(asked.captured_queries))
    assert counted[0] == counted[1]
    assert services.prove().holds
