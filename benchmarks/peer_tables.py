"""Index tables for the peers: which variables there are, worked out before their clock starts.

A modeller with a general library first joins tables into the index sets of the variables.
That work is done here, in a few vectorised steps, and is not counted against the peers. It
follows the contract of the network on its own and shares no code with `sampan.model`; that
both end in the same matrix is checked by fingerprints and by the optimum.

Covered: goods that keep, stocks and arrivals, processes with inputs, lanes with volume
limits, demands with lateness, objective `total`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from sampan.network import Network

Array = NDArray[Any]

COVERED = {
    "sites", "resources", "stocks", "arrivals", "processes", "process_flows", "lanes",
    "lane_resources", "demands",
}  # fmt: skip


@dataclass(frozen=True)
class PeerTables:
    """One row a variable, with its cost; `node` numbers the rows of `stock`."""

    ship: pd.DataFrame
    """lane, period, depart_node, arrive_node, volume, limit, cost."""
    stock: pd.DataFrame
    """site, resource, period, next_node (-1 in the last period), supply, cost."""
    run: pd.DataFrame
    """process, period, most, cost."""
    flow: pd.DataFrame
    """run, node, quantity: what each run puts into a node, or (negative) takes."""
    deliver: pd.DataFrame
    """demand, node, cost."""
    short: pd.DataFrame
    """demand, quantity, cost."""
    lane_volume: pd.DataFrame
    """limit (row), volume_m3_max."""


def peer_tables(network: Network) -> PeerTables:
    """The index tables of a network; ValueError if it holds what the peers do not cover."""
    check_covered(network)
    sites = network.sites["site"].to_list()
    resources = network.resources["resource"].to_list()
    first = first_periods(network, sites, resources)
    node = _nodes(first, network.periods)
    ship, limits = _ship(network, sites, resources, node)
    run, flow = _run(network, sites, resources, node)
    return PeerTables(
        ship=ship,
        stock=_stock(network, sites, resources, node),
        run=run,
        flow=flow,
        deliver=_deliver(network, sites, resources, node),
        short=_short(network),
        lane_volume=limits,
    )


def check_covered(network: Network) -> None:
    extra = {name for name, frame in network.tables.items() if len(frame)} - COVERED
    resources = network.resources
    other = (resources["kind"] != "good").any() or resources["shelf_life_periods"].count()
    if extra or other:
        raise ValueError(f"the peers' models do not cover this network: {sorted(extra)}")


def _code(values: pl.Series, keys: list[str]) -> Array:
    return pd.Index(keys).get_indexer(values.to_list())


def carried(network: Network, resources: list[str]) -> Array:
    """L × K: whether a lane may carry a resource."""
    lanes, special = network.lanes, network.lane_resources
    if special["allowed"].any():
        raise ValueError("the peers' models do not cover lanes with allowed = true")
    carried = np.ones((len(lanes), len(resources)), dtype=bool)
    barred = special.filter(~pl.col("allowed"))
    lane = _code(barred["lane"], lanes["lane"].to_list())
    carried[lane, _code(barred["resource"], resources)] = False
    return carried


def first_periods(network: Network, sites: list[str], resources: list[str]) -> Array:
    """S × K: the first period in which a resource can be at a site; T if never."""
    periods = network.periods
    first = np.full((len(sites), len(resources)), periods)
    for frame in (network.stocks.with_columns(period=pl.lit(0)), network.arrivals):
        held = frame.filter(pl.col("quantity") > 0)
        at = _code(held["site"], sites), _code(held["resource"], resources)
        np.minimum.at(first, at, held["period"].to_numpy())
    lanes = network.lanes
    lane, resource = np.nonzero(carried(network, resources))
    origin = _code(lanes["origin"], sites)[lane]
    destination = _code(lanes["destination"], sites)[lane]
    lead = lanes["lead_time_periods"].to_numpy()[lane]
    process = _Processes(network, sites, resources)
    while True:
        before = first.copy()
        out, made_first = process.outputs(process.first_run(first))
        np.minimum.at(first, out, made_first)
        np.minimum.at(first, (destination, resource), first[origin, resource] + lead)
        if np.array_equal(first, before):
            return first


class _Processes:
    """Processes and flows by number."""

    def __init__(self, network: Network, sites: list[str], resources: list[str]) -> None:
        self.table, flows = network.processes, network.process_flows
        self.site = _code(self.table["site"], sites)
        self.lead = self.table["lead_time_periods"].to_numpy()
        self.of = _code(flows["process"], self.table["process"].to_list())
        self.resource = _code(flows["resource"], resources)
        self.quantity = flows["quantity_per_run"].to_numpy()
        self.periods = network.periods

    def first_run(self, first: Array) -> Array:
        start = np.zeros(len(self.site), dtype=np.int64)
        used = self.quantity < 0
        there = first[self.site[self.of[used]], self.resource[used]]
        np.maximum.at(start, self.of[used], there)
        return start

    def outputs(self, start: Array) -> tuple[tuple[Array, Array], Array]:
        made = self.quantity > 0
        process = self.of[made]
        return (self.site[process], self.resource[made]), start[process] + self.lead[process]


def _nodes(first: Array, periods: int) -> Array:
    """S × K × T: the number of each place, resource and period that can hold stock, or -1."""
    there = np.arange(periods) >= first[:, :, None]
    return np.where(there, np.cumsum(there).reshape(there.shape) - 1, -1)


def _stock(network: Network, sites: list[str], resources: list[str], node: Array) -> pd.DataFrame:
    site, resource, period = np.nonzero(node >= 0)
    last = period == network.periods - 1
    after = np.where(last, -1, node[site, resource, np.where(last, period, period + 1)])
    supply = np.zeros(len(site))
    for frame in (network.stocks.with_columns(period=pl.lit(0)), network.arrivals):
        held = frame.filter(pl.col("quantity") > 0)
        code = _code(held["site"], sites), _code(held["resource"], resources)
        at = node[*code, held["period"].to_numpy()]
        np.add.at(supply, at, held["quantity"].to_numpy())
    cost = network.resources["holding_cost"].to_numpy()[resource]
    return pd.DataFrame(
        {"site": site, "resource": resource, "period": period, "next_node": after,
         "supply": supply, "cost": cost}
    )  # fmt: skip


def _ship(
    network: Network, sites: list[str], resources: list[str], node: Array
) -> tuple[pd.DataFrame, pd.DataFrame]:
    lanes, goods = network.lanes, network.resources
    lane, resource = np.nonzero(carried(network, resources))
    pair, period = np.divmod(np.arange(len(lane) * network.periods), network.periods)
    lane, resource = lane[pair], resource[pair]
    arrive = period + lanes["lead_time_periods"].to_numpy()[lane]
    depart_node = node[_code(lanes["origin"], sites)[lane], resource, period]
    goes = (depart_node >= 0) & (arrive < network.periods)
    lane, resource, period, arrive = (array[goes] for array in (lane, resource, period, arrive))
    volume = goods["volume_m3"].to_numpy()[resource]
    most = lanes["volume_m3_max"].to_numpy()
    cost = lanes["cost_per_kg"].to_numpy()[lane] * goods["mass_kg"].to_numpy()[resource]
    cost = cost + lanes["cost_per_m3"].to_numpy()[lane] * volume
    ship = pd.DataFrame(
        {"lane": lane, "period": period, "depart_node": depart_node[goes],
         "arrive_node": node[_code(lanes["destination"], sites)[lane], resource, arrive],
         "volume": volume, "cost": cost}
    )  # fmt: skip
    limited = np.isfinite(most[lane]) & (volume > 0)
    group = ship[limited].groupby(["lane", "period"], sort=True).ngroup()
    ship["limit"] = group.reindex(ship.index, fill_value=-1)
    rows = ship[limited].drop_duplicates("limit").sort_values("limit")
    limits = pd.DataFrame({"volume_m3_max": most[rows["lane"].to_numpy()]})
    return ship, limits


def _run(
    network: Network, sites: list[str], resources: list[str], node: Array
) -> tuple[pd.DataFrame, pd.DataFrame]:
    p = _Processes(network, sites, resources)
    first = np.where((node >= 0).any(axis=2), (node >= 0).argmax(axis=2), network.periods)
    start, most = p.first_run(first), p.table["runs_max"].to_numpy()
    period = np.arange(network.periods)
    can = (period >= start[:, None]) & (period + p.lead[:, None] < network.periods)
    process, period = np.nonzero(can & (most > 0)[:, None])
    run = pd.DataFrame(
        {"process": process, "period": period, "most": most[process],
         "cost": p.table["cost_per_run"].to_numpy()[process]}
    )  # fmt: skip
    flows = pd.DataFrame({"process": p.of, "resource": p.resource, "quantity": p.quantity})
    flow = run[["process", "period"]].reset_index(names="run").merge(flows, on="process")
    at = flow["period"] + np.where(flow["quantity"] > 0, p.lead[flow["process"]], 0)
    flow["node"] = node[p.site[flow["process"]], flow["resource"], at]
    return run, flow[["run", "node", "quantity"]]


def _deliver(network: Network, sites: list[str], resources: list[str], node: Array) -> pd.DataFrame:
    demands = network.demands
    due, late = demands["period"].to_numpy(), demands["lateness_max"].to_numpy()
    count = np.minimum(late, network.periods - 1 - due) + 1
    demand = np.repeat(np.arange(len(due)), count)
    delay = np.arange(len(demand)) - np.repeat(np.cumsum(count) - count, count)
    site, resource = _code(demands["site"], sites), _code(demands["resource"], resources)
    at = node[site[demand], resource[demand], due[demand] + delay]
    cost = network.objective.lateness_cost * delay
    table = pd.DataFrame({"demand": demand, "node": at, "cost": cost})
    return table[table["node"] >= 0].reset_index(drop=True)


def _short(network: Network) -> pd.DataFrame:
    demands = network.demands
    return pd.DataFrame(
        {"demand": demands["demand"].to_list(), "quantity": demands["quantity"].to_numpy(),
         "cost": demands["shortage_cost_per_unit"].to_numpy()}
    )  # fmt: skip
