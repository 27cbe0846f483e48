"""Reads reports: lists, the latest figures, what is due, who is missing, what was said before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.collect.columns import MEASURES
from sampan_platform.collect.due import Expected, Missing, Rate, due, due_spans, missing, rate
from sampan_platform.collect.models import Assignment, Filing, Report
from sampan_platform.collect.places import Deadlines
from sampan_platform.common.errors import NotFoundError
from sampan_platform.common.quantity import SCALE
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User

__all__ = [
    "LOOK_BACK_DAYS", "Expected", "Latest", "Missing", "Rate", "Statement", "assignments",
    "capacities_before", "common_organisation", "due", "due_spans", "filings", "frame_of",
    "history", "latest", "missing", "rate", "report", "reports", "yesterday",
]  # fmt: skip

LOOK_BACK_DAYS = 30
"""A figure that is older says nothing of today."""
SNAPSHOTS = ("nominal_capacity", "effective_capacity", "stock", "need")


@dataclass
class Latest:
    """The last figures that a site stated of a resource, each with its day."""

    site: int
    resource: int
    values: dict[str, Decimal] = field(default_factory=dict)
    """By column, of `SNAPSHOTS`."""
    days: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """What a report said at one time."""

    version: int
    at: datetime
    by: str
    values: dict[str, Decimal | None]
    explanation: str
    flags: list[str]
    is_current: bool


def reports(
    user: User,
    since: date | None = None,
    until: date | None = None,
    *,
    sites: Sequence[str] = (),
    resources: Sequence[str] = (),
    organisation: Organisation | None = None,
    flag: str = "",
) -> QuerySet[Report]:
    """Reports that the user sees, with their sites and resources; filters narrow them."""
    rows = Report.objects.select_related("site", "resource", "submitted_by")
    rows = people.within(user, people.SEE, rows, "site__organisation__path")
    wanted = Q()
    if since is not None:
        wanted &= Q(day__gte=since)
    if until is not None:
        wanted &= Q(day__lte=until)
    if sites:
        wanted &= Q(site__code__in=sites)
    if resources:
        wanted &= Q(resource__code__in=resources)
    if organisation is not None:
        wanted &= Q(site__organisation__path__startswith=organisation.path)
    if flag:
        # a list of codes; both databases keep it as text that can be searched
        wanted &= Q(flags__icontains=f'"{flag}"')
    return rows.filter(wanted).order_by("-day", "site__code", "resource__code")


def report(user: User, number: int) -> Report:
    """One report.

    Raises
    ------
    NotFoundError
        If there is none, or the user does not see it.
    """
    found = reports(user).filter(pk=number).first()
    if found is None:
        raise NotFoundError(gettext("There is no report %(number)s.") % {"number": number})
    return found


def history(user: User, number: int) -> list[Statement]:
    """All that a report said, the latest first: what, when and by whom."""
    current = report(user, number)
    rows = current.versions.select_related("submitted_by").order_by("-version")
    return [
        _statement(current, is_current=True),
        *(_statement(row, is_current=False) for row in rows),
    ]


def _statement(row: Any, *, is_current: bool) -> Statement:
    return Statement(
        row.version,
        row.submitted_at,
        row.submitted_by.username if row.submitted_by else "",
        {name: getattr(row, name) for name in MEASURES},
        row.explanation,
        row.flags,
        is_current,
    )


def frame_of(rows: QuerySet[Report]) -> pl.DataFrame:
    """Reports as a table with codes; quantities as exact decimals."""
    columns = ("site__code", "resource__code", "day", *MEASURES, "explanation", "version",
               "submitted_at")  # fmt: skip
    quantity = pl.Decimal(38, 3)
    schema: dict[str, Any] = {
        **dict.fromkeys(("site", "resource"), pl.String), "day": pl.Date,
        **dict.fromkeys(MEASURES, quantity), "explanation": pl.String, "version": pl.Int64,
        "submitted_at": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    return pl.DataFrame(list(rows.values_list(*columns)), schema=schema, orient="row")


def yesterday(sites: Iterable[int], day: date) -> dict[tuple[int, int], Report]:
    """The last report before that day of each site and resource, within a week; one query."""
    rows = Report.objects.filter(site__in=list(sites), day__lt=day, day__gte=day - timedelta(7))
    return {(row.site_id, row.resource_id): row for row in rows.order_by("day")}


def latest(
    as_of: datetime, sites: Iterable[int] | None = None, *, look_back_days: int = LOOK_BACK_DAYS
) -> dict[tuple[int, int], Latest]:
    """The last stated stock, capacity and need by site and resource; a query each.

    As known at that moment: reports that were filed later are left out, and of those that were
    corrected later what they said before counts.
    """
    until = as_of.date() + timedelta(days=1)
    found: dict[tuple[int, int], Latest] = {}
    for name in SNAPSHOTS:
        for site, resource, day, value in _last(name, as_of, until, look_back_days, sites):
            row = found.setdefault((site, resource), Latest(site, resource))
            row.values[name] = Decimal(value) / SCALE
            row.days[name] = day if isinstance(day, date) else date.fromisoformat(day)
    return found


def _last(
    name: str, as_of: datetime, until: date, look_back_days: int, sites: Iterable[int] | None
) -> list[tuple[int, int, Any, int]]:
    """Site, resource, day and value of the last report that states a measure."""
    chosen = ""
    if sites is not None:
        listed = [int(site) for site in sites] or [0]
        chosen = f" AND r.site_id IN ({', '.join(map(str, listed))})"
    moment = connection.ops.adapt_datetimefield_value(as_of)
    span = [until - timedelta(days=look_back_days + 1), until, moment]
    within = f"r.day >= %s AND r.day <= %s{chosen}"
    # of what was corrected since then, the version that stood
    known = (
        f"SELECT r.site_id, r.resource_id, r.day, r.{name} FROM collect_report r "  # nosec
        f"WHERE {within} AND r.submitted_at <= %s UNION ALL "
        f"SELECT r.site_id, r.resource_id, r.day, v.{name} FROM collect_report r "
        f"JOIN collect_reportversion v ON v.report_id = r.id WHERE {within} "
        "AND r.submitted_at > %s AND v.version = (SELECT MAX(o.version) "
        "FROM collect_reportversion o WHERE o.report_id = r.id AND o.submitted_at <= %s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT site_id, resource_id, day, {name} FROM ("  # nosec
            f"SELECT site_id, resource_id, day, {name}, ROW_NUMBER() OVER "
            f"(PARTITION BY site_id, resource_id ORDER BY day DESC) AS place FROM ({known}) k "
            f"WHERE {name} IS NOT NULL) AS ranked WHERE place = 1",
            [*span, *span, moment],
        )
        return list(cursor.fetchall())


def capacities_before(
    day: date, since: date, sites: Sequence[int], resources: Sequence[int]
) -> pl.DataFrame:
    """`site_id`, `resource_id`, `known`: capacity stated last before a day, in thousandths."""
    rows = (
        Report.objects.filter(day__lt=day, day__gte=since, site__in=sites, resource__in=resources)
        .filter(Q(effective_capacity__isnull=False) | Q(nominal_capacity__isnull=False))
        .order_by("day")
        .values_list("site_id", "resource_id", "effective_capacity", "nominal_capacity")
    )
    found: dict[tuple[int, int], int] = {}
    for site, resource, effective, nominal in rows.iterator():
        known = effective if effective is not None else nominal
        found[site, resource] = 0 if known is None else int(known * SCALE)
    cells = [(*pair, known) for pair, known in found.items()]
    schema = {"site_id": pl.Int64, "resource_id": pl.Int64, "known": pl.Int64}
    return pl.DataFrame(cells, schema=schema, orient="row")


def filings(user: User) -> QuerySet[Filing]:
    """What the user sent, the latest first."""
    return Filing.objects.filter(actor=user).order_by("-pk")


def assignments(user: User) -> QuerySet[Assignment]:
    """Who must report what, where the user sees."""
    rows = Assignment.objects.select_related("site", "resource")
    rows = people.within(user, people.SEE, rows, "site__organisation__path")
    return rows.order_by("site__code", "resource__code")


def common_organisation(owners: Sequence[int], deadlines: Deadlines) -> Organisation | None:
    """The lowest organisation that stands above all of these, or is the only one."""
    paths = [deadlines.path(owner).strip("/").split("/") for owner in owners]
    shared: list[str] = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    if not shared:
        return None
    return catalogue.organisations().filter(pk=int(shared[-1])).first()
