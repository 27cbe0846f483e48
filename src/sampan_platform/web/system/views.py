"""The operator's page."""

from __future__ import annotations

import platform

import django
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sampan.version import version
from sampan_platform.commands.install import examine
from sampan_platform.common.errors import ForbiddenError
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.people import selectors as people
from sampan_platform.web.pages import page, show, user_of

JOBS = 20


@page
def system(request: HttpRequest) -> HttpResponse:
    """Health part by part, jobs, versions, and how to back up."""
    user = user_of(request)
    if not people.paths(user, people.OPERATE):
        raise ForbiddenError(_("This page is for operators."))
    context = {
        "parts": examine(),
        "jobs": dispatch.plans(user)[:JOBS],
        "versions": [
            ("Sampan", version()),
            ("Django", django.get_version()),
            ("Python", platform.python_version()),
        ],
    }
    return show(request, "web/system/system.html", context)
