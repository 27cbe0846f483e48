"""A network's tables → organisations, and what each would have reported day by day.

Everything here is computed from the network and a few stated assumptions, without a database,
so that an example of the engine can be lived through on the platform. What the network knows is
taken as it is: stocks at its start, capacities from its start on, needs. The rest is assumed:

- before the start, capacity and need were smaller day by day (`CAPACITY_GROWTH`, `NEED_GROWTH`);
- a factory makes between `LEAST_SHARE` and `MOST_SHARE` of its effective capacity, which
  includes days above it, as factories did in February 2020;
- `NO_REPORT` of the reports are late and `MISCOUNT` of the stocks are counted wrongly.

The same network gives the same reports every time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import polars as pl

from sampan import Network
from sampan_platform.packs.regions import named

CAPACITY_GROWTH = 1.04
NEED_GROWTH = 1.06
LEAST_SHARE, MOST_SHARE = 0.86, 1.04
NO_REPORT = 0.03
MISCOUNT = 0.004
NEED_COVERED = 0.8
"""Share of the need that was met before the start."""

Place = tuple[str, str]
"""A site's key and a resource's key."""


@dataclass(frozen=True)
class Unit:
    """An organisation to make: a country, a province, or who owns one site."""

    code: str
    name_en: str
    name_zh: str
    kind: str
    parent: str | None
    country: str = ""


@dataclass(frozen=True)
class ReportRow:
    """What one site states about one resource on one day; None: nothing is stated."""

    site: str
    resource: str
    day: date
    nominal_capacity: Decimal | None = None
    effective_capacity: Decimal | None = None
    output: Decimal | None = None
    used: Decimal | None = None
    stock: Decimal | None = None
    need: Decimal | None = None


class Rehearsal:
    """Who there is and what they report, for one network."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def organisations(self) -> list[Unit]:
        """From the top down: all, countries, provinces, owners of sites."""
        found = {"all": Unit("all", self.network.name.split(",")[0], "", "region", None)}
        for site in self.network.table("sites").iter_rows(named=True):
            country = site["country"] or "ZZ"
            code = country.lower()
            found.setdefault(code, Unit(code, *named(country), "country", "all", country))
            region, parent = site["region"], code
            if region:
                parent = region.lower()
                found.setdefault(parent, Unit(parent, *named(region), "province", code, country))
            english, chinese = split_name(site["name"] or site["site"])
            kind = {"factory": "enterprise", "hospital": "hospital", "city": "city"}.get(
                site["kind"] or "", "agency"
            )
            own = owner_of(site["site"], site["kind"])
            found.setdefault(own, Unit(own, english, chinese, kind, parent, country))
        return list(found.values())

    @cached_property
    def capacity(self) -> dict[tuple[str, str, int], float]:
        """Units a period that a site can make of a resource, by site, resource and period."""
        processes = self.network.table("processes")
        flows = self.network.table("process_flows").filter(pl.col("quantity_per_run") > 0)
        runs = self._by_period(processes)
        made: dict[tuple[str, str, int], float] = {}
        site_of = dict(zip(processes["process"], processes["site"], strict=True))
        for process, resource, per_run in flows.iter_rows():
            for period in range(self.network.periods):
                key = site_of[process], resource, period
                made[key] = made.get(key, 0.0) + runs[process, period] * per_run
        return {key: value for key, value in made.items() if value < float("inf")}

    def _by_period(self, processes: pl.DataFrame) -> dict[tuple[str, int], float]:
        runs = {
            (process, period): limit
            for process, limit in processes.select("process", "runs_max").iter_rows()
            for period in range(self.network.periods)
        }
        profiles = self.network.table("profiles").filter(
            (pl.col("table") == "processes") & (pl.col("attribute") == "runs_max")
        )
        for process, period, value in profiles.select("key", "period", "value").iter_rows():
            runs[process, period] = value
        return runs

    @cached_property
    def needs(self) -> dict[tuple[str, str, int], float]:
        """Wanted by site, resource and period."""
        rows = (
            self.network.table("demands")
            .group_by("site", "resource", "period", maintain_order=True)
            .agg(pl.col("quantity").sum())
        )
        return {(site, kind, period): amount for site, kind, period, amount in rows.iter_rows()}

    @cached_property
    def opening(self) -> dict[Place, Decimal]:
        """Stock at the end of the day before the network starts."""
        rows = self.network.table("stocks").group_by("site", "resource", maintain_order=True)
        summed = rows.agg(pl.col("quantity").sum())
        return {(site, kind): whole(amount) for site, kind, amount in summed.iter_rows()}

    @cached_property
    def places(self) -> list[Place]:
        """Every site and resource that is reported: made, kept or wanted there."""
        made = {(site, kind) for site, kind, _ in self.capacity}
        wanted = {(site, kind) for site, kind, _ in self.needs}
        return sorted(made | wanted | set(self.opening))

    @cached_property
    def stored(self) -> frozenset[str]:
        """Resources that have a stock at all: no services."""
        rows = self.network.table("resources").select("resource", "kind").iter_rows()
        return frozenset(resource for resource, kind in rows if kind != "service")

    @cached_property
    def lent(self) -> frozenset[str]:
        """Equipment: needed and returned, never used up."""
        rows = self.network.table("resources").select("resource", "kind").iter_rows()
        return frozenset(resource for resource, kind in rows if kind == "equipment")

    def history(self, days: int) -> Iterator[ReportRow]:
        """What was reported in the days before the network starts."""
        for back in range(days, 0, -1):
            day = self.network.calendar.start - timedelta(days=back)
            for site, resource in self.places:
                if back > 1 and chance(site, resource, day, "late") < NO_REPORT:
                    continue
                yield self._before(site, resource, day, back)

    def _before(self, site: str, resource: str, day: date, back: int) -> ReportRow:
        nominal, effective, output = self._production(site, resource, day, 0, back)
        need = self._need(site, resource, 0, back)
        used = None
        if need is not None and resource not in self.lent:
            used = whole(float(need) * NEED_COVERED)
        stock = None
        if resource in self.stored:
            later = sum(
                float(self._need(site, resource, 0, earlier) or 0) * NEED_COVERED
                for earlier in range(1, back)
            )
            stock = self.opening.get((site, resource), Decimal(0))
            stock += Decimal(0) if resource in self.lent else whole(later)
        return ReportRow(site, resource, day, nominal, effective, output, used, stock, need)

    def live(self, day: date, on_hand: Mapping[Place, Decimal]) -> Iterator[ReportRow]:
        """What is reported on a day of the network, given what the books say is there."""
        period = min((day - self.network.calendar.start).days, self.network.periods - 1)
        inputs = self._inputs(day, period, on_hand)
        for site, resource in self.places:
            if chance(site, resource, day, "late") < NO_REPORT:
                continue
            nominal, effective, output = self._production(site, resource, day, period, 0)
            if output is not None:
                output = whole(float(output) * inputs.get(site, (1.0, {}))[0])
            need = self._need(site, resource, period, 0)
            there = on_hand.get((site, resource), Decimal(0)) + (output or Decimal(0))
            used = inputs.get(site, (1.0, {}))[1].get(resource)
            if used is None and need is not None and resource not in self.lent:
                used = min(there, need)
            stock = None
            if resource in self.stored:
                stock = max(there - (used or Decimal(0)), Decimal(0))
                if chance(site, resource, day, "count") < MISCOUNT:
                    stock = whole(float(stock) * 0.97)
            yield ReportRow(site, resource, day, nominal, effective, output, used, stock, need)

    def _production(
        self, site: str, resource: str, day: date, period: int, back: int
    ) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Nominal capacity, effective capacity, output."""
        capacity = self.capacity.get((site, resource, period))
        if capacity is None:
            return None, None, None
        last = self.capacity.get((site, resource, self.network.periods - 1), capacity)
        effective = capacity / CAPACITY_GROWTH**back
        share = LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * chance(site, resource, day, "output")
        return whole(max(last, capacity)), whole(effective), whole(effective * share)

    def _need(self, site: str, resource: str, period: int, back: int) -> Decimal | None:
        need = self.needs.get((site, resource, period))
        if need is None:
            return None
        return whole(need if resource in self.lent else need / NEED_GROWTH**back)

    def _inputs(
        self, day: date, period: int, on_hand: Mapping[Place, Decimal]
    ) -> dict[str, tuple[float, dict[str, Decimal]]]:
        """By site: the share of its output that its materials allow, and what it uses of each."""
        processes = self.network.table("processes").select("process", "site")
        flows = self.network.table("process_flows").join(processes, on="process")
        per_unit: dict[tuple[str, str, str], float] = {}
        for group in flows.partition_by("process"):
            made = group.filter(pl.col("quantity_per_run") > 0)
            for used in group.filter(pl.col("quantity_per_run") < 0).iter_rows(named=True):
                for out in made.iter_rows(named=True):
                    key = used["site"], used["resource"], out["resource"]
                    per_unit[key] = -used["quantity_per_run"] / out["quantity_per_run"]
        wanted: dict[Place, float] = {}
        for (site, material, product), amount in per_unit.items():
            output = self._production(site, product, day, period, 0)[2]
            there = wanted.get((site, material), 0.0)
            wanted[site, material] = there + amount * float(output or 0)
        found: dict[str, tuple[float, dict[str, Decimal]]] = {}
        for (site, material), amount in wanted.items():
            there = float(on_hand.get((site, material), 0))
            share = min(found.get(site, (1.0, {}))[0], there / amount if amount > 0 else 1.0)
            found[site] = share, found.get(site, (1.0, {}))[1] | {material: whole(amount)}
        return {
            site: (share, {kind: whole(float(used) * share) for kind, used in uses.items()})
            for site, (share, uses) in found.items()
        }


def owner_of(site: str, kind: str | None) -> str:
    """The code of the organisation that owns a site."""
    return f"{site.lower()}-owner"


def split_name(name: str) -> tuple[str, str]:
    """English and Chinese parts of a name that holds both: `Wuhan hub 湖北省调度中心`."""
    found = re.search(r"[\u3400-\u9fff]", name)
    if found is None:
        return name.strip(), ""
    space = name.rfind(" ", 0, found.start())
    english = name[:space].strip() if space > 0 else ""
    return english or name, name[space + 1 :].strip()


def whole(quantity: float | Decimal) -> Decimal:
    """To the unit where there are many, to a thousandth where there are few (tonnes)."""
    number = float(quantity)
    return Decimal(str(round(number))) if number >= 100 else Decimal(f"{number:.3f}")


def chance(*parts: object) -> float:
    """A number from 0 to 1 that depends on nothing but the words given."""
    text = "|".join(str(part) for part in parts)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
