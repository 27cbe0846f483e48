"""Max-min in rounds: who is still free in which round, and at what level the others are held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sampan.verify.parts import Part
from sampan.verify.report import Findings
from sampan.verify.tolerances import VALUE
from sampan.verify.values import Values
from sampan.verify.world import Bools, Floats

HELD_FREE = np.nan
"""The level of a pair that no rule holds."""


@dataclass(frozen=True)
class Rounds:
    """All rounds of all classes, over the pairs (rows) of `Values.fill_rates`.

    Attributes
    ----------
    lowest
        By part, the lowest fill rate of those free in the round.
    free
        By part, which pairs are free.
    levels
        By part, at what level every other pair is held, `nan` where none holds it yet.
    final
        The levels for all stages after fairness.
    """

    lowest: dict[str, float]
    free: dict[str, Bools]
    levels: dict[str, Floats]
    final: Floats


def follow_rounds(
    findings: Findings, parts: list[Part], values: Values, prices: pl.DataFrame, *, whole: bool
) -> Rounds:
    """Replay the rounds from the `fill_rate` prices; `whole`: there the order alone counts."""
    pairs = values.fill_rates
    fill, priority = pairs["fill"].to_numpy(), pairs["priority"].to_numpy()
    rounds = Rounds({}, {}, {}, np.full(len(pairs), HELD_FREE))
    by_class: dict[int, list[Part]] = {}
    for part in parts:
        if part.stage == "fairness" and part.priority is not None:
            by_class.setdefault(part.priority, []).append(part)
    tolerance = values.tables.network.objective.tolerance
    for number, members in by_class.items():
        inside = priority == number
        if whole and members[0].bound_from == "solver":
            _ranks(findings, rounds, members, np.sort(fill[inside]))
            continue
        free = inside.copy()
        for part in members:
            rounds.free[part.part] = free.copy()
            rounds.levels[part.part] = rounds.final.copy()
            rounds.lowest[part.part] = float(fill[free].min()) if free.any() else 1.0
            level = min(part.value, part.bound * (1 - tolerance))
            fixed = free & _priced(prices, part, pairs)
            rounds.final[fixed] = level
            free &= ~fixed
        _check_end(findings, members, free, inside, rounds)
        rounds.final[free] = level
    return rounds


def _priced(prices: pl.DataFrame, part: Part, pairs: pl.DataFrame) -> Bools:
    """The pairs whose `fill_rate` price in the round is positive."""
    chosen = prices.filter(
        (pl.col("stage") == "fairness")
        & (pl.col("part") == part.part)
        & (pl.col("rule") == "fill_rate")
        & (pl.col("price") > 0)
    )
    key = pl.format("{}:{}", "priority", "group").alias("key")
    found = pairs.with_row_index("row").with_columns(key).join(
        chosen, on=["key", "resource"], how="semi"
    )  # fmt: skip
    priced = np.zeros(len(pairs), dtype=bool)
    priced[found["row"].to_numpy()] = True
    return priced


def _check_end(
    findings: Findings, members: list[Part], free: Bools, inside: Bools, rounds: Rounds
) -> None:
    """Rounds go on while somebody is free and could be better off, and no further."""
    last = members[-1]
    went_on = free.sum() < rounds.free[last.part].sum()
    if free.any() and went_on and last.value < 1 - VALUE:
        text = f"{int(free.sum())} of {int(inside.sum())} are still free, but no round follows."
        findings.add("fairness", last.where, text)
    for part in members:
        if not rounds.free[part.part].any():
            findings.add("fairness", part.where, "nobody is free any more in this round.")


def _ranks(findings: Findings, rounds: Rounds, members: list[Part], rates: Floats) -> None:
    """With whole numbers, the value of round r is the r-th lowest rate."""
    for place, part in enumerate(members):
        rounds.lowest[part.part] = float(rates[place]) if place < len(rates) else 1.0
        if place >= len(rates):
            findings.add("fairness", part.where, "there are fewer fill rates than rounds.")
    last = members[-1]
    if len(members) < len(rates) and last.value < 1 - VALUE:
        text = f"{len(members)} rounds for {len(rates)} fill rates, and the last is below 1."
        findings.add("fairness", last.where, text)
