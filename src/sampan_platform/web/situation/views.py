"""The situation: a map and a pivot of the same choice."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError, NotFoundError
from sampan_platform.count.export import CONTENT_TYPES, export
from sampan_platform.count.measures import MEASURES, Measure
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.web.pages import page, show, user_of, zone_of
from sampan_platform.web.situation import choice as choices
from sampan_platform.web.situation.flows import map_of
from sampan_platform.web.situation.pivot import chart, pivot


@page
def situation(request: HttpRequest) -> HttpResponse:
    """Choose place, item, time grain, measure and comparison; the address keeps the choice."""
    user = user_of(request)
    chosen = choices.chosen(user_of(request), request.GET, clock.today(zone_of(request)))
    context = {
        "chosen": chosen,
        "measures": [(one.code, _measure_name(one)) for one in MEASURES.values()],
        "measure_name": _measure_name(chosen.measure),
        "map_measures": [(code, _measure_name(MEASURES[code])) for code in choices.MAP_MEASURES],
        "map_measure_name": _measure_name(MEASURES[chosen.map_measure]),
        "places": choices.PLACES.items(),
        "items": choices.ITEMS.items(),
        "grains": choices.GRAIN_NAMES.items(),
        "comparisons": choices.COMPARISON_NAMES.items(),
        "compare_name": choices.COMPARISON_NAMES[chosen.compare],
        "flows": choices.FLOWS.items(),
        "resources": _items(user, chosen),
        "organisations": people.organisations(user).order_by("path"),
    }
    try:
        table = pivot(user, chosen.statistic(user))
        context |= {"table": table, "chart": chart(table, "")}
    except InvalidError as error:
        context["refusal"] = error
    return show(request, "web/situation/situation.html", context)


@page
def map_data(request: HttpRequest) -> HttpResponse:
    """What the map draws, for its script."""
    chosen = choices.chosen(user_of(request), request.GET, clock.today(zone_of(request)))
    return JsonResponse(map_of(user_of(request), chosen))


@page
def download(request: HttpRequest, kind: str) -> HttpResponse:
    """The pivot's figures as Excel or CSV."""
    if kind not in CONTENT_TYPES:
        raise NotFoundError(_("There is no file of that kind."))
    chosen = choices.chosen(user_of(request), request.GET, clock.today(zone_of(request)))
    found = chosen.statistic(user_of(request))
    name = f"{found.measure.code}-{found.since}-{found.until}.{kind}"
    return HttpResponse(
        export(found, kind),
        content_type=CONTENT_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _items(user: User, chosen: choices.Choice) -> list[Any]:
    """Items that somebody reports on; all, where nobody does yet."""
    rows = catalogue.resources().prefetch_related(None)
    there = choices.reported(user, chosen.since, chosen.until)
    return [one for one in rows if not there or one.code in there]


def _measure_name(measure: Measure) -> str:
    return measure.name_zh if (get_language() or "").startswith("zh") else measure.name_en
