"""Which of the rules contradict each other: duals first, then one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from sampan.conflict.relaxed import Relaxed, relaxed
from sampan.conflict.rules import Atom, Rule, all_rules
from sampan.errors import ConflictingRule, SolverError
from sampan.model import Model
from sampan.model.build import column_scale, typical_quantities
from sampan.model.numbers import Array, code
from sampan.solvers.feasible import Bounds, Feasibility

MATTERS = 1e-9
"""Scaled duals above this show that a bound has a part in the contradiction."""
FINE = 1e-4
"""Share of the largest quantity of a resource that counts as 1: fine enough to see a unit in 1e10
that is missing, coarse enough not to see rounding."""

Held = list[tuple[Rule, tuple[Atom, ...]]]
"""Rules that still hold, with the periods in which they do."""


def smallest_conflict(model: Model) -> list[ConflictingRule]:
    """A set of hard rules that cannot all be kept, and of which none can be spared.

    Parameters
    ----------
    model
        Of a network that has no plan at all; see `sampan.model.build`.

    Returns
    -------
    list of ConflictingRule
        Drop any one of them and the others can be kept together. The same set every time.

    Raises
    ------
    SolverError
        The network's hard rules do not contradict each other, or the solver failed.
    """
    return _Search(relaxed(model)).run()


class _Search:
    def __init__(self, wide: Relaxed) -> None:
        self.wide = wide
        self.scale = _scale(wide)
        self.solver = Feasibility(wide.matrix, self.scale)
        self.rules = all_rules(wide)
        self.continuous = False
        self.fixed: Held = []

    def run(self) -> list[ConflictingRule]:
        always = [rule for rule in self.rules if rule.kind != "absence"]
        every: Held = [(rule, rule.atoms) for rule in self.rules]
        self.continuous = self._contradict(every, continuous=True)
        if not self.continuous and not self._contradict(every):
            raise SolverError(
                "The hard rules do not contradict each other, and yet no plan was found."
            )
        found = self._smallest(always, self._absences())
        if all(rule.kind == "requirement" for rule, _ in found):
            # say what is not there at all, since nothing else stands in the way
            found = self._smallest([*always, *self._absences()], [])
        return self._named(self._periods_that_matter(found))

    def _absences(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.kind == "absence"]

    def _smallest(self, rules: list[Rule], fixed: list[Rule]) -> Held:
        """The smaller one of what two orders of dropping leave."""
        self.fixed = [(rule, rule.atoms) for rule in fixed]
        held = self._narrowed(rules)
        one = self._filtered(held)
        other = self._filtered(held[::-1])
        return min((one, sorted(other, key=lambda item: self._place(item[0]))), key=len)

    def _place(self, rule: Rule) -> int:
        return next(at for at, one in enumerate(self.rules) if one is rule)

    def _narrowed(self, rules: list[Rule]) -> Held:
        """Without the limits that have no part in the least breach of the requirements."""
        held: Held = [(rule, rule.atoms) for rule in rules]
        if not self.continuous:
            return held
        column, row = self._least_breach(held)
        kept: Held = []
        for rule, atoms in held:
            if rule.kind == "requirement" or any(_matters(a, column, row) for a in atoms):
                kept.append((rule, atoms))
        return kept if self._contradict(kept) else held

    def _least_breach(self, held: Held) -> tuple[Array, Array]:
        bounds = self._bounds(held)
        c = self.wide.model.columns
        costs = np.zeros(len(self.scale))
        tables = (("reserves", c.reserve_breaches), ("pledges", c.pledge_breaches))
        for table, block in tables:
            hard = self.wide.network.table(table)["hard"].to_numpy()
            mine = hard[block["reserve"]] if table == "reserves" else hard
            columns = block.columns[mine]
            bounds.column_upper[columns] = np.inf
            costs[columns] = 1.0
        short = np.arange(c.count, len(self.scale))
        bounds.column_upper[short] = np.inf
        costs[short] = 1.0
        return self.solver.least(bounds, costs / np.maximum(self.scale, 1e-12))

    def _bounds(self, held: Held) -> Bounds:
        """The network's bounds without the rules, or their periods, that are not held."""
        bounds = self.wide.bounds.copy()
        kept = {id(atom) for _, atoms in (*held, *self.fixed) for atom in atoms}
        every = [atom for rule in self.rules for atom in rule.atoms]
        for atom in every:
            if id(atom) not in kept:
                atom.drop(bounds)
        for atom in every:
            if atom.shuts and id(atom) in kept:
                bounds.column_upper[atom.columns] = 0.0
        for ring in self.wide.rings:
            ring.close(bounds.column_upper)
        return bounds

    def _contradict(self, held: Held, *, continuous: bool | None = None) -> bool:
        bounds = self._bounds(held)
        if self.continuous if continuous is None else continuous:
            bounds.whole[:] = False
        return not self.solver.is_feasible(bounds)

    def _filtered(self, held: Held) -> Held:
        """Drop each rule for good that the contradiction does not need."""
        place = 0
        while place < len(held):
            without = held[:place] + held[place + 1 :]
            if self._contradict(without):
                held = without
            else:
                place += 1
        return held

    def _periods_that_matter(self, held: Held) -> Held:
        """Drop the periods of each rule that the contradiction does not need, the last first."""
        for place, (rule, atoms) in enumerate(held):
            kept: Sequence[Atom] = atoms
            for atom in reversed(atoms) if len(atoms) > 1 else ():
                fewer = tuple(one for one in kept if one is not atom)
                if fewer and self._contradict([*held[:place], (rule, fewer), *held[place + 1 :]]):
                    kept = fewer
                    held = [*held[:place], (rule, fewer), *held[place + 1 :]]
        return held

    def _named(self, held: Held) -> list[ConflictingRule]:
        return [rule.named(list(atoms)) for rule, atoms in held]


def _scale(wide: Relaxed) -> Array:
    """Sizes of the columns, by what the hard rules ask for: demands have no part in this."""
    model = wide.model
    typical = typical_quantities(model.numbers)
    most = _most_asked(wide)
    typical = np.where(most > 0, FINE * most, typical)
    scale = column_scale(model, typical)
    rows = abs(model.matrix * scale[None, :]).tocsr()[wide.commitment_rows]
    short = rows.max(axis=1).toarray().ravel() if rows.shape[0] else np.zeros(0)
    return np.concatenate([scale, np.where(short > 0, short, 1.0)])


def _most_asked(wide: Relaxed) -> Array:
    """Of each resource that a hard rule asks for, the largest quantity asked or at hand; else 0."""
    n = wide.numbers
    asked = np.zeros(len(n.keys["resources"]))
    for table, quantity, holds in (
        ("commitments", "quantity", "firm"),
        ("reserves", "quantity_min", "hard"),
        ("pledges", "quantity", "hard"),
    ):
        frame = wide.network.table(table).filter(pl.col(holds))
        resource = code(frame["resource"], n.keys["resources"])
        np.maximum.at(asked, resource, frame[quantity].to_numpy())
    most = asked.copy()
    np.maximum.at(most, n.supply.resource, n.supply.quantity)
    return np.where(asked > 0, most, 0.0)


def _matters(atom: Atom, column: Array, row: Array) -> bool:
    """Whether a bound that the atom sets has a dual."""
    rows = np.concatenate([atom.free_upper, atom.free_lower]).astype(np.int64)
    return bool(
        (np.abs(column[atom.columns]) > MATTERS).any() or (np.abs(row[rows]) > MATTERS).any()
    )
