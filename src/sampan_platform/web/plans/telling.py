"""A plan in words and tables: what is short, why, how even, how near to the best possible."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.utils.translation import get_language
from django.utils.translation import gettext as _

import sampan
from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.dispatch.models import PlanRun
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.web.templatetags.sampan import name

NEARLY = 1e-6
"""A gap below this is told as none: it is rounding."""
STAGES = ("shortage", "fairness", "lateness", "policy", "cost", "changes", "total")


@dataclass(frozen=True)
class StageLine:
    """One objective stage, all its parts together."""

    title: str
    parts: int
    gap: float
    value: float | None
    """Of stages with one part that people can read: money, or a share."""

    @property
    def best(self) -> bool:
        """Whether nothing better exists, but for rounding."""
        return self.gap <= NEARLY


def stage_lines(run: PlanRun) -> list[StageLine]:
    """The stages in their order, from what `verify` recomputed."""
    titles = {
        "shortage": _("least shortage"), "fairness": _("even shares"),
        "lateness": _("least lateness"), "policy": _("reserves and pledges"),
        "cost": _("least cost"), "changes": _("fewest changes of orders"), "total": _("total"),
    }  # fmt: skip
    by_stage: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in (run.verification or {}).get("stages", []):
        by_stage[row["stage"]].append(row)
    return [
        StageLine(
            titles[stage],
            len(rows),
            max(row["gap"] for row in rows),
            rows[0]["value"] if len(rows) == 1 and stage == "cost" else None,
        )
        for stage in STAGES
        if (rows := by_stage.get(stage))
    ]


def by_item(run: PlanRun) -> list[dict[str, Any]]:
    """Need and shortage by priority and item, the least served first."""
    items = {one.code: one for one in catalogue.resources().prefetch_related(None)}
    rows = [
        {
            "resource": items.get(row["resource"]),
            "code": row["resource"],
            "priority": row["priority"],
            "need": row["demand"],
            "short": row["short"],
            "rate": 1 - row["short"] / row["demand"] if row["demand"] else None,
        }
        for row in (run.summary or {}).get("shortage", [])
        if row["demand"]
    ]
    return sorted(rows, key=lambda row: (row["priority"], row["rate"] or 0.0, row["code"]))


def by_group(user: User, network: sampan.Network, plan: sampan.Plan) -> list[dict[str, Any]]:
    """Fill rates of each group of those who are equals, the lowest first."""
    short = plan.shortages.select("demand", short="quantity")
    rows = (
        network.table("demands")
        .join(short, on="demand", how="left")
        .with_columns(pl.col("short").fill_null(0.0), pl.col("group").fill_null(pl.col("site")))
        .group_by("group", "resource")
        .agg(pl.col("quantity").sum(), pl.col("short").sum())
        .filter(pl.col("quantity") > 0)
        .with_columns(rate=1 - pl.col("short") / pl.col("quantity"))
        .group_by("group")
        .agg(pl.col("rate").min().alias("lowest"), pl.col("rate").mean().alias("mean"))
        .sort("lowest", "group")
    )
    names = {one.code: name(one) for one in people.organisations(user)} | names_of_all()
    return [row | {"group": names.get(row["group"], row["group"])} for row in rows.to_dicts()]


def short_places(run: PlanRun) -> list[dict[str, Any]]:
    """What is short at each site, with a demand to ask about."""
    network, plan = dispatch.opened(run)
    sites = {one.pk: one for one in catalogue.sites().select_related(None)}
    items = {one.pk: one for one in catalogue.resources().prefetch_related(None)}
    missing = plan.shortages.select("demand", short="quantity")
    worst = (
        network.table("demands").join(missing, on="demand")
        .sort("short", descending=True).group_by("site", "resource", maintain_order=True).first()
    )  # fmt: skip
    ask = {(row["site"], row["resource"]): row["demand"] for row in worst.iter_rows(named=True)}
    return [
        {
            "site": sites[one.site],
            "resource": items[one.resource],
            "short": one.quantity,
            "wanted": one.wanted,
            "rate": 1 - one.quantity / one.wanted,
            "first_day": one.first_day,
            "ask": ask.get((sites[one.site].code, items[one.resource].code), ""),
        }
        for one in dispatch.shortages(run)
    ]


def explained(run: PlanRun, *, demand: str = "", shipment: int = 0) -> sampan.Explanation:
    """The engine's answer, in the page's language."""
    network, plan = dispatch.opened(run)
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    if demand:
        return sampan.explain(network, plan, demand=demand, language=language)
    if shipment:
        return sampan.explain(network, plan, shipment=shipment, language=language)
    return sampan.explain(network, plan, bottlenecks=True, language=language)


class Namer:
    """Puts names in place of the keys that the engine speaks in."""

    def __init__(self) -> None:
        self.names = names_of_all()
        keys = sorted(self.names, key=len, reverse=True)
        alternatives = "|".join(re.escape(key) for key in keys)
        # keys hold letters, digits, dots, hyphens and underscores: whole ones only
        pattern = rf"(?<![\w.-])({alternatives})(?![\w-]|\.\w)"
        self.pattern = re.compile(pattern, re.ASCII) if keys else None

    def __call__(self, text: str) -> str:
        """The text with every whole key replaced."""
        if self.pattern is None:
            return text
        return self.pattern.sub(lambda found: self.names[found.group(1)], text)


def names_of_all() -> dict[str, str]:
    """Names of sites, items and lanes by their codes; three queries."""
    found = {one.code: name(one) for one in catalogue.resources().prefetch_related(None)}
    found |= {one.code: name(one) for one in catalogue.sites().select_related(None)}
    lanes = catalogue.lanes().select_related("origin", "destination")
    found |= {one.code: f"{name(one.origin)} → {name(one.destination)}" for one in lanes}
    return found
