"""Rows collected by table, and written as the CSV files of a network's folder."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from sampan import schema


class Tables:
    """The rows of a network's tables, in the order in which they are added."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, table: str, /, **row: Any) -> None:
        """Add one row; cells that are None stay empty."""
        unknown = set(row) - set(schema.table(table).columns)
        if unknown:
            raise KeyError(f"{table} has no column {sorted(unknown)}")
        self.rows.setdefault(table, []).append(row)

    def add_frame(self, table: str, frame: pl.DataFrame) -> None:
        for row in frame.iter_rows(named=True):
            self.add(table, **row)

    def write(self, folder: Path) -> None:
        """One CSV file a table, with the columns that hold anything, in the schema's order."""
        for name in schema.NETWORK_TABLES:
            path = folder / f"{name}.csv"
            if self.rows.get(name):
                write_rows(path, self.rows[name], schema.table(name).columns)
            else:
                path.unlink(missing_ok=True)


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> None:
    """A CSV file with the columns that hold anything, the same bytes every time."""
    rows = list(rows)
    used = [name for name in columns if any(row.get(name) is not None for row in rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(used)
        writer.writerows([cell(row.get(name)) for name in used] for row in rows)


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    write_rows(path, frame.iter_rows(named=True), frame.columns)


def cell(value: Any) -> str:
    """A cell as text; numbers to seven significant figures, without a trailing .0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # enough for planning, and the same on every machine
        short = float(f"{value:.7g}")
        return str(int(short)) if short == int(short) else repr(short)
    return str(value)
