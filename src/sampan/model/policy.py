"""Rule 5: reserves, export limits, pledges and commitments."""

from __future__ import annotations

import numpy as np
import polars as pl

from sampan.model.balance import flows_of_runs
from sampan.model.columns import Block, Builder, Columns
from sampan.model.layers import Layers
from sampan.model.numbers import Array, Numbers, code
from sampan.model.rows import Entries, Rows

HARD = 0.0


def reserve_breaches(new: Builder, n: Numbers) -> Block:
    """One column for each reserve and period of its window; fixed at 0 if the reserve is hard."""
    frame = n.network.table("reserves")
    first = frame["from_period"].to_numpy()
    last = np.minimum(frame["to_period"].fill_null(n.periods - 1).to_numpy(), n.periods - 1)
    period = np.arange(n.periods)
    inside = (period >= first[:, None]) & (period <= last[:, None])
    reserve, period = np.nonzero(inside)
    quantity = frame["quantity_min"].to_numpy()[reserve]
    upper = np.where(frame["hard"].to_numpy()[reserve], HARD, quantity)
    return new.block(len(reserve), upper, reserve=reserve, period=period)


def reserves(n: Numbers, lay: Layers, c: Columns) -> Rows:
    """Σ s + b ≥ quantity_min at the end of each period of the window."""
    frame = n.network.table("reserves")
    b, s = c.reserve_breaches, c.stocks
    resource = code(frame["resource"], n.keys["resources"])
    stock_resource = lay.resource[s["layer"]]
    entries = Entries()
    row_of = np.full((len(frame), n.periods), -1, dtype=np.int64)
    row_of[b["reserve"], b["period"]] = np.arange(b.size)
    for reserve, where in enumerate(_places(n, frame["site"], frame["country"])):
        row = row_of[reserve, s["period"]]
        mine = (row >= 0) & (stock_resource == resource[reserve]) & where[s["site"]]
        entries.add(row[mine], s.columns[mine], 1.0)
    entries.add(np.arange(b.size), b.columns, 1.0)
    key = frame["reserve"].gather(b["reserve"])
    rhs = frame["quantity_min"].to_numpy()[b["reserve"]]
    return Rows("reserve", ">=", rhs, *entries.arrays(), key=key, period=b["period"])


def _places(n: Numbers, site: pl.Series, country: pl.Series) -> list[Array]:
    """For each row, its site or the sites of its country, as a boolean array over sites."""
    row_of = {key: row for row, key in enumerate(n.keys["sites"])}
    found = []
    for one, land in zip(site.to_list(), country.to_list(), strict=True):
        if one is None:
            found.append(n.countries(land))
        else:
            where = np.zeros(len(row_of), dtype=bool)
            where[row_of[one]] = True
            found.append(where)
    return found


def export_limits(n: Numbers, lay: Layers, c: Columns) -> list[Rows]:
    """Σ shipments that leave the country in the window ≤ quantity_max, and ≤ share_max of
    stock at the start, arrivals and output there.
    """
    frame = n.network.table("export_limits")
    resource = code(frame["resource"], n.keys["resources"])
    by_quantity, by_share = Entries(), Entries()
    share = frame["share_max"].fill_null(np.inf).to_numpy()
    base = np.zeros(len(frame))
    to_period = frame["to_period"].fill_null(n.periods - 1).to_list()
    for limit, country in enumerate(frame["country"].to_list()):
        window = (frame["from_period"][limit], to_period[limit])
        leaving = _leaving(n, lay, c, country, resource[limit], window)
        row = np.full(len(leaving), limit)
        by_quantity.add(row, leaving, 1.0)
        by_share.add(row, leaving, 1.0)
        if np.isfinite(share[limit]):
            column, output = _outputs(n, c, country, resource[limit], window)
            by_share.add(np.full(len(column), limit), column, -share[limit] * output)
            base[limit] = _base(n, country, resource[limit], window)
    has_share = np.isfinite(share)
    most = frame["quantity_max"].to_numpy()
    allowed = np.where(has_share, share, 0.0) * base
    return [
        _chosen("export_quantity_max", frame["limit"], most, by_quantity),
        _chosen("export_share_max", frame["limit"], allowed, by_share, has_share),
    ]


def _chosen(
    rule: str, key: pl.Series, limit: Array, entries: Entries, keep: Array | None = None
) -> Rows:
    """The rows whose limit is set."""
    kept = np.isfinite(limit) if keep is None else keep
    place = np.cumsum(kept) - 1
    row, column, value = entries.arrays()
    mine = kept[row]
    return Rows(
        rule, "<=", limit[kept], place[row[mine]], column[mine], value[mine],
        key=key.filter(pl.Series(kept)),
    )  # fmt: skip


def _leaving(
    n: Numbers, lay: Layers, c: Columns, country: str, resource: int, window: tuple[int, int]
) -> Array:
    f = c.shipments
    inside = n.countries(country)
    out = (inside[n.origin] & ~inside[n.destination])[f["lane"]]
    out &= lay.resource[f["layer"]] == resource
    out &= (f["period"] >= window[0]) & (f["period"] <= window[1])
    columns: Array = f.columns[out]
    return columns


def _outputs(
    n: Numbers, c: Columns, country: str, resource: int, window: tuple[int, int]
) -> tuple[Array, Array]:
    """Columns of runs whose output of a resource comes out in the country and the window."""
    flow, run = flows_of_runs(n, c.runs["process"])
    process = n.flow_process[flow]
    out = c.runs["period"][run] + n.process_lead[process]
    mine = (n.flow_resource[flow] == resource) & (n.flow_quantity[flow] > 0)
    mine &= n.countries(country)[n.process_site[process]]
    mine &= (out >= window[0]) & (out <= window[1])
    return c.runs.columns[run[mine]], n.flow_quantity[flow[mine]]


def _base(n: Numbers, country: str, resource: int, window: tuple[int, int]) -> float:
    """Stock at the start of the calendar and arrivals in the window, in the country."""
    here = n.names("sites", np.flatnonzero(n.countries(country))).implode()
    mine = (pl.col("resource") == n.keys["resources"][resource]) & pl.col("site").is_in(here)
    stocks = n.network.table("stocks").filter(mine)
    in_window = mine & pl.col("period").is_between(*window)
    arrivals = n.network.table("arrivals").filter(in_window)
    return float(sum(stocks["quantity"].to_list()) + sum(arrivals["quantity"].to_list()))


def pledge_breaches(new: Builder, n: Numbers) -> Block:
    """b: one a pledge; fixed at 0 if it is hard."""
    frame = n.network.table("pledges")
    upper = np.where(frame["hard"].to_numpy(), HARD, frame["quantity"].to_numpy())
    return new.block(len(frame), upper)


def pledges(n: Numbers, lay: Layers, c: Columns) -> Rows:
    """Σ shipments arriving by each pledge's period + Σ b ≥ Σ quantity, it and those before it."""
    frame = n.network.table("pledges").with_row_index("row")
    f, b = c.shipments, c.pledge_breaches
    resource = code(frame["resource"], n.keys["resources"])
    into = _places(n, frame["recipient_site"], frame["recipient_country"])
    arrive = f["period"] + n.lane_lead[f["lane"]]
    alike = ["country", "recipient_site", "recipient_country", "resource"]
    rhs = np.zeros(len(frame))
    entries = Entries()
    for group in frame.sort("period", "pledge").partition_by(alike, maintain_order=True):
        before = np.zeros(0, dtype=np.int64)
        for pledge in group["row"].to_list():
            before = np.append(before, pledge)
            carried = n.countries(frame["country"][pledge])[n.origin] & into[pledge][n.destination]
            mine = carried[f["lane"]] & (lay.resource[f["layer"]] == resource[pledge])
            mine &= arrive <= frame["period"][pledge]
            entries.add(np.full(int(mine.sum()), pledge), f.columns[mine], 1.0)
            entries.add(np.full(len(before), pledge), b.columns[before], 1.0)
            rhs[pledge] = frame["quantity"].to_numpy()[before].sum()
    return Rows("pledge", ">=", rhs, *entries.arrays(), key=frame["pledge"])


def commitment_sums(n: Numbers) -> pl.DataFrame:
    """lane, resource, period, firm, loose: sums of commitments by lane, resource and period."""
    frame = n.network.table("commitments")
    firm = pl.when(pl.col("firm")).then(pl.col("quantity")).otherwise(0.0)
    grouped = frame.group_by("lane", "resource", "period", maintain_order=True).agg(
        firm.sum().alias("firm"), (pl.col("quantity") - firm).sum().alias("loose")
    )
    return grouped.with_columns(
        pl.Series("lane_row", code(grouped["lane"], n.keys["lanes"]), dtype=pl.Int64),
        pl.Series("resource_row", code(grouped["resource"], n.keys["resources"]), dtype=pl.Int64),
    )


def commitments(n: Numbers, lay: Layers, c: Columns) -> Rows:
    """Σ over layers f ≥ Σ firm commitments."""
    frame = commitment_sums(n).filter(pl.col("firm") > 0)
    return _committed(n, lay, c, frame, "commitment", ">=", frame["firm"].to_numpy(), Entries())


def changes(n: Numbers, lay: Layers, c: Columns) -> Rows:
    """Σ over layers f − d⁺ + d⁻ = Σ commitments, where at least one is not firm."""
    frame = loose_commitments(n)
    entries = Entries()
    row = np.arange(len(frame))
    entries.add(row, c.above.columns, -1.0)
    entries.add(row, c.below.columns, 1.0)
    rhs = (frame["firm"] + frame["loose"]).to_numpy()
    return _committed(n, lay, c, frame, "change", "=", rhs, entries)


def loose_commitments(n: Numbers) -> pl.DataFrame:
    """Sums of commitments where at least one is not firm: the rows of `changes`."""
    return commitment_sums(n).filter(pl.col("loose") > 0)


def _committed(
    n: Numbers,
    lay: Layers,
    c: Columns,
    frame: pl.DataFrame,
    rule: str,
    sense: str,
    rhs: Array,
    entries: Entries,
) -> Rows:
    f = c.shipments
    lane, resource = frame["lane_row"].to_numpy(), frame["resource_row"].to_numpy()
    period = frame["period"].to_numpy()
    row_of = {key: row for row, key in enumerate(zip(lane, resource, period, strict=True))}
    mine = np.flatnonzero(np.isin(f["lane"], lane)) if len(frame) else np.zeros(0, dtype=np.int64)
    keys = zip(f["lane"][mine], lay.resource[f["layer"][mine]], f["period"][mine], strict=True)
    row = np.array([row_of.get(key, -1) for key in keys], dtype=np.int64)
    entries.add(row[row >= 0], f.columns[mine[row >= 0]], 1.0)
    return Rows(
        rule, sense, rhs, *entries.arrays(), key=lane, key_table="lanes",
        resource=resource, period=period,
    )  # fmt: skip


def storage_breaches(new: Builder, n: Numbers) -> Block:
    """At most what certain goods bring in above the limit: stocks, arrivals, firm commitments."""
    site = np.flatnonzero(np.isfinite(n.storage_m3_max))
    supply = n.supply
    certain = np.zeros((len(n.storage_m3_max), n.periods))
    volume = np.where(n.is_service, 0.0, n.volume_m3)
    np.add.at(certain, (supply.site, supply.period), supply.quantity * volume[supply.resource])
    firm = commitment_sums(n).filter(pl.col("firm") > 0)
    lane = firm["lane_row"].to_numpy()
    arrive = firm["period"].to_numpy() + n.lane_lead[lane]
    on_time = arrive < n.periods
    brought = firm["firm"].to_numpy() * volume[firm["resource_row"].to_numpy()]
    np.add.at(certain, (n.destination[lane[on_time]], arrive[on_time]), brought[on_time])
    over = np.cumsum(certain, axis=1)[site] - n.storage_m3_max[site][:, None]
    row, period = np.divmod(np.arange(len(site) * n.periods), n.periods)
    return new.block(len(row), np.maximum(over, 0.0).ravel(), site=site[row], period=period)
