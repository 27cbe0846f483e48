"""Sites, resources, lanes and processes of a part of the tree, as tables of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.db.models import Q, QuerySet

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.people.models import Organisation, OrganisationKind

TEXT, NUMBER, WHOLE, FLAG = pl.String, pl.Float64, pl.Int64, pl.Boolean
SITES = {
    "site": TEXT, "name": TEXT, "kind": TEXT, "country": TEXT, "region": TEXT,
    "organisation": TEXT, "latitude_deg": NUMBER, "longitude_deg": NUMBER,
    "storage_m3_max": NUMBER,
}  # fmt: skip
RESOURCES = {
    "resource": TEXT, "name": TEXT, "unit": TEXT, "kind": TEXT, "family": TEXT,
    "mass_kg": NUMBER, "volume_m3": NUMBER, "shelf_life_periods": WHOLE, "value": NUMBER,
    "holding_cost": NUMBER, "importance": NUMBER, "hs_code": TEXT, "gtin": TEXT,
}  # fmt: skip
LANES = {
    "lane": TEXT, "origin": TEXT, "destination": TEXT, "mode": TEXT, "lead_time_periods": WHOLE,
    "mass_kg_max": NUMBER, "volume_m3_max": NUMBER, "cost_per_kg": NUMBER, "cost_per_m3": NUMBER,
    "distance_km": NUMBER, "border": TEXT, "vehicle_kg": NUMBER, "vehicle_m3": NUMBER,
    "cost_per_vehicle": NUMBER,
}  # fmt: skip
PROCESSES = {
    "process": TEXT, "site": TEXT, "runs_max": NUMBER, "runs_whole": FLAG,
    "cost_per_run": NUMBER, "lead_time_periods": WHOLE,
}  # fmt: skip
PROCESS_FLOWS = {"process": TEXT, "resource": TEXT, "quantity_per_run": NUMBER}


@dataclass(frozen=True)
class Places:
    """The tables, and the codes behind the platform's numbers."""

    tables: Mapping[str, pl.DataFrame]
    sites: Mapping[int, str]
    resources: Mapping[int, str]
    lanes: Mapping[int, str]
    equals: Mapping[int, str]
    """By site, the province (else the country) that counts as one in fairness."""


def places(scope: Organisation, start: date) -> Places:
    """What of the catalogue lies in the scope and is not retired on the first day."""
    under = scope.path
    sites = _rows(
        catalogue.sites(start).filter(organisation__path__startswith=under),
        "organisation__path", "name_en", "kind", "country", "region", "organisation__code",
        "latitude_deg", "longitude_deg", "storage_m3_max",
    )  # fmt: skip
    resources = _rows(
        catalogue.resources(start), "name_en", "unit", "kind", "resource_class__code", "mass_kg",
        "volume_m3", "shelf_life_periods", "value", "holding_cost", "importance", "hs_code", "gtin",
    )  # fmt: skip
    inside = Q(origin__organisation__path__startswith=under)
    inside &= Q(destination__organisation__path__startswith=under)
    columns = [name for name in LANES if name not in ("lane", "origin", "destination")]
    ways = catalogue.lanes(start).filter(inside)
    lanes = _rows(ways, "origin__code", "destination__code", *columns)
    tables = {
        "sites": _frame(SITES, ([row[1], *row[3:]] for row in sites)),
        "resources": _frame(RESOURCES, (row[1:] for row in resources)),
        "lanes": _frame(LANES, (_lane(row) for row in lanes)),
    } | _processes(under, {row[0] for row in resources}, start)
    return Places(
        tables,
        {row[0]: row[1] for row in sites},
        {row[0]: row[1] for row in resources},
        {row[0]: row[1] for row in lanes},
        _equals({row[0]: row[2] for row in sites}),
    )


def _rows(rows: QuerySet[Any], *columns: str) -> list[tuple[Any, ...]]:
    """Number, code and columns of the rows, in order of codes."""
    return list(rows.order_by("code").values_list("id", "code", *columns))


def _frame(schema: Mapping[str, Any], rows: Iterable[Iterable[Any]]) -> pl.DataFrame:
    """A table in which an empty text is an empty cell."""
    clean = [[None if cell == "" else cell for cell in row] for row in rows]
    return pl.DataFrame(clean, schema=dict(schema), orient="row")


def _lane(row: tuple[Any, ...]) -> list[Any]:
    """Without a vehicle's cost of nothing, which would mean whole vehicles."""
    cells = list(row[1:])
    if cells[-1] == 0 and cells[-2] is None and cells[-3] is None:
        cells[-1] = None
    return cells


def _processes(under: str, resources: set[int], start: date) -> dict[str, pl.DataFrame]:
    """Processes all of whose resources are in use."""
    columns = [name for name in PROCESSES if name not in ("process", "site")]
    here = catalogue.processes(start).filter(site__organisation__path__startswith=under)
    rows = _rows(here.prefetch_related(None), "site__code", *columns)
    flows = catalogue.process_flows(start)
    found = list(
        flows.filter(process__site__organisation__path__startswith=under)
        .order_by("process__code", "id")
        .values_list("process_id", "process__code", "resource__code", "quantity_per_run",
                     "resource_id")
    )  # fmt: skip
    broken = {row[0] for row in found if row[4] not in resources}
    return {
        "processes": _frame(PROCESSES, (row[1:] for row in rows if row[0] not in broken)),
        "process_flows": _frame(PROCESS_FLOWS, (row[1:4] for row in found if row[0] not in broken)),
    }


def _equals(paths: Mapping[int, str]) -> dict[int, str]:
    """By site, the code of the nearest province above it, else of its country."""
    numbers = {site: [int(part) for part in path.strip("/").split("/")]
               for site, path in paths.items()}  # fmt: skip
    wanted = {number for line in numbers.values() for number in line}
    kinds = {one.pk: (one.kind, one.code) for one in Organisation.objects.filter(pk__in=wanted)}
    found = {}
    for site, line in numbers.items():
        above = {kinds[number][0]: kinds[number][1] for number in line if number in kinds}
        for kind in (OrganisationKind.PROVINCE, OrganisationKind.COUNTRY):
            if kind in above:
                found[site] = above[kind]
                break
    return found
