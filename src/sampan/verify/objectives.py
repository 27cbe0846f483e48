"""What each stage minimises, as a cost for every variable of the program."""

from __future__ import annotations

import numpy as np
import polars as pl

from sampan.verify.columns import Columns, change_rows
from sampan.verify.tables import Tables
from sampan.verify.values import shipping_costs
from sampan.verify.world import Floats, World


def build_costs(world: World, columns: Columns, stage: str, priority: int | None) -> Floats:
    """A cost a variable; for fairness all 0, since its only one is that of the lowest rate."""
    costs = np.zeros(columns.count)
    if stage == "shortage":
        short = columns["short"]
        costs[short.at] = _shares(world, priority)[short["demand"]]
    elif stage == "lateness":
        deliver = columns["deliver"]
        share = _shares(world, priority)[deliver["demand"]]
        costs[deliver.at] = share * _late(world, columns) / deliver["units"]
    elif stage == "policy":
        _add_policy(costs, world, columns)
    elif stage == "cost":
        _add_cost(costs, world, columns)
    elif stage == "changes":
        _add_changes(costs, world, columns)
    elif stage == "total":
        _add_total(costs, world, columns)
    return costs


def _shares(world: World, priority: int | None) -> Floats:
    """(demands,): importance ÷ all demand of the resource in the class; 0 in other classes."""
    all_of_it = pl.col("quantity").sum().over("priority", "resource")
    inside = (pl.col("priority") == priority) & (pl.col("quantity") > 0)
    share = pl.when(inside).then(pl.col("importance") / all_of_it).otherwise(0.0)
    return world.demands.select(share.alias("share")).to_series().to_numpy()


def _late(world: World, columns: Columns) -> Floats:
    deliver = columns["deliver"]
    due = world.demands["period"].to_numpy()[deliver["demand"]]
    late: Floats = (deliver["time"] - due).astype(float)
    return late


def _each(asked: Floats) -> Floats:
    return np.divide(1.0, asked, out=np.zeros(len(asked)), where=asked > 0)


def _add_policy(costs: Floats, world: World, columns: Columns) -> None:
    network = world.tables.network
    reserve, pledge, storage = columns["reserve"], columns["pledge"], columns["storage"]
    asked = network.table("reserves")["quantity_min"].to_numpy()
    costs[reserve.at] = _each(asked)[reserve["reserve"]]
    asked = network.table("pledges")["quantity"].to_numpy()
    costs[pledge.at] = _each(asked)[pledge["pledge"]]
    room = network.table("sites")["storage_m3_max"].to_numpy()
    costs[storage.at] = _each(np.where(room > 0, room, 1.0))[storage["site"]]


def _ship_costs(tables: Tables, world: World) -> Floats:
    table = shipping_costs(tables)["cost"].to_numpy()
    costs: Floats = table.reshape(len(world.lanes), len(world.resources))
    return costs


def _add_cost(costs: Floats, world: World, columns: Columns) -> None:
    run, ship, stock = columns["run"], columns["ship"], columns["stock"]
    deliver, expire = columns["deliver"], columns["expire"]
    resource = world.layers.resource
    costs[run.at] += world.processes["cost_per_run"].to_numpy()[run["process"]]
    each = _ship_costs(world.tables, world)
    costs[ship.at] += each[ship["lane"], resource[ship["layer"]]]
    holding = world.resources["holding_cost"].to_numpy()
    costs[stock.at] += holding[resource[stock["layer"]]]
    costs[deliver.at] += deliver["penalty"] / deliver["units"]
    costs[expire.at] += world.resources["value"].to_numpy()[resource[expire["layer"]]]


def _add_changes(costs: Floats, world: World, columns: Columns) -> None:
    each = _each(change_rows(world)["open"].to_numpy())
    for name in ("more", "less"):
        block = columns[name]
        costs[block.at] = each[block["change"]]


def _add_total(costs: Floats, world: World, columns: Columns) -> None:
    _add_cost(costs, world, columns)
    network = world.tables.network
    short, deliver = columns["short"], columns["deliver"]
    reserve, pledge = columns["reserve"], columns["pledge"]
    each = world.demands["shortage_cost_per_unit"].to_numpy()
    costs[short.at] += each[short["demand"]]
    late = network.objective.lateness_cost * _late(world, columns)
    costs[deliver.at] += late / deliver["units"]
    penalty = network.table("reserves")["penalty_per_unit"].to_numpy()
    costs[reserve.at] += penalty[reserve["reserve"]]
    penalty = network.table("pledges")["penalty_per_unit"].to_numpy()
    costs[pledge.at] += penalty[pledge["pledge"]]
