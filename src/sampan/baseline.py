"""A plan that needs no solver: what to fall back on when a solve is stopped at once.

Nothing new is started or sent; firm commitments go; each site serves its own demands from
its own stock, the most urgent first. It is poor, but it obeys the rules, and it is there.
"""

from __future__ import annotations

import numpy as np

from sampan.model import Model
from sampan.model.exact import exact
from sampan.model.numbers import Array

TOLERANCE = 1e-9


def baseline(model: Model) -> Array | None:
    """The point, or None where hard rules ask for more than this."""
    x = np.zeros(model.columns.count)
    _send_commitments(model, x)
    _serve_locally(model, x)
    x = exact(model, x)
    return x if _obeys(model, x) else None


def _send_commitments(model: Model, x: Array) -> None:
    """Firm commitments in full, from the layer that expires last."""
    for rows in model.rows:
        if rows.rule == "commitment":
            order = np.argsort(rows.column, kind="stable")
            last = dict(zip(rows.row[order].tolist(), rows.column[order].tolist(), strict=True))
            for row, column in last.items():
                x[column] = rows.rhs[row]


def _serve_locally(model: Model, x: Array) -> None:
    """Ask for everything at once, most urgent first; `exact` cuts it to what is there."""
    n, lay, c = model.numbers, model.layers, model.columns
    y = c.deliveries
    sites = len(n.keys["sites"])
    left = np.zeros(lay.count * sites)
    came = _certain(model)
    open_quantity = n.demand_quantity.copy()
    order = np.lexsort((lay.expires[y["layer"]], n.demand_priority[y["demand"]], y["period"]))
    at = y["layer"] * sites + n.demand_site[y["demand"]]
    equipment = n.is_equipment[lay.resource[y["layer"]]]
    service = n.is_service[lay.resource]
    period = -1
    for k in order:
        while period < y["period"][k]:
            period += 1
            left[np.repeat(service | (lay.expires < period), sites)] = 0.0
            left += came[period]
            busy = np.zeros_like(left)
        demand, node = y["demand"][k], at[k]
        there = left[node] - busy[node]
        quantity = min(there, open_quantity[demand] * y["per_unit"][k])
        if quantity > 0:
            x[y.start + k] = quantity
            open_quantity[demand] -= quantity / y["per_unit"][k]
            if equipment[k]:
                busy[node] += quantity
            else:
                left[node] -= quantity


def _certain(model: Model) -> Array:
    """T × nodes: stocks and arrivals, less what firm commitments will take."""
    n, lay = model.numbers, model.layers
    supply = n.supply
    sites = len(n.keys["sites"])
    expires = np.where((n.is_service | n.is_equipment)[supply.resource], -1, supply.expires)
    node = lay.find(supply.resource, expires) * sites + supply.site
    came = np.zeros((n.periods, lay.count * sites))
    np.add.at(came, (supply.period, node), supply.quantity)
    committed = [rows for rows in model.rows if rows.rule == "commitment"]
    if committed:
        f = model.columns.shipments
        for column in np.unique(committed[0].column):
            k = column - f.start
            # kept for the commitment: not to be delivered before it leaves
            came[:, f["layer"][k] * sites + n.origin[f["lane"][k]]] = 0.0
    return came


def _obeys(model: Model, x: Array) -> bool:
    load = model.matrix @ x
    room = TOLERANCE * (abs(model.matrix) @ np.abs(x) + 1.0)
    return bool(
        (load >= model.row_lower - room).all()
        and (load <= model.row_upper + room).all()
        and (x <= model.upper + TOLERANCE).all()
    )
