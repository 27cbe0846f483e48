"""The screen of requests: the list, asking, and deciding beside who else needs the same."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sampan_platform.common import clock
from sampan_platform.requests import services
from sampan_platform.requests.models import Request, RequestEvent
from sampan_platform.requests.services import Wish
from tests.platform.pages_world import LANGUAGES, refusals, signed_in, text_of
from tests.platform.planning import NOW, needs, stock
from tests.platform.track_world import put, shipped

QUERIES_MAX = 30
HOSPITAL = {"en": "Jinyintan", "zh-hans": "金银潭医院"}
FORM = {
    "site": "H1", "item": "mask", "quantity": "20", "pack": "box", "needed_by": "2020-02-12",
    "covers_days": "7", "priority": "2", "reason": "Two more wards open.",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


def ask(world: Any, site: str = "H1", **changes: Any) -> Request:
    """Jinyintan asks for a thousand masks."""
    wish = {
        "site": world.sites[site], "resource": world.resources["mask"],
        "quantity": Decimal(1000), "needed_by": date(2020, 2, 12), "reason": "wards open",
    }  # fmt: skip
    who = "hua" if site == "H1" else "lan"
    return services.submit(uuid.uuid4(), Wish(**wish | changes), world.users[who])


def send(client: Client, row: Request, action: str, **said: str) -> Any:
    """Post the form of a decision as a browser does, and follow."""
    form = {"once": str(uuid.uuid4()), "action": action} | said
    return client.post(f"/requests/{row.pk}/", form, follow=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_request_is_listed_and_told(world, language: str) -> None:
    """In the list, and on its page with stock, need and what is on the way."""
    put(world, "W1", "mask", 500)
    shipped(world, ("W1-H1", "mask", 70, 0, 0))
    stock(world, "H1", 120)
    needs(world, "H1", 350)
    row = ask(world)
    client = signed_in(world, "chen", language)
    assert HOSPITAL[language] in text_of(client.get("/requests/"))
    page = client.get(f"/requests/{row.pk}/")
    assert HOSPITAL[language] in text_of(page)
    (there,) = page.context["competing"]
    assert (there["stock"], there["need"], there["coming"]) == (120, 350, 70)


def test_no_page_needs_a_query_a_request(world) -> None:
    """As many queries for thirty requests as for one, on the list and where they compete."""
    client = signed_in(world, "chen")
    row = ask(world)
    client.get("/requests/")
    counts = []
    for more in (0, 30):
        for _ in range(more):
            ask(world)
        for address in ("", "?waiting=1", f"{row.pk}/", "new/"):
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/requests/{address}")
            counts.append(len(queries))
    assert counts[:4] == counts[4:]
    assert max(counts) <= QUERIES_MAX


def test_a_long_list_has_pages(world) -> None:
    """The hundred and first is on the second page, and a link leads there."""
    first = ask(world)
    for _ in range(100):
        ask(world)
    client = signed_in(world, "chen")
    page = client.get("/requests/").content.decode()
    assert f"/requests/{first.pk}/" not in page
    assert "?page=2" in page
    assert f"/requests/{first.pk}/" in client.get("/requests/?page=2").content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_something_is_asked_for_once(world, language: str) -> None:
    """20 boxes are 1,000 pieces; the same form a second time leads to the same request."""
    client, number = signed_in(world, "hua", language), str(uuid.uuid4())
    for _ in range(2):
        answer = client.post("/requests/new/", FORM | {"once": number})
        row = Request.objects.get()
        assert answer["Location"] == f"/requests/{row.pk}/"
    assert (row.quantity, row.submitted_by) == (1000, world.users["hua"])
    assert "1,000" in text_of(client.get(answer["Location"]))


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": "0"}, {"quantity": "-1"}, {"quantity": "NaN"}, {"quantity": "Infinity"},
        {"quantity": "1e30"}, {"quantity": "1.23456"}, {"quantity": "many"}, {"quantity": ""},
        {"needed_by": "soon"}, {"needed_by": ""}, {"needed_by": "2020-02-30"},
        {"priority": "0"}, {"priority": "10"}, {"priority": "x"}, {"priority": "9" * 30},
        {"covers_days": "0"}, {"covers_days": "1.5"}, {"covers_days": "9999"},
        {"reason": " "}, {"reason": "x" * 2001}, {"pack": "barrel"}, {"pack": "x" * 500},
        {"site": "nowhere"}, {"site": "W1"}, {"item": "nothing"}, {"once": ""},
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_told_and_kept_in_the_form(world, wrong: dict[str, str]) -> None:
    """One message; nothing is asked for, and what was typed is still there."""
    client = signed_in(world, "hua")
    answer = client.post("/requests/new/", FORM | {"once": str(uuid.uuid4())} | wrong)
    assert answer.status_code == 200
    assert len(refusals(answer)) == 1
    assert answer.context["said"]["needed_by"] == (FORM | wrong)["needed_by"]
    assert not Request.objects.exists()


def test_a_text_with_nul_is_not_kept(world) -> None:
    """It is refused on either database."""
    form = FORM | {"once": str(uuid.uuid4()), "reason": "a\0b"}
    answer = signed_in(world, "hua").post("/requests/new/", form, follow=True)
    assert len(refusals(answer)) == 1
    assert not Request.objects.exists()


@pytest.mark.parametrize("user", ["aud", "ana", "wei"])
def test_who_may_not_ask_is_told(world, user: str) -> None:
    """No button, no form, and nothing asked for by sending it all the same."""
    client = signed_in(world, user)
    assert "/requests/new/" not in client.get("/requests/").content.decode()
    assert client.get("/requests/new/").status_code == 403
    form = FORM | {"once": str(uuid.uuid4())}
    assert client.post("/requests/new/", form).status_code == 403
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("action", "said", "state", "approved"),
    [
        ("approve", {}, "approved", 1000),
        ("reduce", {"quantity": "600", "reason": "others need it more"}, "reduced", 600),
        ("reject", {"reason": "the forecast covers it"}, "rejected", None),
    ],
)
def test_a_request_is_reviewed_and_decided(
    world, action: str, said: dict[str, str], state: str, approved: int | None
) -> None:
    """By the coordinator, in two steps; each sent twice counts once; who asked reads it all."""
    row, client = ask(world), signed_in(world, "chen")
    for step, form in (("review", {}), (action, said)):
        number = str(uuid.uuid4())
        for _ in range(2):
            assert not refusals(send(client, row, step, once=number, **form))
    row.refresh_from_db()
    assert (row.state, row.approved_quantity) == (state, approved)
    assert RequestEvent.objects.filter(request=row).count() == 3
    page = text_of(signed_in(world, "hua").get(f"/requests/{row.pk}/"))
    assert said.get("reason", "") in page


@pytest.mark.parametrize(
    "said",
    [
        {"action": ""}, {"action": "burn"}, {"action": "reject"},
        {"action": "reduce", "quantity": "600"},
        {"action": "reduce", "quantity": "", "reason": "x"},
        {"action": "reduce", "quantity": "NaN", "reason": "x"},
        {"action": "reduce", "quantity": "sNaN", "reason": "x"},
        {"action": "reduce", "quantity": "-5", "reason": "x"},
        {"action": "reduce", "quantity": "1001", "reason": "x"},
        {"action": "reduce", "quantity": "0.00001", "reason": "x"},
        {"action": "reduce", "quantity": "1e30", "reason": "x"},
        {"action": "reject", "reason": "x" * 2001},
        {"action": "reject", "reason": "a\0b"},
        {"action": "review"},
        {"action": "approve", "once": "x"},
    ],
)  # fmt: skip
def test_a_decision_that_cannot_be_changes_nothing(world, said: dict[str, str]) -> None:
    """No reason, no number, more than was asked, a step taken already."""
    row = services.review(ask(world), world.users["chen"])
    answer = send(signed_in(world, "chen"), row, **said)
    assert len(refusals(answer)) == 1
    row.refresh_from_db()
    assert (row.state, row.approved_quantity) == ("reviewed", None)
    assert RequestEvent.objects.filter(request=row).count() == 2


def test_nobody_decides_what_they_asked_for(world) -> None:
    """A coordinator's own request shows them no decision, and takes none of theirs."""
    made = services.submit(
        uuid.uuid4(),
        Wish(world.sites["H1"], world.resources["mask"], Decimal(5), date(2020, 2, 12), "x"),
        world.users["chen"],
    )
    services.review(made, world.users["wei"])
    client = signed_in(world, "chen")
    page = client.get(f"/requests/{made.pk}/").content.decode()
    assert 'value="approve"' not in page
    assert 'value="withdraw"' in page
    assert send(client, made, "approve").status_code == 403
    made.refresh_from_db()
    assert made.state == "reviewed"


def test_it_is_withdrawn_by_its_own_place(world) -> None:
    """Who asked may withdraw it; an auditor may not."""
    row = ask(world)
    assert send(signed_in(world, "aud"), row, "withdraw").status_code == 403
    send(signed_in(world, "hua"), row, "withdraw", reason="a gift came")
    row.refresh_from_db()
    assert row.state == "withdrawn"


def test_a_request_of_others_does_not_exist(world) -> None:
    """Neither in the list, nor by number, nor among those that compete."""
    mine, theirs = ask(world), ask(world, site="H2")
    stranger = signed_in(world, "lan")
    assert stranger.get(f"/requests/{mine.pk}/").status_code == 404
    assert send(stranger, mine, "review").status_code == 404
    assert "Jinyintan" not in text_of(stranger.get("/requests/"))
    page = stranger.get(f"/requests/{theirs.pk}/")
    assert [one["request"].pk for one in page.context["competing"]] == [theirs.pk]
    assert Client().get("/requests/")["Location"].startswith("/sign-in/")
    mine.refresh_from_db()
    assert mine.state == "submitted"


@pytest.mark.parametrize(
    "address", ["?state=x", "?item=x", "?page=x", "?page=" + "9" * 30, "9" * 30 + "/", "?state=%00"]
)
def test_an_address_made_up_breaks_nothing(world, address: str) -> None:
    """It finds nothing, or tells what is wrong."""
    assert signed_in(world, "chen").get(f"/requests/{address}").status_code in (200, 404, 422)
