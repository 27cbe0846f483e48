"""Shipped against received, by lane.

A row is what left over a lane on some days, and what has become of it: shipped is always
received + short + damaged + quarantined + returned + in transit. Quantities are never added up
over resources, since a mask and a suit are not two of anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from django.db.models import (
    Avg,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Sum,
)
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError
from sampan_platform.people.models import User
from sampan_platform.track.models import ARRIVED, Fate, OrderLine
from sampan_platform.track.sight import visible

DAY = timedelta(days=1)


@dataclass(frozen=True)
class LaneRow:
    """What left over a lane of one resource, and what has become of it."""

    lane: str
    origin: str
    destination: str
    resource: str
    unit: str
    day: date | None
    """On which it left; empty where days are taken together."""
    orders: int
    """The number of orders under these figures."""
    shipped: Decimal
    received: Decimal
    short: Decimal
    damaged: Decimal
    quarantined: Decimal
    returned: Decimal
    in_transit: Decimal
    arrived_orders: int
    """Those that all arrived: the ones under the lead times."""
    lead_days_planned: float | None
    """Mean over `arrived_orders`, from departure to arrival; empty where there is none."""
    lead_days_actual: float | None
    """To the day of the last receipt."""


def by_lane(
    user: User,
    since: date,
    until: date,
    *,
    by_day: bool = False,
    lane: str = "",
    resource: str = "",
) -> list[LaneRow]:
    """What left from `since` to `until`, both included, of orders that the user sees."""
    if since > until:
        raise InvalidError(
            gettext("%(since)s lies after %(until)s. Give the earlier day first.")
            % {"since": since, "until": until}
        )
    lines = OrderLine.objects.filter(
        order__in=visible(user).filter(shipped_on__range=(since, until)), shipped__gt=0
    )
    if lane:
        lines = lines.filter(order__lane__code=lane)
    if resource:
        lines = lines.filter(resource__code=resource)
    keys = [
        "order__lane__code",
        "order__origin__code",
        "order__destination__code",
        "resource__code",
        "resource__unit",
        *(["order__shipped_on"] if by_day else []),
    ]
    leads = _lead_times(lines, keys)
    return [_row(one, keys, leads) for one in _quantities(lines, keys)]


def lane_frame(rows: Sequence[LaneRow]) -> pl.DataFrame:
    """The same as a table, for exports."""
    texts = ("lane", "origin", "destination", "resource", "unit")
    others = {"day": pl.Date, "orders": pl.Int64, "arrived_orders": pl.Int64}
    types = dict.fromkeys(texts, pl.String) | others
    schema = {one.name: types.get(one.name, pl.Float64) for one in fields(LaneRow)}
    cells = [
        [float(cell) if isinstance(cell, Decimal) else cell for cell in astuple(row)]
        for row in rows
    ]
    return pl.DataFrame(cells, schema=schema, orient="row")


def _quantities(lines: QuerySet[OrderLine], keys: list[str]) -> list[dict[str, Any]]:
    totals = {f"total_{fate}": Sum(str(fate)) for fate in (Fate.SHIPPED, *ARRIVED)}
    grouped = lines.order_by(*keys).values(*keys)
    return list(grouped.annotate(orders=Count("order", distinct=True), **totals))


def _lead_times(
    lines: QuerySet[OrderLine], keys: list[str]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Each order counts once, however many lots of the resource it has."""
    earlier = OrderLine.objects.filter(
        order=OuterRef("order"),
        resource=OuterRef("resource"),
        number__lt=OuterRef("number"),
        shipped__gt=0,
    )
    whole = lines.filter(~Exists(earlier), order__ended_at__isnull=False).exclude(
        order__lines__returned__gt=0
    )
    rows = (
        whole.order_by()
        .values(*keys)
        .annotate(
            arrived=Count("order", distinct=True),
            planned=_mean_days("order__arrive_on", "order__depart_on"),
            actual=_mean_days("order__arrived_on", "order__shipped_on"),
        )
    )
    return {tuple(one[key] for key in keys): one for one in rows}


def _mean_days(end: str, start: str) -> Avg:
    return Avg(ExpressionWrapper(F(end) - F(start), output_field=DurationField()))


def _row(
    one: dict[str, Any], keys: list[str], leads: dict[tuple[Any, ...], dict[str, Any]]
) -> LaneRow:
    lead = leads.get(tuple(one[key] for key in keys))
    shipped = one["total_shipped"]
    arrived = {str(fate): one[f"total_{fate}"] for fate in ARRIVED}
    return LaneRow(
        lane=one["order__lane__code"],
        origin=one["order__origin__code"],
        destination=one["order__destination__code"],
        resource=one["resource__code"],
        unit=one["resource__unit"],
        day=one.get("order__shipped_on"),
        orders=one["orders"],
        shipped=shipped,
        in_transit=shipped - sum(arrived.values(), Decimal(0)),
        arrived_orders=lead["arrived"] if lead else 0,
        lead_days_planned=lead["planned"] / DAY if lead else None,
        lead_days_actual=lead["actual"] / DAY if lead else None,
        **arrived,
    )
