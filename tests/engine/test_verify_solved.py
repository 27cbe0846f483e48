"""`verify` agrees with the solver on plans that it made, and sees a unit changed in them."""

from __future__ import annotations

import random

import polars as pl
import pytest

from sampan.check import check
from sampan.errors import ContradictionError
from sampan.network import Network
from sampan.plan import Plan
from sampan.solve import solve
from sampan.verify import verify
from tests.property.random_networks import random_network

NETWORKS = 6
CELLS = 8
FRAMES = ("shipments", "vehicles", "runs", "stocks", "deliveries", "shortages", "expiries",
          "breaches")  # fmt: skip


def solved(seed: int, *, whole: bool) -> tuple[Network, Plan]:
    """The first network from the seed on that has a plan, and its plan."""
    while True:
        network = random_network(seed, whole=whole)
        seed += 1000
        if any(problem.severity == "error" for problem in check(network)):
            continue
        try:
            return network, solve(network)
        except ContradictionError:
            continue


def cells(network: Network, plan: Plan) -> list[tuple[str, str, int]]:
    """Frame, column and row of every quantity but of services, which may be sent in vain.

    What the solver's rounding left over is no unit of anything.
    """
    kinds = network.table("resources").select("resource", "kind")
    services = kinds.filter(pl.col("kind") == "service")["resource"]
    makes = network.table("process_flows").filter(pl.col("resource").is_in(services.implode()))
    found = []
    for name in FRAMES:
        frame = plan.frame(name).with_row_index("row")
        column = "count" if name == "vehicles" else "quantity"
        kept = frame.filter(pl.col(column) > 1e-6)
        if "resource" in frame.columns:
            kept = kept.filter(~pl.col("resource").is_in(services.implode()))
        if name == "runs":
            kept = kept.filter(~pl.col("process").is_in(makes["process"].implode()))
        found += [(name, column, row) for row in kept["row"]]
    return found


@pytest.mark.parametrize("seed", range(NETWORKS))
@pytest.mark.parametrize("whole", [False, True])
def test_solved_plans_are_valid_and_no_unit_can_be_changed(
    seed: int, whole: bool, effort: int
) -> None:
    """A plan passes as it was made, and fails with one unit more or less anywhere."""
    for turn in range(effort):
        network, plan = solved(seed + NETWORKS * turn, whole=whole)
        assert [str(violation) for violation in verify(network, plan)] == []
        chosen = cells(network, plan)
        random.Random(seed).shuffle(chosen)
        for name, column, row in chosen[: CELLS * effort]:
            for unit in (-1, 1):
                here = pl.when(pl.int_range(pl.len()) == row).then(unit).otherwise(0)
                wrong = plan.frame(name).with_columns(pl.col(column) + here)
                assert not verify(network, plan.replace(**{name: wrong})).valid, (name, row, unit)
