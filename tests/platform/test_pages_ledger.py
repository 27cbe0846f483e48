"""The screen of the ledger: stock, cards, lots, the trail, the proof; reversal and quarantine."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

import sampan_platform
from sampan_platform.collect import services as collect
from sampan_platform.common import clock
from sampan_platform.ledger import services
from sampan_platform.ledger.models import Kind, Movement
from sampan_platform.requests.models import State
from sampan_platform.track.transitions import ACTIONS, ISSUE
from sampan_platform.web.ledger.doing import DONE, facts, target_address
from tests.platform.ledger_world import DAY, bring, stock
from tests.platform.pages_world import LANGUAGES, refusals, signed_in, text_of
from tests.platform.track_world import balances, issue, noon, put

QUERIES_MAX = 30
STORE = {"en": "Wuhan store", "zh-hans": "武汉储备库"}
MASK = {"en": "Surgical mask", "zh-hans": "医用外科口罩"}
LOT = "S-7"
WHERE = f"/ledger/where/?item=mask&lot={LOT}"
CARD = "/ledger/card/?site=W1&item=mask"


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(noon(10)):
        yield


@pytest.fixture
def stored(world) -> Any:
    """A thousand masks of one lot at the store, and three hundred of none."""
    bring(world, 1000, lot=LOT, expires_on=date(2020, 12, 1))
    bring(world, 300)
    return world


@pytest.fixture
def counted(stored) -> Movement:
    """A count by the coordinator that found ten masks fewer."""
    made = services.count_stock(
        stock(stored), 290, movement=uuid4(), day=DAY, reason="ten are wet",
        actor=stored.users["chen"],
    )  # fmt: skip
    assert made is not None
    return made


def hold(client: Client, action: str = "quarantine", **said: str) -> Any:
    """Post the form on the page of a lot, as a browser does, and follow."""
    form = {"once": str(uuid4()), "item": "mask", "lot": LOT, "reason": "ear loops come off"}
    return client.post("/ledger/hold/", form | {"action": action} | said, follow=True)


def undo(client: Client, made: Movement, **said: str) -> Any:
    """Post the form of reversal on a movement's page."""
    form = {"once": str(uuid4()), "reason": "counted twice"} | said
    return client.post(f"/ledger/movements/{made.movement}/", form, follow=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["/ledger/", CARD, WHERE])
def test_what_is_where_is_told_in_names(stored, language: str, address: str) -> None:
    """On hand, on a card, and of one lot: site, quantity, lot."""
    page = text_of(signed_in(stored, "chen", language).get(address))
    for word in (STORE[language], "1,000", LOT):
        assert word in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_movement_is_told_in_words(counted, world, language: str) -> None:
    """The card leads to it; its page says what moved, who did it and why."""
    client = signed_in(world, "chen", language)
    assert f"/ledger/movements/{counted.movement}/" in client.get(CARD).content.decode()
    page = text_of(client.get(f"/ledger/movements/{counted.movement}/"))
    for word in (STORE[language], MASK[language], "−10", "ten are wet", "chen", counted.hash):
        assert word in page
    assert {"en": "count difference", "zh-hans": "盘点差异"}[language] in page


def test_no_list_needs_a_query_a_row(stored) -> None:
    """Stock, card, lot, movement and trail: as many queries for forty rows as for few."""
    client, auditor = signed_in(stored, "chen"), signed_in(stored, "aud")
    counts = []
    for more in (1, 40):
        for number in range(more):
            bring(stored, 5, lot=f"L-{more}-{number}")
            bring(stored, 5, lot=LOT, expires_on=date(2021, 1, 1 + number % 28))
            services.count_stock(
                stock(stored, lot=f"L-{more}-{number}"), 4, movement=uuid4(), day=DAY,
                reason="one lost", actor=stored.users["chen"],
            )  # fmt: skip
        for who, address in (
            (client, "/ledger/"), (client, CARD), (client, WHERE), (auditor, "/ledger/trail/"),
        ):  # fmt: skip
            who.get("/alerts/")
            with CaptureQueriesContext(connection) as queries:
                assert who.get(address).status_code == 200
            counts.append(len(queries))
    assert counts[:4] == counts[4:]
    assert max(counts) <= QUERIES_MAX


def test_a_movement_of_many_accounts_opens(world) -> None:
    """A load of 1,100 lots in one movement: as many queries as for one, and it says how many."""
    client = signed_in(world, "chen")
    one = bring(world, 1)
    client.get("/ledger/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/ledger/movements/{one}/")
    legs = []
    for number in range(1100):
        goods = {"lot": f"L{number}"}
        resource, site = world.resources["mask"].pk, world.sites["W1"].pk
        legs += [
            services.Leg(services.AccountKey("stock", resource, site, **goods), 1),
            services.Leg(services.AccountKey("outside", resource, **goods), -1),
        ]
    many = uuid4()
    services.post(many, "opening", legs, day=DAY, actor=world.users["chen"])
    with CaptureQueriesContext(connection) as queries:
        page = client.get(f"/ledger/movements/{many}/")
    assert page.status_code == 200
    assert len(queries) == len(few) <= QUERIES_MAX
    assert "and 2,000 more" in text_of(page)


def test_a_count_is_reversed_with_a_reason(counted, world) -> None:
    """The opposite stands beside it with who and why; the form is gone; sent again, once."""
    client, number = signed_in(world, "chen"), str(uuid4())
    assert balances(world) == {"stock:W1": 1290}
    for _ in range(2):
        page = undo(client, counted, once=number)
        assert not refusals(page)
    assert balances(world) == {"stock:W1": 1300}
    assert Movement.objects.filter(reverses=counted.movement).count() == 1
    assert "counted twice" in text_of(page)
    assert 'name="reason"' not in page.content.decode()
    assert len(refusals(undo(client, counted))) == 1
    assert balances(world) == {"stock:W1": 1300}


@pytest.mark.parametrize(
    "said",
    [
        {"reason": ""}, {"reason": "  "}, {"reason": "x" * 2001}, {"reason": "a\0b"},
        {"once": ""}, {"once": "x"},
    ],
)  # fmt: skip
def test_a_reversal_told_wrongly_posts_nothing(counted, world, said: dict[str, str]) -> None:
    """No reason, one nobody would read, a form that lost its number."""
    assert len(refusals(undo(signed_in(world, "chen"), counted, **said))) == 1
    assert balances(world) == {"stock:W1": 1290}


@pytest.mark.parametrize(("user", "status"), [("aud", 403), ("ana", 403), ("lan", 404)])
def test_only_who_counts_stock_reverses(counted, world, user: str, status: int) -> None:
    """Others see it without the form, or not at all, and are refused."""
    client = signed_in(world, user)
    page = client.get(f"/ledger/movements/{counted.movement}/")
    assert page.status_code == (404 if status == 404 else 200)
    assert 'name="reason"' not in page.content.decode()
    assert undo(client, counted).status_code == status
    assert balances(world) == {"stock:W1": 1290}


def test_what_an_order_moved_is_not_reversed_here(stored) -> None:
    """No form, and a refusal that says where it is corrected."""
    from sampan_platform.track import services as track

    (order,) = issue(stored, ("W1-H1", "mask", 100, 0, 0))
    track.ship(order.number, uuid4(), stored.users["chen"])
    made = Movement.objects.get(source=f"order:{order.number}", event="settle")
    client = signed_in(stored, "chen")
    page = client.get(f"/ledger/movements/{made.movement}/")
    assert 'name="reason"' not in page.content.decode()
    assert order.number in refusals(undo(client, made))[0]
    assert balances(stored)["stock:W1"] == 1200


def test_a_lot_is_held_recalled_and_released(stored) -> None:
    """Held: out of stock, and the page says since when and why; released: back, said once more."""
    client, number = signed_in(stored, "chen"), str(uuid4())
    for _ in range(2):
        page = hold(client, once=number)
        assert not refusals(page)
    assert balances(stored) == {"stock:W1": 300}
    assert "Held in quarantine in Hubei" in text_of(page)
    assert "ear loops come off" in text_of(page)
    number = str(uuid4())
    for _ in range(2):
        page = hold(client, "release", once=number, reason="tested, they hold")
        assert not refusals(page)
    assert balances(stored) == {"stock:W1": 1300}
    assert "Held in quarantine" not in text_of(page)
    kinds = list(Movement.objects.values_list("kind", flat=True))
    assert (kinds.count("quarantine-lot"), kinds.count("stock-lot")) == (1, 1)


@pytest.mark.parametrize(
    "said",
    [
        {"reason": ""}, {"reason": " "}, {"reason": "x" * 2001}, {"reason": "a\0b"},
        {"lot": ""}, {"lot": "x" * 65}, {"lot": "a\0b"}, {"item": "nothing"}, {"item": ""},
        {"action": "burn"}, {"once": ""}, {"once": "1"},
    ],
)  # fmt: skip
def test_a_hold_told_wrongly_moves_nothing(stored, said: dict[str, str]) -> None:
    """One message each, and the stock as it was."""
    assert len(refusals(hold(signed_in(stored, "chen"), **said))) == 1
    assert balances(stored) == {"stock:W1": 1300}


def test_a_number_is_not_used_for_two_lots(stored) -> None:
    """A form that was changed after it was sent is another one."""
    put(stored, "W1", "mask", 50, lot="S-8")
    client, number = signed_in(stored, "chen"), str(uuid4())
    hold(client, once=number)
    assert len(refusals(hold(client, once=number, lot="S-8"))) == 1
    assert balances(stored) == {"stock:W1": 350}


@pytest.mark.parametrize("user", ["aud", "ana", "wei", "ops"])
def test_only_who_counts_stock_holds_lots(stored, user: str) -> None:
    """The form is not offered to others, and sent all the same it moves nothing."""
    client = signed_in(stored, user)
    assert "/ledger/hold/" not in client.get(WHERE).content.decode()
    assert hold(client).status_code == 403
    assert balances(stored) == {"stock:W1": 1300}


def test_a_hold_reaches_no_further_than_who_holds(stored) -> None:
    """A coordinator of another country moves nothing here and sees nothing of it."""
    stranger = signed_in(stored, "lan")
    assert "1,000" not in text_of(stranger.get(WHERE))
    hold(stranger)
    assert balances(stored) == {"stock:W1": 1300}
    assert "ear loops" not in text_of(signed_in(stored, "hua").get(WHERE))
    for address in ("/ledger/", CARD):
        assert "1,000" not in text_of(stranger.get(address))
    assert stranger.get(CARD).status_code == 404


@pytest.mark.parametrize("user", ["chen", "rui"])
def test_the_trail_and_the_proof_are_for_auditors(stored, user: str) -> None:
    """Others are refused; an auditor reads who did what, and proves it all."""
    client = signed_in(stored, user)
    assert client.get("/ledger/trail/").status_code == 403
    assert client.post("/ledger/proof/").status_code == 403
    hold(signed_in(stored, "chen"))
    operator = signed_in(stored, "ops")
    assert "ear loops come off" in text_of(operator.get("/ledger/trail/?actor=chen"))
    assert "ear loops come off" not in text_of(operator.get("/ledger/trail/?actor=rui"))
    assert operator.post("/ledger/proof/").context["good"] is True


@pytest.mark.parametrize(
    "address",
    [
        "?page=x", "?page=-1", "?page=" + "9" * 30, "?site=nowhere", "?item=%00",
        "card/", "card/?site=W1", "card/?site=W1&item=nothing",
        "card/?site=W1&item=mask&since=soon", "card/?site=W1&item=mask&until=2020-02-30",
        "card/?site=W1&item=mask&until=0001-01-01",
        "card/?site=W1&item=mask&since=2020-03-01&until=2020-02-01",
        "where/?item=mask&lot=" + "x" * 500, "where/?lot=S-7", "where/?item=x&lot=y",
        "movements/00000000-0000-0000-0000-000000000000/", "movements/x/",
    ],
)  # fmt: skip
def test_an_address_made_up_breaks_nothing(stored, address: str) -> None:
    """It finds nothing or tells what is wrong with it."""
    answer = signed_in(stored, "chen").get(f"/ledger/{address}")
    assert answer.status_code in (200, 404, 422)


def test_whoever_is_not_signed_in_sees_nothing(counted, world) -> None:
    """Every page and form leads to the entrance."""
    for address in ("/ledger/", CARD, WHERE, f"/ledger/movements/{counted.movement}/"):
        assert Client().get(address)["Location"].startswith("/sign-in/")
    assert hold(Client()).redirect_chain[0][0].startswith("/sign-in/")
    assert balances(world) == {"stock:W1": 1290}


@pytest.mark.parametrize(
    ("language", "counted", "corrected"),
    [
        ("en", "the book said 500", "was corrected (version 2)"),
        ("zh-hans", "账面为 500", "的填报已更正（第 2 版）"),
    ],
)
def test_what_reports_wrote_is_told_in_words(
    world, language: str, counted: str, corrected: str
) -> None:
    """A counted stock and its correction: the ledger keeps one language, the page shows its own."""
    for output in ("500", "450"):
        row = {
            "site": "F1",
            "resource": "mask",
            "day": "2020-02-09",
            "output": output,
            "stock": "7",
        }
        collect.file_reports([row], world.users["chen"])
    page = text_of(signed_in(world, "chen", language).get("/ledger/card/?site=F1&item=mask"))
    assert counted in page
    assert corrected in page


def count(client: Client, **said: str) -> Any:
    """Post the form of a stock count on a card."""
    form = {
        "once": str(uuid4()), "site": "W1", "item": "mask", "lot": LOT, "counted": "990",
        "reason": "ten are wet",
    }  # fmt: skip
    return client.post("/ledger/count/", form | said, follow=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_count_posts_what_differs_once(stored, language: str) -> None:
    """Ten of a lot fewer, whose only expiry need not be typed; the same form again: nothing."""
    client, number = signed_in(stored, "chen", language), str(uuid4())
    for _ in range(2):
        answer = count(client, once=number, counted="9９0")
        assert not refusals(answer)
    assert balances(stored) == {"stock:W1": 1290}
    made = Movement.objects.get(kind="count")
    assert (made.reason, made.actor) == ("ten are wet", stored.users["chen"])
    assert "ten are wet" in text_of(client.get(CARD))


def test_a_count_that_agrees_posts_nothing(stored) -> None:
    """And says so; goods without a lot are counted by themselves."""
    client = signed_in(stored, "chen")
    assert "agrees" in text_of(count(client, counted="1,000"))
    assert "agrees" in text_of(count(client, counted="300", lot=""))
    assert not Movement.objects.filter(kind="count").exists()


def test_a_lot_with_two_expiries_is_counted_by_each(stored) -> None:
    """Without the day it is not known which of them was counted."""
    bring(stored, 50, lot=LOT, expires_on=date(2021, 1, 1))
    client = signed_in(stored, "chen")
    assert len(refusals(count(client))) == 1
    assert not refusals(count(client, expires_on="2021-01-01", counted="40"))
    assert balances(stored) == {"stock:W1": 1340}


@pytest.mark.parametrize(
    "said",
    [
        {"counted": ""}, {"counted": "many"}, {"counted": "-1"}, {"counted": "NaN"},
        {"counted": "1e30"}, {"counted": "0.0001"}, {"reason": " "}, {"once": ""},
        {"lot": "x" * 70}, {"expires_on": "soon"}, {"site": "nowhere"}, {"item": "nothing"},
    ],
)  # fmt: skip
def test_a_count_that_cannot_be_changes_nothing(stored, said: dict[str, str]) -> None:
    """One message each."""
    answer = count(signed_in(stored, "chen"), **said)
    assert answer.status_code < 500
    assert len(refusals(answer)) == 1
    assert balances(stored) == {"stock:W1": 1300}


@pytest.mark.parametrize("user", ["ana", "aud", "ops"])
def test_who_does_not_count_stock_has_no_form_for_it(stored, user: str) -> None:
    """And posting it all the same changes nothing."""
    client = signed_in(stored, user)
    assert "/ledger/count/" not in client.get(CARD).content.decode()
    assert count(client).status_code in (403, 404)
    assert balances(stored) == {"stock:W1": 1300}


def test_every_action_of_the_trail_has_its_words() -> None:
    """All that the sources record: named outright, or by an action, a state, a transition."""
    stages = Path(sampan_platform.__file__).parent
    written = "\n".join(one.read_text("utf-8") for one in stages.rglob("*.py")
                        if "web" not in one.parts or one.parent.name == "system")  # fmt: skip
    named = set(re.findall(r'record(?:_many)?\(\s*\w+,\s*"([a-z]+\.[a-z_]+)"', written))
    named |= set(re.findall(r'"((?:people|ledger|catalogue)\.[a-z_]+)",\s*f"', written))
    named |= {f"track.{action}" for action in (*ACTIONS, ISSUE)}
    named |= {f"requests.{state}" for state in State.values}
    named |= {f"monitor.{one}" for one in ("acknowledged", "assigned", "commented", "resolved")}
    named |= {f"ledger.{Kind(one).value}_lot" for one in (Kind.QUARANTINE, Kind.STOCK)}
    assert len(named) > 40
    assert sorted(named - set(DONE)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_trail_is_told_in_words(counted, world, language: str) -> None:
    """With the code beside them, by which it is filtered."""
    page = text_of(signed_in(world, "aud", language).get("/ledger/trail/?action=ledger.count"))
    assert {"en": "stock counted", "zh-hans": "已盘点库存"}[language] in page
    assert "ledger.count" in page


def test_what_was_so_is_told_a_fact_a_line() -> None:
    """States in words, lists cut and counted, a key without words as it is."""
    with translation.override("zh-hans"):
        told = facts({"state": "received", "lines": [[1, "received", "584"]], "odd": None})
        assert told == ["状态: 已签收", "明细: 1 已签收 584", "odd: –"]
        assert facts({"orders": [f"DO-{number}" for number in range(9)]})[0].endswith("… (9)")
        assert facts({"complete": False}) == ["全部批准: 否"]
    assert facts(None) == []


@pytest.mark.parametrize(
    ("target", "address"),
    [("order:DO-2020-02-10-0001", "/orders/DO-2020-02-10-0001/"), ("plan:3", "/plans/3/"),
     ("plan:x", ""), ("filing:21", ""), ("nothing", "")],
)  # fmt: skip
def test_an_event_leads_to_what_it_is_about(target: str, address: str) -> None:
    """Where it has a page."""
    assert target_address(target) == address
