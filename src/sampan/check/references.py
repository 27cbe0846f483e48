"""Keys that name nothing, and what stands where it does not fit."""

from __future__ import annotations

from difflib import get_close_matches

import polars as pl

from sampan import schema
from sampan.check.findings import ROW, Findings

NEAR_MAX = 20
"""Values for which a similar key is looked up; looking is slow in long tables."""
PROFILED = {
    "processes": ("runs_max",),
    "capacities": ("amount_max",),
    "lanes": ("mass_kg_max", "volume_m3_max", "open"),
}


def check_references(findings: Findings) -> None:
    """Every cell that must name a row of another table does."""
    for name in schema.NETWORK_TABLES:
        for attribute in schema.table(name).attributes:
            if attribute.references:
                target, column = attribute.references.split(".")
                rows = findings.rows(name).select(ROW, pl.col(attribute.name).alias("value"))
                _report_unknown(findings, name, attribute.name, rows, target, column)


def _report_unknown(
    findings: Findings, table: str, attribute: str, rows: pl.DataFrame, target: str, column: str
) -> None:
    if not findings.is_readable(target, column):
        return
    known = findings.network.table(target)[column].drop_nulls().unique()
    wrong = rows.filter(pl.col("value").is_not_null() & ~pl.col("value").is_in(known.implode()))
    hints = _hints(wrong["value"].to_list(), sorted(known), target)
    values = wrong["value"]
    message = f"{{}} is not in {target}."
    findings.report(table, wrong[ROW], values, attribute, message, hints, "unknown-reference")


def _hints(values: list[str], known: list[str], target: str) -> list[str]:
    plain = f"Add it to {target}, or correct or remove this row."
    near: dict[str, str] = {}
    for value in list(dict.fromkeys(values))[:NEAR_MAX]:
        if match := get_close_matches(value, known, 1, 0.75):
            near[value] = f"Did you mean {match[0]!r}? Else add it to {target}."
    return [near.get(value, plain) for value in values]


def check_profiles(findings: Findings) -> None:
    """Profiles name a row of their table, an attribute it has, and `open` as 1 or 0."""
    rows = findings.rows("profiles")
    for target, attributes in PROFILED.items():
        of_target = rows.filter(pl.col("table") == target)
        keys = of_target.select(ROW, pl.col("key").alias("value"))
        _report_unknown(findings, "profiles", "key", keys, target, schema.table(target).key[0])
        misfit = of_target.filter(~pl.col("attribute").is_in(attributes))
        known = schema.table("profiles")["attribute"].choices
        misfit = misfit.filter(pl.col("attribute").is_in(known))
        hint = f"Use {' or '.join(attributes)} there."
        message = f"{target} have no {{attribute}} that changes by period."
        findings.report_rows("profiles", misfit, "attribute", message, hint, "bad-profile")
    half = rows.filter((pl.col("attribute") == "open") & ~pl.col("value").is_in([0.0, 1.0]))
    message, hint = "a lane cannot be open by {value}.", "Write 1 for open or 0 for closed."
    findings.report_rows("profiles", half, "value", message, hint, "bad-profile")


def check_loads(findings: Findings) -> None:
    """A load names a process if it is per run, else a lane."""
    rows = findings.rows("capacity_loads")
    for target, per_run in (("processes", True), ("lanes", False)):
        of_target = rows.filter((pl.col("per") == "run") == per_run)
        keys = of_target.select(ROW, pl.col("activity").alias("value"))
        other = "lanes" if per_run else "processes"
        other_keys = findings.network.table(other)[schema.table(other).key[0]].drop_nulls()
        elsewhere = pl.col("value").is_in(other_keys.implode())
        known = findings.network.table(target)[schema.table(target).key[0]].drop_nulls()
        swapped = keys.filter(elsewhere & ~pl.col("value").is_in(known.implode()))
        message = f"{{}} is in {other}, so a load of it cannot be "
        message += "per run." if per_run else "per unit, kg or m3."
        hint = "Use unit, kg or m3 for a lane." if per_run else "Use run for a process."
        values = swapped["value"]
        findings.report("capacity_loads", swapped[ROW], values, "per", message, hint, "bad-load")
        rest = keys.join(swapped, on=ROW, how="anti")
        column = schema.table(target).key[0]
        _report_unknown(findings, "capacity_loads", "activity", rest, target, column)
