"""The model once more, written from the network's definition, for OR-Tools.

Slow and plain on purpose: loops over rows, a variable for every site, resource, period and
stated expiry, no layers, no pruning, other solvers (GLOP and SCIP), another way to max-min.
It imports nothing of Sampan, and could not: OR-Tools and highspy each bring their own HiGHS,
and one process cannot hold both. So it runs as a process of its own, which reads a network
(as JSON, defaults filled in) from each line and answers with a line.
"""

from __future__ import annotations

import json
import sys

from program import Row
from stages import InfeasibleError, LostError, Stages

SLACKS = (1e-9, 1e-8, 1e-7)
"""Relative room for rounding where an earlier stage is kept; the least that works is taken."""


def main() -> None:
    """Answer every line until there is none."""
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def answer(given: Row) -> Row:
    """Values of all stages; rounding may ask for more room to keep earlier ones."""
    for slack in SLACKS:
        try:
            return Stages(given, slack).solve() | {"slack": slack}
        except LostError:
            continue
        except InfeasibleError:
            return {"infeasible": True}
    raise AssertionError("the peer lost its plan even with the largest slack")


if __name__ == "__main__":
    main()
