"""The operator's page."""

from __future__ import annotations

import platform

import django
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sampan.version import version
from sampan_platform.commands.install import examine
from sampan_platform.common.errors import ForbiddenError, InvalidError
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.people.services import record
from sampan_platform.web.pages import page, show, tell, user_of
from sampan_platform.web.system import base_map as maps

JOBS = 20


@page
def system(request: HttpRequest) -> HttpResponse:
    """Health part by part, jobs, versions, and how to back up."""
    user = _operator(request)
    context = {
        "parts": examine(),
        "official_map": maps.mark(),
        "jobs": dispatch.plans(user)[:JOBS],
        "versions": [
            ("Sampan", version()),
            ("Django", django.get_version()),
            ("Python", platform.python_version()),
        ],
    }
    return show(request, "web/system/system.html", context)


@require_POST
@page
def base_map(request: HttpRequest) -> HttpResponse:
    """Take an official map, or go back to land without borders."""
    user = _operator(request)
    if request.POST.get("action") == "remove":
        if maps.remove():
            record(user, "system.base_map", "base-map", None, after={"removed": True})
        tell(request, _("The map shows land without borders again."))
        return redirect("web:system:system")
    given = request.FILES.get("map")
    if given is None:
        raise InvalidError(_("Choose a GeoJSON file first."), code="no-file")
    # one byte more than may be is enough to know that it is too large
    digest = maps.keep(given.read(maps.BYTES_MAX + 1))
    record(user, "system.base_map", "base-map", None, after={"sha256": digest})
    tell(request, _("The maps show the official base map from now on."))
    return redirect("web:system:system")


@page
def base_map_file(request: HttpRequest) -> HttpResponse:
    """The official map; its address has a mark that changes with it."""
    try:
        content = maps.place().read_bytes()
    except FileNotFoundError:
        raise Http404 from None
    answer = HttpResponse(content, content_type="application/geo+json")
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


def _operator(request: HttpRequest) -> User:
    user = user_of(request)
    if not people.paths(user, people.OPERATE):
        raise ForbiddenError(_("This page is for operators."))
    return user
