"""Demands that nothing can ever reach, and processes that starve: warnings, both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sampan.check.facts import Bools, Facts, Ints
from sampan.check.findings import ROW, Findings
from sampan.check.reach import Reach


def check_supply(findings: Findings, facts: Facts, reached: Reach) -> None:
    """Warn of demands out of reach and of processes whose inputs nothing can supply."""
    _check_demands(findings, facts, reached)
    _check_processes(findings, facts, reached)


@dataclass(frozen=True)
class _Wanted:
    """Demands of known sites and resources within the calendar."""

    rows: pl.DataFrame
    site: Ints
    resource: Ints
    due: Ints
    latest: Ints


def _wanted(findings: Findings, facts: Facts) -> _Wanted:
    rows = findings.rows("demands")
    rows = rows.filter((pl.col("quantity") > 0) & pl.col("period").is_between(0, facts.periods - 1))
    site, resource = facts.site_of(rows["site"]), facts.resource_of(rows["resource"])
    known = (site >= 0) & (resource >= 0)
    rows, site, resource = rows.filter(pl.Series(known)), site[known], resource[known]
    due = rows["period"].to_numpy()
    lasting = (facts.resources["kind"] == "good").fill_null(value=True).to_numpy()
    default = np.where(lasting[resource], facts.periods, 0)
    late = np.where(
        rows["lateness_max"].is_null(), default, rows["lateness_max"].fill_null(0).to_numpy()
    )
    latest = np.minimum(due + np.clip(late, 0, facts.periods), facts.periods - 1)
    return _Wanted(rows, site, resource, due, latest)


def _check_demands(findings: Findings, facts: Facts, reached: Reach) -> None:
    wanted = _wanted(findings, facts)
    if wanted.rows.is_empty():
        return
    soonest = _soonest(reached)
    soon = soonest[wanted.due, wanted.site, wanted.resource]
    table = facts.network.table("substitutes")
    pairs = zip(
        facts.resource_of(table["resource"]), facts.resource_of(table["substitute"]), strict=True
    )
    for resource, substitute in pairs:
        if resource >= 0 and substitute >= 0:
            at = np.flatnonzero(wanted.resource == resource)
            there = soonest[wanted.due[at], wanted.site[at], substitute]
            soon[at] = np.minimum(soon[at], there)
    out_of_reach = np.flatnonzero(soon > wanted.latest)
    reasons = [_reason(facts, reached, wanted, soon, int(at)) for at in out_of_reach]
    rows = wanted.rows[out_of_reach]
    messages = [
        f"{{}} ({resource} at {site}) can never be met: {reason}."
        for resource, site, reason in zip(rows["resource"], rows["site"], reasons, strict=True)
    ]
    hint = "Add supply or a faster lane, or allow more lateness; otherwise it counts as short."
    code = "unreachable-demand"
    findings.report("demands", rows[ROW], rows["demand"], None, messages, hint, code, "warning")


def _soonest(reached: Reach) -> Ints:
    """Periods × sites × resources: the first period from there on in which a unit can be there."""
    periods = len(reached.last)
    soonest = np.full(reached.last.shape, periods, dtype=np.int64)
    following = np.full(reached.last.shape[1:], periods, dtype=np.int64)
    for period in reversed(range(periods)):
        following = np.where(reached.last[period] >= 0, period, following)
        soonest[period] = following
    return soonest


def _reason(facts: Facts, reached: Reach, wanted: _Wanted, soon: Ints, at: int) -> str:
    site, resource = wanted.site[at], wanted.resource[at]
    if soon[at] < facts.periods:
        return (
            f"the earliest that any can be there is period {soon[at]}, "
            f"and its latest is {wanted.latest[at]}"
        )
    there = np.flatnonzero(reached.last[:, site, resource] >= 0)
    if len(there):
        return f"any there is gone after period {there[-1]}, and it is due in {wanted.due[at]}"
    if (reached.last[:, :, resource] >= 0).any():
        return "no open lane brings any there within the calendar"
    return "nothing supplies it anywhere"


def _check_processes(findings: Findings, facts: Facts, reached: Reach) -> None:
    flows = facts.flows.filter(pl.col("quantity") < 0)
    ever: Bools = np.any(reached.last >= 0, axis=0)
    site, resource = flows["site"].to_numpy(), flows["resource"].to_numpy()
    flows = flows.with_columns(pl.Series("ever", ever[site, resource]))
    names = facts.resources["resource"]
    missing: dict[int, list[str]] = {}
    for process, resource_at in flows.filter(~pl.col("ever")).select("process", "resource").rows():
        missing.setdefault(process, []).append(names[resource_at])
    starved = [int(at) for at in np.unique(flows["process"]) if not reached.supplied[at]]
    keys = pl.DataFrame({"process": facts.processes["process"][starved], "at": starved})
    rows = findings.rows("processes").unique("process", keep="first", maintain_order=True)
    rows = rows.join(keys, on="process", maintain_order="left")
    messages = []
    for at, where in rows.select("at", "site").rows():
        if at in missing:
            what = f"nothing can supply {', '.join(missing[at])} at {where}"
        else:
            what = f"its inputs are never at {where} in the same period"
        messages.append(f"{{}} can never run: {what}.")
    hint = "Add a stock, arrival, lane or purchase of it, or remove the process."
    code = "starved-process"
    findings.report("processes", rows[ROW], rows["process"], None, messages, hint, code, "warning")
