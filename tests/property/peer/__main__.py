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

from stages import Infeasible, Stages


def main() -> None:
    """Answer every line until there is none."""
    for line in sys.stdin:
        try:
            answer = Stages(json.loads(line)).solve()
        except Infeasible:
            answer = {"infeasible": True}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
