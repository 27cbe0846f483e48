"""Keeps `Stretch`: on which days a site reported a resource without a long gap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import polars as pl
from django.db import connection, transaction

from sampan_platform.collect.models import Report, Stretch

EXPECTED_DAYS = 7
"""A site that reported a resource is expected to go on; after so many silent days no more."""
BATCH = 2000
Span = tuple[date, date]


def extend(rows: pl.DataFrame) -> None:
    """Take in new reports; in the caller's transaction.

    Parameters
    ----------
    rows
        `site_id`, `resource_id`, `day`, in this order and each once.
    """
    if rows.is_empty():
        return
    fresh: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for site, resource, since, until in _runs(rows).iter_rows():
        fresh[site, resource].append((since, until))
    there: dict[tuple[int, int], dict[date, Stretch]] = defaultdict(dict)
    for row in _locked({site for site, _ in fresh}, {resource for _, resource in fresh}):
        if (row.site_id, row.resource_id) in fresh:
            there[row.site_id, row.resource_id][row.since] = row
    gone: list[int] = []
    made: list[Stretch] = []
    for pair, spans in fresh.items():
        before = there[pair]
        joined = dict(_joined([*spans, *((row.since, row.until) for row in before.values())]))
        gone += [row.pk for since, row in before.items() if since not in joined]
        for since, until in joined.items():
            if since not in before or before[since].until != until:
                made.append(Stretch(site_id=pair[0], resource_id=pair[1], since=since, until=until))
    for start in range(0, len(gone), BATCH):
        Stretch.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    Stretch.objects.bulk_create(
        made, batch_size=BATCH, update_conflicts=True,
        unique_fields=["site", "resource", "since"], update_fields=["until"],
    )  # fmt: skip


@transaction.atomic
def rebuild() -> int:
    """Make all stretches anew from the reports; how many there are."""
    if connection.vendor == "postgresql":
        # who files, or rebuilds, at the same moment locks them in another order
        with connection.cursor() as cursor:
            cursor.execute(f'LOCK TABLE "{Stretch._meta.db_table}" IN EXCLUSIVE MODE')  # nosec B608
    Stretch.objects.all().delete()
    columns = ("site_id", "resource_id", "day")
    rows = list(Report.objects.order_by(*columns).values_list(*columns))
    schema = {"site_id": pl.Int64, "resource_id": pl.Int64, "day": pl.Date}
    extend(pl.DataFrame(rows, schema=schema, orient="row"))
    return Stretch.objects.count()


def _runs(rows: pl.DataFrame) -> pl.DataFrame:
    """First and last day of each run of days without a long gap."""
    pair = ["site_id", "resource_id"]
    ordered = rows.select(*pair, "day")
    gap = pl.col("day").diff().over(pair) > pl.duration(days=EXPECTED_DAYS)
    numbered = ordered.with_columns(run=gap.fill_null(value=False).cum_sum().over(pair))
    spans = numbered.group_by(*pair, "run", maintain_order=True).agg(
        pl.col("day").min().alias("since"), pl.col("day").max().alias("until")
    )
    return spans.drop("run")


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans without overlaps and without short gaps."""
    last: Span | None = None
    for since, until in sorted(spans):
        if last is not None and since <= last[1] + timedelta(days=EXPECTED_DAYS):
            last = last[0], max(last[1], until)
            continue
        if last is not None:
            yield last
        last = since, until
    if last is not None:
        yield last


def _locked(sites: set[int], resources: set[int]) -> Iterator[Stretch]:
    rows = Stretch.objects.filter(site_id__in=sites, resource_id__in=resources).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    yield from rows
