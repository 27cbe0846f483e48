"""Lots: which to take first, where each unit went, and how a bad one is held."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError
from sampan_platform.ledger import selectors, services
from sampan_platform.people.models import AuditEvent
from tests.platform.ledger_world import DAY, at, bring, legs, move, outside, posting, stock, transit

BAD = {"lot": "BAD"}


def whereabouts(world, user: str | None = None) -> dict[tuple[str, str], int]:
    """Kind and site (or order line) of each unit of the bad lot."""
    rows = selectors.where_did_it_go(
        world.resources["mask"].pk, "BAD", None if user is None else world.users[user]
    )
    return {(row.kind, row.site or row.reference): int(row.quantity) for row in rows}


def hold(world, user: str = "chen", movement: UUID | None = None, lot: str = "BAD") -> int:
    """Quarantine the lot; the number of movements."""
    return len(
        services.quarantine_lot(
            world.resources["mask"].pk, lot, movement=movement or uuid4(), day=DAY,
            reason="torn straps", actor=world.users[user],
        )
    )  # fmt: skip


def release(world, user: str = "chen", movement: UUID | None = None, lot: str = "BAD") -> int:
    return len(
        services.release_lot(
            world.resources["mask"].pk, lot, movement=movement or uuid4(), day=DAY,
            reason="tested", actor=world.users[user],
        )
    )  # fmt: skip


def test_first_expired_first_out(world) -> None:
    """Picking takes what expires first, and says when there is too little."""
    bring(world, 5, lot="B", expires_on=date(2020, 6, 1))
    bring(world, 5, lot="A", expires_on=date(2020, 12, 1))
    bring(world, 5)
    site, mask = world.sites["W1"].pk, world.resources["mask"].pk
    taken = services.pick(site, mask, Decimal(11))
    assert [(leg.account.lot, leg.quantity) for leg in taken] == [("B", -5), ("A", -5), ("", -1)]
    with pytest.raises(InvalidError, match="16 are wanted and 15 are free"):
        services.pick(site, mask, Decimal(16))


def test_what_is_set_apart_is_not_picked(world) -> None:
    """The lot that expires first is promised already: the next one is taken."""
    bring(world, 5, lot="B", expires_on=date(2020, 6, 1))
    bring(world, 5, lot="A", expires_on=date(2020, 12, 1))
    first = stock(world, lot="B", expires_on=date(2020, 6, 1))
    services.pend(uuid4(), "ship", legs(first, transit(world), 4), day=DAY, actor=None)
    taken = services.pick(world.sites["W1"].pk, world.resources["mask"].pk, Decimal(3))
    assert [(leg.account.lot, leg.quantity) for leg in taken] == [("B", -1), ("A", -2)]


def test_recall_tells_where_each_unit_went(world) -> None:
    """In stock, in quarantine, on the way, used, lost: by site, and together what came in."""
    bring(world, 100, "W1", **BAD)
    move(stock(world, "W1", **BAD), stock(world, "H1", **BAD), 40)
    move(stock(world, "W1", **BAD), transit(world, **BAD), 20)
    move(transit(world, **BAD), at("loss", world, "H2", **BAD), 3)
    move(transit(world, **BAD), stock(world, "H2", **BAD), 7)
    move(stock(world, "H1", **BAD), at("use", world, "H1", **BAD), 15)
    move(stock(world, "H1", **BAD), at("quarantine", world, "H1", **BAD), 5)
    bring(world, 9, "W1", lot="GOOD")
    found = whereabouts(world)
    assert found == {
        ("stock", "W1"): 40, ("stock", "H1"): 20, ("stock", "H2"): 7, ("quarantine", "H1"): 5,
        ("transit", "DO-1:1"): 10, ("use", "H1"): 15, ("loss", "H2"): 3,
    }  # fmt: skip
    assert sum(found.values()) == 100


def test_recall_shows_each_person_their_part(world) -> None:
    """Viet Nam sees what is there, and what is on the way from or to it; Hubei its own part."""
    bring(world, 100, "W1", **BAD)
    move(stock(world, "W1", **BAD), transit(world, "DO-1:1", **BAD), 20)
    bring(world, 6, "H2", **BAD)
    assert whereabouts(world, "lan") == {("stock", "H2"): 6}
    assert whereabouts(world, "chen") == {("stock", "W1"): 80, ("transit", "DO-1:1"): 20}
    assert sum(whereabouts(world, "ana").values()) == 106


def test_a_held_lot_leaves_the_stock_of_every_site_at_once(world) -> None:
    """All of it, once, however often it is sent; other lots stay; a release brings it back."""
    bring(world, 60, "W1", **BAD)
    bring(world, 40, "H1", expires_on=date(2020, 6, 1), **BAD)
    bring(world, 7, "H1", lot="GOOD")
    number = uuid4()
    assert hold(world, movement=number) == 2
    assert hold(world, movement=number) == 2
    assert whereabouts(world) == {("quarantine", "W1"): 60, ("quarantine", "H1"): 40}
    assert [row.lot for row in selectors.on_hand()] == ["GOOD"]
    with pytest.raises(ConflictError, match="for another lot"):
        hold(world, movement=number, lot="GOOD")
    back = uuid4()
    assert release(world, movement=back) == 2
    assert release(world, movement=back) == 2
    assert whereabouts(world) == {("stock", "W1"): 60, ("stock", "H1"): 40}
    actions = AuditEvent.objects.filter(target__startswith="lot:").values_list("action", flat=True)
    assert sorted(actions) == ["ledger.quarantine_lot", "ledger.stock_lot"]
    assert services.prove().holds


def test_what_is_on_the_way_does_not_slip_past_the_hold(world) -> None:
    """Held goods that arrive go into quarantine, not into stock, until the lot is released."""
    bring(world, 30, "W1", **BAD)
    move(stock(world, "W1", **BAD), transit(world, **BAD), 30)
    assert hold(world) == 0
    with pytest.raises(InvalidError, match=r"Lot BAD is in quarantine: .* stock at H1") as told:
        move(transit(world, **BAD), stock(world, "H1", **BAD), 30)
    assert told.value.code == "lot-held"
    assert selectors.held_lots([stock(world, "H1", **BAD), stock(world, "H1", lot="GOOD")]) == {
        stock(world, "H1", **BAD)
    }
    good = posting(outside(world), stock(world, "H1"), 4)
    bad = posting(transit(world, **BAD), stock(world, "H1", **BAD), 30)
    written = services.post_possible([bad, good], actor=None)
    assert [row.movement for row in written.rows] == [good.movement]
    assert written.refused[bad.movement].code == "lot-held"
    move(transit(world, **BAD), at("quarantine", world, "H1", **BAD), 30)
    release(world)
    assert whereabouts(world) == {("stock", "H1"): 30}


def test_a_hold_reaches_as_far_as_the_person(world) -> None:
    """Hubei's coordinator holds Hubei's; Viet Nam's stock and its receipts stay as they are."""
    bring(world, 60, "W1", **BAD)
    bring(world, 5, "H2", **BAD)
    assert hold(world, "chen") == 1
    bring(world, 1, "H2", **BAD)
    assert whereabouts(world) == {("quarantine", "W1"): 60, ("stock", "H2"): 6}
    assert release(world, "lan") == 0
    assert whereabouts(world)["quarantine", "W1"] == 60
    with pytest.raises(ForbiddenError):
        hold(world, "ana")


def test_goods_set_apart_for_an_order_are_held_too(world) -> None:
    """The order cannot ship them: it is cancelled, not served from a bad lot."""
    bring(world, 10, **BAD)
    number = uuid4()
    pair = legs(stock(world, **BAD), transit(world, **BAD), 8)
    services.pend(number, "ship", pair, day=DAY, actor=None)
    assert hold(world) == 1
    with pytest.raises(InvalidError, match="8 mask are to leave “stock” at W1, lot BAD, and 0 are"):
        services.settle(number, day=DAY, actor=None)
    services.void(number, reason="held")
    assert services.prove().holds
