"""The screen of plans: who may see and do what, in both languages, in few queries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from sampan.explain.result import Explanation, Reason
from sampan_platform.common import clock
from sampan_platform.dispatch import selectors, services
from sampan_platform.dispatch.models import PlanRun
from sampan_platform.web.plans.naming import Namer, told
from tests.platform.pages_world import LANGUAGES, signed_in, text_of
from tests.platform.planning import NOW, needs, solved, stock

QUERIES_MAX = 30
HOSPITAL = {"en": "Jinyintan", "zh-hans": "金银潭医院"}


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.fixture
def short(world) -> PlanRun:
    """A plan that sends 600 masks, and what a plant makes, to a hospital that needs 1,500."""
    stock(world, "W1", 600)
    needs(world, "H1", 500)
    world.processes["F1:mask"].runs_max = 100.0
    world.processes["F1:mask"].save()
    return solved(world)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["", "shipments/", "map.json", "why/", "why/?line=1"])
def test_a_plan_is_shown_in_few_queries(
    world, short, django_assert_max_num_queries, language: str, address: str
) -> None:
    """Its page, its table, its map and its reasons: in both languages, without a query a row."""
    client = signed_in(world, "chen", language)
    client.get("/")
    with django_assert_max_num_queries(QUERIES_MAX):
        answer = client.get(f"/plans/{short.pk}/{address}")
    assert answer.status_code == 200
    if address == "map.json":
        assert HOSPITAL[language] in [site[0] for site in answer.json()["sites"]]
    elif address != "why/":
        assert HOSPITAL[language] in text_of(answer)


def test_the_list_needs_no_query_a_plan(world, short, django_assert_num_queries) -> None:
    """As many queries for six plans as for one."""
    client = signed_in(world, "chen")
    client.get("/plans/")
    with CaptureQueriesContext(connection) as one:
        client.get("/plans/")
    for _ in range(5):
        services.start(world.organisations["cn-hb"], world.users["chen"], background=False)
    with django_assert_num_queries(len(one)):
        answer = client.get("/plans/")
    assert text_of(answer).count("Plan ") >= 6


def test_only_those_who_may_see_a_plan_do(world, short) -> None:
    """A coordinator of another country finds nothing under its number, on any of its pages."""
    stranger = signed_in(world, "lan")
    for address in ("", "shipments/", "map.json", "why/", "progress/"):
        assert stranger.get(f"/plans/{short.pk}/{address}").status_code == 404
    assert f"/plans/{short.pk}/" not in stranger.get("/plans/").content.decode()
    assert stranger.get(f"/plans/compare/?a={short.pk}&b={short.pk}").status_code == 404
    for address in ("cancel/", "approve/", "reject/"):
        assert stranger.post(f"/plans/{short.pk}/{address}").status_code == 404
    short.refresh_from_db()
    assert (short.approval, short.cancel_asked) == ("open", False)


@pytest.mark.parametrize("user", ["rui", "aud"])
def test_only_coordinators_start_plans(world, user: str) -> None:
    """Others see no button, and sending the form all the same starts nothing."""
    client = signed_in(world, user)
    assert "new-plan" not in client.get("/plans/").content.decode()
    client.post("/plans/", {"organisation": "cn-hb", "days": "3"})
    assert not PlanRun.objects.exists()


def test_a_plan_is_started_watched_and_stopped(world) -> None:
    """The form queues it with what was asked; its page follows it; it can be stopped."""
    client = signed_in(world, "chen")
    said = {"organisation": "cn-hb", "days": "3", "order_days": "2", "time_limit": "60"}
    answer = client.post("/plans/", said)
    run = PlanRun.objects.get()
    assert (run.days, run.order_days, run.time_limit_seconds) == (3, 2, 60)
    assert answer["Location"] == f"/plans/{run.pk}/"
    assert f'hx-get="/plans/{run.pk}/progress/"' in client.get(answer["Location"]).content.decode()
    part = {"HX-Request": "true"}
    assert "HX-Refresh" not in client.get(f"/plans/{run.pk}/progress/", headers=part)
    PlanRun.objects.filter(pk=run.pk).update(stage="check")
    checking = text_of(client.get(f"/plans/{run.pk}/progress/", headers=part))
    assert "Reading and checking the data" in checking
    assert "check." not in checking
    client.post(f"/plans/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.state == "stopped"
    assert client.get(f"/plans/{run.pk}/progress/", headers=part)["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": "0"},
        {"days": "seven"},
        {"days": "99999999999999999999"},
        {"days": "³"},
        {"order_days": "9"},
        {"time_limit": "0"},
        {"scenario": "0"},
        {"scenario": "x"},
        {"organisation": "nowhere"},
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words(world, wrong: dict[str, str]) -> None:
    """A refusal is told; nothing is started and nothing breaks."""
    client = signed_in(world, "chen")
    answer = client.post("/plans/", {"organisation": "cn-hb", "days": "3"} | wrong, follow=True)
    assert answer.status_code in (200, 403, 404)
    assert not PlanRun.objects.exists()


@pytest.mark.parametrize("asked", ["demand=nothing", "line=999", "line=x", "line=" + "9" * 30])
def test_a_question_about_nothing_is_answered_in_words(world, short, asked: str) -> None:
    """An address that was cut or made up tells what is wrong."""
    answer = signed_in(world, "chen").get(f"/plans/{short.pk}/why/?{asked}")
    assert answer.status_code in (404, 422)
    assert "Traceback" not in answer.content.decode()


def test_why_speaks_in_names(world, short) -> None:
    """The engine's keys and the names of its rules never reach the page."""
    client = signed_in(world, "chen", "zh-hans")
    ask = next(
        part.split('"')[0]
        for part in client.get(f"/plans/{short.pk}/").content.decode().split('hx-get="')
        if part.startswith(f"/plans/{short.pk}/why/?demand=")
    )
    part = {"HX-Request": "true"}
    for address in (ask, f"/plans/{short.pk}/why/", f"/plans/{short.pk}/why/?line=2"):
        text = text_of(client.get(address, headers=part))
        assert "仙桃工厂" in text or "金银潭医院" in text
        assert "医用外科口罩" in text
        assert set(re.findall("[A-Za-z_]+", text)) <= {"kg", "CNY", "e"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("lane W1-H1 (W1 → H1) is closed", "lane Wuhan store → Jinyintan · road is closed"),
        (
            "demand H1:mask:2020-02-10 is met.",
            "demand Jinyintan · Surgical mask · 2020-02-10 is met.",
        ),
        ("at W1.", "at Wuhan store."),
        ("W1, W12 and my-W1", "Wuhan store, W12 and my-W1"),
        ("shortage 2, in shares", "least shortage, priority 2, in shares"),
        ("one more run on day 0", "one more run on day 0"),
    ],
)
def test_whole_keys_become_names(world, said: str, shown: str) -> None:
    """A key inside a longer word stays; a lane's ends are told once."""
    with translation.override("en"):
        assert Namer()(said) == shown


def test_what_must_be_relieved_as_well_is_told_in_words(world) -> None:
    """Limits that bind together are named by what they are, not by their rule."""
    partners = ["runs_max F1:mask", "closed W1-H1"]
    text = "it is full – only together with: runs_max F1:mask, closed W1-H1"
    answer = Explanation("shortage", "", (Reason("runs_max", text, {"partners": partners}),))
    with translation.override("en"):
        reasons = told(answer)["reasons"]
    production = "production Xiantao plant · Surgical mask"
    closed = "Wuhan store → Jinyintan · road (closed)"
    assert reasons == [f"it is full – only together with: {production}, {closed}"]


def test_shipments_are_filtered_by_item_place_and_day(world, short) -> None:
    """Each filter alone leaves what fits it, and together with one that fits none, nothing."""
    client = signed_in(world, "chen")

    def rows(**asked: str) -> int:
        page = client.get(f"/plans/{short.pk}/shipments/", asked).content.decode()
        return page.count("/why/?line=") // 2

    every = short.lines.count()
    from_store = short.lines.filter(lane__origin__code="W1").count()
    assert 0 < from_store < every
    assert rows() == rows(item="mask") == every
    assert rows(origin="W1") == rows(destination="H1") == from_store
    assert rows(day="2020-02-10") == short.lines.filter(depart_on="2020-02-10").count()
    assert rows(origin="W1", destination="W1") == 0


def reason_code() -> str:
    """A reason that needs no note."""
    return next(one.code for one in selectors.reasons() if one.code != "other")


@pytest.mark.parametrize(("day", "quantity", "costs"), [(0, "100", False), (2, "0", True)])
def test_a_line_is_fixed_with_a_reason_and_its_cost_told(
    world, short, day: int, quantity: str, costs: bool
) -> None:
    """A new plan is made around it; it says who fixed what, and what that costs, if anything."""
    client = signed_in(world, "chen")
    said = {
        "lane": "W1-H1", "resource": "mask", "depart_on": f"2020-02-1{day}",
        "quantity": quantity, "reason": reason_code(), "note": "bridge under repair",
    }  # fmt: skip
    answer = client.post(f"/plans/{short.pk}/override/", said)
    made = PlanRun.objects.latest("pk")
    assert answer["Location"] == f"/plans/{made.pk}/"
    services.work(made.pk)
    text = text_of(client.get(answer["Location"]))
    assert "bridge under repair" in text
    assert f"plan {short.pk}" in text
    assert ("What it costs against the best plan" in text) is costs
    assert ("It costs nothing" in text) is not costs


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "-1", "", "1e30", "1.23456", "ten"])
def test_a_quantity_that_is_none_fixes_nothing(world, short, quantity: str) -> None:
    """What is no quantity is refused in words."""
    said = {
        "lane": "W1-H1", "resource": "mask", "depart_on": "2020-02-10", "quantity": quantity,
        "reason": reason_code(),
    }  # fmt: skip
    answer = signed_in(world, "chen").post(f"/plans/{short.pk}/override/", said, follow=True)
    assert answer.status_code == 200
    assert PlanRun.objects.count() == 1


def test_two_levels_approve_and_one_sends_back(world, short) -> None:
    """With one approval it is half approved, with both its orders are made; or it is sent back."""
    again = solved(world)
    coordinator = signed_in(world, "chen")
    assert "/approve/" not in coordinator.get(f"/plans/{short.pk}/").content.decode()
    coordinator.post(f"/plans/{short.pk}/approve/")
    approver = signed_in(world, "min")
    approver.post(f"/plans/{short.pk}/reject/", {"reason": "figures of H1 unclear"})
    short.refresh_from_db()
    assert short.approval == "rejected"
    assert "figures of H1 unclear" in text_of(coordinator.get(f"/plans/{short.pk}/"))
    for user in ("wei", "min"):
        client = signed_in(world, user)
        assert "/approve/" in client.get(f"/plans/{again.pk}/").content.decode()
        client.post(f"/plans/{again.pk}/approve/")
    again.refresh_from_db()
    assert again.approval == "approved"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_overtaken_by_another_awaits_nobody(world, short, language: str) -> None:
    """It says so, cannot be approved, and is gone from what awaits an approver."""
    newer = solved(world)
    for user in ("wei", "min"):
        signed_in(world, user).post(f"/plans/{newer.pk}/approve/")
    client = signed_in(world, "wei", language)
    page = client.get(f"/plans/{short.pk}/")
    assert {"en": "overtaken by another", "zh-hans": "已被取代"}[language] in text_of(page)
    assert "/approve/" not in page.content.decode()
    assert f"/plans/{short.pk}/" not in client.get("/plans/?waiting=1").content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_plans_side_by_side(world, short, django_assert_max_num_queries, language: str) -> None:
    """Goals and shortages of both, in names; plans of different days are marked as unlike."""
    stock(world, "W1", 300)
    richer, longer = solved(world), solved(world, days=4)
    client = signed_in(world, "chen", language)
    with django_assert_max_num_queries(QUERIES_MAX):
        like = client.get(f"/plans/compare/?a={short.pk}&b={richer.pk}")
    assert HOSPITAL[language] in text_of(like)
    assert "−300" in text_of(like)
    assert "note warn" not in like.content.decode()
    unlike = client.get(f"/plans/compare/?a={short.pk}&b={longer.pk}")
    assert "note warn" in unlike.content.decode()


def test_a_lane_that_only_a_scenario_has_is_told_by_its_ends(world, short) -> None:
    """In the table, on the map and beside another plan."""
    change: dict[str, Any] = {
        "do": "add_lane", "lane": "F1>H1:new", "origin": "F1", "destination": "H1",
        "lead_time_periods": 0,
    }  # fmt: skip
    scenario = services.keep_scenario(
        world.organisations["cn-hb"], "straight", [change], world.users["chen"]
    )
    run = solved(world, scenario=scenario)
    assert run.lines.filter(lane=None).exists()
    client = signed_in(world, "chen")
    page = text_of(client.get(f"/plans/{run.pk}/shipments/"))
    assert "Xiantao plant Jinyintan Surgical mask" in page
    drawn = client.get(f"/plans/{run.pk}/map.json").json()
    names = [site[0] for site in drawn["sites"]]
    ends = {(names[one[0]], names[one[1]]) for one in drawn["flows"]}
    assert ("Xiantao plant", "Jinyintan") in ends
    beside = text_of(client.get(f"/plans/compare/?a={short.pk}&b={run.pk}"))
    assert "Xiantao plant → Jinyintan" in beside
    assert ":new" not in beside
