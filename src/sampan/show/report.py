"""A plan, and a network, on a page for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sampan.errors import Problem
from sampan.network import Network
from sampan.plan import Plan, Status
from sampan.show import facts
from sampan.show.networks import network_facts
from sampan.show.numbers import VISIBLE, listed, quantity, share
from sampan.show.page import Page
from sampan.show.stages import objective, verdict

SUMMARY_ROWS = 12
ENDED = {
    Status.OPTIMAL: "Solved to the end",
    Status.GAP_REACHED: "Stopped at the gap that was asked for",
    Status.PARTLY_PROVED: "The solver failed on a stage; the plan obeys every rule",
    Status.TIME_LIMIT: "Stopped at the time limit, with the best plan found",
    Status.INTERRUPTED: "Interrupted, with the best plan found",
}


def print_plan_summary(network: Network, plan: Plan, warnings: Sequence[Problem]) -> None:
    """The short page: how it ended, what is short and where, what to ship, how good it is."""
    page = Page()
    wanted = facts.wanted_rows(network, plan)
    _title(page, network, plan)
    _short(page, network, wanted, SUMMARY_ROWS)
    _places(page, wanted, 5)
    _ship(page, facts.ship_first(network, plan), SUMMARY_ROWS)
    _warnings(page, warnings, 5)


def print_plan(network: Network, plan: Plan, warnings: Sequence[Problem], rows: int) -> None:
    """The long page: also why, what is made, how fair it is, and each objective's proof."""
    page = Page()
    found = facts.plan_facts(network, plan)
    wanted = facts.wanted_rows(network, plan)
    _title(page, network, plan)
    _short(page, network, wanted, rows)
    _places(page, wanted, rows)
    _why(page, found)
    _ship(page, found["ship_first"], rows)
    _made(page, found["made"], rows)
    _fill_rates(page, found["fill_rates"], rows)
    _over_time(page, found["unmet_over_time"])
    _breaches(page, found, rows)
    _stages(page, found["stages"])
    _warnings(page, warnings, rows)


def _title(page: Page, network: Network, plan: Plan) -> None:
    about = facts.calendar_facts(network)
    length = about["period_length"] + ("s" if about["periods"] > 1 else "")
    page.line(network.name)
    page.line(f"{about['first']} to {about['last']}, {about['periods']:,} {length}")
    seconds, method = plan.summary.get("seconds"), plan.summary.get("method")
    took = f" in {seconds:.1f} s" if isinstance(seconds, (int, float)) else ""
    page.line(f"{ENDED[plan.status]}{took}" + (f" ({method})." if method else "."))
    page.line(verdict(network, plan))


def _short(page: Page, network: Network, wanted: Any, rows: int) -> None:
    items = facts.short_by_item(network, wanted)
    short = [item for item in items if item["short"] > 0]
    page.heading("What is short")
    if not items:
        page.line("Nothing is wanted.", indent=2)
        return
    if not short:
        page.line("Nothing: every demand is met in full.", indent=2)
        return
    page.table(
        ("item", "wanted", "short", "unit", "share", "most at", "since"),
        _by_priority(network, short[:rows]),
        " rrfr f",
    )
    page.rest(len(short) - rows, "items")
    met = len(items) - len(short)
    if met:
        page.line(f"In full: {met:,} of {len(items):,} items by priority.", indent=2)


def _by_priority(network: Network, short: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """The rows of `_short`, each priority under a heading of its own."""
    about = facts.calendar_facts(network)
    year = about["first"][:5]
    one_year = year == about["last"][:5]
    rows: list[tuple[str, ...]] = []
    for priority in dict.fromkeys(item["priority"] for item in short):
        rows.append((f"Priority {priority}",))
        rows += [
            (
                item["item"],
                quantity(item["wanted"]),
                quantity(item["short"]),
                item["unit"],
                share(item["share"]),
                item["most_at"],
                item["first"].removeprefix(year) if one_year else item["first"],
            )
            for item in short
            if item["priority"] == priority
        ]
    return rows


def _places(page: Page, wanted: Any, rows: int) -> None:
    places = facts.short_by_site(wanted)
    if not places:
        return
    page.heading("Where (unmet, average of the items wanted there)")
    page.bars(
        [
            (
                place["place"],
                place["unmet"],
                f"worst: {place['worst_item']} {share(place['worst'])}",
            )
            for place in places[:rows]
        ]
    )
    page.rest(len(places) - rows, "places")


def _why(page: Page, found: dict[str, Any]) -> None:
    if found["why"]:
        page.heading("Why")
    for answer in found["why"]:
        page.line(answer["headline"], indent=2)
        for reason in answer["reasons"][:4]:
            page.bullet(reason["text"])
    answer = found["bottlenecks"]
    if answer["reasons"] or answer["notes"]:
        page.heading("What limits the plan most")
        page.line(answer["headline"], indent=2)
        for reason in answer["reasons"][:6]:
            page.bullet(reason["text"])
        for text in answer["notes"]:
            page.line(text, indent=2)


def _ship(page: Page, first: dict[str, Any], rows: int) -> None:
    shipments = first["shipments"]
    if not shipments:
        page.heading("What to ship")
        page.line("Nothing is sent.", indent=2)
        return
    today = "today, " if first["period"] == 0 else "first, on "
    page.heading(f"What to ship {today}{first['date']}")
    shown = sorted(shipments[:rows], key=lambda row: (row["from"], row["to"], row["item"]))
    page.table(
        ("from", "to", "by", "item", "quantity", "unit", "arrives"),
        [
            (
                row["from"],
                row["to"],
                row["mode"] or "",
                row["item"],
                quantity(row["quantity"]),
                row["unit"],
                row["arrives"],
            )
            for row in shown
        ],
        "  f rff",
    )
    page.rest(len(shipments) - rows, "shipments on that date (--rows, or the file shipments)")


def _made(page: Page, made: list[dict[str, Any]], rows: int) -> None:
    if not made:
        return
    page.heading("What is made or bought")
    page.table(
        ("item", "in all", "start today", "unit", "processes"),
        [
            (
                row["item"],
                quantity(row["quantity"]),
                quantity(row["started_first"]),
                row["unit"],
                quantity(row["processes"]),
            )
            for row in made[:rows]
        ],
        " rrfr",
    )
    page.rest(len(made) - rows, "items")


def _fill_rates(page: Page, groups: list[dict[str, Any]], rows: int) -> None:
    for priority in dict.fromkeys(row["priority"] for row in groups):
        here = alike([row for row in groups if row["priority"] == priority])
        page.heading(f"How much is met, priority {priority}, lowest first (average of items)")
        page.bars(here[:rows])
        page.rest(len(here) - rows, "groups, with no less")


def alike(groups: list[dict[str, Any]]) -> list[tuple[str, float, str]]:
    """Bars of fill rates, one for all groups of which the same is to be said."""
    together: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in groups:
        least = f"least: {row['lowest_item']} {share(row['lowest'])}"
        if row["lowest"] > 1 - VISIBLE:
            least = "all in full"
        together.setdefault((share(row["fill_rate"]), least), []).append(row)
    return [
        (listed([row["group"] for row in alike], 2), alike[0]["fill_rate"], least)
        for (_, least), alike in together.items()
    ]


def _over_time(page: Page, over_time: list[dict[str, Any]]) -> None:
    if any(row["unmet"] > 0 for row in over_time):
        page.heading("Unmet, by the date it is due (average of items)")
        page.over_time([(row["date"], row["unmet"]) for row in over_time])


def _breaches(page: Page, found: dict[str, Any], rows: int) -> None:
    broken = found["breaches"]
    if broken:
        page.heading("Reserves, pledges and storage limits that are broken")
        page.table(
            ("rule", "which", "item", "by at most", "unit", "from", "to"),
            [
                (
                    row["policy"],
                    row["key"],
                    row["item"] or "",
                    quantity(row["quantity"]),
                    row["unit"] or "",
                    row["first"],
                    row["last"],
                )
                for row in broken[:rows]
            ],
            "f  rfff",
        )
        page.rest(len(broken) - rows, "rules")
    if found["expired"]:
        page.heading("What expires unused")
    for row in found["expired"][:rows]:
        sites = "site" if row["sites"] == 1 else "sites"
        page.bullet(
            f"{row['item']}: {quantity(row['quantity'])} {row['unit']}, at {row['sites']:,} {sites}"
        )


def _stages(page: Page, stages: list[dict[str, Any]]) -> None:
    page.heading("How good it is, by objective (and priority); the first matters most")
    page.table(
        ("objective", "measures", "this plan", "best possible", "proof"),
        [
            (
                objective(row),
                row["measure"],
                row["says"],
                row["best"],
                row["proof"] + (f" ({row['parts']} rounds)" if row["parts"] > 1 else ""),
            )
            for row in stages
        ],
        "f rr",
    )


def _warnings(page: Page, warnings: Sequence[Problem], rows: int) -> None:
    if not warnings:
        return
    page.heading(f"Warnings of the check ({len(warnings):,})")
    for warning in warnings[:rows]:
        page.bullet(str(warning))
    page.rest(len(warnings) - rows, "(`sampan check` lists them)")


def print_network(network: Network, warnings: Sequence[Problem], rows: int) -> None:
    """A network before it is solved: its size, items, sites, lanes, and when demand is due."""
    page = Page()
    found = network_facts(network)
    about = found["network"]
    page.line(network.name)
    length = about["period_length"] + ("s" if about["periods"] > 1 else "")
    page.line(f"{about['first']} to {about['last']}, {about['periods']:,} {length}")
    page.line(", ".join(f"{name} {count:,}" for name, count in found["tables"].items()))
    page.line(f"Objectives, in order: {', '.join(found['stages'])}")
    if network.source:
        page.heading("Sources and assumptions")
        page.line(network.source)
    _items(page, found["items"], rows)
    _sites_and_lanes(page, found, rows)
    if found["wanted_over_time"]:
        page.heading("When it is wanted (average of items)")
        page.over_time([(row["date"], row["share"]) for row in found["wanted_over_time"]])
    _warnings(page, warnings, rows)


def _items(page: Page, items: list[dict[str, Any]], rows: int) -> None:
    page.heading("Items")
    page.table(
        ("item", "unit", "in stock", "arriving", "wanted", "most urgent"),
        [
            (
                row["item"],
                row["unit"],
                *(quantity(row[name]) for name in ("stock", "arriving", "wanted", "most_urgent")),
            )
            for row in items[:rows]
        ],
        " frrrr",
    )
    page.rest(len(items) - rows, "items")


def _sites_and_lanes(page: Page, found: dict[str, Any], rows: int) -> None:
    page.heading("Sites")
    for row in found["sites"][:rows]:
        words = " ".join(word for word in (row["country"], row["kind"]) if word)
        page.bullet(f"{row['count']:,} {words or 'of no stated kind'}")
    page.rest(len(found["sites"]) - rows, "kinds of sites")
    if found["lanes"]:
        page.heading("Lanes")
    length = found["network"]["period_length"]
    for row in found["lanes"][:rows]:
        least, most = row["lead_time_min"], row["lead_time_max"]
        lead = f"{least}" if least == most else f"{least} to {most}"
        plural = "" if most == 1 else "s"
        page.bullet(
            f"{row['count']:,} by {row['mode'] or 'any means'}, lead time {lead} {length}{plural}"
        )
