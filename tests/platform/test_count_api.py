"""Statistics over HTTP and as files: the same figures as the selector's."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import polars as pl
import pytest

from sampan_platform.common.errors import InvalidError
from sampan_platform.count import selectors
from sampan_platform.count.export import export
from tests.platform.count_world import Row, file
from tests.platform.http_world import client_for

SPAN = "since=2020-02-01&until=2020-02-29"
PATH = "/api/v1/count/statistics"


@pytest.fixture
def reported(world):
    """Three sites made masks on two days."""
    file(
        world,
        [
            Row(site, "mask", date(2020, 2, day), {"output": made * day})
            for site, made in (("F1", 10), ("W1", 5), ("H2", 2))
            for day in (1, 2)
        ],
    )
    return world


def _statistic(world):
    return selectors.statistics(
        world.users["ana"], "output", by=["site"], since=date(2020, 2, 1),
        until=date(2020, 2, 29), compare=["share", "rank"],
    )  # fmt: skip


def test_figures_as_json(reported) -> None:
    """What the selector gives, with the measure's definition, page by page."""
    client = client_for(reported.users["ana"], "statistics:read")
    asked = f"{PATH}?measure=output&by=site&compare=share&compare=rank&limit=2&{SPAN}"
    first = client.get(asked).json()
    assert (first["name_zh"], first["figures_count"]) == ("产量", 3)
    assert [(row["site"], float(row["value"]), row["reports"]) for row in first["figures"]] == [
        ("F1", 30, 2),
        ("H2", 6, 2),
    ]
    second = client.get(f"{asked}&cursor={first['next_cursor']}").json()
    assert [row["site"] for row in second["figures"]] == ["W1"]
    assert second["next_cursor"] is None


def test_reach_filters_and_errors_over_http(reported) -> None:
    """A reporter gets their own; a bad question is a problem in words, not a failure."""
    client = client_for(reported.users["rui"], "statistics:read")
    found = client.get(f"{PATH}?measure=output&class=masks&{SPAN}").json()
    assert [float(row["value"]) for row in found["figures"]] == [30]
    for query, status in (
        (f"measure=turnover&{SPAN}", 422),
        (f"measure=output&site=H2&{SPAN}", 404),
        (f"measure=output&cursor=x&{SPAN}", 422),
        (f"measure=output&limit=0&{SPAN}", 422),
        ("measure=output&since=2020-02-30&until=2020-03-01", 422),
    ):
        answer = client.get(f"{PATH}?{query}")
        assert (answer.status_code, answer.json()["status"]) == (status, status), query
    other = client_for(reported.users["rui"], "reports:read")
    assert other.get(f"{PATH}?measure=output&{SPAN}").status_code == 403


def test_measures_are_listed_with_their_definitions(reported) -> None:
    """All eleven, in both languages."""
    found = client_for(reported.users["rui"], "statistics:read").get("/api/v1/count/measures")
    assert len(found.json()) == 11
    assert found.json()[-1]["name_zh"] == "填报率"


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_files_hold_the_figures(reported, kind) -> None:
    """As bytes and over HTTP: the same sites, quantities and reports."""
    client = client_for(reported.users["ana"], "statistics:read")
    answer = client.get(f"{PATH}?measure=output&by=site&format={kind}&{SPAN}")
    assert answer.status_code == 200
    assert f".{kind}" in answer["Content-Disposition"]
    for data in (answer.content, export(_statistic(reported), kind)):
        frame = _read(data, kind)
        assert frame["site"].to_list() == ["F1", "H2", "W1"]
        assert [float(value) for value in frame["value"]] == [30, 6, 15]
        assert frame["reports"].to_list() == [2, 2, 2]


def _read(data: bytes, kind: str) -> pl.DataFrame:
    if kind == "csv":
        return pl.read_csv(data)
    if kind == "parquet":
        return pl.read_parquet(data)
    rows = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].values)
    return pl.DataFrame(rows[1:], schema=[str(name) for name in rows[0]], orient="row")


def test_a_workbook_says_what_its_figures_are(reported) -> None:
    """Definition and span on a sheet of their own; a code that looks like a formula is a code."""
    site = reported.sites["F1"]
    site.code = "=1+1"
    site.save()
    book = openpyxl.load_workbook(io.BytesIO(export(_statistic(reported), "xlsx")))
    figures, about = book.worksheets
    assert figures["A2"].value == "=1+1"
    assert figures["A2"].data_type == "s"
    lines = dict(about.values)
    assert lines["definition 口径"] == "The sum of what was stated within the span."
    with pytest.raises(InvalidError, match="Choose one of csv, parquet, xlsx"):
        export(_statistic(reported), "docx")
