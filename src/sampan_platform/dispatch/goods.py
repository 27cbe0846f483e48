"""What is there and what is on its way: stocks, arrivals and frozen orders of a network.

An order that has not left is a firm commitment of its lane, and the stock that is reserved for
it stands in the network for it to take. Stock that is reserved for anything else does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common import clock
from sampan_platform.dispatch import providers
from sampan_platform.dispatch.places import Places
from sampan_platform.dispatch.room import Room
from sampan_platform.ledger import selectors as ledger

STOCKS = {"site": pl.String, "resource": pl.String, "expires_period": pl.Int64,
          "quantity": pl.Float64}  # fmt: skip
ARRIVALS = {"site": pl.String, "resource": pl.String, "period": pl.Int64,
            "expires_period": pl.Int64, "quantity": pl.Float64}  # fmt: skip
COMMITMENTS = {"commitment": pl.String, "lane": pl.String, "resource": pl.String,
               "period": pl.Int64, "quantity": pl.Float64, "firm": pl.Boolean}  # fmt: skip


@dataclass(frozen=True)
class Lot:
    """Stock of one lot at a site, as the ledger has it."""

    site: int
    resource: int
    expires_on: date | None
    quantity: Decimal
    reserved: Decimal


def goods(
    places: Places, as_of: datetime, start: date, periods: int, room: Room
) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """The tables `stocks`, `arrivals` and `commitments`, and what had to be left out."""
    orders = [row for row in providers.commitments(as_of) if row.resource in places.resources]
    inside = [row for row in orders if row.lane in places.lanes]
    frozen, notes = _frozen(inside, places, start, room)
    stocks, more = _stocks(lots(places, as_of), frozen, places, start)
    notes += more
    coming = [row for row in providers.arrivals(as_of) if row.site in places.sites]
    coming += _from_outside([row for row in orders if row.lane not in places.lanes], places)
    arrivals, more = _arrivals(coming, places, start, periods)
    commitments = [
        {"commitment": f"order:{row.order}:{at}", "lane": places.lanes[row.lane],
         "resource": places.resources[row.resource], "period": period,
         "quantity": float(row.quantity), "firm": True}
        for at, (row, period) in enumerate(frozen)
    ]  # fmt: skip
    tables = {
        "stocks": stocks,
        "arrivals": arrivals,
        "commitments": pl.DataFrame(commitments, schema=COMMITMENTS),
    }
    return tables, notes + more


def lots(places: Places, as_of: datetime) -> list[Lot]:
    """Stock on hand in the scope, by lot; quarantine is another account and not in it."""
    past = as_of if as_of < clock.now() else None
    rows: Iterable[Any] = ledger.on_hand(list(places.sites), list(places.resources), past)
    return [
        Lot(row.site, row.resource, row.expires_on, row.quantity, row.pending_out) for row in rows
    ]


def _from_outside(
    orders: Sequence[providers.Commitment], places: Places
) -> list[providers.Arrival]:
    """Orders from sites outside the scope to sites in it: their goods will come."""
    rows = catalogue.lanes().filter(pk__in={row.lane for row in orders})
    ways = {
        lane: (site, lead)
        for lane, site, lead in rows.values_list("id", "destination_id", "lead_time_periods")
    }
    return [
        providers.Arrival(
            site=ways[row.lane][0],
            resource=row.resource,
            day=row.day + timedelta(days=ways[row.lane][1]),
            quantity=row.quantity,
        )
        for row in orders
        if ways[row.lane][0] in places.sites
    ]


def _frozen(
    orders: Sequence[providers.Commitment], places: Places, start: date, room: Room
) -> tuple[list[tuple[providers.Commitment, int]], list[str]]:
    """Orders with the period in which they can leave: their day's, or the next with room."""
    found: list[tuple[providers.Commitment, int]] = []
    notes = []
    for row in sorted(orders, key=lambda one: (one.day, one.order, one.resource)):
        lane, resource = places.lanes[row.lane], places.resources[row.resource]
        wanted = (row.day - start).days
        period = room.take(lane, resource, float(row.quantity), max(0, wanted))
        if period is None:
            notes.append(
                f"Order {row.order}: {row.quantity} {resource} on {lane} cannot leave and arrive "
                "within the calendar; its stock stays reserved."
            )
            continue
        if period != wanted:
            notes.append(
                f"Order {row.order}: {row.quantity} {resource} on {lane} leaves in period "
                f"{period}, since it did not leave on {row.day} or the lane is full or closed."
            )
        found.append((row, period))
    return found, notes


def _stocks(
    rows: Sequence[Lot],
    frozen: Sequence[tuple[providers.Commitment, int]],
    places: Places,
    start: date,
) -> tuple[pl.DataFrame, list[str]]:
    """Stock that is free, and what is reserved for the frozen orders."""
    given_back: dict[tuple[str, str], Decimal] = {}
    origins = dict(places.tables["lanes"].select("lane", "origin").iter_rows())
    for row, _ in frozen:
        key = origins[places.lanes[row.lane]], places.resources[row.resource]
        given_back[key] = given_back.get(key, Decimal(0)) + row.quantity
    cells, expired = [], Decimal(0)
    for lot in sorted(rows, key=lambda one: (one.expires_on is None, one.expires_on or start)):
        key = places.sites[lot.site], places.resources[lot.resource]
        back = min(lot.reserved, given_back.get(key, Decimal(0)))
        given_back[key] = given_back.get(key, Decimal(0)) - back
        free = lot.quantity - lot.reserved + back
        if lot.expires_on is not None and lot.expires_on < start:
            expired += free
        elif free > 0:
            period = None if lot.expires_on is None else (lot.expires_on - start).days
            cells.append((*key, period, float(free)))
    frame = pl.DataFrame(cells, schema=STOCKS, orient="row")
    keys = ["site", "resource", "expires_period"]
    summed = frame.group_by(keys).agg(pl.col("quantity").sum()).sort(keys)
    notes = [f"{expired} units of stock have expired and were left out."] if expired else []
    return summed, notes


def _arrivals(
    rows: Sequence[providers.Arrival], places: Places, start: date, periods: int
) -> tuple[pl.DataFrame, list[str]]:
    """Goods on the way; what is late is expected in period 0."""
    cells, notes = [], []
    for row in rows:
        period = (row.day - start).days
        resource = places.resources.get(row.resource)
        if period >= periods or resource is None:
            continue
        site = places.sites[row.site]
        if period < 0:
            notes.append(f"{row.quantity} {resource} for {site} is late: due on {row.day}.")
            period = 0
        expires = None if row.expires_on is None else (row.expires_on - start).days
        if expires is not None and expires < period:
            notes.append(f"{row.quantity} {resource} for {site} expires before it arrives.")
            continue
        cells.append((site, resource, period, expires, float(row.quantity)))
    frame = pl.DataFrame(cells, schema=ARRIVALS, orient="row")
    keys = ["site", "resource", "period", "expires_period"]
    return frame.group_by(keys).agg(pl.col("quantity").sum()).sort(keys), notes
