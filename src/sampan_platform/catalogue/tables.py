"""The catalogue's tables, as columns of files: the engine's tables and what is ours beside them.

A network's own files can be imported as they are. What the engine has no word for (names in two
languages, retirement, days instead of periods) stands in columns beside its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sampan import schema
from sampan.schema import Attribute, Table
from sampan_platform.catalogue.models import ResourceKind, SiteKind
from sampan_platform.people.selectors import ORGANISATION_KINDS

POLICIES = (
    "lane_resources", "capacities", "capacity_loads", "profiles", "substitutes", "reserves",
    "export_limits", "pledges",
)  # fmt: skip
"""Tables that are kept as `NetworkRow`."""
NAMES = (
    "organisations", "resource_classes", "sites", "resources", "packagings", "lanes",
    "processes", "process_flows", *POLICIES,
)  # fmt: skip
"""All tables of the catalogue, each after those that it points to."""
OF_THE_DAY = ("stocks", "arrivals", "demands", "commitments")
"""Tables of a network that are no part of the catalogue: reports, requests and orders make them."""
DATES = ("retired_from", "from_day", "to_day")
"""Columns that hold a date such as 2020-02-10."""
PERIODS = ("period", "from_period", "to_period")
"""Columns of policies that count from the network's start; kept as dates."""


@dataclass(frozen=True)
class Kind:
    """A table of the catalogue and the model that keeps its rows."""

    name: str
    model: str
    fields: dict[str, str]
    """Column → where the model has it, in Django's words."""


KINDS = {
    "organisations": Kind("organisations", "people.Organisation", {
        "organisation": "code", "name_en": "name_en", "name_zh": "name_zh", "kind": "kind",
        "parent": "parent__code", "country": "country", "time_zone": "time_zone",
        "report_deadline": "report_deadline", "retired_from": "retired_from",
    }),
    "resource_classes": Kind("resource_classes", "catalogue.ResourceClass", {
        "resource_class": "code", "name_en": "name_en", "name_zh": "name_zh",
        "parent": "parent__code", "order": "order",
    }),
    "sites": Kind("sites", "catalogue.Site", {
        "site": "code", "name_en": "name_en", "name_zh": "name_zh", "kind": "kind",
        "country": "country", "region": "region", "organisation": "organisation__code",
        "latitude_deg": "latitude_deg", "longitude_deg": "longitude_deg",
        "storage_m3_max": "storage_m3_max", "un_locode": "un_locode", "gln": "gln",
        "retired_from": "retired_from",
    }),
    "resources": Kind("resources", "catalogue.Resource", {
        "resource": "code", "name_en": "name_en", "name_zh": "name_zh", "unit": "unit",
        "kind": "kind", "resource_class": "resource_class__code", "mass_kg": "mass_kg",
        "volume_m3": "volume_m3", "shelf_life_periods": "shelf_life_periods", "value": "value",
        "holding_cost": "holding_cost", "importance": "importance", "hs_code": "hs_code",
        "gtin": "gtin", "retired_from": "retired_from",
    }),
    "packagings": Kind("packagings", "catalogue.Packaging", {
        "resource": "resource__code", "name": "name", "quantity": "quantity", "gtin": "gtin",
    }),
    "lanes": Kind("lanes", "catalogue.Lane", {
        "lane": "code", "origin": "origin__code", "destination": "destination__code",
        "mode": "mode", "lead_time_periods": "lead_time_periods", "mass_kg_max": "mass_kg_max",
        "volume_m3_max": "volume_m3_max", "cost_per_kg": "cost_per_kg",
        "cost_per_m3": "cost_per_m3", "distance_km": "distance_km", "border": "border",
        "vehicle_kg": "vehicle_kg", "vehicle_m3": "vehicle_m3",
        "cost_per_vehicle": "cost_per_vehicle", "retired_from": "retired_from",
    }),
    "processes": Kind("processes", "catalogue.Process", {
        "process": "code", "site": "site__code", "runs_max": "runs_max",
        "runs_whole": "runs_whole", "cost_per_run": "cost_per_run",
        "lead_time_periods": "lead_time_periods", "retired_from": "retired_from",
    }),
    "process_flows": Kind("process_flows", "catalogue.ProcessFlow", {
        "process": "process__code", "resource": "resource__code",
        "quantity_per_run": "quantity_per_run",
    }),
}  # fmt: skip


def _text(
    name: str,
    title: str,
    description: str,
    *,
    required: bool = False,
    references: str = "",
    choices: Sequence[str] = (),
    form: str = "",
) -> Attribute:
    return Attribute(
        name, "text", title, description, required,
        references=references, choices=tuple(choices), form=form,
    )  # fmt: skip


NAME_EN = _text("name_en", "英文名称", "the name in English")
NAME_ZH = _text("name_zh", "中文名称", "the name in Chinese")
RETIRED = _text("retired_from", "停用日期", "the first day on which it is not used, 2020-02-10")
OWNER = _text(
    "organisation", "单位", "the organisation whose rule it is",
    references="organisations.organisation",
)  # fmt: skip
FROM_DAY = _text("from_day", "起始日期", "the first day on which it holds, 2020-02-10")
TO_DAY = _text("to_day", "截止日期", "the last day on which it holds; of a pledge, when it is due")

_OWN = {
    "organisations": Table("organisations", "Organisations", "单位", "Who owns sites.",
        ("organisation",), (
        _text("organisation", "单位", "the organisation's key", required=True),
        NAME_EN, NAME_ZH,
        _text("kind", "类型", "what it is", choices=ORGANISATION_KINDS),
        _text("parent", "上级单位", "what it is part of",
              references="organisations.organisation"),
        _text("country", "国家", "ISO 3166-1 alpha-2; empty: its parent's", form="country"),
        _text("time_zone", "时区", "such as Asia/Shanghai; empty: its parent's"),
        _text("report_deadline", "填报截止时间", "such as 10:00; empty: its parent's"),
        RETIRED,
    )),
    "resource_classes": Table("resource_classes", "Classes", "类别", "Classes of resources.",
        ("resource_class",), (
        _text("resource_class", "类别", "the class's key", required=True),
        NAME_EN, NAME_ZH,
        _text("parent", "大类", "the class that it is a sub-class of",
              references="resource_classes.resource_class"),
        Attribute("order", "whole", "次序", "its place among its like", default=0, minimum=0,
                  maximum=32_000),
    )),
    "packagings": Table("packagings", "Packagings", "包装", "Boxes, pairs, cartons.",
        ("resource", "name"), (
        _text("resource", "物资", "what is in it", required=True,
              references="resources.resource"),
        _text("name", "包装", "box, pair, carton …", required=True),
        Attribute("quantity", "number", "数量", "units of the resource in one", True, above=0),
        _text("gtin", "GTIN", "GS1 Global Trade Item Number"),
    )),
}  # fmt: skip
_BESIDE = {
    "sites": (
        NAME_EN, NAME_ZH,
        _text("un_locode", "UN/LOCODE", "five characters, such as CNSHA"),
        _text("gln", "GLN", "GS1 Global Location Number, 13 digits"),
        RETIRED,
    ),
    "resources": (
        NAME_EN, NAME_ZH,
        _text("resource_class", "类别", "its class or sub-class",
              references="resource_classes.resource_class"),
        RETIRED,
    ),
    "lanes": (RETIRED,),
    "processes": (RETIRED,),
    "process_flows": (),
}  # fmt: skip
_CHANGED: dict[tuple[str, str], dict[str, Any]] = {
    ("sites", "kind"): {"choices": tuple(SiteKind.values)},
    ("sites", "organisation"): {"references": "organisations.organisation"},
    ("resources", "kind"): {"choices": tuple(ResourceKind.values)},
    ("resources", "unit"): {"required": False},
    ("lanes", "origin"): {"required": False},
    ("lanes", "destination"): {"required": False},
    ("processes", "site"): {"required": False},
    ("profiles", "period"): {"required": False},
    ("pledges", "period"): {"required": False},
}
"""What differs from the engine's columns. What only new rows need is asked for later."""

REQUIRED_OF_NEW = {
    "organisations": ("name_en", "kind"),
    "resource_classes": ("name_en",),
    "sites": ("name_en", "kind", "country", "organisation"),
    "resources": ("name_en", "unit", "resource_class"),
    "lanes": ("origin", "destination"),
    "processes": ("site",),
    **dict.fromkeys(POLICIES, ("organisation",)),
}


def table(name: str) -> Table:
    """The columns of one table of the catalogue."""
    return _TABLES[name]


def columns_kept(name: str) -> tuple[str, ...]:
    """The columns in which a table is exported, in order."""
    if name in KINDS:
        return tuple(KINDS[name].fields)
    return tuple(one for one in _TABLES[name].columns if one not in PERIODS)


def _of(name: str) -> Table:
    if name in _OWN:
        return _OWN[name]
    given = schema.table(name)
    changed = [replace(one, **_CHANGED.get((name, one.name), {})) for one in given.attributes]
    if name in POLICIES:
        key = (*given.key, "from_day") if name == "profiles" else given.key
        beside: tuple[Attribute, ...] = (OWNER, FROM_DAY, TO_DAY, RETIRED)
        return replace(given, key=key, attributes=(*changed, *beside))
    return replace(given, attributes=(*changed, *_BESIDE[name]))


_TABLES = {name: _of(name) for name in NAMES}
