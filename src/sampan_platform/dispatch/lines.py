"""The shipments of a plan → lines that people read, change, approve and order.

A line is taken from stock as far as there is stock; the rest waits for output or arrivals that
the plan expects, and is ordered by a later plan, once they are there. Quantities of what is
counted in pieces are rounded down to whole ones, all others to thousandths: a plan's fractions
are no goods.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from django.db.models import QuerySet

import sampan
from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common.quantity import SCALE, STEP
from sampan_platform.dispatch.fixing import lane_of
from sampan_platform.dispatch.models import PlanLine, PlanRun

COUNTED = frozenset(
    {"piece", "pair", "set", "box", "carton", "unit", "test", "kit", "bottle", "roll", "team"}
)
"""Units of which there are no parts."""
NOISE = 1e-6
"""Of a solver's quantity: 2,999.9999999 is 3,000."""


@dataclass
class Pool:
    """What is left of something, by key."""

    left: dict[tuple[Any, ...], float]

    def take(self, key: tuple[Any, ...], wanted: float) -> float:
        """As much as there is of what is wanted."""
        part = min(wanted, max(0.0, self.left.get(key, 0.0)))
        self.left[key] = self.left.get(key, 0.0) - part
        return part


def make_lines(run: PlanRun, network: sampan.Network, plan: sampan.Plan) -> list[PlanLine]:
    """The lines of a plan, not saved, in order of departure."""
    shipments = shipments_of(plan)
    origins = dict(network.table("lanes").select("lane", "origin").iter_rows())
    units = dict(network.table("resources").select("resource", "unit").iter_rows())
    stock, frozen = _stock(network), _frozen(network)
    parts = [_frozen_part(row, frozen, stock, origins) for row in shipments.iter_rows(named=True)]
    lanes = _numbers(catalogue.lanes(), shipments["lane"])
    resources = _numbers(catalogue.resources(), shipments["resource"])
    lines: list[PlanLine] = []
    for row, already in zip(shipments.iter_rows(named=True), parts, strict=True):
        free = row["quantity"] - already
        ready = stock.take(_lot(row, origins), free)
        for quantity, source, is_frozen in (
            (already, PlanLine.Source.STOCK, True),
            (ready, PlanLine.Source.STOCK, False),
            (free - ready, PlanLine.Source.EXPECTED, False),
        ):
            whole = rounded_down(quantity, units[row["resource"]])
            if whole > 0:
                line = _line(run, row, lanes, resources, network.calendar.start)
                line.number, line.quantity = len(lines) + 1, whole
                line.source, line.frozen = source, is_frozen
                lines.append(line)
    return lines


def shipments_of(plan: sampan.Plan) -> pl.DataFrame:
    """The plan's shipments by the lanes that people know, in order of departure."""
    frame = plan.shipments
    real = pl.col("lane").map_elements(lane_of, return_dtype=pl.String)
    keys = ["depart_period", "lane", "resource", "arrive_period", "expires_period"]
    return (
        frame.with_columns(real.alias("lane"))
        .group_by(keys)
        .agg(pl.col("quantity").sum())
        .sort(keys, nulls_last=True)
    )


def rounded_down(quantity: float, unit: str) -> Decimal:
    """Whole pieces, or thousandths of what can be parted."""
    if unit in COUNTED:
        return Decimal(math.floor(quantity + NOISE * max(1.0, quantity * NOISE)))
    return Decimal(math.floor(quantity * SCALE + NOISE * SCALE)) * STEP


def _stock(network: sampan.Network) -> Pool:
    """Stock by site, resource and last usable period."""
    rows = network.table("stocks").select("site", "resource", "expires_period", "quantity")
    return Pool({tuple(row[:3]): row[3] for row in rows.iter_rows()})


def _lot(row: Mapping[str, Any], origins: Mapping[str, str]) -> tuple[Any, ...]:
    """Where in the stock a shipment comes from."""
    return origins[row["lane"]], row["resource"], row["expires_period"]


def _frozen(network: sampan.Network) -> Pool:
    """Orders that are there already; what a person fixed is no order yet."""
    left: dict[tuple[Any, ...], float] = {}
    for row in network.table("commitments").filter(pl.col("firm")).iter_rows(named=True):
        key = (lane_of(row["lane"]), row["resource"], row["period"])
        if row["commitment"].startswith("order:"):
            left[key] = left.get(key, 0.0) + row["quantity"]
    return Pool(left)


def _frozen_part(
    row: Mapping[str, Any], frozen: Pool, stock: Pool, origins: Mapping[str, str]
) -> float:
    """What of a shipment is ordered already; it has the first right to the stock."""
    part = frozen.take((row["lane"], row["resource"], row["depart_period"]), row["quantity"])
    stock.take(_lot(row, origins), part)
    return part


def _numbers(rows: QuerySet[Any], codes: pl.Series) -> dict[str, int]:
    """The platform's numbers by code; lanes that only a scenario has are not in it."""
    found = rows.filter(code__in=codes.unique().to_list())
    return dict(found.values_list("code", "id"))


def _line(
    run: PlanRun,
    row: Mapping[str, Any],
    lanes: Mapping[str, int],
    resources: Mapping[str, int],
    start: date,
) -> PlanLine:
    expires = row["expires_period"]
    return PlanLine(
        plan=run,
        lane_id=lanes.get(row["lane"]),
        lane_code=row["lane"],
        resource_id=resources[row["resource"]],
        depart_on=start + timedelta(days=row["depart_period"]),
        arrive_on=start + timedelta(days=row["arrive_period"]),
        expires_on=None if expires is None else start + timedelta(days=expires),
    )
