"""The variables of the program that the prices are about, each with its upper bound."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from scipy import sparse

from sampan.verify.policy import storage_rows
from sampan.verify.reach import Reach
from sampan.verify.world import Bools, Floats, Ints, World


@dataclass(frozen=True)
class Block:
    """Variables of one kind: what each is about, its upper bound, and where the first stands."""

    about: dict[str, Ints]
    upper: Floats
    first: int = 0

    def __len__(self) -> int:
        return len(self.upper)

    def __getitem__(self, name: str) -> Ints:
        return self.about[name]

    @property
    def at(self) -> Ints:
        return np.arange(self.first, self.first + len(self))


@dataclass
class Columns:
    """All variables: `ship`, `run`, `stock`, `deliver`, `expire`, `draw`, `short`, …"""

    blocks: dict[str, Block] = field(default_factory=dict)
    count: int = 0

    def __getitem__(self, name: str) -> Block:
        return self.blocks[name]

    def add(self, name: str, upper: Floats, **about: Ints) -> None:
        """Append a block; what cannot be more than 0 is left out."""
        some = upper > 0
        chosen = {key: values[some] for key, values in about.items()}
        self.blocks[name] = Block(chosen, upper[some], self.count)
        self.count += int(some.sum())

    @property
    def upper(self) -> Floats:
        return np.concatenate([block.upper for block in self.blocks.values()])


def build_columns(world: World, reach: Reach) -> Columns:
    """Every variable that can be more than 0."""
    columns = Columns()
    _ship(columns, world, reach)
    time, site, layer = np.nonzero(reach.present)
    _stock(columns, world, reach, time, site, layer)
    _deliver(columns, world, reach)
    process, time = np.nonzero(reach.runs > 0)
    columns.add("run", reach.runs[process, time], process=process, time=time)
    _draw(columns, world, reach)
    demand = np.arange(len(world.demands))
    columns.add("short", world.demands["quantity"].to_numpy(), demand=demand)
    _breaches(columns, world)
    _changes(columns, world)
    return columns


def _ship(columns: Columns, world: World, reach: Reach) -> None:
    layers = world.layers
    parts = []
    can_carry = world.carries[:, layers.resource]
    for now in range(world.periods):
        open_ = np.flatnonzero(world.lane_open[:, now])
        arrive = now + world.lane_lead[open_]
        goes = reach.present[now][world.origin[open_]] & can_carry[open_]
        goes &= layers.last[None, :] >= arrive[:, None]
        lane, layer = np.nonzero(goes)
        parts.append((open_[lane], layer, np.full(len(lane), now)))
    lane, layer, time = (np.concatenate(part) for part in zip(*parts, strict=True))
    resource = layers.resource[layer]
    upper = _ship_limit(world, lane, resource, time)
    turning = _turning(world)[lane, resource]
    there = np.where(turning, np.inf, reach.total[time, layer])
    columns.add("ship", np.minimum(upper, there), lane=lane, layer=layer, time=time)


def _ship_limit(world: World, lane: Ints, resource: Ints, time: Ints) -> Floats:
    """What the lane's own limits, and its share of capacities, let through of one resource."""
    upper = world.by_lane_resource("quantity_max", np.inf)[lane, resource]
    unlimited = np.full((len(world.lanes), world.periods), np.inf)
    for each, limit, per in (
        (np.ones(len(world.resources)), unlimited, "unit"),
        (world.mass, world.mass_max, "kg"),
        (world.volume, world.volume_max, "m3"),
    ):
        most = world.within_capacity(limit, per)[lane, time]
        one = each[resource]
        most = np.divide(most, one, out=np.full(len(lane), np.inf), where=one > 0)
        upper = np.minimum(upper, most)
    return upper


def _turning(world: World) -> Bools:
    """(L, K): lanes on which more may be sent than there is, since goods could go round in a ring.

    In a ring of lanes of no lead time nothing is gained by that, except where the shipments
    themselves count: pledges and commitments.
    """
    count = len(world.sites)
    at_once = world.lane_lead == 0
    tail, head = world.origin[at_once], world.destination[at_once]
    arcs = sparse.csr_array((np.ones(len(tail)), (tail, head)), shape=(count, count))
    _, group = sparse.csgraph.connected_components(arcs, directed=True, connection="strong")
    inside = at_once & (group[world.origin] == group[world.destination])
    network = world.tables.network
    counted = pl.concat([network.table(name)["resource"] for name in ("pledges", "commitments")])
    counts = np.zeros(len(world.resources), dtype=bool)
    counts[world.resource_at(counted)] = True
    turning: Bools = inside[:, None] & counts[None, :]
    return turning


def _stock(
    columns: Columns, world: World, reach: Reach, time: Ints, site: Ints, layer: Ints
) -> None:
    last = world.layers.last[layer]
    stored = ~world.is_service[world.layers.resource[layer]]
    kept = stored & (time < last)
    about = {"site": site[kept], "layer": layer[kept], "time": time[kept]}
    columns.add("stock", reach.total[time[kept], layer[kept]], **about)
    ends = stored & (time == last)
    about = {"site": site[ends], "layer": layer[ends], "time": time[ends]}
    columns.add("expire", reach.total[time[ends], layer[ends]], **about)


def _deliver(columns: Columns, world: World, reach: Reach) -> None:
    accepted = world.tables.accepted
    demands = world.demands.with_row_index("at").select(
        "demand", pl.col("at").cast(pl.Int64), "site", "period", "last_period", "quantity"
    )
    rows = accepted.join(demands, on="demand", maintain_order="left").with_columns(
        pl.int_ranges("period", pl.col("last_period") + 1).alias("time")
    ).explode("time")  # fmt: skip
    layers = world.layers
    of_resource = pl.DataFrame(
        {"resource": world.resources["resource"].gather(layers.resource),
         "layer": np.arange(len(layers.resource)), "last": layers.last}
    )  # fmt: skip
    rows = rows.join(of_resource, on="resource").filter(pl.col("last") >= pl.col("time"))
    time, layer = rows["time"].to_numpy(), rows["layer"].to_numpy()
    site = world.site_at(rows["site"])
    units = rows["quantity_per_unit"].to_numpy()
    upper = np.minimum(rows["quantity"].to_numpy() * units, reach.total[time, layer])
    upper = np.where(reach.present[time, site, layer], upper, 0.0)
    penalty = rows["penalty_per_unit"].to_numpy()
    number = np.arange(len(rows))
    columns.add("deliver", upper, demand=rows["at"].to_numpy(), site=site, layer=layer, time=time,
                row=number)  # fmt: skip
    chosen = columns["deliver"]["row"]
    # beside whole numbers, a delivery has two of its own that objectives need
    columns.blocks["deliver"].about["units"] = units[chosen]
    columns.blocks["deliver"].about["penalty"] = penalty[chosen]


def _draw(columns: Columns, world: World, reach: Reach) -> None:
    process, resource, quantity = world.flows(used=True)
    runs = reach.runs[process]
    flow, time = np.nonzero(runs > 0)
    pick, layer = np.nonzero(resource[flow][:, None] == world.layers.resource[None, :])
    flow, time = flow[pick], time[pick]
    site = world.process_site[process[flow]]
    upper = np.minimum(quantity[flow] * runs[flow, time], reach.total[time, layer])
    upper = np.where(reach.present[time, site, layer], upper, 0.0)
    about = {"process": process[flow], "site": site, "layer": layer, "time": time}
    columns.add("draw", upper, **about)


def _breaches(columns: Columns, world: World) -> None:
    network, tables = world.tables.network, world.tables
    reserves = network.table("reserves").with_row_index("at")
    last = pl.col("to_period").fill_null(world.periods - 1)
    rows = reserves.filter(~pl.col("hard")).with_columns(
        pl.int_ranges("from_period", last + 1).alias("time")
    ).explode("time")  # fmt: skip
    about = {"reserve": rows["at"].cast(pl.Int64).to_numpy(), "time": rows["time"].to_numpy()}
    columns.add("reserve", rows["quantity_min"].to_numpy(), **about)
    pledges = network.table("pledges")
    most = np.where(pledges["hard"].to_numpy(), 0.0, pledges["quantity"].to_numpy())
    columns.add("pledge", most, pledge=np.arange(len(pledges)))
    storage = storage_rows(tables, {"stocks": _no_stocks()})
    site, time = world.site_at(storage["site"]), storage["period"].to_numpy()
    columns.add("storage", storage["helpless"].to_numpy(), site=site, time=time)


def _no_stocks() -> pl.DataFrame:
    types = {"site": pl.String, "resource": pl.String, "period": pl.Int64, "quantity": pl.Float64}
    return pl.DataFrame(schema=types)


def _changes(columns: Columns, world: World) -> None:
    rows = change_rows(world)
    number = np.arange(len(rows))
    lane, resource = world.lane_at(rows["lane"]), world.resource_at(rows["resource"])
    ship = columns["ship"]
    size = (len(world.lanes), len(world.resources), world.periods)
    key = np.ravel_multi_index((lane, resource, rows["period"].to_numpy()), size)
    shipped = np.ravel_multi_index(
        (ship["lane"], world.layers.resource[ship["layer"]], ship["time"]), size
    )
    order = np.argsort(key)
    near = np.searchsorted(key[order], shipped).clip(max=max(len(key) - 1, 0))
    most = np.zeros(len(rows))
    if len(rows):
        found = key[order][near] == shipped
        np.add.at(most, order[near[found]], ship.upper[found])
    columns.add("more", most, change=number)
    columns.add("less", rows["ordered"].to_numpy(), change=number)


def change_rows(world: World) -> pl.DataFrame:
    """lane, resource, period, ordered (all), open (what is not firm): where a change counts."""
    quantity = pl.col("quantity")
    rows = world.tables.network.table("commitments").group_by("lane", "resource", "period").agg(
        quantity.sum().alias("ordered"), quantity.filter(~pl.col("firm")).sum().alias("open")
    )  # fmt: skip
    return rows.filter(pl.col("open") > 0).sort("lane", "resource", "period")
