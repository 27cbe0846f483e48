"""Rules 3 and 6: what limits shipments, runs and stock in a period, and whole things."""

from __future__ import annotations

import numpy as np

from sampan.model.columns import Columns, whole_entries
from sampan.model.layers import Layers
from sampan.model.numbers import Array, Numbers, code
from sampan.model.rows import Entries, Rows, compact, matches


def _grouped(
    rule: str, sense: str, rhs: Array, number: Array, column: Array, value: Array | float
) -> tuple[Array, Array, Array, Array, Array]:
    """Entries by a group number, groups without entries left out: kept, rhs, row, column, value."""
    kept, place = compact(np.bincount(number, minlength=len(rhs)) > 0)
    values = np.broadcast_to(value, number.shape)
    return kept, rhs[kept], place[number], column, values


def lane_limits(n: Numbers, lay: Layers, c: Columns) -> list[Rows]:
    """Σ mass (volume) of the shipments that leave ≤ mass_kg_max (volume_m3_max)."""
    f = c.shipments
    resource = lay.resource[f["layer"]]
    found = []
    for rule, limit, size in (
        ("mass_kg_max", n.mass_kg_max, n.mass_kg),
        ("volume_m3_max", n.volume_m3_max, n.volume_m3),
    ):
        per_unit = size[resource]
        bound = np.isfinite(limit[f["lane"], f["period"]]) & (per_unit > 0)
        number = f["lane"][bound] * n.periods + f["period"][bound]
        found.append(_lane_rows(rule, n, limit.ravel(), number, f.columns[bound], per_unit[bound]))
    return found


def _lane_rows(
    rule: str, n: Numbers, limit: Array, number: Array, column: Array, value: Array
) -> Rows:
    kept, rhs, row, column, value = _grouped(rule, "<=", limit, number, column, value)
    lane, period = np.divmod(kept, n.periods)
    return Rows(rule, "<=", rhs, row, column, value, key=lane, key_table="lanes", period=period)


def quantity_limits(n: Numbers, lay: Layers, c: Columns) -> Rows:
    """Σ over layers f ≤ quantity_max, where a resource has several layers (else a bound)."""
    entry = n.lane_resource
    several = np.bincount(lay.resource)[entry["resource"]] > 1
    limited = np.flatnonzero(several & np.isfinite(entry["quantity_max"]))
    number, column = _of_entries(n, lay, c, limited)
    rhs = np.repeat(entry["quantity_max"], n.periods)
    kept, rhs, at, column, value = _grouped("quantity_max", "<=", rhs, number, column, 1.0)
    row, period = np.divmod(kept, n.periods)
    return Rows(
        "quantity_max", "<=", rhs, at, column, value,
        key=entry["lane"][row], key_table="lanes", resource=entry["resource"][row], period=period,
    )  # fmt: skip


def _of_entries(n: Numbers, lay: Layers, c: Columns, entries: Array) -> tuple[Array, Array]:
    """Shipments of some rows of lane_resources: row · T + period, and the columns."""
    if not len(entries):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    row = np.full(n.carries.size, -1, dtype=np.int64)
    resources = len(n.keys["resources"])
    entry = n.lane_resource
    row[entry["lane"][entries] * resources + entry["resource"][entries]] = entries
    f = c.shipments
    mine = row[f["lane"] * resources + lay.resource[f["layer"]]]
    chosen = mine >= 0
    return mine[chosen] * n.periods + f["period"][chosen], f.columns[chosen]


def shared_capacities(n: Numbers, lay: Layers, c: Columns) -> Rows:
    """Σ loads of what starts in a period ≤ amount_max."""
    loads = n.network.table("capacity_loads")
    capacity = code(loads["capacity"], n.keys["capacities"])
    amount, per = loads["amount_per_unit"].to_numpy(), loads["per"].to_list()
    by_run = np.array([one == "run" for one in per], dtype=bool)
    activity = loads["activity"]
    entries = Entries()
    f, r = c.shipments, c.runs
    loaded = np.flatnonzero(by_run)
    process = code(activity.gather(loaded), n.keys["processes"])
    load, run = matches(process, r["process"])
    load = loaded[load]
    entries.add(capacity[load] * n.periods + r["period"][run], r.columns[run], amount[load])
    loaded = np.flatnonzero(~by_run)
    lane = code(activity.gather(loaded), n.keys["lanes"])
    load, sent = matches(lane, f["lane"])
    load = loaded[load]
    sizes = np.stack([np.ones(len(n.mass_kg)), n.mass_kg, n.volume_m3])
    kind = np.array([("unit", "kg", "m3", "run").index(one) for one in per], dtype=np.int64)
    size = sizes[kind[load], lay.resource[f["layer"][sent]]]
    entries.add(
        capacity[load] * n.periods + f["period"][sent], f.columns[sent], amount[load] * size
    )
    number, column, value = entries.arrays()
    used = value > 0
    kept, rhs, at, column, value = _grouped(
        "amount_max", "<=", n.amount_max.ravel(), number[used], column[used], value[used]
    )
    row, period = np.divmod(kept, n.periods)
    return Rows(
        "amount_max", "<=", rhs, at, column, value, key=row, key_table="capacities", period=period
    )


def storage(n: Numbers, lay: Layers, c: Columns) -> Rows:
    """Σ volume of s − b ≤ storage_m3_max."""
    s, b = c.stocks, c.storage_breaches
    sites = len(n.keys["sites"])
    row_of = np.full(sites * n.periods, -1, dtype=np.int64)
    row_of[b["site"] * n.periods + b["period"]] = np.arange(b.size)
    row = row_of[s["site"] * n.periods + s["period"]]
    volume = n.volume_m3[lay.resource[s["layer"]]]
    takes = (row >= 0) & (volume > 0)
    entries = Entries()
    entries.add(row[takes], s.columns[takes], volume[takes])
    entries.add(np.arange(b.size), b.columns, -1.0)
    return Rows(
        "storage_m3_max", "<=", n.storage_m3_max[b["site"]], *entries.arrays(),
        key=b["site"], key_table="sites", period=b["period"],
    )  # fmt: skip


def vehicles(n: Numbers, lay: Layers, c: Columns) -> list[Rows]:
    """Σ mass ≤ vehicle_kg · vehicles, Σ volume ≤ vehicle_m3 · vehicles, by lane and period."""
    f, z = c.shipments, c.vehicles
    if not z.size:
        return []
    resource = lay.resource[f["layer"]]
    row_of = np.full(len(n.origin) * n.periods, -1, dtype=np.int64)
    row_of[z["lane"] * n.periods + z["period"]] = np.arange(z.size)
    row = row_of[f["lane"] * n.periods + f["period"]]
    found = []
    for rule, carried, size in (
        ("vehicle_kg", n.vehicle_kg, n.mass_kg),
        ("vehicle_m3", n.vehicle_m3, n.volume_m3),
    ):
        limited = np.isfinite(carried[z["lane"]])
        mine = (row >= 0) & (size[resource] > 0)
        mine[mine] = limited[row[mine]]
        entries = Entries()
        entries.add(row[mine], f.columns[mine], size[resource[mine]])
        entries.add(np.flatnonzero(limited), z.columns[limited], -carried[z["lane"][limited]])
        rows, columns, values = entries.arrays()
        limit = np.zeros(z.size)
        key, period = z["lane"], z["period"]
        found.append(Rows(rule, "<=", limit, rows, columns, values, key, "lanes", None, period))
    return found


def lots(n: Numbers, lay: Layers, c: Columns) -> Rows:
    """Σ over layers f − lot_size · lots = 0."""
    return _whole_rows(n, lay, c, "lot_size", "lot_size", "=", -1)


def least_quantities(n: Numbers, lay: Layers, c: Columns) -> list[Rows]:
    """quantity_min · start ≤ Σ over layers f ≤ most · start: nothing, or at least this."""
    return [
        _whole_rows(n, lay, c, "quantity_min", "quantity_min", ">=", -1),
        _whole_rows(n, lay, c, "quantity_min", "most", "<=", -1),
    ]


def _whole_rows(
    n: Numbers, lay: Layers, c: Columns, attribute: str, factor: str, sense: str, sign: int
) -> Rows:
    z = c.lots if attribute == "lot_size" else c.starts
    rows = whole_entries(n, attribute)
    number, column = _of_entries(n, lay, c, rows)
    place = np.full(len(n.lane_resource["lane"]) * n.periods, -1, dtype=np.int64)
    place[z["entry"] * n.periods + z["period"]] = np.arange(z.size)
    values = (
        most_shipped(n)[z["entry"]] if factor == "most" else n.lane_resource[factor][z["entry"]]
    )
    entries = Entries()
    entries.add(place[number], column, 1.0)
    entries.add(np.arange(z.size), z.columns, sign * values)
    return Rows(
        factor if factor != "most" else "quantity_start", sense, np.zeros(z.size),
        *entries.arrays(), key=n.lane_resource["lane"][z["entry"]], key_table="lanes",
        resource=n.lane_resource["resource"][z["entry"]], period=z["period"],
    )  # fmt: skip


def most_shipped(n: Numbers) -> Array:
    """For each row of lane_resources, the most that could ever leave in one period."""
    entry = n.lane_resource
    lane, resource = entry["lane"], entry["resource"]
    with np.errstate(divide="ignore", invalid="ignore"):
        by_mass = n.mass_kg_max.max(axis=1, initial=0.0)[lane] / n.mass_kg[resource]
        by_volume = n.volume_m3_max.max(axis=1, initial=0.0)[lane] / n.volume_m3[resource]
    most = np.fmin(np.fmin(by_mass, by_volume), entry["quantity_max"])
    finite: Array = np.minimum(np.where(np.isnan(most), np.inf, most), most_there(n)[resource])
    return finite


def most_there(n: Numbers) -> Array:
    """An upper bound on how much of each resource a plan can have, or can put to use.

    Supply bounds it where every process is limited; else need does: no plan gains by
    starting more than what demands, policies and further processing can take.
    """
    # of nothing, numpy's bincount gives whole numbers, into which no fraction can be added
    supply = np.bincount(
        n.supply.resource, n.supply.quantity, minlength=len(n.keys["resources"])
    ).astype(float)
    made = n.flow_quantity > 0
    with np.errstate(invalid="ignore"):
        output = n.flow_quantity[made] * n.runs_max.sum(axis=1)[n.flow_process[made]]
    np.add.at(supply, n.flow_resource[made], output)
    most: Array = np.minimum(supply, supply[np.isfinite(supply)].sum() + _need(n))
    return most


def _need(n: Numbers) -> Array:
    """What demands, reserves, pledges and commitments ask for, through every process."""
    resources = n.keys["resources"]
    count = len(resources)
    need = np.bincount(n.demand_resource, n.demand_quantity, minlength=count).astype(float)
    for table, attribute in (
        ("reserves", "quantity_min"),
        ("pledges", "quantity"),
        ("commitments", "quantity"),
    ):
        frame = n.network.table(table)
        np.add.at(need, code(frame["resource"], resources), frame[attribute].to_numpy())
    frame = n.network.table("substitutes")
    wanted, instead = (code(frame[name], resources) for name in ("resource", "substitute"))
    np.add.at(need, instead, frame["quantity_per_unit"].to_numpy() * need[wanted])
    total = need.copy()
    made, used = n.flow_quantity > 0, n.flow_quantity < 0
    for _ in range(len(resources)):  # one level of processing at a time, from goods to materials
        runs = np.zeros(len(n.process_site))
        np.add.at(runs, n.flow_process[made], total[n.flow_resource[made]] / n.flow_quantity[made])
        grown = need.copy()
        np.add.at(grown, n.flow_resource[used], -n.flow_quantity[used] * runs[n.flow_process[used]])
        if np.allclose(grown, total, rtol=1e-12):
            break
        total = grown
    grown_need: Array = total + need.max(initial=1.0)
    return grown_need
