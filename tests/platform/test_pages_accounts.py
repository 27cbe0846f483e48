"""The screen of people: accounts, roles and tokens, for those who manage them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sampan_platform.people import services, tokens
from sampan_platform.people.models import AuditEvent, Role, Token, User
from tests.platform.pages_world import LANGUAGES, refusals, signed_in, text_of

QUERIES_MAX = 30
FORM = {
    "username": "mei", "password": "a-long-password-1", "role": "coordinator",
    "organisation": "cn-hb",
}  # fmt: skip


@pytest.fixture
def local(world) -> Client:
    """An operator of Hubei alone."""
    world.users["lok"] = services.create_user("lok", "a-long-password-1")
    services.give_role(world.users["lok"], world.organisations["cn-hb"], "operator")
    return signed_in(world, "lok")


def send(client: Client, username: str, action: str, **said: str) -> Any:
    """Post one of the forms of an account's page."""
    form = {"once": str(uuid4()), "action": action} | said
    return client.post(f"/people/{username}/", form, follow=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_are_listed_with_their_roles(world, language: str) -> None:
    """All of them for the operator of all; each with role and place in the page's language."""
    client = signed_in(world, "ops", language)
    page = text_of(client.get("/people/"))
    for name in world.users:
        assert name in page
    place = {"en": "Hubei", "zh-hans": "湖北"}[language]
    role = {"en": "coordinator", "zh-hans": "调度员"}[language]
    assert f"{role} ({place})" in page
    assert role in text_of(client.get("/people/chen/"))


def test_no_page_needs_a_query_a_person(world) -> None:
    """As many queries for thirty more people, roles and tokens as for few."""
    client = signed_in(world, "ops")
    client.get("/people/")
    counts = []
    for more in (0, 30):
        for number in range(more):
            user = services.create_user(f"person-{number}")
            services.give_role(user, world.organisations["cn-hb"], "reporter")
            tokens.create_token(world.users["chen"], f"program {number}", ["*"])
        for address in ("", "chen/"):
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/people/{address}")
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) <= QUERIES_MAX


@pytest.mark.parametrize(
    ("role", "kind", "level"),
    [
        ("coordinator", "coordinator", 0),
        ("approver-1", "approver", 1),
        ("approver-2", "approver", 2),
    ],
)
def test_an_account_is_made_with_its_role(world, role: str, kind: str, level: int) -> None:
    """One who can sign in; the same form again is refused and makes nothing more."""
    client = signed_in(world, "ops")
    answer = client.post("/people/", FORM | {"role": role})
    assert answer["Location"] == "/people/mei/"
    made = Role.objects.get(user__username="mei")
    assert (made.kind, made.approval_level, made.organisation.code) == (kind, level, "cn-hb")
    assert Client().login(username="mei", password="a-long-password-1")
    again = client.post("/people/", FORM | {"role": role}, follow=True)
    assert len(refusals(again)) == 1
    assert User.objects.filter(username="mei").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": ""}, {"username": "a b"}, {"username": "x" * 151}, {"username": "x" * 500},
        {"username": "chen"}, {"username": "a\0b"}, {"password": "short"},
        {"password": "password123"}, {"role": "king"}, {"role": ""}, {"role": "approver"},
        {"organisation": "nowhere"}, {"organisation": ""},
    ],
)  # fmt: skip
def test_an_account_that_cannot_be_is_not_half_made(world, wrong: dict[str, str]) -> None:
    """One message, and neither the account nor its role."""
    before = (User.objects.count(), Role.objects.count())
    answer = signed_in(world, "ops").post("/people/", FORM | wrong, follow=True)
    assert answer.status_code in (200, 404, 422)
    assert len(refusals(answer)) == 1
    assert (User.objects.count(), Role.objects.count()) == before


def test_roles_are_given_and_taken(world) -> None:
    """Given twice is given once; taken twice is told."""
    client, said = signed_in(world, "ops"), {"role": "approver-2", "organisation": "cn"}
    for _ in range(2):
        assert not refusals(send(client, "ana", "give", **said))
    assert Role.objects.get(user__username="ana", kind="approver").approval_level == 2
    assert not refusals(send(client, "ana", "take", role="approver", organisation="cn"))
    assert len(refusals(send(client, "ana", "take", role="approver", organisation="cn"))) == 1
    assert list(Role.objects.filter(user__username="ana").values_list("kind", flat=True)) == [
        "analyst"
    ]


def test_a_token_is_shown_once_and_made_once(world) -> None:
    """Its secret stands on the page that answers; the same form again makes no second one."""
    client, number = signed_in(world, "ops"), str(uuid4())
    secret = send(client, "ops", "token", name="nightly", once=number).context["secret"]
    assert tokens.find_token(secret).user == world.users["ops"]
    assert send(client, "ops", "token", name="nightly", once=number).context["secret"] is None
    assert Token.objects.count() == 1
    page = text_of(client.get("/people/ops/"))
    assert "nightly" in page
    assert secret not in page


@pytest.mark.parametrize(
    "said",
    [
        {"action": ""}, {"action": "burn"}, {"action": "token", "name": "x" * 300},
        {"action": "token", "once": ""}, {"action": "token", "name": "a\0b"},
        {"action": "give", "role": "king", "organisation": "cn"},
        {"action": "give", "role": "analyst", "organisation": "nowhere"},
        {"action": "take", "role": "auditor", "organisation": "cn"},
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_changes_nothing(world, said: dict[str, str]) -> None:
    """One message each."""
    before = Role.objects.count()
    answer = send(signed_in(world, "ops"), "ops", **said)
    assert len(refusals(answer)) == 1
    assert Role.objects.count() == before
    assert not Token.objects.exists()


def test_nobody_makes_tokens_for_others(world) -> None:
    """Not even an operator of all."""
    assert send(signed_in(world, "ops"), "chen", "token", name="x").status_code == 404
    assert not Token.objects.exists()


@pytest.mark.parametrize("username", ["ops", "chen"])
def test_a_token_is_revoked_on_the_page(world, username: str) -> None:
    """One's own and that of a managed account; its line then has no button any more."""
    made, secret = tokens.create_token(world.users[username], "lost laptop", ["*"])
    client = signed_in(world, "ops")
    assert 'value="revoke"' in client.get(f"/people/{username}/").content.decode()
    for _ in range(2):
        assert not refusals(send(client, username, "revoke", token=str(made.pk)))
    assert tokens.find_token(secret) is None
    assert 'value="revoke"' not in client.get(f"/people/{username}/").content.decode()


def test_a_token_of_somebody_elsewhere_is_not_revoked(world, local) -> None:
    """An operator of Hubei ends no token of who has roles beyond, nor one of another's page."""
    services.give_role(world.users["chen"], world.organisations["asean-plus"], "analyst")
    made, secret = tokens.create_token(world.users["chen"], "nightly", ["*"])
    assert send(local, "chen", "revoke", token=str(made.pk)).status_code in (403, 404)
    operator = signed_in(world, "ops")
    for wrong in (str(made.pk), "0", "x", ""):
        assert send(operator, "ops", "revoke", token=wrong).status_code == 404
    assert tokens.find_token(secret) is not None


def test_a_closed_account_signs_in_no_more(world) -> None:
    """And is shown as closed; closing it again changes nothing."""
    client = signed_in(world, "ops")
    for _ in range(2):
        send(client, "chen", "close")
    assert not Client().login(username="chen", password="chen-password-1")
    assert "closed" in text_of(client.get("/people/chen/"))


@pytest.mark.parametrize("user", ["chen", "rui", "aud", "ana", "wei"])
def test_only_operators_manage_people(world, user: str) -> None:
    """Others see neither the menu's line nor the pages, and change nothing."""
    client = signed_in(world, user)
    assert 'href="/people/"' not in client.get("/").content.decode()
    for address in ("/people/", "/people/chen/", "/system/"):
        assert client.get(address).status_code == 403
    assert client.post("/people/", FORM).status_code == 403
    give = {"role": "operator", "organisation": "asean-plus"}
    assert send(client, user, "give", **give).status_code == 403
    assert not User.objects.filter(username="mei").exists()
    assert not Role.objects.filter(user__username=user, kind="operator").exists()


def test_an_operator_of_a_part_manages_that_part_alone(world, local) -> None:
    """Neither people nor roles elsewhere are seen or changed; and nobody is raised above it."""
    services.give_role(world.users["chen"], world.organisations["vn"], "analyst")
    page = text_of(local.get("/people/"))
    assert "chen" in page
    assert "lan" not in page.split()
    assert "Viet Nam" not in text_of(local.get("/people/chen/"))
    assert local.get("/people/lan/").status_code == 404
    for said in ({"organisation": "cn"}, {"organisation": "vn"}):
        answer = send(local, "chen", "give", role="operator", **said)
        assert answer.status_code == 404
        assert local.post("/people/", FORM | said).status_code == 404
    assert send(local, "lan", "close").status_code == 404
    send(local, "chen", "close")
    assert world.users["lan"].is_active
    assert not User.objects.filter(username="mei").exists()
    assert User.objects.get(username="chen").is_active


@pytest.mark.parametrize("address", ["nobody/", "x" * 500 + "/", "%00/", "../system/"])
def test_an_account_that_is_none_is_not_found(world, address: str) -> None:
    """Whatever is typed as a name."""
    answer = signed_in(world, "ops").get(f"/people/{address}", follow=True)
    assert answer.status_code in (200, 404, 422)
    assert "Traceback" not in answer.content.decode()


def test_whoever_is_not_signed_in_sees_no_people(world) -> None:
    """The pages and the form lead to the entrance."""
    assert Client().get("/people/")["Location"].startswith("/sign-in/")
    assert Client().post("/people/", FORM)["Location"].startswith("/sign-in/")
    assert not User.objects.filter(username="mei").exists()


def test_a_password_is_changed_by_who_knows_the_old_one(world) -> None:
    """The session goes on, another one ends, and the trail names it without the password."""
    services.set_password(world.users["chen"], "first-password-1", actor=world.users["ops"])
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        assert client.login(username="chen", password="first-password-1")
    form = {"old": "first-password-1", "new": "another-secret-2", "again": "another-secret-2"}
    page = here.post("/account/", form, follow=True)
    assert page.status_code == 200
    assert "from now on" in text_of(page)
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert Client().login(username="chen", password="another-secret-2")
    entry = AuditEvent.objects.filter(action="people.set_password").latest("pk")
    assert entry.target == "user:chen"
    assert "secret" not in f"{entry.before}{entry.after}"


@pytest.mark.parametrize(
    ("change", "said"),
    [({"old": "guessed"}, "wrong"), ({"again": "other"}, "two ways"),
     ({"new": "short", "again": "short"}, "weak")],
)  # fmt: skip
def test_a_password_stays_when_something_is_wrong_with_the_new_one(
    world, change: dict[str, str], said: str
) -> None:
    """The old one guessed, the new one typed in two ways or too short: said, nothing changed."""
    services.set_password(world.users["chen"], "first-password-1", actor=world.users["ops"])
    client = signed_in(world, "chen")
    form = {"old": "first-password-1", "new": "another-secret-2", "again": "another-secret-2"}
    answer = client.post("/account/", form | change, headers={"referer": "/account/"}, follow=True)
    assert said in " ".join(refusals(answer))
    assert User.objects.get(username="chen").check_password("first-password-1")


def test_old_passwords_are_not_guessed_without_end(world) -> None:
    """After ten wrong ones even the right one must wait."""
    services.set_password(world.users["chen"], "first-password-1", actor=world.users["ops"])
    client = signed_in(world, "chen")
    form = {"new": "another-secret-2", "again": "another-secret-2"}
    for _ in range(10):
        client.post("/account/", {**form, "old": "guess"})
    answer = client.post("/account/", {**form, "old": "first-password-1"}, follow=True)
    assert "Wait ten minutes" in " ".join(refusals(answer))
    assert User.objects.get(username="chen").check_password("first-password-1")


def test_an_operator_sets_the_password_of_who_forgot_it(world, local: Client) -> None:
    """Of those whom they manage as a whole, and of nobody else."""
    send(local, "chen", "password", password="given-by-phone-1")
    assert User.objects.get(username="chen").check_password("given-by-phone-1")
    before = User.objects.get(username="ops").password
    send(local, "ops", "password", password="given-by-phone-1")
    assert User.objects.get(username="ops").password == before
