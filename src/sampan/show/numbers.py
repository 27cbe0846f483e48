"""Numbers and dates as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sampan.network import Calendar

VISIBLE = 1e-6
"""Shares below this are rounding, and not worth a person's attention."""
READABLE = 1e15
"""Nobody reads more digits before the point than this has, and no more of them are exact."""
BLOCKS = " ▏▎▍▌▋▊▉"


def quantity(value: float) -> str:
    """With thousands separators, and no more digits than matter.

    >>> [quantity(value) for value in (1234567.8, 12.3456, 40.0, 0.00002, 2e30)]
    ['1,234,568', '12.35', '40', '2e-05', '2e+30']
    """
    if abs(value) >= READABLE:
        return f"{value:.4g}"
    if abs(value) >= 1000 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.4g}"


def share(value: float) -> str:
    """As a percentage; what is not quite nothing or all does not read as if it were.

    >>> [share(value) for value in (0.5, 0.0, 0.0001, 0.9999, 1.0)]
    ['50.0 %', '0.0 %', 'under 0.1 %', 'over 99.9 %', '100.0 %']
    """
    if VISIBLE <= value < 0.0005:
        return "under 0.1 %"
    if 0.9995 < value <= 1 - VISIBLE:
        return "over 99.9 %"
    return f"{value:.1%}".replace("%", " %")


def listed(names: Sequence[str], shown: int = 3) -> str:
    """The first names, and how many more there are.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c and 2 more')
    """
    first, more = names[:shown], len(names) - shown
    return ", ".join(first) + (f" and {more:,} more" if more > 0 else "")


def when(calendar: Calendar, period: int) -> str:
    """The date of a period, with the hour where periods are hours."""
    moment = calendar.date_of(period)
    if isinstance(moment, datetime):
        return f"{moment:%Y-%m-%d %H:%M}"
    return f"{moment:%Y-%m-%d}"


def periods_text(calendar: Calendar, first: int, last: int) -> str:
    """One date, or the first and the last of several."""
    if first == last:
        return when(calendar, first)
    return f"{when(calendar, first)} to {when(calendar, last)}"


def bar(value: float, width: int, *, ascii_only: bool = False) -> str:
    """A horizontal bar for a share from 0 to 1, exact to an eighth of a character.

    >>> bar(0.5, 4), bar(0.3, 4), bar(0.5, 4, ascii_only=True)
    ('██', '█▎', '##')
    """
    eighths = round(min(max(value, 0.0), 1.0) * width * 8)
    if ascii_only:
        return "#" * round(eighths / 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + BLOCKS[rest].strip()
