"""Any prices prove a bound that no plan beats; the right ones prove the best."""

from __future__ import annotations

import numpy as np

from sampan.fast.bound import proven
from tests.property.fast_points import models

CASES = 60
"""Seeds; times the effort."""


def test_exact_prices_prove_the_optimum(effort: int) -> None:
    """The duals of the best plan, cleaned, prove its value."""
    seen = 0
    for seed, model, costs, best, duals in models(range(CASES * effort)):
        bound, _ = proven(model, costs, duals)
        value = float(costs @ best)
        assert abs(bound - value) <= 1e-7 * max(abs(value), 1.0), seed
        seen += 1
    assert seen > CASES * effort // 2


def test_wrong_prices_never_prove_too_much(effort: int) -> None:
    """Noise, garbage and nothing at all: the bound stays below the best value."""
    random = np.random.default_rng(0)
    for seed, model, costs, best, duals in models(range(CASES * effort)):
        value, size = float(costs @ best), 1.0 + np.abs(duals).max()
        rows = len(duals)
        for prices in (
            duals * (1 + 0.01 * random.standard_normal(rows)),
            duals + size * random.standard_normal(rows),
            np.zeros(rows),
            np.full(rows, np.nan),
            -duals,
        ):
            bound, _ = proven(model, costs, prices)
            assert bound <= value + 1e-9 * max(abs(value), 1.0), seed


def test_slightly_wrong_prices_prove_nearly_the_optimum(effort: int) -> None:
    """Off by a thousandth, the prices prove all but a hundredth, at the median."""
    random, lost = np.random.default_rng(0), []
    for _, model, costs, best, duals in models(range(CASES * effort)):
        bound, _ = proven(model, costs, duals * (1 + 1e-3 * random.standard_normal(len(duals))))
        value = float(costs @ best)
        lost.append((value - bound) / max(abs(value), 1.0))
    assert np.median(lost) <= 1e-2
