"""Any point of any network is repaired to a plan that keeps every rule, near what it was."""

from __future__ import annotations

import numpy as np

from sampan.fast.flow import DUST
from sampan.fast.plumbing import DERIVED
from sampan.fast.promises import promises
from sampan.fast.repair import Repairs
from sampan.model.exact import largest_violation
from sampan.verify import verify
from tests.property.fast_points import models, noisy, plan_of

CASES = 60
"""Seeds; times the effort."""
SAME = 1e-9
UNREPAIRED = 0.02
"""Share of far points that contradict hard rules so much that the repair may give up."""


def test_the_best_plan_stays_the_best(effort: int) -> None:
    """A point that needs no repair keeps its value."""
    seen = 0
    for seed, model, costs, best, _ in models(range(CASES * effort)):
        x = Repairs(model).of(best, costs)
        assert x is not None, seed
        assert largest_violation(model, x) <= SAME, seed
        value = float(costs @ best)
        assert abs(costs @ x - value) <= 1e-7 * max(abs(value), 1.0), seed
        seen += 1
    assert seen > CASES * effort // 2


def test_noise_costs_about_as_much_as_it_changes(effort: int) -> None:
    """Off by a thousandth, a point is repaired to a plan that is hardly dearer than the best."""
    random, dearer = np.random.default_rng(0), []
    for seed, model, costs, best, _ in models(range(CASES * effort)):
        x = Repairs(model).of(noisy(best, 1e-3, random), costs)
        if x is None:
            continue
        assert largest_violation(model, x) <= SAME, seed
        value = float(costs @ best)
        assert costs @ x >= value - 1e-7 * max(abs(value), 1.0), seed
        dearer.append((costs @ x - value) / max(abs(value), 1.0))
    assert np.median(dearer) <= 1e-3
    assert np.quantile(dearer, 0.9) <= 2e-2


def test_far_points_become_plans_that_verify_accepts(effort: int) -> None:
    """Nothing at all, and garbage: the plan keeps every rule, recomputed from the tables."""
    random, given_up, seen = np.random.default_rng(1), 0, 0
    for seed, model, costs, best, duals in models(range(CASES * effort)):
        for point in (np.zeros(len(best)), 20 * random.random(len(best))):
            seen += 1
            x = Repairs(model).of(point, costs)
            if x is None:
                given_up += 1
                continue
            assert largest_violation(model, x) <= SAME, seed
            violations = verify(model.network, plan_of(model, costs, x, duals))
            assert not len(violations), (seed, violations)
    assert given_up <= UNREPAIRED * seen + 1


def test_nothing_moves_that_is_only_rounding(effort: int) -> None:
    """Residues of an iteration, far below a typical quantity, are not handed on as goods."""
    random, dusty, seen = np.random.default_rng(2), 0, 0
    for seed, model, costs, best, duals in models(range(CASES * effort)):
        repairs = Repairs(model)
        residue = 1e-11 * model.scale * random.random(len(best))
        x = repairs.of(best + residue, costs)
        if x is None or promises(model, repairs.plumbing, best + residue, costs).any:
            continue  # what is promised is sent, however little it is
        seen += 1
        moved = repairs.plumbing.role != DERIVED
        dusty += int(((x > 0) & (x < DUST * model.scale) & moved).any())
        assert not len(verify(model.network, plan_of(model, costs, x, duals))), seed
    assert seen > CASES * effort // 4
    assert dusty == 0
