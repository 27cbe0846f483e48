"""The network and the plan that a command is about."""

from __future__ import annotations

import argparse

import polars as pl

from sampan.commands.output import note
from sampan.errors import PlanFileError, Problem
from sampan.network import Network
from sampan.override import apply_overrides
from sampan.plan import Plan
from sampan.read import read_network, read_plan

REFERENCES = (
    ("shipments", "lane", "lanes"),
    ("runs", "process", "processes"),
    ("shortages", "demand", "demands"),
    ("deliveries", "demand", "demands"),
)
"""Frames whose keys tell whether a plan is of a network."""


def load_network(arguments: argparse.Namespace) -> Network:
    """The network, with the changes that `--set` asks for."""
    return apply_overrides(read_network(arguments.network), arguments.overrides)


def load_plan(arguments: argparse.Namespace) -> Plan:
    """The plan; says so if it was made with other changes than are asked for now."""
    plan = read_plan(arguments.plan)
    made_with = list(plan.summary.get("overrides", []))
    if made_with != list(arguments.overrides):
        given = " ".join(f"--set '{text}'" for text in made_with) or "no --set"
        note(f"Note: the plan was made with {given}; give the same here, or they may not fit.")
    return plan


def check_belongs(network: Network, plan: Plan, place: str) -> None:
    """Refuse a plan of another network, where it would be shown as if it were of this one.

    Raises
    ------
    PlanFileError
        Naming the first key of each frame that the network does not have.
    """
    problems = []
    for frame, column, table in REFERENCES:
        known = network.table(table)[column].implode()
        rows = plan.frames[frame].with_row_index("#row")
        rows = rows.filter(~pl.col(column).is_in(known))
        if len(rows):
            key = rows[column][0]
            message = f"{key!r} is not in {table}: the plan in {place} is of another network."
            hint = "Give the network that was solved, with the same --set."
            number = int(rows["#row"][0]) + 2
            problems.append(Problem(frame, number, column, key, message, hint, "other-network"))
    if problems:
        raise PlanFileError(problems)
