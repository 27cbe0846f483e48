"""The ledger over HTTP: what is shown to whom, and what a person may do to it directly."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from sampan_platform.common import clock
from sampan_platform.ledger import selectors, services
from sampan_platform.people.models import AuditEvent
from tests.platform.http_world import client_for, send
from tests.platform.ledger_world import DAY, at, bring, legs, move, outside, posting, stock, transit

BASE = "/api/v1/ledger"


@pytest.fixture(autouse=True)
def _noon():
    """Tokens and movements live on 10 February."""
    with clock.at(datetime(2020, 2, 10, 4, tzinfo=UTC)):
        yield


def body(**more: object) -> dict[str, object]:
    """With an id of its own, a day and a reason."""
    return {"movement": str(uuid4()), "day": DAY.isoformat(), "reason": "counted", **more}


def test_everybody_sees_the_stock_of_their_part(world) -> None:
    """By lot, what is there, set apart and free; nobody else's."""
    bring(world, 10, "W1", lot="A")
    bring(world, 4, "H2")
    services.pend(
        uuid4(),
        "ship",
        legs(stock(world, lot="A"), transit(world, lot="A"), 3),
        day=DAY,
        actor=None,
    )
    (row,) = client_for(world.users["chen"]).get(f"{BASE}/stocks").json()["items"]
    assert {name: row[name] for name in ("site", "resource", "lot", "available", "quantity")} == {
        "site": "W1", "resource": "mask", "lot": "A", "available": "7", "quantity": "10",
    }  # fmt: skip
    lan = client_for(world.users["lan"])
    assert [row["site"] for row in lan.get(f"{BASE}/stocks").json()["items"]] == ["H2"]
    all_of_it = client_for(world.users["ana"]).get(f"{BASE}/stocks?resource=mask").json()
    assert len(all_of_it["items"]) == 2


def test_the_stock_card_by_http(world) -> None:
    """Opening, lines, closing; of a site that one may see, and only of that."""
    bring(world, 10)
    move(stock(world), at("use", world), 4, "use")
    chen, lan = client_for(world.users["chen"]), client_for(world.users["lan"])
    asked = f"{BASE}/card?site=W1&resource=mask&since=2020-02-10&until=2020-02-10"
    card = chen.get(asked).json()
    assert (card["opening"], card["closing"]) == ("0", "6")
    assert [(line["kind"], line["quantity"]) for line in card["lines"]] == [
        ("receive", "10"), ("use", "-4"),
    ]  # fmt: skip
    assert lan.get(asked).status_code == 404


def test_movements_are_listed_with_a_fixed_number_of_queries(
    world, django_assert_max_num_queries
) -> None:
    """Twenty lines cost what two cost; pages follow one another; those of others are not seen."""
    chen = client_for(world.users["chen"])
    chen.get(f"{BASE}/head")  # when a token was used last is written once a while
    counted = []
    for count in (2, 18):
        postings = [posting(outside(world), stock(world, lot=f"L{n}"), 1) for n in range(count)]
        services.post_many(postings, actor=None)
        with django_assert_max_num_queries(20) as asked:
            page = chen.get(f"{BASE}/movements?limit=15").json()
        counted.append(len(asked.captured_queries))
    assert counted[0] == counted[1]
    assert [row["number"] for row in page["items"]] == list(range(20, 5, -1))
    rest = chen.get(f"{BASE}/movements?limit=15&cursor={page['next_cursor']}").json()
    assert [row["number"] for row in rest["items"]] == [5, 4, 3, 2, 1]
    assert client_for(world.users["lan"]).get(f"{BASE}/movements").json()["items"] == []


def test_movements_are_found_by_what_they_are(world) -> None:
    """By site, resource, kind, source and day."""
    bring(world, 5, "W1")
    bring(world, 5, "H1")
    chen = client_for(world.users["chen"])
    for asked, count in (
        ("site=W1", 1), ("resource=mask", 2), ("resource=suit", 0), ("kind=receive", 2),
        ("kind=use", 0), ("source=order:1", 0), ("since=2020-02-11", 0), ("until=2020-02-10", 2),
    ):  # fmt: skip
        assert len(chen.get(f"{BASE}/movements?{asked}").json()["items"]) == count, asked


def test_a_count_posts_the_difference_once(world) -> None:
    """Sent twice it is one; nothing differs: nothing is posted; less than nothing: refused."""
    bring(world, 10)
    chen = client_for(world.users["chen"])
    sent = body(site="W1", resource="mask", counted="7.5")
    first, again = send(chen, f"{BASE}/counts", sent), send(chen, f"{BASE}/counts", sent)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert [(one["kind"], one["quantity"]) for one in first.json()["entries"]] == [
        ("stock", "-2.5"), ("adjustment", "2.5"),
    ]  # fmt: skip
    assert selectors.balance(stock(world)) * 2 == 15
    same = body(site="W1", resource="mask", counted="7.5")
    assert send(chen, f"{BASE}/counts", same).json() is None
    other = sent | {"counted": "8"}
    assert send(chen, f"{BASE}/counts", other).status_code == 409
    assert send(chen, f"{BASE}/counts", sent | {"counted": "-1"}).status_code == 422
    assert AuditEvent.objects.filter(action="ledger.count").count() == 1
    for user, status in (("lan", 404), ("ana", 403)):
        client = client_for(world.users[user])
        answer = send(client, f"{BASE}/counts", body(site="W1", resource="mask", counted="1"))
        assert answer.status_code == status, user


def test_what_was_posted_by_hand_is_reversed_by_hand(world) -> None:
    """With a reason, by who may; what came from an order is corrected at the order."""
    number = bring(world, 10)
    chen, lan = client_for(world.users["chen"]), client_for(world.users["lan"])
    sent = {"movement": str(uuid4()), "reason": "typed twice"}
    address = f"{BASE}/movements/{number}/reverse"
    assert send(lan, address, sent).status_code == 404
    made = send(chen, address, sent).json()
    assert made["reverses"] == str(number)
    assert send(chen, address, sent).json() == made
    life = chen.get(f"{BASE}/movements/{number}").json()
    assert [row["kind"] for row in life] == ["receive", "reverse-receive"]
    assert lan.get(f"{BASE}/movements/{number}").status_code == 404
    ordered = posting(outside(world), stock(world), 3, source="order:DO-1")
    services.post_many([ordered], actor=None)
    answer = send(chen, f"{BASE}/movements/{ordered.movement}/reverse", body())
    assert answer.status_code == 409
    assert "came from order:DO-1. Correct it there" in answer.json()["detail"]


def test_a_bad_lot_is_held_recalled_and_released_by_http(world) -> None:
    """The whole way, with what each answer says."""
    bring(world, 10, "W1", lot="BAD")
    bring(world, 5, "H1", lot="BAD")
    chen = client_for(world.users["chen"])
    held = send(chen, f"{BASE}/quarantine", body(resource="mask", lot="BAD")).json()
    assert sorted(row["entries"][1]["site"] for row in held) == ["H1", "W1"]
    found = chen.get(f"{BASE}/recall?resource=mask&lot=BAD").json()
    assert [(one["kind"], one["site"], one["quantity"]) for one in found] == [
        ("quarantine", "H1", "5"), ("quarantine", "W1", "10"),
    ]  # fmt: skip
    assert len(send(chen, f"{BASE}/release", body(resource="mask", lot="BAD")).json()) == 2
    assert selectors.balance(stock(world, lot="BAD")) == 10
    missing = send(chen, f"{BASE}/release", body(resource="none", lot="BAD"))
    assert missing.status_code == 404


def test_the_chains_end_can_be_noted(world) -> None:
    """Number and hash, for whoever keeps them elsewhere."""
    bring(world, 1)
    answer = client_for(world.users["aud"]).get(f"{BASE}/head").json()
    assert (answer["number"], answer["hash"]) == selectors.head()
