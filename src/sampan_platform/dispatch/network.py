"""What is known as of a moment → the engine's network. Read this first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from django.utils.translation import gettext

import sampan
from sampan import schema
from sampan_platform.analyse import selectors as analyse
from sampan_platform.common.errors import InvalidError
from sampan_platform.dispatch.capacity import apply_capacity
from sampan_platform.dispatch.goods import goods
from sampan_platform.dispatch.places import Places, places
from sampan_platform.dispatch.policies import policies
from sampan_platform.dispatch.room import Room
from sampan_platform.people.models import Organisation

DAYS_MAX = 120
DEMANDS = {"demand": pl.String, "site": pl.String, "resource": pl.String, "period": pl.Int64,
           "quantity": pl.Float64, "priority": pl.Int64, "group": pl.String}  # fmt: skip


@dataclass(frozen=True)
class Built:
    """A network and what had to be left out or moved to make it, in words."""

    network: sampan.Network
    notes: list[str]


def build(scope: Organisation, as_of: datetime, days: int) -> Built:
    """The network of a part of the tree as known at a moment; sites outside it are not used.

    Places and policies come from the catalogue, limits of output from the latest reports, stock
    from the ledger, goods on the way and frozen orders from track, needs from analyse.
    """
    if not 1 <= days <= DAYS_MAX:
        raise InvalidError(
            gettext("A plan covers 1 to %(days_max)s days, not %(days)s.")
            % {"days_max": DAYS_MAX, "days": days},
            code="bad-days",
        )
    start = analyse.moment(as_of, scope).today
    found = places(scope, start)
    if not found.sites:
        raise InvalidError(
            gettext("%(code)s has no sites to plan for.") % {"code": scope.code}, code="no-sites"
        )
    rules, notes = policies(scope, start, days, _keys(found.tables))
    limits, more = apply_capacity(found, as_of, start)
    notes += more
    tables = _joined(dict(found.tables) | rules, limits)
    moving, more = goods(found, as_of, start, days, Room(tables, days))
    notes += more
    needs = analyse.needs(as_of, days, scope)
    tables |= moving | {"demands": demands(needs.rows, found, start)}
    network = sampan.Network.from_frames(
        tables,
        name=f"{scope.code} {start.isoformat()}",
        start=start,
        periods=days,
        source=f"{scope.name_en}, as of {as_of.isoformat()}",
    )
    return Built(network, notes)


def demands(rows: pl.DataFrame, found: Places, start: date) -> pl.DataFrame:
    """Needs by number and day → demands by code and period."""
    cells: list[tuple[Any, ...]] = [
        (
            row["key"] if row["origin"] == "request" else _forecast_key(row, found),
            found.sites[row["site"]],
            found.resources[row["resource"]],
            (row["day"] - start).days,
            row["quantity"],
            row["priority"],
            found.equals.get(row["site"]),
        )
        for row in rows.iter_rows(named=True)
        if row["site"] in found.sites and row["resource"] in found.resources
    ]
    return pl.DataFrame(cells, schema=DEMANDS, orient="row")


def _forecast_key(row: dict[str, Any], found: Places) -> str:
    """By codes, so that people and scenarios can name it."""
    return f"{found.sites[row['site']]}:{found.resources[row['resource']]}:{row['day']}"


def _keys(tables: Mapping[str, pl.DataFrame]) -> dict[str, set[str]]:
    columns = {"sites": "site", "resources": "resource", "lanes": "lane", "processes": "process"}
    return {name: set(tables[name][column]) for name, column in columns.items()}


def _joined(
    tables: dict[str, pl.DataFrame], more: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """Tables with others put in their place, or above them where both may hold rows."""
    for name, frame in more.items():
        if name == "processes" or name not in tables:
            tables[name] = frame
            continue
        both = pl.concat([frame, tables[name]], how="diagonal_relaxed")
        tables[name] = both.unique(schema.table(name).key, keep="first", maintain_order=True)
    return tables
