"""Tables → variables → equations → one sparse matrix. `build(network)` can be called alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from sampan.model import balance, columns, limits, policy
from sampan.model.columns import Builder, Columns
from sampan.model.layers import Layers, Reach, layers, reach
from sampan.model.numbers import Array, Numbers, code, numbers
from sampan.model.rows import Rows
from sampan.network import Network


@dataclass(frozen=True)
class Model:
    """The program: row_lower ≤ matrix · x ≤ row_upper, 0 ≤ x ≤ upper, some x whole.

    All in the tables' own units; the solvers scale it for themselves.
    """

    numbers: Numbers
    layers: Layers
    reach: Reach
    columns: Columns
    rows: tuple[Rows, ...]
    """Blocks, in the order of the matrix's rows."""
    matrix: sparse.csc_array
    row_lower: Array
    row_upper: Array
    upper: Array
    whole: Array
    """Boolean, one a column."""

    @property
    def network(self) -> Network:
        return self.numbers.network

    @property
    def has_whole(self) -> bool:
        return bool(self.whole.any())

    @cached_property
    def row_starts(self) -> Array:
        return np.cumsum([0, *(block.size for block in self.rows)])

    def first_row(self, rule: str) -> int:
        """Where the block of a rule starts."""
        place = [block.rule for block in self.rows].index(rule)
        return int(self.row_starts[place])

    @cached_property
    def scale(self) -> Array:
        """A typical size of each column, in its own unit, for solvers to scale by."""
        return column_scale(self, typical_quantities(self.numbers))


def build(network: Network) -> Model:
    """The model of a network that passed `sampan.check`.

    Returns
    -------
    Model
        With `matrix` in compressed sparse columns, ready for a solver.
    """
    n = numbers(network)
    lay = layers(n)
    r = reach(n, lay)
    c = variables(n, lay, r)
    rows = tuple(block for block in equations(n, lay, r, c) if block.size)
    matrix, lower, upper = _assemble(rows, c.count)
    blocks = c.blocks.values()
    return Model(
        numbers=n,
        layers=lay,
        reach=r,
        columns=c,
        rows=rows,
        matrix=matrix,
        row_lower=lower,
        row_upper=upper,
        upper=np.concatenate([block.upper for block in blocks]),
        whole=np.concatenate([np.broadcast_to(block.whole, (block.size,)) for block in blocks]),
    )


def variables(n: Numbers, lay: Layers, r: Reach) -> Columns:
    """Every block of columns, in matrix order."""
    new = Builder()
    changed = len(policy.loose_commitments(n))
    return Columns(
        shipments=columns.shipments(new, n, lay, r),
        stocks=columns.stocks(new, n, lay, r),
        runs=columns.runs(new, n, r),
        draws=columns.draws(new, n, lay, r),
        deliveries=columns.deliveries(new, n, lay, r),
        expired=columns.expired(new, n, lay, r),
        shortages=columns.shortages(new, n),
        reserve_breaches=policy.reserve_breaches(new, n),
        pledge_breaches=policy.pledge_breaches(new, n),
        storage_breaches=policy.storage_breaches(new, n),
        above=new.block(changed, np.inf),
        below=new.block(changed, np.inf),
        vehicles=columns.per_period(new, n, np.flatnonzero(n.has_vehicles), "lane", np.inf),
        lots=columns.per_period(new, n, columns.whole_entries(n, "lot_size"), "entry", np.inf),
        starts=columns.per_period(new, n, columns.whole_entries(n, "quantity_min"), "entry", 1.0),
    )


def equations(n: Numbers, lay: Layers, r: Reach, c: Columns) -> list[Rows]:
    """Every rule of the network, one function an equation."""
    return [
        *balance.balances(n, lay, r, c),
        balance.inputs(n, c),
        balance.occupancy(n, lay, c),
        balance.demands(n, c),
        *limits.lane_limits(n, lay, c),
        limits.quantity_limits(n, lay, c),
        limits.shared_capacities(n, lay, c),
        limits.storage(n, lay, c),
        policy.reserves(n, lay, c),
        *policy.export_limits(n, lay, c),
        policy.pledges(n, lay, c),
        policy.commitments(n, lay, c),
        policy.changes(n, lay, c),
        *limits.vehicles(n, lay, c),
        limits.lots(n, lay, c),
        *limits.least_quantities(n, lay, c),
    ]


def _assemble(rows: tuple[Rows, ...], width: int) -> tuple[sparse.csc_array, Array, Array]:
    starts = np.cumsum([0, *(block.size for block in rows)])
    if not rows:
        return sparse.csc_array((0, width)), np.zeros(0), np.zeros(0)
    shape = (int(starts[-1]), width)
    kind = np.int32 if max(shape) < np.iinfo(np.int32).max else np.int64
    ends = np.cumsum([0, *(len(block.value) for block in rows)])
    row, column = np.empty(ends[-1], dtype=kind), np.empty(ends[-1], dtype=kind)
    value = np.empty(ends[-1])
    for block, at, start, end in zip(rows, starts, ends, ends[1:], strict=False):
        np.add(block.row, at, out=row[start:end], casting="unsafe")
        column[start:end] = block.column
        value[start:end] = block.value
    matrix = sparse.coo_array((value, (row, column)), shape=shape).tocsc()
    lower = np.concatenate([np.full(b.size, -np.inf) if b.sense == "<=" else b.rhs for b in rows])
    upper = np.concatenate([np.full(b.size, np.inf) if b.sense == ">=" else b.rhs for b in rows])
    return matrix, lower, upper


def column_scale(model: Model, typical: Array) -> Array:
    """A power of two near the size of each column, given a typical quantity of each resource."""
    n, lay, c = model.numbers, model.layers, model.columns
    scale = np.ones(c.count)

    def put(block: columns.Block, values: Array) -> None:
        scale[block.start : block.start + block.size] = values

    for block in (c.shipments, c.stocks, c.draws, c.deliveries, c.expired):
        put(block, typical[lay.resource[block["layer"]]])
    put(c.shortages, typical[n.demand_resource])
    per_run = np.zeros(len(n.process_site))
    np.maximum.at(per_run, n.flow_process, np.abs(n.flow_quantity) / typical[n.flow_resource])
    runs = np.where(per_run > 0, 1.0 / np.where(per_run > 0, per_run, 1.0), 1.0)
    put(c.runs, runs[c.runs["process"]])
    for table, block in (("reserves", c.reserve_breaches), ("pledges", c.pledge_breaches)):
        frame = n.network.table(table)
        kind = typical[code(frame["resource"], n.keys["resources"])]
        put(block, kind[block["reserve"]] if table == "reserves" else kind)
    loose = policy.loose_commitments(n)["resource_row"].to_numpy()
    put(c.above, typical[loose])
    put(c.below, typical[loose])
    b = c.storage_breaches
    most = np.maximum(n.storage_m3_max[b["site"]], b.upper)
    put(b, np.where(most > 0, most, 1.0))
    scale[model.whole] = 1.0
    return np.exp2(np.round(np.log2(scale)))


def typical_quantities(n: Numbers) -> Array:
    """One a resource: mean demand, else mean supply, else mean flow of a run, else 1."""
    count = len(n.keys["resources"])
    typical = np.zeros(count)
    for resource, quantity in (
        (n.demand_resource, n.demand_quantity),
        (n.supply.resource, n.supply.quantity),
        (n.flow_resource, np.abs(n.flow_quantity)),
    ):
        seen = np.bincount(resource, minlength=count)
        mean = np.bincount(resource, quantity, minlength=count) / np.maximum(seen, 1)
        typical = np.where(typical > 0, typical, mean)
    return np.where(typical > 0, typical, 1.0)
