"""Keeping the roll-ups in line with the reports as they change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db import transaction

from sampan_platform.count import layout, rollup
from sampan_platform.count.models import Stale

BATCH = 2_000
"""Notes in one statement."""


@transaction.atomic
def mark(keys: Iterable[tuple[int, int, date]]) -> int:
    """Note that the reports of these sites, resources and days changed; how many notes.

    Collect calls this in the transaction that keeps the reports, so that no figure is ever
    given without them: who reads statistics brings the tiles up to date first.
    """
    ranges: dict[tuple[int, int, int, int], tuple[date, date]] = {}
    for site, resource, day in keys:
        key = (site, resource, day.year, day.month)
        known = ranges.get(key)
        if known is None:
            ranges[key] = (day, day)
        elif not known[0] <= day <= known[1]:
            ranges[key] = (min(known[0], day), max(known[1], day))
    slots = layout.slots({key[0] for key in ranges})
    merged: dict[tuple[int, int, int, int], tuple[date, date]] = {}
    for (site, resource, year, month), (since, until) in ranges.items():
        place = (slots[site][0], resource, year, month)
        if place in merged:
            since, until = min(since, merged[place][0]), max(until, merged[place][1])
        merged[place] = (since, until)
    notes = [
        Stale(resource_id=resource, block=block, since=since, until=until)
        for (block, resource, _, _), (since, until) in merged.items()
    ]
    Stale.objects.bulk_create(notes, batch_size=BATCH)
    return len(notes)


def refresh() -> int:
    """Bring the tiles in line with all reports that changed; how many tiles changed.

    Without anything to do this is one query.
    """
    if not Stale.objects.exists():
        return 0
    with transaction.atomic():
        layout.hold()
        layout.stamp()
        notes = list(Stale.objects.values_list("pk", "resource_id", "block", "since", "until"))
        days: dict[date, dict[rollup.Key, rollup.Days]] = defaultdict(dict)
        for _, resource, block, since, until in notes:
            first, last = days[since.replace(day=1)].get((resource, block), (30, 0))
            days[since.replace(day=1)][resource, block] = (
                min(first, since.day - 1),
                max(last, until.day - 1),
            )
        changed = sum(rollup.compute(rollup.Work(month, days[month])) for month in sorted(days))
        numbers = [note[0] for note in notes]
        for start in range(0, len(numbers), BATCH):
            Stale.objects.filter(pk__in=numbers[start : start + BATCH]).delete()
    return changed
