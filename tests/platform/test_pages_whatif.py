"""The screen of what if: changes are gathered, solved, and set beside things as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sampan_platform.common import clock
from sampan_platform.dispatch import services
from sampan_platform.dispatch.models import PlanRun, Scenario
from tests.platform.pages_world import LANGUAGES, signed_in, text_of
from tests.platform.planning import NOW, needs, solved, stock

QUERIES_MAX = 30
LOST = {"kind": "lose_site", "lose_site-site": "F1", "action": "add"}
SOLVE = {"action": "solve", "name": "no plant", "organisation": "cn-hb", "days": "3"}


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.fixture
def supplied(world) -> Any:
    """A store with 600 masks, a plant, and a hospital that needs more."""
    stock(world, "W1", 600)
    needs(world, "H1", 500)
    return world


def carried(answer: Any) -> str:
    """The changes that the page carries along in its form."""
    return str(answer.context["changes_json"])


KINDS = [
    (LOST, {"en": "Lose Xiantao plant", "zh-hans": "仙桃工厂"}),
    (
        {"kind": "scale_demand", "scale_demand-factor": "1.5", "scale_demand-site": "H1"},
        {"en": "Jinyintan, by 1.5", "zh-hans": "金银潭医院"},
    ),
    (
        {"kind": "close_lane", "close_lane-lane": "W1-H1", "close_lane-from_day": "2020-02-11"},
        {
            "en": "Wuhan store → Jinyintan · road (from 2020-02-11",
            "zh-hans": "武汉储备库 → 金银潭医院 · 公路",
        },
    ),
    (
        {
            "kind": "add_lane", "add_lane-origin": "F1", "add_lane-destination": "H1",
            "add_lane-lead_time_periods": "0",
        },
        {"en": "from Xiantao plant to Jinyintan, 0 days", "zh-hans": "仙桃工厂"},
    ),
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("said", "told"), KINDS)
def test_a_change_is_told_in_words(supplied, said: Any, told: Any, language: str) -> None:
    """Each kind of change stands in the list in names, and can be taken back."""
    client = signed_in(supplied, "chen", language)
    answer = client.post("/what-if/", {"action": "add", **said})
    assert told[language] in text_of(answer)
    assert len(json.loads(carried(answer))) == 1
    back = client.post("/what-if/", {"changes": carried(answer), "drop": "0"})
    assert carried(back) == "[]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_border_is_closed_by_its_name(supplied, language: str) -> None:
    """It is offered and told in the page's language, and kept by the name that lanes have."""
    supplied.lanes["W1-H2"].border = "Friendship Pass 友谊关"
    supplied.lanes["W1-H2"].save()
    client = signed_in(supplied, "ana", language)
    word = {"en": "Friendship Pass", "zh-hans": "友谊关"}[language]
    other = {"en": "友谊关<", "zh-hans": "Friendship Pass<"}[language]
    page = client.get("/what-if/").content.decode()
    assert f">{word}</option>" in page
    assert other not in page
    said = {"kind": "close_border", "close_border-border": "Friendship Pass 友谊关"}
    answer = client.post("/what-if/", {"action": "add", **said})
    assert answer.context["changes"][0].endswith(word)
    assert json.loads(carried(answer))[0]["border"] == "Friendship Pass 友谊关"


def test_changes_add_up(supplied) -> None:
    """A second change stands beside the first, and the page keeps what was filled in."""
    client = signed_in(supplied, "chen")
    first = client.post("/what-if/", LOST | {"name": "both", "days": "5"})
    assert 'value="both"' in first.content.decode()
    assert 'value="5"' in first.content.decode()
    second = client.post("/what-if/", {**KINDS[1][0], "action": "add", "changes": carried(first)})
    assert [one["do"] for one in json.loads(carried(second))] == ["lose_site", "scale_demand"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lost_plant_is_solved_and_set_beside_things_as_they_are(
    supplied, django_assert_max_num_queries, language: str
) -> None:
    """Both are solved as known at one moment, and the page leads to their difference."""
    client = signed_in(supplied, "chen", language)
    answer = client.post("/what-if/", {**SOLVE, "changes": carried(client.post("/what-if/", LOST))})
    lost, base = PlanRun.objects.order_by("pk")
    assert answer["Location"] == f"/plans/{lost.pk}/"
    assert (lost.scenario.name, base.scenario) == ("no plant", None)
    assert (lost.as_of, lost.days) == (base.as_of, base.days)
    for run in (lost, base):
        services.work(run.pk)
    with django_assert_max_num_queries(QUERIES_MAX):
        page = client.get("/what-if/").content.decode()
    between = f"/plans/compare/?a={base.pk}&amp;b={lost.pk}"
    assert between in page
    assert between in client.get(f"/plans/{lost.pk}/").content.decode()
    compared = client.get(between.replace("&amp;", "&"))
    assert "note warn" not in compared.content.decode()
    rows = compared.context["classes"]
    assert [row["more"] > 0 for row in rows] == [True]


def test_a_second_scenario_uses_the_same_plan_to_compare_with(supplied) -> None:
    """Within the hour nothing is solved twice; both are as known at the first one's moment."""
    client = signed_in(supplied, "chen")
    changes = carried(client.post("/what-if/", LOST))
    client.post("/what-if/", {**SOLVE, "changes": changes})
    base = PlanRun.objects.get(scenario=None)
    client.post("/what-if/", {**SOLVE, "changes": changes, "name": "again"})
    assert PlanRun.objects.filter(scenario=None).count() == 1
    assert {run.as_of for run in PlanRun.objects.all()} == {base.as_of}


def test_an_older_scenario_gets_a_plan_to_compare_with_when_asked(supplied) -> None:
    """One that the API started alone offers to solve things as they were at its moment."""
    scenario = services.keep_scenario(
        supplied.organisations["cn-hb"],
        "alone",
        [{"do": "lose_site", "site": "F1"}],
        supplied.users["chen"],
    )
    run = solved(supplied, scenario=scenario)
    client = signed_in(supplied, "chen")
    assert f'name="beside" value="{run.pk}"' in client.get("/what-if/").content.decode()
    client.post("/what-if/", {"beside": str(run.pk)})
    made = PlanRun.objects.latest("pk")
    assert (made.as_of, made.days, made.scenario) == (run.as_of, run.days, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "lose_site"},
        {"kind": "nothing"},
        {"kind": "scale_demand", "scale_demand-factor": "nan"},
        {"kind": "scale_demand", "scale_demand-factor": "inf"},
        {"kind": "scale_demand", "scale_demand-factor": "-1"},
        {"kind": "scale_demand", "scale_demand-factor": "twice"},
        {"kind": "close_lane", "close_lane-lane": "W1-H1", "close_lane-from_day": "soon"},
        {"kind": "add_lane", "add_lane-origin": "F1", "add_lane-destination": ""},
        {**KINDS[3][0], "add_lane-lead_time_periods": "1.5"},
        {**KINDS[3][0], "add_lane-lead_time_periods": "nan"},
        {**KINDS[3][0], "add_lane-lead_time_periods": "-1"},
        {"changes": "{}"},
        {"changes": "[1]"},
        {"changes": '["x"]'},
        {"changes": "[" * 90_000},
        {"changes": "[" * 200_000},
        {"changes": '[{"do": "scale_demand", "factor": NaN}]'},
        {"drop": "x"},
        {"beside": "x"},
        {"beside": "999"},
        {**SOLVE},
        {**SOLVE, "changes": '[{"do": "lose_site", "site": "F1"}]', "name": " "},
        {**SOLVE, "changes": '[{"do": "lose_site", "site": "F1"}]', "name": "x" * 200},
        {**SOLVE, "changes": '[{"do": "lose_site", "site": "F1"}]', "days": "0"},
        {**SOLVE, "changes": '[{"do": "lose_site", "site": "F1"}]', "days": "many"},
        {**SOLVE, "changes": '[{"do": "lose_site", "site": "F1"}]', "organisation": "vn"},
    ],
)
def test_what_cannot_be_is_refused_in_words(supplied, wrong: dict[str, str]) -> None:
    """Slips of the hand and damaged forms are told; nothing is kept, started or broken."""
    client = signed_in(supplied, "chen")
    answer = client.post("/what-if/", wrong, follow=True)
    assert answer.status_code in (200, 403, 404)
    if "changes_json" in (answer.context or {}):
        assert "lose_site" in carried(answer) or carried(answer) == "[]"
    assert not PlanRun.objects.exists()
    assert not Scenario.objects.exists()


@pytest.mark.parametrize("user", ["rui", "aud"])
def test_only_those_who_may_start_plans_try_it(supplied, user: str) -> None:
    """Others are told so, and what they send does nothing."""
    client = signed_in(supplied, user)
    assert client.get("/what-if/").status_code == 403
    changes = json.dumps([{"do": "lose_site", "site": "F1"}])
    assert client.post("/what-if/", {**SOLVE, "changes": changes}).status_code == 403
    assert not PlanRun.objects.exists()


def test_a_scenario_of_others_is_not_solved_again(supplied) -> None:
    """A coordinator of another country cannot reach it by its number."""
    scenario = services.keep_scenario(
        supplied.organisations["cn-hb"],
        "theirs",
        [{"do": "lose_site", "site": "F1"}],
        supplied.users["chen"],
    )
    run = solved(supplied, scenario=scenario)
    stranger = signed_in(supplied, "lan")
    assert "theirs" not in text_of(stranger.get("/what-if/"))
    assert stranger.post("/what-if/", {"beside": str(run.pk)}).status_code == 404
    assert PlanRun.objects.count() == 1
