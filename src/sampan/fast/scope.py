"""Which networks the fast method can solve; apart from it, since asking must cost nothing."""

from __future__ import annotations

from sampan.model import Model


def why_not(model: Model) -> str:
    """Why the fast method cannot solve this network, or nothing."""
    stages = model.network.objective.stages
    if stages != ("total",):
        return f"it solves the objective `total`, not the stages {', '.join(stages)}"
    if model.has_whole:
        return "the network asks for whole numbers (lots, least quantities, vehicles or runs)"
    return ""
