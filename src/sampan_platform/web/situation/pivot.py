"""A statistic as a table of rows and periods, and as a chart of the same figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.count.measures import Kind
from sampan_platform.count.statistic import Statistic
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.web.templatetags.sampan import name, unit

SERIES_MAX = 8
"""Lines in a chart; more cannot be told apart."""
PERCENT_MEASURES = ("utilisation", "reporting_rate")
PERCENT_COMPARISONS = ("year_on_year", "period_on_period", "share")


@dataclass
class Cell:
    """One figure with what it rests on."""

    value: Any
    reports: int
    coverage: float | None
    compared: Any = None


@dataclass
class Line:
    """One row of the pivot."""

    labels: list[str]
    cells: dict[str, Cell] = field(default_factory=dict)


@dataclass
class Pivot:
    """Rows × periods."""

    heads: list[str]
    periods: list[str]
    lines: list[Line]
    as_percent: bool
    compare: str
    compare_as_percent: bool

    def rows(self) -> list[tuple[list[str], list[Cell | None]]]:
        """As the template walks them."""
        return [(one.labels, [one.cells.get(name) for name in self.periods]) for one in self.lines]


def pivot(user: User, statistic: Statistic) -> Pivot:
    """The statistic's figures by line and period, with names in place of codes."""
    names = _Names(user, statistic.by, _counted_in(statistic))
    with_unit = "unit" in statistic.frame.columns
    columns = [*statistic.by, *(["unit"] if with_unit else [])]
    lines: dict[tuple[Any, ...], Line] = {}
    periods: dict[str, None] = {}
    compare = statistic.compare[0] if statistic.compare else ""
    for row in statistic.figures():
        key = tuple(row[column] for column in columns)
        line = lines.get(key)
        if line is None:
            line = lines[key] = Line([names.of(column, row[column]) for column in columns])
        periods[row["period"]] = None
        compared = row.get(compare) if compare else None
        line.cells[row["period"]] = Cell(row["value"], row["reports"], row["coverage"], compared)
    return Pivot(
        [names.head(column) for column in columns],
        list(periods),
        list(lines.values()),
        statistic.measure.code in PERCENT_MEASURES,
        compare,
        compare in PERCENT_COMPARISONS,
    )


def _counted_in(statistic: Statistic) -> str:
    """What the figures are counted in, where it is not what the items are counted in."""
    if statistic.measure.kind == Kind.COVER:
        return pgettext("unit", "day")
    return "%" if statistic.measure.code in PERCENT_MEASURES else ""


def chart(table: Pivot) -> dict[str, Any]:
    """Lines over time, or bars by place where there is one period only."""
    largest = sorted(table.lines, key=_size, reverse=True)[:SERIES_MAX]
    if len(table.periods) > 1:
        return {
            "xAxis": {"type": "category", "data": table.periods},
            "yAxis": {"type": "value"},
            "legend": {"top": 0, "type": "scroll"},
            "series": [
                {
                    "type": "line",
                    "name": " · ".join(line.labels) or _("all together"),
                    "connectNulls": False,
                    "showSymbol": len(table.periods) < 40,
                    "data": [_number(line.cells.get(one)) for one in table.periods],
                }
                for line in largest
            ],
        }
    period = table.periods[0] if table.periods else ""
    upward = list(reversed(sorted(table.lines, key=_size, reverse=True)[:20]))
    return {
        "xAxis": {"type": "value"},
        "yAxis": {"type": "category", "data": [" · ".join(one.labels) for one in upward]},
        "series": [{"type": "bar", "data": [_number(one.cells.get(period)) for one in upward]}],
    }


def _size(line: Line) -> float:
    return max((_number(one) or 0.0 for one in line.cells.values()), default=0.0)


def _number(cell: Cell | None) -> float | None:
    if cell is None or cell.value is None:
        return None
    return float(cell.value) if isinstance(cell.value, Decimal | int) else cell.value


class _Names:
    """Codes → names, a query a kind of thing."""

    def __init__(self, user: User, by: tuple[str, ...], counted_in: str) -> None:
        self.counted_in = counted_in
        self.known: dict[str, dict[str, str]] = {}
        for dimension in by:
            self.known[dimension] = self._names(user, dimension)

    def _names(self, user: User, dimension: str) -> dict[str, str]:
        rows: Any = ()
        if dimension.startswith("organisation"):
            rows = people.organisations(user)
        elif dimension == "site":
            rows = catalogue.sites(user=user).select_related(None)
        elif dimension in ("class", "sub_class"):
            rows = catalogue.classes()
        elif dimension == "resource":
            rows = catalogue.resources().prefetch_related(None)
        return {row.code: name(row) for row in rows}

    def of(self, column: str, code: Any) -> str:
        """A name for a code."""
        if code is None:  # a place that lies in none of these, an item of none
            return "–" if column in ("class", "sub_class") else _("elsewhere")
        if column == "unit":
            return self.counted_in or unit(str(code))
        return self.known.get(column, {}).get(str(code), str(code))

    def head(self, column: str) -> str:
        """The column's heading."""
        heads = {
            "site": _("Site"), "country": _("Country"), "class": _("Class"),
            "sub_class": _("Sub-class"), "resource": _("Item"), "unit": _("Unit"),
            "organisation:province": _("Province"),
        }  # fmt: skip
        return heads.get(column, _("Organisation"))
