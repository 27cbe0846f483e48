"""Places of rows and columns: nothing is lost, and the kernel does what its formula says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from sampan.fast import layout as layouts
from sampan.fast.bound import order_of
from sampan.fast.layout import layout, series_of
from sampan.fast.program import Program, program
from sampan.fast.state import State
from sampan.model import Model, build, objective
from sampan.model.numbers import Array
from tests.property.fast_dense import dense_of, stepped
from tests.property.fast_points import models

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from generate import Options, network

CASES = 40
"""Seeds; times the effort."""
LONG = Options(
    columns=2500, resources=4, periods=20, bom=True, shared_capacities=True, shelf_life=5
)
"""Runs of more than one block, goods that expire, materials."""


def everything_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks have few periods: let no run be too short."""
    monkeypatch.setattr(layouts, "LEAST_FILLED", 0.0)


def long_network() -> tuple[Model, Array]:
    """A generated network of twenty periods, and its costs."""
    model = build(network(LONG))
    costs = objective.total(model.numbers, model.layers, model.columns)
    return model, costs.dense(model.columns.count)


def scaled(made: Program, model: Model) -> Array:
    """The model's matrix in the program's sizes."""
    dense: Array = made.row_size[:, None] * model.matrix.toarray() * made.column_size
    return dense


def test_every_entry_is_in_its_place(effort: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix that the kernel reads is the model's, whatever the network's rules."""
    everything_in_runs(monkeypatch)
    seen = 0
    for seed, model, costs, _, _ in models(range(CASES * effort)):
        made = program(model, costs, order_of(model))
        expected = scaled(made, model)
        np.testing.assert_allclose(dense_of(made), expected, rtol=1e-6, atol=0, err_msg=str(seed))
        assert len(np.unique(made.layout.column_place)) == model.columns.count, seed
        assert len(np.unique(made.layout.row_place)) == len(model.row_lower), seed
        seen += 1
    assert seen > CASES * effort // 2


def test_most_columns_of_a_long_network_follow_each_other() -> None:
    """Of twenty periods with materials and goods that expire nine columns in ten are in runs, and
    every entry is in its place.
    """
    model, costs = long_network()
    made = program(model, costs, order_of(model))
    assert (made.layout.run_of >= 0).mean() > 0.9
    assert (np.bincount(made.layout.run_of_block) > 1).any()
    np.testing.assert_allclose(dense_of(made), scaled(made, model), rtol=1e-6, atol=0)


def test_a_run_stays_within_the_series_of_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next row's place may belong to another thing, whose size is another."""
    everything_in_runs(monkeypatch)
    model, _ = long_network()
    places, series = layout(model), series_of(model)[0]
    touched: dict[int, set[tuple[int, ...]]] = {}
    for column, run in enumerate(places.run_of):
        start, end = model.matrix.indptr[column : column + 2]
        rows = tuple(sorted(series[model.matrix.indices[start:end]]))
        touched.setdefault(int(run), set()).add(rows)
    touched.pop(-1, None)
    assert len(touched) > 100
    assert all(len(found) == 1 for found in touched.values())


@pytest.mark.parametrize("runs", [True, False])
def test_the_kernel_does_what_the_formula_says(
    runs: bool, effort: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three iterations from a random point, in runs and one by one, as matrices give them."""
    monkeypatch.setattr(layouts, "LEAST_FILLED", 0.0 if runs else 2.0)
    random = np.random.default_rng(0)
    for seed, model, costs, _, _ in models(range(CASES * effort // 2)):
        made = program(model, costs, order_of(model))
        column, row = made.layout.column_place, made.layout.row_place
        x = np.minimum(random.random(len(column)), made.upper[column])
        y = np.clip(random.standard_normal(len(row)), made.price_lower[row], made.price_upper[row])
        state = State.at(made, x * made.column_size, y * made.row_size, omega=0.7)
        anchors = x, y
        for number in range(3):
            x, y = stepped(made, x, y, *anchors, 0.7, number)
            state.run(1, adapt=False)
            if state.in_epoch == 0:  # the epoch ended by itself
                anchors = x, y
                break
            np.testing.assert_allclose(state.x[column], x, rtol=1e-4, atol=1e-4, err_msg=str(seed))
            np.testing.assert_allclose(state.y[row], y, rtol=1e-4, atol=1e-4, err_msg=str(seed))


def test_empty_places_stay_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a run has no column nothing ever moves, whatever the prices."""
    everything_in_runs(monkeypatch)
    model, costs = long_network()
    made = program(model, costs, order_of(model))
    empty = np.ones(made.layout.columns, dtype=bool)
    empty[made.layout.column_place] = False
    state = State.at(made, model.scale, np.zeros(len(model.row_lower)))
    state.run(150)
    assert empty.sum() > 100
    assert not state.x[empty].any()
    assert state.x[~empty].any()


def test_columns_without_entries_and_networks_without_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are all alike and none follows another."""
    everything_in_runs(monkeypatch)
    starts, nothing = np.zeros(5, dtype=np.int64), np.zeros(0, dtype=np.int64)
    step = layouts._steps(starts, nothing, nothing, nothing)
    run_of, count = layouts._follow(
        starts, nothing, np.zeros(0), nothing, nothing, step, np.arange(4)
    )
    assert (run_of.tolist(), count) == ([0, 1, 2, 3], 4)
