"""The tables of a network and of a plan: one TOML file each, read here.

These files are the only statement of what a table holds. Reading, checks, import
templates and the reference pages all follow them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

NETWORK_TABLES = (
    "sites", "resources", "stocks", "arrivals", "processes", "process_flows", "lanes",
    "lane_resources", "capacities", "capacity_loads", "profiles", "demands", "substitutes",
    "reserves", "export_limits", "pledges", "commitments",
)  # fmt: skip
"""Tables of a network, in the order in which they are read and shown."""

PLAN_FRAMES = (
    "shipments", "vehicles", "runs", "stocks", "deliveries", "shortages", "expiries",
    "breaches", "stages", "prices", "capacity_prices",
)  # fmt: skip
"""Frames of a plan, in the order in which they are written and shown."""


@dataclass(frozen=True)
class Attribute:
    """One column of a table."""

    name: str
    type: str
    """`text`, `number`, `whole` or `boolean`."""
    title_zh: str
    description: str
    required: bool = False
    unit: str = ""
    default: Any = None
    """What an empty cell means, where that is one value; `inf` for "unlimited"."""
    default_note: str = ""
    """What an empty cell means, in words, where it depends on the row."""
    references: str = ""
    """`table.column` whose values this column must take."""
    minimum: float | None = None
    above: float | None = None
    """The value must be greater than this."""
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    form: str = ""
    """`country` (ISO 3166-1 alpha-2) or `region` (ISO 3166-2): checked for form only."""


@dataclass(frozen=True)
class Table:
    """One table: its key and its attributes, in order."""

    name: str
    title: str
    title_zh: str
    description: str
    key: tuple[str, ...]
    attributes: tuple[Attribute, ...]

    def __getitem__(self, name: str) -> Attribute:
        return self.by_name[name]

    @property
    def by_name(self) -> dict[str, Attribute]:
        return {attribute.name: attribute for attribute in self.attributes}

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(attribute.name for attribute in self.attributes)


@cache
def table(name: str) -> Table:
    """The schema of one table of a network, such as `lanes`."""
    return _load(f"{name}.toml")


@cache
def plan_frame(name: str) -> Table:
    """The schema of one frame of a plan, such as `shipments`."""
    return _load(f"plan/{name}.toml")


def _load(path: str) -> Table:
    text = files(__package__).joinpath(path).read_text(encoding="utf-8")
    entry = tomllib.loads(text)
    attributes = tuple(_attribute(item) for item in entry["attribute"])
    return Table(
        name=entry["table"],
        title=entry["title"],
        title_zh=entry["title_zh"],
        description=entry["description"],
        key=tuple(entry["key"]),
        attributes=attributes,
    )


def _attribute(item: dict[str, Any]) -> Attribute:
    item = dict(item)
    item["choices"] = tuple(item.get("choices", ()))
    if item.get("default") == "unlimited":
        item["default"] = float("inf")
    return Attribute(**item)
