"""Changes to the rows of a network that change nothing, or change it in a known way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from sampan.errors import ContradictionError
from sampan.network import STAGES, Network, Objective
from sampan.plan import Plan
from tests.engine.networks import solved
from tests.property.random_networks import Generator, Row, from_rows

Tables = dict[str, list[Row]]
DEFAULT = Objective(STAGES)


def cases(count: int, *, whole: bool = False) -> Iterator[tuple[int, Tables, int, Plan]]:
    """Seed, tables, periods and verified plan of random networks that have one."""
    found, seed = 0, 10_000
    while found < count:
        seed += 1
        generator = Generator(seed, whole=whole)
        tables = generator.tables()
        try:
            plan = solved(network_of(tables, generator.periods))
        except ContradictionError:
            continue
        found += 1
        yield seed, tables, generator.periods, plan


def network_of(tables: Tables, periods: int, objective: Objective = DEFAULT) -> Network:
    """A network of rows with all stages in their order."""
    return from_rows(tables, periods=periods, objective=objective)


def changed(tables: Tables, **more: list[Row]) -> Tables:
    """A copy with some tables replaced."""
    return {name: [dict(row) for row in rows] for name, rows in (tables | more).items()}


def shuffled(tables: Tables, seed: int) -> Tables:
    """Every table's rows in another order."""
    chance = random.Random(seed)
    return {name: chance.sample(rows, len(rows)) for name, rows in tables.items()}


def times(row: Row, factor: float, *names: str) -> None:
    """Multiply some cells, empty ones left empty."""
    for name in names:
        if row.get(name) is not None:
            row[name] *= factor


def in_other_units(tables: Tables, resource: str, factor: float) -> Tables:
    """One resource counted in units of 1 ÷ factor; loads by unit, which span resources, dropped."""
    new = changed(tables)
    quantities = {
        "stocks": ("quantity",),
        "arrivals": ("quantity",),
        "demands": ("quantity",),
        "process_flows": ("quantity_per_run",),
        "lane_resources": ("quantity_max", "quantity_min", "lot_size"),
        "reserves": ("quantity_min",),
        "export_limits": ("quantity_max",),
        "pledges": ("quantity",),
        "commitments": ("quantity",),
    }
    per_unit = {
        "resources": ("mass_kg", "volume_m3", "value", "holding_cost"),
        "lane_resources": ("cost_per_unit",),
        "demands": ("shortage_cost_per_unit",),
        "reserves": ("penalty_per_unit",),
        "pledges": ("penalty_per_unit",),
        "substitutes": ("penalty_per_unit", "quantity_per_unit"),
    }
    for names, by in ((quantities, factor), (per_unit, 1.0 / factor)):
        for table, attributes in names.items():
            for row in new[table]:
                if row["resource"] == resource:
                    times(row, by, *attributes)
    for row in new["substitutes"]:
        if row["substitute"] == resource:
            times(row, factor, "quantity_per_unit")
    new["capacity_loads"] = without_unit_loads(new)
    return new


def without_unit_loads(tables: Tables) -> list[Row]:
    """Loads on capacities but those by unit."""
    return [row for row in tables["capacity_loads"] if row["per"] != "unit"]


def in_other_money(tables: Tables, factor: float) -> Tables:
    """Every amount of money times a factor."""
    new = changed(tables)
    for rows in new.values():
        for row in rows:
            names = [name for name in row if name.startswith(("cost_per_", "shortage_cost_"))]
            times(row, factor, "value", "holding_cost", "penalty_per_unit", *names)
    for row in new["profiles"]:
        row["value"] = next(
            old["value"] for old in tables["profiles"] if same_key(old, row)
        )  # a profile's value is no money
    return new


def same_key(one: Row, other: Row) -> bool:
    """Whether two rows of profiles replace the same limit in the same period."""
    return all(one[name] == other[name] for name in ("table", "key", "attribute", "period"))


def split_in_two(tables: Tables, number: int) -> Tables:
    """One demand as two of the same kind, a third and two thirds."""
    new = changed(tables)
    whole = new["demands"].pop(number)
    for key, part in (("first", 1 / 3), ("second", 2 / 3)):
        new["demands"].append(whole | {"demand": key, "quantity": whole["quantity"] * part})
    return new


def one_period_later(tables: Tables, periods: int) -> Tables:
    """All one period later, after a period in which nothing can start.

    What was in stock arrives in period 1 instead; limits by share are left out, since stock at
    the start counts for them whatever their window.
    """
    new = changed(tables)
    for rows in new.values():
        for row in rows:
            for name in ("period", "expires_period", "to_period", "from_period"):
                if row.get(name) is not None:
                    row[name] += 1
    for table in ("reserves", "export_limits"):
        for row in new[table]:
            row["from_period"] = row["from_period"] or 1
    new["export_limits"] = [
        row | {"share_max": None} for row in new["export_limits"] if row["quantity_max"] is not None
    ]
    never = 10 * periods
    moved: dict[tuple[Any, ...], Row] = {}
    stocks = [
        row
        | {
            "period": 1,
            "expires_period": never if row["expires_period"] is None else row["expires_period"],
        }
        for row in new["stocks"]
    ]
    ages = {row["resource"] for row in new["resources"] if row["kind"] == "good"}
    for row in new["arrivals"] + stocks:
        if row["resource"] not in ages:
            row["expires_period"] = None
        key = row["site"], row["resource"], row["period"], row["expires_period"]
        row["quantity"] += moved[key]["quantity"] if key in moved else 0
        moved[key] = row
    new["arrivals"], new["stocks"] = list(moved.values()), []
    closed: list[Row] = [
        {"table": table, "key": row[key], "attribute": attribute, "period": 0, "value": 0}
        for table, key, attribute in (
            ("lanes", "lane", "open"),
            ("processes", "process", "runs_max"),
        )
        for row in new[table]
    ]
    new["profiles"] += closed
    return new


def without(tables: Tables, *names: str, storage: bool = True) -> Tables:
    """A copy without some tables and, if asked, without limits on storage."""
    new = changed(tables, **{name: [] for name in names})
    if not storage:
        for row in new["sites"]:
            row["storage_m3_max"] = None
    return new


def without_rings(tables: Tables) -> Tables:
    """A copy in which lanes that lead back take a period.

    In rings without lead time the rules do not say how often one unit may go round in a
    period, and so not whether what a plan sent round can be ordered.
    """
    new = changed(tables)
    for row in new["lanes"]:
        if row["origin"] > row["destination"]:
            row["lead_time_periods"] = max(row["lead_time_periods"], 1)
    return new
