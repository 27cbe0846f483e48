"""Any frame → a typed table of its schema, and every cell that does not fit, named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import polars as pl

from sampan.errors import Problem
from sampan.schema import Attribute, Table

FORMS = {
    "country": (r"^[A-Z]{2}$", "a country code of two capital letters (ISO 3166-1 alpha-2)"),
    "region": (r"^[A-Z]{2}-[A-Z0-9]{1,3}$", "a region code such as CN-HB (ISO 3166-2)"),
}
UNPRINTABLE = r"[\p{Cc}\p{Cn}\p{Zl}\p{Zp}]"
DTYPES: Mapping[str, Any] = {
    "text": pl.String,
    "number": pl.Float64,
    "whole": pl.Int64,
    "boolean": pl.Boolean,
}


Rows = int | Sequence[int]
"""The number of a table's first row, or the number of every row where some were left out."""


def row_number(rows: Rows, index: int) -> int:
    """The number by which people know the row with this index."""
    return rows + index if isinstance(rows, int) else rows[index]


def conform_table(table: Table, data: Any, rows: Rows) -> tuple[pl.DataFrame, list[Problem]]:
    """The table's known columns, typed, and the problems of its headings, cells and keys.

    Columns stay in the order in which they were given.
    """
    try:
        given, problems = _unlike_headings(table, _series(data))
        height = {len(series) for series in given.values()}
        if len(height) > 1:
            raise ValueError("its columns are not equally long")
    except (TypeError, ValueError, AttributeError, pl.exceptions.PolarsError) as error:
        return pl.DataFrame(), [_not_a_table(table, error)]
    problems += _heading_problems(table, tuple(given))
    columns = []
    for name, series in given.items():
        if name in table.columns:
            column, found = conform_column(table, table[name], series, rows)
            columns.append(column)
            problems += found
    conformed = pl.DataFrame(columns)
    problems += _duplicate_keys(table, conformed, rows)
    return conformed, problems


def _series(data: Any) -> list[pl.Series]:
    """The columns of a Polars, pandas or Arrow frame, or of a dict of columns."""
    if isinstance(data, pl.LazyFrame):
        data = data.collect()
    if isinstance(data, pl.DataFrame):
        return list(data.get_columns())
    if type(data).__module__.startswith("pandas"):
        # column by column, so that pandas works without pyarrow; its NaN marks an empty cell
        return [_from_pandas(str(name), data.iloc[:, at]) for at, name in enumerate(data.columns)]
    if hasattr(data, "itercolumns"):  # Arrow: headings may repeat there
        arrow = zip(data.column_names, data.itercolumns(), strict=True)
        return [pl.Series(str(name), column) for name, column in arrow]
    if hasattr(data, "__arrow_c_stream__"):
        return list(pl.DataFrame(data).get_columns())
    return [pl.Series(str(name), list(values), strict=False) for name, values in data.items()]


def _from_pandas(name: str, series: Any) -> pl.Series:
    missing = series.isna().to_numpy()
    values = [None if gone else value for value, gone in zip(series.tolist(), missing, strict=True)]
    return pl.Series(name, values, strict=False)


def _unlike_headings(
    table: Table, columns: list[pl.Series]
) -> tuple[dict[str, pl.Series], list[Problem]]:
    """Columns by heading, the first of those that share one; and the problem of the others."""
    given: dict[str, pl.Series] = {}
    problems = []
    for series in columns:
        if series.name in given:
            problems.append(duplicate_column(table.name, series.name))
        else:
            given[series.name] = series
    return given, problems


def duplicate_column(table: str, name: str) -> Problem:
    """Two columns have the same heading."""
    message = f"the heading {name!r} stands twice."
    hint = "Remove one of the two columns or rename it."
    return Problem(table, 1, name, name, message, hint, "duplicate-column")


def _not_a_table(table: Table, error: Exception) -> Problem:
    message = f"what was given cannot be read as a table ({error})."
    hint = "Give a Polars, pandas or Arrow frame, or a dict of equally long columns."
    return Problem(table.name, None, None, None, message, hint, "not-a-table")


def _heading_problems(table: Table, given: Sequence[str]) -> list[Problem]:
    problems = []
    for name in given:
        if name not in table.columns:
            near = get_close_matches(name, table.columns, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(table.columns)}."
            message = f"there is no column {name!r} in this table."
            problems.append(Problem(table.name, 1, name, name, message, hint, "unknown-column"))
    for attribute in table.attributes:
        if attribute.required and attribute.name not in given:
            message = f"the column {attribute.name} is missing."
            hint = f"Add it: {attribute.description}."
            problem = Problem(
                table.name, None, attribute.name, None, message, hint, "missing-column"
            )
            problems.append(problem)
    return problems


class _Cells:
    """Collects the problems of one column's cells."""

    def __init__(self, table: Table, attribute: Attribute, raw: pl.Series, rows: Rows) -> None:
        self.table, self.attribute, self.raw, self.rows = table, attribute, raw, rows
        self.problems: list[Problem] = []

    def report(self, mask: pl.Series, message: str, hint: str, code: str) -> None:
        """One problem for each row where the mask holds; `{}` in the message is the value."""
        for index in mask.fill_null(value=False).arg_true().to_list():
            value = self.raw[index]
            value = value.to_list() if isinstance(value, pl.Series) else value
            written = None if value is None else str(value)
            shown = "" if written is None else repr(written)
            self.problems.append(
                Problem(
                    self.table.name,
                    row_number(self.rows, index),
                    self.attribute.name,
                    written,
                    message.replace("{}", shown),
                    hint,
                    code,
                )
            )


def conform_column(
    table: Table, attribute: Attribute, raw: pl.Series, rows: Rows
) -> tuple[pl.Series, list[Problem]]:
    """One column typed as its attribute says, and the problems of its cells."""
    cells = _Cells(table, attribute, raw, rows)
    convert = {"text": _text, "number": _number, "whole": _whole, "boolean": _boolean}
    column = convert[attribute.type](raw, cells).alias(attribute.name)
    if attribute.required:
        empty = as_text(raw).fill_null("").str.strip_chars() == ""
        cells.report(empty, "the cell is empty.", f"Fill in {attribute.description}.", "empty-cell")
    if attribute.type in ("number", "whole"):
        _check_range(column, attribute, cells)
    if attribute.choices:
        wrong = ~column.is_in(attribute.choices)
        cells.report(wrong, "{} is not allowed.", f"Use {_or(attribute.choices)}.", "bad-choice")
    if attribute.form:
        pattern, what = FORMS[attribute.form]
        wrong = ~column.str.contains(pattern)
        cells.report(wrong, f"{{}} is not {what}.", "Correct the code.", "bad-code")
    return column, cells.problems


def as_text(raw: pl.Series) -> pl.Series:
    """A column as it is written in a file: numbers in their shortest exact form."""
    if raw.dtype == pl.String:
        return raw
    if raw.dtype == pl.Object or raw.dtype.is_nested() or raw.dtype == pl.Binary:
        return pl.Series(raw.name, [None if v is None else str(v) for v in raw.to_list()])
    if raw.dtype.is_float():
        # a key such as 7, that a spreadsheet stores as 7.0
        whole = (raw == raw.round()) & (raw.abs() < 1e15)
        as_int = raw.fill_nan(None).cast(pl.Int64, strict=False).cast(pl.String)
        return as_int.zip_with(whole.fill_null(value=False), raw.cast(pl.String))
    return raw.cast(pl.String)


def _text(raw: pl.Series, cells: _Cells) -> pl.Series:
    text = as_text(raw)
    if raw.dtype.is_float():
        cells.report(raw.is_nan(), "NaN is not text.", "Leave the cell empty or fill it in.", "nan")
    text = text.set(text == "", None)
    unprintable = text.str.contains(UNPRINTABLE)
    cells.report(
        unprintable,
        "{} contains characters that cannot be printed.",
        "Remove line breaks, tabs and control characters.",
        "unprintable",
    )
    return text


def _number(raw: pl.Series, cells: _Cells) -> pl.Series:
    if raw.dtype.is_numeric():
        number = raw.cast(pl.Float64)
    else:
        text = as_text(raw).str.strip_chars()
        text = text.set(text == "", None)
        number = text.cast(pl.Float64, strict=False)
        wrong = text.is_not_null() & number.is_null()
        cells.report(wrong, "{} is not a number.", _digits(cells.attribute), "not-a-number")
    if raw.dtype.is_numeric() and cells.attribute.default == float("inf"):
        # how `Network.table` states "unlimited", for which a given cell is empty
        number = number.set(number == float("inf"), None)
    hint = "Fill in the figure, or leave the cell empty if there is none."
    cells.report(number.is_nan(), "the value is NaN.", hint, "nan")
    infinite = number.is_infinite()
    hint = "Leave the cell empty for no limit."
    cells.report(infinite, "{} is not a finite number.", hint, "not-finite")
    return number.set((number.is_nan() | infinite).fill_null(value=False), None)


def _digits(attribute: Attribute) -> str:
    """What to write instead of something that is not a number."""
    if attribute.type == "whole" and attribute.unit == "period":
        return "Write the number of the period: 0 is the first, 1 the next."
    return (
        "Write digits such as 12." if attribute.type == "whole" else "Write digits such as 1250.5."
    )


def _whole(raw: pl.Series, cells: _Cells) -> pl.Series:
    number = _number(raw, cells)
    fractional = (number != number.round()) | (number.abs() > 2**53)
    cells.report(fractional, "{} is not a whole number.", "Write digits only.", "not-whole")
    return number.set(fractional.fill_null(value=False), None).cast(pl.Int64)


def _boolean(raw: pl.Series, cells: _Cells) -> pl.Series:
    if raw.dtype == pl.Boolean:
        return raw
    text = as_text(raw).str.strip_chars().str.to_lowercase()
    text = text.set(text == "", None)
    wrong = text.is_not_null() & ~text.is_in(["true", "false"])
    cells.report(wrong, "{} is neither true nor false.", "Write true or false.", "not-boolean")
    boolean = text == "true"
    return boolean.set(wrong.fill_null(value=False), None)


def _check_range(column: pl.Series, attribute: Attribute, cells: _Cells) -> None:
    if attribute.minimum == 0:
        cells.report(column < 0, "{} is negative.", "Give 0 or more.", "negative")
    elif attribute.minimum is not None:
        least = f"{attribute.minimum:g}"
        cells.report(
            column < attribute.minimum,
            f"{{}} is below {least}.",
            f"Give {least} or more.",
            "too-small",
        )
    if attribute.above is not None:
        least = f"{attribute.above:g}"
        hint = f"Give more than {least}."
        cells.report(column <= attribute.above, f"{{}} is not above {least}.", hint, "too-small")
    if attribute.maximum is not None:
        most = f"{attribute.maximum:g}"
        cells.report(
            column > attribute.maximum, f"{{}} is above {most}.", f"Give {most} or less.", "too-big"
        )


def _duplicate_keys(table: Table, frame: pl.DataFrame, numbers: Rows) -> list[Problem]:
    key = [name for name in table.key if name in frame.columns]
    if not key or len(frame) == 0:
        return []
    optional = [name for name in key if not table[name].required]
    complete = pl.all_horizontal(pl.col(k).is_not_null() for k in key if k not in optional)
    rows = frame.select(key).with_row_index("row").filter(complete)
    repeated = rows.filter(rows.select(key).is_duplicated())
    if repeated.is_empty():
        return []
    first = repeated.with_columns(pl.col("row").first().over(key).alias("first"))
    problems = []
    for row in first.filter(pl.col("row") != pl.col("first")).iter_rows(named=True):
        value = ", ".join("" if row[name] is None else str(row[name]) for name in key)
        first_row = row_number(numbers, row["first"])
        message = f"the key {value!r} stands already in row {first_row}."
        problems.append(
            Problem(
                table.name,
                row_number(numbers, row["row"]),
                ", ".join(key),
                value,
                message,
                "Merge the two rows or give one another key.",
                "duplicate-key",
            )
        )
    return problems


def _or(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
