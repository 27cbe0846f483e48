"""A walk through every operation of the API: none forgets to ask who asks.

The stranger holds every role there is, in Viet Nam. Whatever they are refused, it is because of
the part of the tree and nothing else; who holds the same roles at the top shows that the same
call does something.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from sampan_platform.api import api
from sampan_platform.common import clock
from sampan_platform.http.kit import required_scope
from sampan_platform.people import services
from sampan_platform.people.models import RoleKind
from tests.platform.http_samples import LIST, REFUSED, SAMPLES, SHARED, busy
from tests.platform.http_world import client_for
from tests.platform.planning import NOW
from tests.platform.world import World, organisations

BASE = "/api/v1"
WRITES = ("INSERT", "UPDATE", "DELETE")
COUNTED = ("people_token", "http_tally")
"""That a token was used is noted, and how often; whatever else is written would be a change."""
UNKNOWN = ("unknown", "not-found", "not-yours")


def operations() -> dict[str, Any]:
    """Every operation by method and path, without the prefix."""
    schema = api.get_openapi_schema(path_prefix=f"{BASE}/")
    return {
        f"{method.upper()} {path.removeprefix(BASE)}": described
        for path, methods in schema["paths"].items()
        for method, described in methods.items()
    }


OPERATIONS = operations()


@pytest.fixture(scope="module")
def whole(django_db_setup, django_db_blocker):
    """Hubei with one of everything, on 10 February 2020; made once, since it takes a solve."""
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), clock.at(NOW), quick, transaction.atomic():
        world = World(organisations())
        made = busy(world)
        strangers = (
            everything_in(world, "vn", "stranger"),
            everything_in(world, "asean-plus", "top"),
        )
        yield made, *strangers
        transaction.set_rollback(True)


@pytest.fixture
def it(whole, db):
    """The same for every test: what a test does is taken back.

    Without `db` pytest-django would make no database for these tests when they run alone.
    """
    return whole


def everything_in(world, code: str, name: str):
    """A user with every role in a part of the tree."""
    user = services.create_user(name)
    for kind in RoleKind.values:
        level = 2 if kind == "approver" else 0
        services.give_role(user, world.organisations[code], kind, approval_level=level)
    return user


def sent(client: Client, operation: str, call: Any) -> Any:
    """The answer to a sample."""
    method = operation.split()[0]
    path = BASE + call.path
    if call.form is not None:
        return client.post(path, call.form)
    if method == "GET":
        return client.get(path, call.query or {})
    return client.generic(
        method,
        path,
        b"" if call.body is None else _json(call.body),
        content_type="application/json",
    )


def _json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()


def text_of(answer: Any) -> str:
    """What can be read in an answer, unpacked if it is an archive."""
    content = answer.content
    if not content.startswith(b"PK"):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(
            archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
        )


def test_every_operation_has_its_sample() -> None:
    """A new operation is walked too; a sample of one that is gone is removed."""
    assert set(OPERATIONS) == set(SAMPLES)


def test_every_operation_asks_for_a_scope_and_says_what_it_does() -> None:
    """Scope, summary of its own, description, and what it answers."""
    seen = []
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                name = f"{operation.view_func.__module__}.{operation.view_func.__name__}"
                seen.append(name)
                assert required_scope(operation.view_func), f"{name} asks for no scope"
    assert len(seen) == len(OPERATIONS)
    for name, described in OPERATIONS.items():
        assert described["summary"], name
        assert described["description"], name
        assert described["tags"], name
        good = {code: one for code, one in described["responses"].items() if code != "default"}
        assert all("content" in one or code == 204 for code, one in good.items()), name
        assert "default" in described["responses"], name


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_nobody_enters_without_a_token_of_the_scope(db, operation) -> None:
    """401 or 403 before anything else: before the row is looked up, before the body is read."""
    method, path = operation.split()
    filled = path.replace("{movement}", "6f1c1c39-1f5f-4a3e-8a52-0c3a8d3e7a11")
    for part in ("{number}", "{token}"):
        filled = filled.replace(part, "1")
    answer = Client().generic(method, BASE + filled.replace("{", "").replace("}", ""))
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    other = client_for(services.create_user("other"), "nothing:read")
    refused = other.generic(method, BASE + filled.replace("{", "").replace("}", ""))
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:sampan:problem:scope-missing"


@pytest.mark.parametrize("operation", sorted(SAMPLES))
def test_a_stranger_gets_and_changes_nothing_of_hubei(it, operation) -> None:
    """And who stands above both does: so it was the tree that refused."""
    made, one, other = it
    call = SAMPLES[operation](made)
    assert call.kind in (REFUSED, LIST, SHARED)
    stranger, top = client_for(one), client_for(other)
    with CaptureQueriesContext(connection) as queries:
        answer = sent(stranger, operation, call)
    text = text_of(answer)
    if call.kind == REFUSED:
        refused = answer.status_code in (403, 404)
        codes = [one["code"] for one in answer.json().get("problems", [])] if not refused else []
        assert refused or (codes and all(code.startswith(UNKNOWN) for code in codes)), text
        written = [
            one["sql"] for one in queries.captured_queries
            if one["sql"].startswith(WRITES)
            and not any(counted in one["sql"] for counted in COUNTED)
        ]  # fmt: skip
        assert written == []
    else:
        assert answer.status_code < 300, text
        assert [one for one in call.shows if f'"{one}"' in text or f",{one}," in text] == []
    again = SAMPLES[operation](made)
    if again.owner:
        top = client_for(made.world.users[again.owner])
    with transaction.atomic():
        control = sent(top, operation, again)
        transaction.set_rollback(True)
    assert control.status_code not in (401, 403, 404, 500), text_of(control)
    if call.kind == LIST:
        shown = text_of(control)
        assert any(one in shown for one in call.shows), "the sample shows nothing to anybody"


def test_the_description_is_published_and_asks_no_other_host(db) -> None:
    """As JSON alone: a page of documentation would fetch its scripts from elsewhere."""
    answer = Client().get(f"{BASE}/openapi.json")
    described = answer.json()
    assert described["openapi"].startswith("3.1")
    assert len(described["paths"]) > 50
    addresses = set(re.findall(r"https?://[^\s\"']+", answer.content.decode()))
    assert addresses == set()
    assert Client().get(f"{BASE}/docs").status_code == 404
    assert Client().get(f"{BASE}/")["Content-Type"] == "application/problem+json"
