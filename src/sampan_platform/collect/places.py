"""Which sites and resources there are, who may report for them, and when a day is over there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from django.conf import settings

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common import clock
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User

DEADLINE = time(12)
"""On the next day, where no organisation up to the top sets one."""
ASKED_MAX = 500
"""Codes that are looked up one by one; where there are more, all are read."""


class Deadlines:
    """Time zone and deadline of each organisation: its own, or the nearest above it."""

    def __init__(self) -> None:
        columns = ("pk", "path", "time_zone", "report_deadline")
        rows = catalogue.organisations().order_by().values_list(*columns)
        self._rows = {pk: (path, zone, deadline) for pk, path, zone, deadline in rows}
        self._zones: dict[int, ZoneInfo] = {}

    def zone(self, organisation: int) -> ZoneInfo:
        """Where the organisation's days begin and end."""
        if organisation not in self._zones:
            name = self._nearest(organisation, 1) or settings.TIME_ZONE
            self._zones[organisation] = ZoneInfo(name)
        return self._zones[organisation]

    def deadline(self, organisation: int, day: date) -> datetime:
        """Until when a day's reports are in time."""
        at = self._nearest(organisation, 2) or DEADLINE
        return datetime.combine(day + timedelta(days=1), at, self.zone(organisation))

    def today(self, organisation: int) -> date:
        """The date it is there."""
        return clock.now().astimezone(self.zone(organisation)).date()

    def path(self, organisation: int) -> str:
        """As in the tree."""
        return str(self._rows[organisation][0])

    def _nearest(self, organisation: int, column: int) -> Any:
        for part in reversed(self.path(organisation).strip("/").split("/")):
            found = self._rows[int(part)][column]
            if found not in ("", None):
                return found
        return None


class Known:
    """What the codes in a file mean to whoever sent it."""

    def __init__(self, actor: User, sites: Collection[str], resources: Collection[str]) -> None:
        self._see = tuple(people.paths(actor, people.SEE))
        self._report = tuple(people.paths(actor, people.REPORT))
        self.deadlines = Deadlines()
        self.sites = self._sites(sites)
        self.resources = self._resources(resources)

    def _sites(self, codes: Collection[str]) -> pl.DataFrame:
        """By code: number, owner, whether seen and reported for, its last days, today there."""
        rows = catalogue.sites().order_by()
        if len(codes) <= ASKED_MAX:
            rows = rows.filter(code__in=codes)
        cells = [
            (code, pk, owner, path.startswith(self._see), path.startswith(self._report),
             min((day for day in (own, above) if day is not None), default=None),
             self.deadlines.today(owner))
            for code, pk, owner, path, own, above in rows.values_list(
                "code", "pk", "organisation_id", "organisation__path", "retired_from",
                "organisation__retired_from",
            )
        ]  # fmt: skip
        schema = {"site": pl.String, "site_id": pl.Int64, "organisation": pl.Int64,
                  "seen": pl.Boolean, "mine": pl.Boolean, "site_retired": pl.Date,
                  "today": pl.Date}  # fmt: skip
        return pl.DataFrame(cells, schema=schema, orient="row")

    def _resources(self, codes: Collection[str]) -> pl.DataFrame:
        rows = catalogue.resources().order_by().prefetch_related(None)
        if len(codes) <= ASKED_MAX:
            rows = rows.filter(code__in=codes)
        cells = list(rows.values_list("code", "pk", "kind", "retired_from"))
        schema = {"resource": pl.String, "resource_id": pl.Int64, "kind": pl.String,
                  "resource_retired": pl.Date}  # fmt: skip
        return pl.DataFrame(cells, schema=schema, orient="row")

    @cached_property
    def _site_codes(self) -> list[str]:
        rows = catalogue.sites().order_by("code").values_list("code", "organisation__path")
        return [code for code, path in rows if path.startswith(self._report)]

    @cached_property
    def _resource_codes(self) -> list[str]:
        return list(catalogue.resources().order_by("code").values_list("code", flat=True))

    def nearest(self, column: str, code: str) -> tuple[str, str]:
        """What somebody may have meant, in English and Chinese."""
        known = self._site_codes if column == "site" else self._resource_codes
        by_case = {one.casefold(): one for one in known}
        near = get_close_matches(code.casefold(), list(by_case), 1)
        if near:
            meant = by_case[near[0]]
            return f"Did you mean {meant}?", f"是否为 {meant}？"
        return "Correct the code, or have it added to the catalogue first.", "或先加入目录。"
