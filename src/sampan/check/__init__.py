"""Everything that is wrong with a network, by table, row and column, all at once."""

from __future__ import annotations

from sampan import schema
from sampan.check.facts import Facts
from sampan.check.findings import Findings
from sampan.check.periods import check_calendar, check_expired_arrivals, check_windows
from sampan.check.policies import check_choices, check_commitments, check_countries
from sampan.check.reach import reach
from sampan.check.references import check_loads, check_profiles, check_references
from sampan.check.rings import check_rings
from sampan.check.rows import (
    check_ageing,
    check_lane_resources,
    check_lanes,
    check_substitutes,
    check_tables,
)
from sampan.check.supply import check_supply
from sampan.check.units import check_sizes
from sampan.errors import InputError, Problem
from sampan.network import Network

BY_TABLE = (
    check_tables,
    check_references,
    check_profiles,
    check_loads,
    check_calendar,
    check_windows,
    check_expired_arrivals,
    check_lanes,
    check_lane_resources,
    check_ageing,
    check_substitutes,
    check_choices,
    check_countries,
)


def check(network: Network) -> list[Problem]:
    """Every problem of a network: errors first, then warnings, each in order of the tables.

    Errors keep a network from being solved. Warnings do not: a demand that nothing can
    reach, say, will be counted as short.

    Examples
    --------
    >>> from datetime import date
    >>> import sampan
    >>> network = sampan.Network.from_frames(
    ...     {
    ...         "sites": {"site": ["W", "H"]},
    ...         "resources": {"resource": ["mask"], "unit": ["piece"]},
    ...         "lanes": {"lane": ["W-H"], "origin": ["W"], "destination": ["S99"]},
    ...     },
    ...     start=date(2020, 2, 10), periods=3,
    ... )
    >>> for problem in sampan.check(network):
    ...     print(problem)
    lanes, row 1, column destination: 'S99' is not in sites. Add it to sites, or correct or \
remove this row.
    """
    findings = Findings(network, list(network.problems))
    for check_one in BY_TABLE:
        check_one(findings)
    facts = Facts(network)
    check_commitments(findings, facts)
    check_sizes(findings, facts)
    check_rings(findings, facts)
    if findings.has_calendar:
        check_supply(findings, facts, reach(facts))
    return sorted(dict.fromkeys(findings.problems), key=_order)


def raise_on_errors(network: Network) -> tuple[Problem, ...]:
    """The network's warnings.

    Raises
    ------
    InputError
        With every error, if there is any.
    """
    problems = check(network)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InputError(errors)
    return tuple(problems)


TABLE_ORDER = {name: at for at, name in enumerate(schema.NETWORK_TABLES)}


def _order(problem: Problem) -> tuple[bool, int, int]:
    table = TABLE_ORDER.get(problem.table, -1)
    return problem.severity == "warning", table, problem.row or 0
