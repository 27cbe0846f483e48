"""Alerts: groups by rule and item, a list of one group, and one alert."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, Max, Min, Q, When
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from sampan_platform.collect import selectors as collect
from sampan_platform.common.errors import InvalidError
from sampan_platform.monitor import selectors, services
from sampan_platform.monitor.models import UNDER_WAY, Alert, Severity
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.web.alerts.figures import figure, ways
from sampan_platform.web.pages import TEXT_LENGTH_MAX, do_once, page, show, tell, typed, user_of

ROWS = 50
HISTORY_DAYS = 28
HANDLERS = 30
"""People offered to give an alert to."""
MOST_SEVERE_FIRST = Case(
    When(severity="critical", then=0), When(severity="warning", then=1), default=2
)
BY_RULE = ("check_code", "resource__name_en", "resource__name_zh", "resource_id")
BY_PLACE = ("organisation_id", "organisation__name_en", "organisation__name_zh")
"""Columns of the groups that the reader chooses between."""
CHECK_NAMES = {
    "days-of-cover": _lazy("Days of cover too low"),
    "utilisation": _lazy("Capacity at its limit"),
    "report-late": _lazy("Report late"),
    "report-implausible": _lazy("Report implausible"),
    "stock-differs": _lazy("Stock does not add up"),
    "near-expiry": _lazy("Goods near expiry"),
    "plan-shortage": _lazy("Shortage in the plan"),
    "order-overdue": _lazy("Order overdue"),
}
"""By the check's code; a check without a name here shows its code."""


@page
def alerts(request: HttpRequest) -> HttpResponse:
    """Groups by rule and item, or by place, with their counts; one opened group as a list."""
    user, asked = user_of(request), request.GET
    every = selectors.alerts(user)
    rows = every.filter(state__in=UNDER_WAY) if asked.get("state", "open") == "open" else every
    if asked.get("mine"):
        rows = rows.filter(owner=user)
    if asked.get("severity") in Severity.values:
        rows = rows.filter(severity=asked["severity"])
    by_place = asked.get("by") == "place"
    groups = (
        rows.order_by()
        .values(*(BY_PLACE if by_place else BY_RULE))
        .annotate(count=Count("pk"), critical=Count("pk", filter=Q(severity="critical")),
                  since=Min("opened_at"), latest=Max("seen_at"))
        .order_by("-critical", "-count", BY_PLACE[0] if by_place else BY_RULE[0])
    )  # fmt: skip
    context: dict[str, Any] = {
        "groups": [one | {"title": _check_name(one.get("check_code", ""))} for one in groups],
        "by_place": by_place,
        "count": rows.count(),
        "severities": Severity.choices,
    }
    if asked.get("rule") or asked.get("item") or asked.get("place"):
        chosen = _of_group(rows, asked)
        found = Paginator(chosen, ROWS).get_page(asked.get("page"))
        context["page_of_alerts"] = found
        context["listed"] = [(one, _sentence(one)) for one in found]
    return show(request, "web/alerts/alerts.html", context)


def _of_group(rows: Any, asked: QueryDict) -> Any:
    if asked.get("rule"):
        rows = rows.filter(check_code=asked["rule"])
    for name, column in (("item", "resource_id"), ("place", "organisation_id")):
        number = asked.get(name, "")
        if number.isdecimal():
            rows = rows.filter(**{column: int(number[:18])})
        elif number:
            rows = rows.none()
    return rows.order_by(MOST_SEVERE_FIRST, "-pk")


@page
def alert(request: HttpRequest, number: int) -> HttpResponse:
    """One alert: the figure and its history, who has it, what was done."""
    user = user_of(request)
    row = selectors.alert(user, number)
    if request.method == "POST":
        do_once(request, lambda: _handle(request, row))
        tell(request, _("Noted."))
        return redirect("web:alerts:alert", number)
    history = _figures(user, row)
    context = {
        "alert": row,
        "text": _sentence(row),
        "rule": _check_name(row.check_code),
        "events": row.events.select_related("by"),
        "handlers": _handlers(user, row),
        "under_way": row.state in UNDER_WAY,
        "value": figure(row.check_code, row.value),
        "limit": figure(row.check_code, row.limit),
        "ways": ways(row, people.may(user, people.REPORT, row.organisation)),
        "history": history,
        "chart": _chart(history),
    }
    return show(request, "web/alerts/alert.html", context)


def _handlers(user: User, row: Alert) -> list[User]:
    """Those who could look after it, if the person may say who does; two queries for all."""
    path, held = row.organisation.path, people.holders(people.HANDLE_ALERTS)
    able = [one for one, paths in held.items() if path.startswith(tuple(paths))]
    if user.pk not in able:
        return []
    return list(people.users(user).filter(pk__in=able).order_by("username")[:HANDLERS])


def _handle(request: HttpRequest, row: Alert) -> None:
    user, note = user_of(request), typed(request.POST, "note", TEXT_LENGTH_MAX)
    action = request.POST.get("action", "")
    if action == "acknowledge":
        services.acknowledge(row, user, note)
    elif action == "assign":
        owner = people.users(user).filter(username=request.POST.get("owner", "")).first()
        if owner is None:
            raise InvalidError(_("Choose who is to look after it."))
        services.assign(row, user, owner, note)
    elif action == "comment":
        services.comment(row, user, note)
    elif action == "resolve":
        services.resolve(row, user, note)
    else:
        raise InvalidError(_("There is no such action."))


def _sentence(row: Alert) -> str:
    return selectors.message(row, get_language() or "en")


def _check_name(code: str) -> str:
    return str(CHECK_NAMES.get(code, code))


def _figures(user: User, row: Alert) -> list[dict[str, Any]]:
    """What was reported of the site and item in the weeks before, oldest first."""
    if row.site is None or row.resource is None:
        return []
    until = row.seen_at.date()
    rows = collect.reports(
        user, until - timedelta(HISTORY_DAYS), until, sites=[row.site.code],
        resources=[row.resource.code],
    ).order_by("day")  # fmt: skip
    return [
        {"day": one.day, "stock": one.stock, "used": one.used, "output": one.output,
         "need": one.need, "capacity": one.effective_capacity}
        for one in rows
    ]  # fmt: skip


def _chart(history: list[dict[str, Any]]) -> dict[str, Any]:
    names = {"stock": _("stock"), "used": _("used"), "output": _("output"), "need": _("need"),
             "capacity": _("capacity")}  # fmt: skip
    shown = [key for key in names if any(one[key] is not None for one in history)]
    return {
        "xAxis": {"type": "category", "data": [one["day"].isoformat() for one in history]},
        "yAxis": {"type": "value"},
        "legend": {"top": 0},
        "series": [
            {"type": "line", "name": names[key],
             "data": [None if one[key] is None else float(one[key]) for one in history]}
            for key in shown
        ],
    }  # fmt: skip
