"""One cell as people write it → a quantity or a day; pure functions.

What can be read in one way only is read. What could mean two things is refused, and empty is
not stated; it is never zero.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from sampan_platform.common.quantity import LARGEST, SCALE

WITHDRAWN = -1
"""Stands for a figure that is taken back; no quantity is below zero."""
WITHDRAWN_WORDS = ("withdrawn", "撤回")

_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}((,[0-9]{3})+|('[0-9]{3})+|( [0-9]{3})+)(\.[0-9]+)?")
_ROUNDED = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?e[+-]?[0-9]+", re.IGNORECASE)
_MARKS_ONLY = re.compile(r"[+-]?[0-9][0-9.,' ]*[0-9]")
_QUOTES = re.compile(r"[’‘]")
_YEAR_FIRST = re.compile(
    r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?"
    r"(?:[T ]0?0:00(?::00(?:\.0+)?)?)?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_YEAR_LAST = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})")


class CellError(ValueError):
    """A cell that cannot be read; its text is a code of `messages`."""


def narrow(text: str) -> str:
    """Full-width letters, digits and marks as the usual ones; no spaces around."""
    return unicodedata.normalize("NFKC", text).strip()


def read_quantity(text: str) -> int | None:
    """Thousandths of a unit; None where nothing is stated.

    Full-width digits and thousand separators are read where they can mean but one number:
    `１，２００` is 1200; `1,20` is refused. The point is the decimal mark.

    Raises
    ------
    CellError
        With the code of what is wrong.
    """
    plain = _QUOTES.sub("'", narrow(text))
    if not plain:
        return None
    if plain.casefold() in WITHDRAWN_WORDS:
        return WITHDRAWN
    if _PLAIN.fullmatch(plain):
        return _thousandths(plain)
    if _GROUPED.fullmatch(plain):
        return _thousandths(re.sub(r"[,' ]", "", plain))
    if _ROUNDED.fullmatch(plain):
        raise CellError("number-rounded")
    if plain.casefold().lstrip("+-") in ("nan", "inf", "infinity"):
        raise CellError("not-finite")
    raise CellError("number-ambiguous" if _MARKS_ONLY.fullmatch(plain) else "not-a-number")


def _thousandths(plain: str) -> int:
    number = Decimal(plain)
    if number < 0:
        raise CellError("negative")
    if number > LARGEST:
        raise CellError("too-large")
    if len(plain.partition(".")[2].rstrip("0")) > 3:
        raise CellError("too-fine")
    return int(number * SCALE)


def read_day(text: str) -> date | None:
    """A day with the year first, in any of the usual writings; None for an empty cell.

    Raises
    ------
    CellError
        `not-a-day`, or `day-ambiguous` for `02/03/2020`.
    """
    plain = narrow(text)
    if not plain:
        return None
    found = _YEAR_FIRST.fullmatch(plain) or _COMPACT.fullmatch(plain)
    if found is None:
        raise CellError("day-ambiguous" if _YEAR_LAST.fullmatch(plain) else "not-a-day")
    try:
        return date(*map(int, found.groups()))
    except ValueError as error:
        raise CellError("not-a-day") from error


def text_of(value: object) -> str:
    """A value from JSON, a workbook or Python as it would be written in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # a spreadsheet's 0.1+0.2 is 0.3 to everybody who looks at it
        value = Decimal(format(value, ".15g"))
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, date):
        return value.isoformat().replace("T00:00:00", "")
    return str(value)
