"""Every rule but the balances: a name, its rows' labels, right sides and entries."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from sampan.verify.columns import Block, Columns, change_rows
from sampan.verify.policy_rules import policy_rules
from sampan.verify.rule import RowIndex, Rule, make_rule
from sampan.verify.world import Floats, Ints, World

__all__ = ["Rule", "all_rules"]


def all_rules(world: World, columns: Columns) -> Iterator[Rule]:
    """Rules in the order of the certificate's table, `fill_rate` last."""
    yield _occupancy(world, columns)
    yield _runs_max(world, columns)
    yield _input(world, columns)
    yield _lane_limit(world, columns, "mass_kg_max", world.mass_max, world.mass)
    yield _lane_limit(world, columns, "volume_m3_max", world.volume_max, world.volume)
    yield _amount_max(world, columns)
    yield _quantity_max(world, columns)
    yield _storage(world, columns)
    yield _demand(world, columns)
    yield from policy_rules(world, columns)
    yield _change(world, columns)
    yield _fill_rate(world, columns)


def ship_resource(world: World, columns: Columns) -> Ints:
    """The resource of every shipment variable."""
    resource: Ints = world.layers.resource[columns["ship"]["layer"]]
    return resource


def _occupancy(world: World, columns: Columns) -> Rule:
    deliver, stock = columns["deliver"], columns["stock"]
    of_delivery = world.layers.resource[deliver["layer"]]
    of_stock = world.layers.resource[stock["layer"]]
    lent, there = world.is_equipment[of_delivery], world.is_equipment[of_stock]
    size = (len(world.sites), len(world.resources), world.periods)
    equipment = np.flatnonzero(world.is_equipment)
    site, resource, time = (
        part.ravel()
        for part in np.meshgrid(np.arange(size[0]), equipment, np.arange(size[2]), indexing="ij")
    )
    labels = {
        "key": world.sites.gather(site),
        "resource": world.resources["resource"].gather(resource),
        "period": time,
    }
    index = RowIndex(size, (site, resource, time))
    entries = [
        (
            index.of(deliver["site"], of_delivery, deliver["time"]),
            deliver.at,
            np.where(lent, 1.0, 0.0),
        ),
        (index.of(stock["site"], of_stock, stock["time"]), stock.at, np.where(there, -1.0, 0.0)),
    ]
    return make_rule("occupancy", labels, np.zeros(len(site)), entries)


def _limited(limit: Floats) -> tuple[Ints, Ints]:
    """Rows and periods in which there is a limit."""
    row, time = np.nonzero(np.isfinite(limit))
    return row, time


def _runs_max(world: World, columns: Columns) -> Rule:
    run = columns["run"]
    process, time = _limited(world.runs_max)
    labels = {"key": world.processes["process"].gather(process), "period": time}
    index = RowIndex(world.runs_max.shape, (process, time))
    entries = [(index.of(run["process"], run["time"]), run.at, np.ones(len(run)))]
    return make_rule("runs_max", labels, world.runs_max[process, time], entries)


def _input(world: World, columns: Columns) -> Rule:
    run, draw = columns["run"], columns["draw"]
    size = (len(world.processes), len(world.resources), world.periods)
    process, resource, quantity = world.flows(used=True)
    flow, time = (
        part.ravel()
        for part in np.meshgrid(np.arange(len(process)), np.arange(size[2]), indexing="ij")
    )
    labels = {
        "key": world.processes["process"].gather(process[flow]),
        "resource": world.resources["resource"].gather(resource[flow]),
        "period": time,
    }
    index = RowIndex(size, (process[flow], resource[flow], time))
    each = pl.DataFrame({"process": process, "resource": resource, "quantity": quantity})
    runs = pl.DataFrame({"process": run["process"], "time": run["time"], "at": run.at})
    used = runs.join(each, on="process", maintain_order="left")
    using = tuple(used[name].to_numpy() for name in ("process", "resource", "time"))
    drawn = (draw["process"], world.layers.resource[draw["layer"]], draw["time"])
    entries = [
        (index.of(*drawn), draw.at, np.ones(len(draw))),
        (index.of(*using), used["at"].to_numpy(), -used["quantity"].to_numpy()),
    ]
    return make_rule("input", labels, np.zeros(len(flow)), entries, inequality=False)


def _lane_limit(world: World, columns: Columns, name: str, limit: Floats, each: Floats) -> Rule:
    ship = columns["ship"]
    lane, time = _limited(limit)
    labels = {"key": world.lanes["lane"].gather(lane), "period": time}
    index = RowIndex(limit.shape, (lane, time))
    value = each[ship_resource(world, columns)]
    entries = [(index.of(ship["lane"], ship["time"]), ship.at, value)]
    return make_rule(name, labels, limit[lane, time], entries)


def _amount_max(world: World, columns: Columns) -> Rule:
    ship, run = columns["ship"], columns["run"]
    capacity, time = _limited(world.amount_max)
    labels = {"key": world.capacities["capacity"].gather(capacity), "period": time}
    index = RowIndex(world.amount_max.shape, (capacity, time))
    resource = ship_resource(world, columns)
    ones = np.ones(len(world.resources))
    entries = []
    for per, block, name, each in (
        ("run", run, "process", np.ones(len(run))),
        ("unit", ship, "lane", ones[resource]),
        ("kg", ship, "lane", world.mass[resource]),
        ("m3", ship, "lane", world.volume[resource]),
    ):
        taking = _taking(world, block, name, per)
        chosen = taking["index"].to_numpy()
        row = index.of(taking["capacity"].to_numpy(), block["time"][chosen])
        entries.append((row, block.at[chosen], each[chosen] * taking["amount"].to_numpy()))
    return make_rule("amount_max", labels, world.amount_max[capacity, time], entries)


def _taking(world: World, block: Block, name: str, per: str) -> pl.DataFrame:
    """index (in the block), capacity, amount: which variables take how much of what."""
    loads = pl.DataFrame(
        world.loads_per(per),
        schema={"capacity": pl.Int64, "activity": pl.Int64, "amount": pl.Float64},
        orient="row",
    )
    activities = pl.DataFrame({"activity": block[name], "index": np.arange(len(block))})
    return activities.join(loads, on="activity", maintain_order="left")


def _quantity_max(world: World, columns: Columns) -> Rule:
    ship = columns["ship"]
    limit = world.by_lane_resource("quantity_max", np.inf)
    lane, resource = _limited(limit)
    lane, resource = (np.repeat(part, world.periods) for part in (lane, resource))
    time = np.tile(np.arange(world.periods), len(lane) // max(world.periods, 1))
    labels = {
        "key": world.lanes["lane"].gather(lane),
        "resource": world.resources["resource"].gather(resource),
        "period": time,
    }
    index = RowIndex((*limit.shape, world.periods), (lane, resource, time))
    row = index.of(ship["lane"], ship_resource(world, columns), ship["time"])
    entries = [(row, ship.at, np.ones(len(ship)))]
    return make_rule("quantity_max", labels, limit[lane, resource], entries)


def _storage(world: World, columns: Columns) -> Rule:
    stock, breach = columns["stock"], columns["storage"]
    limit = world.tables.network.table("sites")["storage_m3_max"].to_numpy()
    limit = np.repeat(limit[:, None], world.periods, axis=1)
    site, time = _limited(limit)
    labels = {"key": world.sites.gather(site), "period": time}
    index = RowIndex(limit.shape, (site, time))
    volume = world.volume[world.layers.resource[stock["layer"]]]
    entries = [
        (index.of(stock["site"], stock["time"]), stock.at, volume),
        (index.of(breach["site"], breach["time"]), breach.at, -np.ones(len(breach))),
    ]
    return make_rule("storage_m3_max", labels, limit[site, time], entries)


def _demand(world: World, columns: Columns) -> Rule:
    deliver, short = columns["deliver"], columns["short"]
    quantity = world.demands["quantity"].to_numpy()
    entries = [
        (deliver["demand"], deliver.at, 1.0 / deliver["units"]),
        (short["demand"], short.at, np.ones(len(short))),
    ]
    labels = {"key": world.demands["demand"]}
    return make_rule("demand", labels, quantity, entries, inequality=False)


def _change(world: World, columns: Columns) -> Rule:
    rows = change_rows(world)
    ship, more, less = columns["ship"], columns["more"], columns["less"]
    size = (len(world.lanes), len(world.resources), world.periods)
    about = (world.lane_at(rows["lane"]), world.resource_at(rows["resource"]))
    index = RowIndex(size, (*about, rows["period"].to_numpy()))
    row = index.of(ship["lane"], ship_resource(world, columns), ship["time"])
    entries = [
        (row, ship.at, np.ones(len(ship))),
        (more["change"], more.at, -np.ones(len(more))),
        (less["change"], less.at, np.ones(len(less))),
    ]
    labels = {"key": rows["lane"], "resource": rows["resource"], "period": rows["period"]}
    right = rows["ordered"].to_numpy()
    return make_rule("change", labels, right, entries, inequality=False)


def fill_groups(demands: pl.DataFrame) -> pl.DataFrame:
    """priority, group, resource, demanded: what fairness compares; none without demand."""
    groups = demands.group_by("priority", "group", "resource").agg(
        pl.col("quantity").sum().alias("demanded")
    )
    return groups.filter(pl.col("demanded") > 0).sort("priority", "group", "resource")


def _fill_rate(world: World, columns: Columns) -> Rule:
    """Right sides are put in part by part: they depend on who is still free."""
    groups = fill_groups(world.demands).with_row_index("row")
    short = columns["short"]
    keys = ["priority", "group", "resource"]
    of_demand = world.demands.join(groups, on=keys, how="left", maintain_order="left")
    row = of_demand["row"].cast(pl.Int64).fill_null(-1).to_numpy()[short["demand"]]
    demanded = of_demand["demanded"].fill_null(1.0).to_numpy()[short["demand"]]
    labels = {
        "key": groups.select(pl.format("{}:{}", "priority", "group")).to_series(),
        "resource": groups["resource"],
    }
    entries = [(row, short.at, 1.0 / demanded)]
    return make_rule("fill_rate", labels, np.zeros(len(groups)), entries)
