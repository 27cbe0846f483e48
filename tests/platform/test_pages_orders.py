"""The screen of orders: the board, one order and its papers, and each thing done with it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sampan_platform.common import clock
from sampan_platform.track import services
from sampan_platform.track.models import DispatchOrder, OrderEvent, OrderLine
from tests.platform.pages_world import LANGUAGES, refusals, signed_in, text_of
from tests.platform.track_world import balances, issue, line, noon, put, shipped

QUERIES_MAX = 30
STORE = {"en": "Wuhan store", "zh-hans": "武汉储备库"}
MASKS = ("W1-H1", "mask", 600, 0, 0)
SUITS = ("W1-H1", "suit", 40, 0, 0)


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(noon(10)):
        yield


@pytest.fixture
def stored(world) -> Any:
    """A store with a thousand masks and a hundred suits of one lot."""
    put(world, "W1", "mask", 1000)
    put(world, "W1", "suit", 100, lot="S-7", expires_on=date(2021, 2, 1))
    return world


def send(client: Client, order: DispatchOrder, action: str, **said: str) -> Any:
    """Post the form of an action as a browser does, and follow to the page that tells of it."""
    said = {"once": str(uuid4())} | said
    return client.post(f"/orders/{order.number}/{action}/", said, follow=True)


def state(order: DispatchOrder) -> str:
    """As it is in the database now."""
    return DispatchOrder.objects.values_list("state", flat=True).get(pk=order.pk)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["", "paper/", "paper/?kind=packing"])
def test_an_order_is_shown_with_its_goods(stored, language: str, address: str) -> None:
    """Its page and its two papers: from where to where, each item with its lot."""
    (order,) = issue(stored, MASKS, SUITS)
    answer = signed_in(stored, "chen", language).get(f"/orders/{order.number}/{address}")
    assert answer.status_code == 200
    text = text_of(answer)
    assert STORE[language] in text
    for word in (order.number, "600", "40", "S-7"):
        assert word in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_board_has_a_column_a_state(stored, language: str) -> None:
    """An order under way stands on the board by its ends; one that ended, on the other tab."""
    client = signed_in(stored, "chen", language)
    (order,) = issue(stored, MASKS)
    board = client.get("/orders/")
    assert order.number in text_of(board)
    assert STORE[language] in text_of(board)
    assert order.number not in text_of(client.get("/orders/?ended=1"))
    send(client, order, "cancel", reason="not needed")
    assert order.number not in text_of(client.get("/orders/"))
    assert order.number in text_of(client.get("/orders/?ended=1"))


def test_the_board_is_filtered(stored) -> None:
    """By site, by item and by lateness; each finds its order and leaves the other."""
    (masks,) = issue(stored, MASKS)
    (suits,) = issue(stored, ("W1-H2", "suit", 10, 0, 2))
    client = signed_in(stored, "chen")

    def found(asked: str) -> set[str]:
        return set(re.findall(r"DO-2020-02-10-\d+(?=<)", client.get(asked).content.decode()))

    assert found("/orders/") == {masks.number, suits.number}
    assert found("/orders/?site=H1") == found("/orders/?item=mask") == {masks.number}
    assert found("/orders/?site=H2") == found("/orders/?item=suit") == {suits.number}
    with clock.at(noon(11)):
        assert found("/orders/?overdue=1") == {masks.number}


def test_the_board_needs_no_query_an_order(stored) -> None:
    """As many queries for twelve orders as for two."""
    client = signed_in(stored, "chen")
    client.get("/orders/")
    counts = []
    for more in (2, 10):
        for _ in range(more):
            issue(stored, ("W1-H1", "mask", 10, 0, 0))
        with CaptureQueriesContext(connection) as queries:
            client.get("/orders/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= QUERIES_MAX


@pytest.mark.parametrize("day", ["issued", "shipped", "received"])
def test_1500_lines_cost_as_many_queries_as_three(world, day: str) -> None:
    """An order's page and papers in each state, however long it is; every line is there."""
    counts = []
    client = signed_in(world, "chen")
    client.get("/orders/")
    for lines in (3, 1500):
        put(world, "W1", "mask", lines)
        (order,) = issue(world, *[("W1-H1", "mask", 1, 0, 0)] * lines)
        if day != "issued":
            services.ship(order.number, uuid4(), world.users["chen"])
        if day == "received":
            services.receive(order.number, uuid4(), world.users["chen"])
        for address in ("", "paper/", "paper/?kind=packing"):
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(f"/orders/{order.number}/{address}")
            counts.append(len(queries))
            assert f'<td class="number">{lines}</td>' in answer.content.decode()
    assert counts[:3] == counts[3:]
    assert max(counts) <= QUERIES_MAX


def test_every_line_of_a_long_order_can_be_counted(world) -> None:
    """A receipt of 1,500 lines, five fields each, is one form, and none of it is lost."""
    put(world, "W1", "mask", 3000)
    order = shipped(world, *[("W1-H1", "mask", 2, 0, 0)] * 1500)
    said = {}
    for number in range(1, 1501):
        said |= {
            f"good-{number}": "1", f"short-{number}": "", f"damaged-{number}": "1",
            f"quarantined-{number}": "", f"reason-{number}": "wet",
        }  # fmt: skip
    assert send(signed_in(world, "hua"), order, "receive", **said).status_code == 200
    assert state(order) == "damaged"
    assert balances(world) == {"stock:H1": 1500}


def test_from_the_store_to_the_shelf(stored) -> None:
    """Picked in part, shipped, seen on the way, received short and damaged, closed."""
    (order,) = issue(stored, MASKS, SUITS)
    store, hospital = signed_in(stored, "chen"), signed_in(stored, "hua")
    numbers = {one.resource.code: one.number for one in order.lines.select_related("resource")}
    mask = numbers["mask"]
    send(store, order, "pick", **{f"picked-{mask}": "500", "reason": "the rest is wet"})
    assert state(order) == "picked"
    send(store, order, "ship", carrier="China Post", vehicle="鄂A 12345", expected_on="2020-02-12")
    page = text_of(store.get(f"/orders/{order.number}/"))
    assert "China Post 鄂A 12345" in page
    assert "the rest is wet" in page
    send(hospital, order, "transit", place="Xiaogan", expected_on="2020-02-13", reason="snow")
    assert "Xiaogan" in text_of(store.get(f"/orders/{order.number}/"))
    send(hospital, order, "receive", **{
        f"good-{mask}": "480", f"short-{mask}": "10", f"damaged-{mask}": "6",
        f"quarantined-{mask}": "4", f"reason-{mask}": "fell down",
        f"good-{numbers['suit']}": "40",
    })  # fmt: skip
    assert state(order) == "short"
    assert line(order, mask).damaged == Decimal(6)
    assert "fell down" in text_of(store.get(f"/orders/{order.number}/"))
    assert balances(stored)["stock:H1"] == 480
    send(hospital, order, "close", reason="settled with the carrier")
    assert state(order) == "closed"


def test_all_at_once_is_received_by_one_button(stored) -> None:
    """Nothing is filled in: everything came and is good."""
    order = shipped(stored, MASKS)
    send(signed_in(stored, "hua"), order, "receive")
    assert state(order) == "received"
    assert balances(stored) == {"stock:W1": 400, "stock:H1": 600}


@pytest.mark.parametrize("action", ["pick", "ship", "transit", "receive", "return", "cancel"])
def test_sent_twice_is_done_once(stored, action: str) -> None:
    """The same form a second time, as after a broken line, changes nothing more."""
    leaves = action in ("transit", "receive", "return")
    order = shipped(stored, MASKS) if leaves else issue(stored, MASKS)[0]
    client, change = signed_in(stored, "min" if action == "cancel" else "chen"), str(uuid4())
    for _ in range(2):
        answer = send(client, order, action, once=change, reason="as agreed")
        assert answer.status_code == 200
    assert OrderEvent.objects.filter(order=order, action=action).count() == 1
    there = {place: at for place, at in balances(stored).items() if "stock" in place}
    assert sum(there.values()) == (400 if action in ("ship", "transit") else 1000)
    assert not refusals(answer)


@pytest.mark.parametrize(
    ("user", "may"),
    [
        ("chen", {"pick", "ship", "cancel"}),
        ("wei", {"cancel"}),
        ("hua", set()),
        ("ana", set()),
        ("aud", set()),
    ],
)
def test_everybody_is_offered_what_they_may_and_refused_the_rest(
    stored, user: str, may: set[str]
) -> None:
    """Of an issued order; a form sent without its button changes nothing."""
    (order,) = issue(stored, MASKS)
    client = signed_in(stored, user)
    page = client.get(f"/orders/{order.number}/").content.decode()
    offered = set(re.findall(r'data-opens="do-(\w+)"', page))
    assert offered == may
    for action in {"pick", "ship", "cancel", "receive", "return", "close"} - may:
        answer = send(client, order, action, reason="because")
        assert answer.status_code in (200, 403)
    assert state(order) == "issued"
    assert OrderEvent.objects.filter(order=order).count() == 1


def test_an_order_of_others_does_not_exist(stored) -> None:
    """A coordinator of another country finds it neither by number nor on the board."""
    (order,) = issue(stored, MASKS)
    stranger = signed_in(stored, "lan")
    assert order.number not in text_of(stranger.get("/orders/"))
    for address in (f"{order.number}/", f"{order.number}/paper/", f"find/?number={order.number}"):
        assert stranger.get(f"/orders/{address}").status_code == 404
    assert send(stranger, order, "cancel", reason="mine now").status_code == 404
    assert state(order) == "issued"


@pytest.mark.parametrize(
    "typed", ["{number}", " {number} ", "{lower}", "https://sampan.example/orders/{number}/"]
)
def test_an_order_is_found_by_what_is_typed_or_scanned(stored, typed: str) -> None:
    """The number with spaces, in small letters, or the address in the code on the paper."""
    (order,) = issue(stored, MASKS)
    typed = typed.format(number=order.number, lower=order.number.lower())
    answer = signed_in(stored, "chen").get("/orders/find/", {"number": typed})
    assert answer["Location"] == f"/orders/{order.number}/"


@pytest.mark.parametrize("typed", ["", "DO-1", "/", "\0", "x" * 5000, "no such"])
def test_a_number_that_is_none_is_told(stored, typed: str) -> None:
    """What was typed wrong is not found, and no more than that happens."""
    client = signed_in(stored, "chen")
    answer = client.get("/orders/find/", {"number": typed})
    assert answer.status_code in (404, 422)
    assert "Traceback" not in answer.content.decode()


WRONG_COUNTS = ["NaN", "Infinity", "-1", "1e30", "1.23456", "ten", "601", "\0"]


@pytest.mark.parametrize("quantity", WRONG_COUNTS)
@pytest.mark.parametrize("field", ["picked", "good", "short", "damaged", "quarantined"])
def test_a_count_that_cannot_be_changes_nothing(stored, field: str, quantity: str) -> None:
    """No number, less than nothing, finer than counted, or more than there is."""
    before = "issued" if field == "picked" else "shipped"
    order = issue(stored, MASKS)[0] if field == "picked" else shipped(stored, MASKS)
    action = "pick" if field == "picked" else "receive"
    said = {f"{field}-1": quantity, "reason-1": "?", "reason": "?"}
    answer = send(signed_in(stored, "chen"), order, action, **said)
    assert answer.status_code in (200, 422)
    assert len(refusals(answer)) == 1
    assert state(order) == before
    assert OrderLine.objects.get(order=order).received == 0


@pytest.mark.parametrize(
    "said",
    [
        {"expected_on": "soon"},
        {"expected_on": "2020-02-30"},
        {"expected_on": "2020-02-09"},
        {"expected_on": "99999-01-01"},
        {"carrier": "x" * 201},
        {"vehicle": "x" * 201},
        {"carrier": "a\0b"},
        {"once": ""},
        {"once": "1"},
    ],
)
def test_a_shipment_told_wrongly_stays_where_it_is(stored, said: dict[str, str]) -> None:
    """Days that are none or lie before it leaves, texts too long, forms without a number."""
    (order,) = issue(stored, MASKS)
    answer = send(signed_in(stored, "chen"), order, "ship", **said)
    assert answer.status_code in (200, 422)
    assert len(refusals(answer)) == 1
    assert state(order) == "issued"
    assert balances(stored)["reserved:W1"] == 600


@pytest.mark.parametrize(("action", "before"), [("cancel", "issued"), ("return", "shipped")])
@pytest.mark.parametrize("reason", ["", "  ", "x" * 3000, "a\0b"])
def test_what_needs_a_reason_is_not_done_without(
    stored, action: str, before: str, reason: str
) -> None:
    """No reason, an empty one, one nobody would read: the order stays as it was."""
    order = issue(stored, MASKS)[0] if before == "issued" else shipped(stored, MASKS)
    answer = send(signed_in(stored, "chen"), order, action, reason=reason)
    assert answer.status_code in (200, 422)
    assert len(refusals(answer)) == 1
    assert state(order) == before


@pytest.mark.parametrize("action", ["burn", "x" * 300])
def test_there_is_no_other_action(stored, action: str) -> None:
    """An address made up is not found."""
    (order,) = issue(stored, MASKS)
    assert send(signed_in(stored, "chen"), order, action).status_code == 404
    assert state(order) == "issued"


def test_whoever_is_not_signed_in_sees_none(stored) -> None:
    """The board, an order, its paper and its actions lead to the entrance."""
    (order,) = issue(stored, MASKS)
    for address in ("", f"{order.number}/", f"{order.number}/paper/"):
        answer = Client().get(f"/orders/{address}")
        assert answer["Location"].startswith("/sign-in/")
    answer = Client().post(f"/orders/{order.number}/cancel/", {"reason": "x"})
    assert answer["Location"].startswith("/sign-in/")
    assert state(order) == "issued"
