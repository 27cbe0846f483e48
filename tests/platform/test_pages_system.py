"""The operator's page: health part by part, jobs, versions."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sampan.version import version
from sampan_platform.common import clock
from sampan_platform.dispatch import services
from sampan_platform.dispatch.models import PlanRun
from tests.platform.pages_world import LANGUAGES, signed_in, text_of
from tests.platform.planning import NOW

QUERIES_MAX = 30


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_operator_sees_how_it_is(world, language: str) -> None:
    """Each part with whether it is well, and the versions."""
    answer = signed_in(world, "ops", language).get("/system/")
    parts = {one.name: one for one in answer.context["parts"]}
    assert {"database", "tables", "worker", "solver", "ledger"} <= set(parts)
    assert parts["database"].well
    page = text_of(answer)
    assert version() in page
    assert parts["database"].says in page


def test_jobs_are_listed_with_their_errors(world) -> None:
    """The newest twenty, in as many queries as one."""
    client = signed_in(world, "ops")
    client.get("/system/")
    counts = []
    for more in (1, 25):
        for _ in range(more):
            services.start(world.organisations["cn-hb"], world.users["chen"], background=False)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/system/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= QUERIES_MAX
    assert len(answer.context["jobs"]) == 20
    last = PlanRun.objects.latest("pk")
    PlanRun.objects.filter(pk=last.pk).update(state="failed", error="the worker was stopped")
    assert "the worker was stopped" in text_of(client.get("/system/"))


@pytest.mark.parametrize("user", ["chen", "rui", "aud", "ana", "wei", "lan"])
def test_the_page_is_for_operators(world, user: str) -> None:
    """Others find no line in the menu, and are refused."""
    client = signed_in(world, user)
    assert 'href="/system/"' not in client.get("/").content.decode()
    assert client.get("/system/").status_code == 403


def test_whoever_is_not_signed_in_is_led_to_the_entrance(db) -> None:
    """No version is told to strangers."""
    answer = Client().get("/system/", follow=True)
    assert answer.redirect_chain[0][0].startswith("/sign-in/")
    assert version() not in text_of(answer)
