"""Rules 1, 2 and 4 of the network: balances with expiry, draws, occupancy and demands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sampan.model.columns import Columns
from sampan.model.layers import Layers, Reach, output_layers
from sampan.model.numbers import Array, Numbers
from sampan.model.rows import Entries, Rows, compact, matches

RowOf = Callable[[Array, Array, Array], Array]
"""Row of a layer, a site and a period."""


def balances(n: Numbers, lay: Layers, r: Reach, c: Columns) -> list[Rows]:
    """s(t) − s(t−1) − made − arrived + used + sent + delivered + expired = stocks + arrivals.

    One row for each site, layer and period that supply can reach; for a service "=" is "≤"
    and there is no stock: what is left over is lost.
    """
    place = np.cumsum(r.node.ravel(), dtype=np.int64) - 1
    nodes = r.node.shape[1]

    def row(layer: Array, site: Array, period: Array) -> Array:
        found: Array = place[period * nodes + layer * r.sites + site]
        return found

    entries = Entries()
    _add_movements(entries, row, n, lay, c)
    _add_processes(entries, row, n, lay, c)
    period, node = np.nonzero(r.node)
    layer, site = node // r.sites, node % r.sites
    rhs = _supply(row, n, lay, len(period))
    service = n.is_service[lay.resource[layer]]
    return [
        _part(entries, mask, sense, rhs, layer, site, period)
        for sense, mask in (("=", ~service), ("<=", service))
        if mask.any()
    ]


def _part(
    entries: Entries, mask: Array, sense: str, rhs: Array, layer: Array, site: Array, period: Array
) -> Rows:
    row, column, value = entries.arrays()
    if not mask.all():
        _, place = compact(mask)
        mine = mask[row]
        row, column, value = place[row[mine]], column[mine], value[mine]
    return Rows(
        rule="balance",
        sense=sense,
        rhs=rhs[mask],
        row=row,
        column=column,
        value=value,
        key=site[mask],
        key_table="sites",
        layer=layer[mask],
        period=period[mask],
    )


def _add_movements(entries: Entries, row: RowOf, n: Numbers, lay: Layers, c: Columns) -> None:
    f = c.shipments
    lane, layer, period = f["lane"], f["layer"], f["period"]
    entries.add(row(layer, n.origin[lane], period), f.columns, 1.0)
    arrive = period + n.lane_lead[lane]
    entries.add(row(layer, n.destination[lane], arrive), f.columns, -1.0)

    s = c.stocks
    entries.add(row(s["layer"], s["site"], s["period"]), s.columns, 1.0)
    next_period = s["period"] + 1
    goes_on = next_period < n.periods
    at = row(s["layer"][goes_on], s["site"][goes_on], next_period[goes_on])
    entries.add(at, s.columns[goes_on], -1.0)

    w = c.expired
    entries.add(row(w["layer"], w["site"], lay.expires[w["layer"]]), w.columns, 1.0)

    y = c.deliveries
    used_up = ~n.is_equipment[lay.resource[y["layer"]]]
    at = row(y["layer"], n.demand_site[y["demand"]], y["period"])
    entries.add(at[used_up], y.columns[used_up], 1.0)


def _add_processes(entries: Entries, row: RowOf, n: Numbers, lay: Layers, c: Columns) -> None:
    runs, draws = c.runs, c.draws
    if not len(n.flow_process):
        return
    outputs = output_layers(n, lay)
    single = np.bincount(lay.resource)[n.flow_resource] == 1
    flow, run = flows_of_runs(n, runs["process"])
    start = runs["period"][run]
    site = n.process_site[n.flow_process[flow]]
    made = n.flow_quantity[flow] > 0
    out = start[made] + n.process_lead[n.flow_process[flow[made]]]
    at = row(outputs[flow[made], out], site[made], out)
    entries.add(at, runs.columns[run[made]], -n.flow_quantity[flow[made]])
    used = ~made & single[flow]
    layer = lay.of[n.flow_resource[flow[used]]].max(axis=1)  # its only layer
    at = row(layer, site[used], start[used])
    entries.add(at, runs.columns[run[used]], -n.flow_quantity[flow[used]])
    site = n.process_site[n.flow_process[draws["flow"]]]
    entries.add(row(draws["layer"], site, draws["period"]), draws.columns, 1.0)


def flows_of_runs(n: Numbers, process: Array) -> tuple[Array, Array]:
    """Every flow of every run's process: flow numbers and run numbers, side by side."""
    return matches(n.flow_process, process)


def _supply(row: RowOf, n: Numbers, lay: Layers, size: int) -> Array:
    supply = n.supply
    expires = np.where((n.is_service | n.is_equipment)[supply.resource], -1, supply.expires)
    layer = lay.find(supply.resource, expires)
    at = row(layer, supply.site, supply.period)
    total: Array = np.bincount(at, supply.quantity, minlength=size)
    return total


def inputs(n: Numbers, c: Columns) -> Rows:
    """Σ over layers g − used per run · r = 0, for inputs that come in several layers."""
    draws, runs = c.draws, c.runs
    periods = n.periods
    drawn = draws["flow"] * periods + draws["period"]
    kept, place = compact(np.bincount(drawn, minlength=len(n.flow_process) * periods) > 0)
    flow, period = np.divmod(kept, periods)
    entries = Entries()
    entries.add(place[drawn], draws.columns, 1.0)
    run_at = np.full(len(n.process_site) * periods, -1, dtype=np.int64)
    run_at[runs["process"] * periods + runs["period"]] = runs.columns
    column = run_at[n.flow_process[flow] * periods + period]
    entries.add(np.arange(len(kept)), column, n.flow_quantity[flow])
    return Rows(
        "input", "=", np.zeros(len(kept)), *entries.arrays(),
        key=n.flow_process[flow], key_table="processes",
        resource=n.flow_resource[flow], period=period,
    )  # fmt: skip


def occupancy(n: Numbers, lay: Layers, c: Columns) -> Rows:
    """Equipment: Σ y of the demands at a site in a period ≤ what stands there."""
    y, s = c.deliveries, c.stocks
    lent = n.is_equipment[lay.resource[y["layer"]]]
    resources, periods = len(n.keys["resources"]), n.periods
    sites = len(n.keys["sites"])

    def node(site: Array, layer: Array, period: Array) -> Array:
        found: Array = (site * resources + lay.resource[layer]) * periods + period
        return found

    wanted = node(n.demand_site[y["demand"][lent]], y["layer"][lent], y["period"][lent])
    flags = np.zeros(sites * resources * periods if lent.any() else 0, dtype=bool)
    flags[wanted] = True
    kept, place = compact(flags)
    entries = Entries()
    entries.add(place[wanted], y.columns[lent], 1.0)
    stands = n.is_equipment[lay.resource[s["layer"]]] & lent.any()
    at = node(s["site"][stands], s["layer"][stands], s["period"][stands])
    met = place[at] >= 0 if len(at) else np.zeros(0, dtype=bool)
    entries.add(place[at[met]] if len(at) else at, s.columns[stands][met], -1.0)
    rest, period = np.divmod(kept, periods)
    site, resource = np.divmod(rest, resources)
    return Rows(
        "occupancy", "<=", np.zeros(len(kept)), *entries.arrays(),
        key=site, key_table="sites", resource=resource, period=period,
    )  # fmt: skip


def demands(n: Numbers, c: Columns) -> Rows:
    """Σ y ÷ quantity_per_unit + u = quantity."""
    y, u = c.deliveries, c.shortages
    entries = Entries()
    entries.add(y["demand"], y.columns, 1.0 / y["per_unit"])
    entries.add(np.arange(u.size), u.columns, 1.0)
    return Rows(
        "demand", "=", n.demand_quantity, *entries.arrays(),
        key=np.arange(u.size), key_table="demands",
    )  # fmt: skip
