"""A model seen as goods that flow: which column takes from where, when, and what limits it.

Everything here is worked out once a model; the repairs of many points share it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sampan.model import Model
from sampan.model.numbers import Array

OTHER, BALANCE, INPUT = 0, 1, 2
"""Kinds of rows: limits and wishes, goods at a place and time, inputs drawn for runs."""
DERIVED, FLOW, LENT = 0, 1, 2
"""Kinds of columns: what follows from the others, what moves goods, equipment at work."""
NONE = -1

LIMITS = (
    "mass_kg_max", "volume_m3_max", "quantity_max", "amount_max", "demand", "storage_m3_max",
    "occupancy", "export_quantity_max", "export_share_max",
)  # fmt: skip
"""Rules that say at most (of a demand: deliver no more than is wanted)."""
EASED = ("storage_m3_max", "occupancy", "export_share_max")
"""Those among them in which stocks or outputs count."""


class Plumbing(NamedTuple):
    """Arrays over columns (j), rows (i) and periods (t) for the compiled passes."""

    starts: Array
    indices: Array
    data: Array
    kind: Array
    """i: OTHER, BALANCE or INPUT."""
    period: Array
    """i: of balances and inputs; −1 for other rows."""
    role: Array
    """j: DERIVED, FLOW or LENT."""
    upper: Array
    most: Array
    """i: the most that flows and stocks may come to; ∞ if the row is no such limit."""
    eased: Array
    """i: whether stocks or outputs count in such a limit, so that it needs the flows."""
    breach: Array
    """i: by how much the limit may be exceeded, at a price."""
    supply: Array
    """i: what comes from outside, for balances."""
    following: Array
    """i: the balance of the same node one period later, or NONE."""
    preceding: Array
    """i: one period earlier."""
    node: Array
    """i: a number shared by all balances of a node."""
    stock: Array
    """i: the column of what stays at the end of the period, or NONE."""
    expired: Array
    """i: the column of what expires, or NONE."""
    flows: Array
    """Columns that move goods, by the period in which they start."""
    flow_cuts: Array
    has_inputs: bool
    """Whether some inputs come in several layers, and so are drawn."""
    arrivals: Array
    """Columns that bring goods, by the period in which these arrive or come out."""
    arrival_cuts: Array
    rows: Array
    """Balances and inputs, by period."""
    row_cuts: Array


def plumbing(model: Model) -> Plumbing:
    """The flows of a model."""
    kind, period, most, eased, breach, supply = _rows(model)
    following, stock, expired = _stays(model, kind)
    role, starts = _columns(model)
    flows = np.flatnonzero(role == FLOW)
    order = flows[np.argsort(starts[flows], kind="stable")].astype(np.int32)
    placed = np.flatnonzero(kind != OTHER)
    rows = placed[np.argsort(period[placed], kind="stable")].astype(np.int32)
    periods = np.arange(model.numbers.periods + 1)
    arrivals, arrival_cuts = _arrivals(model)
    preceding = np.full(len(following), NONE, dtype=np.int32)
    later = np.flatnonzero(following >= 0)
    preceding[following[later]] = later
    matrix = model.matrix
    return Plumbing(
        starts=matrix.indptr, indices=matrix.indices, data=matrix.data,
        kind=kind, period=period, role=role, upper=model.upper, most=most,
        eased=eased, breach=breach, supply=supply,
        following=following, preceding=preceding, node=_nodes(following, rows),
        stock=stock, expired=expired,
        flows=order, flow_cuts=np.searchsorted(starts[order], periods),
        has_inputs=bool((kind == INPUT).any()), arrivals=arrivals, arrival_cuts=arrival_cuts,
        rows=rows, row_cuts=np.searchsorted(period[rows], periods),
    )  # fmt: skip


def _rows(model: Model) -> tuple[Array, ...]:
    """Kind, period, most, eased, breach and supply of every row."""
    count = len(model.row_lower)
    kind, period = np.zeros(count, dtype=np.int8), np.full(count, NONE, dtype=np.int32)
    most, supply, breach = np.full(count, np.inf), np.zeros(count), np.zeros(count)
    eased = np.zeros(count, dtype=np.bool_)
    for block, start in zip(model.rows, model.row_starts, strict=False):
        mine = slice(int(start), int(start) + block.size)
        if block.rule in ("balance", "input"):
            kind[mine] = BALANCE if block.rule == "balance" else INPUT
            assert block.period is not None  # noqa: S101 - these rules have one
            period[mine] = block.period
        if block.rule == "balance":
            supply[mine] = block.rhs
        if block.rule in LIMITS:
            most[mine] = block.rhs
            eased[mine] = block.rule in EASED
        if block.rule == "storage_m3_max":
            breach[mine] = model.columns.storage_breaches.upper
    return kind, period, most, eased, breach, supply


def _stays(model: Model, kind: Array) -> tuple[Array, Array, Array]:
    """The next balance, stock column and expired column of every balance."""
    matrix, c = model.matrix, model.columns
    following, stock, expired = (np.full(len(kind), NONE, dtype=np.int32) for _ in range(3))
    for block, found in ((c.stocks, stock), (c.expired, expired)):
        first, last = block.start, block.start + block.size
        span = slice(int(matrix.indptr[first]), int(matrix.indptr[last]))
        column = np.repeat(block.columns, np.diff(matrix.indptr[first : last + 1]))
        row, value = matrix.indices[span], matrix.data[span]
        here = (kind[row] == BALANCE) & (value > 0)
        found[row[here]] = column[here]
        if block is c.stocks:
            after = (kind[row] == BALANCE) & (value < 0)
            later = np.full(block.size, NONE, dtype=np.int32)
            later[column[after] - block.start] = row[after]
            following[row[here]] = later[column[here] - block.start]
    return following, stock, expired


def _columns(model: Model) -> tuple[Array, Array]:
    """Role and starting period of every column."""
    n, c = model.numbers, model.columns
    role = np.full(c.count, DERIVED, dtype=np.int8)
    starts = np.full(c.count, NONE, dtype=np.int32)
    for block in (c.shipments, c.runs, c.draws, c.deliveries):
        mine = slice(block.start, block.start + block.size)
        role[mine] = FLOW
        starts[mine] = block["period"]
    y = c.deliveries
    lent = n.is_equipment[model.layers.resource[y["layer"]]]
    role[y.columns[lent]] = LENT
    return role, starts


def _nodes(following: Array, rows: Array) -> Array:
    """One number for all balances of a node, each handing its own on to the next period."""
    node = np.arange(len(following), dtype=np.int32)
    _hand_on(following, rows, node)
    return node


@njit(cache=True)
def _hand_on(following: Array, rows: Array, node: Array) -> None:
    for row in rows:
        if following[row] >= 0:
            node[following[row]] = node[row]


def _arrivals(model: Model) -> tuple[Array, Array]:
    """Shipments and runs by the period in which what they bring is there."""
    n, c = model.numbers, model.columns
    columns = np.concatenate([c.shipments.columns, c.runs.columns])
    period = np.concatenate(
        [
            c.shipments["period"] + n.lane_lead[c.shipments["lane"]],
            c.runs["period"] + n.process_lead[c.runs["process"]],
        ]
    )
    order = np.argsort(period, kind="stable")
    cuts = np.searchsorted(period[order], np.arange(n.periods + 1))
    return columns[order].astype(np.int32), cuts
