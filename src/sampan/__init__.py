"""Sampan (舢板): collects, counts, analyses, monitors and dispatches critical supplies.

This package is the engine: a network of tables in, a proven plan out.

>>> import sampan
>>> network = sampan.testing.two_hospitals()
>>> plan = sampan.solve(network)
>>> plan.status
<Status.OPTIMAL: 'optimal'>
>>> sampan.verify(network, plan).valid
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sampan import testing
from sampan.check import check
from sampan.errors import (
    ContradictionError,
    InputError,
    MissingPackageError,
    OutputError,
    PlanFileError,
    Problem,
    RemoteError,
    SampanError,
    SolverError,
)
from sampan.explain import Explanation, explain
from sampan.network import Calendar, Network, Objective
from sampan.plan import Plan, Status
from sampan.read import read_network, read_plan
from sampan.solve import Progress, solve
from sampan.template import write_template
from sampan.verify import Verification, Violation, verify
from sampan.version import version
from sampan.write import write_network, write_plan

if TYPE_CHECKING:
    from sampan import client

__all__ = [
    "Calendar",
    "ContradictionError",
    "Explanation",
    "InputError",
    "MissingPackageError",
    "Network",
    "Objective",
    "OutputError",
    "Plan",
    "PlanFileError",
    "Problem",
    "Progress",
    "RemoteError",
    "SampanError",
    "SolverError",
    "Status",
    "Verification",
    "Violation",
    "check",
    "client",
    "explain",
    "read_network",
    "read_plan",
    "solve",
    "testing",
    "verify",
    "version",
    "write_network",
    "write_plan",
    "write_template",
]


def __getattr__(name: str) -> Any:
    """`sampan.client`, loaded when it is asked for: what solves alone needs no network."""
    if name == "client":
        return import_module("sampan.client")
    raise AttributeError(f"module 'sampan' has no attribute {name!r}")
