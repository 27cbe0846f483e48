"""A second proof for parts whose first one is worn out by rounding.

The duals of a late part rest on those of all parts before it, and can grow until their last
digits count. Where the bound they prove is poor, the part is solved once more with every
earlier part as a row of its own, for its duals alone: the plan stays as it is. Such solves
need nothing of each other and run side by side.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sampan.certify import Certified
from sampan.errors import SolverError
from sampan.model import Model
from sampan.model.objective import Costs, Pairs
from sampan.solvers.control import Control
from sampan.solvers.highs import Session
from sampan.stages import ExtraRow, new_session

POOR = 1e-5
"""Gaps above this, of a part that was solved to its end, are due to rounding."""
ROOM = 1e-9
"""Share by which the rows of earlier parts are relaxed …"""
LEAST = 1e-3
"""… of their limit, or of this if that is less."""


@dataclass(frozen=True)
class KeptRow:
    """An earlier part as a rule: `costs` may not exceed `limit`."""

    row: ExtraRow
    costs: Costs
    limit: float


@dataclass(frozen=True)
class Task:
    """A linear part to prove again, under the first `kept` of the rows of earlier parts."""

    stage: str
    part: str
    costs: Costs
    kept: int


def kept_pairs(model: Model, pairs: Pairs, levels: list[float]) -> list[KeptRow]:
    """A class of fairness: the fill rates stay at their levels."""
    start = model.columns.shortages.start
    rows = []
    for pair, level in enumerate(levels):
        mine = pairs.pair == pair
        costs = Costs(start + pairs.demand[mine], pairs.share[mine])
        key = f"{pairs.priority}:{pairs.group[pair]}"
        row = ExtraRow("fill_rate", key, int(pairs.resource[pair]), -1)
        rows.append(KeptRow(row, costs, 1.0 - level))
    return rows


def prove_again(
    model: Model, control: Control, threads: int | None, rows: list[KeptRow], tasks: list[Task]
) -> dict[tuple[str, str], Certified]:
    """Fresh duals of the tasks, by stage and part; those not reached in time are left out."""
    cores = threads or os.cpu_count() or 1
    each = max(cores // max(len(tasks), 1), 1)
    with ThreadPoolExecutor(max_workers=cores) as pool:
        futures = [
            pool.submit(_prove, model, control, each, rows[: task.kept], task) for task in tasks
        ]
        _wait(futures, control)
    found = [future.result() for future in futures]
    return {(one.stage, one.part): one for one in found if one is not None}


def _wait(futures: list[Future[Certified | None]], control: Control) -> None:
    """Until all are done; Ctrl-C, which only the main thread hears, stops them."""
    while True:
        try:
            if not wait(futures, timeout=0.1).not_done:
                return
        except KeyboardInterrupt:
            control.interrupted.set()


def _prove(
    model: Model, control: Control, threads: int, rows: list[KeptRow], task: Task
) -> Certified | None:
    """None if time is up or the solver does not get there: then the first proof stands."""
    if control.stopped:
        return None
    session = new_session(model, control, threads=threads)
    _add_rows(session, rows)
    try:
        result = session.minimise(task.costs.dense(model.columns.count))
    except SolverError:
        return None
    if result.duals is None:
        return None
    duals = result.duals
    row = duals.row * session.row_scale * duals.factor
    first = len(model.row_lower)
    extra = [
        (kept.row, -float(price))
        for kept, price in zip(rows, row[first:], strict=True)
        if price < 0
    ]
    column = duals.column / session.column_scale * duals.factor
    return Certified(task.stage, task.part, column, row[:first], extra)


def _add_rows(session: Session, rows: list[KeptRow]) -> None:
    if not rows:
        return
    place = np.repeat(np.arange(len(rows)), [len(kept.costs.columns) for kept in rows])
    column = np.concatenate([kept.costs.columns for kept in rows])
    value = np.concatenate([kept.costs.values for kept in rows])
    entries = sparse.csr_array((value, (place, column)), shape=(len(rows), session.columns))
    # any prices prove something; a hair of room keeps these small, and the solver at ease
    limits = np.array([kept.limit + ROOM * max(kept.limit, LEAST) for kept in rows])
    session.add_rows(entries, np.full(len(rows), -np.inf), limits)
