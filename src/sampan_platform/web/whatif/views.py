"""What if: changes are gathered, kept as a scenario, solved, and set beside the plan of today."""

from __future__ import annotations

import json

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common import clock
from sampan_platform.common.errors import ForbiddenError, InvalidError
from sampan_platform.dispatch import selectors, services
from sampan_platform.dispatch.changes import Change
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.web.pages import page, show, tell_refusal, user_of
from sampan_platform.web.plans.beside import beside, recent
from sampan_platform.web.plans.naming import names_of_all
from sampan_platform.web.plans.said import DAYS, whole
from sampan_platform.web.whatif import forming

RECENT = 20
NAME_MAX = 120


@page
def whatif(request: HttpRequest) -> HttpResponse:
    """Gather changes; solve; earlier ones with their plans below."""
    user = user_of(request)
    places = people.organisations(user, people.RUN_PLAN).order_by("path")
    if not places:
        raise ForbiddenError(_("Only those who may start plans try what if."))
    changes = []
    if request.method == "POST":
        changes = forming.kept(request.POST)
        try:
            if "beside" in request.POST:
                return _solve_beside(request)
            if "drop" in request.POST:
                at = request.POST["drop"]
                changes = [one for number, one in enumerate(changes) if str(number) != at]
            elif request.POST.get("action") == "solve":
                return _solve(request, changes)
            else:
                changes = [*changes, forming.added(request.POST)]
        except InvalidError as error:
            tell_refusal(request, error)
    names = names_of_all()
    lanes = list(catalogue.lanes(user=user).select_related(None))
    context = {
        "changes": [forming.in_words(one, names) for one in changes],
        "changes_json": json.dumps(changes),
        "name": request.POST.get("name", ""),
        "organisation": request.POST.get("organisation", ""),
        "days": request.POST.get("days", DAYS),
        "kind": request.POST.get("kind", "lose_site"),
        "sites": catalogue.sites(user=user),
        "items": catalogue.resources().prefetch_related(None),
        "lanes": [(one.code, names[one.code]) for one in lanes],
        "borders": sorted({one.border for one in lanes if one.border}),
        "places": places,
        "tried": _tried(user, names),
        "being_solved": selectors.plans(user).filter(state__in=selectors.UNFINISHED).exists(),
    }
    return show(request, "web/whatif/whatif.html", context)


def _solve(request: HttpRequest, changes: list[Change]) -> HttpResponse:
    """Solve the scenario, and things as they are at the same moment to set it beside."""
    if not changes:
        raise InvalidError(_("Add at least one change first."))
    user, said = user_of(request), request.POST
    scope = people.organisation(user, said.get("organisation", ""), people.RUN_PLAN)
    days = whole(said.get("days", ""), _("days"), empty=DAYS)
    name = said.get("name", "").strip()
    if len(name) > NAME_MAX:
        raise InvalidError(_("A name has %(count)s letters at most.") % {"count": NAME_MAX})
    now = clock.now()
    there = recent(user, scope, days, now)
    moment = there.as_of if there else now
    with transaction.atomic():  # a plan that cannot be started leaves no scenario behind
        scenario = services.keep_scenario(scope, name, changes, user)
        run = services.start(scope, user, days=days, as_of=moment, scenario=scenario)
        if there is None:
            services.start(scope, user, days=days, as_of=moment)
    return redirect("web:plans:plan", run.pk)


def _solve_beside(request: HttpRequest) -> HttpResponse:
    """Things as they were when an earlier scenario was solved, to set it beside."""
    user = user_of(request)
    run = selectors.plan(user, whole(request.POST["beside"], _("plan")))
    made = services.start(run.organisation, user, days=run.days, as_of=run.as_of)
    return redirect("web:plans:plan", made.pk)


def _tried(user: User, names: dict[str, str]) -> list[dict[str, object]]:
    """The last plans of scenarios, each with the plan of things as they are to compare with."""
    runs = list(selectors.plans(user).exclude(scenario=None)[:RECENT])
    bases = beside(user, runs)
    return [
        {
            "run": run,
            "words": [forming.in_words(one, names) for one in run.changes],
            "base": bases.get(run.pk),
        }
        for run in runs
    ]
