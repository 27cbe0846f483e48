"""The screen of the catalogue: tables, a row, import tried first, export."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sampan_platform.catalogue.models import Site
from tests.platform.pages_world import LANGUAGES, refusals, signed_in, text_of

QUERIES_MAX = 30
TABLES = ("organisations", "sites", "resources", "lanes", "processes")


def keep(client: Client, key: str = "W1", **said: str) -> Any:
    """Change a site by its form: what the page shows of it, and what is typed over it."""
    page = client.get(f"/catalogue/sites/{key}/")
    cells = page.context["cells"] if page.context and "cells" in page.context else []
    form = {one.column: "" if one.value is None else str(one.value) for one in cells}
    return client.post(f"/catalogue/sites/{key}/", form | {"action": "change"} | said, follow=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", TABLES)
def test_every_table_and_row_is_shown(world, language: str, table: str) -> None:
    """The list leads to each row, and the row tells its cells."""
    client = signed_in(world, "chen", language)
    assert client.get("/catalogue/").status_code == 200
    listed = client.get(f"/catalogue/{table}/").context["lines"]
    assert listed
    for one, cells in listed:
        page = client.get(f"/catalogue/{table}/{cells[0].value}/")
        assert page.status_code == 200
        assert str(one) in text_of(page)


def test_no_table_needs_a_query_a_row(world) -> None:
    """As many queries for forty sites more."""
    client = signed_in(world, "chen")
    client.get("/catalogue/")
    counts = []
    for more in (0, 40):
        for number in range(more):
            Site.objects.create(
                code=f"S{number}", name_en=f"Store {number}", kind="warehouse", country="CN",
                organisation=world.organisations["hb-store"], latitude_deg=30, longitude_deg=114,
            )  # fmt: skip
        for address in ("", "sites/", "lanes/", "sites/W1/", "sites/?q=store"):
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/catalogue/{address}")
            counts.append(len(queries))
    assert counts[:5] == counts[5:]
    assert max(counts) <= QUERIES_MAX


def test_rows_are_found_by_code_and_name(world) -> None:
    """In either language."""
    client = signed_in(world, "chen")
    for text in ("w1", "wuhan", "武汉"):
        found = client.get("/catalogue/sites/", {"q": text}).context["lines"]
        assert [cells[0].value for _, cells in found] == ["W1"]


def test_cells_are_names_and_numbers_of_the_language(world) -> None:
    """Nobody knows a site by its code; the code stands in the form, its name below it."""
    lanes = signed_in(world, "chen", "zh-hans").get("/catalogue/lanes/")
    first = {cell.column: cell for cell in lanes.context["lines"][0][1]}
    assert world.sites[first["origin"].value].name_zh in text_of(lanes)
    page = signed_in(world, "chen", "zh-hans").get("/catalogue/sites/W1/")
    kind = next(cell for cell in page.context["cells"] if cell.column == "kind")
    assert (kind.value, kind.text) == ("warehouse", "仓库")
    assert 'id="h-kind">仓库' in page.content.decode()


def test_rows_are_sorted_by_any_column_and_lanes_found_by_their_ends(world) -> None:
    """Either way round; a column that is none sorts nothing."""
    client = signed_in(world, "chen")

    def origins(asked: str) -> list[str]:
        lines = client.get(f"/catalogue/lanes/?{asked}").context["lines"]
        return [{cell.column: cell.value for cell in cells}["origin"] for _, cells in lines]

    assert origins("sort=origin") == sorted(origins(""))
    assert origins("sort=-origin") == sorted(origins(""), reverse=True)
    assert origins("sort=password") == origins("")
    found = client.get("/catalogue/lanes/?q=xiantao").context["lines"]
    assert 0 < len(found) < len(origins(""))
    assert all("F1" in (one.origin.code, one.destination.code) for one, _ in found)


def test_a_row_is_changed_and_retired(world) -> None:
    """A coordinator changes a site of theirs, retires it, and takes that back."""
    client = signed_in(world, "chen")
    for _ in range(2):
        assert not refusals(keep(client, name_en="Wuhan main store"))
    assert Site.objects.get(code="W1").name_en == "Wuhan main store"
    client.post("/catalogue/sites/W1/", {"action": "retire", "from_day": "2030-01-01"})
    assert str(Site.objects.get(code="W1").retired_from) == "2030-01-01"
    client.post("/catalogue/sites/W1/", {"action": "retire", "from_day": ""})
    assert Site.objects.get(code="W1").retired_from is None


@pytest.mark.parametrize(
    "said",
    [
        {"latitude_deg": "91"}, {"latitude_deg": "nan"}, {"latitude_deg": "north"},
        {"kind": "castle"}, {"organisation": "nowhere"}, {"organisation": "vn"},
        {"name_en": ""}, {"name_en": "x" * 5000}, {"name_en": "a\0b"},
        {"action": "retire", "from_day": "soon"},
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_changes_nothing(world, said: dict[str, str]) -> None:
    """One refusal each."""
    before = Site.objects.values().get(code="W1")
    answer = keep(signed_in(world, "chen"), **said)
    assert answer.status_code in (200, 403, 404, 422)
    assert len(refusals(answer)) == 1
    assert Site.objects.values().get(code="W1") == before


@pytest.mark.parametrize(("user", "status"), [("aud", 403), ("ana", 403), ("lan", 404)])
def test_only_who_keeps_the_catalogue_changes_it(world, user: str, status: int) -> None:
    """Others see no form, or not even the row."""
    client = signed_in(world, user)
    said = {"action": "retire", "from_day": "2030-01-01"}
    page = client.get("/catalogue/sites/W1/").content.decode()
    assert 'name="action" value="retire"' not in page
    assert client.post("/catalogue/sites/W1/", said).status_code == status
    assert Site.objects.get(code="W1").retired_from is None


def test_an_export_is_imported_again(world) -> None:
    """Tried first, then taken; neither changes what is the same, and a stranger has less in it."""
    client = signed_in(world, "ops")
    book = client.get("/catalogue/export.xlsx").content
    before = list(Site.objects.order_by("pk").values())
    for action in ("try", "import"):
        sent = SimpleUploadedFile("catalogue.xlsx", book)
        answer = client.post("/catalogue/import/", {"file": sent, "action": action})
        assert not refusals(answer)
        assert answer.context["dry"] is (action == "try")
    assert list(Site.objects.order_by("pk").values()) == before
    assert signed_in(world, "lan").get("/catalogue/export.xlsx").content != book


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.xlsx", b""), ("x.xlsx", b"no book"), ("x.zip", b"PK"), ("x.exe", b"x"), ("x", b"\0")],
)
def test_a_file_that_is_none_is_told(world, name: str, content: bytes) -> None:
    """One message, and nothing is changed."""
    sent = SimpleUploadedFile(name, content)
    answer = signed_in(world, "ops").post(
        "/catalogue/import/", {"file": sent, "action": "import"}, follow=True
    )
    assert len(refusals(answer)) == 1
    assert Site.objects.count() == 4


@pytest.mark.parametrize(
    "address",
    ["tables/", "sites/nowhere/", "sites/?page=x", "sites/?q=%00", "sites/?q=" + "x" * 5000,
     "%00/", "sites/" + "x" * 500 + "/"],
)  # fmt: skip
def test_an_address_made_up_breaks_nothing(world, address: str) -> None:
    """It finds nothing, or tells what is wrong."""
    assert signed_in(world, "chen").get(f"/catalogue/{address}").status_code in (200, 404, 422)


def test_whoever_is_not_signed_in_sees_nothing(world) -> None:
    """The tables, the export and the import lead to the entrance."""
    for address in ("", "sites/", "sites/W1/", "export.xlsx", "import/"):
        assert Client().get(f"/catalogue/{address}")["Location"].startswith("/sign-in/")
