"""A plan in words and tables: what is short, why, how even, how near to the best possible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.utils.translation import get_language
from django.utils.translation import gettext as _

import sampan
from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common.errors import NotFoundError
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.dispatch.fixing import lane_of
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


def stage_titles() -> dict[str, str]:
    """What the objective's stages are called on pages."""
    return {
        "shortage": _("least shortage"), "fairness": _("even shares"),
        "lateness": _("least lateness"), "policy": _("reserves and pledges"),
        "cost": _("least cost"), "changes": _("fewest changes of orders"), "total": _("total"),
    }  # fmt: skip


def stage_lines(run: PlanRun) -> list[StageLine]:
    """The stages in their order, from what `verify` recomputed."""
    titles = stage_titles()
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


@dataclass(frozen=True)
class StageDifference:
    """What one stage reaches in two plans."""

    title: str
    priority: str
    """Of stages that are solved priority by priority."""
    a: float | None
    b: float | None
    as_percent: bool

    @property
    def more(self) -> float | None:
        """By how much b is larger."""
        return None if self.a is None or self.b is None else self.b - self.a


def stage_differences(rows: Iterable[Mapping[str, Any]]) -> list[StageDifference]:
    """Of each stage what people can read; of fairness the lowest share of each priority."""
    titles = stage_titles() | {
        "shortage": _("shares of need short, items added up"),
        "fairness": _("lowest share met"),
        "cost": _("cost, in CNY"),
    }
    found = []
    for row in rows:
        stage, part = row["stage"], str(row["part"] or "")
        priority, _colon, round_ = part.partition(":")
        if stage == "fairness" and round_ != "1":
            continue
        title, priority = titles.get(stage, stage), priority if priority.isdigit() else ""
        found.append(StageDifference(title, priority, row["a"], row["b"], stage == "fairness"))
    return found


def losses(run: PlanRun) -> list[StageDifference]:
    """By stage, what the lines that people fixed change against the best plan."""
    rows = stage_differences(run.loss or [])
    return [one for one in rows if one.more is not None and abs(one.more) > NEARLY]


def by_item(run: PlanRun, items: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Need and shortage by priority and item, the least served first."""
    rows = [
        {
            "resource": items.get(row["resource"]),
            "code": row["resource"],
            "priority": row["priority"],
            "need": row["demand"],
            "short": row["short"],
            "rate": 1 - row["short"] / row["demand"],
        }
        for row in (run.summary or {}).get("shortage", [])
        if row["demand"]
    ]
    return sorted(rows, key=lambda row: (row["priority"], row["rate"], row["code"]))


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
    names = {one.code: name(one) for one in people.organisations(user)}
    names |= {one.code: name(one) for one in catalogue.sites().select_related(None)}
    return [row | {"group": names.get(row["group"], row["group"])} for row in rows.to_dicts()]


def short_places(run: PlanRun, items: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is short at each site, with a demand to ask about; the worst first."""
    network, plan = dispatch.opened(run)
    sites = {one.pk: one for one in catalogue.sites().select_related(None)}
    by_number = {one.pk: one for one in items.values()}
    missing = plan.shortages.select("demand", short="quantity")
    worst = (
        network.table("demands").join(missing, on="demand")
        .sort("short", descending=True).group_by("site", "resource", maintain_order=True).first()
    )  # fmt: skip
    ask = {(row["site"], row["resource"]): row["demand"] for row in worst.iter_rows(named=True)}
    found = [
        {
            "site": sites[one.site],
            "resource": by_number[one.resource],
            "short": one.quantity,
            "wanted": one.wanted,
            "rate": 1 - one.quantity / one.wanted,
            "first_day": one.first_day,
            "ask": ask.get((sites[one.site].code, by_number[one.resource].code), ""),
        }
        for one in dispatch.shortages(run)
    ]
    return sorted(found, key=lambda row: (row["rate"], -row["short"]))


def explained(run: PlanRun, *, demand: str = "", line: int = 0) -> sampan.Explanation:
    """The engine's answer about a shortage, a line or all limits, in the page's language."""
    network, plan = dispatch.opened(run)
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    try:
        if demand:
            return sampan.explain(network, plan, demand=demand, language=language)
        if line:
            row = _row_of(run, plan, line)
            return sampan.explain(network, plan, shipment=row, language=language)
        return sampan.explain(network, plan, bottlenecks=True, language=language)
    except sampan.InputError as error:
        raise NotFoundError(
            _("This plan has nothing of that name. Open the plan again.")
        ) from error


def _row_of(run: PlanRun, plan: sampan.Plan, number: int) -> int:
    """The row of the plan's shipments, from 1, that a line is the largest part of."""
    line = dispatch.lines(run).filter(number=number).first()
    if line is None:
        raise NotFoundError(_("There is no line %(number)s in this plan.") % {"number": number})
    lane = pl.col("lane").map_elements(lane_of, return_dtype=pl.String)
    found = (
        plan.shipments.with_row_index("row", 1)
        .filter(lane == line.lane_code)
        .filter(
            pl.col("resource") == line.resource.code,
            pl.col("depart_period") == (line.depart_on - run.start).days,
        )
        .sort("quantity", descending=True)
    )
    return int(found["row"][0])
