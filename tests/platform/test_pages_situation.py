"""The screen of the situation: a choice, the map and the figures of it, and its files."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from sampan_platform.common import clock
from sampan_platform.count import services as count
from tests.platform.pages_world import LANGUAGES, signed_in, text_of
from tests.platform.planning import NOW, TODAY, report, solved, stock

QUERIES_MAX = 30
PLANT = {"en": "Xiantao plant", "zh-hans": "仙桃工厂"}


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.fixture
def reported(world) -> Any:
    """Ten days of a plant's output and a hospital's stock and use, of two items."""
    keys = []
    for back in range(1, 11):
        day = TODAY - timedelta(back)
        report(world, "F1", day, output=1000 - back, effective_capacity=1200)
        report(world, "H1", day, stock=300, used=100)
        report(world, "H1", day, resource="suit", stock=50, used=10)
        keys += [
            (world.sites[site].pk, world.resources[item].pk, day)
            for site, item in (("F1", "mask"), ("H1", "mask"), ("H1", "suit"))
        ]
    count.mark(keys)
    return world


CHOICES = (
    "",
    "?resource=&place=site&item=resource&grain=week&measure=stock",
    "?place=country&grain=total&compare=period_on_period",
    "?place=&item=class&grain=month&compare=share&measure=used",
    "?measure=utilisation&map_measure=utilisation&flows=plan",
    "?measure=days_of_cover&place=site&flows=none&resource=mask",
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("choice", CHOICES)
def test_every_kind_of_choice_is_shown_in_few_queries(
    reported, django_assert_max_num_queries, language: str, choice: str
) -> None:
    """Page, map and both files of each choice; the figures are there in the page's language."""
    client = signed_in(reported, "ana", language)
    client.get("/situation/")
    for part in ("", "map.json", "figures.csv", "figures.xlsx"):
        with django_assert_max_num_queries(QUERIES_MAX):
            answer = client.get(f"/situation/{part}{choice}")
        assert answer.status_code == 200, part
    page = client.get(f"/situation/{choice}").content.decode()
    assert 'table class="long"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_holds_the_figures_by_name(reported, language: str) -> None:
    """A site's output of the last day stands in its row, and the chart draws the same."""
    client = signed_in(reported, "ana", language)
    answer = client.get("/situation/?resource=mask&measure=output&place=site&grain=day")
    assert PLANT[language] in text_of(answer)
    assert "999" in text_of(answer)
    series = answer.context["chart"]["series"]
    assert [one["data"][-1] for one in series if PLANT[language] in one["name"]] == [999.0]


@pytest.mark.parametrize(("measure", "told"), [("days_of_cover", "天"), ("utilisation", "%")])
def test_a_ratio_is_not_counted_in_pieces(reported, measure: str, told: str) -> None:
    """Days of cover are days, and a share of capacity has no unit of its items."""
    client = signed_in(reported, "ana", "zh-hans")
    answer = client.get(f"/situation/?measure={measure}&place=site&resource=mask")
    labels = [label for labels, _ in answer.context["table"].rows() for label in labels]
    assert told in labels
    assert "件" not in labels


def test_units_are_words(reported) -> None:
    """A Chinese page counts in 件, not in piece."""
    page = text_of(signed_in(reported, "ana", "zh-hans").get("/situation/?measure=output"))
    assert "件" in page
    assert "piece" not in page


def test_nobody_sees_more_than_is_theirs(reported) -> None:
    """A coordinator of another country finds neither the plant nor its figures, nor by its code."""
    stranger = signed_in(reported, "lan")
    assert "Xiantao" not in text_of(stranger.get("/situation/?measure=output&place=site"))
    assert "Xiantao" not in stranger.get("/situation/map.json").content.decode()
    assert "F1" not in stranger.get("/situation/figures.csv?place=site").content.decode()
    for part in ("", "map.json", "figures.csv"):
        found = stranger.get(f"/situation/{part}?organisation=xiantao&place=site")
        assert "Xiantao plant" not in found.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        "measure=nothing", "place=moon", "item=x", "grain=hour", "compare=x", "flows=x",
        "map_measure=x", "since=yesterday", "until=0001-01-01", "since=2020-02-30",
        "since=0001-01-01", "until=9999-12-31", "since=2020-02-09&until=2020-02-01",
        "resource=nothing", "organisation=nowhere", "resource=%00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("part", ["", "map.json", "figures.csv"])
def test_a_choice_that_cannot_be_is_refused_in_words(reported, part: str, wrong: str) -> None:
    """Whoever changes the address by hand is told what is wrong with it; nothing breaks."""
    answer = signed_in(reported, "ana").get(f"/situation/{part}?{wrong}")
    assert answer.status_code < 500
    if part:
        assert answer.status_code in (200, 404, 422)


def test_the_file_holds_what_the_table_holds(reported) -> None:
    """Codes and figures of the same choice, a row a figure."""
    client = signed_in(reported, "ana")
    choice = "?resource=mask&measure=output&place=site&grain=day"
    frame = pl.read_csv(io.BytesIO(client.get(f"/situation/figures.csv{choice}").content))
    mine = frame.filter(pl.col("site") == "F1")
    assert mine.filter(pl.col("value").is_not_null()).height == 10
    assert client.get("/situation/figures.pdf").status_code == 404


def test_the_map_draws_sites_and_what_the_plan_sends(reported) -> None:
    """Sites with their figure; flows of the newest plan by day: of one item its quantity."""
    stock(reported, "W1", 600)
    run = solved(reported)
    sent = run.lines.filter(lane__code="W1-H1", resource__code="mask")
    assert sent.exists()
    client = signed_in(reported, "chen")
    drawn = client.get("/situation/map.json?flows=plan&resource=mask").json()
    sites = {one[0]: one[4] for one in drawn["sites"]}
    assert sites["Jinyintan"] == 3.0
    at = [one[0] for one in drawn["sites"]]
    mine = [
        one for one in drawn["flows"] if at[one[0]] == "Wuhan store" and at[one[1]] == "Jinyintan"
    ]
    by_day: dict[str, float] = {}
    for line in sent:
        day = line.depart_on.isoformat()
        by_day[day] = by_day.get(day, 0) + float(line.quantity)
    assert {drawn["days"][one[2]]: one[3] for one in mine} == by_day


def test_a_map_of_all_items_adds_no_masks_to_suits(reported) -> None:
    """Flows of several items are counted, and a site with several units has no one figure."""
    stock(reported, "W1", 600)
    stock(reported, "W1", 60, resource="suit")
    run = solved(reported)
    sent = run.lines.filter(lane__code="W1-H1")
    assert set(sent.values_list("resource__code", flat=True)) == {"mask", "suit"}
    client = signed_in(reported, "chen")
    drawn = client.get("/situation/map.json?flows=plan&resource=").json()
    at = [one[0] for one in drawn["sites"]]
    mine = [one for one in drawn["flows"] if at[one[1]] == "Jinyintan"]
    assert sum(one[3] for one in mine) == sent.count()
    of_plan = client.get(f"/plans/{run.pk}/map.json").json()
    assert sum(one[3] for one in of_plan["flows"]) == run.lines.count()
