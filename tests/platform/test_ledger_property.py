"""Any sequence of operations: a plain model of the ledger beside it says what must come out."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sampan_platform.common.errors import InvalidError
from sampan_platform.ledger import services
from sampan_platform.ledger.models import Account, Entry
from sampan_platform.ledger.services import AccountKey
from tests.platform.ledger_world import DAY, legs, outside, stock, transit

Change = tuple[AccountKey, AccountKey, Decimal]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("post", "post", "pend", "settle", "void", "reverse", "again")),
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(1, 50_000),
    ),
    min_size=1,
    max_size=25,
)


class Model:
    """The rules of the ledger with a dictionary in the place of the database."""

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()
        self.apart: Counter[str] = Counter()
        self.posted: dict[UUID, Change] = {}
        self.pending: dict[UUID, Change] = {}
        self.allows = True
        """What was asked for last."""

    def may_move(self, change: Change) -> bool:
        source, _, amount = change
        return source.kind == "outside" or self.held[source.text] >= amount

    def may_reserve(self, change: Change) -> bool:
        source, _, amount = change
        free = self.held[source.text] - self.apart[source.text]
        return source.kind == "outside" or free >= amount

    def move(self, change: Change) -> None:
        source, target, amount = change
        self.held[source.text] -= amount
        self.held[target.text] += amount


def step(model: Model, accounts: list[AccountKey], what: tuple[str, int, int, int]) -> None:
    """Do one thing, if there is any to do, in both: in the model only what it allows."""
    action, here, there, thousandths = what
    change = (accounts[here], accounts[there], Decimal(thousandths) / 1000)
    pair, number = legs(*change), uuid4()
    model.allows = True
    if action in ("post", "pend") and here == there:
        return
    if action == "post":
        model.allows = model.may_move(change)
        if model.allows:
            model.move(change)
            model.posted[number] = change
        services.post(number, "move", pair, day=DAY, actor=None)
        return
    if action == "pend":
        model.allows = model.may_reserve(change)
        if model.allows:
            model.pending[number] = change
            model.apart[change[0].text] += change[2]
        services.pend(number, "move", pair, day=DAY, actor=None)
        return
    waiting = model.posted if action in ("reverse", "again") else model.pending
    if not waiting:
        return
    number = sorted(waiting)[here % len(waiting)]
    source, target, amount = change = waiting[number]
    if action == "again":
        services.post(number, "move", legs(*change), day=DAY, actor=None)
        return
    if action == "reverse":
        back = (target, source, amount)
        model.allows = model.may_move(back)
        if model.allows:
            model.move(back)
            del model.posted[number]
        services.reverse(number, uuid4(), "property", None)
        return
    model.allows = action == "void" or model.may_move(change)
    if model.allows:
        model.apart[source.text] -= amount
        del model.pending[number]
        if action == "settle":
            model.move(change)
    if action == "settle":
        services.settle(number, day=DAY, actor=None)
    else:
        services.void(number)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_any_sequence_of_operations_adds_up(world, steps) -> None:
    """What the model allows the ledger does and nothing else; balances, sums and proof agree."""
    accounts = [
        outside(world), stock(world, "W1"), stock(world, "H1", lot="A"),
        stock(world, "H1", lot="B"), transit(world), AccountKey(
            "quarantine", world.resources["mask"].pk, world.sites["F1"].pk
        ),
    ]  # fmt: skip
    with transaction.atomic():
        model = Model()
        before = {row.key: (row.balance, row.pending_out) for row in Account.objects.all()}
        assert not any(any(pair) for pair in before.values())
        for what in steps:
            refused = ""
            try:
                with transaction.atomic():
                    step(model, accounts, what)
            except InvalidError as error:
                refused = error.code
            assert refused == ("" if model.allows else "below-zero"), what
        for row in Account.objects.all():
            assert (row.balance, row.pending_out) == (model.held[row.key], model.apart[row.key])
            assert row.kind == "outside" or row.balance >= 0
        assert sum(row.balance for row in Account.objects.all()) == 0
        assert sum(row.quantity for row in Entry.objects.all()) == 0
        proof = services.prove()
        assert proof.holds, proof.problems
        transaction.set_rollback(True)
