"""Puts names and words in place of the keys that the engine speaks in."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

import sampan
from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.web.plans.telling import stage_titles
from sampan_platform.web.templatetags.sampan import name, unit

SHOWN = 12
"""Reasons on a page; the rest is counted."""
KEY = re.compile(r"[A-Za-z0-9_][\w.:>#/&+-]*", re.ASCII)
"""A key, or a plain word, which no name is known for."""
STAGE = re.compile(r"\b(shortage|fairness|lateness|policy|cost|changes|total) (\d+|all)(:\d+)?\b")
MORE = re.compile(r"(多 1 |one more )(\w+)")
LIMIT = re.compile(r"([a-z]+(?:_[a-z0-9]+)*) (.+)", re.DOTALL)
ENDS_TWICE = re.compile(r"([^（(:：]+? → [^（(]+?)( · \w+)? ?[（(]\1[）)]")
"""A lane's name with its two ends once more behind it, as the engine tells them."""


def told(answer: sampan.Explanation) -> dict[str, Any]:
    """An explanation as a page shows it."""
    named = Namer()
    reasons = answer.reasons[:SHOWN]
    return {
        "headline": named(answer.headline),
        "reasons": [named(_with_partners(one.text, one.facts)) for one in reasons],
        "notes": [named(note) for note in answer.notes],
        "more": len(answer.reasons) - len(reasons),
    }


class Namer:
    """Sentences of the engine with names in place of keys, and words in place of codes."""

    def __init__(self) -> None:
        self.names = names_of_all()

    def __call__(self, text: str) -> str:
        """The text with every whole key replaced."""
        text = STAGE.sub(_stage, text)
        text = MORE.sub(lambda found: found[1] + _each(found[2]), text)
        text = KEY.sub(self._name, text)
        return ENDS_TWICE.sub(lambda found: found[1] + (found[2] or ""), text)

    def _name(self, found: re.Match[str]) -> str:
        key = found[0].rstrip(".:")
        tail = found[0][len(key) :]
        if key in self.names:
            return self.names[key] + tail
        parts = key.split(":")
        if len(parts) > 1 and any(part in self.names for part in parts):
            return " · ".join(self.names.get(part, part) for part in parts) + tail
        return found[0]


def names_of_all() -> dict[str, str]:
    """Names of sites, items, lanes and processes by their codes; five queries."""
    found = {one.code: name(one) for one in catalogue.resources().prefetch_related(None)}
    found |= {one.code: name(one) for one in catalogue.sites().select_related(None)}
    lanes = catalogue.lanes().select_related("origin", "destination")
    by = modes()
    for one in lanes:
        found[one.code] = f"{name(one.origin)} → {name(one.destination)}"
        if one.mode:
            found[one.code] += f" · {by.get(one.mode, one.mode)}"
    for process in catalogue.processes():
        made = [name(flow.resource) for flow in process.flows.all() if flow.quantity_per_run > 0]
        found[process.code] = " · ".join([name(process.site), *made])
    return found


def modes() -> dict[str, str]:
    """By what lanes are travelled: two between the same ends are told apart by it."""
    return {
        "road": pgettext("mode", "road"),
        "rail": pgettext("mode", "rail"),
        "air": pgettext("mode", "air"),
        "sea": pgettext("mode", "sea"),
        "river": pgettext("mode", "river"),
        "cable": pgettext("mode", "cable"),
    }


def _with_partners(text: str, facts: Any) -> str:
    """The limits that must be relieved as well, their kind in words."""
    kinds = _kinds()
    for partner in facts.get("partners", ()):
        found = LIMIT.fullmatch(partner)
        if found and found[1] in kinds:
            text = text.replace(partner, kinds[found[1]] % {"what": found[2]})
    return text


def _kinds() -> dict[str, str]:
    """Limits by their kind, as parts of a sentence."""
    full = _("%(what)s (full)")
    return {
        "closed": _("%(what)s (closed)"),
        "not_carried": _("%(what)s (not carried)"),
        "mass_kg_max": full,
        "volume_m3_max": full,
        "quantity_max": full,
        "lot_size": _("%(what)s (whole lots)"),
        "quantity_min": _("%(what)s (smallest shipment)"),
        "amount_max": _("shared capacity %(what)s"),
        "export_limit": _("export limit %(what)s"),
        "runs_max": _("production %(what)s"),
        "runs_whole": _("whole runs of %(what)s"),
        "storage_m3_max": _("storage of %(what)s"),
        "reserve": _("reserve %(what)s"),
        "commitment": _("commitment %(what)s"),
        "pledge": _("pledge %(what)s"),
        "source": _("supply of %(what)s"),
        "expiry": _("expiry of %(what)s"),
        "late": _("arrival of %(what)s"),
    }


def _stage(found: re.Match[str]) -> str:
    title = stage_titles()[found[1]]
    if found[2] == "all":
        return title
    return _("%(goal)s, priority %(priority)s") % {"goal": title, "priority": found[2]}


def _each(code: str) -> str:
    return _("run") if code == "run" else unit(code)
