"""Rows as they were sent, with the meaning of their columns; nothing is checked yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.utils.translation import gettext

from sampan_platform.collect.cells import text_of
from sampan_platform.collect.columns import COLUMNS, KEYS, MEASURES, column_of, nearest
from sampan_platform.collect.messages import RowProblem, row_problem
from sampan_platform.common.errors import InvalidError, Problem

CELL_MAX = 1000
"""Characters; no cell of a report needs more."""


@dataclass(frozen=True)
class Sheet:
    """What was sent."""

    kind: str
    """`rows`, `csv`, `xlsx`, `parquet`, `ndjson`."""
    sent: pl.DataFrame
    """Text, or numbers and dates where the format has them; without empty rows."""
    numbers: pl.Series
    """Of each row, as the sender counts."""
    headings: Mapping[str, str]
    """Column → its heading in `sent`."""
    content: str = ""
    """SHA-256 of what was sent."""
    name: str = ""
    problems: Sequence[RowProblem] = field(default_factory=tuple)
    """Found while reading; their rows cannot be kept."""

    def column(self, name: str) -> pl.Series:
        """A column under its own name; of nulls where it was not sent."""
        if name not in self.headings:
            return pl.Series(name, [None] * len(self.sent), dtype=pl.String)
        return self.sent[self.headings[name]].alias(name)

    def written(self, row: int, name: str) -> str:
        """A cell as it was written, by the row's place."""
        if name not in self.headings:
            return ""
        return text_of(self.sent[self.headings[name]][row])


def sheet_of_rows(rows: Iterable[Mapping[str, Any]], content: str = "") -> Sheet:
    """Rows that a program sends, by the names of `COLUMNS`; numbered from 1."""
    listed = list(rows)
    problems = []
    for number, row in enumerate(listed, start=1):
        for name in row:
            if name not in COLUMNS:
                hint = nearest(str(name))
                problems.append(row_problem("unknown-field", number, "", str(name), hint))
    frame = pl.DataFrame(
        {name: [text_of(row.get(name)) for row in listed] for name in COLUMNS},
        schema=dict.fromkeys(COLUMNS, pl.String),
    )
    numbers = pl.Series("row", range(1, len(listed) + 1), dtype=pl.Int64)
    return Sheet("rows", frame, numbers, {name: name for name in COLUMNS}, content,
                 problems=problems)  # fmt: skip


def sheet_of_frame(
    kind: str,
    name: str,
    content: str,
    sent: pl.DataFrame,
    first_row: int,
    problems: Sequence[RowProblem] = (),
) -> Sheet:
    """A table with headings as the sender wrote them.

    Raises
    ------
    InvalidError
        If a heading is unknown, there twice or missing, or a cell is far too long.
    """
    headings = _headings(name, sent.columns)
    numbers = pl.Series("row", range(first_row, first_row + len(sent)), dtype=pl.Int64)
    _refuse_long_cells(name, sent, first_row)
    filled = _filled(sent, [headings[column] for column in COLUMNS if column in headings])
    filled = filled | numbers.is_in([one.row for one in problems])
    return Sheet(
        kind, sent.filter(filled), numbers.filter(filled), headings, content, name, problems
    )


def _headings(name: str, written: Sequence[str]) -> dict[str, str]:
    headings: dict[str, str] = {}
    problems = []
    for text in written:
        column = column_of(text)
        if column is None:
            message = gettext("There is no column %(text)s. %(hint)s") % {
                "text": f"{text[:80]!r}",
                "hint": nearest(text),
            }
            problems.append(Problem("unknown-column", message, "heading", text[:80]))
        elif column in headings:
            message = gettext("%(headings)s and %(text)s both mean %(column)s. Remove one.") % {
                "headings": f"{headings[column]!r}",
                "text": f"{text!r}",
                "column": column,
            }
            problems.append(Problem("duplicate-column", message, "heading", text[:80]))
        elif column:
            headings[column] = text
    missing = [column for column in KEYS if column not in headings]
    for column in missing:
        message = gettext("There is no column %(column)s. Add it; each row needs %(keys)s.") % {
            "column": column,
            "keys": ", ".join(KEYS),
        }
        problems.append(Problem("missing-column", message, "heading", column))
    if not missing and not any(measure in headings for measure in MEASURES):
        message = gettext("No column states anything. Add one of %(measures)s.") % {
            "measures": ", ".join(MEASURES)
        }
        problems.append(Problem("missing-column", message, "heading"))
    if problems:
        text = gettext("The headings of %(file)s do not fit; nothing was changed.") % {
            "file": name or gettext("the file")
        }
        raise InvalidError(text, problems, code="headings")
    return headings


def _refuse_long_cells(name: str, sent: pl.DataFrame, first_row: int) -> None:
    for column in sent.columns:
        if sent.schema[column] != pl.String:
            continue
        lengths = sent[column].str.len_bytes()
        longest = lengths.max()
        if not isinstance(longest, int) or longest <= CELL_MAX * 4:
            continue
        row = first_row + (lengths.arg_max() or 0)
        text = gettext("A cell has %(longest)s bytes, more than any report needs. Shorten it.") % {
            "longest": f"{longest:,}"
        }
        problem = Problem("too-long", text, f"row {row}, {column[:80]}")
        raise InvalidError(
            gettext("%(file)s: row %(row)s, %(column)s: %(text)s Nothing was changed.")
            % {
                "file": name or gettext("the file"),
                "row": row,
                "column": column[:80],
                "text": text,
            },
            [problem],
            code="too-long",
        )


def _filled(sent: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Rows with anything in the columns that are read."""
    first = sent[columns[0]]
    if first.dtype == pl.String and (first.str.strip_chars() != "").fill_null(value=False).all():
        return pl.Series([True]).new_from_index(0, len(sent))
    texts = [
        pl.col(name).is_not_null() & (pl.col(name).str.strip_chars() != "")
        if sent.schema[name] == pl.String
        else pl.col(name).is_not_null()
        for name in columns
    ]
    return sent.select(filled=pl.any_horizontal(texts))["filled"].fill_null(value=False)
