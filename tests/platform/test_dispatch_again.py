"""How a plan is solved is chosen; and it is planned again from an earlier one, in one click."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import sampan
from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError
from sampan_platform.dispatch import selectors, services, work
from sampan_platform.dispatch.models import PlanRun
from tests.platform.pages_world import signed_in, text_of
from tests.platform.planning import NOW, TODAY, needs, report, solved, stock


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.fixture
def fast(world) -> PlanRun:
    """1,200 masks for a hospital that needs 1,500, in one sum, by the fast method."""
    stock(world, "W1", 1200)
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
    needs(world, "H1", 500)
    return solved(world, method="fast", goals="total")


def _begun(monkeypatch: Any) -> list[sampan.Plan | None]:
    """The plans that solves begin from, from now on."""
    seen: list[sampan.Plan | None] = []
    original = sampan.solve

    def solve(*given: Any, **asked: Any) -> sampan.Plan:
        seen.append(asked["start"])
        return original(*given, **asked)

    monkeypatch.setattr(sampan, "solve", solve)
    return seen


def test_the_method_and_the_goals_asked_for_are_the_ones_that_run(world, fast) -> None:
    """Fast, in one sum: the summary says so, verify accepts it, and so does the exact method."""
    assert (fast.state, fast.error) == ("done", "")
    assert fast.summary["method"].startswith("fast")
    assert fast.verification["valid"]
    exact = solved(world, method="exact", goals="total")
    assert not exact.summary["method"].startswith("fast")
    values = [selectors.opened(run)[1].stages["value"][0] for run in (fast, exact)]
    assert values[0] == pytest.approx(values[1], rel=1e-3)


def test_goal_by_goal_and_left_to_the_engine_unless_something_else_is_asked_for(world) -> None:
    """As before: small networks to the end, in the order of the goals."""
    stock(world, "W1", 100)
    needs(world, "H1", 50)
    run = solved(world)
    assert (run.method, run.goals, run.begun_from) == ("auto", "stages", None)
    assert len(selectors.opened(run)[1].stages) > 1


def test_a_changed_report_gives_a_new_plan_begun_from_the_old_one(
    world, fast, monkeypatch: Any
) -> None:
    """A factory can make masks again: the same question, with what is known now, begun there."""
    report(world, "F1", TODAY - timedelta(days=2), effective_capacity=0)
    seen = _begun(monkeypatch)
    stock(world, "W1", 300)
    again = services.replan(fast, world.users["chen"], background=False)
    services.work(again.pk)
    again.refresh_from_db()
    assert (again.state, again.error, again.begun_from_id) == ("done", "", fast.pk)
    for name in ("organisation", "days", "order_days", "method", "goals", "time_limit_seconds"):
        assert getattr(again, name) == getattr(fast, name)
    (start,) = seen
    assert start is not None
    assert start.shipments.equals(selectors.opened(fast)[1].shipments)
    assert again.verification["valid"]
    short = [sum(row["short"] for row in run.summary["shortage"]) for run in (fast, again)]
    assert short[1] == pytest.approx(short[0] - 300, abs=1)


def test_a_plan_of_yesterday_is_begun_from_a_day_on(world, fast, monkeypatch: Any) -> None:
    """Periods are counted from the day a plan starts: what left tomorrow leaves today."""
    seen = _begun(monkeypatch)
    with clock.at(NOW + timedelta(days=1)):
        again = services.replan(fast, world.users["chen"], background=False)
        services.work(again.pk)
    again.refresh_from_db()
    assert (again.start - fast.start).days == 1
    (start,) = seen
    assert start is not None
    before = selectors.opened(fast)[1].shipments["depart_period"]
    assert start.shipments["depart_period"].to_list() == [period - 1 for period in before]
    assert again.verification["valid"]


def test_what_cannot_be_begun_from_or_chosen_is_told(world, fast) -> None:
    """A plan without a result, a method there is not, and somebody who may not plan."""
    waiting = services.start(world.organisations["cn-hb"], world.users["chen"], background=False)
    with pytest.raises(ConflictError, match="no result to begin from"):
        services.replan(waiting, world.users["chen"])
    with pytest.raises(InvalidError, match="quick is none of the choices"):
        solved(world, method="quick")
    with pytest.raises(InvalidError, match="best is none of the choices"):
        solved(world, goals="best")
    with pytest.raises(ForbiddenError):
        services.replan(fast, world.users["ops"])


def test_one_click_on_the_plans_page(world, fast) -> None:
    """The button stands there for those who may plan; it leads to the new plan's progress."""
    client = signed_in(world, "chen")
    address = f"/plans/{fast.pk}/again/"
    assert address in client.get(f"/plans/{fast.pk}/").content.decode()
    answer = client.post(address)
    made = PlanRun.objects.get(begun_from=fast)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/plans/{made.pk}/")
    shown = text_of(client.get(f"/plans/{made.pk}/"))
    assert f"begun from plan {fast.pk}" in " ".join(shown.split())


def test_the_gap_is_shown_while_it_falls(world) -> None:
    """As the solver reports it: the plan so far, the bound, and what lies between them."""
    run = services.start(world.organisations["cn-hb"], world.users["chen"], background=False)
    PlanRun.objects.filter(pk=run.pk).update(state="running")
    beat = work._beat(run.pk)
    address, client = f"/plans/{run.pk}/progress/", signed_in(world, "chen")
    assert beat(sampan.Progress("total", "all", 0, 1, 40, float("inf"), 0.1, 75.0))
    assert "from the best possible" not in text_of(client.get(address))
    assert beat(sampan.Progress("total", "all", 0, 1, 80, 100.0, 0.2, 97.5))
    assert "at most 2.5% from the best possible" in text_of(client.get(address)).replace(" %", "%")
    run.refresh_from_db()
    assert run.gap == pytest.approx(0.025)
