"""The proof: holds while nobody cheats, names the place where somebody did."""

from __future__ import annotations

import re
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection, transaction

from sampan_platform.ledger import chain, proof, selectors, services
from sampan_platform.ledger.models import Movement
from tests.platform.ledger_world import DAY, bring, legs, move, outside, stock, unlocked


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


def test_one_quantity_changed_by_sql_is_found_and_named(world) -> None:
    """One figure of one entry among many: the proof says which movement, and what it has now."""
    for quantity in range(1, 9):
        bring(world, quantity)
    unlocked(["UPDATE ledger_entry SET quantity = 4001 WHERE quantity = 4000"])
    found = services.prove()
    assert found.first_bad == 4
    assert found.problems[0].startswith("movement 4 (receive, 2020-02-10, ")
    assert "+4.001" in found.problems[0]
    assert str(found).startswith("NOT PROVED (8 movements, 16 entries, 2 accounts): movement 4")


def test_a_movement_taken_out_is_found(world) -> None:
    """A gap in the numbers, and a link that follows nothing."""
    for quantity in (1, 2, 3):
        bring(world, quantity)
    unlocked(
        ["DELETE FROM ledger_entry WHERE movement_id = 2",
         "DELETE FROM ledger_movement WHERE number = 2"]
    )  # fmt: skip
    found = services.prove()
    assert found.first_bad == 2
    assert found.problems[0] == "movement 2 is missing (the next one is 3)"


def test_the_last_movement_taken_out_is_found(world) -> None:
    """The chain's end remembers it."""
    for quantity in (1, 2):
        bring(world, quantity)
    unlocked(
        ["DELETE FROM ledger_entry WHERE movement_id = 2",
         "DELETE FROM ledger_movement WHERE number = 2"]
    )  # fmt: skip
    assert services.prove().problems[0] == "the chain's end is 2, but its last movement is 1"


def test_a_chain_written_anew_is_found_by_a_noted_hash(world) -> None:
    """Who can write the whole database can write a whole chain; not a hash noted elsewhere."""
    bring(world, 5)
    noted = dict([selectors.head()])
    bring(world, 6)
    assert services.prove(anchors=noted).holds
    previous, statements = "", ["UPDATE ledger_movement SET reason = 'never' WHERE number = 1"]
    unlocked(statements)
    for row in Movement.objects.order_by("number"):
        row.previous = previous
        lines = [(one.account.key, int(one.quantity * 1000)) for one in row.entries.all()]
        previous = chain.link(row, lines)
        Movement.objects.filter(number=row.number).update(previous=row.previous, hash=previous)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_head SET hash = %s", [previous])
    assert services.prove().holds
    found = services.prove(anchors=noted)
    assert found.first_bad == 1
    assert "not the one whose hash was noted elsewhere" in found.problems[0]
    assert "movement 9 was noted elsewhere" in services.prove(anchors={9: "ab"}).problems[0]


def test_many_problems_are_counted_not_all_told(world) -> None:
    """A ledger that is wrong from end to end has a report that can be read."""
    for quantity in range(1, 31):
        bring(world, quantity)
    unlocked(["UPDATE ledger_movement SET reason = 'x'"])
    found = services.prove()
    assert (len(found.problems), found.more) == (20, 10)
    assert str(found).endswith("… and 29 more")


def test_the_proof_goes_page_by_page(world, monkeypatch, django_assert_max_num_queries) -> None:
    """Two queries a page of fixed size and a handful for all: never a row at a time, nor all."""
    monkeypatch.setattr(proof, "STEP", 4)
    for quantity in range(1, 11):
        bring(world, quantity)
    seen = []
    with django_assert_max_num_queries(16):
        found = services.prove(lambda done, total: seen.append((done, total)))
    assert found.holds
    assert (found.movements, found.entries, found.accounts) == (10, 20, 2)
    assert seen == [(4, 10), (8, 10), (10, 10)]
    assert found.head == selectors.head()[1]


def test_an_empty_ledger_is_proved(world) -> None:
    """Before the first report."""
    assert str(services.prove()).startswith("proved: 0 movements")


@pytest.mark.django_db(transaction=True)
def test_others_write_while_the_ledger_is_proved(world, monkeypatch) -> None:
    """The proof reads one moment; it neither stops the writers nor mistakes them for cheats."""
    monkeypatch.setattr(proof, "STEP", 2)
    for quantity in (1, 2, 3, 4):
        bring(world, quantity)

    def write() -> None:
        try:
            move(stock(world), outside(world), 1)
            bring(world, 7, lot="NEW")
        finally:
            connection.close()

    written = []

    def progress(done: int, total: int) -> None:
        if not written:
            thread = Thread(target=write)
            thread.start()
            thread.join(60)
            written.append(not thread.is_alive())

    found = services.prove(progress)
    assert written == [True]
    assert found.holds, found.problems
    assert found.movements == 4
    after = services.prove()
    assert after.holds
    assert after.movements == 6


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_fails_leaves_nothing(world) -> None:
    """The whole transaction is taken back: entries, links, balances and the chain's end."""
    bring(world, 3)
    before = selectors.head()

    def fail() -> None:
        with transaction.atomic():
            services.post(
                uuid4(), "receive", legs(outside(world), stock(world), 5), day=DAY, actor=None
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert selectors.head() == before
    assert selectors.balance(stock(world)) == 3
    assert services.prove().holds
