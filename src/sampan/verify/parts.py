"""Which stages and parts a certificate must have, and what is wrong with the ones it has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf, isfinite

import polars as pl

from sampan import schema
from sampan.network import Network
from sampan.plan import Plan, Status
from sampan.verify.report import Findings
from sampan.verify.tables import Tables
from sampan.verify.tolerances import GAP, VALUE, VALUE_LEAST
from sampan.verify.values import Value, Values

BY_CLASS = ("shortage", "lateness")
DIVISOR_LEAST = 1e-9
"""A gap is relative to the value, but to no less than this."""


@dataclass(frozen=True)
class Part:
    """One row of `stages`, in the order of the objective."""

    stage: str
    part: str
    priority: int | None
    round: int | None
    value: float
    bound: float
    gap: float
    bound_from: str

    @property
    def where(self) -> str:
        return f"stage {self.stage}, part {self.part}"


def gap_of(value: float, bound: float) -> float:
    """The relative distance of a value and its bound."""
    return abs(value - bound) / max(abs(value), DIVISOR_LEAST)


def read_parts(findings: Findings, network: Network, plan: Plan, values: Values) -> list[Part]:
    """The stated parts that should be there, in order; what is missing or more is a violation."""
    stated: dict[tuple[str, str], Part] = {}
    for row in plan.stages.iter_rows(named=True):
        part = _read(findings, row)
        if part is None:
            continue
        if (part.stage, part.part) in stated:
            findings.add("stages_form", part.where, "the row stands more than once.")
        stated[part.stage, part.part] = part
    wanted = []
    for stage in network.objective.stages:
        names = [str(priority) for priority in values.classes]
        if stage == "fairness":
            names = [name for each in names for name in _rounds(stated, each)]
        elif stage not in BY_CLASS:
            names = ["all"]
        wanted += [(stage, name) for name in names]
    for stage, name in wanted:
        if (stage, name) not in stated:
            text = "the certificate has no row for it."
            findings.add("stages_form", f"stage {stage}, part {name}", text)
    for key, part in stated.items():
        if key not in wanted:
            findings.add("stages_form", part.where, "the network's objective has no such part.")
    return [stated[key] for key in wanted if key in stated]


def _rounds(stated: dict[tuple[str, str], Part], priority: str) -> list[str]:
    """The rounds of a class: as many as are stated without a break, at least one."""
    count = 1
    while ("fairness", f"{priority}:{count + 1}") in stated:
        count += 1
    return [f"{priority}:{number}" for number in range(1, count + 1)]


def _read(findings: Findings, row: dict[str, object]) -> Part | None:
    where = f"stage {row['stage']}, part {row['part']}"
    if any(value is None for value in row.values()):
        findings.add("stages_form", where, "a cell is empty.")
        return None
    numbers = [float(str(row[name])) for name in ("value", "bound", "gap")]
    choices = schema.plan_frame("stages")["bound_from"].choices
    if row["bound_from"] not in choices:
        text = f"bound_from is {row['bound_from']}, not {' or '.join(choices)}."
        findings.add("stages_form", where, text)
        return None
    if not isfinite(numbers[0]) or any(number != number for number in numbers):
        findings.add("stages_form", where, "a number is missing or infinite.")
        return None
    name = re.fullmatch(r"(\d+)(?::(\d+))?", str(row["part"]))
    priority = int(name[1]) if name else None
    round_number = int(name[2]) if name and name[2] else None
    stage, part = str(row["stage"]), str(row["part"])
    value, bound, gap = numbers
    return Part(stage, part, priority, round_number, value, bound, gap, str(row["bound_from"]))


def check_values(
    findings: Findings, parts: list[Part], values: Values, lowest: dict[str, float]
) -> dict[tuple[str, str], float]:
    """The recomputed values; each stated one agrees. `lowest` holds those of fairness by part."""
    recomputed = {}
    for part in parts:
        value = _value(part, values, lowest)
        recomputed[part.stage, part.part] = value.value
        off = abs(part.value - value.value)
        allowed = max(VALUE * value.magnitude, VALUE_LEAST)
        if not off <= allowed:
            text = (
                f"the value is stated as {part.value:.12g}; the plan's own is {value.value:.12g}."
            )
            share = off / max(value.magnitude, VALUE_LEAST)
            findings.add("value", part.where, text, amount=off, relative=share)
    return recomputed


def _value(part: Part, values: Values, lowest: dict[str, float]) -> Value:
    if part.stage == "fairness":
        return Value(lowest[part.part], 1.0)
    if part.stage in BY_CLASS:
        assert part.priority is not None
        by_class = values.shortage if part.stage == "shortage" else values.lateness
        return by_class(part.priority)
    by_stage = {
        "policy": values.policy,
        "cost": values.cost,
        "changes": values.changes,
        "total": values.total,
    }
    return by_stage[part.stage]()


def check_gaps(findings: Findings, plan: Plan, parts: list[Part], tables: Tables) -> None:
    """Every gap follows from its value and bound, and the summary's is the largest of them."""
    for part in parts:
        gap = gap_of(part.value, part.bound)
        if not _agree(part.gap, gap):
            text = f"the gap is stated as {part.gap:.12g}; value and bound make it {gap:.12g}."
            findings.add("gap", part.where, text, amount=abs(part.gap - gap))
        better = part.bound - part.value if part.stage != "fairness" else part.value - part.bound
        if better > VALUE * abs(part.value) + VALUE_LEAST:
            text = f"the value {part.value:.12g} is better than its bound {part.bound:.12g}."
            findings.add("bound", part.where, text, amount=better)
        if part.bound_from == "solver" and not tables.is_whole:
            text = "the network asks for nothing whole, so the bound must follow from prices."
            findings.add("bound", part.where, text)
    _check_summary(findings, plan, parts)


def _agree(stated: float, computed: float) -> bool:
    if stated == computed:
        return True
    return abs(stated - computed) <= GAP * max(1.0, abs(computed)) if computed < inf else False


def _check_summary(findings: Findings, plan: Plan, parts: list[Part]) -> None:
    summary = plan.summary
    status = summary.get("status")
    if status not in {item.value for item in Status}:
        findings.add("summary", "status", f"{status!r} is no status of a plan.")
    largest = max((part.gap for part in parts), default=0.0)
    gap = summary.get("gap")
    if not _is_number(gap) or not _agree(float(str(gap)), largest):
        text = f"gap is {gap!r}, but the largest of the stages is {largest:.12g}."
        findings.add("summary", "gap", text)
    for name in ("largest_violation", "seconds"):
        value = summary.get(name, 0)
        if not _is_number(value) or not float(str(value)) >= 0:
            findings.add("summary", name, f"{value!r} is no number of 0 or more.")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def stage_frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    """The account of all stages; see `Verification.stages`."""
    from sampan.verify.report import STAGE_COLUMNS

    return pl.DataFrame(rows, schema=STAGE_COLUMNS)
