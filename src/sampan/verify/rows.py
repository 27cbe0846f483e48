"""The rules of the program that the prices are about, as one sparse matrix.

Every row is stated so that its price *p* adds p · (row · x − right side) to the Lagrangian: as it
is for "≤" and "=", with the sign changed for "≥".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse

from sampan.verify.columns import Columns
from sampan.verify.rules import Rule, all_rules
from sampan.verify.world import Floats, Ints, World

LABEL = ("rule", "key", "resource", "period")
LABEL_TYPES = {"rule": pl.String, "key": pl.String, "resource": pl.String, "period": pl.Int64}
NO_ROW = -1


@dataclass(frozen=True)
class Rows:
    """The matrix (columns × rows), right sides, and which rows are inequalities.

    The first rows are balances, numbered by `balance`; then come those that `labels` names.
    """

    transposed: sparse.csr_array
    right: Floats
    inequality: np.ndarray
    balance: Ints
    """The codes (see `balance_code`) of the balances that hold anything, sorted."""
    labels: pl.DataFrame
    """rule, key, resource, period, row."""


def balance_code(world: World, time: Ints, site: Ints, layer: Ints) -> Ints:
    """One number for a layer at a site in a period."""
    code: Ints = (time * len(world.sites) + site) * len(world.layers.resource) + layer
    return code


def build_rows(world: World, columns: Columns) -> Rows:
    """All rules, for the variables given."""
    code, column, value = _balance_entries(world, columns)
    period, site, layer, quantity = world.supply
    supplied = balance_code(world, period, site, layer)
    balance = np.unique(np.concatenate([code, supplied]))
    right = np.zeros(len(balance))
    np.add.at(right, np.searchsorted(balance, supplied), quantity)
    service = world.is_service[world.layers.resource[balance % len(world.layers.resource)]]
    rows, entries = np.searchsorted(balance, code), []
    entries.append((rows, column, value))
    count, rights, inequalities, labels = len(balance), [right], [service], []
    for rule in all_rules(world, columns):
        entries.append((rule.entry_row + count, rule.entry_column, rule.entry_value))
        rights.append(rule.right)
        inequalities.append(np.full(len(rule.right), rule.inequality))
        labels.append(_labels(rule, count))
        count += len(rule.right)
    row, column, value = (np.concatenate(part) for part in zip(*entries, strict=True))
    transposed = sparse.csr_array((value, (column, row)), shape=(columns.count, count))
    return Rows(
        transposed, np.concatenate(rights), np.concatenate(inequalities), balance, pl.concat(labels)
    )


def _labels(rule: Rule, first: int) -> pl.DataFrame:
    frame = rule.labels.with_columns(
        pl.lit(rule.name).alias("rule"),
        pl.int_range(first, first + len(rule.right), dtype=pl.Int64).alias("row"),
    )
    return frame.select(*(pl.col(name).cast(kind) for name, kind in LABEL_TYPES.items()), "row")


def _balance_entries(world: World, columns: Columns) -> tuple[Ints, Ints, Floats]:
    """What every variable adds to (negative: brings into) the balances."""
    ship, run, stock = columns["ship"], columns["run"], columns["stock"]
    deliver, expire, draw = columns["deliver"], columns["expire"], columns["draw"]
    parts: list[tuple[Ints, Ints, Ints, Ints, Floats]] = []

    def add(time: Ints, site: Ints, layer: Ints, at: Ints, value: float | Floats) -> None:
        parts.append((time, site, layer, at, np.broadcast_to(value, len(at)).astype(float)))

    arrive = ship["time"] + world.lane_lead[ship["lane"]]
    add(ship["time"], world.origin[ship["lane"]], ship["layer"], ship.at, 1.0)
    add(arrive, world.destination[ship["lane"]], ship["layer"], ship.at, -1.0)
    add(stock["time"], stock["site"], stock["layer"], stock.at, 1.0)
    on = stock["time"] + 1 < world.periods
    add(stock["time"][on] + 1, stock["site"][on], stock["layer"][on], stock.at[on], -1.0)
    add(expire["time"], expire["site"], expire["layer"], expire.at, 1.0)
    add(draw["time"], draw["site"], draw["layer"], draw.at, 1.0)
    taken = ~world.is_equipment[world.layers.resource[deliver["layer"]]]
    add(deliver["time"][taken], deliver["site"][taken], deliver["layer"][taken],
        deliver.at[taken], 1.0)  # fmt: skip
    column, resource, quantity = run_flows(world, columns, used=False)
    process, out = run["process"][column], run["time"][column]
    out = out + world.process_lead[process]
    add(out, world.process_site[process], world.layers.made(resource, out), run.at[column],
        -quantity)  # fmt: skip
    time, site, layer, at, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    return balance_code(world, time, site, layer), at, value


def run_flows(world: World, columns: Columns, *, used: bool) -> tuple[Ints, Ints, Floats]:
    """For every run and flow of its process: index in the block, resource, quantity."""
    run = columns["run"]
    process, resource, quantity = world.flows(used=used)
    flows = pl.DataFrame({"process": process, "resource": resource, "quantity": quantity})
    runs = pl.DataFrame({"process": run["process"], "index": np.arange(len(run))})
    both = runs.join(flows, on="process", maintain_order="left")
    return both["index"].to_numpy(), both["resource"].to_numpy(), both["quantity"].to_numpy()
