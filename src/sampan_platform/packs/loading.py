"""A rehearsal onto the platform: organisations, catalogue, people, history, opening stock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sampan import Network
from sampan_platform.catalogue import selectors as catalogue_reads
from sampan_platform.catalogue import services as catalogue
from sampan_platform.collect import services as collect
from sampan_platform.common import clock
from sampan_platform.flow import Crew
from sampan_platform.ledger import selectors as ledger
from sampan_platform.monitor import services as monitor
from sampan_platform.packs.accounts import IMPORTER, Account, accounts
from sampan_platform.packs.rehearsal import Place, Rehearsal, ReportRow, owner_of, split_name
from sampan_platform.people import services as people
from sampan_platform.people.models import Organisation, User

CLASSES = {
    "mask": "masks", "clothing": "clothing", "gloves": "hands-eyes-face",
    "eye protection": "hands-eyes-face", "diagnostics": "diagnostics",
    "disinfection": "disinfection", "material": "materials-medicines",
    "machine": "equipment", "people": "equipment", "equipment": "equipment",
}  # fmt: skip
"""Families of the examples → classes of the medical pack; others go with materials."""
POLICIES = ("lane_resources", "capacities", "capacity_loads", "substitutes", "reserves",
            "export_limits", "pledges")  # fmt: skip
"""Taken over as they are; profiles of capacity come back through the daily reports."""
Tell = Callable[[str], None]


class Stage:
    """An example, put onto the platform."""

    def __init__(self, network: Network, tell: Tell, time_zone: str = "Asia/Shanghai") -> None:
        self.network, self.tell, self.time_zone = network, tell, time_zone
        self.rehearsal = Rehearsal(network)

    def set_up(self, password: str) -> Crew:
        """Organisations, catalogue and people; safe to run again."""
        catalogue.load_pack("medical")
        outcome = catalogue.import_frames(self._frames(), start=self.network.calendar.start)
        self.scope = Organisation.objects.get(code="all")
        self.tell(f"{len(self.rehearsal.organisations())} organisations, catalogue: {outcome}")
        monitor.load_default_rules(self.scope)
        users = {one.username: self._user(one, password) for one in self.accounts}
        # who writes everybody's reports, as an importing office would, and nobody signs in with
        importer = self._user(Account(IMPORTER, "coordinator", "all", ""), None)
        return Crew(importer, users["coordinator"], (users["approver1"], users["approver2"]))

    @cached_property
    def accounts(self) -> list[Account]:
        """Who can sign in to the rehearsal."""
        return accounts(self.network)

    def _user(self, account: Account, password: str | None) -> User:
        user = User.objects.filter(username=account.username).first()
        user = user or people.create_user(account.username, password)
        place = Organisation.objects.get(code=account.organisation)
        people.give_role(user, place, account.role, approval_level=account.approval_level)
        return user

    def history(self, actor: User, days: int) -> None:
        """What was reported before, without the ledger; then the opening count, with it."""
        rows = list(self.rehearsal.history(days))
        last = self.network.calendar.start - timedelta(days=1)
        before = [row for row in rows if row.day < last]
        with clock.at(self._evening(last)):
            name = f"history:{self.network.name}"
            for day in sorted({row.day for row in before}):
                part = [row for row in before if row.day == day]
                collect.file_reports(
                    as_reports(part), actor, f"{name}:{day.isoformat()}", keep_good=True, post=False
                )
                self.tell(f"history {day}: {len(part)} reports")
            opening = [replace(row, output=None, used=None) for row in rows if row.day == last]
            outcome = collect.file_reports(as_reports(opening), actor, f"{name}:opening")
            self.tell(f"opening count {last}: {outcome.accepted} reports, stock in the ledger")

    def reports(self, day: int) -> list[dict[str, Any]]:
        """The reports of the network's day 0, 1 …, from what the ledger has."""
        sites = dict(catalogue_reads.sites().values_list("pk", "code"))
        resources = dict(catalogue_reads.resources().values_list("pk", "code"))
        there: dict[Place, Decimal] = {}
        for row in ledger.on_hand():
            key = sites[row.site], resources[row.resource]
            there[key] = there.get(key, Decimal(0)) + row.quantity
        date = self.network.calendar.start + timedelta(days=day)
        return as_reports(self.rehearsal.live(date, there))

    def _evening(self, day: Any) -> datetime:
        return datetime.combine(day, time(20), ZoneInfo(self.time_zone))

    def _frames(self) -> dict[str, pl.DataFrame]:
        table = self.network.table
        frames = {
            "organisations": self._organisations(),
            "resources": self._resources(),
            "sites": self._sites(),
            "lanes": table("lanes"),
            "processes": table("processes"),
            "process_flows": table("process_flows"),
        }
        for name in POLICIES:
            given = self.network.given(name)
            if given is not None and len(given):
                frames[name] = given.with_columns(organisation=pl.lit("all"))
        return frames

    def _organisations(self) -> pl.DataFrame:
        rows = [
            {
                "organisation": unit.code,
                "name_en": unit.name_en,
                "name_zh": unit.name_zh,
                "kind": unit.kind,
                "parent": unit.parent,
                "country": unit.country or None,
                "time_zone": self.time_zone if unit.parent is None else None,
                "report_deadline": "10:00" if unit.parent is None else None,
            }
            for unit in self.rehearsal.organisations()
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def _sites(self) -> pl.DataFrame:
        names = [split_name(name or "") for name in self.network.table("sites")["name"]]
        given = self.network.table("sites")
        return given.drop("name").with_columns(
            name_en=pl.Series(
                [en or key for (en, _), key in zip(names, given["site"], strict=True)]
            ),
            name_zh=pl.Series([zh for _, zh in names]),
            organisation=pl.Series(
                [owner_of(site, kind) for site, kind in given.select("site", "kind").iter_rows()]
            ),
        )

    def _resources(self) -> pl.DataFrame:
        given = self.network.table("resources")
        known = set(catalogue_reads.resources().values_list("code", flat=True))
        names = [split_name(name or "") for name in given["name"]]
        classes = dict(catalogue_reads.resources().values_list("code", "resource_class__code"))
        return given.drop("name", "family").with_columns(
            name_en=pl.Series(
                [en or key for (en, _), key in zip(names, given["resource"], strict=True)]
            ),
            name_zh=pl.Series([zh for _, zh in names]),
            resource_class=pl.Series(
                [
                    classes[key] if key in known else CLASSES.get(family, "materials-medicines")
                    for key, family in given.select("resource", "family").iter_rows()
                ]
            ),
        )


def as_reports(rows: Iterable[ReportRow]) -> list[dict[str, Any]]:
    """As `collect` takes them: codes, day, and what is stated."""
    return [dict(_stated(row)) for row in rows]


def _stated(row: ReportRow) -> Iterator[tuple[str, Any]]:
    cells: Mapping[str, Any] = vars(row)
    for name, value in cells.items():
        if value is not None:
            yield name, value
