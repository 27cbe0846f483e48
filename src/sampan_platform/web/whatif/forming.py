"""One form's fields → one change of a scenario, and a change in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from sampan_platform.common.errors import InvalidError
from sampan_platform.dispatch.changes import Change, check_changes
from sampan_platform.web.days import read_day
from sampan_platform.web.plans.said import whole
from sampan_platform.web.templatetags.sampan import either, quantity

CHANGES_MAX = 100_000
"""Letters that the form carries along; more nobody has clicked together."""
KINDS = ("close_lane", "close_border", "lose_site", "scale_demand", "add_lane")


def kept(said: QueryDict) -> list[Change]:
    """The changes that the form carries along."""
    damaged = InvalidError(_("The form was damaged on its way. Begin again."))
    text = said.get("changes", "") or "[]"
    try:
        found = json.loads(text) if len(text) < CHANGES_MAX else None
    except (ValueError, RecursionError) as error:
        raise damaged from error
    if not isinstance(found, list):
        raise damaged
    check_changes(found)
    return found


def added(said: QueryDict) -> Change:
    """The change that was just filled in."""
    kind = said.get("kind", "")
    fields: dict[str, Any] = {"do": kind}
    takes: Mapping[str, tuple[str, ...]] = {
        "close_lane": ("lane", "from_day", "to_day"),
        "close_border": ("border", "from_day", "to_day"),
        "lose_site": ("site",),
        "scale_demand": ("factor", "site", "resource"),
        "add_lane": ("lane", "origin", "destination", "lead_time_periods"),
    }
    for name in takes.get(kind, ()):
        value = said.get(f"{kind}-{name}", "").strip()
        if value:
            fields[name] = _read(name, value)
    if kind == "add_lane":
        fields["lane"] = f"{fields.get('origin', '')}>{fields.get('destination', '')}:new"
    check_changes([fields])
    return fields


NUMBERS = ("factor", "lead_time_periods")
DAYS = ("from_day", "to_day")


def _read(name: str, value: str) -> float | int | str:
    if name in DAYS:
        return read_day(value).isoformat()
    return _number(name, value) if name in NUMBERS else value


def _number(name: str, value: str) -> float | int:
    if name == "lead_time_periods":
        return whole(value, _("days on the way"))
    try:
        number = float(value.replace(",", ""))
    except ValueError as error:
        raise InvalidError(_("%(value)s is no number.") % {"value": value[:40]}) from error
    if not isfinite(number):
        raise InvalidError(_("%(value)s is no number.") % {"value": value[:40]})
    return number


def in_words(change: Change, names: Mapping[str, str]) -> str:
    """A change as people say it."""

    def named(key: str) -> str:
        value = str(change.get(key, ""))
        return names.get(value, value)

    said = {
        "lane": named("lane"), "site": named("site"), "border": either(change.get("border", "")),
        "origin": named("origin"), "destination": named("destination"),
        "factor": quantity(change.get("factor", "")), "item": named("resource") or _("every item"),
        "place": named("site") or _("everywhere"),
        "days": change.get("lead_time_periods", 0),
    }  # fmt: skip
    sentences = {
        "close_lane": _("Close the lane %(lane)s"),
        "close_border": _("Close the border %(border)s"),
        "lose_site": _("Lose %(site)s: its stock, its output and its lanes"),
        "scale_demand": _("Multiply the need for %(item)s, %(place)s, by %(factor)s"),
        "add_lane": _("Add a lane from %(origin)s to %(destination)s, %(days)s days"),
    }
    text = sentences.get(str(change.get("do")), "") % said
    since, until = change.get("from_day"), change.get("to_day")
    if since or until:
        text += " " + _("(from %(since)s to %(until)s)") % {
            "since": since or "…", "until": until or "…",
        }  # fmt: skip
    return text
