"""The same model in linopy, the way its documentation advises for large sparse models.

`Model(sparse=True)` under the v1 semantics keeps grouped sums in compressed rows, without
padding every balance to the length of the longest; it is the faster and the smaller of
linopy's two paths on networks whose hubs have many lanes.
"""

from __future__ import annotations

import linopy
import numpy as np
import pandas as pd
from built import Array, Built
from peer_tables import PeerTables
from scipy import sparse


def build_linopy(t: PeerTables) -> Built:
    """From the index tables to the program, by labelled variables and grouped sums."""
    linopy.options["semantics"] = "v1"
    model = linopy.Model(sparse=True)

    def variable(name: str, table: pd.DataFrame, upper: Array | float) -> linopy.Variable:
        index = pd.RangeIndex(len(table), name=name)
        return model.add_variables(lower=0, upper=upper, coords=[index], name=name)

    ship = variable("ship", t.ship, np.inf)
    stock = variable("stock", t.stock, np.inf)
    run = variable("run", t.run, t.run["most"].to_numpy())
    deliver = variable("deliver", t.deliver, np.inf)
    short = variable("short", t.short, t.short["quantity"].to_numpy())
    _balances(model, t, ship, stock, run, deliver)
    _demands(model, t, deliver, short)
    _lane_limits(model, t, ship)
    pairs = ((ship, t.ship), (stock, t.stock), (run, t.run), (deliver, t.deliver), (short, t.short))
    model.add_objective(sum((_constant(x, table["cost"]) * x).sum() for x, table in pairs))
    return program(model)


def _constant(variable: linopy.Variable, values: pd.Series) -> pd.Series:
    """A column of a table as a constant on its variable's dimension."""
    return pd.Series(values.to_numpy(), variable.indexes[variable.dims[0]])


def _grouped(
    expression: linopy.Variable | linopy.LinearExpression, groups: pd.Series, name: str
) -> linopy.LinearExpression:
    """Sum by group number; rows numbered -1 are in no group."""
    dimension = expression.dims[0]
    number = groups.to_numpy()
    taken = np.flatnonzero(number >= 0)
    if len(taken) < len(number):
        expression = expression.isel({dimension: taken})
    index = pd.Index(expression.indexes[dimension], name=dimension)
    return (1 * expression).groupby(pd.Series(number[taken], index, name=name)).sum()


def _balances(
    model: linopy.Model, t: PeerTables, ship: linopy.Variable, stock: linopy.Variable,
    run: linopy.Variable, deliver: linopy.Variable,
) -> None:  # fmt: skip
    node = pd.Series(np.arange(len(t.stock)))
    each = run.isel(run=t.flow["run"].to_numpy()).assign_coords(run=t.flow.index.to_numpy())
    each = each.rename(run="flow")
    parts = [
        _grouped(stock, node, "node"),
        -_grouped(stock, t.stock["next_node"], "node"),
        _grouped(ship, t.ship["depart_node"], "node"),
        -_grouped(ship, t.ship["arrive_node"], "node"),
        -_grouped(_constant(each, t.flow["quantity"]) * each, t.flow["node"], "node"),
        _grouped(deliver, t.deliver["node"], "node"),
    ]
    balance = linopy.merge(parts, join="outer")
    supply = pd.Series(t.stock["supply"].to_numpy(), pd.RangeIndex(len(t.stock), name="node"))
    model.add_constraints(balance == supply, name="balance")


def _demands(
    model: linopy.Model, t: PeerTables, deliver: linopy.Variable, short: linopy.Variable
) -> None:
    demand = pd.Series(np.arange(len(t.short)))
    parts = [
        _grouped(deliver, t.deliver["demand"], "demand"),
        _grouped(short, demand, "demand"),
    ]
    met = linopy.merge(parts, join="outer")
    wanted = pd.Series(t.short["quantity"].to_numpy(), pd.RangeIndex(len(demand), name="demand"))
    model.add_constraints(met == wanted, name="demand")


def _lane_limits(model: linopy.Model, t: PeerTables, ship: linopy.Variable) -> None:
    volume = _grouped(_constant(ship, t.ship["volume"]) * ship, t.ship["limit"], "limit")
    index = pd.RangeIndex(len(t.lane_volume), name="limit")
    most = pd.Series(t.lane_volume["volume_m3_max"].to_numpy(), index)
    model.add_constraints(volume <= most, name="volume_m3_max")


def program(model: linopy.Model) -> Built:
    """Take linopy's own matrices, as arrays for a solver."""
    made = model.matrices
    right, sense = made.b, np.asarray(made.sense)
    return Built(
        matrix=sparse.csc_array(made.A),
        row_lower=np.where(sense == "<", -np.inf, right),
        row_upper=np.where(sense == ">", np.inf, right),
        cost=made.c,
        upper=made.ub,
    )
