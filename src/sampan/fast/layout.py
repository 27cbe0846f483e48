"""Where rows and columns stand, so that the kernel goes through time in step.

The same rule about the same thing, period after period, is a series of rows, kept side by side.
Columns that touch the same series with the same coefficients, each a period later than the one
before, are a run: its entries are stored once, as the row of its first column and a coefficient,
and the processor takes a handful of periods at a time. Columns that follow no other stand alone,
with their entries one by one. Places that a run leaves out hold nothing: their limit is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numba import njit

from sampan.model import Model
from sampan.model.numbers import Array
from sampan.model.rows import Rows

WIDTH = 16
"""Places of a block, which a processor takes at a time; a run is one or several of them."""
LEAST_FILLED = 0.35
"""A run of which fewer places would be filled is broken up into columns that stand alone."""
_FREE = -1


@dataclass(frozen=True)
class Layout:
    """Places of a model's rows and columns; whatever the costs are."""

    row_place: Array
    """Of each row; those of a series follow each other."""
    series: Array
    """Of each row, its number."""
    rows: int
    """Places for rows, some at the end that only runs' empty places reach."""
    column_place: Array
    """Of each column; first those in runs, then those that stand alone."""
    columns: int
    """Places for columns."""
    run_of: Array
    """Of each column; −1 for those that stand alone."""
    run_of_block: Array
    entries: Array
    """Where each block's entries start; one more at the end."""
    first_row: Array
    """Of each entry of a block: the place of its row for the block's first place."""
    coefficient: Array
    """Of each entry of a block."""
    single: Array
    """The columns that stand alone, in the order of their places."""
    single_entries: Array
    """Where the entries of each of them start; one more at the end."""
    single_row: Array
    """Of each of their entries, the place of its row."""
    single_coefficient: Array

    def by_column(self, values: Array, empty: float = 0.0) -> Array:
        """Values of the model's columns in their places, in single precision."""
        placed = np.full(self.columns, empty, dtype=np.float32)
        placed[self.column_place] = values
        return placed

    def by_row(self, values: Array, empty: float = 0.0) -> Array:
        """Values of the model's rows in their places, in single precision."""
        placed = np.full(self.rows, empty, dtype=np.float32)
        placed[self.row_place] = values
        return placed


def layout(model: Model) -> Layout:
    """Work out the places of a model's rows and columns."""
    matrix = model.matrix
    starts, indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
    series, period = series_of(model)
    row_place, since, rows = _placed(series, period)
    step = _steps(starts, indices, row_place, since[series])
    order = np.argsort(step, kind="stable")
    run_of, run_count = _follow(starts, indices, matrix.data, row_place, series, step, order)
    blocks, place, filled, first = _spans(run_of, step, run_count)
    kept = filled >= LEAST_FILLED * WIDTH * blocks
    number, blocks = np.cumsum(kept) - 1, blocks[kept]
    run_starts = np.cumsum(blocks) - blocks
    block_count = int(blocks.sum())
    run_of_block = np.repeat(np.arange(len(blocks)), blocks)
    in_run = kept[run_of]
    run_of = np.where(in_run, number[run_of], _FREE).astype(np.int32)
    single = np.flatnonzero(~in_run)
    column_place = np.empty(len(run_of), dtype=np.int32)
    column_place[in_run] = WIDTH * run_starts[run_of[in_run]] + place[in_run]
    column_place[single] = WIDTH * block_count + np.arange(len(single))
    later = WIDTH * (np.arange(block_count) - run_starts[run_of_block])
    data = (starts, indices, matrix.data, row_place)
    entries, first_row, coefficient = _entries(*data, first[kept][run_of_block], later)
    alone, single_row, single_coefficient = _entries(*data, single, np.zeros(len(single), int))
    return Layout(
        row_place=row_place,
        series=series,
        rows=rows + WIDTH * int(blocks.max(initial=0)),
        column_place=column_place,
        columns=WIDTH * block_count + len(single),
        run_of=run_of,
        run_of_block=run_of_block,
        entries=entries,
        first_row=first_row,
        coefficient=coefficient,
        single=single,
        single_entries=alone,
        single_row=single_row,
        single_coefficient=single_coefficient,
    )


def series_of(model: Model) -> tuple[Array, Array]:
    """Of each row the number of its series, and its period; rows of no period are alone."""
    code = np.empty(len(model.row_lower), dtype=np.int64)
    period = np.zeros(len(code), dtype=np.int64)
    known = 0
    for block, start in zip(model.rows, model.row_starts, strict=False):
        mine = slice(int(start), int(start) + block.size)
        about, when = _about(model, block)
        rank = _ranks(about, when)
        about = about * (int(rank.max(initial=0)) + 1) + rank
        found = np.unique(about, return_inverse=True)[1]
        code[mine], period[mine] = known + found, when
        known += int(found.max(initial=-1)) + 1
    return code, period


def _about(model: Model, block: Rows) -> tuple[Array, Array]:
    """What each row of a block is about, as a number, and when."""
    n = model.numbers
    if block.rule == "demand":
        return n.demand_site * len(n.keys["resources"]) + n.demand_resource, n.demand_period
    if block.period is None:
        return np.arange(block.size), np.zeros(block.size, dtype=np.int64)
    key = block.key
    about: Array = (
        key.cast(pl.Categorical).to_physical().to_numpy() if isinstance(key, pl.Series) else key
    ).astype(np.int64)
    for more in (block.resource, _remaining(model, block)):
        if more is not None:
            about = about * (int(np.max(more, initial=0)) + 1) + more
    return about, block.period


def _remaining(model: Model, block: Rows) -> Array | None:
    """Of goods that expire, how long they last yet; else the layer itself.

    What is made, sent and kept then follows itself from period to period, which it does not
    within a layer: another day's goods are another layer.
    """
    if block.layer is None or block.period is None:
        return None
    lay, periods = model.layers, model.numbers.periods
    left = np.minimum(lay.expires[block.layer], periods) - block.period
    resource = lay.resource[block.layer]
    lasting = lay.expires[block.layer] >= periods
    found: Array = resource * (periods + 1) + np.where(lasting, periods, left)
    return found


def _ranks(about: Array, period: Array) -> Array:
    """0 for the first row about the same thing in the same period, 1 for the second …"""
    order = np.lexsort((period, about))
    same = (np.diff(about[order]) == 0) & (np.diff(period[order]) == 0)
    rank = np.zeros(len(about), dtype=np.int64)
    if same.any():
        position = np.arange(len(about))
        started = np.maximum.accumulate(np.where(np.concatenate([[True], ~same]), position, 0))
        rank[order] = position - started
    return rank


def _placed(series: Array, period: Array) -> tuple[Array, Array, int]:
    """The place of each row, that of each series in period 0, and how many places there are."""
    count = int(series.max(initial=-1)) + 1
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(first, series, period)
    np.maximum.at(last, series, period)
    length = last - first + 1
    since = np.cumsum(length) - length - first
    return since[series] + period, since, int(length.sum())


@njit(cache=True)
def _steps(starts: Array, indices: Array, row_place: Array, since: Array) -> Array:
    """Of each column the period of the first of its rows."""
    step = np.zeros(len(starts) - 1, dtype=np.int64)
    for column in range(len(step)):
        lowest = np.int64(-1)
        for at in range(starts[column], starts[column + 1]):
            place = row_place[indices[at]]
            if lowest < 0 or place < lowest:
                lowest, step[column] = place, place - since[indices[at]]
    return step


@njit(cache=True)
def _follow(
    starts: Array,
    indices: Array,
    data: Array,
    row_place: Array,
    series: Array,
    step: Array,
    order: Array,
) -> tuple[Array, int]:
    """Of each column the run that it belongs to; how many runs there are.

    A table of runs by what their entries look like from the step on; the next place of it where
    another run stands, or the step is taken. Columns come in the `order` of their steps.
    """
    columns = len(step)
    room = 1
    while room < 2 * columns:
        room *= 2
    table = np.full(room, _FREE, dtype=np.int32)
    latest = np.empty(columns, dtype=np.int64)
    run_of = np.empty(columns, dtype=np.int32)
    count = 0
    for column in order:
        start, end = starts[column], starts[column + 1]
        if start == end:  # it looks like all others without entries, and follows none
            run_of[column] = count
            count += 1
            continue
        key = np.uint64(end - start)
        for at in range(start, end):
            # a sum, so that the order of the entries does not matter
            offset = np.uint64(row_place[indices[at]] - step[column])
            key += offset * np.uint64(0x9E3779B97F4A7C15) ^ (
                np.uint64(np.int64(data[at] * 4096.0)) * np.uint64(0xC2B2AE3D27D4EB4F)
            )
        place = np.int64((key ^ (key >> np.uint64(29))) & np.uint64(room - 1))
        run = table[place]
        while run != _FREE:
            later = step[column] - step[latest[run]]
            if later > 0 and _alike(
                starts, indices, data, row_place, series, column, latest[run], later
            ):
                break
            place = (place + 1) & (room - 1)
            run = table[place]
        if run == _FREE:
            table[place] = run = count
            count += 1
        latest[run] = column
        run_of[column] = run
    return run_of, count


@njit(cache=True)
def _alike(
    starts: Array, indices: Array, data: Array, row_place: Array, series: Array,
    one: int, other: int, later: int,
) -> bool:  # fmt: skip
    """Whether a column's entries are another's, so many places further on in the same series."""
    if starts[one + 1] - starts[one] != starts[other + 1] - starts[other]:
        return False
    for at in range(starts[one], starts[one + 1]):
        found = False
        for against in range(starts[other], starts[other + 1]):
            row, other_row = indices[at], indices[against]
            if row_place[row] == row_place[other_row] + later:
                found = data[at] == data[against] and series[row] == series[other_row]
                break
        if not found:
            return False
    return True


def _spans(run_of: Array, step: Array, count: int) -> tuple[Array, Array, Array, Array]:
    """How many blocks each run takes, each column's place in its run, how many of a run's places
    are filled, and the column at its first.
    """
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(low, run_of, step)
    np.maximum.at(high, run_of, step)
    place = step - low[run_of]
    first = np.empty(count, dtype=np.int64)
    at_start = np.flatnonzero(place == 0)
    first[run_of[at_start]] = at_start
    filled = np.bincount(run_of, minlength=count)
    return -(-(high - low + 1) // WIDTH), place, filled, first


@njit(cache=True)
def _entries(
    starts: Array, indices: Array, data: Array, row_place: Array, columns: Array, later: Array
) -> tuple[Array, Array, Array]:
    """The entries of some columns, each so many places later: where each one's start, the places
    of their rows, their values.
    """
    count = 0
    for column in columns:
        count += starts[column + 1] - starts[column]
    entries = np.zeros(len(columns) + 1, dtype=np.uint32)
    row, value = np.empty(count, dtype=np.uint32), np.empty(count)
    made = 0
    for number in range(len(columns)):
        column = columns[number]
        for at in range(starts[column], starts[column + 1]):
            row[made] = row_place[indices[at]] + later[number]
            value[made] = data[at]
            made += 1
        entries[number + 1] = made
    return entries, row, value
