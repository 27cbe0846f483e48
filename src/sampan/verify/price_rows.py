"""From the plan's `prices` and `capacity_prices` to one price a row of the program."""

from __future__ import annotations

import numpy as np
import polars as pl

from sampan.plan import Plan
from sampan.verify.parts import Part
from sampan.verify.report import Findings
from sampan.verify.rows import LABEL, Rows, balance_code
from sampan.verify.world import Floats, World


class PriceTable:
    """All prices of a plan, sorted to the rows that they belong to; strangers are violations."""

    def __init__(self, findings: Findings, world: World, rows: Rows, plan: Plan) -> None:
        self.rows = rows
        self._balance = _balance_prices(findings, world, rows, plan.prices)
        given = _numbers(findings, plan.capacity_prices, "capacity_prices")
        stages = given.filter(pl.col("rule") == "stage")
        self._kept = stages.partition_by("stage", "part", as_dict=True)
        others = given.filter(pl.col("rule") != "stage")
        self._rules = _rule_prices(findings, rows, others)

    def of(self, part: Part) -> Floats:
        """A price for every row; 0 where none is stated."""
        prices = np.zeros(len(self.rows.right))
        for table in (self._balance, self._rules):
            found = table.get((part.stage, part.part))
            if found is not None:
                np.add.at(prices, found["row"].to_numpy(), found["price"].to_numpy())
        return prices

    def kept(self, part: Part) -> dict[str, float]:
        """The prices of earlier stages' values, by stage:part."""
        found = self._kept.get((part.stage, part.part))
        return {} if found is None else dict(found.select("key", "price").iter_rows())


Parted = dict[tuple[object, ...], pl.DataFrame]


def _numbers(findings: Findings, frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Complete rows with finite prices, none twice."""
    keys = [column for column in frame.columns if column != "price"]
    where = [column for column in keys if column != "period"]
    good = pl.col("price").is_finite().fill_null(value=False)
    findings.rows(f"{name}_form", frame.filter(~good), where, "the price is no number.")
    frame = frame.filter(good)
    twice = frame.select(keys).is_duplicated()
    findings.rows(f"{name}_form", frame.filter(twice), where, "the row stands more than once.")
    return frame.unique(keys, keep="first", maintain_order=True)


def _balance_prices(findings: Findings, world: World, rows: Rows, given: pl.DataFrame) -> Parted:
    """Prices of the balances, with `row`; those of layers without any unit fall out."""
    given = _numbers(findings, given, "prices")
    site, resource = world.site_at(given["site"]), world.resource_at(given["resource"])
    period = given["period"].fill_null(-1).to_numpy()
    last = given["expires_period"].fill_null(world.periods).to_numpy()
    known = (site >= 0) & (resource >= 0) & (period >= 0) & (period < world.periods)
    known &= last >= period
    known &= given["expires_period"].is_null().to_numpy() | (last < world.periods)
    where = ("stage", "part", "site", "resource", "expires_period")
    text = "there is no such balance."
    findings.rows("prices", given.filter(~pl.Series(known)), where, text)
    given = given.filter(pl.Series(known))
    layer = world.layers.of(resource[known], last[known])
    code = balance_code(world, period[known], site[known], layer)
    row = np.searchsorted(rows.balance, code).clip(max=max(len(rows.balance) - 1, 0))
    there = (layer >= 0) & (len(rows.balance) > 0)
    there[there] = rows.balance[row[there]] == code[there]
    found = given.with_columns(pl.Series("row", row)).filter(pl.Series(there))
    return found.partition_by("stage", "part", as_dict=True)


def _rule_prices(findings: Findings, rows: Rows, given: pl.DataFrame) -> Parted:
    joined = given.join(rows.labels, on=LABEL, how="left", nulls_equal=True, maintain_order="left")
    strange = joined.filter(pl.col("row").is_null())
    where = ("stage", "part", "rule", "key", "resource")
    findings.rows("prices", strange, where, "there is no such rule.")
    return joined.filter(pl.col("row").is_not_null()).partition_by("stage", "part", as_dict=True)
