"""The catalogue's cells as people read them: names for codes, numbers as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from sampan_platform.catalogue import selectors
from sampan_platform.catalogue import tables as known
from sampan_platform.web.plans.naming import modes
from sampan_platform.web.templatetags.sampan import either, name, quantity, unit

DIGITS = 6
"""Decimals at most: of coordinates and of volumes of one piece."""


@dataclass(frozen=True)
class Cell:
    """One cell of a row."""

    column: str
    value: Any
    """As files hold it."""
    text: str
    """As people read it; empty for nothing."""
    is_number: bool = False

    @property
    def says_more(self) -> bool:
        """Whether the value alone would not tell what it is."""
        return bool(self.text) and not self.is_number and self.text != str(self.value)


def shown(table: str, row: Any) -> list[Cell]:
    """A row's cells without the day of its retirement; no query if the row came with its ends."""
    cells = selectors.cells(table, row)
    return [_cell(table, row, column, value) for column, value in cells.items()
            if column != "retired_from"]  # fmt: skip


def title(table: str, row: Any) -> str:
    """What a row is called; lanes and processes have no names of their own."""
    if table == "lanes":
        ends = f"{name(row.origin)} → {name(row.destination)}"
        return f"{ends} · {modes().get(row.mode, row.mode)}" if row.mode else ends
    if table == "processes":
        made = [name(flow.resource) for flow in row.flows.all() if flow.quantity_per_run > 0]
        return " · ".join([name(row.site), *made])
    return name(row)


def _cell(table: str, row: Any, column: str, value: Any) -> Cell:
    path = known.KINDS[table].fields[column]
    if value in (None, ""):
        return Cell(column, value, "")
    if path.endswith("__code"):
        return Cell(column, value, name(getattr(row, path.removesuffix("__code"))))
    if isinstance(value, bool):
        return Cell(column, value, _("yes") if value else _("no"))
    if isinstance(value, int | float | Decimal):
        return Cell(column, value, quantity(round(Decimal(str(value)), DIGITS), DIGITS), True)
    return Cell(column, value, _word(row, column, str(value)))


def _word(row: Any, column: str, value: str) -> str:
    if column == "mode":
        return modes().get(value, value)
    if column == "unit":
        return unit(value)
    if column == "kind":
        return either(row.get_kind_display())
    return value
