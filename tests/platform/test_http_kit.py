"""The kit that every stage's API is made of: who may, once, in pages, with clear errors."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError
from sampan_platform.http import idempotency
from sampan_platform.http.models import IdempotentAnswer
from sampan_platform.people import services
from sampan_platform.people.models import Organisation, Token
from tests.platform.http_world import client_for, send, token_for

pytestmark = pytest.mark.urls("tests.platform.http_urls")
NAMES = "/api/v1/try/names"
NEW = {"code": "new", "name_en": "New"}


def test_nobody_enters_without_a_token(world) -> None:
    """No token, a wrong one, another scheme: 401 as a problem that says what to send."""
    for header in (None, "Bearer wrong", "Basic abc"):
        headers = {} if header is None else {"Authorization": header}
        answer = Client().get(NAMES, headers=headers)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer.json()["type"] == "urn:sampan:problem:not-signed-in"


def test_a_bad_token_is_not_helped_by_a_session(world) -> None:
    """A program with an ended token must hear so, not act as whoever is signed in."""
    client = Client()
    client.force_login(world.users["ops"])
    assert client.get(NAMES).status_code == 200
    assert client.get(NAMES, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_session_needs_the_csrf_token_to_change(world) -> None:
    """Another site's form must not post with our cookie."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.users["ops"])
    answer = send(client, NAMES, NEW)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:sampan:problem:csrf")
    assert not Organisation.objects.filter(code="new").exists()


def test_scopes_are_asked_for(world) -> None:
    """A token that reads does not write; one for all does both."""
    ops = world.users["ops"]
    reader, writer, all_of_it = (
        client_for(ops, "try:read"), client_for(ops, "try:write"), client_for(ops),
    )  # fmt: skip
    assert reader.get(NAMES).status_code == 200
    assert writer.get(NAMES).status_code == 403
    refused = send(reader, NAMES, NEW)
    assert refused.status_code == 403
    assert "no scope try:write" in refused.json()["detail"]
    assert send(all_of_it, NAMES, NEW).status_code == 201


def test_an_operation_that_asks_for_no_scope_is_closed(world) -> None:
    """Forgetting @requires must close an address, not open it."""
    answer = client_for(world.users["ops"]).get("/api/v1/try/forgotten")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:sampan:problem:no-scope")


def test_only_a_hash_of_a_token_is_kept(world) -> None:
    """Who reads the database cannot sign in."""
    secret = token_for(world.users["ops"], "try:read")
    token = Token.objects.get()
    assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret.startswith(token.prefix)
    assert secret not in str(Token.objects.values())


def test_a_token_ends_and_can_be_revoked(world) -> None:
    """After its days, after revocation, and when its user may not sign in any more."""
    ops = world.users["ops"]
    client = client_for(ops)
    assert client.get(NAMES).status_code == 200
    with clock.at(clock.now() + timedelta(days=91)):
        assert client.get(NAMES).status_code == 401
    ops.is_active = False
    ops.save()
    assert client.get(NAMES).status_code == 401
    ops.is_active = True
    ops.save()
    assert client.get(NAMES).status_code == 200
    services.revoke_token(Token.objects.get())
    assert client.get(NAMES).status_code == 401


def test_use_of_a_token_is_noted_once_a_minute(world) -> None:
    """Last use is there for whoever tidies up; reading must not mean writing each time."""
    client = client_for(world.users["ops"])
    now = clock.now()
    for moment in (now, now + timedelta(seconds=30), now + timedelta(seconds=61)):
        with clock.at(moment):
            client.get(NAMES)
        if moment != now + timedelta(seconds=61):
            assert Token.objects.get().last_used_at == now
    assert Token.objects.get().last_used_at == now + timedelta(seconds=61)


def test_bad_tokens_are_refused_with_all_reasons(world) -> None:
    """Name, scopes and days at once."""
    with pytest.raises(InvalidError) as caught:
        services.create_token(world.users["ops"], " ", ["all of it"], days=0)
    codes = [problem.code for problem in caught.value.problems]
    assert codes == ["token-name", "token-scope", "token-days"]


def test_the_same_key_answers_the_same_once(world) -> None:
    """A retry after a lost answer gets that answer, and makes nothing."""
    client = client_for(world.users["ops"])
    first = send(client, NAMES, NEW, idempotency_key="k1")
    second = send(client, NAMES, NEW, idempotency_key="k1")
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Organisation.objects.filter(code="new").count() == 1


def test_the_same_key_for_something_else_is_refused(world) -> None:
    """A key names one request; another person's key is another key."""
    client = client_for(world.users["ops"])
    send(client, NAMES, NEW, idempotency_key="k1")
    other = send(client, NAMES, {"code": "two", "name_en": "Two"}, idempotency_key="k1")
    assert other.status_code == 422
    assert other.json()["type"] == "urn:sampan:problem:idempotency-key-reused"
    theirs = client_for(world.users["chen"])
    body = {"code": "two", "name_en": "Two"}
    assert send(theirs, NAMES, body, idempotency_key="k1").status_code == 201


@pytest.mark.parametrize(("word", "status"), [("fail", 409), ("break", 500)])
def test_a_failed_request_leaves_nothing_and_frees_its_key(world, word, status) -> None:
    """What was done before the error is taken back, and the retry really runs."""
    client = client_for(world.users["ops"])
    body = {"code": "new", "name_en": word}
    for _ in range(2):
        assert send(client, NAMES, body, idempotency_key="k1").status_code == status
        assert not Organisation.objects.filter(code="new").exists()
        assert not IdempotentAnswer.objects.exists()


def test_a_replay_still_asks_for_the_scope(world) -> None:
    """An old answer is not shown to a token that may not ask."""
    ops = world.users["ops"]
    send(client_for(ops), NAMES, NEW, idempotency_key="k1")
    refused = send(client_for(ops, "try:read"), NAMES, NEW, idempotency_key="k1")
    assert refused.status_code == 403


def test_answers_are_forgotten_after_a_day(world) -> None:
    """The key may then be used anew, and old answers do not pile up."""
    client = client_for(world.users["ops"])
    send(client, NAMES, NEW, idempotency_key="k1")
    with clock.at(clock.now() + timedelta(hours=25)):
        again = send(client, NAMES, NEW, idempotency_key="k1")
        assert again.status_code == 409, "it ran again, and the code is taken"
        assert idempotency.forget_old() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_run_once(world) -> None:
    """Two threads send the same request: one organisation, one answer for both."""
    secret = token_for(world.users["ops"])
    start = threading.Barrier(2)
    answers = []

    def work() -> None:
        client = Client(raise_request_exception=False)
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        start.wait()
        answers.append(send(client, NAMES, NEW, idempotency_key="k1"))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert sorted("Idempotency-Replayed" in one for one in answers) == [False, True]
    assert Organisation.objects.filter(code="new").count() == 1


def test_pages_go_through_all_rows_once(world) -> None:
    """Every row once, in order, though rows are added before the cursor meanwhile."""
    client = client_for(world.users["ops"])
    expected = sorted(Organisation.objects.values_list("code", flat=True))
    seen, cursor = [], ""
    while cursor is not None:
        found = client.get(NAMES, {"cursor": cursor, "limit": 3}).json()
        seen += [item["code"] for item in found["items"]]
        cursor = found["next_cursor"]
        services.create_organisation(f"a{len(seen)}", "Before", "agency")
    assert seen == expected


def test_pages_by_a_key_that_repeats_and_downwards(world) -> None:
    """Where the key is equal, the id decides."""
    client = client_for(world.users["ops"])
    for key, ascending in (("kind", True), ("-kind", False), ("-id", False)):
        seen, cursor = [], ""
        while cursor is not None:
            found = client.get(NAMES, {"cursor": cursor, "limit": 1, "key": key}).json()
            seen += [item["code"] for item in found["items"]]
            cursor = found["next_cursor"]
        column = key.removeprefix("-")
        rows = sorted(
            Organisation.objects.all(),
            key=lambda one: (getattr(one, column), one.pk),
            reverse=not ascending,
        )
        assert seen == [row.code for row in rows]


@pytest.mark.parametrize(
    "query", [{"cursor": "x"}, {"cursor": "WzFd"}, {"limit": 0}, {"limit": 1001}, {"limit": "x"}]
)
def test_bad_cursors_and_limits_are_named(world, query) -> None:
    """422, never a server error and never a silent first page."""
    answer = client_for(world.users["ops"]).get(NAMES, query)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"


def test_a_cursor_of_another_order_is_refused(world) -> None:
    """Its place means nothing there."""
    client = client_for(world.users["ops"])
    cursor = client.get(NAMES).json()["next_cursor"]
    assert client.get(NAMES, {"cursor": cursor, "key": "id"}).status_code == 422


def test_etags_spare_what_has_not_changed(world) -> None:
    """304 without a body while nothing changes; 200 once it does."""
    client = client_for(world.users["ops"])
    first = client.get(f"{NAMES}/cn")
    same = client.get(f"{NAMES}/cn", headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    Organisation.objects.filter(code="cn").update(name_en="PR China")
    changed = client.get(f"{NAMES}/cn", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_too_many_requests_say_when_to_come_back(world, settings, monkeypatch) -> None:
    """Per token: another token of the same person is counted apart; a minute later all is well."""
    settings.SAMPAN_REQUESTS_PER_MINUTE = 3
    monkeypatch.setattr("sampan_platform.http.limits.time.time", lambda: 6000.0 * 60 + 15)
    client, other = client_for(world.users["ops"]), client_for(world.users["ops"])
    assert [client.get(NAMES).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get(NAMES)
    assert refused["Retry-After"] == "46"
    assert refused.json()["type"] == "urn:sampan:problem:too-many-requests"
    assert other.get(NAMES).status_code == 200
    monkeypatch.setattr("sampan_platform.http.limits.time.time", lambda: 6001.0 * 60)
    assert client.get(NAMES).status_code == 200


def test_our_own_errors_show_an_id_and_nothing_else(world, caplog) -> None:
    """The caller gets an id; the log has the traceback under it."""
    answer = send(client_for(world.users["ops"]), NAMES, {"code": "new", "name_en": "break"})
    body = answer.json()
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert "secret detail" not in answer.content.decode()
    record = next(one for one in caplog.records if body["error_id"] in one.getMessage())
    assert record.exc_info[0] is ZeroDivisionError


def test_all_refusals_are_problems(world) -> None:
    """Unknown address, wrong method, broken JSON, missing field."""
    client = client_for(world.users["ops"])
    unknown = client.get("/api/v1/nothing/here")
    method = client.delete(NAMES)
    broken = client.post(NAMES, "{", content_type="application/json")
    missing = send(client, NAMES, {"code": "new"})
    assert [one.status_code for one in (unknown, method, broken, missing)] == [404, 405, 400, 422]
    for answer in (unknown, method, broken, missing):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
    assert set(method["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}
    assert [one["where"] for one in missing.json()["problems"]] == ["body.body.name_en"]


def test_a_busy_database_says_come_again(world, monkeypatch) -> None:
    """503 with Retry-After, which the client obeys; other errors of it stay ours."""
    client = client_for(world.users["ops"])
    for message, status in (("database is locked", 503), ("no such table: x", 500)):

        def refuse(*_: object, text: str = message, **__: object) -> None:
            raise OperationalError(text)

        monkeypatch.setattr(services, "create_organisation", refuse)
        plain = send(client, NAMES, NEW)
        keyed = send(client, NAMES, NEW, idempotency_key="k1")
        assert plain.status_code == keyed.status_code == status
        assert plain.has_header("Retry-After") == (status == 503)


@pytest.mark.django_db(transaction=True)
def test_a_request_that_takes_too_long_is_answered_not_repeated(world, monkeypatch) -> None:
    """While the first still works, the second is told so after its wait, and makes nothing."""
    if connection.vendor != "postgresql":
        connection.cursor().execute("PRAGMA busy_timeout = 100")
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 1)
    client = client_for(world.users["ops"])
    client.get(NAMES)  # the token's use is noted before the database is held
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            IdempotentAnswer.objects.create(
                user=world.users["ops"], key="k1", method="POST", path=NAMES, digest="x",
                at=clock.now(),
            )  # fmt: skip
            held.set()
            go_on.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    try:
        answer = send(client, NAMES, NEW, idempotency_key="k1")
    finally:
        go_on.set()
        thread.join()
    assert answer.status_code in (409, 503)
    assert not Organisation.objects.filter(code="new").exists()


def test_answers_are_kept_by_nobody_on_the_way(world) -> None:
    """What one person may see must not come out of a cache for another."""
    client = client_for(world.users["ops"])
    assert client.get(NAMES)["Cache-Control"] == "private, no-cache"
    assert send(client, NAMES, NEW)["Cache-Control"] == "no-store"
    assert Client().get(NAMES)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": "n", "name_en": "\\ud83d"}', b'{"code": "n", "name_en": "a\\u0000b"}',
        b'{"code": "n", "name_en": NaN}', b'{"code": "n", "name_en": "\xff"}',
    ],
)  # fmt: skip
def test_text_that_is_none_is_refused_at_the_door(world, body) -> None:
    """Half characters, NUL, NaN, bytes that are no UTF-8: 400, on either database."""
    client = client_for(world.users["ops"])
    answer = client.post(NAMES, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert client.get(f"{NAMES}?key=%00").status_code == 400
    assert client.get(f"{NAMES}/a%00b").status_code == 400


def test_whole_characters_pass(world) -> None:
    """Escaped or not, a smile is a smile."""
    client = client_for(world.users["ops"])
    body = b'{"code": "n", "name_en": "\\ud83d\\ude00"}'
    answer = client.post(NAMES, body, content_type="application/json")
    assert answer.json()["name_en"] == "\N{GRINNING FACE}"


def test_a_body_that_is_too_large_is_said_to_be(world, settings) -> None:
    """413, with and without a key; before anybody reads it."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20
    client = client_for(world.users["ops"])
    for headers in ({}, {"idempotency_key": "k1"}):
        answer = send(client, NAMES, NEW, **headers)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)
