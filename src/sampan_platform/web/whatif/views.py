"""What if: changes are gathered, kept as a scenario, solved, and set beside the plan of today."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common.errors import InvalidError
from sampan_platform.dispatch import selectors, services
from sampan_platform.dispatch.changes import Change
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.web.pages import page, show, tell_refusal, user_of
from sampan_platform.web.plans.telling import names_of_all
from sampan_platform.web.whatif import forming

RECENT = 20


@page
def whatif(request: HttpRequest) -> HttpResponse:
    """Gather changes; solve; earlier ones with their plans below."""
    user = user_of(request)
    changes = []
    if request.method == "POST":
        changes = forming.kept(request.POST)
        try:
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
    lanes = catalogue.lanes(user=user).select_related("origin", "destination")
    context = {
        "changes": [forming.in_words(one, names) for one in changes],
        "changes_json": json.dumps(changes),
        "name": request.POST.get("name", ""),
        "organisation": request.POST.get("organisation", ""),
        "kind": request.POST.get("kind", "lose_site"),
        "sites": catalogue.sites(user=user),
        "items": catalogue.resources().prefetch_related(None),
        "lanes": lanes,
        "borders": sorted({one.border for one in lanes if one.border}),
        "places": people.organisations(user, people.RUN_PLAN).order_by("path"),
        "tried": _tried(user, names),
    }
    return show(request, "web/whatif/whatif.html", context)


def _solve(request: HttpRequest, changes: list[Change]) -> HttpResponse:
    if not changes:
        raise InvalidError(_("Add at least one change first."))
    user = user_of(request)
    scope = people.organisation(user, request.POST.get("organisation", ""), people.RUN_PLAN)
    scenario = services.keep_scenario(scope, request.POST.get("name", ""), changes, user)
    days = request.POST.get("days", "7")
    run = services.start(scope, user, days=int(days) if days.isdigit() else 7, scenario=scenario)
    return redirect("web:plans:plan", run.pk)


def _tried(user: User, names: dict[str, str]) -> list[dict[str, object]]:
    """The last plans of scenarios, each with the plan of things as they are to compare with."""
    runs = selectors.plans(user).exclude(scenario=None)[:RECENT]
    base: dict[int, int | None] = {}
    found = []
    for run in runs:
        if run.organisation_id not in base:
            latest = selectors.latest(run.organisation)
            base[run.organisation_id] = latest.pk if latest else None
        words = [forming.in_words(one, names) for one in run.changes]
        found.append({"run": run, "words": words, "base": base[run.organisation_id]})
    return found
