"""Scenarios: named changes of a network, such as a closed lane or a lost site.

A change is a mapping with `do` and what that needs:

- `set`: `value`, one change of a cell as `sampan solve --set` takes it
- `close_lane`: `lane`; `from_day`, `to_day` (dates; empty: the calendar's ends)
- `close_border`: `border` (its name) or `countries` (two codes); `from_day`, `to_day`
- `lose_site`: `site`: stock, arrivals and output there are gone and its lanes closed; its
  needs stay
- `scale_demand`: `factor`; only of `site`, `resource`, `country` or `priority` if given
- `add_lane`: `lane`, `origin`, `destination` and any other column of the table `lanes`

Orders that were to leave over a closed lane do not leave; their stock stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from django.utils.translation import gettext

import sampan
from sampan import schema
from sampan.override import apply_overrides
from sampan_platform.common.errors import InvalidError, Problem

Change = Mapping[str, Any]
PROFILE = {"table": pl.String, "key": pl.String, "attribute": pl.String, "period": pl.Int64,
           "value": pl.Float64}  # fmt: skip
WINDOW = ("from_day", "to_day")
TAKES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "set": (("value",), ()),
    "close_lane": (("lane",), WINDOW),
    "close_border": ((), ("border", "countries", *WINDOW)),
    "lose_site": (("site",), ()),
    "scale_demand": (("factor",), ("site", "resource", "country", "priority")),
    "add_lane": (("lane", "origin", "destination"), schema.table("lanes").columns[3:]),
}
"""By kind of change, what it needs and what else it may have."""


def check_changes(changes: Sequence[Change]) -> None:
    """Refuse changes that no network could take, naming every one."""
    problems = [
        Problem("bad-change", message, f"change {at}", str(change))
        for at, change in enumerate(changes, start=1)
        for message in _wrong(change)
    ]
    if problems:
        raise InvalidError(
            gettext("%(where)s: %(message)s")
            % {"where": problems[0].where, "message": problems[0].message},
            problems,
        )


def apply_changes(network: sampan.Network, changes: Sequence[Change]) -> sampan.Network:
    """A copy of the network with the changes made, one after another."""
    check_changes(changes)
    for change in changes:
        network = OPERATIONS[change["do"]](network, change)
    return network


def _wrong(change: Change) -> list[str]:
    kind = change.get("do") if isinstance(change, Mapping) else None
    if kind not in TAKES:
        return [f"`do` must be one of {', '.join(TAKES)}."]
    needed, optional = TAKES[str(kind)]
    found = [f"{kind} needs {name}." for name in needed if change.get(name) in (None, "")]
    known = {"do", *needed, *optional}
    found += [f"{kind} has no {name}." for name in change if name not in known]
    if kind == "close_border" and bool(change.get("border")) == bool(change.get("countries")):
        found.append("close_border needs border or countries, one of the two.")
    if kind == "scale_demand" and not _is_factor(change.get("factor")):
        found.append("factor must be a number from 0 up.")
    return found + [f"{name} must be a date such as 2020-02-10." for name in WINDOW
                    if name in known and not _is_day(change.get(name))]  # fmt: skip


def _is_factor(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6


def _is_day(value: Any) -> bool:
    if value in (None, ""):
        return True
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _set(network: sampan.Network, change: Change) -> sampan.Network:
    try:
        return apply_overrides(network, [str(change["value"])])
    except sampan.InputError as error:
        raise InvalidError(
            str(error.problems[0]),
            [Problem(one.code, str(one), "set", one.value or "") for one in error.problems],
        ) from error


def _close_lane(network: sampan.Network, change: Change) -> sampan.Network:
    _known(network, "lanes", "lane", change["lane"])
    return close_lanes(network, [change["lane"]], _periods(network, change))


def _close_border(network: sampan.Network, change: Change) -> sampan.Network:
    lanes = network.table("lanes")
    if change.get("border"):
        crossing = lanes.filter(pl.col("border") == change["border"])["lane"].to_list()
        what = f"the border {change['border']}"
    else:
        crossing = _between(network, [str(one) for one in change["countries"]])
        what = f"a border between {' and '.join(change['countries'])}"
    if not crossing:
        raise InvalidError(
            gettext("No lane crosses %(what)s. Name one that a lane crosses.") % {"what": what}
        )
    return close_lanes(network, crossing, _periods(network, change))


def _between(network: sampan.Network, countries: list[str]) -> list[str]:
    """Lanes from one of two countries to the other."""
    if len(set(countries)) != 2:
        raise InvalidError(gettext("Give two different countries, such as CN and VN."))
    country = dict(network.table("sites").select("site", "country").iter_rows())
    return [
        lane
        for lane, origin, destination in network.table("lanes")
        .select("lane", "origin", "destination")
        .iter_rows()
        if {country.get(origin), country.get(destination)} == set(countries)
    ]


def close_lanes(
    network: sampan.Network, lanes: Sequence[str], periods: Iterable[int]
) -> sampan.Network:
    """Nothing leaves over these lanes in these periods; orders that were to leave stay."""
    rows = [
        {"table": "lanes", "key": lane, "attribute": "open", "period": period, "value": 0.0}
        for lane in lanes
        for period in periods
    ]
    closed = pl.DataFrame(rows, schema=PROFILE)
    both = [closed, *([] if network.given("profiles") is None else [network.table("profiles")])]
    key = schema.table("profiles").key
    changed: dict[str, Any] = {
        "profiles": pl.concat(both, how="diagonal_relaxed").unique(
            key, keep="first", maintain_order=True
        )
    }
    commitments = network.given("commitments")
    if commitments is not None:
        shut = closed.select(lane="key", period="period")
        changed["commitments"] = commitments.join(shut, on=["lane", "period"], how="anti")
    return network.replace(**changed)


def _lose_site(network: sampan.Network, change: Change) -> sampan.Network:
    site = change["site"]
    _known(network, "sites", "site", site)
    lanes = network.table("lanes")
    own = lanes.filter((pl.col("origin") == site) | (pl.col("destination") == site))
    changed: dict[str, Any] = {}
    for name in ("stocks", "arrivals", "reserves"):
        table = network.given(name)
        if table is not None and "site" in table.columns:
            changed[name] = table.filter(pl.col("site").ne_missing(site))
    gone = network.table("processes").filter(pl.col("site") == site)["process"]
    changed |= _without_processes(network, gone)
    network = network.replace(**changed)
    return close_lanes(network, own["lane"].to_list(), range(network.periods))


def _without_processes(network: sampan.Network, gone: pl.Series) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name, column in (("processes", "process"), ("process_flows", "process"),
                         ("capacity_loads", "activity")):  # fmt: skip
        table = network.given(name)
        if table is not None:
            changed[name] = table.filter(~pl.col(column).is_in(gone.implode()))
    profiles = network.given("profiles")
    if profiles is not None:
        theirs = (pl.col("table") == "processes") & pl.col("key").is_in(gone.implode())
        changed["profiles"] = profiles.filter(~theirs)
    return changed


def _scale_demand(network: sampan.Network, change: Change) -> sampan.Network:
    demands = network.table("demands")
    mine = pl.lit(True)
    for name, table in (("site", "sites"), ("resource", "resources")):
        if change.get(name):
            _known(network, table, name, change[name])
            mine &= pl.col(name) == change[name]
    if change.get("country"):
        sites = network.table("sites").filter(pl.col("country") == change["country"])["site"]
        mine &= pl.col("site").is_in(sites.implode())
    if change.get("priority"):
        mine &= pl.col("priority") == int(change["priority"])
    scaled = pl.when(mine).then(pl.col("quantity") * change["factor"]).otherwise("quantity")
    given = network.given("demands")
    if given is None or demands.filter(mine).is_empty():
        raise InvalidError(
            gettext("No demand is the one to scale. Check site, resource and priority.")
        )
    return network.replace(demands=given.with_columns(demands.select(quantity=scaled)["quantity"]))


def _add_lane(network: sampan.Network, change: Change) -> sampan.Network:
    for end in ("origin", "destination"):
        _known(network, "sites", "site", change[end])
    lanes = network.table("lanes")
    if change["lane"] in lanes["lane"]:
        raise InvalidError(
            gettext("There is a lane %(change)s already. Choose another code.")
            % {"change": change["lane"]}
        )
    cells = {name: value for name, value in change.items() if name != "do"}
    given = network.given("lanes")
    old = [] if given is None else [given]
    try:
        new = pl.DataFrame([cells])
        return network.replace(lanes=pl.concat([*old, new], how="diagonal_relaxed"))
    except pl.exceptions.PolarsError as error:
        raise InvalidError(
            gettext("The lane %(change)s does not fit: %(error)s.")
            % {"change": change["lane"], "error": error}
        ) from error


def _known(network: sampan.Network, table: str, column: str, key: Any) -> None:
    if key not in network.table(table)[column]:
        raise InvalidError(
            gettext(
                "There is no %(key)s in %(table)s of this network. Check its code and the scope."
            )
            % {"key": key, "table": table},
            [Problem(f"unknown-{column}", gettext("Check its code."), column, str(key))],
        )


def _periods(network: sampan.Network, change: Change) -> range:
    """The periods of the change's window."""
    start, last = network.calendar.start, network.periods - 1
    first = 0
    if change.get("from_day"):
        first = max(0, (date.fromisoformat(change["from_day"]) - start).days)
    if change.get("to_day"):
        last = min(last, (date.fromisoformat(change["to_day"]) - start).days)
    return range(first, last + 1)


OPERATIONS: Mapping[str, Callable[[sampan.Network, Change], sampan.Network]] = {
    "set": _set,
    "close_lane": _close_lane,
    "close_border": _close_border,
    "lose_site": _lose_site,
    "scale_demand": _scale_demand,
    "add_lane": _add_lane,
}
