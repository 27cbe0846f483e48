"""The fast method's scaled program: sizes of what moves."""

from __future__ import annotations

from datetime import date

import numpy as np

import sampan
from sampan.fast.bound import order_of
from sampan.fast.program import program, typical_sizes
from sampan.model import Model, build, objective
from tests.property.fast_dense import dense_of

HOSPITALS = ["a", "b", "c"]


def chain(per_mask: float) -> Model:
    """A mill's fibre becomes masks, `per_mask` of it each, for three hospitals."""
    masks = ["mask"] * len(HOSPITALS)
    tables = {
        "resources": {"resource": ["fibre", "mask"], "unit": ["t", "piece"]},
        "sites": {"site": ["mill", "factory", *HOSPITALS]},
        "lanes": {"lane": ["in", *HOSPITALS],
                  "origin": ["mill", "factory", "factory", "factory"],
                  "destination": ["factory", *HOSPITALS]},
        "stocks": {"site": ["mill"], "resource": ["fibre"], "quantity": [20.0]},
        "processes": {"process": ["sew"], "site": ["factory"]},
        "process_flows": {"process": ["sew", "sew"], "resource": ["fibre", "mask"],
                          "quantity_per_run": [-per_mask, 1.0]},
        "demands": {"demand": HOSPITALS, "site": HOSPITALS, "resource": masks,
                    "period": [0, 0, 0], "quantity": [10.0, 10.0, 10.0]},
    }  # fmt: skip
    return build(sampan.Network.from_frames(tables, start=date(2020, 2, 10), periods=1))


def test_what_feeds_three_hospitals_is_larger_than_what_one_needs() -> None:
    """Fibre that is sent has the size of all masks it goes into, times what each takes."""
    model = chain(per_mask=4.0)
    matrix, order = model.matrix, order_of(model)
    sizes = typical_sizes(model, matrix.indptr, matrix.indices, order)
    sent, layers = model.columns.shipments, model.layers
    fibre = layers.resource[sent["layer"]] == model.numbers.keys["resources"].index("fibre")
    masks = model.columns.deliveries.of(sizes)
    first = model.numbers.origin[sent["lane"]] == 0
    assert first.any()
    assert (sent.of(sizes)[fibre & first] >= 4.0 * 0.99 * masks.sum()).all()
    assert (sent.of(model.scale)[fibre & first] < 4.0 * masks.sum()).all()


def test_the_scaled_matrix_is_no_longer_than_one() -> None:
    """Steps of 1 are safe: that is what the sizes are for."""
    model = chain(per_mask=4.0)
    costs = objective.total(model.numbers, model.layers, model.columns).dense(model.columns.count)
    made = program(model, costs, order_of(model))
    dense = np.sqrt(made.price_step)[:, None] * dense_of(made) * np.sqrt(made.step)
    assert 0.5 < np.linalg.norm(dense, 2) <= 1.0 + 1e-6
