"""What is expected on a day, until when, what came, and who is to be chased."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.collect.models import Assignment, Report, ReportVersion, Stretch
from sampan_platform.collect.places import Deadlines
from sampan_platform.collect.stretches import EXPECTED_DAYS
from sampan_platform.common import clock
from sampan_platform.people.models import Role, RoleKind, User

Pair = tuple[int, int]
"""Numbers of a site and a resource."""


@dataclass(frozen=True)
class Expected:
    """A report that is due."""

    site: int
    resource: int
    organisation: int
    day: date
    deadline: datetime


@dataclass(frozen=True)
class Named:
    """The names of something, for pages in either language."""

    name_en: str
    name_zh: str


@dataclass(frozen=True)
class Missing:
    """A report that is due and has not come."""

    site: str
    site_name: str
    resource: str
    organisation: str
    organisation_name: str
    day: date
    deadline: datetime
    late: bool
    """Whether the deadline is over."""
    last_day: date | None
    """Of the last report before; None where there is none within a month."""
    reporters: tuple[str, ...]
    """User names of those who report for the organisation itself."""
    site_names: Named
    resource_names: Named


@dataclass(frozen=True)
class Rate:
    """Reports due on a day and how many of them came."""

    due: int
    came: int
    in_time: int

    @property
    def rate(self) -> float | None:
        """Came divided by due; None where nothing was due."""
        return self.came / self.due if self.due else None


def due(day: date) -> list[Expected]:
    """What is expected on a day: what was reported lately, and what is assigned."""
    deadlines = Deadlines()
    owners = dict(catalogue.sites(day).order_by().values_list("pk", "organisation_id"))
    in_use = set(catalogue.resources(day).prefetch_related(None).values_list("pk", flat=True))
    until = {owner: deadlines.deadline(owner, day) for owner in set(owners.values())}
    return [
        Expected(site, resource, owners[site], day, until[owners[site]])
        for site, resource in sorted(_pairs(day))
        if site in owners and resource in in_use
    ]


def _pairs(day: date) -> set[Pair]:
    spans = due_spans(day, day)
    return {(site, resource) for site, resource, _, _ in spans}


def due_spans(since: date, until: date) -> list[tuple[int, int, date, date]]:
    """Site, resource, first and last day of every span in which a report is due daily.

    A span ends where an assignment ends and where the site or the resource is retired. A report
    that came all the same counts as due on its day, so that a rate never exceeds one.
    """
    retired = _Retired()
    rows = Stretch.objects.filter(since__lte=until, until__gte=since - timedelta(EXPECTED_DAYS))
    spans: dict[Pair, list[tuple[date, date]]] = defaultdict(list)
    assigned = {(row.site_id, row.resource_id): row for row in Assignment.objects.all()}
    for site, resource, first, last in rows.values_list("site_id", "resource_id", "since", "until"):
        end = min(last + timedelta(EXPECTED_DAYS), retired.last_day((site, resource)))
        duty = assigned.get((site, resource))
        if duty is not None and duty.to_day is not None:
            end = min(end, duty.to_day)
        spans[site, resource].append((first, max(last, end)))
    for pair, duty in assigned.items():
        spans[pair].append((duty.from_day, min(duty.to_day or date.max, retired.last_day(pair))))
    return [
        (*pair, max(first, since), min(last, until))
        for pair, listed in spans.items()
        for first, last in _apart(listed)
        if first <= min(until, last) and last >= since
    ]


class _Retired:
    """The last days of what is retired."""

    def __init__(self) -> None:
        ends = Q(retired_from__isnull=False) | Q(organisation__retired_from__isnull=False)
        rows = catalogue.sites().filter(ends).order_by()
        columns = ("pk", "retired_from", "organisation__retired_from")
        self._sites = {
            number: min(day for day in (own, above) if day is not None)
            for number, own, above in rows.values_list(*columns)
        }
        gone = catalogue.resources().prefetch_related(None).filter(retired_from__isnull=False)
        self._resources = dict(gone.order_by().values_list("pk", "retired_from"))

    def last_day(self, pair: Pair) -> date:
        """On which the pair is in use."""
        first: date = min(
            self._sites.get(pair[0], date.max), self._resources.get(pair[1], date.max)
        )
        return first if first == date.max else first - timedelta(1)


def _apart(spans: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """The same days in spans that do not overlap."""
    found: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found


@dataclass(frozen=True)
class Place:
    """A site that somebody sees, and its owner."""

    code: str
    names: Named
    organisation: str
    organisation_name: str


@dataclass(frozen=True)
class Picture:
    """A day's reports where somebody sees: the places, what was due there, and what came."""

    day: date
    places: dict[int, Place]
    due: list[Expected]
    came: dict[Pair, datetime]


def picture(user: User, day: date) -> Picture:
    """Read once what `missing` and the rates of a day are made of."""
    places = _places(user, day)
    return Picture(day, places, [one for one in due(day) if one.site in places], _came(day))


def came_already(user: User, day: date) -> bool:
    """Whether any report of a day came where the user sees."""
    return Report.objects.filter(day=day, site__in=catalogue.sites(day, user).order_by()).exists()


def missing(user: User, day: date) -> list[Missing]:
    """Who has not reported what, where the user sees; the longest overdue first."""
    return missing_in(picture(user, day))


def missing_in(seen: Picture) -> list[Missing]:
    """The same, of a day that was read."""
    now, day, places = clock.now(), seen.day, seen.places
    open_ = [one for one in seen.due if (one.site, one.resource) not in seen.came]
    rows = catalogue.resources().prefetch_related(None)
    resources = {row[0]: row[1:] for row in rows.values_list("pk", "code", "name_en", "name_zh")}
    last = _last_days({one.site for one in open_}, day)
    reporters = _reporters({one.organisation for one in open_})
    found = [
        Missing(
            places[one.site].code, places[one.site].names.name_en, resources[one.resource][0],
            places[one.site].organisation, places[one.site].organisation_name, day,
            one.deadline, now > one.deadline, last.get((one.site, one.resource)),
            reporters.get(one.organisation, ()), places[one.site].names,
            Named(*resources[one.resource][1:]),
        )
        for one in open_
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.deadline, one.organisation, one.site, one.resource))


def rate(user: User, day: date) -> Rate:
    """How many of the reports due on a day came, and how many in time, where the user sees."""
    return rate_of(rates_by_owner(user, day).values())


def rate_of(each: Iterable[Rate]) -> Rate:
    """Of several together."""
    listed = list(each)
    return Rate(
        sum(one.due for one in listed),
        sum(one.came for one in listed),
        sum(one.in_time for one in listed),
    )


def rates_by_owner(user: User, day: date) -> dict[int, Rate]:
    """The same by the number of the organisation that owns the sites; those with reports due."""
    return rates_in(picture(user, day))


def rates_in(seen: Picture) -> dict[int, Rate]:
    """The same, of a day that was read."""
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in seen.due:
        at = seen.came.get((one.site, one.resource))
        count = counts[one.organisation]
        count[0] += 1
        count[1] += at is not None
        count[2] += at is not None and at <= one.deadline
    return {owner: Rate(*count) for owner, count in counts.items()}


def _places(user: User, day: date) -> dict[int, Place]:
    """Each site that the user sees, by its number."""
    columns = ("pk", "code", "name_en", "name_zh", "organisation__code", "organisation__name_en")
    rows = catalogue.sites(day, user).order_by().values_list(*columns)
    return {
        number: Place(code, Named(english, chinese), owner, owner_name)
        for number, code, english, chinese, owner, owner_name in rows
    }


def _came(day: date) -> dict[Pair, datetime]:
    """When each report of a day was first said."""
    columns = ("pk", "site_id", "resource_id", "submitted_at", "version")
    rows = Report.objects.filter(day=day).values_list(*columns)
    found: dict[Pair, datetime] = {}
    corrected: dict[int, Pair] = {}
    for number, site, resource, at, version in rows:
        found[site, resource] = at
        if version > 1:
            corrected[number] = (site, resource)
    if corrected:
        first = ReportVersion.objects.filter(report__day=day, version=1)
        for number, at in first.values_list("report_id", "submitted_at"):
            found[corrected[number]] = at
    return found


def _last_days(sites: set[int], day: date) -> dict[Pair, date]:
    """The last day of each stretch of reports before a day."""
    rows = Stretch.objects.filter(site_id__in=sites, until__lt=day, until__gte=day - timedelta(31))
    return {(site, resource): until for site, resource, until in
            rows.order_by("until").values_list("site_id", "resource_id", "until")}  # fmt: skip


def _reporters(organisations: set[int]) -> dict[int, tuple[str, ...]]:
    """Who reports for each organisation itself."""
    found: dict[int, list[str]] = defaultdict(list)
    roles = Role.objects.filter(
        organisation__in=organisations, kind=RoleKind.REPORTER, user__is_active=True
    )
    rows = roles.order_by("user__username").values_list("organisation_id", "user__username")
    for organisation, name in rows:
        found[organisation].append(name)
    return {number: tuple(names) for number, names in found.items()}
