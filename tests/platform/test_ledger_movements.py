"""Movements: posted once, in balance, never changed, and provable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sampan_platform.common.errors import ConflictError, InvalidError, NotFoundError, PlatformError
from sampan_platform.ledger import selectors, services
from sampan_platform.ledger.models import Account, Entry, Movement
from sampan_platform.ledger.services import AccountKey, Leg, Posting

DAY = date(2020, 2, 10)


def stock(world, site: str = "W1", resource: str = "mask", **more: object) -> AccountKey:
    return AccountKey("stock", world.resources[resource].pk, world.sites[site].pk, **more)


def outside(world, resource: str = "mask") -> AccountKey:
    return AccountKey("outside", world.resources[resource].pk)


def legs(source: AccountKey, target: AccountKey, quantity: object) -> list[Leg]:
    amount = Decimal(str(quantity))
    return [Leg(source, -amount), Leg(target, amount)]


def bring(world, quantity: object, site: str = "W1", **more: object) -> UUID:
    """Goods from outside into stock."""
    number = uuid4()
    pair = legs(outside(world), stock(world, site, **more), quantity)
    services.post(number, "receive", pair, day=DAY, actor=world.users["chen"])
    return number


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
    with pytest.raises(ConflictError, match="another content"):
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
    with pytest.raises(InvalidError, match="11 mask are to leave stock at W1, and 10 are") as told:
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
    with pytest.raises(InvalidError, match=r"3 mask .* 2 are there and free"):
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


def test_the_database_refuses_changes(world) -> None:
    """Not the code alone: update, delete, a late entry and an unbalanced movement all fail."""
    bring(world, 10)
    row = Movement.objects.get()
    entry = Entry.objects.first()
    movement = {
        "movement": uuid4(), "event": "post", "ends": False, "kind": "x", "day": DAY,
        "recorded_at": row.recorded_at, "content": "", "previous": "", "hash": "",
    }  # fmt: skip
    for forbidden in (
        lambda: Movement.objects.update(kind="other"),
        lambda: Movement.objects.all()._raw_delete("default"),
        lambda: Entry.objects.update(quantity=Decimal(99)),
        lambda: Entry.objects.filter(pk=entry.pk)._raw_delete("default"),
        lambda: Entry.objects.create(
            movement=row, account=entry.account, resource=entry.resource, quantity=Decimal(1)
        ),
        lambda: Movement.objects.create(number=2, **movement),
        lambda: Account.objects.filter(key=stock(world).text).update(balance=Decimal(-1)),
        lambda: Account.objects.update(lot="other"),
        lambda: Account.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            forbidden()
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE ledger_entry")
    assert services.prove().holds


def unlocked(statements: Sequence[str]) -> None:
    """Change rows behind the triggers' back, as somebody with the database's password could."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE ledger_entry SET quantity = quantity * 2", "movement 1 .* was changed"),
        ("UPDATE ledger_movement SET reason = 'other' WHERE number = 2", "movement 2 .* changed"),
        ("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'stock'", "derived"),
        ("UPDATE ledger_account SET pending_out = 1 WHERE kind = 'stock'", "derived"),
        ("DELETE FROM ledger_entry WHERE movement_id = 3", "sum to zero|was changed"),
        ("UPDATE ledger_head SET number = 2", "end is 2, but its last movement is 3"),
    ],
)
def test_tampering_is_found(world, statement: str, told: str) -> None:
    """Whatever is changed behind the ledger's back, the proof names where."""
    for quantity in (1, 2, 3):
        bring(world, quantity)
    assert services.prove().holds
    unlocked([statement])
    proof = services.prove()
    assert not proof.holds
    assert any(re.search(told, problem) for problem in proof.problems), proof.problems


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


def test_first_expired_first_out(world) -> None:
    """Picking takes what expires first, and says when there is too little."""
    bring(world, 5, lot="B", expires_on=date(2020, 6, 1))
    bring(world, 5, lot="A", expires_on=date(2020, 12, 1))
    bring(world, 5)
    site, mask = world.sites["W1"].pk, world.resources["mask"].pk
    taken = services.pick(site, mask, Decimal(11))
    assert [(key.lot, quantity) for key, quantity in taken] == [("B", 5), ("A", 5), ("", 1)]
    with pytest.raises(InvalidError, match="16 are wanted and 15 are free"):
        services.pick(site, mask, Decimal(16))


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


def test_quarantine_and_recall_of_a_lot(world) -> None:
    """Every unit of a bad lot: what is in stock is set aside, and the rest is told."""
    bring(world, 60, "W1", lot="BAD")
    bring(world, 40, "H1", lot="BAD")
    bring(world, 7, "H1", lot="GOOD")
    mask, ward = world.resources["mask"].pk, world.sites["H1"].pk
    services.post(uuid4(), "use", legs(stock(world, "H1", lot="BAD"), AccountKey("use", mask, ward,
                  "BAD"), 15), day=DAY, actor=None)  # fmt: skip
    call = {"movement": uuid4(), "day": DAY, "reason": "torn straps", "actor": world.users["chen"]}
    services.quarantine_lot(mask, "BAD", **call)
    services.quarantine_lot(mask, "BAD", **call)
    found = [(one.kind, one.site, one.quantity) for one in selectors.where_did_it_go(mask, "BAD")]
    assert found == [("quarantine", "H1", 25), ("quarantine", "W1", 60), ("use", "H1", 15)]
    assert sum(quantity for _, _, quantity in found) == 100
    assert [row.lot for row in selectors.on_hand()] == ["GOOD"]
    services.release_lot(mask, "BAD", **(call | {"movement": uuid4(), "reason": "tested"}))
    assert selectors.balance(stock(world, "W1", lot="BAD")) == 60
    with pytest.raises(PlatformError):
        services.quarantine_lot(
            mask, "GOOD", **(call | {"movement": uuid4(), "actor": world.users["lan"]})
        )


def at_once(count: int, work) -> list[object]:
    """The work in threads that begin together; what each gave or raised."""
    barrier, results = Barrier(count), [None] * count

    def run(at: int) -> None:
        try:
            barrier.wait(60)
            results[at] = work(at)
        except PlatformError as error:
            results[at] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(at,)) for at in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


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


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_sequence_of_operations_adds_up(world, data) -> None:
    """Post, pend, settle, void, reverse in any order: the proof holds and nothing is lost."""
    waiting: list[UUID] = []
    done: list[UUID] = []
    refused: set[str] = set()
    sites = ("W1", "H1", "F1")
    for _ in range(data.draw(st.integers(1, 12))):
        action = data.draw(st.sampled_from(("post", "pend", "settle", "void", "reverse")))
        quantity = data.draw(st.decimals("0.001", "50", places=3))
        here, there = data.draw(st.permutations(sites))[:2]
        source = outside(world) if data.draw(st.booleans()) else stock(world, here)
        number = uuid4()
        try:
            with transaction.atomic():
                pair = legs(source, stock(world, there), quantity)
                if action == "post":
                    services.post(number, "move", pair, day=DAY, actor=None)
                    done.append(number)
                elif action == "pend":
                    services.pend(number, "move", pair, day=DAY, actor=None)
                    waiting.append(number)
                elif action == "settle" and waiting:
                    services.settle(waiting[0], day=DAY, actor=None)
                    done.append(waiting.pop(0))
                elif action == "void" and waiting:
                    services.void(waiting[0])
                    waiting.pop(0)
                elif action == "reverse" and done:
                    services.reverse(done[0], number, "property", None)
                    done.pop(0)
        except InvalidError as error:
            refused.add(error.code)
    assert refused <= {"below-zero"}
    assert services.prove().holds
    assert sum(row.balance for row in Account.objects.all()) == 0
    assert all(row.balance >= 0 for row in Account.objects.filter(kind="stock"))
