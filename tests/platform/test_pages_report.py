"""The screen of reports: the day's table, a workbook, a file tried first and then filed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sampan_platform.collect.models import Report
from sampan_platform.common import clock
from tests.platform.collecting import EVENING, TODAY, everything, file, row, stated
from tests.platform.pages_world import LANGUAGES, refusals, signed_in, text_of

QUERIES_MAX = 30
PLANT = {"en": "Xiantao plant", "zh-hans": "仙桃工厂"}
BEFORE = TODAY - timedelta(1)


@pytest.fixture(autouse=True)
def _in_the_evening(settings, tmp_path):
    settings.HOME = tmp_path
    with clock.at(EVENING):
        yield


def field(world: Any, measure: str, site: str = "F1", item: str = "mask") -> str:
    """The name of a figure's field in the table."""
    return f"{world.sites[site].pk}-{world.resources[item].pk}-{measure}"


def send(client: Client, **said: str) -> Any:
    """Post the table of the plant as a browser does, and follow."""
    form = {"once": str(uuid4()), "organisation": "xiantao", "day": TODAY.isoformat()} | said
    return client.post("/report/", form, follow=True)


def upload(client: Client, text: str, name: str = "day.csv") -> Any:
    """Send a file, and follow to what it would do."""
    sent = SimpleUploadedFile(name, text.encode())
    return client.post("/report/upload/", {"file": sent}, follow=True)


def csv(output: str = "70", day: date = TODAY) -> str:
    """A file of one row."""
    return f"site,resource,day,output\nF1,mask,{day},{output}\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_holds_what_is_to_be_said_and_what_was(world, language: str) -> None:
    """The plant's row with yesterday's figure beside an empty field of today."""
    with clock.at(EVENING - timedelta(1)):
        file(world, row(day=BEFORE, output=900), at=EVENING - timedelta(1))
    answer = signed_in(world, "rui", language).get(f"/report/?day={TODAY}")
    assert PLANT[language] in text_of(answer)
    (line,) = answer.context["lines"]
    cells = {cell.measure: (cell.value, cell.before) for cell in line.cells}
    assert cells["output"] == (None, 900)


def test_the_table_needs_no_query_a_row(world) -> None:
    """As many queries for twenty reported items of the plant as for one."""
    from sampan_platform.catalogue.models import Resource

    client = signed_in(world, "rui")
    file(world, row(day=BEFORE, output=900))
    client.get("/report/")
    counts = []
    for more in (0, 20):
        for number in range(more):
            Resource.objects.create(
                code=f"item-{number}", name_en=f"Item {number}", unit="piece",
                resource_class=world.resources["mask"].resource_class,
            )  # fmt: skip
            file(world, row(resource=f"item-{number}", day=BEFORE, output=5))
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/report/?day={TODAY}")
        counts.append(len(queries))
    assert len(page.context["lines"]) == 21
    assert counts[0] == counts[1] <= QUERIES_MAX


def test_a_report_is_filed_and_corrected(world) -> None:
    """Zero is stated, empty is not; a second form corrects; the same form twice counts once."""
    client, number = signed_in(world, "rui"), str(uuid4())
    said = {field(world, "output"): "1,000", field(world, "stock"): "0",
            field(world, "shipped"): ""}  # fmt: skip
    for _ in range(2):
        assert not refusals(send(client, once=number, **said))
    assert stated() == {"output": 1000, "stock": 0}
    assert Report.objects.get().version == 1
    again = send(client, **{field(world, "output"): "1100", field(world, "stock"): ""})
    assert not refusals(again)
    assert stated() == {"output": 1100}
    assert Report.objects.get().version == 2


@pytest.mark.parametrize("figure", ["many", "NaN", "Infinity", "-1", "1e30", "1.23456", "x" * 5000])
def test_a_figure_that_is_none_is_told_and_kept_in_the_table(world, figure: str) -> None:
    """The line is named, nothing is filed, and what was typed stands there to be corrected."""
    output = field(world, "output")
    answer = send(signed_in(world, "rui"), **{output: figure, field(world, "stock"): "5"})
    assert len(answer.context["problems"]) == 1
    assert "Xiantao plant, Surgical mask, output: " in text_of(answer)
    typed = {cell.field: cell.value for line in answer.context["lines"] for cell in line.cells}
    assert (typed[output], typed[field(world, "stock")]) == (figure, "5")
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {}, {"once": "x"}, {"day": "soon"}, {"day": "2020-02-30"}, {"day": "0001-01-01"},
        {"day": "9999-12-31"}, {"day": "2020-03-01"}, {"organisation": "nowhere"},
        {"organisation": "bachmai"}, {"organisation": "cn-hb"}, {"explained": "a\0b"},
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_files_nothing(world, said: dict[str, str]) -> None:
    """Empty, without its number, for no day, for the future, for an organisation of others."""
    figures = {field(world, "output"): "5"} if said else {}
    answer = send(signed_in(world, "rui"), **figures | said)
    assert answer.status_code in (200, 403, 404, 422)
    assert refusals(answer) or answer.context["problems"]
    assert not Report.objects.exists()


def test_a_site_of_others_is_not_reported_for(world) -> None:
    """A field of the hospital in the plant's form is no field of that table."""
    answer = send(signed_in(world, "rui"), **{field(world, "stock", "H1"): "5"})
    assert len(refusals(answer)) == 1
    assert not Report.objects.exists()


@pytest.mark.parametrize("user", ["aud", "ana", "ops"])
def test_who_reports_for_nobody_is_told(world, user: str) -> None:
    """Instead of a table; and nothing is filed by what they send."""
    client = signed_in(world, user)
    assert "lines" not in client.get("/report/").context
    send(client, **{field(world, "output"): "5"})
    assert client.get("/report/workbook/?organisation=xiantao").status_code in (403, 404)
    filed = upload(client, csv())
    assert filed.context["outcome"].good_rows == 0
    assert not Report.objects.exists()


def test_a_file_is_tried_and_then_filed_once(world) -> None:
    """The trial changes nothing; filing it twice files it once."""
    client, before = signed_in(world, "rui"), everything()
    tried = upload(client, csv())
    assert (tried.context["outcome"].created, everything()) == (1, before)
    address = f"/report/upload/{tried.context['kept']}/"
    for _ in range(2):
        client.post(address)
    assert stated() == {"output": 70}
    assert Report.objects.get().version == 1


def test_a_file_that_states_nothing_is_told_as_such(world) -> None:
    """Such as the workbook as it was downloaded: there is nothing to file, and no button for it."""
    tried = upload(signed_in(world, "rui"), csv(output=""))
    assert "No row of this file states a figure." in text_of(tried)
    assert "File all rows" not in text_of(tried)


def test_of_a_file_with_problems_the_good_rows_are_filed_if_asked(world) -> None:
    """Else nothing; and the bad rows come back as a file to correct."""
    client = signed_in(world, "rui")
    tried = upload(client, csv() + f"F1,suit,{TODAY},many\n")
    address = f"/report/upload/{tried.context['kept']}/"
    assert len(tried.context["problems"]) == 1
    client.post(address)
    assert not Report.objects.exists()
    rejects = client.get(f"{address}rejects/").content.decode("utf-8-sig")
    assert "many" in rejects
    assert ",70" not in rejects
    client.post(address, {"keep_good": "1"})
    assert Report.objects.count() == 1


def test_a_kept_file_is_its_senders_alone(world) -> None:
    """Another reporter finds nothing under its number."""
    tried = upload(signed_in(world, "rui"), csv())
    address = f"/report/upload/{tried.context['kept']}/"
    for user in ("hua", "chen", "lan"):
        stranger = signed_in(world, user)
        assert stranger.get(address).status_code == 404
        stranger.post(address)
        assert stranger.get(f"{address}rejects/").status_code == 404
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("day.csv", ""), ("day.csv", "\0\0"), ("day.csv", "a,b\n1,2\n"), ("day.xlsx", "no book"),
        ("day.parquet", "no table"), ("day.ndjson", "{"), ("day.exe", "x"), ("x" * 300, "x"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_told(world, name: str, text: str) -> None:
    """One message or a list of problems; nothing is filed and nothing breaks."""
    answer = upload(signed_in(world, "rui"), text, name)
    assert answer.status_code in (200, 422)
    assert refusals(answer) or answer.context["problems"]
    assert not Report.objects.exists()


def test_no_file_is_told(world) -> None:
    """The form without a file."""
    answer = signed_in(world, "rui").post("/report/upload/", follow=True)
    assert len(refusals(answer)) == 1


def test_the_workbook_is_prepared_for_its_place(world) -> None:
    """It opens as one, and only for who reports there."""
    client = signed_in(world, "rui")
    sent = client.get(f"/report/workbook/?organisation=xiantao&day={TODAY}")
    assert sent.content[:2] == b"PK"
    assert client.get("/report/workbook/?organisation=jinyintan").status_code == 404
    for day in ("soon", "0001-01-01", "9999-12-31"):
        wrong = client.get(f"/report/workbook/?organisation=xiantao&day={day}")
        assert wrong.status_code in (200, 422)


def test_whoever_is_not_signed_in_reports_nothing(world) -> None:
    """The table, a file and the workbook lead to the entrance."""
    for address in ("/report/", "/report/workbook/"):
        assert Client().get(address)["Location"].startswith("/sign-in/")
    send(Client(), **{field(world, "output"): "5"})
    upload(Client(), csv())
    assert not Report.objects.exists()
