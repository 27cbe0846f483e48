"""Checks a plan from the tables alone; shares no code with the model or the solvers."""

from __future__ import annotations

from sampan.check import raise_on_errors
from sampan.network import Network
from sampan.plan import Plan
from sampan.verify.balance import check_balances, check_occupancy
from sampan.verify.bound import check_bounds
from sampan.verify.demands import check_demands
from sampan.verify.fairness import follow_rounds
from sampan.verify.form import Frames, check_form
from sampan.verify.limits import check_limits
from sampan.verify.parts import check_gaps, check_values, gap_of, read_parts, stage_frame
from sampan.verify.policy import check_policies
from sampan.verify.report import Findings, Verification, Violation
from sampan.verify.tables import Tables
from sampan.verify.values import Values

__all__ = ["Verification", "Violation", "verify"]


def verify(network: Network, plan: Plan) -> Verification:
    """Recompute every rule, every stage's value and every bound of a plan, from the tables alone.

    Parameters
    ----------
    network
        The tables the plan was made for.
    plan
        Its frames, certificate and summary.

    Returns
    -------
    Verification
        The violations; empty, and so false, if the plan is valid.

    Raises
    ------
    InputError
        If the network's tables cannot be used.

    Examples
    --------
    >>> import sampan
    >>> network = sampan.testing.two_hospitals()
    >>> plan = sampan.solve(network)
    >>> verify(network, plan).valid
    True
    >>> generous = plan.replace(shortages=plan.shortages.with_columns(quantity=4.0))
    >>> print(verify(network, generous)[0])
    demand (demand N): 5 delivered and 4 short do not make 10.
    """
    raise_on_errors(network)
    findings, tables = Findings(), Tables(network)
    frames = check_form(findings, tables, plan)
    check_balances(findings, tables, frames)
    check_occupancy(findings, tables, frames)
    check_limits(findings, tables, frames)
    check_demands(findings, tables, frames)
    check_policies(findings, tables, frames)
    stages = _check_certificate(findings, tables, plan, frames)
    return Verification(findings.violations, stage_frame(stages), findings.largest)


def _check_certificate(
    findings: Findings, tables: Tables, plan: Plan, frames: Frames
) -> list[dict[str, object]]:
    """Values, bounds and gaps; an account of each stage part."""
    values = Values(tables, frames)
    parts = read_parts(findings, tables.network, plan, values)
    rounds = follow_rounds(findings, parts, values, plan.capacity_prices, whole=tables.is_whole)
    recomputed = check_values(findings, parts, values, rounds.lowest)
    check_gaps(findings, plan, parts, tables)
    proven = check_bounds(findings, tables, plan, parts, rounds)
    account: list[dict[str, object]] = []
    for part in parts:
        key = part.stage, part.part
        bound = proven.get(key, part.bound)
        account.append(
            {
                "stage": part.stage,
                "part": part.part,
                "value": part.value,
                "value_recomputed": recomputed[key],
                "bound": part.bound,
                "bound_recomputed": proven.get(key),
                "gap": gap_of(recomputed[key], bound),
                "recomputed": key in proven,
            }
        )
    return account
