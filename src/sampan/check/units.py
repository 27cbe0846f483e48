"""Resources without mass or volume where lanes and stores count in kilograms or cubic metres."""

from __future__ import annotations

import numpy as np
import polars as pl

from sampan.check.facts import Bools, Facts
from sampan.check.findings import ROW, Findings


def check_sizes(findings: Findings, facts: Facts) -> None:
    """One warning for each good or equipment that would travel free of a limit or charge."""
    goods = ~facts.is_service
    for attribute, unit, short in (("mass_kg", "mass", "kg"), ("volume_m3", "volume", "m3")):
        counted = _counted_lanes(facts, short)
        exposed = facts.carries[counted].any(axis=0) & goods
        where = np.full(len(facts.resources), "lanes")
        if short == "m3" and findings.network.table("sites")["storage_m3_max"].is_finite().any():
            where = np.where(exposed, "lanes and sites", "sites")
            exposed = goods
        weightless = (facts.resources[attribute] == 0).to_numpy()
        names = facts.resources["resource"].filter(pl.Series(exposed & weightless))
        rows = findings.rows("resources").filter(pl.col("resource").is_in(names.implode()))
        places = where[exposed & weightless]
        messages = [
            f"{{}} has no {unit}, but {place} limit or charge by {short}: there it counts as 0."
            for place in places
        ]
        rows = rows.unique("resource", keep="first", maintain_order=True)
        findings.report(
            "resources",
            rows[ROW],
            rows["resource"],
            attribute,
            messages,
            f"Fill in {attribute}: {short} of one unit.",
            f"no-{unit}",
            "warning",
        )


def _counted_lanes(facts: Facts, short: str) -> Bools:
    """Lanes that limit or charge by kg (or m3)."""
    limit = facts.lane_limit("mass_kg_max" if short == "kg" else "volume_m3_max")
    counted: Bools = np.any(np.isfinite(limit), axis=1)
    counted |= (facts.lanes[f"cost_per_{short}"] > 0).fill_null(value=False).to_numpy()
    counted |= facts.lanes[f"vehicle_{short}"].is_not_null().to_numpy()
    loads = facts.network.table("capacity_loads").filter(pl.col("per") == short)
    lane = facts.lane_of(loads["activity"])
    counted[lane[lane >= 0]] = True
    return counted
