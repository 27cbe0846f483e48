"""Between which places a plan sends what: for the table of its lines and for the map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.dispatch.models import PlanLine, PlanRun
from sampan_platform.people.models import User
from sampan_platform.web.plans.naming import modes
from sampan_platform.web.templatetags.sampan import either, name


def map_of_plan(user: User, run: PlanRun, item: str) -> dict[str, Any]:
    """Sites with the share of need that is met, and the plan's flows by day.

    Of one item a flow is its quantity; of all, whose units do not add up, the number of lines.
    """
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
    lines = dispatch.lines(run).order_by()
    if item:
        lines = lines.filter(resource__code=item)
    sums: dict[tuple[int, int, int], float] = defaultdict(float)
    columns = (
        "lane__origin__code",
        "lane__destination__code",
        "lane_code",
        "depart_on",
        "quantity",
    )
    added = added_lanes(run.changes)
    for origin, destination, lane, day, quantity in lines.values_list(*columns):
        ends = (origin, destination) if origin else added.get(lane, ("", ""))
        if ends[0] in places and ends[1] in places:
            key = places[ends[0]], places[ends[1]], (day - run.start).days
            sums[key] += float(quantity) if item else 1
    return {
        "sites": sites,
        "days": [(run.start + timedelta(number)).isoformat() for number in range(run.days)],
        "flows": [[*key, round(quantity, 3)] for key, quantity in sums.items()],
    }


def with_ends(run: PlanRun, lines: Sequence[PlanLine]) -> list[dict[str, Any]]:
    """Lines with the names of both their ends; a scenario's own lanes are found in its network."""
    added = added_lanes(run.changes)
    sites: dict[str, str] = {}
    if added:
        sites = {one.code: name(one) for one in catalogue.sites().select_related(None)}
    found, by = [], modes()
    for line in lines:
        if line.lane is not None:
            ends = name(line.lane.origin), name(line.lane.destination)
        else:
            codes = added.get(line.lane_code, ("", ""))
            ends = sites.get(codes[0], codes[0]), sites.get(codes[1], codes[1])
        mode = line.lane.mode if line.lane is not None else ""
        one = {"row": line, "origin": ends[0], "destination": ends[1], "mode": by.get(mode, mode)}
        found.append(one)
    return found


def added_lanes(changes: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Of each lane that only a scenario has, where it begins and ends."""
    return {
        str(one["lane"]): (str(one["origin"]), str(one["destination"]))
        for one in changes
        if one.get("do") == "add_lane"
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
