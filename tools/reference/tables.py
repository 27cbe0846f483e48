"""Reference pages of the tables of a network and the frames of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sampan import schema
from sampan.schema import Attribute, Table

HEADING = ("column", "中文", "type", "unit", "empty means", "values", "what it is")
NETWORK_INTRODUCTION = """\
# The tables of a network

A network is a folder with one CSV or Parquet file for each of these tables, and `network.toml`;
or an Excel workbook with one sheet for each. A table that is not needed may be absent, and so may
a column that is not required. Columns in **bold** are required; those marked ‡ make up the key.
Quantities are in the resource's unit, money in the network's currency, and periods are counted
from 0.
"""
PLAN_INTRODUCTION = """\
# The frames of a plan

`Plan` holds these frames, and a plan's folder one file for each, beside `plan.toml` with the
summary. Quantities are in the resource's unit and periods are counted from 0. Columns in **bold**
are never empty; those marked ‡ make up the key. How `stages`, `prices` and `capacity_prices` prove
a bound is told in [the certificate](../explanation/certificate.md).
"""


def network_page() -> str:
    """The page of the network's tables."""
    return _page(NETWORK_INTRODUCTION, [schema.table(name) for name in schema.NETWORK_TABLES])


def plan_page() -> str:
    """The page of the plan's frames."""
    return _page(PLAN_INTRODUCTION, [schema.plan_frame(name) for name in schema.PLAN_FRAMES])


def _page(introduction: str, tables: Sequence[Table]) -> str:
    contents = "\n".join(f"- [`{table.name}`](#{table.name}) {table.title_zh}" for table in tables)
    return "\n".join([introduction, contents, "", *map(_section, tables)]).rstrip() + "\n"


def _section(table: Table) -> str:
    rows = [_row(table, attribute) for attribute in table.attributes]
    lines = [f"## {table.name}", "", f"{table.title_zh} · {table.description}", ""]
    return "\n".join([*lines, markdown_table(HEADING, rows), ""])


def _row(table: Table, attribute: Attribute) -> tuple[str, ...]:
    name = f"`{attribute.name}`"
    if attribute.required:
        name = f"**{name}**"
    if attribute.name in table.key:
        name += " ‡"
    return (
        name,
        attribute.title_zh,
        attribute.type,
        attribute.unit,
        _default(attribute),
        _values(attribute),
        attribute.description,
    )


def _default(attribute: Attribute) -> str:
    if attribute.required:
        return "not allowed"
    if attribute.default_note:
        return attribute.default_note
    if attribute.default is None:
        return "not stated"
    if attribute.default == float("inf"):
        return "unlimited"
    if isinstance(attribute.default, bool):
        return str(attribute.default).lower()
    return str(attribute.default)


def _values(attribute: Attribute) -> str:
    parts = []
    if attribute.references:
        parts.append(f"one of `{attribute.references}`")
    if attribute.choices:
        parts.append(", ".join(f"`{choice}`" for choice in attribute.choices))
    if attribute.form:
        parts.append({"country": "ISO 3166-1 alpha-2", "region": "ISO 3166-2"}[attribute.form])
    if attribute.minimum is not None:
        parts.append(f"≥ {attribute.minimum:g}")
    if attribute.above is not None:
        parts.append(f"> {attribute.above:g}")
    if attribute.maximum is not None:
        parts.append(f"≤ {attribute.maximum:g}")
    return "; ".join(parts)


def markdown_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of texts."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
