"""What goes to standard output and what to standard error, and with which exit code."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from sampan.errors import (
    ContradictionError,
    InputError,
    PlanFileError,
    Problem,
    SampanError,
    SolverError,
)

FINE = 0
FINDING = 1
"""An invalid plan, or hard rules that contradict each other."""
BAD_INPUT = 2
"""Also what the command line itself does not allow."""
NO_PLAN = 3
"""The solver failed, or was stopped before it had any plan."""
DEFECT = 70
INTERRUPTED = 130
BROKEN_PIPE = 141


class UsageError(SampanError):
    """The command line asks for something that there is not."""


def note(text: str) -> None:
    """A message for the person, on standard error."""
    print(text, file=sys.stderr, flush=True)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on standard output, with nothing in it that JSON does not have."""
    ascii_only = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    text = json.dumps(plain(document), ensure_ascii=ascii_only, allow_nan=False)
    print(text, flush=True)


def plain(value: Any) -> Any:
    """The value in JSON's types: NaN becomes null, infinities the texts `inf` and `-inf`."""
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, pl.DataFrame):
        return plain(value.to_dicts())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, pl.Series)):
        return [plain(item) for item in value]
    if hasattr(value, "item"):  # a number of numpy's
        return plain(value.item())
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def problem_rows(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems as objects, by the names of their attributes."""
    names = ("table", "row", "column", "value", "message", "hint", "code", "severity")
    return [{name: getattr(problem, name) for name in names} for problem in problems]


def exit_code(error: SampanError) -> int:
    """The exit code that an error stands for."""
    if isinstance(error, ContradictionError):
        return FINDING
    return NO_PLAN if isinstance(error, SolverError) else BAD_INPUT


def error_document(error: SampanError) -> dict[str, Any]:
    """An error as a JSON object: its message, and whatever it lists."""
    document: dict[str, Any] = {"error": str(error), "kind": type(error).__name__}
    if isinstance(error, (InputError, PlanFileError)):
        document["problems"] = problem_rows(error.problems)
    if isinstance(error, ContradictionError):
        document["rules"] = [
            {"table": rule.table, "key": rule.key, "text": rule.text} for rule in error.rules
        ]
    return document


def report_error(error: SampanError, as_json: bool) -> int:
    """Tell of an error, in the way that was asked for; returns the exit code."""
    if as_json:
        print_json(error_document(error))
    note(f"sampan: {error}")
    return exit_code(error)


def problems_by_table(problems: Sequence[Problem]) -> str:
    """Every problem under its table, with its place and what to do."""
    lines: list[str] = []
    for table in dict.fromkeys(problem.table for problem in problems):
        here = [problem for problem in problems if problem.table == table]
        lines += ["", f"{table} ({len(here)})"]
        lines += [f"  {_problem(problem)}" for problem in here]
    return "\n".join(lines[1:])


def _problem(problem: Problem) -> str:
    place = problem.place.removeprefix(problem.table).removeprefix(", ")
    where = f"{place}: " if place else ""
    value = ""
    if problem.value is not None and problem.value not in problem.message:
        value = f" As written: {problem.value!r}."
    return f"{problem.severity}: {where}{problem.message}{value} {problem.hint}".rstrip()


def counted(count: int, one: str, many: str = "") -> str:
    """A number and its noun, such as `1 error` or `2 errors`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
