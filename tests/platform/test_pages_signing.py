"""The entrance: who may come in, who has to wait, and in which language."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from sampan_platform.http import tally
from sampan_platform.http.models import Tally
from sampan_platform.web.signing import FAILURES_MAX, FAILURES_SECONDS

RIGHT = "chen-password-1"


def enter(username: str, password: str, client: Client | None = None) -> Any:
    """Send the form of the entrance."""
    form = {"username": username, "password": password}
    return (client or Client()).post("/sign-in/", form)


def test_the_right_password_opens(world) -> None:
    """And leads to the first page; a wrong one, or no such name, is told and opens nothing."""
    assert enter("chen", RIGHT)["Location"] == "/"
    for name, password in (("chen", "wrong"), ("nobody", RIGHT), ("", ""), ("a" * 500, "x")):
        answer = enter(name, password)
        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert "_auth_user_id" not in answer.wsgi_request.session


def test_who_guesses_has_to_wait_whichever_process_answers(world, monkeypatch) -> None:
    """After ten wrong passwords even the right one waits, ten minutes; others come in."""
    now = [1_000_000.0]
    monkeypatch.setattr("sampan_platform.http.tally.time.time", lambda: now[0])
    for number in range(FAILURES_MAX):
        assert "_auth_user_id" not in enter("chen", f"guess {number}").wsgi_request.session
        cache.clear()  # as another process, whose memory is its own
    waiting = enter("chen", RIGHT)
    assert waiting.context["form"].errors.as_data()["__all__"][0].code == "wait"
    assert enter("hua", "hua-password-1")["Location"] == "/"
    now[0] += FAILURES_SECONDS + 1
    assert enter("chen", RIGHT)["Location"] == "/"


def test_a_tally_begins_anew_after_its_end(world, monkeypatch) -> None:
    """And those that ended long ago are not kept."""
    now = [1_000_000.0]
    monkeypatch.setattr("sampan_platform.http.tally.time.time", lambda: now[0])
    assert [tally.add("a", 60) for _ in range(3)] == [1, 2, 3]
    assert (tally.of("a"), tally.of("b")) == (3, 0)
    now[0] += 60
    assert tally.of("a") == 0
    assert tally.add("a", 60) == 1
    now[0] += 60 + tally.KEPT_SECONDS + 1
    tally.add("b", 60)
    assert list(Tally.objects.values_list("key", flat=True)) == ["b"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_language_is_the_persons_own(world, language: str) -> None:
    """Unless this browser has chosen another one before."""
    world.users["chen"].language = language
    world.users["chen"].save()
    client = Client()
    enter("chen", RIGHT, client)
    assert client.cookies["django_language"].value == language
