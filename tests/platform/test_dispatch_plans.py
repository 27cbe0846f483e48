"""A plan from the question to the proof: queued, solved, kept, stopped, failed, compared."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

import sampan
from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from sampan_platform.dispatch import selectors, services, work
from sampan_platform.dispatch.models import PlanLine, PlanRun, Snapshot
from sampan_platform.dispatch.snapshots import network_of, plan_of
from tests.platform.planning import NOW, TODAY, needs, report, solved, stock


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


def test_the_thin_path(world) -> None:
    """1,200 masks in store, 500 a day needed: three days' shipments, no shortage, proven."""
    stock(world, "W1", 1200)
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=400)
    needs(world, "H1", 500)
    run = solved(world)
    assert (run.state, run.error, run.approval) == ("done", "", "open")
    assert run.verification["valid"]
    assert run.summary["status"] == "optimal"
    assert sum(row["short"] for row in run.summary["shortage"]) == 0
    sent = run.lines.filter(lane__code="W1-H1")
    assert sum(line.quantity for line in sent) == 1500
    network, plan = selectors.opened(run)
    assert sampan.verify(network, plan).valid


def test_lines_tell_stock_from_what_is_still_to_come(world) -> None:
    """Of 1,500 to ship, 1,200 are there and are ordered; 300 wait for the factory."""
    stock(world, "W1", 1200)
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=400)
    needs(world, "H1", 500)
    run = solved(world, order_days=3)
    by_source = {source: Decimal(0) for source in PlanLine.Source.values}
    for line in run.lines.filter(lane__code="W1-H1"):
        by_source[line.source] += line.quantity
    assert by_source == {"stock": 1200, "expected": 300}
    assert {line.source for line in run.lines.filter(lane__code="F1-W1")} == {"expected"}
    assert sum(line.quantity for line in selectors.lines_to_order(run)) == 1200
    assert [line.number for line in selectors.lines(run)] == list(range(1, run.lines.count() + 1))


def test_pieces_are_whole(world) -> None:
    """Half of 25 masks is no shipment: 12, never 12.5, and never more than there is."""
    stock(world, "W1", 25)
    needs(world, "H1", "12.5")
    run = solved(world, days=2)
    assert sorted(line.quantity for line in run.lines.all()) == [12, 12]


def test_plans_are_kept_once_by_hash(world) -> None:
    """The same network and plan are one snapshot; what comes back is what went in."""
    stock(world, "W1", 100)
    needs(world, "H1", 50)
    first, second = solved(world), solved(world)
    assert first.network_id == second.network_id
    assert Snapshot.objects.count() <= 3
    network = network_of(first.network)
    again = sampan.solve(network)
    assert again.shipments.equals(plan_of(first.plan).shipments)


def test_shortages_name_site_item_and_first_day(world) -> None:
    """250 for 100 a day: nothing short for two days, 50 on the third."""
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
    stock(world, "W1", 250)
    needs(world, "H1", 100)
    (found,) = selectors.shortages(solved(world))
    assert (found.site, found.resource) == (world.sites["H1"].pk, world.resources["mask"].pk)
    assert (found.quantity, found.wanted, found.priority) == (50, 300, 2)
    assert TODAY <= found.first_day <= TODAY + timedelta(days=2)


def test_the_latest_plan_is_the_one_without_changes(world) -> None:
    """What-if plans and overrides do not stand for what will happen."""
    needs(world, "H1", 5)
    scope, chen = world.organisations["cn-hb"], world.users["chen"]
    assert selectors.latest(scope) is None
    plain = solved(world)
    kept = services.keep_scenario(scope, "Lost", [{"do": "lose_site", "site": "W1"}], chen)
    solved(world, scenario=kept)
    assert selectors.latest(scope) == plain


def test_who_may_plan(world) -> None:
    """A reporter may not, a coordinator elsewhere does not even see it, an analyst may."""
    scope = world.organisations["cn-hb"]
    for name, error in (("wei", ForbiddenError), ("lan", NotFoundError)):
        with pytest.raises(error):
            services.start(scope, world.users[name], background=False)
    run = services.start(scope, world.users["ana"], background=False)
    assert selectors.plan(world.users["chen"], run.pk) == run
    with pytest.raises(NotFoundError):
        selectors.plan(world.users["lan"], run.pk)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"days": 0}, "1 to 120 days"),
        ({"order_days": 4}, "orders 1 day or more"),
        ({"time_limit_seconds": 0}, "1 second or more"),
        ({"as_of": NOW + timedelta(days=1)}, "know the future"),
        ({"as_of": NOW.replace(tzinfo=None)}, "needs a time zone"),
    ],
)
def test_what_cannot_be_planned_is_refused(world, asked, message) -> None:
    """Before anything is queued."""
    with pytest.raises(InvalidError, match=message):
        services.start(
            world.organisations["cn-hb"], world.users["chen"], background=False,
            **({"days": 3} | asked),
        )  # fmt: skip
    assert not PlanRun.objects.exists()


def test_a_plan_is_solved_once(world, monkeypatch) -> None:
    """A task that runs twice finds the plan done and does nothing."""
    needs(world, "H1", 5)
    run = solved(world)
    monkeypatch.setattr(work, "solve_watched", lambda *_, **__: pytest.fail("solved again"))
    assert services.work(run.pk) == "done"


def test_a_network_with_errors_fails_in_words(world) -> None:
    """The plan says what is wrong and keeps the findings; nobody sees a traceback."""
    world.sites["W1"].country = "xx"
    world.sites["W1"].save()
    run = solved(world)
    assert run.state == "failed"
    assert "country" in run.error and "Traceback" not in run.error  # noqa: PT018
    assert any(one["severity"] == "error" for one in run.findings)
    with pytest.raises(ConflictError, match="has no result"):
        selectors.opened(run)


def test_stopped_before_it_began(world) -> None:
    """A plan in the queue stops at once; stopping it again is told, and no worker takes it up."""
    run = services.start(world.organisations["cn-hb"], world.users["chen"], background=False)
    services.cancel(run, world.users["chen"])
    assert run.state == "stopped"
    assert services.work(run.pk) == "stopped"
    with pytest.raises(ConflictError, match="nothing to stop"):
        services.cancel(run, world.users["chen"])


def test_stopped_while_it_runs(world, monkeypatch) -> None:
    """The flag is polled while the solver works; the solver is told, and the plan says stopped."""
    needs(world, "H1", 5)
    stock(world, "W1", 50)
    run = services.start(world.organisations["cn-hb"], world.users["chen"], background=False)

    def until_told(network, *, on_progress, **_):
        services_called.wait(30)
        while on_progress(sampan.Progress("shortage", "1", 0, 6, 17, 0.5, 1.0)):
            time.sleep(0.01)
        raise sampan.SolverError("The solve was stopped before it had any plan.")

    services_called = threading.Event()
    beats = []

    def stopping(number):
        beat = original(number)

        def both(progress):
            beats.append(progress)
            if len(beats) == 2:
                services.cancel(PlanRun.objects.get(pk=number), world.users["chen"])
            services_called.set()
            return beat(progress)

        return both

    original = work._beat
    monkeypatch.setattr(work, "_beat", stopping)
    monkeypatch.setattr(sampan, "solve", until_told)
    assert services.work(run.pk) == "stopped"
    run.refresh_from_db()
    assert run.cancelled_by == world.users["chen"]
    assert (run.stage, run.step, run.steps, run.iterations) == ("shortage", 0, 6, 17)
    assert "stopped before it had any plan" in run.error


def test_an_interrupted_solve_keeps_the_best_plan_found(world, monkeypatch) -> None:
    """What the solver had when it was told to stop is kept, verified, and marked as stopped."""
    stock(world, "W1", 100)
    needs(world, "H1", 50)
    solve = sampan.solve

    def interrupted(network, **_):
        plan = solve(network)
        return plan.replace(summary={**plan.summary, "status": "interrupted"})

    monkeypatch.setattr(sampan, "solve", interrupted)
    run = solved(world)
    assert (run.state, run.verification["valid"]) == ("stopped", True)
    assert run.lines.exists()


def test_infinite_bounds_become_none() -> None:
    """JSON knows no infinity; PostgreSQL refuses it, so a bound not reached is none."""
    found = work.finite({"a": [float("inf"), -1e301, 2.5], "b": float("nan"), "c": "x", "d": 3})
    assert found == {"a": [None, None, 2.5], "b": None, "c": "x", "d": 3}


def test_an_unforeseen_error_is_kept_and_raised(world, monkeypatch) -> None:
    """The plan fails in words, the worker's log gets the error."""
    run = services.start(world.organisations["cn-hb"], world.users["chen"], background=False)
    monkeypatch.setattr(work, "build", lambda *_: {}["nothing"])
    with pytest.raises(KeyError):
        services.work(run.pk)
    run.refresh_from_db()
    assert (run.state, "KeyError" in run.error) == ("failed", True)


def test_a_lost_worker_is_noticed(world) -> None:
    """A plan whose worker has been silent for minutes fails; one that is alive goes on."""
    scope, chen = world.organisations["cn-hb"], world.users["chen"]
    silent = services.start(scope, chen, background=False)
    alive = services.start(scope, chen, background=False)
    beats = {silent: NOW - timedelta(minutes=11), alive: NOW - timedelta(seconds=5)}
    for run, beat_at in beats.items():
        PlanRun.objects.filter(pk=run.pk).update(state="running", beat_at=beat_at)
    assert services.fail_lost() == 1
    silent.refresh_from_db()
    alive.refresh_from_db()
    assert (silent.state, alive.state) == ("failed", "running")
    assert "Start it again" in silent.error


def test_progress_is_written_by_the_beat_not_by_every_word(world, monkeypatch) -> None:
    """The solver may speak a thousand times; the database hears it once a beat."""
    needs(world, "H1", 5)
    solve, spoken = sampan.solve, []

    def talkative(network, *, on_progress, **rest):
        for step in range(1000):
            on_progress(sampan.Progress("cost", "all", step, 1000, step, None, 0.0))
            spoken.append(step)
        return solve(network, **rest)

    monkeypatch.setattr(sampan, "solve", talkative)
    beats = []
    original = work._beat

    def counted(number):
        beat = original(number)
        return lambda progress: beats.append(progress) or beat(progress)

    monkeypatch.setattr(work, "_beat", counted)
    assert solved(world).state == "done"
    assert len(spoken) == 1000
    assert len(beats) < 100


def test_two_plans_side_by_side(world) -> None:
    """Half the stock less: 300 more short at the hospital, and the shipments that changed."""
    needs(world, "H1", 200)
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
    stock(world, "W1", 600)
    rich = solved(world, days=3)
    stock(world, "W1", -300)
    poor = solved(world, days=3)
    found = selectors.compared(world.users["chen"], rich.pk, poor.pk)
    assert found.shortage_by_site.rows() == [("H1", "mask", 600.0, 600.0, 0.0, 300.0)]
    assert found.shortage_by_class.rows() == [(2, "mask", 600.0, 600.0, 0.0, 300.0)]
    shortage = found.stages.row(0, named=True)
    assert (shortage["stage"], shortage["part"]) == ("shortage", "2")
    assert shortage["worse_by"] == pytest.approx(0.5)
    moved = {row["change"] for row in found.shipments.to_dicts()}
    assert moved <= {"removed", "changed"}
    assert found.shipments["a"].sum() - found.shipments["b"].sum() == pytest.approx(300)
    with pytest.raises(NotFoundError):
        selectors.compared(world.users["lan"], rich.pk, poor.pk)


def test_a_list_of_plans_costs_the_same_however_long(world, django_assert_num_queries) -> None:
    """One query for the roles and one for the rows."""
    for _ in range(5):
        services.start(world.organisations["cn-hb"], world.users["chen"], background=False)
    with django_assert_num_queries(2):
        assert {run.organisation.code for run in selectors.plans(world.users["wei"])} == {"cn-hb"}


@pytest.mark.django_db(transaction=True)
def test_a_worker_process_solves_what_is_queued(request) -> None:
    """`start` puts a task into the database; a worker in a process of its own does it."""
    world = request.getfixturevalue("world")
    stock(world, "W1", 100)
    needs(world, "H1", 50)
    run = services.start(world.organisations["cn-hb"], world.users["chen"], days=2)
    assert run.state == "queued"
    done = subprocess.run(
        [sys.executable, "-m", "django", "db_worker", "--batch", "--no-startup-delay"],
        env=_environment(), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    run.refresh_from_db()
    assert (done.returncode, run.state, run.error) == (0, "done", ""), done.stderr
    assert run.lines.count() == 2


def _environment() -> dict[str, str]:
    """Of a process that works on this test's database."""
    kept = os.environ | {"SAMPAN_HOME": str(settings.HOME)}
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return kept | {"SAMPAN_DATABASE": f"sqlite:///{name}"}
    server = urlsplit(os.environ["SAMPAN_DATABASE"])
    return kept | {"SAMPAN_DATABASE": urlunsplit(server._replace(path=f"/{name}"))}
