"""The rules of policy as rows: reserves, export limits, pledges, commitments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from sampan.verify.columns import Columns
from sampan.verify.policy import PLEDGE_GROUP, into_recipient, leaving
from sampan.verify.rule import RowIndex, Rule, make_rule
from sampan.verify.world import Bools, Floats, Ints, World

Entries = list[tuple[Ints, Ints, Floats]]
NOTHING = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def policy_rules(world: World, columns: Columns) -> Iterator[Rule]:
    """Reserve, export, pledge and commitment rows."""
    yield _reserve(world, columns)
    yield _export_quantity(world, columns)
    yield _export_share(world, columns)
    yield _pledge(world, columns)
    yield _commitment(world, columns)


def _resource_number(world: World, name: str) -> int:
    return int(world.resource_at(pl.Series([name]))[0])


def _same(rows: Any, chosen: Bools, block_at: Ints, value: float | Floats) -> Any:
    at = block_at[chosen]
    values = np.broadcast_to(value, len(at)).astype(float)
    return np.broadcast_to(rows, len(at)).astype(np.int64), at, values


def _reserve(world: World, columns: Columns) -> Rule:
    stock, breach = columns["stock"], columns["reserve"]
    reserves = world.tables.network.table("reserves")
    country = world.tables.countries["country"]
    of_stock = world.layers.resource[stock["layer"]]
    index = np.full((len(reserves), world.periods), -1, dtype=np.int64)
    keys: list[str] = []
    periods: list[int] = []
    right: list[float] = []
    entries: Entries = [NOTHING]
    for at, reserve in enumerate(reserves.iter_rows(named=True)):
        last = world.periods - 1 if reserve["to_period"] is None else reserve["to_period"]
        window = np.arange(reserve["from_period"], last + 1)
        index[at, window] = len(keys) + np.arange(len(window))
        keys += [reserve["reserve"]] * len(window)
        periods += window.tolist()
        right += [-reserve["quantity_min"]] * len(window)
        if reserve["site"] is not None:
            inland = world.sites == reserve["site"]
        else:
            inland = country == reserve["country"]
        chosen = inland.fill_null(value=False).to_numpy()[stock["site"]]
        chosen &= of_stock == _resource_number(world, reserve["resource"])
        entries.append(_same(index[at, stock["time"][chosen]], chosen, stock.at, -1.0))
    entries.append((index[breach["reserve"], breach["time"]], breach.at, -np.ones(len(breach))))
    return make_rule("reserve", {"key": keys, "period": periods}, np.array(right), entries)


def _shipments(world: World, columns: Columns) -> tuple[pl.DataFrame, Ints]:
    """The lanes with their number `at`, and every shipment variable's lane."""
    return world.lanes.with_row_index("at"), columns["ship"]["lane"]


def _exported(world: World, columns: Columns, limit: dict[str, Any]) -> Bools:
    """Which shipment variables count towards an export limit."""
    ship = columns["ship"]
    lanes, lane = _shipments(world, columns)
    out = np.zeros(len(lanes), dtype=bool)
    out[leaving(lanes, limit["country"])["at"].to_numpy()] = True
    right_resource = world.layers.resource[ship["layer"]] == _resource_number(
        world, limit["resource"]
    )
    counted: Bools = out[lane] & right_resource & _inside(world, limit, ship["time"])
    return counted


def _inside(world: World, limit: dict[str, Any], time: Ints) -> Bools:
    last = world.periods - 1 if limit["to_period"] is None else limit["to_period"]
    inside: Bools = (time >= limit["from_period"]) & (time <= last)
    return inside


def _export_quantity(world: World, columns: Columns) -> Rule:
    limits = world.tables.network.table("export_limits")
    limits = limits.filter(pl.col("quantity_max").is_finite())
    entries = [NOTHING]
    for row, limit in enumerate(limits.iter_rows(named=True)):
        entries.append(_same(row, _exported(world, columns, limit), columns["ship"].at, 1.0))
    right = limits["quantity_max"].to_numpy()
    return make_rule("export_quantity_max", {"key": limits["limit"]}, right, entries)


def _export_share(world: World, columns: Columns) -> Rule:
    """Shipments − share · output ≤ share · (stocks + arrivals)."""
    limits = world.tables.network.table("export_limits").filter(pl.col("share_max").is_not_null())
    country, supply = world.tables.countries["country"], world.tables.supply
    entries, right = [NOTHING], []
    for row, limit in enumerate(limits.iter_rows(named=True)):
        entries.append(_same(row, _exported(world, columns, limit), columns["ship"].at, 1.0))
        inland = (country == limit["country"]).fill_null(value=False).to_numpy()
        entries.append(_output(world, columns, limit, inland, row))
        of_it = (supply["resource"] == limit["resource"]).to_numpy()
        there = of_it & inland[world.site_at(supply["site"])]
        counts = (supply["table"] == "stocks").to_numpy()
        counts |= _inside(world, limit, supply["period"].to_numpy())
        base = supply["quantity"].to_numpy()[there & counts].sum()
        right.append(limit["share_max"] * base)
    return make_rule("export_share_max", {"key": limits["limit"]}, np.array(right), entries)


def _output(
    world: World, columns: Columns, limit: dict[str, Any], inland: Bools, row: int
) -> tuple[Ints, Ints, Floats]:
    run = columns["run"]
    process, resource, quantity = world.flows(used=False)
    of_it = resource == _resource_number(world, limit["resource"])
    made = np.zeros(len(world.processes))
    made[process[of_it]] = quantity[of_it]
    made[~inland[world.process_site]] = 0.0
    out = run["time"] + world.process_lead[run["process"]]
    value = np.where(_inside(world, limit, out), -limit["share_max"] * made[run["process"]], 0.0)
    return np.full(len(run), row), run.at, value


def _pledge(world: World, columns: Columns) -> Rule:
    """For each pledge: what arrives by its period, and breaches up to it, make up what is due."""
    ship, breach = columns["ship"], columns["pledge"]
    pledges = world.tables.network.table("pledges").with_row_index("row")
    right = np.zeros(len(pledges))
    lanes, lane = _shipments(world, columns)
    arrive = ship["time"] + world.lane_lead[lane]
    entries = [NOTHING]
    ordered = pledges.sort("period", "pledge")
    for _, group in ordered.group_by(PLEDGE_GROUP, maintain_order=True):
        first = group.row(0, named=True)
        into = np.zeros(len(lanes), dtype=bool)
        into[into_recipient(lanes, first)["at"].to_numpy()] = True
        counted = into[lane]
        counted &= world.layers.resource[ship["layer"]] == _resource_number(
            world, first["resource"]
        )
        members = group["row"].cast(pl.Int64).to_numpy()
        right[members] = -group["quantity"].cum_sum().to_numpy()
        for place, (row, period) in enumerate(zip(members, group["period"], strict=True)):
            entries.append(_same(row, counted & (arrive <= period), ship.at, -1.0))
            before = np.isin(breach["pledge"], members[: place + 1])
            entries.append(_same(row, before, breach.at, -1.0))
    return make_rule("pledge", {"key": pledges["pledge"]}, right, entries)


def _commitment(world: World, columns: Columns) -> Rule:
    ship, keys = columns["ship"], ["lane", "resource", "period"]
    firm = world.tables.network.table("commitments").filter(pl.col("firm"))
    rows = firm.group_by(keys).agg(pl.col("quantity").sum()).sort(keys)
    size = (len(world.lanes), len(world.resources), world.periods)
    about = (world.lane_at(rows["lane"]), world.resource_at(rows["resource"]))
    index = RowIndex(size, (*about, rows["period"].to_numpy()))
    row = index.of(ship["lane"], world.layers.resource[ship["layer"]], ship["time"])
    labels = {"key": rows["lane"], "resource": rows["resource"], "period": rows["period"]}
    entries = [(row, ship.at, -np.ones(len(ship)))]
    return make_rule("commitment", labels, -rows["quantity"].to_numpy(), entries)
