"""Keeping the roll-ups in line with the reports, rebuilding them, and proving them equal."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from sampan_platform.collect.services import Changes
from sampan_platform.count import layout, proof, rollup, sources
from sampan_platform.count.models import MonthTile, Slot, Stale, YearTile
from sampan_platform.count.periods import Span, segments
from sampan_platform.count.proof import Progress, Proof
from sampan_platform.count.queue import enqueue_refresh
from sampan_platform.count.upkeep import BATCH, mark, refresh
from sampan_platform.people import services as people
from sampan_platform.people.models import User

__all__ = ["mark", "prove", "rebuild", "refresh", "reports_changed"]

NOTES_MANY = 100
"""Changed months of a resource in a block of sites, which take about a second to refresh."""


def reports_changed(changes: Changes) -> None:
    """Collect calls this with every change, in the transaction that makes it.

    After a large one a worker brings the tiles up to date, so that the first reader need not.
    Where no worker runs, that reader does, as after a small one.
    """
    if mark(changes.ends) >= NOTES_MANY:
        enqueue_refresh()


@transaction.atomic
def rebuild(actor: User | None = None, progress: Progress | None = None) -> int:
    """Make all tiles anew from the reports; how many there are.

    Reports that come meanwhile wait on SQLite, and are taken in afterwards on PostgreSQL.
    """
    layout.hold()
    layout.stamp()
    numbers = list(Stale.objects.values_list("pk", flat=True))
    MonthTile.objects.all().delete()
    YearTile.objects.all().delete()
    layout.slots(sources.reporting_sites())
    months = _months()
    blocks = sorted(set(Slot.objects.values_list("block", flat=True)))
    resources = [row[0] for row in sources.resources()]
    made = 0
    for number, month in enumerate(months):
        days = {
            (resource, block): (0, _last_day(month)) for block in blocks for resource in resources
        }
        made += rollup.compute(rollup.Work(month, days))
        if progress is not None:
            progress(number + 1, len(months))
    for start in range(0, len(numbers), BATCH):
        Stale.objects.filter(pk__in=numbers[start : start + BATCH]).delete()
    people.record(actor, "count.rebuild", "statistics:all", None, after={"tiles": made})
    return made


def prove(differences_max: int = 20, progress: Progress | None = None) -> Proof:
    """Compute everything from the reports again and compare it with the tiles, cell by cell."""
    refresh()
    return proof.compare(_months(), differences_max, progress)


def _months() -> list[date]:
    """First days of the months from the first to the last report."""
    span = sources.first_and_last_day()
    return [] if span is None else [piece.month for piece in segments(Span(*span))]


def _last_day(month: date) -> int:
    """Number of the month's last day, from 0."""
    return ((month + timedelta(days=31)).replace(day=1) - month).days - 1
