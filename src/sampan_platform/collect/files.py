"""A file as somebody sent it → a sheet, or one clear answer why not.

What a stranger may send is limited in size before it is unpacked, and in the length of its cells
after. Nothing here asks the database.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

import polars as pl
from django.utils.translation import gettext

from sampan_platform.collect.cells import text_of
from sampan_platform.collect.messages import RowProblem, row_problem
from sampan_platform.collect.sheet import Sheet, sheet_of_frame
from sampan_platform.collect.workbook_reading import read_workbook
from sampan_platform.common.errors import InvalidError, Problem

SENT_MAX = 256 * 1024 * 1024
"""Bytes."""
ROWS_MAX = 5_000_000
HEADING_MAX = 64 * 1024
SEPARATORS = (",", ";", "\t")


def read_file(name: str, content: bytes) -> Sheet:
    """CSV, Excel (.xlsx), Parquet or NDJSON, known by what is in it.

    Raises
    ------
    InvalidError
        If the file as a whole cannot be read: what, where and what to do.
    """
    if len(content) > SENT_MAX:
        raise refused(
            name,
            "too-large",
            gettext("is larger than %(size)s MiB") % {"size": SENT_MAX // 2**20},
            gettext("Send it in parts."),
        )
    digest = sha256(content).hexdigest()
    if content.startswith(b"PK"):
        return read_workbook(name, content, digest)
    if content.startswith(b"PAR1"):
        return _read_parquet(name, content, digest)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise refused(
            name,
            "bad-file",
            gettext("is an old or a protected Excel workbook"),
            gettext("Save it as .xlsx without a password."),
        )
    text = _decoded(name, content)
    if text.lstrip()[:1] in ("{", "["):
        return _read_json_lines(name, text, digest)
    return _read_csv(name, text, digest)


def refused(name: str, code: str, what: str, todo: str, where: str = "") -> InvalidError:
    """The answer to a file that cannot be read at all."""
    message = gettext("%(file)s %(what)s. %(todo)s Nothing was changed.") % {
        "file": name or gettext("the file"),
        "what": what,
        "todo": todo,
    }
    return InvalidError(message, [Problem(code, message, where)], code=code)


def _decoded(name: str, content: bytes) -> str:
    if not content.strip():
        raise refused(
            name, "empty-file", gettext("is empty"), gettext("Send one with headings and rows.")
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = gettext('Save it as "CSV UTF-8", or send a workbook (.xlsx).')
        what = gettext("is not UTF-8 text (%(guess)sline %(line)s)")
        raise refused(
            name,
            "not-utf8",
            what % {"guess": _looks_like(content), "line": line},
            hint,
            f"row {line}",
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise refused(
            name,
            "bad-file",
            gettext("has a zero byte in line %(line)s; it is no text file") % {"line": line},
            gettext("Send CSV, .xlsx, Parquet or NDJSON."),
            f"row {line}",
        )
    return text


def _looks_like(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return gettext("it looks like UTF-16, ")
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return gettext("it looks like GBK, as Excel in Chinese writes CSV, ")


def _read_csv(name: str, text: str, digest: str) -> Sheet:
    first = text[:HEADING_MAX].splitlines()[0]
    separator = max(SEPARATORS, key=first.count)
    try:
        headings = next(csv.reader([first], delimiter=separator, strict=True))
    except (csv.Error, StopIteration) as error:
        what = gettext("has no readable headings in its first row")
        todo = gettext("Write the headings there, separated by commas.")
        raise refused(name, "bad-csv", what, todo, "row 1") from error
    while headings and not headings[-1].strip():
        headings.pop()
    _check_headings(name, headings)
    width = first.count(separator) + 1
    columns = headings + [f"\0{at}" for at in range(len(headings), max(width, len(headings)))]
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode()),
            has_header=False,
            skip_rows=1,
            separator=separator,
            schema=dict.fromkeys(columns, pl.String),
            n_rows=ROWS_MAX + 1,
        )
    except pl.exceptions.NoDataError:
        frame = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _bad_row(name, text, separator, len(columns), error) from error
    _check_length(name, len(frame))
    _check_overhang(name, frame, columns[len(headings) :])
    return sheet_of_frame("csv", name, digest, frame.select(headings), 2)


def _check_headings(name: str, headings: list[str]) -> None:
    if not headings:
        raise refused(
            name,
            "empty-heading",
            gettext("has no headings in its first row"),
            gettext("Write them there."),
            "row 1",
        )
    for at, heading in enumerate(headings):
        if not heading.strip():
            raise refused(
                name,
                "empty-heading",
                gettext("has no heading above column %(column)s") % {"column": at + 1},
                gettext("Write it, or remove the column."),
                "row 1",
            )
        if heading in headings[:at]:
            raise refused(
                name,
                "duplicate-column",
                gettext("has the heading %(heading)s twice") % {"heading": repr(heading[:80])},
                gettext("Remove one of the columns."),
                "row 1",
            )


def _check_overhang(name: str, frame: pl.DataFrame, columns: list[str]) -> None:
    """Cells to the right of the last heading."""
    for column in columns:
        places = (frame[column].fill_null("") != "").arg_true()
        if len(places):
            row = places[0] + 2
            raise refused(
                name,
                "ragged-row",
                gettext("has more cells than headings in row %(row)s") % {"row": row},
                gettext("Remove them, or write a heading."),
                f"row {row}",
            )


def _check_length(name: str, rows: int) -> None:
    if rows > ROWS_MAX:
        what = gettext("has more than %(rows)s rows") % {"rows": f"{ROWS_MAX:,}"}
        raise refused(name, "too-large", what, gettext("Send it in parts."))


def _bad_row(name: str, text: str, separator: str, width: int, error: Exception) -> InvalidError:
    """Where the reader stumbled."""
    hint = gettext(
        'Give every row one cell a column; put text with commas in "…", doubling its quotes.'
    )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    row = 0
    try:
        for row, cells in enumerate(reader, start=1):
            if len(cells) > width:
                what = gettext("has %(cells)s cells in row %(row)s and %(headings)s headings") % {
                    "cells": len(cells),
                    "row": row,
                    "headings": width,
                }
                return refused(name, "ragged-row", what, hint, f"row {row}")
    except csv.Error:
        return refused(
            name,
            "bad-csv",
            gettext("is not CSV in row %(row)s") % {"row": row + 1},
            hint,
            f"row {row + 1}",
        )
    return refused(name, "bad-csv", gettext("is not CSV"), hint)


def _read_parquet(name: str, content: bytes, digest: str) -> Sheet:
    try:
        source = pl.scan_parquet(io.BytesIO(content))
        rows = int(source.select(pl.len()).collect().item())
        _check_length(name, rows)
        frame = source.collect()
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        what = gettext("is not readable as Parquet")
        raise refused(name, "bad-file", what, gettext("Write it again.")) from error
    for column, kind in frame.schema.items():
        if not (kind == pl.String or kind.is_numeric() or kind.is_temporal() or kind == pl.Null):
            if isinstance(kind, (pl.Categorical, pl.Enum)):
                frame = frame.with_columns(pl.col(column).cast(pl.String))
                continue
            raise refused(
                name,
                "bad-column",
                gettext("has values of the type %(kind)s in column %(column)s")
                % {"kind": kind, "column": column[:80]},
                gettext("Write text, numbers or dates."),
                column[:80],
            )
    return sheet_of_frame("parquet", name, digest, frame, 1)


def _read_json_lines(name: str, text: str, digest: str) -> Sheet:
    """One object a line, or one list of objects."""
    lines: list[dict[str, Any]] = []
    problems: list[RowProblem] = []
    for number, found in _objects(name, text):
        # empty lines keep their numbers, and so does a broken one
        lines += [{}] * (number - 1 - len(lines))
        is_broken = isinstance(found, RowProblem)
        problems += [found] if is_broken else []
        lines.append({} if is_broken else found)
    _check_length(name, len(lines))
    headings = list(dict.fromkeys(key for line in lines for key in line))
    frame = pl.DataFrame(
        {key: [_scalar(line.get(key)) for line in lines] for key in headings},
        schema=dict.fromkeys(headings, pl.String),
    )
    if not headings and problems:
        raise refused(
            name,
            "bad-json",
            gettext("has no line that is a JSON object"),
            gettext("Write one object a line."),
        )
    return sheet_of_frame("ndjson", name, digest, frame, 1, problems)


def _objects(name: str, text: str) -> Iterator[tuple[int, Any]]:
    if text.lstrip()[:1] == "[":
        try:
            listed = json.loads(text, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise refused(
                name,
                "bad-json",
                gettext("is not JSON"),
                gettext("Write a list of objects, or one object a line."),
            ) from error
        for number, found in enumerate(listed, start=1):
            is_object = isinstance(found, dict)
            yield number, found if is_object else row_problem("bad-line", number, "", str(found))
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, parse_float=Decimal)
            if not isinstance(found, dict):
                raise TypeError("it is a value without names")
        except (ValueError, RecursionError, TypeError) as error:
            yield number, row_problem("bad-line", number, "", line[:200], str(error)[:200])
            continue
        yield number, found


def _scalar(value: Any) -> str:
    """Lists and objects as they were written; the checks then refuse them."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return text_of(value)
