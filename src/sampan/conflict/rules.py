"""Every rule that can be dropped: a row of a table, with what dropping it does to the bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sampan.conflict import words
from sampan.conflict.relaxed import Relaxed
from sampan.errors import ConflictingRule
from sampan.model.columns import Block
from sampan.model.numbers import Array
from sampan.solvers.feasible import Bounds

NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Atom:
    """A rule's share in one period (or in all); dropping it widens these bounds."""

    period: int | None = None
    lower_less: tuple[tuple[int, float], ...] = ()
    """Rows whose lower bound falls by so much."""
    free_upper: Array = field(default_factory=lambda: NOTHING)
    """Rows that lose their upper bound."""
    free_lower: Array = field(default_factory=lambda: NOTHING)
    columns: Array = field(default_factory=lambda: NOTHING)
    """Columns whose upper bound becomes `upper`."""
    upper: float | Array = np.inf
    shuts: bool = False
    """Whether it keeps its columns at 0 whatever other rules say."""
    fractions: Array = field(default_factory=lambda: NOTHING)
    """Columns that need not be whole."""

    def drop(self, bounds: Bounds) -> None:
        """Widen the bounds, in place."""
        for row, quantity in self.lower_less:
            bounds.row_lower[row] -= quantity
        bounds.row_upper[self.free_upper] = np.inf
        bounds.row_lower[self.free_lower] = -np.inf
        bounds.column_upper[self.columns] = self.upper
        bounds.whole[self.fractions] = False


@dataclass(frozen=True)
class Rule:
    """One row of a table (or all profile rows of one limit)."""

    table: str
    key: str
    text: words.Text
    """In words, given the periods that matter."""
    atoms: tuple[Atom, ...]
    kind: str = "limit"
    """`requirement`, `limit`, or `absence`: a row that is not there."""

    def named(self, atoms: list[Atom]) -> ConflictingRule:
        periods = sorted(atom.period for atom in atoms if atom.period is not None)
        return ConflictingRule(self.table, self.key, *self.text(periods))


def all_rules(relaxed: Relaxed) -> list[Rule]:
    """Every rule that can be dropped, requirements first."""
    return [
        *_commitments(relaxed),
        *_reserves(relaxed),
        *_pledges(relaxed),
        *_export_limits(relaxed),
        *_row_limits(relaxed),
        *_runs(relaxed),
        *_closures(relaxed),
        *_quantities(relaxed),
        *_whole(relaxed),
        *_storage(relaxed),
        *_supplies(relaxed),
    ]


def _commitments(r: Relaxed) -> list[Rule]:
    frame = r.network.table("commitments").filter(firm=True)
    rows = r.row_numbers("commitment")
    found = []
    for one in frame.iter_rows(named=True):
        row = rows.get((one["lane"], one["resource"], one["period"]))
        if row is not None and one["quantity"] > 0:
            atom = Atom(lower_less=((row, one["quantity"]),))
            found.append(
                Rule(
                    "commitments", one["commitment"], words.commitment(one), (atom,), "requirement"
                )
            )
    return found


def _reserves(r: Relaxed) -> list[Rule]:
    block = r.model.columns.reserve_breaches
    found = []
    for number, one in enumerate(r.network.table("reserves").iter_rows(named=True)):
        if one["hard"] and one["quantity_min"] > 0:
            mine = np.flatnonzero(block["reserve"] == number)
            atoms = tuple(
                Atom(int(block["period"][k]), columns=np.array([block.start + k])) for k in mine
            )
            text = words.reserve(one)
            found.append(Rule("reserves", one["reserve"], text, atoms, "requirement"))
    return found


def _pledges(r: Relaxed) -> list[Rule]:
    block = r.model.columns.pledge_breaches
    found = []
    for number, one in enumerate(r.network.table("pledges").iter_rows(named=True)):
        if one["hard"] and one["quantity"] > 0:
            # without it, it is as if nothing had been promised: its own breach may be all of it
            atom = Atom(columns=np.array([block.start + number]), upper=one["quantity"])
            text = words.pledge(one)
            found.append(Rule("pledges", one["pledge"], text, (atom,), "requirement"))
    return found


def _export_limits(r: Relaxed) -> list[Rule]:
    by_quantity = r.row_numbers("export_quantity_max")
    by_share = r.row_numbers("export_share_max")
    found = []
    for one in r.network.table("export_limits").iter_rows(named=True):
        key = (one["limit"], None, None)
        rows = [block[key] for block in (by_quantity, by_share) if key in block]
        if rows:
            atom = Atom(free_upper=np.array(rows))
            found.append(Rule("export_limits", one["limit"], words.export_limit(one), (atom,)))
    return found


def _row_limits(r: Relaxed) -> list[Rule]:
    """Lanes by mass and volume, and shared capacities: own value and profile apart."""
    found = []
    for table, attribute in (
        ("lanes", "mass_kg_max"),
        ("lanes", "volume_m3_max"),
        ("capacities", "amount_max"),
    ):
        by_key: dict[tuple[str, bool], list[Atom]] = {}
        limit: dict[tuple[str, int], float] = {}
        profiled = r.profiled(table, attribute)
        for (key, _, period), row in r.row_numbers(attribute).items():
            assert period is not None  # noqa: S101 - these limits hold period by period
            atom = Atom(period, free_upper=np.array([row]))
            by_key.setdefault((key, (key, period) in profiled), []).append(atom)
            limit[key, period] = float(r.bounds.row_upper[row])
        for (key, profile), atoms in by_key.items():
            text = words.limit(table, key, attribute, profile, limit)
            found.append(_limit_rule(table, key, attribute, profile, text, atoms))
    return found


def _limit_rule(
    table: str,
    key: str,
    attribute: str,
    profile: bool,
    text: words.Text,
    atoms: list[Atom],
) -> Rule:
    if profile:
        return Rule("profiles", f"{table},{key},{attribute}", text, tuple(atoms))
    return Rule(table, key, text, tuple(atoms))


def _runs(r: Relaxed) -> list[Rule]:
    block = r.model.columns.runs
    profiled = r.profiled("processes", "runs_max")
    names = r.numbers.keys["processes"]
    by_key: dict[tuple[str, bool], list[Atom]] = {}
    limit: dict[tuple[str, int], float] = {}
    for k in np.flatnonzero(block["process"] < len(names)):
        key, period = names[block["process"][k]], int(block["period"][k])
        most = float(r.bounds.column_upper[block.start + k])
        if np.isfinite(most):
            atom = Atom(period, columns=np.array([block.start + k]))
            by_key.setdefault((key, (key, period) in profiled), []).append(atom)
            limit[key, period] = most
    return [
        _limit_rule(
            "processes",
            key,
            "runs_max",
            profile,
            words.limit("processes", key, "runs_max", profile, limit),
            atoms,
        )
        for (key, profile), atoms in by_key.items()
    ]


def _closures(r: Relaxed) -> list[Rule]:
    f = r.model.columns.shipments
    closed = ~r.numbers.lane_open[f["lane"], f["period"]]
    found = []
    for lane in np.unique(f["lane"][closed]):
        mine = np.flatnonzero(closed & (f["lane"] == lane))
        atoms = []
        for period in np.unique(f["period"][mine]):
            columns = f.start + mine[f["period"][mine] == period]
            atoms.append(
                Atom(int(period), columns=columns, upper=r.model.upper[columns], shuts=True)
            )
        key = r.numbers.keys["lanes"][lane]
        found.append(_limit_rule("lanes", key, "open", True, words.closed(key), atoms))
    return found


def _quantities(r: Relaxed) -> list[Rule]:
    """quantity_max of a lane and resource: bounds of columns, or rows over several layers."""
    n, f = r.model.numbers, r.model.columns.shipments
    rows = r.row_numbers("quantity_max")
    resource = r.model.layers.resource[f["layer"]]
    entry = n.lane_resource
    found = []
    for k in np.flatnonzero(np.isfinite(entry["quantity_max"])):
        mine = (f["lane"] == entry["lane"][k]) & (resource == entry["resource"][k])
        lane, name = n.keys["lanes"][entry["lane"][k]], n.keys["resources"][entry["resource"][k]]
        atoms = []
        for period in np.unique(f["period"][mine]):
            row = rows.get((lane, name, int(period)))
            column = f.start + np.flatnonzero(mine & (f["period"] == period))
            limited = NOTHING if row is None else np.array([row])
            atoms.append(Atom(int(period), free_upper=limited, columns=column))
        text = words.quantity(lane, name, float(entry["quantity_max"][k]))
        found.append(Rule("lane_resources", f"{lane},{name}", text, tuple(atoms)))
    return found


def _whole(r: Relaxed) -> list[Rule]:
    """Lots, least quantities and whole runs."""
    n, c = r.model.numbers, r.model.columns
    entry = n.lane_resource
    found = []
    for attribute, block, rules in (
        ("lot_size", c.lots, ("lot_size",)),
        ("quantity_min", c.starts, ("quantity_min", "quantity_start")),
    ):
        numbers = [r.row_numbers(rule) for rule in rules]
        for k in np.unique(block["entry"]) if block.size else NOTHING:
            lane = n.keys["lanes"][entry["lane"][k]]
            name = n.keys["resources"][entry["resource"][k]]
            rows = [
                row
                for number in numbers
                for (one, kind, _), row in number.items()
                if (one, kind) == (lane, name)
            ]
            both = np.array(rows, dtype=np.int64)
            atom = Atom(free_upper=both, free_lower=both)
            text = words.whole(attribute, lane, name, float(entry[attribute][k]))
            found.append(Rule("lane_resources", f"{lane},{name}", text, (atom,)))
    for process in np.flatnonzero(n.runs_whole):
        columns = _of(c.runs, c.runs["process"] == process)
        key = n.keys["processes"][process]
        text = words.whole_runs(key)
        found.append(Rule("processes", key, text, (Atom(fractions=columns),)))
    return found


def _of(block: Block, mask: Array) -> Array:
    columns: Array = block.columns[mask]
    return columns


def _storage(r: Relaxed) -> list[Rule]:
    by_site: dict[str, list[Atom]] = {}
    for (key, _, period), row in r.row_numbers("storage_m3_max").items():
        by_site.setdefault(key, []).append(Atom(period, free_upper=np.array([row])))
    limits = dict(zip(r.numbers.keys["sites"], r.numbers.storage_m3_max.tolist(), strict=True))
    return [
        Rule("sites", key, words.storage(key, limits[key]), tuple(atoms))
        for key, atoms in by_site.items()
    ]


def _supplies(r: Relaxed) -> list[Rule]:
    """What there is: rows of stocks and arrivals of one resource at one site; or none."""
    block = r.model.columns.runs
    found = []
    for sale in r.sales:
        columns = _of(block, block["process"] == sale.process)
        text = words.supply(sale.site, sale.resource, sale.stock, sale.arrivals, sale.last)
        kind = "limit" if sale.stock + sale.arrivals > 0 else "absence"
        table = "arrivals" if sale.stock == 0 and sale.arrivals > 0 else "stocks"
        key = f"{sale.site},{sale.resource}"
        found.append(Rule(table, key, text, (Atom(columns=columns),), kind))
    return found
