"""Each stage's bound by weak duality: what no plan can beat, from the tables and prices alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum, inf

import numpy as np
import polars as pl

from sampan.plan import Plan
from sampan.verify.columns import build_columns
from sampan.verify.fairness import Rounds
from sampan.verify.objectives import build_costs
from sampan.verify.parts import Part, gap_of
from sampan.verify.price_rows import PriceTable
from sampan.verify.reach import Reach
from sampan.verify.report import Findings
from sampan.verify.rows import build_rows
from sampan.verify.tables import Tables
from sampan.verify.tolerances import BOUND, BOUND_ROUNDING, PRICE, REDUCED_COST, VALUE_LEAST
from sampan.verify.world import Bools, Floats, World


@dataclass(frozen=True)
class Bound:
    """A lower bound on the stage's minimum, and how large its terms were."""

    value: float
    magnitude: float
    unbounded: int = 0
    """Variables without upper bound whose reduced cost is negative: then the bound is -inf."""


class Prover:
    """The program of one network; proves the bound of one stage part after another."""

    def __init__(self, findings: Findings, tables: Tables, plan: Plan, rounds: Rounds) -> None:
        self.findings = findings
        self.tables = tables
        self.world = World(tables)
        self.columns = build_columns(self.world, Reach(self.world))
        self.rows = build_rows(self.world, self.columns)
        self.upper = self.columns.upper
        self.sizes = abs(self.rows.transposed)
        self.rounds = rounds
        self.prices = PriceTable(findings, self.world, self.rows, plan)
        self.costs: dict[tuple[str, str], Floats] = {}
        fill = self.rows.labels.filter(pl.col("rule") == "fill_rate")["row"]
        self.fill_rows = fill.to_numpy()

    def prove(self, part: Part, before: list[Part]) -> Bound:
        """The bound that the part's prices prove, given the stages that were kept before it."""
        prices = self.prices.of(part)
        inequality = self.rows.inequality & (prices < 0)
        if inequality.any():
            self._check_signs(part, prices)
            prices = np.where(inequality, 0.0, prices)
        prices = self._fill_inputs(prices)
        right = self.rows.right.copy()
        free = self._hold(part, prices, right)
        costs = self._costs(part)
        sizes = np.abs(costs)
        kept = []
        for earlier, price in self._kept_prices(part, before):
            limit = max(earlier.value, earlier.bound * (1 + self._tolerance))
            costs = costs + price * self._costs(earlier)
            sizes = sizes + price * np.abs(self._costs(earlier))
            kept.append(-price * limit)
        reduced = costs + self.rows.transposed @ prices
        sizes = sizes + self.sizes @ np.abs(prices)
        terms, unbounded = self._best(reduced, sizes)
        with np.errstate(invalid="ignore"):
            supplied = np.where(prices != 0, -prices * right, 0.0)
        numbers = [*terms.tolist(), *supplied[supplied != 0].tolist(), *kept]
        if free is not None:
            # the lowest rate itself, between 0 and 1, is what is maximised
            numbers.append(min(0.0, fsum(prices[free].tolist()) - 1.0))
        magnitude = fsum(map(abs, numbers))
        return Bound(-inf if unbounded else fsum(numbers), magnitude, unbounded)

    def _fill_inputs(self, prices: Floats) -> Floats:
        """Prices of `input` that are not stated: those at which no draw from a layer pays.

        Any price would do, since the rule is an equation; and where a resource has one layer only
        it can be left out, so that nobody has stated one.
        """
        draw = self.columns["draw"]
        if len(draw) == 0:
            return prices
        # a draw stands in two rows: its balance, which comes first, and its input
        ends = self.rows.transposed[draw.at].indices.reshape(-1, 2)
        balance, row = ends.min(axis=1), ends.max(axis=1)
        least = np.full(len(prices), inf)
        np.minimum.at(least, row, prices[balance])
        filled = np.isfinite(least) & (prices == 0)
        return np.where(filled, -least, prices)

    @property
    def _tolerance(self) -> float:
        return self.tables.network.objective.tolerance

    def _best(self, reduced: Floats, sizes: Floats) -> tuple[Floats, int]:
        """The least that every variable can add, and how many have no least."""
        negative = reduced < 0
        limited = np.isfinite(self.upper)
        terms = reduced[negative & limited] * self.upper[negative & limited]
        beyond = negative & ~limited & (reduced < -REDUCED_COST * sizes)
        return terms, int(beyond.sum())

    def _costs(self, part: Part) -> Floats:
        key = part.stage, part.part
        if key not in self.costs:
            self.costs[key] = build_costs(self.world, self.columns, part.stage, part.priority)
        return self.costs[key]

    def _hold(self, part: Part, prices: Floats, right: Floats) -> Bools | None:
        """Put in the right sides of `fill_rate`; the rows in which the lowest rate enters."""
        fair = part.stage == "fairness"
        levels = self.rounds.levels[part.part] if fair else self._levels_at(part)
        right[self.fill_rows] = 1.0 - np.nan_to_num(levels, nan=0.0)
        priced = prices[self.fill_rows] > 0
        free = self.rounds.free[part.part] if fair else np.zeros(len(priced), dtype=bool)
        if (priced & np.isnan(levels) & ~free).any():
            text = "a price is given to a fill rate that nothing holds at this stage."
            self.findings.add("prices", part.where, text)
            prices[self.fill_rows[np.isnan(levels) & ~free]] = 0.0
        if not fair:
            return None
        rows = np.zeros(len(prices), dtype=bool)
        rows[self.fill_rows[free]] = True
        right[rows] = 1.0
        return rows

    def _levels_at(self, part: Part) -> Floats:
        stages = self.tables.network.objective.stages
        held = "fairness" in stages and stages.index("fairness") < stages.index(part.stage)
        nothing: Floats = np.full(len(self.rounds.final), np.nan)
        return self.rounds.final if held else nothing

    def _kept_prices(self, part: Part, before: list[Part]) -> Iterator[tuple[Part, float]]:
        """Earlier parts whose value has a price."""
        by_key = {f"{item.stage}:{item.part}": item for item in before}
        for key, price in self.prices.kept(part).items():
            earlier = by_key.get(key)
            if earlier is None or earlier.stage == "fairness":
                text = f"a price is given to {key}, which is not kept at this stage."
                self.findings.add("prices", part.where, text)
            elif price < 0:
                self.findings.add("prices", part.where, f"the price of keeping {key} is negative.")
            else:
                yield earlier, price

    def _check_signs(self, part: Part, prices: Floats) -> None:
        """No price of an inequality is negative beyond rounding."""
        negative = np.where(self.rows.inequality, -prices, 0.0)
        largest = np.abs(prices).max()
        if negative.max() > PRICE * largest:
            row = int(negative.argmax())
            name = self.rows.labels.filter(pl.col("row") == row)
            what = "a balance" if name.is_empty() else f"{name['rule'][0]} {name['key'][0]}"
            text = f"the price of {what}, an inequality, is negative: {prices[row]:.12g}."
            self.findings.add("prices", part.where, text, amount=float(negative.max()))


def check_bounds(
    findings: Findings, tables: Tables, plan: Plan, parts: list[Part], rounds: Rounds
) -> dict[tuple[str, str], float]:
    """The bounds that the prices prove, by stage and part; no stated bound claims more."""
    chosen = [part for part in parts if part.bound_from == "prices"]
    if not chosen:
        return {}
    prover = Prover(findings, tables, plan, rounds)
    proven = {}
    for place, part in enumerate(parts):
        if part.bound_from != "prices":
            continue
        bound = prover.prove(part, parts[:place])
        sign = -1.0 if part.stage == "fairness" else 1.0
        # without any price: nothing costs less than nothing, no rate exceeds 1
        least = max(bound.value, -1.0 if part.stage == "fairness" else 0.0)
        proven[part.stage, part.part] = sign * least
        more = sign * part.bound - least
        allowed = BOUND * max(abs(part.value), abs(part.bound)) + BOUND_ROUNDING * bound.magnitude
        if not more <= allowed:
            _report(findings, part, bound, sign * least, more)
    return proven


def _report(findings: Findings, part: Part, bound: Bound, proven: float, more: float) -> None:
    text = f"the bound is stated as {part.bound:.12g}; the prices prove {proven:.12g}."
    if bound.unbounded:
        text += f" {bound.unbounded} variables without upper bound have a negative reduced cost."
    gap = gap_of(part.value, proven)
    share = min(more / max(abs(part.value), abs(part.bound), VALUE_LEAST), 1.0)
    findings.add("bound", part.where, f"{text} The gap is {gap:.3g}.", amount=more, relative=share)
