"""What the database itself refuses, whoever asks: not the code alone keeps the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from sampan_platform.common.errors import InvalidError
from sampan_platform.ledger import selectors, services
from sampan_platform.ledger.models import Account, Entry, Movement
from sampan_platform.ledger.services import AccountKey
from tests.platform.ledger_world import DAY, bring, move, outside, stock


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


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


ADD = "INSERT INTO ledger_entry (movement_id, account_id, resource_id, quantity) "


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_movement SET reason = 'x'",
        "DELETE FROM ledger_movement",
        "UPDATE ledger_entry SET quantity = quantity + 1",
        "DELETE FROM ledger_entry WHERE quantity > 0",
        "UPDATE ledger_account SET key = 'x'",
        "DELETE FROM ledger_account",
        "UPDATE ledger_account SET balance = -1 WHERE kind = 'stock'",
        "UPDATE ledger_account SET pending_out = -1",
        # an entry for a movement that is recorded
        f"{ADD} SELECT movement_id, account_id, resource_id, 1 FROM ledger_entry",
        # one that moves nothing, one of another resource than its account's
        f"{ADD} SELECT 77, account_id, resource_id, 0 FROM ledger_entry",
        f"{ADD} SELECT 77, account_id, resource_id + 1, 5 FROM ledger_entry",
        # one of an account that is not there
        f"{ADD} SELECT 77, account_id + 1000, resource_id, 5 FROM ledger_entry",
    ],
)
def test_sql_by_hand_is_refused(world, statement: str) -> None:
    """Somebody at the database's own prompt, with the ledger's triggers in place."""
    bring(world, 10)
    with pytest.raises(DatabaseError), transaction.atomic():
        run(statement)
    assert services.prove().holds


@pytest.mark.parametrize("quantities", [(), (5,), (5, -4)])
def test_a_movement_whose_entries_do_not_sum_to_zero_is_refused(world, quantities) -> None:
    """By the database: none, one alone, and two that do not match."""
    bring(world, 10)
    row, entry = Movement.objects.get(), Entry.objects.first()
    row.number, row.movement = 2, uuid4()

    def add() -> None:
        for quantity in quantities:
            Entry.objects.create(
                movement_id=2, account_id=entry.account_id, resource_id=entry.resource_id,
                quantity=Decimal(quantity),
            )  # fmt: skip
        row.save(force_insert=True)

    with pytest.raises(DatabaseError, match="sum to zero"), transaction.atomic():
        add()
    assert Movement.objects.count() == 1


def test_what_this_database_has_of_its_own_is_refused_too(world) -> None:
    """PostgreSQL can empty a table at once; SQLite can replace a row while it adds one."""
    bring(world, 10)
    tables = ("ledger_entry", "ledger_movement", "ledger_account")
    statements = (
        [f"TRUNCATE {table} CASCADE" for table in tables]
        if connection.vendor == "postgresql"
        else [f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" for table in tables]
    )
    if connection.vendor == "postgresql":
        run("SET CONSTRAINTS ALL IMMEDIATE")  # as at a commit, after which TRUNCATE is possible
    for statement in statements:
        refusal = pytest.raises(DatabaseError, match=r"append-only|after it was recorded")
        with refusal, transaction.atomic():
            run(statement)
    assert services.prove().holds


def test_a_balance_is_refused_by_the_database_where_the_code_forgot(world, monkeypatch) -> None:
    """With the check in Python taken out, the constraint still keeps stock at zero or more."""
    from sampan_platform.ledger.books import Books

    bring(world, 1)
    monkeypatch.setattr(Books, "shortages", lambda *_: [])
    with pytest.raises(DatabaseError), transaction.atomic():
        services.post(
            uuid4(),
            "ship",
            [
                services.Leg(stock(world), Decimal(-2)),
                services.Leg(outside(world), Decimal(2)),
            ],
            day=date(2020, 2, 11),
            actor=None,
        )
    assert services.prove().holds


@pytest.mark.parametrize("kind", ["stock", "transit", "quarantine"])
def test_where_goods_are_there_is_never_less_than_nothing(world, kind: str) -> None:
    """By code and by the database; where goods come from there may be."""
    place = AccountKey(kind, world.resources["mask"].pk, world.sites["W1"].pk, reference="DO-1:1")
    word = {"transit": "in transit"}.get(kind, kind)
    with pytest.raises(InvalidError, match=f"1 mask are to leave “{word}” at W1, and 0 are there"):
        move(place, outside(world), 1)
    move(outside(world), place, 1)
    change = "UPDATE ledger_account SET balance = balance - 1001 WHERE kind = "
    with pytest.raises(DatabaseError), transaction.atomic():
        run(f"{change}'{kind}'")
    assert selectors.balance(outside(world)) == -1
    assert services.prove().holds
