"""The rules of a contradiction in the words of their tables, in English and Chinese."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Said(NamedTuple):
    """The same in both languages."""

    english: str
    chinese: str


Text = Callable[[list[int]], Said]

LIMITS = {
    "mass_kg_max": Said("at most {limit} kg may leave", "最多可发出 {limit} 千克"),
    "volume_m3_max": Said("at most {limit} m3 may leave", "最多可发出 {limit} 立方米"),
    "amount_max": Said("there is at most {limit}", "最多只有 {limit}"),
    "runs_max": Said("at most {limit} runs may start", "最多可开工 {limit} 次"),
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


def when(periods: list[int]) -> Said:
    """Such as "in period 2" or "in periods 0–3"; nothing if no period is named."""
    if not periods:
        return Said("", "")
    shown = ranges(periods)
    return Said(f" in period{'s' if len(periods) > 1 else ''} {shown}", f"（第 {shown} 时段）")


def _always(english: str, chinese: str) -> Text:
    said = Said(english, chinese)
    return lambda periods: said


def commitment(row: Mapping[str, Any]) -> Text:
    """A firm commitment."""
    quantity = f"{number(row['quantity'])} {row['resource']}"
    return _always(
        f"commitments {row['commitment']} (firm): at least {quantity} must leave on"
        f" {row['lane']} in period {row['period']}",
        f"commitments {row['commitment']}（已定）：第 {row['period']} 时段须经 {row['lane']}"
        f" 至少发出 {quantity}",
    )


def reserve(row: Mapping[str, Any]) -> Text:
    """A hard reserve."""

    def text(periods: list[int]) -> Said:
        place = row["site"] if row["site"] is not None else row["country"]
        what = f"{number(row['quantity_min'])} {row['resource']}"
        each = "each of the periods" if len(periods) > 1 else "period"
        return Said(
            f"reserves {row['reserve']} (hard): {what} at {place} at the end of"
            f" {each} {ranges(periods)}",
            f"reserves {row['reserve']}（硬性）：第 {ranges(periods)} 时段末 {place} 须有 {what}",
        )

    return text


def pledge(row: Mapping[str, Any]) -> Text:
    """A hard pledge."""
    site, country = row["recipient_site"], row["recipient_country"]
    into = site if site is not None else country
    quantity = f"{number(row['quantity'])} {row['resource']}"
    return _always(
        f"pledges {row['pledge']} (hard): {quantity} straight"
        f" from {row['country']} into {into} by period {row['period']}",
        f"pledges {row['pledge']}（硬性）：第 {row['period']} 时段前由 {row['country']} 直接运入"
        f" {into} {quantity}",
    )


def export_limit(row: Mapping[str, Any]) -> Text:
    """An export limit, by quantity, by share or both."""
    open_end = row["to_period"] is None
    last = Said(
        "the last period" if open_end else f"period {row['to_period']}",
        "最后时段" if open_end else f"第 {row['to_period']} 时段",
    )
    limits = []
    if row["quantity_max"] != float("inf"):
        most = f"{number(row['quantity_max'])} {row['resource']}"
        limits.append(Said(f"at most {most}", f"最多 {most}"))
    if row["share_max"] is not None:
        share = number(100 * row["share_max"])
        limits.append(
            Said(
                f"at most {share} % of the stock, arrivals and output of {row['resource']} there",
                f"最多为当地 {row['resource']} 库存、到货和产出的 {share} %",
            )
        )
    english, chinese = zip(*limits, strict=True)
    return _always(
        f"export_limits {row['limit']}: {' and '.join(english)} may leave {row['country']}"
        f" from period {row['from_period']} to {last.english}",
        f"export_limits {row['limit']}：第 {row['from_period']} 时段至{last.chinese}，运出"
        f" {row['country']} {'，且'.join(chinese)}",
    )


def limit(
    table: str, key: str, attribute: str, profile: bool, values: Mapping[tuple[str, int], float]
) -> Text:
    """A limit a period of a lane, a capacity or a process: its own or its profile's."""

    def text(periods: list[int]) -> Said:
        amounts = sorted({values[key, period] for period in periods})
        ends = [number(amount) for amount in dict.fromkeys((amounts[0], amounts[-1]))]
        words, at = LIMITS[attribute], when(periods)
        return Said(
            f"{table} {key}{' (profile)' if profile else ''}:"
            f" {words.english.format(limit=' to '.join(ends))}{at.english}",
            f"{table} {key}{'（按日）' if profile else ''}："
            f"{words.chinese.format(limit=' 至 '.join(ends))}{at.chinese}",
        )

    return text


def closed(lane: str) -> Text:
    """A lane that a profile closes."""
    return lambda periods: Said(
        f"lanes {lane} (profile): closed{when(periods).english}",
        f"lanes {lane}（按日）：关闭{when(periods).chinese}",
    )


def quantity(lane: str, resource: str, most: float) -> Text:
    """A limit of one resource on one lane."""

    def text(periods: list[int]) -> Said:
        at, what = when(periods), f"{number(most)} {resource}"
        return Said(
            f"lane_resources {lane},{resource}: at most {what} may leave{at.english}",
            f"lane_resources {lane},{resource}：最多可发出 {what}{at.chinese}",
        )

    return text


def whole(attribute: str, lane: str, resource: str, size: float) -> Text:
    """Lots or a least quantity of one resource on one lane."""
    if attribute == "lot_size":
        what = Said(f"only lots of {number(size)}", f"只能按每批 {number(size)} 整批")
    else:
        what = Said(f"nothing or at least {number(size)}", f"要么不发，要么至少 {number(size)}")
    return _always(
        f"lane_resources {lane},{resource}: {what.english} may leave in a period",
        f"lane_resources {lane},{resource}：每时段{what.chinese}发出",
    )


def whole_runs(process: str) -> Text:
    """Runs that must be whole."""
    return _always(
        f"processes {process}: only whole runs may start", f"processes {process}：只能整次开工"
    )


def storage(site: str, most: float) -> Text:
    """A site that is full."""

    def text(periods: list[int]) -> Said:
        ends = f" at the end of period{'s' if len(periods) > 1 else ''} {ranges(periods)}"
        return Said(
            f"sites {site}: at most {number(most)} m3 may be stored{ends}",
            f"sites {site}：第 {ranges(periods)} 时段末最多可存 {number(most)} 立方米",
        )

    return text


def supply(site: str, resource: str, stock: float, arrivals: float, last: int | None) -> Text:
    """What there is of a resource at a site."""
    if stock + arrivals == 0:
        return _always(
            f"stocks, arrivals: no {resource} is on hand at {site} or arrives there",
            f"stocks、arrivals：{site} 没有 {resource} 的库存，也没有到货",
        )
    held = Said(
        f"only {number(stock)} {resource} is on hand at {site}",
        f"{site} 只有库存 {number(stock)} {resource}",
    )
    if arrivals == 0:
        return _always(f"stocks: {held.english}", f"stocks：{held.chinese}")
    coming = Said(
        f"{number(arrivals)} {resource} arrives at {site}, the last in period {last}",
        f"到货 {number(arrivals)} {resource}，最晚在第 {last} 时段",
    )
    if stock == 0:
        return _always(f"arrivals: only {coming.english}", f"arrivals：{site} 只有{coming.chinese}")
    return _always(
        f"stocks, arrivals: {held.english} and {coming.english}",
        f"stocks、arrivals：{held.chinese}，{coming.chinese}",
    )
