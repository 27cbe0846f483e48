"""The catalogue over HTTP."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import sampan
from sampan_platform.catalogue import exporting
from sampan_platform.catalogue.models import NetworkRow, Site
from sampan_platform.people.models import AuditEvent
from tests.platform.http_world import client_for, send

SITES = "/api/v1/catalogue/sites"
NEW = {"site": "W9", "name_en": "Ninth", "kind": "warehouse", "country": "CN",
       "organisation": "cn-hb"}  # fmt: skip


def test_lists_hold_what_one_may_see(world) -> None:
    """Hubei's coordinator sees Hubei; Viet Nam's Viet Nam; and all see what all share."""
    chen, lan = client_for(world.users["chen"]), client_for(world.users["lan"])
    assert [one["site"] for one in chen.get(SITES).json()["items"]] == ["F1", "H1", "W1"]
    assert [one["site"] for one in lan.get(SITES).json()["items"]] == ["H2"]
    lanes = lan.get("/api/v1/catalogue/lanes").json()["items"]
    assert [one["lane"] for one in lanes] == ["W1-H2"], "one end of it is theirs"
    for client in (chen, lan):
        found = client.get("/api/v1/catalogue/resources").json()["items"]
        assert [one["resource"] for one in found] == ["mask", "suit"]
        assert found[0]["packagings"] == [{"name": "box", "quantity": 50.0, "gtin": ""}]
        assert client.get("/api/v1/catalogue/resource_classes").json()["items"][0]["name_zh"]
    assert lan.get(f"{SITES}/W1").status_code == 404
    assert lan.get(f"{SITES}/W1").json()["detail"] == "There is no W1 in sites."


def test_lists_can_be_narrowed(world) -> None:
    """By columns, by part of a name in either language, by day."""
    client = client_for(world.users["ops"])

    def codes(**query) -> list[str]:
        return [one["site"] for one in client.get(SITES, query).json()["items"]]

    assert codes(kind="hospital") == ["H1", "H2"]
    assert codes(organisation="hb-store") == ["W1"]
    assert codes(q="白梅") == ["H2"]
    assert codes(q="plant") == ["F1"]
    Site.objects.filter(code="F1").update(retired_from="2020-03-01")
    assert "F1" in codes(as_of="2020-02-29")
    assert "F1" not in codes(as_of="2020-03-01")


@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet"])
def test_lists_come_as_files(world, kind) -> None:
    """By ?format= and by Accept; the same rows, and only those that one may see."""
    client = client_for(world.users["chen"])
    types = {"csv": "text/csv", "ndjson": "application/x-ndjson",
             "parquet": "application/vnd.apache.parquet"}  # fmt: skip
    read = {"csv": pl.read_csv, "ndjson": pl.read_ndjson, "parquet": pl.read_parquet}[kind]
    asked = client.get(SITES, {"format": kind})
    accepted = client.get(SITES, headers={"Accept": types[kind]})
    assert asked.content == accepted.content
    assert asked["Content-Type"].startswith(types[kind])
    frame = read(io.BytesIO(asked.content))
    assert frame["site"].to_list() == ["F1", "H1", "W1"]
    assert frame["name_zh"].to_list() == ["仙桃工厂", "金银潭医院", "武汉储备库"]
    assert client.get(SITES, {"format": "pdf"}).status_code == 415


def test_a_list_asks_the_database_a_fixed_number_of_questions(
    world, django_assert_max_num_queries
) -> None:
    """However long it is."""
    site = world.sites["W1"]
    Site.objects.bulk_create(
        Site(code=f"X{at}", name_en="x", kind="hub", organisation=site.organisation, country="CN")
        for at in range(300)
    )
    client = client_for(world.users["ops"])
    client.get("/api/v1/people/me")
    for name in ("sites", "organisations", "resources", "lanes", "processes", "resource_classes"):
        with django_assert_max_num_queries(6):
            found = client.get(f"/api/v1/catalogue/{name}", {"limit": 1000})
        assert found.status_code == 200
    assert len(client.get(SITES, {"limit": 1000}).json()["items"]) == 304


def test_a_site_is_made_changed_retired(world) -> None:
    """From beginning to end, each step in the trail."""
    client = client_for(world.users["chen"])
    made = send(client, SITES, NEW)
    assert (made.status_code, made.json()["name_en"]) == (201, "Ninth")
    assert send(client, SITES, NEW).status_code == 409
    changed = send(client, f"{SITES}/W9", {"name_zh": "第九"}, "PATCH")
    assert (changed.status_code, changed.json()["name_zh"]) == (200, "第九")
    assert changed.json()["name_en"] == "Ninth"
    retired = send(client, f"{SITES}/W9/retire", {"from_day": "2020-03-01"})
    assert retired.json()["retired_from"] == "2020-03-01"
    assert client.delete(f"{SITES}/W9").status_code == 204
    assert client.get(f"{SITES}/W9").status_code == 404
    actions = AuditEvent.objects.filter(target="sites:W9").values_list("action", flat=True)
    assert list(actions.order_by("id")) == [
        "catalogue.create", "catalogue.change", "catalogue.retire", "catalogue.delete",
    ]  # fmt: skip


def test_bad_rows_and_unknown_fields_are_named(world) -> None:
    """A misspelled field is not passed over; a wrong value says where and what to do."""
    client = client_for(world.users["chen"])
    unknown = send(client, SITES, {**NEW, "colour": "red"})
    assert (unknown.status_code, unknown.json()["problems"][0]["where"]) == (
        422,
        "body.body.colour",
    )
    wrong = send(client, SITES, {**NEW, "kind": "castle", "gln": "123"})
    assert wrong.status_code == 422
    assert {one["code"] for one in wrong.json()["problems"]} == {"bad-choice", "bad-gln"}
    assert not Site.objects.filter(code="W9").exists()


def test_what_is_in_use_is_not_deleted(world) -> None:
    """409, with what uses it."""
    answer = client_for(world.users["chen"]).delete(f"{SITES}/W1")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:sampan:problem:in-use"
    assert "lanes" in answer.json()["detail"]


def test_etags_guard_changes(world) -> None:
    """Who read an old state does not overwrite the new one."""
    client = client_for(world.users["chen"])
    read = client.get(f"{SITES}/W1")
    first = send(client, f"{SITES}/W1", {"region": "CN-HB"}, "PATCH", if_match=read["ETag"])
    assert first.status_code == 200
    late = send(client, f"{SITES}/W1", {"region": "CN-HN"}, "PATCH", if_match=read["ETag"])
    assert (late.status_code, late.json()["type"]) == (412, "urn:sampan:problem:changed-meanwhile")
    assert Site.objects.get(code="W1").region == "CN-HB"
    assert client.get(f"{SITES}/W1")["ETag"] == first["ETag"]
    assert (
        client.get(SITES, headers={"If-None-Match": client.get(SITES)["ETag"]}).status_code == 304
    )
    gone = client.delete(f"{SITES}/W1", headers={"If-Match": read["ETag"]})
    assert gone.status_code == 412


def test_reporters_read_and_do_not_write(world) -> None:
    """The role decides, whatever the token's scopes say."""
    client = client_for(world.users["rui"])
    assert client.get(f"{SITES}/F1").status_code == 200
    assert send(client, f"{SITES}/F1", {"name_en": "Mine"}, "PATCH").status_code == 403
    assert send(client, f"{SITES}/F1/retire", {"from_day": None}).status_code == 403
    assert client.delete(f"{SITES}/F1").status_code == 403


def test_parts_of_resources_and_processes(world) -> None:
    """Packagings for who may edit what all share; flows for who edits the site."""
    ops, chen = client_for(world.users["ops"]), client_for(world.users["chen"])
    path = "/api/v1/catalogue/resources/suit/packagings/carton"
    assert send(chen, path, {"quantity": 20}, "PUT").status_code == 403
    made = send(ops, path, {"quantity": 20}, "PUT")
    assert made.json()["packagings"] == [{"name": "carton", "quantity": 20.0, "gtin": ""}]
    flow = "/api/v1/catalogue/processes/F1:mask/flows/suit"
    assert (
        send(client_for(world.users["lan"]), flow, {"quantity_per_run": 1}, "PUT").status_code
        == 404
    )
    made = send(chen, flow, {"quantity_per_run": -0.5}, "PUT")
    assert made.json()["flows"] == [
        {"resource": "mask", "quantity_per_run": 1.0},
        {"resource": "suit", "quantity_per_run": -0.5},
    ]


def test_rows_of_several_tables_at_once(world) -> None:
    """Policies too, under one organisation; a dry run first; the same key twice is once."""
    client = client_for(world.users["chen"])
    body = {
        "organisation": "cn-hb",
        "tables": {
            "sites": [{key: value for key, value in NEW.items() if key != "organisation"}],
            "reserves": [{"reserve": "R1", "site": "W9", "resource": "mask", "quantity_min": 5,
                          "from_day": "2020-02-10"}],
        },
    }  # fmt: skip
    dry = send(client, "/api/v1/catalogue/rows", {**body, "dry_run": True})
    assert dry.json()["made"] == {"sites": 1, "reserves": 1}
    assert not NetworkRow.objects.exists()
    for _ in range(2):
        done = send(client, "/api/v1/catalogue/rows", body, idempotency_key="once")
        assert done.json()["made"] == {"sites": 1, "reserves": 1}
    path = "/api/v1/catalogue/policies"
    row = client.get(path, {"table": "reserves"}).json()["items"][0]
    assert (row["key"], row["values"]["site"], row["organisation"]) == ("R1", "W9", "cn-hb")
    assert client_for(world.users["lan"]).get(path).json()["items"] == []
    ended = send(client, f"{path}/reserves/R1/retire", {"from_day": "2020-03-01"})
    assert ended.json()["retired_from"] == "2020-03-01"
    assert client.delete(f"{path}/reserves/R1").status_code == 204
    assert not NetworkRow.objects.exists()


def test_files_go_out_and_come_in(world) -> None:
    """A workbook exported, sent back: nothing changes; a broken one is refused in words."""
    client = client_for(world.users["ops"])
    for kind, name in (("xlsx", "c.xlsx"), ("csv", "c.zip"), ("parquet", "c.zip")):
        sent = client.get("/api/v1/catalogue/export", {"format": kind})
        assert sent.status_code == 200
        back = client.post(
            "/api/v1/catalogue/import",
            {"file": SimpleUploadedFile(name, sent.content), "dry_run": "true"},
        )
        assert back.status_code == 200, back.content
        assert back.json()["made"] == back.json()["changed"] == {}
        assert back.json()["unchanged"]["sites"] == 4
    refused = client.post(
        "/api/v1/catalogue/import", {"file": SimpleUploadedFile("c.xlsx", b"no workbook")}
    )
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:sampan:problem:bad-file")


def test_an_upload_under_a_key_happens_once(world) -> None:
    """A form's separator is new each time; its content is what counts."""
    client = client_for(world.users["ops"])
    content = exporting.as_zip({"sites": pl.DataFrame({"site": ["W1"], "name_en": ["New name"]})})
    answers = [
        client.post(
            "/api/v1/catalogue/import",
            {"file": SimpleUploadedFile("c.zip", content)},
            headers={"Idempotency-Key": "upload-1"},
        )
        for _ in range(2)
    ]
    assert [one.json()["changed"] for one in answers] == [{"sites": 1}] * 2
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert AuditEvent.objects.filter(target="sites:W1").count() == 1


def test_the_template_and_the_network_can_be_fetched(world, tmp_path: Path) -> None:
    """The template opens in Excel; the network is one that the engine reads."""
    client = client_for(world.users["ops"])
    book = client.get("/api/v1/catalogue/template")
    assert zipfile.ZipFile(io.BytesIO(book.content)).testzip() is None
    sent = client.get("/api/v1/catalogue/network", {"start": "2020-02-10", "days": 5})
    zipfile.ZipFile(io.BytesIO(sent.content)).extractall(tmp_path)
    network = sampan.read_network(tmp_path)
    assert network.problems == ()
    assert network.table("lanes")["lane"].to_list() == ["F1-W1", "W1-H1", "W1-H2"]
    assert network.periods == 5
    assert (
        client.get("/api/v1/catalogue/network", {"start": "2020-02-10", "days": 0}).status_code
        == 422
    )
