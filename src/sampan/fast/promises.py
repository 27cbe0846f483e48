"""What a plan must or should leave as it is: commitments, pledges and reserves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampan.fast.flow import forward
from sampan.fast.plumbing import Plumbing
from sampan.model import Model
from sampan.model.numbers import Array
from sampan.model.rows import Rows


@dataclass(frozen=True)
class Promises:
    """By column what shipments must carry, and by row what must or should stay in stock."""

    floor: Array
    reserved: Array
    wished: Array
    worth: Array
    hard: bool
    """Whether some reserve is hard."""
    """By column, what shipments should carry for pledges whose breach has a price."""

    @property
    def any(self) -> bool:
        """Whether there is any hard promise."""
        return bool(self.reserved.any() or self.floor.any() or self.hard)


def promises(model: Model, p: Plumbing, x: Array, costs: Array) -> Promises:
    """What the rules promise, shared among columns as the point has it.

    Where the point carries less than a hard promise, `x` itself is raised.
    """
    floor, worth = np.zeros(len(x)), np.zeros(len(x))
    reserved, wished = np.zeros(len(p.kind)), np.zeros(len(p.kind))
    for rows in model.rows:
        if rows.rule in ("commitment", "pledge"):
            _shipped(model, rows, _hard(model, rows), floor, x)
        if rows.rule == "pledge":
            _pledged(model, rows, costs, worth, x)
    for rows in model.rows:
        if rows.rule == "reserve":
            _kept(model, p, rows, costs, floor, reserved, wished, x)
    hard = any(_hard(model, rows).any() for rows in model.rows if rows.rule == "reserve")
    return Promises(floor, reserved, wished, np.maximum(worth, floor), hard)


def _hard(model: Model, rows: Rows) -> Array:
    """What the rows ask for at least, whatever breaches they allow."""
    c = model.columns
    first, last = c.reserve_breaches.start, c.pledge_breaches.start + c.pledge_breaches.size
    breach = (rows.column >= first) & (rows.column < last)
    allowed = np.bincount(rows.row[breach], model.upper[rows.column[breach]], minlength=rows.size)
    hard: Array = np.maximum(rows.rhs - allowed, 0.0)
    # what rounding leaves of soft rules is no promise
    hard[hard < 1e-9 * np.abs(rows.rhs)] = 0.0
    return hard


def _shipped(model: Model, rows: Rows, hard: Array, floor: Array, x: Array) -> None:
    """Raise shipments to what is promised, and mark it."""
    last = model.columns.shipments.start + model.columns.shipments.size
    for row in np.flatnonzero(hard > 0):
        columns = rows.column[rows.row == row]
        columns = columns[columns < last]
        if not len(columns):
            continue
        carried = x[columns].sum()
        if carried <= 0.0:
            x[columns[-1]] = carried = hard[row]
        elif carried < hard[row]:
            x[columns] *= hard[row] / carried
            carried = hard[row]
        np.maximum.at(floor, columns, x[columns] * (hard[row] / carried))


def _pledged(model: Model, rows: Rows, costs: Array, worth: Array, x: Array) -> None:
    """Shipments that count for soft pledges, up to what is pledged."""
    wanted = _wanted(model, rows, costs)
    sent = rows.column < model.columns.shipments.start + model.columns.shipments.size
    row, column = rows.row[sent], rows.column[sent]
    carried = np.bincount(row, x[column], minlength=rows.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(carried > 0, np.minimum(wanted / carried, 1.0), 0.0)
    np.maximum.at(worth, column, x[column] * share[row])


def _wanted(model: Model, rows: Rows, costs: Array) -> Array:
    """What the rows ask for, 0 where a breach is free."""
    c = model.columns
    first, last = c.reserve_breaches.start, c.pledge_breaches.start + c.pledge_breaches.size
    breach = (rows.column >= first) & (rows.column < last)
    price = np.bincount(rows.row[breach], costs[rows.column[breach]], minlength=rows.size)
    wanted: Array = np.where(price > 0, rows.rhs, 0.0)
    return wanted


def _kept(
    model: Model,
    p: Plumbing,
    rows: Rows,
    costs: Array,
    floor: Array,
    reserved: Array,
    wished: Array,
    x: Array,
) -> None:
    """Stocks that reserves need."""
    stocks = model.columns.stocks
    is_stock = (rows.column >= stocks.start) & (rows.column < stocks.start + stocks.size)
    row, column = rows.row[is_stock], rows.column[is_stock]
    home = np.zeros(stocks.size, dtype=np.int64)
    kept = np.flatnonzero(p.stock >= 0)
    home[p.stock[kept] - stocks.start] = kept
    at = home[column - stocks.start]
    hard = _hard(model, rows)
    weight = x.copy()
    if (hard > 0).any():
        forward(p, floor, reserved, wished, weight)
        weight += x
    for target, wanted in ((reserved, hard), (wished, _wanted(model, rows, costs))):
        held = np.bincount(row, weight[column], minlength=rows.size)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(held > 0, wanted / held, 0.0)
        if target is wished:
            share = np.minimum(share, 1.0)
        np.maximum.at(target, at, weight[column] * share[row])
        weight = x
    np.maximum(wished - reserved, 0.0, out=wished)


def missing_reserves(
    model: Model, p: Plumbing, kept: Promises, label: Array, x: Array
) -> list[tuple[int, float]]:
    """Balances where hard reserves lack stock, and how much, each where it costs least.

    What is asked for is set aside from now on.
    """
    found: list[tuple[int, float]] = []
    stocks = model.columns.stocks
    home = np.zeros(stocks.size, dtype=np.int64)
    at = np.flatnonzero(p.stock >= 0)
    home[p.stock[at] - stocks.start] = at
    for rows in model.rows:
        if rows.rule != "reserve":
            continue
        is_stock = (rows.column >= stocks.start) & (rows.column < stocks.start + stocks.size)
        hard = _hard(model, rows)
        held = np.bincount(rows.row[is_stock], x[rows.column[is_stock]], minlength=rows.size)
        for row in np.flatnonzero(hard - held > 1e-12 * hard):
            places = home[rows.column[is_stock & (rows.row == row)] - stocks.start]
            if not len(places):
                continue
            place = int(places[np.argmin(label[places])])
            amount = float(hard[row] - held[row])
            kept.reserved[place] = max(kept.reserved[place], x[p.stock[place]]) + amount
            found.append((place, amount))
    return found
