"""`sampan check`, `schema` and `template`: the commands about tables."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from sampan import schema
from sampan.check import check
from sampan.commands.loading import load_network
from sampan.commands.output import (
    BAD_INPUT,
    FINE,
    UsageError,
    counted,
    print_json,
    problem_rows,
    problems_by_table,
)
from sampan.schema import Attribute, Table
from sampan.template import write_template

PLAN = "plan."
"""Before the name of a plan's frame, where a network's table has the same name."""


def run_check(arguments: argparse.Namespace) -> int:
    """Every problem of a network, grouped by table."""
    problems = check(load_network(arguments))
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    verdict = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    if arguments.json:
        document: dict[str, Any] = {"errors": errors, "warnings": warnings}
        if errors:
            document["error"] = f"The network cannot be solved: {verdict}."
        print_json(document | {"problems": problem_rows(problems)})
    else:
        if problems:
            print(problems_by_table(problems) + "\n")
        print(f"{verdict}. {_meaning(errors, warnings)}")
    return BAD_INPUT if errors else FINE


def _meaning(errors: int, warnings: int) -> str:
    if errors:
        return "Correct the errors; the network cannot be solved before."
    return "The network can be solved as it is." if warnings else "The network is fine."


def run_schema(arguments: argparse.Namespace) -> int:
    """The tables, or the attributes of one."""
    if arguments.table is None:
        _list_tables(arguments.json)
        return FINE
    table = _find(arguments.table)
    if arguments.json:
        print_json(
            _described(table) | {"attributes": [_attribute(item) for item in table.attributes]}
        )
    else:
        _print_table(table)
    return FINE


def _find(name: str) -> Table:
    if name in schema.NETWORK_TABLES:
        return schema.table(name)
    if name.removeprefix(PLAN) in schema.PLAN_FRAMES:
        return schema.plan_frame(name.removeprefix(PLAN))
    known = [*schema.NETWORK_TABLES, *(PLAN + frame for frame in schema.PLAN_FRAMES)]
    near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}?" if near else "`sampan schema` lists them."
    raise UsageError(f"there is no table {name!r}. {hint}")


def _list_tables(as_json: bool) -> None:
    network = [schema.table(name) for name in schema.NETWORK_TABLES]
    plan = [schema.plan_frame(name) for name in schema.PLAN_FRAMES]
    if as_json:
        tables = [_described(table) for table in network]
        print_json({"network": tables, "plan": [_described(frame) for frame in plan]})
        return
    print("Tables of a network")
    _print_rows([[table.name, table.title_zh, table.description] for table in network])
    print("\nFrames of a plan (`sampan schema plan.NAME`)")
    _print_rows([[table.name, table.title_zh, table.description] for table in plan])


def _described(table: Table) -> dict[str, Any]:
    names = ("name", "title", "title_zh", "description", "key")
    return {name: getattr(table, name) for name in names}


def _attribute(item: Attribute) -> dict[str, Any]:
    names = ("name", "type", "title_zh", "description", "required", "unit", "default",
             "default_note", "references", "minimum", "above", "maximum", "choices",
             "form")  # fmt: skip
    unlimited = item.default == float("inf")
    return {name: getattr(item, name) for name in names} | (
        {"default": "unlimited"} if unlimited else {}
    )


def _print_table(table: Table) -> None:
    print(f"{table.name} ({table.title_zh}): {table.description}")
    print(f"Key: {', '.join(table.key)}. Columns marked * are required.\n")
    rows = []
    for item in table.attributes:
        unit = f" [{item.unit}]" if item.unit else ""
        name = f"{item.name}{'*' if item.required else ''}"
        text = f"{item.description}{unit}"
        if item.choices:
            text += f"; one of {', '.join(item.choices)}"
        if item.references:
            text += f"; from {item.references}"
        if not item.required:
            text += f"; empty: {_default(item)}"
        rows.append([name, item.type, item.title_zh, text])
    _print_rows(rows)


def _default(item: Attribute) -> str:
    if item.default_note:
        return item.default_note
    if item.default is None:
        return "none"
    if isinstance(item.default, bool):
        return str(item.default).lower()
    return "unlimited" if item.default == float("inf") else str(item.default)


def _print_rows(rows: Sequence[Sequence[str]]) -> None:
    from sampan.show import console, plain_table

    console().print(plain_table(rows))


def run_template(arguments: argparse.Namespace) -> int:
    """Write an Excel workbook to fill in."""
    place = write_template(arguments.path, overwrite=arguments.overwrite)
    if arguments.json:
        print_json({"path": str(place)})
    else:
        print(f"{place}: fill it in, then run `sampan check {place}`.")
    return FINE
