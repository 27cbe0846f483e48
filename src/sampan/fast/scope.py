"""Which networks the fast method can solve; apart from it, since asking must cost nothing."""

from __future__ import annotations

from sampan.model import Model


def why_not(model: Model) -> str:
    """Why the fast method cannot solve this network, or nothing."""
    objective = model.network.objective
    if "fairness" in objective.stages:
        return "the stage `fairness` is not one linear sum"
    if objective.tolerance > 0:
        return "`tolerance` lets later stages worsen earlier ones"
    if model.has_whole:
        return "the network asks for whole numbers (lots, least quantities, vehicles or runs)"
    return ""
