"""Organisations, sites, items and a year of daily reports, straight into the database.

Everything is drawn from a seed. About 3 in 100 reports are missing; factories, warehouses and
hospitals state different columns, as they do in life.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

FIRST_DAY = date(2020, 1, 1)
FILED_AT = datetime(2021, 1, 1, tzinfo=UTC)
COUNTRIES = ("CN", "VN", "TH", "MY", "ID")
PROVINCES = 6
"""Of each country."""
CLASSES = 7
MISSING = 0.03
KINDS = {
    "factory": ("nominal_capacity", "effective_capacity", "output", "stock", "shipped"),
    "warehouse": ("stock", "shipped", "received"),
    "hospital": ("used", "stock", "received", "need"),
}
MEASURES = ("nominal_capacity", "effective_capacity", "output", "used", "stock", "shipped",
            "received", "need")  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much of what."""

    sites: int
    items: int
    days: int
    seed: int

    @property
    def reports(self) -> int:
        """Due."""
        return self.sites * self.items * self.days


def make_places(size: Size) -> None:
    """The tree, sites, items, and users who see all of it or a part."""
    from django.apps import apps
    from django.db import transaction

    from sampan_platform.people import services

    def model(stage: str, name: str) -> Any:
        return apps.get_model(stage, name)

    with transaction.atomic():
        top = services.create_organisation("region", "Region", "region", time_zone="Asia/Shanghai")
        provinces = []
        for country in COUNTRIES:
            above = services.create_organisation(
                country, country, "country", parent=top, country=country
            )
            for number in range(PROVINCES):
                code = f"{country}-{number:02}"
                provinces.append(services.create_organisation(code, code, "province", parent=above))
        kinds = list(KINDS)
        for number in range(size.sites):
            province = provinces[number // len(kinds) % len(provinces)]
            kind = kinds[number % len(kinds)]
            owner = services.create_organisation(
                f"O{number:04}", f"Owner {number}",
                "hospital" if kind == "hospital" else "enterprise", parent=province,
            )  # fmt: skip
            model("catalogue", "Site").objects.create(
                code=f"S{number:04}", name_en=f"Site {number}", kind=kind, organisation=owner,
                country=province.country, region=province.code,
            )  # fmt: skip
        above_of = [
            model("catalogue", "ResourceClass").objects.create(
                code=f"K{number}", name_en=f"Class {number}", name_zh="类", order=number
            )
            for number in range(CLASSES)
        ]
        for number in range(size.items):
            sub = model("catalogue", "ResourceClass").objects.create(
                code=f"K{number % CLASSES}.{number // CLASSES}", name_en="Sub-class",
                name_zh="小类", parent=above_of[number % CLASSES], order=number,
            )  # fmt: skip
            model("catalogue", "Resource").objects.create(
                code=f"R{number:02}", name_en=f"Item {number}", resource_class=sub,
                unit="tonne" if number % CLASSES == CLASSES - 1 else "piece",
            )  # fmt: skip
        for name, kind, where in (
            ("region", "analyst", "region"), ("country", "coordinator", "CN"),
            ("province", "coordinator", "CN-01"), ("owner", "reporter", "O0000"),
        ):  # fmt: skip
            organisation = model("people", "Organisation").objects.get(code=where)
            services.give_role(services.create_user(name), organisation, kind)


def make_reports(size: Size, told: Callable[[int], None]) -> dict[str, int]:
    """A year of reports; the sum of each column in thousandths, to compare figures with."""
    from django.apps import apps
    from django.db import connection, transaction

    report = apps.get_model("collect", "Report")
    sites = list(
        apps.get_model("catalogue", "Site").objects.order_by("pk").values_list("pk", "kind")
    )
    items = list(apps.get_model("catalogue", "Resource").objects.order_by("pk").values_list("pk"))
    fixed = _fixed_columns(report)
    names = ["site_id", "resource_id", "day", *MEASURES, *fixed]
    sums = dict.fromkeys(MEASURES, 0)
    rng = np.random.default_rng(size.seed)
    done = 0
    for number in range(size.days):
        day = FIRST_DAY + timedelta(days=number)
        rows = list(_day(day, sites, [row[0] for row in items], rng, sums, tuple(fixed.values())))
        with transaction.atomic(), connection.cursor() as cursor:
            _insert(cursor, report._meta.db_table, names, rows)
        done += len(rows)
        told(done)
    last = FIRST_DAY + timedelta(days=size.days - 1)
    stretch = apps.get_model("collect", "Stretch")
    stretch.objects.bulk_create(
        (stretch(site_id=site, resource_id=item, since=FIRST_DAY, until=last)
         for site, _ in sites for (item,) in items), batch_size=2000,
    )  # fmt: skip
    return sums | {"reports": done}


def _fixed_columns(report: Any) -> dict[str, Any]:
    """Of a report what is the same in all of them, as the database takes it."""
    from django.db import connection

    found = {}
    for field in report._meta.concrete_fields:
        if field.primary_key or field.attname in ("site_id", "resource_id", "day", *MEASURES):
            continue
        value = FILED_AT if field.name == "submitted_at" else field.get_default()
        if field.get_internal_type() == "JSONField":
            found[field.column] = json.dumps(value)
        else:
            found[field.column] = field.get_db_prep_save(value, connection)
    return found


def _day(
    day: date, sites: list[tuple[int, str]], items: list[int], rng: np.random.Generator,
    sums: dict[str, int], fixed: tuple[Any, ...],
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    """The reports of one day."""
    shape = (len(sites), len(items))
    came = rng.random(shape) >= MISSING
    values = rng.integers(0, 5_000, (len(MEASURES), *shape)) * 1_000
    states = np.array(
        [[name in KINDS[kind] for _, kind in sites] for name in MEASURES], bool
    )[:, :, None] & came  # fmt: skip
    for column, name in enumerate(MEASURES):
        sums[name] += int(values[column][states[column]].sum())
    text = day.isoformat()
    listed = [
        [value if said else None for value, said in zip(row, told, strict=True)]
        for row, told in zip(
            values.reshape(len(MEASURES), -1).tolist(),
            states.reshape(len(MEASURES), -1).tolist(), strict=True,
        )
    ]  # fmt: skip
    for place, there in enumerate(came.ravel().tolist()):
        if there:
            site, item = divmod(place, len(items))
            stated = [column[place] for column in listed]
            yield (sites[site][0], items[item], text, *stated, *fixed)


def _insert(cursor: Any, table: str, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    from django.db import connection

    listed = ", ".join(f'"{name}"' for name in names)
    if connection.vendor == "postgresql":
        with cursor.copy(f'COPY "{table}" ({listed}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
    else:
        marks = ", ".join(["%s"] * len(names))
        cursor.executemany(f'INSERT INTO "{table}" ({listed}) VALUES ({marks})', rows)
