"""What this stage reads of the stages below it; the only place that knows how."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import BigIntegerField, Count, ExpressionWrapper, F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce, ExtractYear

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.collect import selectors as collect
from sampan_platform.count.measures import REPORTED
from sampan_platform.count.models import Lock
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User

ReportRow = tuple[Any, ...]
"""Site, resource, day, then the columns of `REPORTED` in thousandths or None."""


def reported(
    sites: Collection[int], resources: Collection[int] | None, since: date, until: date
) -> Iterator[ReportRow]:
    """The reports of these sites in that span; of all resources where none are named."""
    rows = _reports().filter(site_id__in=sites, day__gte=since, day__lte=until)
    if resources is not None:
        rows = rows.filter(resource_id__in=resources)
    columns = [_whole(F(name)) for name in REPORTED]
    yield from rows.values_list("site_id", "resource_id", "day", *columns).iterator(50_000)


def reporting_sites() -> list[int]:
    """All sites that ever reported."""
    return list(_sites().filter(pk__in=_reports().values("site_id")).values_list("pk", flat=True))


def first_and_last_day() -> tuple[date, date] | None:
    """Of all reports; None where there are none."""
    found = _reports().aggregate(first=Min("day"), last=Max("day"))
    return None if found["first"] is None else (found["first"], found["last"])


def sums_by_resource_and_year() -> dict[tuple[str, int, int], tuple[int, int]]:
    """By column, resource and year: how many reports state it, and the sum; by the database."""
    figures: dict[str, Any] = {}
    for name in REPORTED:
        figures[f"{name}_count"] = Count(name)
        figures[f"{name}_sum"] = Coalesce(_whole(Sum(name)), 0)
    rows = _reports().annotate(year=ExtractYear("day")).values("resource_id", "year")
    return {
        (name, row["resource_id"], row["year"]): (row[f"{name}_count"], int(row[f"{name}_sum"]))
        for row in rows.annotate(**figures).order_by()
        for name in REPORTED
    }


def due_spans() -> list[tuple[int, int, date, date]]:
    """Site, resource, first and last day of every span in which a report is due daily."""
    return collect.due_spans(date(1900, 1, 1), date.max - timedelta(days=1))


_DUE = (
    # stretches change with reports only, and whoever reads has taken those in and found the stamp
    ("collect", "Stretch", (), ()),
    ("collect", "Assignment", ("site_id", "resource_id"), ("from_day", "to_day")),
    ("catalogue", "Site", ("organisation_id",), ("retired_from",)),
    ("catalogue", "Resource", (), ("retired_from",)),
    ("people", "Organisation", (), ("retired_from",)),
)
"""What the spans are made from: tables, numbers and days."""


def print_of_due() -> tuple[Any, ...]:
    """A few sums that change whenever what is due does: cheaper than reading it all."""
    number = {
        "sqlite": "CAST(julianday({0}) AS INTEGER)",
        "postgresql": "({0} - DATE '1900-01-01')",
    }[connection.vendor]
    stamp = {"sqlite": "stamp", "postgresql": "CAST(stamp AS text)"}[connection.vendor]
    lock = Lock._meta.db_table
    parts = [f'(SELECT MAX({stamp}) AS stamp FROM "{lock}") AS t']  # nosec B608 - our own names
    for place, (stage, model, numbers, days) in enumerate(_DUE):
        columns = [*numbers, *(number.format(day) for day in days)]
        sums = [f"SUM(id * {column}) AS s{at}" for at, column in enumerate(columns)]
        if sums:
            sums.append("COUNT(*) AS n")
        table = apps.get_model(stage, model)._meta.db_table
        figures = ", ".join(["MAX(id) AS m", *sums])
        parts.append(f'(SELECT {figures} FROM "{table}") AS t{place}')  # nosec B608 - the same
    with connection.cursor() as cursor:
        # nothing in it comes from outside
        cursor.execute(f"SELECT * FROM {' CROSS JOIN '.join(parts)}")  # nosec B608
        return tuple(cursor.fetchone() or ())


_SCOPE = (
    ("catalogue", "Site"), ("catalogue", "Resource"), ("catalogue", "ResourceClass"),
    ("people", "Organisation"),
)  # fmt: skip
"""What scopes are made from, beside the slots, whose changes change the stamp."""


def print_of_scope() -> tuple[Any, ...] | None:
    """What changes whenever anything does that scopes are made from; None where it is not known.

    PostgreSQL keeps with each row the number of the transaction that wrote it, larger than those
    that it could see, and that of the command within it; so that whatever is done changes one of
    their sums, or the count.
    """
    if connection.vendor != "postgresql":
        return None
    tables = [apps.get_model(stage, model)._meta.db_table for stage, model in _SCOPE]
    parts = [
        "(SELECT COUNT(*), SUM(xmin::text::bigint), SUM(cmin::text::bigint) "  # nosec B608
        f'FROM "{table}") AS t{place}'
        for place, table in enumerate(tables)
    ]
    parts.append(f'(SELECT MAX(CAST(stamp AS text)) FROM "{Lock._meta.db_table}") AS s')  # nosec B608
    with connection.cursor() as cursor:
        # nothing in it comes from outside
        cursor.execute(f"SELECT * FROM {' CROSS JOIN '.join(parts)}")  # nosec B608
        return tuple(cursor.fetchone() or ())


def parts_of_the_tree(sites: Sequence[int]) -> list[tuple[int, int]]:
    """Of each site the organisation above its owner, or its owner at the top; in tree order."""
    rows = (
        _sites()
        .filter(pk__in=sites)
        .annotate(part=Coalesce("organisation__parent_id", "organisation_id"))
        .order_by("organisation__path", "pk")
        .values_list("pk", "part")
    )
    return list(rows)


def sites(user: User, chosen: Q) -> list[tuple[Any, ...]]:
    """Number, code, country, region, owner's path, block, position of each site that a user sees.

    Block and position are None for a site that never reported.
    """
    rows = catalogue.sites(user=user).filter(chosen).order_by()
    return list(
        rows.values_list("pk", "code", "country", "region", "organisation__path",
                         "slot__block", "slot__position")
    )  # fmt: skip


def resources() -> list[tuple[int, str, str, int]]:
    """Number, code, unit, class number of every resource."""
    rows = catalogue.resources().order_by("code")
    return list(rows.values_list("pk", "code", "unit", "resource_class_id"))


def classes() -> list[tuple[int, str, int | None]]:
    """Number, code, number of the class above of every class and sub-class, in their order."""
    return list(catalogue.classes().values_list("pk", "code", "parent_id"))


def organisations() -> list[tuple[int, str, str, str]]:
    """Number, code, kind and path of every organisation."""
    return list(catalogue.organisations().values_list("pk", "code", "kind", "path"))


def paths(user: User) -> tuple[str, ...]:
    """Under which the user sees sites; who has the same ones sees the same."""
    return tuple(people.paths(user, people.SEE))


def sees(user: User, path: str) -> bool:
    """Whether the user sees any organisation at or below a path."""
    return catalogue.organisations(user=user).filter(path__startswith=path).exists()


def _reports() -> Any:
    return apps.get_model("collect", "Report").objects.order_by()


def _sites() -> Any:
    return catalogue.sites().order_by()


def _whole(expression: Any) -> ExpressionWrapper[Any]:
    """Whole thousandths as they are stored, without a Decimal for each cell."""
    return ExpressionWrapper(expression, output_field=BigIntegerField())
