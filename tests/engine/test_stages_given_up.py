"""A solver that fails on a stage costs that stage's proof, not the plan."""

from __future__ import annotations

import pytest

import sampan
from sampan.errors import SolverError
from sampan.plan import Status
from sampan.solvers.highs import Result, Session
from sampan.testing import two_hospitals


@pytest.mark.parametrize("failing", range(2, 7))
def test_a_failure_after_there_is_a_plan_leaves_the_plan(
    monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """The plan still verifies, says that it is not proved whole, and where."""
    plain, calls = Session.minimise, [0]

    def minimise(session: Session, costs: object) -> Result:
        calls[0] += 1
        if calls[0] == failing:
            raise SolverError("HiGHS stopped without a result: Unknown.")
        return plain(session, costs)

    monkeypatch.setattr(Session, "minimise", minimise)
    network = two_hospitals()
    plan = sampan.solve(network)
    monkeypatch.undo()
    assert sampan.verify(network, plan).valid, plan.stages
    assert plan.shortages["quantity"].sum() == 10.0
    if calls[0] >= failing:
        assert plan.summary["status"] == Status.PARTLY_PROVED


def test_a_failure_before_there_is_a_plan_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to give back: the message says why."""

    def minimise(session: Session, costs: object) -> Result:
        raise SolverError("HiGHS stopped without a result: Unknown.")

    monkeypatch.setattr(Session, "minimise", minimise)
    with pytest.raises(SolverError, match="Unknown"):
        sampan.solve(two_hospitals())
