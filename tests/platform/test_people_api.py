"""People over HTTP: users, roles, tokens, the trail."""

from __future__ import annotations

from datetime import date

import pytest

from sampan_platform.common.errors import ForbiddenError, InvalidError, NotFoundError
from sampan_platform.people import selectors, services
from sampan_platform.people.models import Organisation, Role, Token, User
from tests.platform.http_world import client_for, send, token_for

USERS = "/api/v1/people/users"
TOKENS = "/api/v1/people/tokens"


def test_me_says_who_asks_and_with_what(world) -> None:
    """A program can find out what its token is good for."""
    secret = token_for(world.users["chen"], "people:read")
    client = client_for(world.users["chen"], "people:read")
    me = client.get("/api/v1/people/me").json()
    assert me["user"]["username"] == "chen"
    assert me["user"]["roles"] == [
        {"kind": "coordinator", "organisation": "cn-hb", "approval_level": 0}
    ]
    assert me["scopes"] == ["people:read"]
    assert me["token"].startswith("sampan_")
    assert me["token"] != secret


def test_users_of_another_part_of_the_tree_are_not_seen(world) -> None:
    """Nor their roles there, where they have one here too."""
    lan = world.users["lan"]
    services.give_role(world.users["chen"], world.organisations["bachmai"], "analyst")
    found = client_for(lan).get(USERS).json()["items"]
    assert {one["username"]: [role["organisation"] for role in one["roles"]] for one in found} == {
        "chen": ["bachmai"], "lan": ["vn"],
    }  # fmt: skip


def test_only_who_manages_people_makes_users_and_gives_roles(world) -> None:
    """An operator; and not a coordinator, not even for themselves."""
    body = {"username": "new", "password": "long-enough-1", "organisation": "cn-hb",
            "role": "reporter"}  # fmt: skip
    assert send(client_for(world.users["chen"]), USERS, body).status_code == 403
    assert not User.objects.filter(username="new").exists()
    ops = client_for(world.users["ops"])
    made = send(ops, USERS, body)
    assert made.status_code == 201
    assert made.json()["roles"][0]["kind"] == "reporter"
    path = f"{USERS}/chen/roles"
    role = {"organisation": "cn-hb", "kind": "approver", "approval_level": 2}
    assert send(client_for(world.users["chen"]), path, role).status_code == 403
    assert send(ops, path, role).status_code == 200
    gone = ops.delete(f"{path}/cn-hb/approver")
    assert gone.status_code == 204
    assert not Role.objects.filter(user=world.users["chen"], kind="approver").exists()
    assert ops.delete(f"{path}/cn-hb/approver").status_code == 404


def test_weak_passwords_and_unknown_roles_are_refused(world) -> None:
    """With what to do; and no user is left behind without a role."""
    ops = client_for(world.users["ops"])
    base = {"username": "new", "organisation": "cn-hb", "role": "reporter"}
    weak = send(ops, USERS, {**base, "password": "short"})
    assert (weak.status_code, weak.json()["problems"][0]["where"]) == (422, "password")
    assert send(ops, USERS, {**base, "role": "king"}).status_code == 422
    assert send(ops, USERS, {**base, "username": "a b"}).status_code == 422
    assert send(ops, USERS, {**base, "organisation": "nowhere"}).status_code == 404
    assert not User.objects.filter(username="new").exists()


def test_a_closed_account_opens_nothing(world) -> None:
    """Its tokens end with it."""
    rui = client_for(world.users["rui"])
    assert rui.get("/api/v1/people/me").status_code == 200
    assert send(client_for(world.users["chen"]), f"{USERS}/rui/close", {}).status_code == 403
    assert (
        send(client_for(world.users["ops"]), f"{USERS}/rui/close", {}).json()["is_active"] is False
    )
    assert rui.get("/api/v1/people/me").status_code == 401
    assert not Token.objects.filter(user=world.users["rui"], revoked_at=None).exists()


def test_a_token_shows_its_secret_once_and_can_be_revoked(world) -> None:
    """Made, used, listed without its secret, revoked."""
    ops = client_for(world.users["ops"])
    made = send(ops, TOKENS, {"name": "nightly", "scopes": ["catalogue:read"], "days": 7})
    secret = made.json()["secret"]
    assert made.status_code == 201
    listed = ops.get(TOKENS)
    assert secret not in listed.content.decode()
    assert [one["name"] for one in listed.json()["items"]] == ["test", "nightly"]
    ops.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    assert ops.get("/api/v1/catalogue/sites").status_code == 200
    assert ops.get("/api/v1/people/me").status_code == 403
    again = client_for(world.users["ops"])
    assert again.delete(f"{TOKENS}/{made.json()['id']}").status_code == 204
    assert ops.get("/api/v1/catalogue/sites").status_code == 401


def test_a_token_makes_none_that_may_more(world) -> None:
    """Nor one of scopes that there are not; nor does one revoke another person's."""
    ops = world.users["ops"]
    small = client_for(ops, "tokens:write")
    body = {"name": "more", "scopes": ["tokens:write", "catalogue:write"]}
    assert send(small, TOKENS, body).status_code == 403
    assert send(small, TOKENS, {"name": "all", "scopes": ["*"]}).status_code == 403
    assert send(small, TOKENS, {"name": "same", "scopes": ["tokens:write"]}).status_code == 201
    unknown = send(client_for(ops), TOKENS, {"name": "x", "scopes": ["castle:read"]})
    assert unknown.status_code == 422
    theirs = Token.objects.filter(user=ops).first()
    assert client_for(world.users["chen"]).delete(f"{TOKENS}/{theirs.pk}").status_code == 404


def test_the_trail_is_for_who_may_read_it(world) -> None:
    """An auditor of China reads China's lines; a coordinator none; only the top sees the rest."""
    ops, tree = world.users["ops"], world.organisations
    services.give_role(world.users["rui"], tree["xiantao"], "analyst", actor=ops)
    services.give_role(world.users["lan"], tree["vn"], "analyst", actor=ops)
    path = "/api/v1/people/audit"
    found = client_for(world.users["aud"]).get(path, {"action": "people.give_role"}).json()
    assert {one["organisation"] for one in found["items"]} <= {
        "cn", "cn-hb", "xiantao", "jinyintan", "hb-store",
    }  # fmt: skip
    assert found["items"][0]["target"] == "user:rui"
    assert client_for(world.users["chen"]).get(path).json()["items"] == []
    whole = client_for(ops).get(path, {"target": "user:lan", "limit": 1000}).json()["items"]
    assert [one["action"] for one in whole] == [
        "people.give_role", "people.give_role", "people.create_user",
    ]  # fmt: skip


def test_paths_are_settled_after_a_move(world) -> None:
    """Of everything below what moved, too; and only of that."""
    tree = world.organisations
    Organisation.objects.filter(code="cn-hb").update(parent=tree["vn"])
    assert services.settle_paths() == 4
    assert services.settle_paths() == 0
    moved = Organisation.objects.get(code="jinyintan")
    assert moved.path.startswith(Organisation.objects.get(code="vn").path)


def test_may_everywhere_is_the_top_alone(world) -> None:
    """What all share is edited by who edits the whole tree."""
    assert selectors.may_everywhere(world.users["ops"], selectors.EDIT_CATALOGUE)
    assert not selectors.may_everywhere(world.users["chen"], selectors.EDIT_CATALOGUE)
    assert not selectors.may_everywhere(world.users["ana"], selectors.EDIT_CATALOGUE)


def test_services_ask_who_may(world) -> None:
    """Taking roles and closing accounts is checked where it is done, not only at the door."""
    tree, chen = world.organisations, world.users["chen"]
    with pytest.raises(ForbiddenError):
        services.take_role(world.users["rui"], tree["xiantao"], "reporter", actor=chen)
    with pytest.raises(NotFoundError):
        services.close_user(world.users["lan"], actor=chen)
    with pytest.raises(ForbiddenError):
        services.close_user(services.create_user("nobody"), actor=chen)
    with pytest.raises(ForbiddenError):
        services.give_role(chen, tree["cn-hb"], "operator", actor=chen)
    with pytest.raises(ForbiddenError):
        services.create_user("friend", actor=chen)
    with pytest.raises(NotFoundError):
        services.create_organisation("mine", "Mine", "agency", parent=tree["vn"], actor=chen)
    with pytest.raises(ForbiddenError):
        services.create_organisation("top", "Top", "region", actor=world.users["ops"])
    with pytest.raises(ForbiddenError):
        services.retire_organisation(tree["xiantao"], date(2020, 3, 1), world.users["rui"])
    with pytest.raises(InvalidError, match="no role king"):
        services.give_role(chen, tree["cn-hb"], "king")
