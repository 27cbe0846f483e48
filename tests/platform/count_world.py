"""Reports for the tests of statistics, and the plain way to add them up."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps

from sampan_platform.collect import services as collect
from sampan_platform.count import services
from sampan_platform.count.measures import REPORTED

FILED_AT = datetime(2022, 1, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True)
class Row:
    """One report, by codes, in whole units."""

    site: str
    resource: str
    day: date
    values: Mapping[str, int | Decimal | None]


def file(world: Any, rows: Iterable[Row]) -> None:
    """Put reports into the table and tell the roll-up of them, as collecting does."""
    reports = apps.get_model("collect", "Report").objects
    keys = []
    for row in rows:
        site, resource = world.sites[row.site].pk, world.resources[row.resource].pk
        values = {name: row.values.get(name) for name in REPORTED}
        reports.update_or_create(
            site_id=site,
            resource_id=resource,
            day=row.day,
            defaults={**values, "submitted_at": FILED_AT},
        )
        keys.append((site, resource, row.day))
    collect.rebuild_stretches()
    services.mark(keys)


def assign(world: Any, site: str, resource: str, first: date, last: date | None = None) -> None:
    """From a day on this site is to report this resource daily."""
    apps.get_model("collect", "Assignment").objects.create(
        site=world.sites[site], resource=world.resources[resource], from_day=first, to_day=last
    )


def many(
    seed: int, sites: Iterable[str], resources: Sequence[str], since: date, days: int
) -> list[Row]:
    """Reports with gaps, zeros and unstated columns; the same for the same seed."""
    chance = random.Random(seed)
    return [
        Row(
            site,
            resource,
            since + timedelta(days=number),
            {
                name: None if chance.random() < 0.4 else chance.choice([0, chance.randrange(1000)])
                for name in REPORTED
            },
        )
        for site in sites
        for resource in resources
        for number in range(days)
        if chance.random() < 0.7
    ]


Plain = Callable[[Sequence[Row], date, date], tuple[float | None, int]]
"""From a group's reports and a span to the value and the number of reports under it."""


def plain(measure: str) -> Plain:
    """A measure's definition, one report after the other."""
    if measure == "utilisation":
        return _utilisation
    if measure == "days_of_cover":
        return _days_of_cover
    snapshots = ("stock", "nominal_capacity", "effective_capacity")
    add = _last if measure in snapshots else _sum
    return lambda rows, since, until: add(_within(rows, since, until), measure)


def _within(rows: Sequence[Row], since: date, until: date) -> list[Row]:
    return [row for row in rows if since <= row.day <= until]


def _sum(rows: Sequence[Row], name: str) -> tuple[float | None, int]:
    stated = [row.values[name] for row in rows if row.values[name] is not None]
    return (sum(stated) if stated else None), len(stated)


def _last(rows: Sequence[Row], name: str) -> tuple[float | None, int]:
    last = {}
    for row in sorted(rows, key=lambda row: row.day):
        if row.values[name] is not None:
            last[row.site, row.resource] = row.values[name]
    return (sum(last.values()) if last else None), len(last)


def _utilisation(rows: Sequence[Row], since: date, until: date) -> tuple[float | None, int]:
    both = [
        row.values
        for row in _within(rows, since, until)
        if row.values["output"] is not None and row.values["effective_capacity"] is not None
    ]
    capacity = sum(values["effective_capacity"] for values in both)
    return (sum(values["output"] for values in both) / capacity if capacity else None), len(both)


def _days_of_cover(rows: Sequence[Row], since: date, until: date) -> tuple[float | None, int]:
    stock, reports = _last(_within(rows, since, until), "stock")
    stated: dict[tuple[str, str], list[Any]] = {}
    for row in _within(rows, until - timedelta(days=13), until):
        if row.values["used"] is not None:
            stated.setdefault((row.site, row.resource), []).append(row.values["used"])
    use = sum(sum(values) / len(values) for values in stated.values())
    return (stock / use if stock is not None and use else None), reports
