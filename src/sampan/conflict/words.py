"""The rules of a contradiction in the words of their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Text = Callable[[list[int]], str]

LIMITS = {
    "mass_kg_max": "at most {limit} kg may leave",
    "volume_m3_max": "at most {limit} m3 may leave",
    "amount_max": "there is at most {limit}",
    "runs_max": "at most {limit} runs may start",
}


def number(value: float) -> str:
    """A quantity without needless digits."""
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def ranges(periods: list[int]) -> str:
    """[0, 1, 2, 5] as "0–2, 5"."""
    parts: list[list[int]] = []
    for period in sorted(periods):
        if parts and period == parts[-1][-1] + 1:
            parts[-1].append(period)
        else:
            parts.append([period])
    return ", ".join(f"{p[0]}–{p[-1]}" if len(p) > 1 else f"{p[0]}" for p in parts)


def when(periods: list[int]) -> str:
    """Such as "in period 2" or "in periods 0–3"; nothing if no period is named."""
    if not periods:
        return ""
    return f" in period{'s' if len(periods) > 1 else ''} {ranges(periods)}"


def _always(text: str) -> Text:
    return lambda periods: text


def commitment(row: Mapping[str, Any]) -> Text:
    """A firm commitment."""
    quantity = f"{number(row['quantity'])} {row['resource']}"
    return _always(
        f"commitments {row['commitment']} (firm): at least {quantity} must leave on"
        f" {row['lane']} in period {row['period']}"
    )


def reserve(row: Mapping[str, Any]) -> Text:
    """A hard reserve."""

    def text(periods: list[int]) -> str:
        place = row["site"] if row["site"] is not None else row["country"]
        what = f"{number(row['quantity_min'])} {row['resource']}"
        each = "each of the periods" if len(periods) > 1 else "period"
        return (
            f"reserves {row['reserve']} (hard): {what} at {place} at the end of"
            f" {each} {ranges(periods)}"
        )

    return text


def pledge(row: Mapping[str, Any]) -> Text:
    """A hard pledge."""
    site, country = row["recipient_site"], row["recipient_country"]
    into = site if site is not None else country
    return _always(
        f"pledges {row['pledge']} (hard): {number(row['quantity'])} {row['resource']} straight"
        f" from {row['country']} into {into} by period {row['period']}"
    )


def export_limit(row: Mapping[str, Any]) -> Text:
    """An export limit, by quantity, by share or both."""
    last = "the last period" if row["to_period"] is None else f"period {row['to_period']}"
    limits = []
    if row["quantity_max"] != float("inf"):
        limits.append(f"at most {number(row['quantity_max'])} {row['resource']}")
    if row["share_max"] is not None:
        limits.append(
            f"at most {number(100 * row['share_max'])} % of the stock, arrivals and output of"
            f" {row['resource']} there"
        )
    return _always(
        f"export_limits {row['limit']}: {' and '.join(limits)} may leave {row['country']}"
        f" from period {row['from_period']} to {last}"
    )


def limit(
    table: str, key: str, attribute: str, profile: bool, values: Mapping[tuple[str, int], float]
) -> Text:
    """A limit a period of a lane, a capacity or a process: its own or its profile's."""

    def text(periods: list[int]) -> str:
        amounts = sorted({values[key, period] for period in periods})
        shown = " to ".join(number(amount) for amount in dict.fromkeys((amounts[0], amounts[-1])))
        source = " (profile)" if profile else ""
        return f"{table} {key}{source}: {LIMITS[attribute].format(limit=shown)}{when(periods)}"

    return text


def closed(lane: str) -> Text:
    """A lane that a profile closes."""
    return lambda periods: f"lanes {lane} (profile): closed{when(periods)}"


def quantity(lane: str, resource: str, most: float) -> Text:
    """A limit of one resource on one lane."""

    def text(periods: list[int]) -> str:
        return (
            f"lane_resources {lane},{resource}: at most {number(most)} {resource} may leave"
            f"{when(periods)}"
        )

    return text


def whole(attribute: str, lane: str, resource: str, size: float) -> Text:
    """Lots or a least quantity of one resource on one lane."""
    what = (
        f"only lots of {number(size)}"
        if attribute == "lot_size"
        else f"nothing or at least {number(size)}"
    )
    return _always(f"lane_resources {lane},{resource}: {what} may leave in a period")


def whole_runs(process: str) -> Text:
    """Runs that must be whole."""
    return _always(f"processes {process}: only whole runs may start")


def storage(site: str, most: float) -> Text:
    """A site that is full."""

    def text(periods: list[int]) -> str:
        ends = f" at the end of period{'s' if len(periods) > 1 else ''} {ranges(periods)}"
        return f"sites {site}: at most {number(most)} m3 may be stored{ends}"

    return text


def supply(site: str, resource: str, stock: float, arrivals: float, last: int | None) -> Text:
    """What there is of a resource at a site."""
    if stock + arrivals == 0:
        return _always(f"stocks, arrivals: no {resource} is on hand at {site} or arrives there")
    if arrivals == 0:
        return _always(f"stocks: only {number(stock)} {resource} is on hand at {site}")
    coming = f"only {number(arrivals)} {resource} arrives at {site}, the last in period {last}"
    if stock == 0:
        return _always(f"arrivals: {coming}")
    return _always(
        f"stocks, arrivals: only {number(stock)} {resource} is on hand at {site} and"
        f" {coming.removeprefix('only ')}"
    )
