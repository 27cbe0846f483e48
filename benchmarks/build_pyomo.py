"""The same model in Pyomo: a ConcreteModel with indexed components, compiled to matrices.

Expressions are built with `quicksum` over lists gathered in one pass, and compiled by
Pyomo's own `LinearStandardFormCompiler`, its quickest way to arrays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from built import Built
from peer_tables import PeerTables
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse


def build_pyomo(t: PeerTables) -> Built:
    """From the index tables to the program, by variables, rules and expressions."""
    model = pyo.ConcreteModel()
    model.ship = _variable(len(t.ship))
    model.stock = _variable(len(t.stock))
    model.run = _variable(len(t.run), t.run["most"])
    model.deliver = _variable(len(t.deliver))
    model.short = _variable(len(t.short), t.short["quantity"])
    _balances(model, t)
    _demands(model, t)
    _lane_limits(model, t)
    parts = ((model.ship, t.ship), (model.stock, t.stock), (model.run, t.run),
             (model.deliver, t.deliver), (model.short, t.short))  # fmt: skip
    costs = [(x, table["cost"].tolist()) for x, table in parts]
    model.total = pyo.Objective(
        expr=pyo.quicksum(cost[i] * x[i] for x, cost in costs for i in range(len(cost)) if cost[i])
    )
    return _program(model)


def _variable(count: int, upper: pd.Series | None = None) -> pyo.Var:
    if upper is None:
        return pyo.Var(range(count), bounds=(0, None))
    most = upper.tolist()
    return pyo.Var(range(count), bounds=lambda _, i: (0, most[i]))


def _members(groups: pd.Series) -> dict[int, list[int]]:
    """Row numbers by group number; rows numbered -1 are in no group."""
    found: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups.tolist()):
        if group >= 0:
            found[group].append(row)
    return found


def _sum(x: pyo.Var, rows: Iterable[int]) -> object:
    return pyo.quicksum(x[row] for row in rows)


def _balances(model: pyo.ConcreteModel, t: PeerTables) -> None:
    before = _members(t.stock["next_node"])
    leaving, arriving = _members(t.ship["depart_node"]), _members(t.ship["arrive_node"])
    delivered, flows = _members(t.deliver["node"]), _members(t.flow["node"])
    run_of, quantity = t.flow["run"].tolist(), t.flow["quantity"].tolist()
    supply = t.stock["supply"].tolist()

    def rule(m: pyo.ConcreteModel, node: int) -> object:
        out = _sum(m.ship, leaving.get(node, ())) + _sum(m.deliver, delivered.get(node, ()))
        came = _sum(m.ship, arriving.get(node, ())) + _sum(m.stock, before.get(node, ()))
        made = pyo.quicksum(quantity[f] * m.run[run_of[f]] for f in flows.get(node, ()))
        return m.stock[node] + out - came - made == supply[node]

    model.balance = pyo.Constraint(range(len(supply)), rule=rule)


def _demands(model: pyo.ConcreteModel, t: PeerTables) -> None:
    delivered, wanted = _members(t.deliver["demand"]), t.short["quantity"].tolist()

    def rule(m: pyo.ConcreteModel, demand: int) -> object:
        return _sum(m.deliver, delivered.get(demand, ())) + m.short[demand] == wanted[demand]

    model.demand = pyo.Constraint(range(len(wanted)), rule=rule)


def _lane_limits(model: pyo.ConcreteModel, t: PeerTables) -> None:
    carried, volume = _members(t.ship["limit"]), t.ship["volume"].tolist()
    most = t.lane_volume["volume_m3_max"].tolist()

    def rule(m: pyo.ConcreteModel, limit: int) -> object:
        return pyo.quicksum(volume[i] * m.ship[i] for i in carried[limit]) <= most[limit]

    model.volume_m3_max = pyo.Constraint(range(len(most)), rule=rule)


def _program(model: pyo.ConcreteModel) -> Built:
    """Pyomo's own standard form, as arrays for a solver."""
    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    sense = np.array([row.bound_type for row in form.rows])
    most = [column.ub for column in form.columns]
    return Built(
        matrix=sparse.csc_array(form.A),
        row_lower=np.where(sense == 1, -np.inf, form.rhs),
        row_upper=np.where(sense == -1, np.inf, form.rhs),
        cost=form.c.toarray().ravel(),
        upper=np.array([np.inf if bound is None else bound for bound in most]),
    )
