"""What the map draws: sites with their figure, and what went, or is planned to go, between them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.people.models import User
from sampan_platform.track import lanes
from sampan_platform.web.situation.choice import Choice
from sampan_platform.web.templatetags.sampan import either, name

FLOWS_MAX = 5_000


def map_of(user: User, choice: Choice) -> dict[str, Any]:
    """Sites `[name, kind, longitude, latitude, value]`; flows `[from, to, day, quantity]`."""
    figures = {row["site"]: row["value"] for row in choice.on_the_map(user).figures()}
    places: dict[str, int] = {}
    sites: list[list[Any]] = []
    for site in catalogue.sites(user=user).order_by("code"):
        if site.longitude_deg is None or site.latitude_deg is None:
            continue
        value = figures.get(site.code)
        places[site.code] = len(sites)
        sites.append([
            name(site), either(site.get_kind_display()), site.longitude_deg, site.latitude_deg,
            None if value is None else round(float(value), 3),
        ])  # fmt: skip
    days = [choice.since + timedelta(number) for number in range(_days(choice))]
    return {
        "sites": sites,
        "days": [one.isoformat() for one in days],
        "flows": _flows(user, choice, places, {one: at for at, one in enumerate(days)}),
    }


def _days(choice: Choice) -> int:
    ahead = 14 if choice.flows == "plan" else 0
    return (choice.until - choice.since).days + 1 + ahead


def _flows(
    user: User, choice: Choice, places: dict[str, int], days: dict[date, int]
) -> list[list[float]]:
    sums: dict[tuple[int, int, int], float] = defaultdict(float)
    if choice.flows == "orders":
        rows = lanes.by_lane(
            user, choice.since, choice.until, by_day=True, resource=choice.resource
        )
        for row in rows:
            if row.origin in places and row.destination in places and row.day in days:
                key = places[row.origin], places[row.destination], days[row.day]
                sums[key] += float(row.shipped)
    elif choice.flows == "plan":
        _of_plan(user, choice, places, days, sums)
    largest = sorted(sums.items(), key=lambda one: -one[1])[:FLOWS_MAX]
    return [[*key, round(quantity, 3)] for key, quantity in largest]


def _of_plan(
    user: User,
    choice: Choice,
    places: dict[str, int],
    days: dict[date, int],
    sums: dict[tuple[int, int, int], float],
) -> None:
    run = dispatch.plans(user).filter(scenario=None).exclude(plan=None).first()
    if run is None:
        return
    lines = dispatch.lines(run).exclude(lane=None)
    if choice.resource:
        lines = lines.filter(resource__code=choice.resource)
    columns = ("lane__origin__code", "lane__destination__code", "depart_on", "quantity")
    for origin, destination, day, quantity in lines.order_by().values_list(*columns):
        if origin in places and destination in places and day in days:
            sums[places[origin], places[destination], days[day]] += float(quantity)
