"""Network: the whole planning input, as immutable tables with a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from sampan import schema
from sampan.conform import DTYPES, Rows, conform_table, row_number
from sampan.errors import InputError, Problem

STAGES = ("shortage", "fairness", "lateness", "policy", "cost", "changes")
"""Objective stages in their default order."""
SETTINGS = "network"
"""Where problems say that a setting stands: `network.toml`, or the sheet `network`."""
PERIODS_MAX = 100_000
PERIOD_LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True)
class Objective:
    """What is best: the stages in order, or the single weighted sum `("total",)`."""

    stages: tuple[str, ...] = STAGES
    tolerance: float = 0.0
    """Share by which a later stage may worsen an earlier one."""
    lateness_cost: float = 0.0
    """Money a unit and period late, for `total` only."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "stages", tuple(self.stages))


@dataclass(frozen=True)
class Calendar:
    """The periods 0 … periods - 1 and the dates they stand for."""

    start: date
    periods: int
    period_length: str = "day"

    def date_of(self, period: int) -> date | datetime:
        """The date (for hours: the date and time) at which a period begins."""
        if self.period_length == "hour":
            midnight = datetime(self.start.year, self.start.month, self.start.day)  # noqa: DTZ001
            return midnight + period * PERIOD_LENGTHS["hour"]
        return self.start + period * PERIOD_LENGTHS[self.period_length]


@dataclass(frozen=True, repr=False, eq=False)
class Network:
    """Sites, resources, lanes, processes, stocks, demands and policies over a calendar.

    `tables` maps table names (see `sampan.schema.NETWORK_TABLES`) to dataframes with the
    columns that were given, typed. `table(name)` returns a table with every column of its
    schema and defaults filled in. Both are never changed; `replace` makes a changed copy.
    `problems` holds what was found wrong with single cells; `sampan.check` returns those
    and everything else that is wrong, and `solve` refuses a network that has errors.

    Examples
    --------
    >>> import polars as pl
    >>> from datetime import date
    >>> network = Network.from_frames(
    ...     {
    ...         "sites": pl.DataFrame({"site": ["W", "H"]}),
    ...         "resources": pl.DataFrame({"resource": ["mask"], "unit": ["piece"]}),
    ...     },
    ...     name="two sites",
    ...     start=date(2020, 2, 10),
    ...     periods=3,
    ...     currency="CNY",
    ... )
    >>> network.table("sites")["storage_m3_max"].to_list()
    [inf, inf]
    """

    name: str
    calendar: Calendar
    currency: str
    tables: Mapping[str, pl.DataFrame]
    source: str = ""
    objective: Objective = field(default_factory=Objective)
    problems: tuple[Problem, ...] = ()
    row_numbers: Mapping[str, Rows] = field(default_factory=dict)
    """By table, the number of its first row, or of every row; see `row_number`."""

    @classmethod
    def from_frames(
        cls,
        tables: Mapping[str, Any],
        *,
        name: str = "network",
        start: date,
        periods: int,
        period_length: str = "day",
        currency: str = "CNY",
        source: str = "",
        objective: Objective | None = None,
        row_numbers: Mapping[str, Rows] | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> Network:
        """A network from Polars, pandas or Arrow frames (or dicts of columns), by table name.

        Parameters
        ----------
        tables
            Frames by table name. In pandas frames NaN means an empty cell.
        name, currency, source
            What the network is called, its money, and where its figures come from.
        start, periods, period_length
            The calendar: first date, number of periods, and `hour`, `day` or `week`.
        objective
            The stages of what is best; the default order if None.
        row_numbers
            By table, how problems number its rows: the first row's number, or every row's.
            A table that is not named is numbered from 1.
        problems
            What was found wrong before, while reading.

        Returns
        -------
        Network
            Also if something is wrong: then its `problems` name it.
        """
        rows = dict(row_numbers or {})
        found = list(problems) + _unknown_tables(tables)
        found += _text_problems(name=name, currency=currency, source=source)
        calendar, wrong = _calendar(start, periods, period_length)
        found += wrong
        conformed: dict[str, pl.DataFrame] = {}
        for table in schema.NETWORK_TABLES:
            if tables.get(table) is not None:
                schema_table = schema.table(table)
                frame, wrong = conform_table(schema_table, tables[table], rows.get(table, 1))
                conformed[table] = frame
                found += wrong
        objective = objective or Objective()
        found += _objective_problems(objective)
        return cls(name, calendar, currency, conformed, source, objective, tuple(found), rows)

    @property
    def periods(self) -> int:
        return self.calendar.periods

    def given(self, name: str) -> pl.DataFrame | None:
        """A table as it was given, typed; None if there is none."""
        frame = self.tables.get(name)
        return None if frame is None else frame.clone()

    def table(self, name: str) -> pl.DataFrame:
        """A table with every column of its schema; empty cells hold the default.

        Where the default depends on the row (see the schema's `default_note`) the cell
        stays null. "Unlimited" is `inf`.
        """
        return self._filled[name].clone()

    def __getattr__(self, name: str) -> pl.DataFrame:
        if name in schema.NETWORK_TABLES:
            return self.table(name)
        raise AttributeError(f"a Network has no attribute {name!r}")

    @cached_property
    def _filled(self) -> dict[str, pl.DataFrame]:
        return {name: _filled(name, self.tables.get(name)) for name in schema.NETWORK_TABLES}

    def row_number(self, table: str, index: int) -> int:
        """The number by which people know a table's row: a spreadsheet's, if it was read."""
        return row_number(self.row_numbers.get(table, 1), index)

    def replace(self, **changes: Any) -> Network:
        """A copy with some tables, or other attributes, put in place of its own.

        A table that is None is left out. What was wrong with the rest stays in `problems`.
        """
        tables = {key: changes.pop(key) for key in list(changes) if key in schema.NETWORK_TABLES}
        settings = self.settings
        unknown = set(changes) - set(settings)
        if unknown:
            raise TypeError(f"a Network has no {', '.join(sorted(unknown))} to replace")
        still = tuple(item for item in self.problems if not _is_about(item, tables, changes))
        changed = Network.from_frames(tables, problems=still, **(settings | changes))
        kept = {name: frame for name, frame in self.tables.items() if name not in tables}
        both = {**kept, **changed.tables}
        merged = {name: both[name] for name in schema.NETWORK_TABLES if name in both}
        rows = {name: rows for name, rows in self.row_numbers.items() if name not in tables}
        found = tuple(dict.fromkeys(changed.problems))
        return replace(changed, tables=merged, row_numbers=rows, problems=found)

    @property
    def settings(self) -> dict[str, Any]:
        """Everything but the tables, as `from_frames` takes it."""
        return {
            "name": self.name,
            "start": self.calendar.start,
            "periods": self.periods,
            "period_length": self.calendar.period_length,
            "currency": self.currency,
            "source": self.source,
            "objective": self.objective,
        }

    def raise_for_problems(self) -> None:
        """Raise `InputError` if single cells are wrong (see `sampan.check` for the rest)."""
        if self.problems:
            raise InputError(self.problems)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(frame)} {name}" for name, frame in self.tables.items())
        return f"<Network {self.name!r}: {self.periods} periods; {sizes}>"


def _filled(name: str, frame: pl.DataFrame | None) -> pl.DataFrame:
    columns = []
    for attribute in schema.table(name).attributes:
        dtype = DTYPES[attribute.type]
        given = frame is not None and attribute.name in frame.columns
        column = pl.col(attribute.name) if given else pl.lit(None, dtype=dtype)
        if attribute.default is not None:
            column = column.fill_null(pl.lit(attribute.default, dtype=dtype))
        columns.append(column.alias(attribute.name))
    if frame is None or frame.width == 0:
        empty = {item.name: DTYPES[item.type] for item in schema.table(name).attributes}
        return pl.DataFrame(schema=empty)
    return frame.select(columns)


def _unknown_tables(tables: Mapping[str, Any]) -> list[Problem]:
    known = ", ".join(schema.NETWORK_TABLES)
    return [
        Problem(
            name,
            None,
            None,
            None,
            "there is no such table in a network.",
            f"Rename or remove it; the tables are {known}.",
            "unknown-table",
        )
        for name in tables
        if name not in schema.NETWORK_TABLES
    ]


def _is_about(problem: Problem, tables: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Whether a problem lies in a table or setting that has been replaced."""
    if problem.table == SETTINGS and problem.column is not None:
        return problem.column.split(".")[0] in settings
    return problem.table in tables


def setting_problem(
    column: str | None, value: Any, message: str, hint: str, code: str = "bad-setting"
) -> Problem:
    """Something wrong with the settings that stand beside the tables."""
    written = None if value is None else str(value)
    return Problem(SETTINGS, None, column, written, message, hint, code)


def _text_problems(**texts: Any) -> list[Problem]:
    hint = "Put it in quotes, as text."
    return [
        setting_problem(name, value, f"{value!r} is not text.", hint)
        for name, value in texts.items()
        if not isinstance(value, str)
    ]


def as_date(value: Any) -> date | None:
    """A date from a date, a midnight, or text such as 2020-02-10; None if it is not one."""
    if isinstance(value, datetime):
        return value.date() if value.time() == time(0) else None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _calendar(start: Any, periods: Any, period_length: Any) -> tuple[Calendar, list[Problem]]:
    """The calendar; where a setting is wrong, its problem and a placeholder."""
    problems = []
    day = as_date(start)
    if day is None:
        hint = "Give a date such as 2020-02-10."
        problems.append(setting_problem("start", start, f"{start!r} is not a date.", hint))
    counts = isinstance(periods, int) and not isinstance(periods, bool)
    if not counts or not 1 <= periods <= PERIODS_MAX:
        message = f"{periods!r} is not a number of periods."
        hint = f"Give a whole number from 1 to {PERIODS_MAX}."
        problems.append(setting_problem("periods", periods, message, hint))
        periods = 1
    if period_length not in PERIOD_LENGTHS:
        message = f"{period_length!r} is not a period length."
        hint = f"Use one of {', '.join(PERIOD_LENGTHS)}."
        problems.append(setting_problem("period_length", period_length, message, hint))
        period_length = "day"
    calendar = Calendar(day or date(2000, 1, 1), periods, period_length)
    try:
        calendar.date_of(periods)
    except OverflowError:
        hint = "Let it start earlier, or give fewer periods."
        problems.append(setting_problem("start", start, "the calendar ends after 9999.", hint))
    return calendar, problems


def _objective_problems(objective: Objective) -> list[Problem]:
    problems = []
    stages = objective.stages
    unknown = [stage for stage in stages if stage not in (*STAGES, "total")]
    if unknown or not stages or len(set(stages)) < len(stages):
        problems.append(
            setting_problem(
                "objective.stages",
                list(stages),
                f"{list(stages)} is not a list of stages.",
                f"Use some of {', '.join(STAGES)}, each once; or total alone.",
            )
        )
    elif "total" in stages and len(stages) > 1:
        problems.append(
            setting_problem(
                "objective.stages",
                list(stages),
                "total stands beside other stages.",
                "Use total alone, or leave it out.",
            )
        )
    for name in ("tolerance", "lateness_cost"):
        value = getattr(objective, name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (number and 0 <= value < float("inf")):
            problems.append(
                setting_problem(
                    f"objective.{name}",
                    value,
                    f"{value!r} is not a number of 0 or more.",
                    "Correct it or leave it out.",
                )
            )
    return problems
