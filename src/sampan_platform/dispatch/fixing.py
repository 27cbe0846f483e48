"""A line fixed by a person: the network in which no plan can do otherwise.

The engine has no limit of one resource on one lane in one period. So the lane is closed in that
period, and up to two lanes of that period alone stand in for it: one carries the fixed resource,
exactly the quantity (a firm commitment, and a limit of the same size), the other everything
else, with what is left of the lane's mass and volume. Where vehicles are whole, the fixed goods
travel in vehicles of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.utils.translation import gettext

import sampan
from sampan import schema
from sampan_platform.common.errors import InvalidError
from sampan_platform.dispatch.changes import PROFILE

FIXED, REST = "#fixed:", "#rest:"
"""Marks in the keys of lanes that stand in for another."""


@dataclass(frozen=True)
class Fix:
    """A resource on a lane in a period: exactly this much."""

    lane: str
    resource: str
    period: int
    quantity: float


def fix_lines(network: sampan.Network, fixes: Sequence[Fix]) -> sampan.Network:
    """The network in which these lines are as they are said to be."""
    places: dict[tuple[str, int], list[Fix]] = {}
    for fix in fixes:
        places.setdefault((fix.lane, fix.period), []).append(fix)
    for (lane, period), here in places.items():
        network = _fix_place(network, lane, period, here)
    return network


def lane_of(key: str) -> str:
    """The lane that a key means: its own, or the one that it stands in for."""
    for mark in (FIXED, REST):
        key = key.split(mark, 1)[0]
    return key


def _fix_place(
    network: sampan.Network, lane: str, period: int, fixes: Sequence[Fix]
) -> sampan.Network:
    """All fixes of one lane and period."""
    lanes = network.table("lanes").filter(pl.col("lane") == lane)
    if lanes.is_empty():
        raise InvalidError(gettext("There is no lane %(lane)s in this plan.") % {"lane": lane})
    row = lanes.row(0, named=True)
    _check_room(network, row, period, fixes)
    sent = [fix for fix in fixes if fix.quantity > 0]
    stand_ins = {f"{lane}{FIXED}{period}:{fix.resource}": fix for fix in sent}
    rest = f"{lane}{REST}{period}"
    special = _special(network, lane, {fix.resource for fix in fixes}, rest, stand_ins)
    names = [*stand_ins, *([rest] if special is not None else [])]
    tables: dict[str, pl.DataFrame] = {
        "lanes": _lanes(network, row, names, rest, period, sent),
        "profiles": _profiles(network, lane, names, period),
        "capacity_loads": _loads(network, lane, names),
        "commitments": _commitments(network, lane, period, rest, fixes, stand_ins),
        "lane_resources": special if special is not None else _fixed_only(network, stand_ins),
    }
    return network.replace(**{name: frame for name, frame in tables.items() if frame.width})


def _check_room(
    network: sampan.Network, row: Mapping[str, Any], period: int, fixes: Sequence[Fix]
) -> None:
    """Refuse what the lane cannot carry or what an order there forbids, in plain words."""
    lane = row["lane"]
    if period + (row["lead_time_periods"] or 0) >= network.periods:
        raise InvalidError(
            gettext("What leaves over %(lane)s in period %(period)s arrives too late to plan.")
            % {"lane": lane, "period": period}
        )
    for limit, unit in (("mass_kg_max", "mass_kg"), ("volume_m3_max", "volume_m3")):
        size = sum((fix.quantity * _size(network, fix.resource, unit) for fix in fixes), 0.0)
        most = _most(network, row, limit, period)
        if size > most * (1 + 1e-9):
            raise InvalidError(
                gettext(
                    "%(lane)s carries %(most)s %(limit)s that day; this needs %(size)s. "
                    "Fix less, or take another lane."
                )
                % {
                    "lane": lane,
                    "most": f"{most:g}",
                    "limit": limit.split("_")[1],
                    "size": f"{size:g}",
                }
            )
    if _profile(network, lane, "open", period) == 0 and any(fix.quantity > 0 for fix in fixes):
        raise InvalidError(
            gettext("%(lane)s is closed that day. Take another lane or another day.")
            % {"lane": lane}
        )
    committed = network.table("commitments").filter(
        pl.col("lane") == lane, pl.col("period") == period, pl.col("firm")
    )
    for fix in fixes:
        ordered = float(committed.filter(pl.col("resource") == fix.resource)["quantity"].sum())
        if fix.quantity < ordered * (1 - 1e-9):
            raise InvalidError(
                gettext(
                    "%(ordered)s %(resource)s on %(lane)s are ordered for that day "
                    "already. Cancel the order first, or fix at least that much."
                )
                % {"ordered": f"{ordered:g}", "resource": fix.resource, "lane": lane}
            )


def _table(network: sampan.Network, name: str) -> pl.DataFrame:
    """A table with all its columns, and empty cells where a limit is none."""
    frame = network.table(name)
    numbers = [column for column, dtype in frame.schema.items() if dtype == pl.Float64]
    return frame.with_columns(
        pl.when(pl.col(column).is_infinite()).then(None).otherwise(pl.col(column)).alias(column)
        for column in numbers
    )


def _size(network: sampan.Network, resource: str, unit: str) -> float:
    return float(network.table("resources").filter(pl.col("resource") == resource)[unit][0])


def _profile(network: sampan.Network, lane: str, attribute: str, period: int) -> float | None:
    rows = network.table("profiles").filter(
        pl.col("table") == "lanes", pl.col("key") == lane,
        pl.col("attribute") == attribute, pl.col("period") == period,
    )  # fmt: skip
    return None if rows.is_empty() else float(rows["value"][0])


def _most(network: sampan.Network, row: Mapping[str, Any], limit: str, period: int) -> float:
    replaced = _profile(network, row["lane"], limit, period)
    return float(row[limit]) if replaced is None else replaced


def _lanes(
    network: sampan.Network,
    row: Mapping[str, Any],
    names: Sequence[str],
    rest: str,
    period: int,
    sent: Sequence[Fix],
) -> pl.DataFrame:
    """The lanes that were given, and the ones that stand in."""
    given = network.given("lanes")
    assert given is not None  # the lane was found in it
    original = given.filter(pl.col("lane") == row["lane"])
    added = [original.with_columns(lane=pl.lit(name)) for name in names]
    frame = pl.concat([given, *added], how="diagonal_relaxed")
    for limit, unit in (("mass_kg_max", "mass_kg"), ("volume_m3_max", "volume_m3")):
        most = _most(network, row, limit, period)
        if limit not in frame.columns or most == float("inf"):
            continue
        used = sum(fix.quantity * _size(network, fix.resource, unit) for fix in sent)
        value = (
            pl.when(pl.col("lane") == rest)
            .then(pl.lit(max(0.0, most - used)))
            .when(pl.col("lane").is_in(names))
            .then(pl.lit(None))
            .otherwise(limit)
        )
        frame = frame.with_columns(value.cast(pl.Float64).alias(limit))
    return frame


def _profiles(
    network: sampan.Network,
    lane: str,
    names: Sequence[str],
    period: int,
) -> pl.DataFrame:
    """The lane is closed in the period, those that stand in for it in all others."""
    shut = [(lane, period)]
    shut += [(name, one) for name in names for one in range(network.periods) if one != period]
    if _profile(network, lane, "open", period) == 0:
        shut += [(name, period) for name in names]
    rows = [
        {"table": "lanes", "key": key, "attribute": "open", "period": one, "value": 0.0}
        for key, one in shut
    ]
    both = pl.concat([pl.DataFrame(rows, schema=PROFILE), network.table("profiles")],
                     how="diagonal_relaxed")  # fmt: skip
    return both.unique(schema.table("profiles").key, keep="first", maintain_order=True)


def _loads(network: sampan.Network, lane: str, names: Sequence[str]) -> pl.DataFrame:
    """Those that stand in take of shared capacities what the lane would."""
    loads = network.table("capacity_loads")
    own = loads.filter(pl.col("activity") == lane)
    return pl.concat([loads, *(own.with_columns(activity=pl.lit(name)) for name in names)])


def _commitments(
    network: sampan.Network,
    lane: str,
    period: int,
    rest: str,
    fixes: Sequence[Fix],
    stand_ins: Mapping[str, Fix],
) -> pl.DataFrame:
    """The fixed quantities, in place of what was ordered of them; other orders move over."""
    table = network.table("commitments")
    fixed = [fix.resource for fix in fixes]
    here = (pl.col("lane") == lane) & (pl.col("period") == period)
    kept = table.filter(~(here & pl.col("resource").is_in(fixed))).with_columns(
        lane=pl.when(here).then(pl.lit(rest)).otherwise("lane")
    )
    new = [
        {"commitment": f"fixed:{name}", "lane": name, "resource": fix.resource,
         "period": period, "quantity": fix.quantity, "firm": True}
        for name, fix in stand_ins.items()
    ]  # fmt: skip
    return pl.concat([kept, pl.DataFrame(new, schema=table.schema)])


def _special(
    network: sampan.Network,
    lane: str,
    fixed: set[str],
    rest: str,
    stand_ins: Mapping[str, Fix],
) -> pl.DataFrame | None:
    """`lane_resources` with the rest's rows; None if the lane carries nothing but what is fixed."""
    table = _table(network, "lane_resources")
    own = table.filter(pl.col("lane") == lane)
    marked = set(own.filter(pl.col("allowed"))["resource"])
    if marked and not marked - fixed:
        return None
    others = own.filter(~pl.col("resource").is_in(list(fixed))).with_columns(lane=pl.lit(rest))
    refused = [{"lane": rest, "resource": one, "allowed": False} for one in sorted(fixed)]
    rows = pl.DataFrame(refused, schema={"lane": pl.String, "resource": pl.String,
                                         "allowed": pl.Boolean})  # fmt: skip
    return pl.concat([_fixed_only(network, stand_ins), others, rows], how="diagonal_relaxed")


def _fixed_only(network: sampan.Network, stand_ins: Mapping[str, Fix]) -> pl.DataFrame:
    """`lane_resources` with the rows of what is fixed: its costs, and its quantity as limit."""
    table = _table(network, "lane_resources")
    frames = [table]
    for name, fix in stand_ins.items():
        own = table.filter(pl.col("lane") == lane_of(name), pl.col("resource") == fix.resource)
        row = own if len(own) else pl.DataFrame({"lane": [name], "resource": [fix.resource]})
        frames.append(
            row.with_columns(
                lane=pl.lit(name),
                allowed=pl.lit(True),
                quantity_max=pl.lit(fix.quantity),
                **{one: pl.lit(None, dtype=pl.Float64) for one in ("lot_size", "quantity_min")},
            )
        )
    return pl.concat(frames, how="diagonal_relaxed")
