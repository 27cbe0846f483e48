"""Scenarios: each named change by hand, refused where it means nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import sampan
from sampan_platform.catalogue.models import Lane
from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError, NotFoundError
from sampan_platform.dispatch import selectors, services
from sampan_platform.dispatch.changes import apply_changes
from tests.platform.planning import NOW, TODAY, needs, report, solved, stock


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


def network(**tables) -> sampan.Network:
    """A store in China, a hospital there and one in Viet Nam; 100 masks; 60 wanted in each."""
    plain = {
        "sites": {"site": ["W", "H", "V"], "country": ["CN", "CN", "VN"]},
        "resources": {"resource": ["mask"], "unit": ["piece"]},
        "stocks": {"site": ["W"], "resource": ["mask"], "quantity": [100]},
        "lanes": {"lane": ["W-H", "W-V"], "origin": ["W", "W"], "destination": ["H", "V"],
                  "border": [None, "Youyi Guan"]},
        "demands": {"demand": ["h", "v"], "site": ["H", "V"], "resource": ["mask"] * 2,
                    "period": [0, 1], "quantity": [60, 60], "priority": [1, 2]},
    }  # fmt: skip
    return sampan.Network.from_frames(plain | tables, start=date(2020, 2, 10), periods=3)


def short(changed: sampan.Network) -> dict[str, float]:
    plan = sampan.solve(changed)
    assert sampan.verify(changed, plan).valid
    return dict(plan.shortages.rows())


def test_without_changes() -> None:
    """The class of priority 1 gets all, the other what is left."""
    assert short(network()) == {"v": 20}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"do": "close_lane", "lane": "W-H"}, {"h": 60}),
        ({"do": "close_lane", "lane": "W-H", "to_day": "2020-02-11"}, {"v": 20}),
        ({"do": "close_lane", "lane": "W-H", "from_day": "2020-02-11"}, {"v": 20}),
        ({"do": "close_border", "border": "Youyi Guan"}, {"v": 60}),
        ({"do": "close_border", "countries": ["VN", "CN"]}, {"v": 60}),
        ({"do": "lose_site", "site": "W"}, {"h": 60, "v": 60}),
        ({"do": "lose_site", "site": "V"}, {"v": 60}),
        ({"do": "scale_demand", "factor": 0.5}, {}),
        ({"do": "scale_demand", "factor": 2, "site": "H"}, {"h": 20, "v": 60}),
        ({"do": "scale_demand", "factor": 2, "country": "VN"}, {"v": 80}),
        ({"do": "scale_demand", "factor": 0, "priority": 2}, {}),
        ({"do": "set", "value": "demands.v.quantity=50"}, {"v": 10}),
    ],
)
def test_each_change_by_hand(change, expected) -> None:
    """What is short after it."""
    assert short(apply_changes(network(), [change])) == expected


def test_changes_follow_one_another() -> None:
    """Closed, but there is a second lane."""
    changes = [
        {"do": "close_lane", "lane": "W-H"},
        {"do": "add_lane", "lane": "W-H:air", "origin": "W", "destination": "H",
         "lead_time_periods": 0, "cost_per_kg": 2.5},
    ]  # fmt: skip
    before = network()
    assert short(apply_changes(before, changes)) == {"v": 20}
    assert before.table("lanes")["lane"].to_list() == ["W-H", "W-V"]


def test_an_order_over_a_closed_lane_does_not_leave() -> None:
    """A firm commitment would contradict the closed lane; the scenario lets it stay."""
    ordered = {"commitment": ["o"], "lane": ["W-V"], "resource": ["mask"], "period": [0],
               "quantity": [40], "firm": [True]}  # fmt: skip
    changed = apply_changes(
        network(commitments=ordered), [{"do": "close_border", "border": "Youyi Guan"}]
    )
    assert short(changed) == {"v": 60}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"do": "explode"}, "must be one of"),
        ({}, "must be one of"),
        ({"do": "close_lane"}, "needs lane"),
        ({"do": "close_lane", "lane": "W-H", "colour": "red"}, "has no colour"),
        ({"do": "close_lane", "lane": "W-H", "from_day": "10.2.2020"}, "must be a date"),
        ({"do": "close_lane", "lane": "W-X"}, "no W-X in lanes"),
        ({"do": "close_border"}, "one of the two"),
        ({"do": "close_border", "border": "Nowhere"}, "No lane crosses"),
        ({"do": "close_border", "countries": ["CN", "CN"]}, "two different countries"),
        ({"do": "lose_site", "site": "X"}, "no X in sites"),
        ({"do": "scale_demand", "factor": -1}, "factor must be a number"),
        ({"do": "scale_demand", "factor": True}, "factor must be a number"),
        ({"do": "scale_demand", "factor": 2, "priority": 9}, "No demand is the one"),
        ({"do": "add_lane", "lane": "W-H", "origin": "W", "destination": "H"}, "already"),
        ({"do": "add_lane", "lane": "n", "origin": "W", "destination": "X"}, "no X in sites"),
        ({"do": "set", "value": "demands.z.quantity=1"}, "no row with the key"),
        ({"do": "set", "value": "nonsense"}, "Write table.key.column=value"),
    ],
)
def test_what_means_nothing_is_refused_in_words(change, message) -> None:
    """With what to do instead."""
    with pytest.raises(InvalidError, match=message):
        apply_changes(network(), [change])


def test_a_scenario_is_kept_under_its_name(world) -> None:
    """Kept twice under a name it is changed; others do not see it; retired it is gone."""
    chen, scope = world.users["chen"], world.organisations["cn-hb"]
    closed = [{"do": "close_lane", "lane": "W1-H1"}]
    kept = services.keep_scenario(scope, " Road closed ", closed, chen)
    again = services.keep_scenario(scope, "Road closed", closed * 2, chen, "flooded")
    assert (again.pk, again.changes, again.note) == (kept.pk, closed * 2, "flooded")
    with pytest.raises(NotFoundError):
        selectors.scenario(world.users["lan"], kept.pk)
    with pytest.raises(InvalidError, match="change 1: close_lane needs lane"):
        services.keep_scenario(scope, "Bad", [{"do": "close_lane"}], chen)
    services.retire_scenario(kept, chen)
    assert not selectors.scenarios(chen).exists()


def test_a_plan_keeps_the_changes_it_was_made_with(world) -> None:
    """Changing the scenario later does not change what a plan says it answered."""
    chen, scope = world.users["chen"], world.organisations["cn-hb"]
    needs(world, "H1", 50)
    stock(world, "W1", 500)
    kept = services.keep_scenario(scope, "Closed", [{"do": "close_lane", "lane": "W1-H1"}], chen)
    run = solved(world, scenario=kept)
    services.keep_scenario(scope, "Closed", [{"do": "lose_site", "site": "W1"}], chen)
    run.refresh_from_db()
    assert run.changes == [{"do": "close_lane", "lane": "W1-H1"}]
    assert sum(row["short"] for row in run.summary["shortage"]) == 150


def test_a_scenario_that_does_not_fit_fails_in_words(world) -> None:
    """A lane that is no longer there is named in the plan's error."""
    chen, scope = world.users["chen"], world.organisations["cn-hb"]
    kept = services.keep_scenario(scope, "Old", [{"do": "close_lane", "lane": "gone"}], chen)
    run = solved(world, scenario=kept)
    assert (run.state, run.error) == (
        "failed",
        "There is no gone in lanes of this network. Check its code and the scope.",
    )


def test_a_lane_that_only_the_scenario_has_cannot_be_ordered(world) -> None:
    """What-if lanes show in the plan; approval names them."""
    Lane.objects.filter(code="W1-H1").update(retired_from=TODAY)
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
    needs(world, "H1", 50)
    stock(world, "W1", 500)
    lane = {"do": "add_lane", "lane": "W1-H1:drone", "origin": "W1", "destination": "H1"}
    scope = world.organisations["cn-hb"]
    kept = services.keep_scenario(scope, "Drone", [lane], world.users["chen"])
    run = solved(world, scenario=kept)
    assert {line.lane_code for line in run.lines.all()} == {"W1-H1:drone"}
    with pytest.raises(ConflictError, match="only in the scenario: W1-H1:drone"):
        services.approve(run, world.users["wei"])
