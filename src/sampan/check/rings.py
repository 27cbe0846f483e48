"""Processes of no lead time that, in a ring, make goods out of nothing within one period."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from sampan.check.facts import Facts, Ints
from sampan.check.findings import ROW, Findings

GAIN_MIN = 1e-6
"""Net output of a ring, as a share of what its processes make, from which it is bad input:
well above the solver's accuracy, well below any real yield."""


def check_rings(findings: Findings, facts: Facts) -> None:
    """No set of runs and shipments within one period has an output and no input."""
    flows = _inner_flows(facts)
    if flows.is_empty():
        return
    node = _nodes(facts, flows["site"].to_numpy(), flows["resource"].to_numpy())
    flows = flows.with_columns(pl.Series("node", node))
    origin, destination = _lane_arcs(facts, np.unique(flows["resource"].to_numpy()))
    group = _groups(facts, flows, origin, destination)
    flows = flows.with_columns(pl.Series("group", group[node]))
    for members in _ringed(flows):
        inside = group[origin] == group[destination]
        inside &= group[origin] == members["ring"][0]
        making = _making(members, origin[inside], destination[inside])
        if making:
            _report(findings, facts, making)


def _inner_flows(facts: Facts) -> pl.DataFrame:
    """Flows of the processes of no lead time that both use and make something."""
    at_once = pl.Series(facts.process_lead == 0)
    flows = facts.flows
    flows = flows.filter(at_once.gather(flows["process"]))
    both = flows.group_by("process").agg(
        ((pl.col("quantity") < 0).any() & (pl.col("quantity") > 0).any()).alias("both")
    )
    return flows.join(both.filter("both"), on="process", maintain_order="left").drop("both")


def _nodes(facts: Facts, site: Ints, resource: Ints) -> Ints:
    return site * len(facts.resources) + resource


def _lane_arcs(facts: Facts, resources: Ints) -> tuple[Ints, Ints]:
    """From node to node: lanes of no lead time that carry one of these resources."""
    known = (facts.lane_origin >= 0) & (facts.lane_destination >= 0) & (facts.lane_lead == 0)
    lane = np.flatnonzero(known & facts.lane_open.any(axis=1))
    row, column = np.nonzero(facts.carries[np.ix_(lane, resources)])
    lane, resource = lane[row], resources[column]
    origin = _nodes(facts, facts.lane_origin[lane], resource)
    return origin, _nodes(facts, facts.lane_destination[lane], resource)


def _groups(facts: Facts, flows: pl.DataFrame, origin: Ints, destination: Ints) -> Ints:
    """The strongly connected component of each node, and of each process, behind the nodes."""
    nodes = len(facts.sites) * len(facts.resources)
    size = nodes + len(facts.processes)
    flow_node = flows["node"].to_numpy()
    process = flows["process"].to_numpy() + nodes
    used = (flows["quantity"] < 0).to_numpy()
    tail = np.concatenate([origin, np.where(used, flow_node, process)])
    head = np.concatenate([destination, np.where(used, process, flow_node)])
    arcs = sparse.csr_array((np.ones(len(tail)), (tail, head)), shape=(size, size))
    _, group = sparse.csgraph.connected_components(arcs, directed=True, connection="strong")
    return np.asarray(group, dtype=np.int64)


def _ringed(flows: pl.DataFrame) -> list[pl.DataFrame]:
    """By ring, the flows of its processes: those that take all inputs from it and feed it."""
    used = pl.col("quantity") < 0
    per_process = flows.group_by("process", maintain_order=True).agg(
        pl.col("group").filter(used).first().alias("ring"),
        (pl.col("group").filter(used).n_unique() == 1).alias("closed"),
        pl.col("group").filter(~used).alias("outputs"),
    )
    feeding = per_process.filter(
        pl.col("closed") & pl.col("outputs").list.contains(pl.col("ring"))
    ).select("process", "ring")
    members = flows.join(feeding, on="process", maintain_order="left")
    return members.partition_by("ring", maintain_order=True)


def _making(members: pl.DataFrame, origin: Ints, destination: Ints) -> list[int]:
    """Processes of the ring that run where it nets most with no input; none if it nets nothing.

    Every process may run so that its largest flow is 1 at most.
    """
    from scipy.optimize import linprog  # here, since it is slow to load and rarely needed

    process, run = np.unique(members["process"].to_numpy(), return_inverse=True)
    nodes, row = np.unique(
        np.concatenate([members["node"].to_numpy(), origin, destination]), return_inverse=True
    )
    flow_row, from_row, to_row = np.split(row, [len(members), len(members) + len(origin)])
    quantity = members["quantity"].to_numpy().astype(float)
    scale = _node_scale(quantity, flow_row, len(nodes), from_row, to_row)
    quantity = quantity / scale[flow_row]
    largest = np.zeros(len(process))
    np.maximum.at(largest, run, np.abs(quantity))
    quantity /= largest[run]
    lane = np.arange(len(origin)) + len(process)
    net = sparse.csr_array(
        (
            np.concatenate([quantity, -np.ones(len(lane)), np.ones(len(lane))]),
            (np.concatenate([flow_row, from_row, to_row]), np.concatenate([run, lane, lane])),
        ),
        shape=(len(nodes), len(process) + len(lane)),
    )
    gain = np.asarray(net.sum(axis=0)).ravel()
    bounds = [(0, 1)] * len(process) + [(0, len(process))] * len(lane)
    found = linprog(-gain, A_ub=-net, b_ub=np.zeros(len(nodes)), bounds=bounds, method="highs")
    if found.x is None or -found.fun <= GAIN_MIN:
        return []
    return [int(at) for at in process[found.x[: len(process)] > GAIN_MIN]]


def _node_scale(
    quantity: NDArray[np.float64], row: Ints, count: int, from_row: Ints, to_row: Ints
) -> NDArray[np.float64]:
    """A typical quantity a node, one and the same for all nodes that lanes link."""
    links = sparse.csr_array((np.ones(len(from_row)), (from_row, to_row)), shape=(count, count))
    _, linked = sparse.csgraph.connected_components(links, directed=False)
    largest = np.zeros(count)
    np.maximum.at(largest, linked[row], np.abs(quantity))
    largest[largest == 0] = 1.0
    scale: NDArray[np.float64] = largest[linked]
    return scale


def _report(findings: Findings, facts: Facts, making: list[int]) -> None:
    keys = facts.processes["process"][making]
    rows = findings.rows("processes").filter(pl.col("process").is_in(keys.implode()))
    rows = rows.unique("process", keep="first", maintain_order=True)
    ring = ", ".join(rows["process"])
    message = f"{ring} make more than they use, in a ring within one period: goods from nothing."
    if len(rows) == 1:
        message = f"{ring} makes more than it uses of the same goods: goods from nothing."
    hint = "Correct the quantities in process_flows, or give one of them a lead time."
    first = rows.head(1)
    findings.report("processes", first[ROW], first["process"], None, message, hint, "ring")
