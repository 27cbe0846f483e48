"""What is looked at: each check measures, set by set; rules say from which value on it matters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Avg, BigIntegerField
from django.db.models.functions import Cast

from sampan_platform.collect import selectors as collect
from sampan_platform.common.quantity import SCALE
from sampan_platform.ledger import selectors as ledger

USE_DAYS = 7
"""Over which the daily use is averaged."""


@dataclass(frozen=True)
class Measured:
    """A figure that a rule may find too high or too low."""

    site: int
    resource: int | None
    value: float
    key: str = ""
    """Tells apart several of one site and resource: a lot, an order."""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """How a figure is measured, on which side of the limit it is bad, and how it is told."""

    code: str
    measure: Callable[[datetime], Iterable[Measured]]
    below: bool
    """Bad below the limit; else bad at it and above."""
    limit: float
    """Of the rule that comes with the platform."""
    severity: str
    message_en: str
    message_zh: str

    def is_bad(self, value: float, limit: float) -> bool:
        """Whether a figure is an alert."""
        return value < limit if self.below else value >= limit

    def is_worse(self, value: float, than: float) -> bool:
        """Whether a figure is worse than another one."""
        return value < than if self.below else value > than


CHECKS: dict[str, Check] = {}


def register(check: Check) -> None:
    """A check of this stage, or of a later one that knows more."""
    CHECKS[check.code] = check


def days_of_cover(now: datetime) -> list[Measured]:
    """The last stated stock ÷ mean daily use of the last week."""
    today = now.date()
    report = apps.get_model("collect", "Report")
    used = (
        report._default_manager.filter(day__gt=today - timedelta(days=USE_DAYS), day__lte=today)
        .filter(used__isnull=False)
        .order_by()
        .values("site_id", "resource_id")
        .annotate(mean=Avg(Cast("used", BigIntegerField())))
    )
    use = {(row["site_id"], row["resource_id"]): float(row["mean"]) / SCALE for row in used}
    found = []
    for (site, resource), row in collect.latest(now, look_back_days=USE_DAYS).items():
        stock, daily = row.values.get("stock"), use.get((site, resource), 0.0)
        if stock is not None and daily > 0:
            days = float(stock) / daily
            found.append(Measured(site, resource, days, facts={"stock": float(stock)}))
    return found


def utilisation(now: datetime) -> list[Measured]:
    """Output ÷ effective capacity, of the last day that states both."""
    report = apps.get_model("collect", "Report")
    rows = (
        report._default_manager.filter(
            day__gt=now.date() - timedelta(days=USE_DAYS),
            day__lte=now.date(),
            output__isnull=False,
            effective_capacity__gt=0,
        )
        .order_by("day")
        .values_list("site_id", "resource_id", "output", "effective_capacity")
    )
    last: dict[tuple[int, int], float] = {}
    for site, kind, made, most in rows.iterator():
        if made is not None and most:
            last[site, kind] = float(made / most)
    return [Measured(site, kind, share) for (site, kind), share in last.items()]


def late_reports(now: datetime) -> list[Measured]:
    """Reports due yesterday or the day before whose deadline is over, in days late."""
    found: dict[tuple[int, int], Measured] = {}
    report = apps.get_model("collect", "Report")
    today = now.date()
    for back in (1, 2):
        day = today - timedelta(days=back)
        came = set(report._default_manager.filter(day=day).values_list("site_id", "resource_id"))
        for one in collect.due(day):
            if now > one.deadline and (one.site, one.resource) not in came:
                late = (now - one.deadline).days + 1.0
                found[one.site, one.resource] = Measured(
                    one.site, one.resource, late, facts={"day": day.isoformat()}
                )
    return list(found.values())


def flagged(codes: frozenset[str]) -> Callable[[datetime], list[Measured]]:
    """A check that counts reports of the last two days with such flags."""

    def measure(now: datetime) -> list[Measured]:
        report = apps.get_model("collect", "Report")
        rows = report._default_manager.filter(
            day__gt=now.date() - timedelta(days=2), day__lte=now.date()
        ).exclude(flags=[])
        found: dict[tuple[int, int], Measured] = {}
        for site, kind, day, flags in rows.values_list("site_id", "resource_id", "day", "flags"):
            of_these = sorted(codes & set(flags))
            if of_these:
                told = {"flags": ", ".join(of_these), "day": day.isoformat()}
                found[site, kind] = Measured(site, kind, float(len(of_these)), facts=told)
        return list(found.values())

    return measure


def near_expiry(now: datetime) -> list[Measured]:
    """Days until each lot in stock expires; below zero: it has."""
    return [
        Measured(
            row.site,
            row.resource,
            float((row.expires_on - now.date()).days),
            key=f"{row.lot}:{row.expires_on}",
            facts={"lot": row.lot, "expires_on": str(row.expires_on),
                   "quantity": float(row.quantity)},
        )
        for row in ledger.on_hand()
        if row.expires_on is not None and row.quantity > 0
    ]  # fmt: skip


for _check in (
    Check("days-of-cover", days_of_cover, True, 3.0, "critical",
          "{site}: {resource} lasts {value:.1f} days (limit {limit:g}).",
          "{site}：{resource} 仅够用 {value:.1f} 天（限值 {limit:g} 天）。"),
    Check("utilisation", utilisation, False, 1.0, "info",
          "{site}: {resource} is made at {value:.0%} of effective capacity.",
          "{site}：{resource} 产能利用率 {value:.0%}。"),
    Check("report-late", late_reports, False, 1.0, "warning",
          "{site}: the report on {resource} of {day} has not come.",
          "{site}：{day} 的 {resource} 填报逾期未到。"),
    Check("report-implausible",
          flagged(frozenset({"output-above-capacity", "effective-above-nominal"})),
          False, 1.0, "info",
          "{site}: the report on {resource} of {day} looks wrong ({flags}).",
          "{site}：{day} 的 {resource} 填报数据存疑（{flags}）。"),
    Check("stock-differs", flagged(frozenset({"stock-differs", "below-zero"})),
          False, 1.0, "warning",
          "{site}: the stock of {resource} on {day} does not add up with the book ({flags}).",
          "{site}：{day} {resource} 库存与台账不符（{flags}）。"),
    Check("near-expiry", near_expiry, True, 30.0, "warning",
          "{site}: {quantity:,.0f} of {resource}, lot {lot}, expire on {expires_on}.",
          "{site}：{resource} 批次 {lot} 共 {quantity:,.0f}，{expires_on} 到期。"),
):  # fmt: skip
    register(_check)
