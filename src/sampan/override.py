"""Changes such as `demands.D1.quantity=50`, as `sampan solve --set` takes them."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import polars as pl

from sampan import schema
from sampan.conform import DTYPES, conform_column
from sampan.errors import InputError, Problem
from sampan.network import Network, Objective, as_date

QUOTED = re.compile(r"""^([^.='"]+)\.(['"])(.*?)\2\.([^.=]+)=(.*)$""", re.DOTALL)
HOW = "Write table.key.column=value, such as demands.D1.quantity=50."
SETTINGS = ("name", "start", "periods", "period_length", "currency", "source")
IN_OBJECTIVE = ("stages", "tolerance", "lateness_cost")
NEAR_MAX = 100_000
"""Keys among which a similar one is looked for."""


def apply_overrides(network: Network, overrides: Sequence[str]) -> Network:
    """A copy of the network with some cells or settings changed.

    Parameters
    ----------
    network
        Stays as it is.
    overrides
        Each `table.key.column=value`, `network.setting=value` or `objective.setting=value`.
        A key with several parts has commas between them, as in a CSV file, and may leave out
        an empty last part; a key with "=" in it, or a part with a comma, is written in
        quotes: `lane_resources."L1,mask".quantity_max=5`. No value means an empty cell.

    Returns
    -------
    Network
        With the problems of the cells that were changed gone.

    Raises
    ------
    InputError
        With every change that names nothing or does not fit.

    Examples
    --------
    >>> from datetime import date
    >>> network = Network.from_frames(
    ...     {"sites": {"site": ["W", "H"], "storage_m3_max": [None, 20]}},
    ...     start=date(2020, 2, 10), periods=3,
    ... )
    >>> changed = apply_overrides(network, ["sites.H.storage_m3_max=30", "network.periods=5"])
    >>> changed.table("sites")["storage_m3_max"].to_list(), changed.periods
    ([inf, 30.0], 5)
    """
    problems: list[Problem] = []
    for text in overrides:
        try:
            network = _apply(network, _parse(text))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return network


@dataclass(frozen=True)
class _Override:
    text: str
    table: str
    key: str
    column: str
    value: str


def _refused(text: str, message: str, hint: str = HOW) -> InputError:
    return InputError([Problem("--set", None, None, text, message, hint, "bad-override")])


def _parse(text: str) -> _Override:
    """Table up to the first dot, column after the last one before "="; or around quotes."""
    if match := QUOTED.match(text):
        table, quote, key, column, value = match.groups()
        return _Override(text, table, key.replace(quote * 2, quote), column, value)
    left, equals, value = text.partition("=")
    table, dot, rest = left.partition(".")
    key, _, column = rest.rpartition(".")
    if not equals or not dot or not column:
        raise _refused(text, f"{text!r} is not a change.")
    return _Override(text, table, key, column, value)


def _apply(network: Network, override: _Override) -> Network:
    if override.table in ("network", "objective") and not override.key:
        return _set_setting(network, override)
    if override.table not in schema.NETWORK_TABLES:
        raise _refused(
            override.text,
            f"there is no table {override.table!r} in {override.text!r}.",
            _near(override.table, (*schema.NETWORK_TABLES, "network", "objective")),
        )
    table = schema.table(override.table)
    if override.column not in table.columns:
        message = f"{override.table} has no column {override.column!r} (in {override.text!r})."
        raise _refused(override.text, message, _near(override.column, table.columns))
    if override.column in table.key:
        message = f"{override.column} is part of the key of {override.table}."
        raise _refused(override.text, message, "Change the table itself to rename a row.")
    return _set_cell(network, override, _find_row(network, override))


def _near(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, 1)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."


def _find_row(network: Network, override: _Override) -> int:
    """The index of the one row with the key."""
    key = schema.table(override.table).key
    parts = [override.key]
    if len(key) > 1:
        parts = next(csv.reader([override.key]), [])
    optional = [name for name in key if not schema.table(override.table)[name].required]
    if not len(key) - len(optional) <= len(parts) <= len(key):
        message = f"{override.key!r} is not a key of {override.table}."
        hint = f"Write {', '.join(key)}, with commas between them, in quotes."
        raise _refused(override.text, message, hint)
    rows = network.table(override.table).select(key).with_row_index("#row")
    for name, part in zip(key, [*parts, *[""] * (len(key) - len(parts))], strict=True):
        text = pl.col(name).cast(pl.String).fill_null("")
        rows = rows.filter(text == part)
    if len(rows) != 1:
        what = "no row" if rows.is_empty() else f"{len(rows)} rows"
        message = f"{override.table} has {what} with the key {override.key!r}."
        raise _refused(override.text, message, _near_key(network, override, key))
    return int(rows["#row"][0])


def _near_key(network: Network, override: _Override, key: Sequence[str]) -> str:
    rows = network.table(override.table)
    if 0 < len(rows) <= NEAR_MAX:
        joined = pl.concat_str(pl.col(key).cast(pl.String).fill_null(""), separator=",")
        known = rows.select(joined.str.strip_chars_end(",")).to_series().to_list()
        if near := get_close_matches(override.key, known, 1, 0.5):
            return f"Did you mean {near[0]}?"
    return "Write the key as it stands in the table."


def _set_cell(network: Network, override: _Override, row: int) -> Network:
    name, column = override.table, override.column
    attribute = schema.table(name)[column]
    number = network.row_number(name, row)
    cell = pl.Series(column, [override.value])
    typed, problems = conform_column(schema.table(name), attribute, cell, number)
    if problems:
        raise _refused(override.text, f"{override.text}: {problems[0].message}", problems[0].hint)
    frame = network.tables[name]
    if column not in frame.columns:
        empty = pl.lit(None, dtype=DTYPES[attribute.type]).alias(column)
        frame = frame.with_columns(empty)
    changed = frame[column].clone()
    changed[row] = typed[0]
    still = tuple(
        item
        for item in network.problems
        if (item.table, item.row, item.column) != (name, number, column)
    )
    tables = {**network.tables, name: frame.with_columns(changed)}
    return replace(network, tables=tables, problems=still)


def _set_setting(network: Network, override: _Override) -> Network:
    name, value = override.column, override.value
    known = SETTINGS if override.table == "network" else IN_OBJECTIVE
    if name not in known:
        message = f"there is no setting {override.table}.{name}."
        raise _refused(override.text, message, _near(name, known))
    if override.table == "network":
        changed = network.replace(**{name: _setting(override)})
    else:
        given: Any = getattr(Objective(), name)
        if value.strip():
            given = _stages(value) if name == "stages" else _number(override)
        changed = network.replace(objective=replace(network.objective, **{name: given}))
    for problem in changed.problems:
        if problem not in network.problems:
            raise _refused(override.text, f"{override.text}: {problem.message}", problem.hint)
    return changed


def _stages(value: str) -> tuple[str, ...]:
    return tuple(stage.strip() for stage in value.split(","))


def _setting(override: _Override) -> Any:
    value = override.value.strip()
    if override.column == "periods" and value:
        number = _number(override)
        return int(number) if number.is_integer() else number
    if override.column == "start" and value:
        return as_date(value) or value
    if not value and override.column != "source":
        message = f"the setting {override.column} cannot be empty."
        raise _refused(override.text, message, "Give it a value.")
    return override.value if override.column == "source" else value


def _number(override: _Override) -> float:
    try:
        return float(override.value)
    except ValueError:
        message = f"{override.value!r} is not a number (in {override.text!r})."
        raise _refused(override.text, message, "Write digits such as 10 or 0.01.") from None
