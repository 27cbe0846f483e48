"""What every check uses: rows of a table by number, and problems about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from sampan.errors import Problem
from sampan.network import SETTINGS, Network

ROW = "#row"
"""The index of a row in its table; no column of a table can be called that."""


@dataclass
class Findings:
    """The network under check, and what has been found so far."""

    network: Network
    problems: list[Problem] = field(default_factory=list)

    def rows(self, table: str) -> pl.DataFrame:
        """The table with defaults filled in and the index of each row in `#row`."""
        return self.network.table(table).with_row_index(ROW)

    def report(
        self,
        table: str,
        rows: Sequence[int] | pl.Series,
        values: Sequence[Any] | pl.Series,
        column: str | None,
        message: str | Sequence[str],
        hint: str | Sequence[str],
        code: str,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """One problem for each row; `{}` in the message stands for the value as written.

        The message and the hint may be one for all rows, or one for each.
        """
        for at, (row, value) in enumerate(zip(rows, values, strict=True)):
            written = None if value is None else _written(value)
            text = message if isinstance(message, str) else message[at]
            advice = hint if isinstance(hint, str) else hint[at]
            number = self.network.row_number(table, int(row))
            text = text.replace("{}", repr(written))
            self.problems.append(
                Problem(table, number, column, written, text, advice, code, severity)
            )

    def report_table(self, table: str, message: str, hint: str, code: str) -> None:
        """One problem about a table as a whole."""
        self.problems.append(Problem(table, None, None, None, message, hint, code))

    def report_rows(
        self,
        table: str,
        wrong: pl.DataFrame,
        column: str,
        message: str,
        hint: str,
        code: str,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """One problem for each row of a filtered `rows(table)`; `{name}` is a cell of the row."""
        names = [name for name in wrong.columns if f"{{{name}}}" in message]
        texts = []
        for cells in wrong.select(names).iter_rows(named=True) if names else [{}] * len(wrong):
            text = message
            for name in names:
                text = text.replace(f"{{{name}}}", _shown(cells[name]))
            texts.append(text)
        self.report(table, wrong[ROW], wrong[column], column, texts, hint, code, severity)

    @property
    def has_calendar(self) -> bool:
        """Whether the number of periods is known; a placeholder stands for a bad one."""
        return not any(
            item.code == "bad-toml" or (item.table == SETTINGS and item.column == "periods")
            for item in self.network.problems
        )

    def is_readable(self, table: str, column: str) -> bool:
        """Whether the table's column was read, or was simply not there."""
        given = self.network.tables.get(table)
        if given is None:
            return all(item.table.split(".")[0] != table for item in self.network.problems)
        return column in given.columns


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else _written(value)
