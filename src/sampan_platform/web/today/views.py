"""The first screen."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from sampan_platform.common import clock
from sampan_platform.monitor import selectors as monitor
from sampan_platform.web.pages import page, show, user_of, zone_of
from sampan_platform.web.today.gather import gather


@page
def today(request: HttpRequest) -> HttpResponse:
    """Reporting rate by place, alerts, plans and requests that wait, orders overdue."""
    found = gather(user_of(request), clock.today(zone_of(request)))
    language = get_language() or "en"
    found["alerts"] = [(one, monitor.message(one, language)) for one in found["alerts"]]
    return show(request, "web/today/today.html", found)
