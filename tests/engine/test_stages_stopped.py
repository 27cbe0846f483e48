"""Solves that are stopped early: a valid plan with true bounds, or a clear error."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from sampan.errors import SolverError
from sampan.plan import Plan
from sampan.solve import solve
from tests.engine.networks import Row, demand, lane, solved, stock, tiny


def scarce(**more: Any) -> Any:
    """10 masks at A for 8 wanted at A, 8 at B and, less urgently, 8 at C."""
    return tiny(
        "A B C",
        stocks=[stock("A", 10)],
        lanes=[lane("A", "B", 1), lane("A", "C", 1)],
        demands=[
            demand("A", "A", 8, 1),
            demand("B", "B", 8, 1),
            demand("C", "C", 8, 1, priority=2),
        ],
        **more,
    )


LOTS: list[Row] = [{"lane": "A>B", "resource": "mask", "lot_size": 3}]


@pytest.mark.parametrize("lane_resources", [[], LOTS], ids=["continuous", "whole"])
@pytest.mark.parametrize("first", ["shortage", "fairness", "cost"])
def test_a_solve_stopped_at_once_gives_a_plan_with_true_bounds(
    lane_resources: list[Row], first: str
) -> None:
    """With no time at all the plan serves local demand from local stock, and proves nothing.

    Every part of every stage is still stated: bounds are 0, for fairness 1.
    """
    stages = (first, *({"shortage", "fairness"} - {first}))
    plan = solved(scarce(stages=stages, lane_resources=lane_resources), time_limit=0.0)
    assert plan.status == "time_limit"
    bounds = dict.fromkeys(("shortage", "cost"), 0.0) | {"fairness": 1.0}
    for row in plan.stages.iter_rows(named=True):
        assert row["bound"] == bounds[row["stage"]]
    assert plan.deliveries["demand"].to_list() == ["A"]


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_caller_who_says_stop_gets_a_valid_plan(calls: int) -> None:
    """`on_progress` that returns False ends the solve; what there is by then is valid."""
    asked: list[object] = []

    def report(progress: object) -> bool:
        asked.append(progress)
        return len(asked) < calls

    plan = solved(scarce(), on_progress=report)
    assert plan.status == "interrupted"


@pytest.mark.parametrize("lane_resources", [[], LOTS], ids=["continuous", "whole"])
def test_a_stop_at_any_moment_leaves_a_valid_plan_with_every_part(
    lane_resources: list[Row],
) -> None:
    """Stopped at the k-th report, for every k: valid, and every class of every stage is stated."""
    network = scarce(lane_resources=lane_resources)
    reports: list[object] = []
    whole = solved(network, on_progress=reports.append)
    for most in range(len(reports) + 1):
        asked: list[object] = []

        def report(progress: object, asked: list[object] = asked, most: int = most) -> bool:
            asked.append(progress)
            return len(asked) <= most

        plan = solved(network, on_progress=report)
        assert _classes(plan) == _classes(whole), most


def _classes(plan: Plan) -> set[tuple[str, str]]:
    """Stage and class of every part, whatever the number of rounds."""
    parts = plan.stages.select("stage", pl.col("part").str.split(":").list.first())
    return set(parts.iter_rows())


def test_no_plan_at_all_is_an_error_that_says_so() -> None:
    """A hard reserve of 5 at B, where nothing lies yet: stopped at once, there is no plan."""
    hard = [
        {
            "reserve": "R",
            "site": "B",
            "resource": "mask",
            "quantity_min": 5,
            "hard": True,
            "from_period": 1,
        }
    ]
    with pytest.raises(SolverError, match="more time"):
        solve(scarce(reserves=hard), time_limit=0.0)
