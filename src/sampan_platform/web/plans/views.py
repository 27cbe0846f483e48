"""Plans: the list, one plan, and what people do with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.dispatch import selectors, services
from sampan_platform.dispatch.approval import approve as approve_plan
from sampan_platform.dispatch.approval import reject as reject_plan
from sampan_platform.dispatch.models import Goals, Method, PlanLine, PlanRun
from sampan_platform.dispatch.overriding import Override
from sampan_platform.dispatch.overriding import override as override_line
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.web.days import read_day
from sampan_platform.web.pages import go_back, page, show, tell, user_of
from sampan_platform.web.plans import naming, telling
from sampan_platform.web.plans.beside import beside
from sampan_platform.web.plans.flows import added_lanes, map_of_plan, with_ends
from sampan_platform.web.plans.said import DAYS, quantity, whole
from sampan_platform.web.templatetags.sampan import name

PAGE_ROWS = 50
SHORT_ROWS = 500
LINE_ROWS_MAX = 3_000
LINE_FILTERS = {
    "item": "resource__code",
    "origin": "lane__origin__code",
    "destination": "lane__destination__code",
}
"""Of the table of shipments: what the address calls a column."""


@page
def plans(request: HttpRequest) -> HttpResponse:
    """All plans, newest first; a new one is started here."""
    if request.method == "POST":
        return _start(request)
    user = user_of(request)
    rows = selectors.plans(user)
    if request.GET.get("waiting"):
        rows = rows.filter(pk__in=selectors.waiting(user).values("pk"))
    context = {
        "page_of_plans": Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page")),
        "places": people.organisations(user, people.RUN_PLAN).order_by("path"),
        "scenarios": selectors.scenarios(user),
        "methods": Method.choices,
        "goals": Goals.choices,
    }
    return show(request, "web/plans/plans.html", context)


def _start(request: HttpRequest) -> HttpResponse:
    user, said = user_of(request), request.POST
    scope = people.organisation(user, said.get("organisation", ""), people.RUN_PLAN)
    scenario, limit = said.get("scenario", ""), said.get("time_limit", "").strip()
    run = services.start(
        scope,
        user,
        days=whole(said.get("days", ""), _("days"), empty=DAYS),
        order_days=whole(said.get("order_days", ""), _("days to order"), empty=1),
        scenario=selectors.scenario(user, whole(scenario, _("scenario"))) if scenario else None,
        time_limit_seconds=whole(limit, _("time limit")) if limit else None,
        method=said.get("method", Method.AUTO),
        goals=said.get("goals", Goals.STAGES),
    )
    return redirect("web:plans:plan", run.pk)


@page
@require_GET
def plan(request: HttpRequest, number: int) -> HttpResponse:
    """One plan: while it is solved its progress, then all that it says."""
    user = user_of(request)
    run = selectors.plan(user, number)
    context: dict[str, Any] = {
        "run": run,
        "unfinished": run.state in selectors.UNFINISHED,
        "stage": telling.stage_titles().get(run.stage, run.stage),
    }
    if run.plan is not None:
        context |= _result(user, run)
        context |= _rights(request, run)
        if run.scenario is not None:
            context["beside"] = beside(user, [run]).get(run.pk)
    return show(request, "web/plans/plan.html", context)


def _result(user: User, run: PlanRun) -> dict[str, Any]:
    items = {one.code: one for one in catalogue.resources().prefetch_related(None)}
    short = telling.short_places(run, items)
    served = telling.by_item(run, items)
    stages = telling.stage_lines(run)
    return {
        "stages": stages,
        "items": served,
        "least": min(served, key=lambda one: one["rate"], default=None),
        "met": sum(one["rate"] for one in served) / len(served) if served else None,
        "groups": telling.by_group(user, *selectors.opened(run)),
        "short_count": len(short),
        "short": short[:SHORT_ROWS],
        "items_short": sum(1 for one in served if one["short"] > selectors.SMALLEST),
        "lines_count": run.lines.count(),
        "order_lines": len(selectors.lines_to_order(run)),
        "gap": max((one.gap for one in stages), default=0.0),
        "valid": bool((run.verification or {}).get("valid")),
        "overrides": run.overrides.select_related(
            "lane__origin", "lane__destination", "resource", "reason", "by"
        ),
        "losses": telling.losses(run),
    }


def _rights(request: HttpRequest, run: PlanRun) -> dict[str, Any]:
    user = user_of(request)
    return {
        "approvals": run.approvals.select_related("by"),
        "need": selectors.approvals(run),
        "may_approve": bool(selectors.levels_of(user, run.organisation))
        and run.approval in ("open", "half"),
        "may_run": people.may(user, people.RUN_PLAN, run.organisation),
        "may_override": people.may(user, people.OVERRIDE, run.organisation)
        and run.approval in ("open", "half"),
        "reasons": selectors.reasons(),
    }


@page
@require_GET
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """How far the solve is; asked for every second, and reloads the page when it is done."""
    run = selectors.plan(user_of(request), number)
    stage = telling.stage_titles().get(run.stage, "")
    response = show(request, "web/plans/progress.html", {"run": run, "stage": stage})
    if run.state not in selectors.UNFINISHED:
        response.headers["HX-Refresh"] = "true"
    return response


@page
@require_GET
def why(request: HttpRequest, number: int) -> HttpResponse:
    """The engine's explanation of a shortage, of a shipment, or of the bottlenecks."""
    run = selectors.plan(user_of(request), number)
    line = whole(request.GET.get("line", ""), _("line"))
    answer = telling.explained(run, demand=request.GET.get("demand", ""), line=line)
    return show(request, "web/plans/why.html", naming.told(answer))


@page
@require_GET
def shipments(request: HttpRequest, number: int) -> HttpResponse:
    """The plan's lines in one table, to be filtered, and overridden by those who may."""
    run = selectors.plan(user_of(request), number)
    rows = _filtered(request, run, selectors.lines(run).order_by("number"))
    count = rows.count()
    context: dict[str, Any] = {
        "run": run,
        "lines": with_ends(run, list(rows[:LINE_ROWS_MAX])),
        "count": count,
        "shown": LINE_ROWS_MAX,
        "too_many": count > LINE_ROWS_MAX,
        "items": _distinct(run, "resource"),
        "origins": _distinct(run, "lane__origin"),
        "destinations": _distinct(run, "lane__destination"),
    }
    return show(request, "web/plans/shipments.html", context | _rights(request, run))


def _filtered(request: HttpRequest, run: PlanRun, rows: QuerySet[PlanLine]) -> QuerySet[PlanLine]:
    asked = request.GET
    for field, column in LINE_FILTERS.items():
        if asked.get(field):
            rows = rows.filter(**{column: asked[field]})
    if asked.get("day"):
        leaves_on: date = read_day(asked.get("day", ""))
        rows = rows.filter(depart_on=leaves_on)
    if asked.get("today"):
        rows = rows.filter(pk__in=[line.pk for line in selectors.lines_to_order(run)])
    return rows


def _distinct(run: PlanRun, column: str) -> list[tuple[str, str]]:
    columns = (f"{column}__code", f"{column}__name_en", f"{column}__name_zh")
    rows = run.lines.exclude(**{column: None}).values_list(*columns).order_by(columns[0])
    return [(code, name(_Named(english, chinese))) for code, english, chinese in rows.distinct()]


class _Named:
    def __init__(self, english: str, chinese: str) -> None:
        self.name_en, self.name_zh = english, chinese


@page
@require_GET
def map_data(request: HttpRequest, number: int) -> HttpResponse:
    """The plan's flows, for the map."""
    run = selectors.plan(user_of(request), number)
    return JsonResponse(map_of_plan(user_of(request), run, request.GET.get("item", "")))


@page
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Two plans side by side."""
    a = whole(request.GET.get("a", ""), _("plan"))
    b = whole(request.GET.get("b", ""), _("plan"))
    user = user_of(request)
    found = selectors.compared(user, a, b)
    names = naming.names_of_all()
    left, right = selectors.plan(user, a), selectors.plan(user, b)
    for lane, (origin, destination) in added_lanes([*left.changes, *right.changes]).items():
        names[lane] = f"{names.get(origin, origin)} → {names.get(destination, destination)}"
    context = {
        "a": left,
        "b": right,
        "unlike": (left.organisation, left.start, left.days)
        != (right.organisation, right.start, right.days),
        "classes": _named_rows(found.shortage_by_class, names),
        "sites": _named_rows(found.shortage_by_site, names)[:80],
        "shipments": _named_rows(found.shipments, names)[:200],
        "shipments_count": len(found.shipments),
        "stages": telling.stage_differences(found.stages.to_dicts()),
    }
    return show(request, "web/plans/compare.html", context)


def _named_rows(frame: Any, names: dict[str, str]) -> list[dict[str, Any]]:
    rows = frame.to_dicts()
    for row in rows:
        for key in ("site", "resource", "lane"):
            if key in row:
                row[key] = names.get(row[key], row[key])
        row["more"] = (row.get("b") or 0) - (row.get("a") or 0)
    return sorted(rows, key=lambda row: -abs(row["more"]))


@page
@require_POST
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Stop the solve; the best plan found so far stays."""
    services.cancel(selectors.plan(user_of(request), number), user_of(request))
    return redirect("web:plans:plan", number)


@page
@require_POST
def again(request: HttpRequest, number: int) -> HttpResponse:
    """The same plan anew with what is known now, begun from this one; its progress is shown."""
    user = user_of(request)
    return redirect("web:plans:plan", services.replan(selectors.plan(user, number), user).pk)


@page
@require_POST
def override(request: HttpRequest, number: int) -> HttpResponse:
    """Fix one line with a reason; the rest is planned anew around it."""
    said = request.POST
    wanted = Override(
        lane=said.get("lane", ""),
        resource=said.get("resource", ""),
        depart_on=read_day(said.get("depart_on", "")),
        quantity=quantity(said.get("quantity", "")),
        reason=said.get("reason", ""),
        note=said.get("note", ""),
    )
    made = override_line(selectors.plan(user_of(request), number), wanted, user_of(request))
    tell(request, _("The line is fixed; plan %(number)s is made around it.") % {"number": made.pk})
    return redirect("web:plans:plan", made.pk)


@page
@require_POST
def approve(request: HttpRequest, number: int) -> HttpResponse:
    """One approval; with the last one that it needs, its orders are made."""
    run = approve_plan(
        selectors.plan(user_of(request), number), user_of(request), request.POST.get("note", "")
    )
    if selectors.is_ordered(run):
        tell(request, _("Plan %(number)s is approved; its orders are made.") % {"number": number})
    else:
        tell(
            request,
            _("Your approval is noted; plan %(number)s needs one more.") % {"number": number},
        )
    return go_back(request)


@page
@require_POST
def reject(request: HttpRequest, number: int) -> HttpResponse:
    """Send it back, with a reason."""
    reject_plan(
        selectors.plan(user_of(request), number), user_of(request), request.POST.get("reason", "")
    )
    tell(request, _("Plan %(number)s is sent back.") % {"number": number})
    return go_back(request)
