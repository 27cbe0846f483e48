"""The operator's page: health part by part, jobs, versions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sampan.version import version
from sampan_platform.common import clock
from sampan_platform.dispatch import services
from sampan_platform.dispatch.models import PlanRun
from sampan_platform.people.models import AuditEvent
from tests.platform.pages_world import LANGUAGES, refusals, signed_in, text_of
from tests.platform.planning import NOW

QUERIES_MAX = 30
PARTS = {
    "en": {"database", "tables", "worker", "solver", "ledger"},
    "zh-hans": {"数据库", "数据表", "后台任务", "求解器", "台账"},
}
PROVED = {"en": "proved: 0 movements", "zh-hans": "核验一致：0 笔流水"}


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_operator_sees_how_it_is(world, language: str) -> None:
    """Each part, by its name and in words, with whether it is well; and the versions."""
    answer = signed_in(world, "ops", language).get("/system/")
    parts = {one.name: one for one in answer.context["parts"]}
    assert PARTS[language] <= set(parts)
    assert all(parts[name].well for name in PARTS[language])
    page = text_of(answer)
    for words in (version(), *parts, *(one.says for one in parts.values())):
        assert words in page
    assert PROVED[language] in page


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


SQUARE = [[[100, 10], [110, 10], [110, 20], [100, 10]]]


def a_map(**geometry: Any) -> bytes:
    """A map of one feature."""
    feature = {"type": "Feature", "properties": {"name": "某地", "gdp": 1},
               "geometry": {"type": "Polygon", "coordinates": SQUARE} | geometry}  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def put(client: Client, content: bytes) -> Any:
    """Send a map as the form does, and follow."""
    file = SimpleUploadedFile("map.geojson", content)
    return client.post("/system/base-map/", {"map": file}, follow=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_official_map_is_put_shown_and_taken_away(
    world, settings, tmp_path, language: str
) -> None:
    """All who are signed in get it from the platform itself, in place of land; then land again."""
    settings.HOME = tmp_path
    client, other = signed_in(world, "ops", language), signed_in(world, "ana", language)
    assert "land-" in other.get("/situation/").content.decode()
    assert refusals(put(client, a_map())) == []
    (address,) = re.findall(r'data-land="([^"]+)"', other.get("/situation/").content.decode())
    assert address.startswith("/system/base-map.json?")
    found = json.loads(other.get(address).content)
    assert found["features"][0]["geometry"]["coordinates"] == SQUARE
    assert found["features"][0]["properties"] == {"name": "某地"}
    assert Client().get(address).status_code == 302
    client.post("/system/base-map/", {"action": "remove"})
    assert "land-" in other.get("/situation/").content.decode()
    assert other.get(address).status_code == 404
    kept = AuditEvent.objects.filter(action="system.base_map").order_by("pk")
    assert [set(one.after) for one in kept] == [{"sha256"}, {"removed"}]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"type": "FeatureCollection", "features": [NaN]}', "no JSON"),
        (b"[]", "FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": [1]}', "feature 1"),
        (a_map(type="Circle"), "feature 1"),
        (a_map(coordinates=[]), "no coordinates"),
        (a_map(coordinates=[[[1, 91]]]), "latitude"),
        (a_map(coordinates=[[[12_345_678, 4_000_000]]]), "WGS 84"),
        (a_map(coordinates=[[["x", 1]]]), "longitude"),
        (b" " * (10 * 1024 * 1024 + 1), "10 are the most"),
    ],
)
def test_a_wrong_map_is_refused_and_nothing_is_changed(
    world, settings, tmp_path, content: bytes, told: str
) -> None:
    """One message says what is wrong; the map that was there stays."""
    settings.HOME = tmp_path
    client = signed_in(world, "ops")
    put(client, a_map())
    before = (tmp_path / "base-map.json").read_bytes()
    (said,) = refusals(put(client, content))
    assert told in said
    assert (tmp_path / "base-map.json").read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["base-map.json"]


def test_only_operators_set_the_map(world, settings, tmp_path) -> None:
    """Others are refused, whatever they send; a form without a file is told so."""
    settings.HOME = tmp_path
    assert put(signed_in(world, "chen"), a_map()).status_code == 403
    assert list(tmp_path.iterdir()) == []
    told = signed_in(world, "ops").post("/system/base-map/", follow=True)
    assert "GeoJSON" in refusals(told)[0]


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
