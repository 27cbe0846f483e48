"""What the map of a plan draws."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.dispatch.models import PlanRun
from sampan_platform.people.models import User
from sampan_platform.web.templatetags.sampan import either, name


def map_of_plan(user: User, run: PlanRun, item: str) -> dict[str, Any]:
    """Sites with the share of need that is met, and the plan's flows by day."""
    rates = _met(run, item)
    places: dict[str, int] = {}
    sites: list[list[Any]] = []
    for site in catalogue.sites(user=user).order_by("code"):
        if site.longitude_deg is None or site.latitude_deg is None:
            continue
        places[site.code] = len(sites)
        kind = either(site.get_kind_display())
        sites.append(
            [name(site), kind, site.longitude_deg, site.latitude_deg, rates.get(site.code)]
        )
    lines = dispatch.lines(run).exclude(lane=None).order_by()
    if item:
        lines = lines.filter(resource__code=item)
    sums: dict[tuple[int, int, int], float] = defaultdict(float)
    columns = ("lane__origin__code", "lane__destination__code", "depart_on", "quantity")
    for origin, destination, day, quantity in lines.values_list(*columns):
        if origin in places and destination in places:
            sums[places[origin], places[destination], (day - run.start).days] += float(quantity)
    return {
        "sites": sites,
        "days": [(run.start + timedelta(number)).isoformat() for number in range(run.days)],
        "flows": [[*key, round(quantity, 3)] for key, quantity in sums.items()],
    }


def _met(run: PlanRun, item: str) -> dict[str, float]:
    """Of each site, the least share met of its items, or of one item."""
    found: dict[str, float] = {}
    network, plan = dispatch.opened(run)
    short = dict(plan.shortages.select("demand", "quantity").iter_rows())
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    columns = network.table("demands").select("demand", "site", "resource", "quantity")
    for demand, site, resource, quantity in columns.iter_rows():
        if not item or resource == item:
            pair = sums[site, resource]
            pair[0] += quantity
            pair[1] += short.get(demand, 0.0)
    for (site, _resource), (wanted, missing) in sums.items():
        if wanted > 0:
            rate = round(1 - missing / wanted, 4)
            found[site] = min(found.get(site, 1.0), rate)
    return found
