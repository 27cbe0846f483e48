"""Reports over HTTP: formats, scopes, one answer for one request."""

from __future__ import annotations

import io
import json

import openpyxl
import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sampan_platform.collect.models import Report
from sampan_platform.common import clock
from tests.platform.collecting import EVENING, everything, file, row
from tests.platform.http_world import client_for, send

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/collect"


@pytest.fixture(autouse=True)
def _evening():
    with clock.at(EVENING):
        yield


def said(**stated) -> dict:
    return row(day="2020-02-10", **stated)


def upload(client, path: str, content: bytes, name: str = "a.csv", **form):
    return client.post(f"{ROOT}{path}", {"file": SimpleUploadedFile(name, content), **form})


def test_reports_are_filed_as_json_with_exact_figures(world) -> None:
    """A number with three decimals and one as text arrive as they were sent."""
    client = client_for(world.users["rui"])
    figures = '"output": 1234567.891, "stock": "0", "used": null'
    body = f'{{"rows": [{{"site": "F1", "resource": "mask", "day": "2020-02-10", {figures}}}]}}'
    answer = client.generic("POST", f"{ROOT}/reports", body, content_type="application/json")
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    report = Report.objects.get()
    assert (str(report.output), report.stock, report.used) == ("1234567.891", 0, None)


def test_bad_rows_are_problems_by_row_and_column(world) -> None:
    """422 with every row named; the same as a dry run is an answer, and writes nothing."""
    client = client_for(world.users["rui"])
    rows = [said(output=5), said(resource="suit", output="x", stok=1)]
    before = everything()
    answer = send(client, f"{ROOT}/reports", {"rows": rows})
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    problems = [(one["where"], one["code"]) for one in answer.json()["problems"]]
    assert problems == [("row 2", "unknown-field"), ("row 2, output", "not-a-number")]
    tried = send(
        client, f"{ROOT}/reports", {"rows": rows, "dry_run": True, "keep_good": True}
    ).json()
    assert (tried["accepted"], tried["rejected_rows"], tried["rejected"][1]["message_zh"][:1]) == (
        1,
        1,
        "x",
    )
    after = everything()
    del before["Token"], after["Token"]  # its last use is written down
    assert after == before
    kept = send(client, f"{ROOT}/reports", {"rows": rows, "keep_good": True})
    assert (kept.status_code, kept.json()["accepted"]) == (200, 1)


def test_the_same_request_is_answered_once(world) -> None:
    """By Idempotency-Key and by client id."""
    client = client_for(world.users["rui"])
    body = {"rows": [said(output=5)], "client_id": "c1"}
    first = send(client, f"{ROOT}/reports", body, idempotency_key="k1")
    same = send(client, f"{ROOT}/reports", body, idempotency_key="k1")
    assert (first.json(), same["Idempotency-Replayed"]) == (same.json(), "true")
    again = send(client, f"{ROOT}/reports", body).json()
    assert (again["accepted"], again["unchanged"], again["replayed"]) == (0, 1, True)
    other = send(client, f"{ROOT}/reports", {"rows": [said(output=6)], "client_id": "c1"})
    assert other.status_code == 409


def test_ndjson_is_filed_line_by_line(world) -> None:
    """What a program streams."""
    client = client_for(world.users["rui"])
    lines = "\n".join(json.dumps(said(resource=kind, output=3)) for kind in ("mask", "suit"))
    path = f"{ROOT}/reports/ndjson?client_id=n1"
    answer = client.generic("POST", path, lines, content_type="application/x-ndjson")
    assert answer.json()["accepted"] == 2


def test_a_file_and_its_rejects(world) -> None:
    """Refused, corrected in the file that came back, sent again."""
    client = client_for(world.users["rui"])
    content = b"site,resource,day,output\nF1,mask,2020-02-10,5\nF1,siut,2020-02-10,6\n"
    assert upload(client, "/files", content).status_code == 422
    back = upload(client, "/files/rejects", content, "日报.csv")
    assert "attachment" in back["Content-Disposition"]
    corrected = back.content.replace(b"F1,siut", b"F1,suit")
    answer = upload(client, "/files", corrected)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
    none = upload(client, "/files/rejects", corrected)
    assert (none.status_code, none.json()["type"]) == (422, "urn:sampan:problem:no-rejects")


def test_reports_are_listed_filtered_and_paged(world) -> None:
    """Only what one sees; page by page; as a table in full."""
    file(
        world,
        row("F1", output=5),
        row("W1", stock=1),
        row("F1", day="2020-02-09", output=4),
        user="chen",
    )
    client = client_for(world.users["rui"])
    first = client.get(f"{ROOT}/reports?limit=1").json()
    rest = client.get(f"{ROOT}/reports?limit=5&cursor={first['next_cursor']}").json()
    assert [one["day"] for one in first["items"] + rest["items"]] == ["2020-02-10", "2020-02-09"]
    assert first["items"][0]["submitted_by"] == "chen"
    above = client_for(world.users["chen"]).get(
        f"{ROOT}/reports?organisation=cn-hb&since=2020-02-10"
    )
    assert len(above.json()["items"]) == 2
    table = client.get(f"{ROOT}/reports?format=parquet")
    assert pl.read_parquet(io.BytesIO(table.content))["output"].cast(pl.Int64).to_list() == [5, 4]
    assert client.get(f"{ROOT}/reports?organisation=vn").status_code == 404


def test_what_was_said_before_is_seen_by_those_who_see_the_report(world) -> None:
    """And is not there for others."""
    file(world, row(output=5))
    file(world, row(output=6))
    path = f"{ROOT}/reports/{Report.objects.get().pk}/history"
    told = client_for(world.users["chen"]).get(path).json()
    assert [(one["version"], one["values"]["output"], one["is_current"]) for one in told] == [
        (2, "6", True), (1, "5", False)]  # fmt: skip
    assert client_for(world.users["lan"]).get(path).status_code == 404


def test_who_is_missing_the_rate_and_assignments(world) -> None:
    """The coordinator's morning."""
    client = client_for(world.users["chen"])
    made = send(
        client, f"{ROOT}/assignments", {"site": "H1", "resource": "mask", "from_day": "2020-02-10"}
    )
    assert made.json()["to_day"] is None
    assert [one["site"] for one in client.get(f"{ROOT}/missing?day=2020-02-10").json()] == ["H1"]
    assert client.get(f"{ROOT}/rate?day=2020-02-10").json() == {
        "day": "2020-02-10", "due": 1, "came": 0, "in_time": 0, "rate": 0.0}  # fmt: skip
    assert len(client.get(f"{ROOT}/assignments").json()["items"]) == 1


def test_the_workbook_comes_as_a_file(world) -> None:
    """Named after organisation and day."""
    answer = client_for(world.users["rui"]).get(
        f"{ROOT}/workbook?organisation=xiantao&day=2020-02-10"
    )
    assert "reports-xiantao-2020-02-10.xlsx" in answer["Content-Disposition"]
    assert "reports" in openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/reports"),
        ("POST", "/reports/ndjson"),
        ("POST", "/files"),
        ("POST", "/files/rejects"),
        ("POST", "/assignments"),
    ],
)
def test_a_token_that_may_read_does_not_write(world, method, path) -> None:
    """Every operation that writes asks for reports:write."""
    client = client_for(world.users["rui"], "reports:read")
    assert (
        client.generic(method, f"{ROOT}{path}", "{}", content_type="application/json").status_code
        == 403
    )


@pytest.mark.parametrize("what", ["missing", "rate"])
def test_a_day_that_nobody_can_mean_is_refused(world, client, what: str) -> None:
    """The year 1 is a typing error, told as one."""
    client.force_login(world.users["chen"])
    answer = client.get(f"/api/v1/collect/{what}?day=0001-01-01")
    assert answer.status_code == 422
    assert client.get(f"/api/v1/collect/{what}?day=2020-02-10").status_code == 200
