"""Sampan's own builder, as the benchmark calls it."""

from __future__ import annotations

from built import Built

from sampan.model import build, objective
from sampan.network import Network


def build_ours(network: Network) -> Built:
    """From a network's tables to the program with its objective."""
    model = build(network)
    costs = objective.total(model.numbers, model.layers, model.columns)
    return Built(
        matrix=model.matrix,
        row_lower=model.row_lower,
        row_upper=model.row_upper,
        cost=costs.dense(model.columns.count),
        upper=model.upper,
    )
