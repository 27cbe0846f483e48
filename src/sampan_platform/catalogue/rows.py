"""Frames as they were given → rows in the catalogue's words, and everything wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext

from sampan.check import chinese
from sampan.conform import Rows, conform_table, row_number
from sampan.errors import Problem as EngineProblem
from sampan.schema import Table
from sampan_platform.catalogue import standards
from sampan_platform.catalogue.tables import DATES, KINDS, NAMES, PERIODS, POLICIES, table
from sampan_platform.common.errors import Problem
from sampan_platform.common.quantity import to_thousandths

KIND_SYNONYMS = {
    "mill": "factory", "plant": "factory", "store": "warehouse", "depot": "warehouse",
    "country store": "warehouse",
    "provincial centre": "centre", "center": "centre",
}  # fmt: skip
"""Kinds of sites in other people's networks, and what we call them."""
DAYS_A_PERIOD = {"day": 1, "week": 7}
CHINESE = re.compile(r"[\u3400-\u9fff]")
CODE_MAX = {"lanes": 96, "processes": 96, "process_flows": 96}
"""Characters of a key; 64 where nothing is said."""
TEXT_MAX = {
    "name_en": 200, "name_zh": 200, "time_zone": 64, "unit": 32,
    "mode": 16, "border": 64, "hs_code": 12,
}  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What somebody sent: a frame a table, with the numbers of its rows."""

    frames: Mapping[str, pl.DataFrame]
    row_numbers: Mapping[str, Rows] = field(default_factory=dict)
    problems: tuple[EngineProblem, ...] = ()
    start: date | None = None
    """What period 0 of policies stands for."""
    period_length: str = "day"
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Rows of tables that are no part of the catalogue."""


@dataclass
class Row:
    """One row: its table, number, key, and the columns that were given."""

    table: str
    number: int
    key: str
    values: dict[str, Any]


@dataclass
class Reading:
    """All rows by table, what is wrong, and what was understood otherwise than written."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, row: Row, column: str, code: str, message: str) -> None:
        """A problem in one cell."""
        value = row.values.get(column)
        written = "" if value is None else str(value)[:200]
        where = place_of(row.table, row.number, column)
        self.problems.append(Problem(code, message, where, written))


def place_of(name: str, number: int | None, column: str | None = None) -> str:
    """Where something is wrong, in the reader's language."""
    found = EngineProblem(name, number, column, None, "", "", "")
    return chinese.place(found) if _is_chinese() else found.place


def read_rows(given: Given) -> Reading:
    """Every row of the catalogue's tables; all problems at once."""
    reading = Reading(problems=[problem_of(one) for one in given.problems])
    for name in NAMES:
        if name in given.frames:
            _read_table(name, given, reading)
    for name, count in given.left_out.items():
        reading.notes.append(
            gettext(
                "%(table)s: %(count)s rows were left out, since reports, requests and orders make "
                "them."
            )
            % {"table": name, "count": count}
        )
    return reading


def problem_of(problem: EngineProblem) -> Problem:
    """The engine's problem in the platform's form."""
    value = (problem.value or "")[:200]
    if _is_chinese():
        return Problem(problem.code, chinese.what(problem), chinese.place(problem), value)
    text = f"{problem.message} {problem.hint}".strip()
    return Problem(problem.code, text, problem.place, value)


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _read_table(name: str, given: Given, reading: Reading) -> None:
    definition = table(name)
    numbers = given.row_numbers.get(name, 1)
    frame = _with_our_kinds(name, given.frames[name], reading)
    frame, problems = conform_table(definition, frame, numbers)
    reading.problems += [problem_of(one) for one in problems]
    rows = []
    for index, cells in enumerate(frame.iter_rows(named=True)):
        row = Row(name, row_number(numbers, index), "", dict(cells))
        _take_names(row)
        _take_days(row, given, reading)
        _take_types(row, reading)
        _check_lengths(row, reading)
        row.key = _key(definition, row)
        standards.check(row, reading)
        if row.key:
            rows.append(row)
    reading.rows[name] = rows


def _with_our_kinds(name: str, frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    if name != "sites" or "kind" not in frame.columns or frame["kind"].dtype != pl.String:
        return frame
    for theirs, ours in KIND_SYNONYMS.items():
        count = int((frame["kind"] == theirs).sum())
        if count:
            text = gettext("sites: kind %(theirs)s was read as %(ours)s; rows: %(count)s.")
            reading.notes.append(text % {"theirs": theirs, "ours": ours, "count": count})
    return frame.with_columns(pl.col("kind").replace(KIND_SYNONYMS))


def _take_names(row: Row) -> None:
    """`name` of a network in two languages: "Wuhan hub 湖北省调度中心" is both."""
    if row.table not in ("sites", "resources") or "name" not in row.values:
        return
    name = row.values.pop("name") or ""
    if "name_en" in row.values:
        return
    found = CHINESE.search(name)
    at = found.start() if found else len(name)
    row.values["name_en"] = name[:at].strip() or name
    row.values["name_zh"] = name[at:].strip()


def _take_days(row: Row, given: Given, reading: Reading) -> None:
    """Dates from text, and periods as the dates that they stand for."""
    for column in DATES:
        text = row.values.get(column)
        if text:
            try:
                row.values[column] = date.fromisoformat(str(text))
            except ValueError:
                said = gettext("%(text)s is no date. Write 2020-02-10.") % {"text": text}
                reading.wrong(row, column, "bad-date", said)
                row.values[column] = None
    if row.table not in POLICIES:
        return
    periods = {name: row.values.pop(name, None) for name in PERIODS}
    days = {name: _day(row, value, given, reading) for name, value in periods.items()}
    if row.table == "profiles" and days["period"]:
        row.values |= {"from_day": days["period"], "to_day": days["period"]}
    elif row.table == "pledges" and days["period"]:
        row.values["to_day"] = days["period"]
    for name, column in (("from_period", "from_day"), ("to_period", "to_day")):
        if days[name]:
            row.values[column] = days[name]
    _check_window(row, reading)


def _day(row: Row, period: int | None, given: Given, reading: Reading) -> date | None:
    if period is None:
        return None
    length = DAYS_A_PERIOD.get(given.period_length)
    if given.start is None or length is None:
        text = gettext(
            "Periods need a start: add network.toml with start and period_length day or week."
        )
        reading.wrong(row, "period", "no-start", text)
        return None
    return given.start + timedelta(days=period * length)


def _check_window(row: Row, reading: Reading) -> None:
    first, last = row.values.get("from_day"), row.values.get("to_day")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        text = gettext("It ends before it begins. Correct a date.")
        reading.wrong(row, "to_day", "bad-window", text)
    if row.table == "profiles" and not first:
        text = gettext("Say on which days: from_day and to_day.")
        reading.wrong(row, "from_day", "empty-cell", text)
    if row.table == "pledges" and not last:
        reading.wrong(row, "to_day", "empty-cell", gettext("Say in to_day when it is due."))


def _take_types(row: Row, reading: Reading) -> None:
    """What the database keeps: an empty cell is the column's default."""
    if row.table == "resources" and "family" in row.values:
        family = row.values.pop("family")
        row.values.setdefault("resource_class", family)
    if row.table in POLICIES:
        return
    kind = KINDS[row.table]
    model: Any = apps.get_model(kind.model)
    for column, path in kind.fields.items():
        if column not in row.values:
            continue
        value = row.values[column]
        if value is None:
            value = "" if "__" in path else model._meta.get_field(path).get_default()
        row.values[column] = value
    _take_quantity(row, reading)
    _take_time(row, reading)


def _take_quantity(row: Row, reading: Reading) -> None:
    if row.table != "packagings" or row.values.get("quantity") is None:
        return
    try:
        quantity = Decimal(str(row.values["quantity"]))
        to_thousandths(quantity)
        row.values["quantity"] = quantity
    except (ValidationError, InvalidOperation) as error:
        reading.wrong(row, "quantity", "bad-quantity", " ".join(getattr(error, "messages", [""])))


def _take_time(row: Row, reading: Reading) -> None:
    text = row.values.get("report_deadline")
    if isinstance(text, str) and text:
        try:
            row.values["report_deadline"] = time.fromisoformat(text)
        except ValueError:
            text = gettext("%(text)s is no time of day. Write 10:00.") % {"text": text[:40]}
            reading.wrong(row, "report_deadline", "bad-time", text)


def _check_lengths(row: Row, reading: Reading) -> None:
    limits = dict(TEXT_MAX)
    if row.table in CODE_MAX or row.table in KINDS:
        limits[table(row.table).key[0]] = CODE_MAX.get(row.table, 64)
    if row.table == "packagings":
        limits["name"] = 32
    for column, limit in limits.items():
        value = row.values.get(column)
        if isinstance(value, str) and len(value) > limit:
            text = gettext("It has %(count)s characters, and %(most)s fit. Shorten it.") % {
                "count": len(value),
                "most": limit,
            }
            reading.wrong(row, column, "too-long", text)


def _key(definition: Table, row: Row) -> str:
    """The key's parts joined by commas; empty if a part that must be there is missing."""
    parts = [row.values.get(name) for name in definition.key]
    needed = [definition[name].required for name in definition.key]
    if any(must and not part for must, part in zip(needed, parts, strict=True)):
        return ""
    names = [name for name in definition.key if name not in PERIODS]
    return ",".join("" if row.values.get(n) is None else str(row.values[n]) for n in names)[:300]
