"""One day of the cycle, one step a stage. Read this first.

    dispatch   plan from what is known, approve, order
    track      ship what is due to leave, receive what is due to arrive
    collect    the day's reports
    count      what they say
    monitor    what somebody should look at

On a real day people do this by the pages and the API, each in their own time; here it runs in
order, for rehearsals, examples and the benchmark of a whole day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from sampan_platform.collect import services as collect
from sampan_platform.common import clock
from sampan_platform.dispatch import selectors as plans
from sampan_platform.dispatch import services as dispatch
from sampan_platform.monitor import services as monitor
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.track import selectors as orders
from sampan_platform.track import services as track

Tell = Callable[[str, str], None]
"""Told the stage and, in words, what it did."""
Report = Mapping[str, Any]
TOGETHER = 500
"""Orders that are shipped, or received, in one transaction."""


@dataclass(frozen=True)
class Crew:
    """Who acts in each stage."""

    reporter: User
    coordinator: User
    approvers: tuple[User, ...]
    """As many as the plan needs, in the order of their levels."""


@dataclass
class Day:
    """What came of one day."""

    day: date
    plan: int = 0
    approved: bool = False
    ordered: int = 0
    shipped: int = 0
    received: int = 0
    reports: int = 0
    alerts: int = 0
    notes: list[str] = field(default_factory=list)


def cycle(
    day: date,
    scope: Organisation,
    crew: Crew,
    reports: Callable[[], Iterable[Report]],
    *,
    days: int = 14,
    goals: str = "stages",
    tell: Tell = lambda stage, words: None,
) -> Day:
    """One day: plan in the morning, move goods, report in the evening, look at the result.

    Parameters
    ----------
    reports
        Called in the evening; gives the day's reports as `collect` takes them.
    days
        How far the plan looks ahead.
    goals
        What it is to be best at: `stages` one by one, or their `total` in one sum.
    """
    done = Day(day)
    zone = ZoneInfo(people.time_zone_of(scope))

    def moment(hour: int) -> datetime:
        return datetime.combine(day, time(hour), zone)

    with clock.at(moment(8)):
        _dispatch(scope, crew, days, goals, done, tell)
    with clock.at(moment(12)):
        _ship(crew.coordinator, done, tell)
    with clock.at(moment(18)):
        _receive(crew.coordinator, done, tell)
    with clock.at(moment(20)):
        _collect(crew.reporter, reports(), done, tell)
    with clock.at(moment(21)):
        _monitor(moment(21), done, tell)
    return done


def _dispatch(
    scope: Organisation, crew: Crew, days: int, goals: str, done: Day, tell: Tell
) -> None:
    run = dispatch.start(scope, crew.coordinator, days=days, goals=goals, background=False)
    dispatch.work(run.pk)
    run.refresh_from_db()
    done.plan = run.pk
    if run.error or run.summary is None:
        done.notes.append(run.error or "The plan has no result.")
        tell("dispatch", f"plan {run.pk}: {done.notes[-1]}")
        return
    tell("dispatch", f"plan {run.pk}: {run.summary['columns']:,} variables in "
         f"{run.summary['seconds']:.1f} s, verified")  # fmt: skip
    lines = plans.lines_to_order(run)
    for approver in crew.approvers:
        need = plans.approvals(run)
        if lines and len(need.levels_given) < need.levels_needed:
            run = dispatch.approve(run, approver)
    done.approved = plans.is_ordered(run)
    done.ordered = len(lines)
    tell("dispatch", f"plan {run.pk}: {len(lines)} shipments for today approved and ordered")


def _ship(actor: User, done: Day, tell: Tell) -> None:
    waiting = orders.Filters(states=("issued", "picked"), departs_until=done.day)
    leaving = [order.number for order in orders.orders(actor, waiting)]
    for part in _parts(leaving):
        track.ship_many({number: _once("ship", number) for number in part}, actor)
    done.shipped = len(leaving)
    tell("track", f"{done.shipped} orders shipped")


def _receive(actor: User, done: Day, tell: Tell) -> None:
    coming = orders.orders(actor, orders.Filters(states=("shipped", "in_transit")))
    arrived = [order.number for order in coming if order.expected_on <= done.day]
    for part in _parts(arrived):
        track.receive_many({number: _once("receive", number) for number in part}, actor)
    done.received = len(arrived)
    tell("track", f"{done.received} orders received")


def _collect(actor: User, reports: Iterable[Report], done: Day, tell: Tell) -> None:
    name = f"day:{done.day.isoformat()}:{actor.username}"
    outcome = collect.file_reports(list(reports), actor, name, keep_good=True)
    done.reports = outcome.accepted
    flagged = f", {outcome.flagged} flagged" if outcome.flagged else ""
    refused = f", {outcome.rejected_rows} refused" if outcome.rejected else ""
    tell("collect", f"{outcome.accepted} reports filed{flagged}{refused}")


def _monitor(now: datetime, done: Day, tell: Tell) -> None:
    outcome = monitor.run(now)
    done.alerts = outcome.opened
    tell("monitor", f"{outcome.opened} alerts opened, {outcome.closed} closed by themselves")


def _parts(numbers: Sequence[str]) -> Iterable[Sequence[str]]:
    return (numbers[at : at + TOGETHER] for at in range(0, len(numbers), TOGETHER))


def _once(action: str, number: str) -> UUID:
    """The same change whenever this is run again."""
    return uuid5(NAMESPACE_URL, f"urn:sampan:{action}:{number}")
