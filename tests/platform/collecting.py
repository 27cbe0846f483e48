"""What the tests of collecting share: a moment, rows, files, and short ways to look."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sampan_platform.collect import services
from sampan_platform.collect.columns import MEASURES
from sampan_platform.collect.models import Report
from sampan_platform.common import clock

TODAY = date(2020, 2, 10)
EVENING = datetime(2020, 2, 10, 12, tzinfo=UTC)
"""Eight in the evening in Wuhan."""


def row(
    site: str = "F1", resource: str = "mask", day: Any = TODAY, **stated: Any
) -> dict[str, Any]:
    return {"site": site, "resource": resource, "day": day, **stated}


def file(world: Any, *rows: dict[str, Any], user: str = "rui", at: datetime = EVENING,
         client_id: str | None = None, **how: Any) -> services.Outcome:  # fmt: skip
    """File rows at a moment."""
    with clock.at(at):
        return services.file_reports(rows, world.users[user], client_id, **how)


def send(
    world: Any, name: str, content: bytes | str, user: str = "chen", **how: Any
) -> services.Outcome:
    """File a file at the usual moment."""
    data = content.encode() if isinstance(content, str) else content
    with clock.at(EVENING):
        return services.file_bytes(name, data, world.users[user], **how)


def stated(site: str = "F1", resource: str = "mask", day: date = TODAY) -> dict[str, Any]:
    """What a report states, without what it does not."""
    report = Report.objects.get(site__code=site, resource__code=resource, day=day)
    values = {name: getattr(report, name) for name in MEASURES}
    return {name: plain(value) for name, value in values.items() if value is not None}


def plain(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def codes(outcome: services.Outcome) -> list[tuple[int, str, str]]:
    """Row, column and code of each problem."""
    return [(one.row, one.column, one.code) for one in outcome.rejected]


def everything() -> dict[str, list[Any]]:
    """All rows of collect, the ledger and the audit trail, to see whether anything was written."""
    from django.apps import apps

    found = {}
    for label in ("collect", "ledger", "people"):
        for model in apps.get_app_config(label).get_models():
            found[model.__name__] = list(model._default_manager.order_by("pk").values())
    return found


def workbook(*rows: list[Any], title: str = "reports", **more: Any) -> bytes:
    """A workbook of one sheet, made cell by cell."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = title
    for cells in rows:
        sheet.append(cells)
    for merged in more.get("merge", ()):
        sheet.merge_cells(merged)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@contextmanager
def heard() -> Iterator[list[Any]]:
    """What listeners are told meanwhile."""
    from sampan_platform.collect import listeners

    told: list[Any] = []
    listeners.on_change(told.append)
    try:
        yield told
    finally:
        listeners._LISTENERS.remove(told.append)
