"""Begin where a previous plan ended, whatever has changed since: by label, never by position."""

from __future__ import annotations

import numpy as np
import polars as pl

from sampan.fast.program import Program
from sampan.fast.state import State
from sampan.model import Model
from sampan.model.columns import Block
from sampan.model.numbers import Array
from sampan.model.rows import Rows
from sampan.plan import Plan

WARM_WEIGHT = 1.0


def state_of(model: Model, program: Program, plan: Plan) -> State:
    """The iteration's state at a plan and its first part's prices; what it does not know is 0."""
    return State.at(program, point_of(model, plan), prices_of(model, plan), WARM_WEIGHT)


def point_of(model: Model, plan: Plan) -> Array:
    """The plan's quantities, one a column."""
    n, c = model.numbers, model.columns
    x = np.zeros(c.count)
    f, r, s, y, u = c.shipments, c.runs, c.stocks, c.deliveries, c.shortages
    keys = {"lane": n.names("lanes", f["lane"]), "depart_period": pl.Series(f["period"])}
    _fill(x, model, f, keys, plan.frames["shipments"])
    keys = {"site": n.names("sites", s["site"]), "period": pl.Series(s["period"])}
    _fill(x, model, s, keys, plan.frames["stocks"])
    keys = {"demand": n.names("demands", y["demand"]), "period": pl.Series(y["period"])}
    _fill(x, model, y, keys, plan.frames["deliveries"])
    runs = {"process": n.names("processes", r["process"]), "period": pl.Series(r["period"])}
    _join(x, r, pl.DataFrame(runs), plan.frames["runs"])
    names = {"demand": n.names("demands", np.arange(u.size))}
    _join(x, u, pl.DataFrame(names), plan.frames["shortages"])
    return x


def prices_of(model: Model, plan: Plan) -> Array:
    """The duals of the plan's prices of its first part, one a row."""
    n, lay = model.numbers, model.layers
    duals = np.zeros(len(model.row_lower))
    balances, others = (
        plan.frames[name].join(plan.frames["stages"].head(1), on=["stage", "part"], how="semi")
        for name in ("prices", "capacity_prices")
    )
    for block, start in zip(model.rows, model.row_starts, strict=False):
        labels = {k: v for k, v in block.labels(n).items() if v is not None}
        if block.rule == "balance":
            assert block.layer is not None  # noqa: S101 - balances have one
            frame = pl.DataFrame(
                {
                    "site": labels["key"],
                    "resource": n.names("resources", lay.resource[block.layer]),
                    "period": labels["period"],
                    "expires_period": _expires(model, block.layer),
                }
            )
            found = _joined(frame, balances, "price")
        else:
            frame = pl.DataFrame(labels)
            found = _joined(frame, others.filter(pl.col("rule") == block.rule), "price")
        duals[start : start + block.size] = _sign(block) * found
    return duals


def _sign(block: Rows) -> float:
    return 1.0 if block.sense == ">=" else -1.0


def _expires(model: Model, layer: Array) -> pl.Series:
    expires = pl.Series(model.layers.expires[layer], dtype=pl.Int64)
    return expires.set(expires == model.numbers.periods, None)


def _fill(
    x: Array, model: Model, block: Block, keys: dict[str, pl.Series], given: pl.DataFrame
) -> None:
    """A block whose columns are about layers too: by expiry where known, else by resource."""
    n, lay = model.numbers, model.layers
    resource = n.names("resources", lay.resource[block["layer"]])
    frame = pl.DataFrame({**keys, "resource": resource})
    frame = frame.with_columns(expires_period=_expires(model, block["layer"]))
    several = np.bincount(lay.resource)[lay.resource[block["layer"]]] > 1
    by_layer = _joined(frame, given, "quantity")
    alone = _joined(frame.drop("expires_period"), given, "quantity")
    x[block.start : block.start + block.size] = np.where(several, by_layer, alone)


def _join(x: Array, block: Block, frame: pl.DataFrame, given: pl.DataFrame) -> None:
    x[block.start : block.start + block.size] = _joined(frame, given, "quantity")


def _joined(frame: pl.DataFrame, given: pl.DataFrame, value: str) -> Array:
    """The given values by all columns of `frame`, 0 where there is none."""
    keys = frame.columns
    found = given.group_by(keys).agg(pl.col(value).sum())
    joined = frame.join(found, on=keys, how="left", nulls_equal=True, maintain_order="left")
    numbers: Array = joined[value].fill_null(0.0).to_numpy()
    return numbers
