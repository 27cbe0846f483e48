"""The independent solver's side of the tests: asks the process in `peer`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sampan import schema
from sampan.network import Network

PEER = Path(__file__).parent / "peer"


@dataclass(frozen=True)
class Answer:
    """Optimal values by `stage:part`, and by class all fill rates in rising order."""

    values: dict[str, float]
    fill_rates: dict[int, list[float]]
    slack: float
    """Relative room for rounding that it needed to keep earlier stages."""


class Independent:
    """A running process of the independent solver; use it in a `with`."""

    def __enter__(self) -> Independent:
        self.process = subprocess.Popen(
            [sys.executable, str(PEER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def solve(self, network: Network) -> Answer | None:
        """The best values of a network's stages; None if hard rules contradict each other."""
        objective = network.objective
        given = {
            "tables": {name: network.table(name).to_dicts() for name in schema.NETWORK_TABLES},
            "periods": network.periods,
            "objective": {
                "stages": objective.stages,
                "tolerance": objective.tolerance,
                "lateness_cost": objective.lateness_cost,
            },
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(given) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "infeasible" in answer:
            return None
        rates = {int(key): levels for key, levels in answer["fill_rates"].items()}
        return Answer(answer["values"], rates, answer["slack"])
