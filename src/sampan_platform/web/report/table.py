"""The day's table: what is to be reported, what was said, and what was said before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.collect.columns import EXPLANATION, MEASURES
from sampan_platform.collect.workbook import ToReport, rows_to_report
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User

WITHDRAWN = "withdrawn"
"""What `collect` reads as: what was said before is taken back."""
BY_KIND = {
    "factory": ("effective_capacity", "output", "stock", "shipped"),
    "hospital": ("used", "stock", "received", "need"),
}
"""Asked of a site of that kind where nobody has reported yet."""


@dataclass(frozen=True)
class Cell:
    """One figure to type."""

    measure: str
    field: str
    value: Any
    before: Any


@dataclass(frozen=True)
class Line:
    """One site and item."""

    row: ToReport
    cells: list[Cell]
    explanation_field: str
    explanation: str

    @property
    def flags(self) -> list[str]:
        """Codes of what looked wrong in what was said."""
        return list(self.row.said.flags) if self.row.said else []


def places(user: User) -> list[Organisation]:
    """The organisations that own sites and that the user reports for."""
    owners = set(catalogue.sites(user=user).order_by().values_list("organisation_id", flat=True))
    rows = people.organisations(user, people.REPORT).order_by("path")
    return [one for one in rows if one.pk in owners]


def day_to_report(user: User, place: Organisation, today: date) -> date:
    """Yesterday while something of it is missing, else today."""
    before = today - timedelta(1)
    rows = rows_to_report(user, place, before)
    return before if any(row.said is None for row in rows) else today


def lines(
    user: User, place: Organisation, day: date, typed: QueryDict, *, all_: bool
) -> list[Line]:
    """The table's rows; what was typed and refused stands in them again."""
    rows = rows_to_report(user, place, day)
    shown = MEASURES if all_ else columns(rows)
    return [_line(row, shown, typed) for row in rows]


def rate(lines: Iterable[Line]) -> dict[str, int] | None:
    """How many of the table's rows are reported, of how many; None of an empty table."""
    said = [line.row.said is not None for line in lines]
    return {"came": sum(said), "due": len(said)} if said else None


def columns(rows: Iterable[ToReport]) -> tuple[str, ...]:
    """The measures that are stated here, or that sites of these kinds state."""
    stated: set[str] = set()
    for row in rows:
        there = [one for one in (row.said, row.before) if one is not None]
        stated |= {name for one in there for name in MEASURES if getattr(one, name) is not None}
        if not there:
            stated |= set(BY_KIND.get(row.site.kind, MEASURES))
    return tuple(name for name in MEASURES if name in stated)


def _line(row: ToReport, shown: tuple[str, ...], typed: QueryDict) -> Line:
    cells = []
    for measure in shown:
        field = f"{row.site.pk}-{row.resource.pk}-{measure}"
        said = getattr(row.said, measure) if row.said else None
        before = getattr(row.before, measure) if row.before else None
        cells.append(Cell(measure, field, typed.get(field, said), before))
    field = f"{row.site.pk}-{row.resource.pk}-{EXPLANATION}"
    said_why = row.said.explanation if row.said else ""
    return Line(row, cells, field, typed.get(field, said_why))


def typed_rows(rows: Iterable[ToReport], day: date, typed: QueryDict) -> list[Mapping[str, Any]]:
    """What was typed, as `collect` takes it; a figure left empty is not stated, 0 is zero.

    A figure that stood there and was emptied is withdrawn.
    """
    found: list[Mapping[str, Any]] = []
    for row in rows:
        stated: dict[str, Any] = {}
        for measure in (*MEASURES, EXPLANATION):
            field = f"{row.site.pk}-{row.resource.pk}-{measure}"
            if field not in typed:
                continue
            text = typed.get(field, "").strip()
            if text:
                stated[measure] = text
            elif measure != EXPLANATION and row.said and getattr(row.said, measure) is not None:
                stated[measure] = WITHDRAWN
        if stated:
            keys = {"site": row.site.code, "resource": row.resource.code, "day": day.isoformat()}
            found.append({**keys, **stated})
    return found
