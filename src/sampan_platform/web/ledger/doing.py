"""What the audit trail's actions are called; programs filter by their codes, people read words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from sampan_platform.dispatch.models import ApprovalState
from sampan_platform.people.models import RoleKind
from sampan_platform.requests.models import State
from sampan_platform.track.models import Fate, OrderState
from sampan_platform.web.catalogue.headings import WORDS
from sampan_platform.web.templatetags.sampan import either

DONE = {
    "catalogue.change": _lazy("catalogue row changed"),
    "catalogue.create": _lazy("catalogue row made"),
    "catalogue.delete": _lazy("catalogue row deleted"),
    "catalogue.retire": _lazy("catalogue row retired"),
    "collect.assign": _lazy("reporting assigned"),
    "collect.file": _lazy("reports filed"),
    "count.rebuild": _lazy("statistics rebuilt"),
    "dispatch.approve": _lazy("plan approved"),
    "dispatch.cancel": _lazy("solving stopped"),
    "dispatch.keep_scenario": _lazy("scenario kept"),
    "dispatch.override": _lazy("plan line overridden"),
    "dispatch.pull": _lazy("network fetched"),
    "dispatch.push": _lazy("plan brought in"),
    "dispatch.reject": _lazy("plan sent back"),
    "dispatch.retire_scenario": _lazy("scenario retired"),
    "dispatch.set_limit": _lazy("approval limit set"),
    "dispatch.start": _lazy("plan started"),
    "ledger.count": _lazy("stock counted"),
    "ledger.quarantine_lot": _lazy("lot held in quarantine"),
    "ledger.reverse": _lazy("movement reversed"),
    "ledger.stock_lot": _lazy("lot released"),
    "monitor.acknowledged": _lazy("alert acknowledged"),
    "monitor.add_channel": _lazy("channel added"),
    "monitor.assigned": _lazy("alert assigned"),
    "monitor.change_channel": _lazy("channel changed"),
    "monitor.commented": _lazy("alert commented"),
    "monitor.resolved": _lazy("alert resolved"),
    "monitor.set_rule": _lazy("alert rule set"),
    "people.close_user": _lazy("account closed"),
    "people.create_organisation": _lazy("organisation made"),
    "people.create_token": _lazy("token made"),
    "people.create_user": _lazy("account made"),
    "people.give_role": _lazy("role given"),
    "people.retire_organisation": _lazy("organisation retired"),
    "people.revoke_token": _lazy("token revoked"),
    "people.set_password": _lazy("password set"),
    "people.take_role": _lazy("role taken away"),
    "requests.approved": _lazy("request approved"),
    "requests.met": _lazy("request met"),
    "requests.partly_met": _lazy("request met in part"),
    "requests.reduced": _lazy("request reduced"),
    "requests.rejected": _lazy("request rejected"),
    "requests.reviewed": _lazy("request reviewed"),
    "requests.submitted": _lazy("request submitted"),
    "requests.withdrawn": _lazy("request withdrawn"),
    "system.base_map": _lazy("base map changed"),
    "track.cancel": _lazy("order cancelled"),
    "track.close": _lazy("order closed"),
    "track.issue": _lazy("orders issued"),
    "track.pick": _lazy("order picked"),
    "track.receive": _lazy("order received"),
    "track.return": _lazy("order taken back"),
    "track.ship": _lazy("order shipped"),
    "track.transit": _lazy("order reported on the way"),
}


def done(action: str) -> str:
    """An action in words; one that has none here stays as it is."""
    return str(DONE.get(action, action))


KEYS = {
    "state": pgettext_lazy("fact", "state"),
    "lines": pgettext_lazy("fact", "lines"),
    "created": pgettext_lazy("fact", "new"),
    "corrected": pgettext_lazy("fact", "corrected"),
    "unchanged": pgettext_lazy("fact", "unchanged"),
    "superseded": pgettext_lazy("fact", "overtaken"),
    "rejected_rows": pgettext_lazy("fact", "rows refused"),
    "flagged": pgettext_lazy("fact", "unusual"),
    "approval": pgettext_lazy("fact", "approval"),
    "level": pgettext_lazy("fact", "level"),
    "orders": pgettext_lazy("fact", "orders"),
    "owner": pgettext_lazy("fact", "owner"),
    "amount": pgettext_lazy("fact", "amount"),
    "complete": pgettext_lazy("fact", "approved by all"),
    "plan": pgettext_lazy("fact", "plan"),
    "line": pgettext_lazy("fact", "line"),
    "reason": pgettext_lazy("fact", "reason"),
    "days": pgettext_lazy("fact", "days"),
    "check": pgettext_lazy("fact", "rule"),
    "limit": pgettext_lazy("fact", "limit"),
    "severity": pgettext_lazy("fact", "severity"),
    "active": pgettext_lazy("fact", "in use"),
    "approval_level": pgettext_lazy("fact", "approval level"),
}
"""Of what was so before and after, where the catalogue's columns have no word for it."""


LISTED_MAX = 5
"""Of a long list, such as a plan's orders; the rest is counted."""


def facts(said: Mapping[str, Any] | None) -> list[str]:
    """What was so before or after, a line a fact; what has no word here stays as it is."""
    return [f"{_key(key)}: {_value(value)}" for key, value in (said or {}).items()]


def target_address(target: str) -> str:
    """The page of what an event is about; empty for what has none."""
    kind, _sign, key = target.partition(":")
    if kind == "order" and key:
        return reverse("web:orders:order", args=[key])
    if kind in ("plan", "request", "alert") and key.isdecimal():
        name = {"plan": "plans:plan", "request": "requests:request", "alert": "alerts:alert"}[kind]
        return reverse(f"web:{name}", args=[int(key)])
    return ""


def _key(key: str) -> str:
    return str(KEYS.get(key) or WORDS.get(key) or key)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(facts(value))
    if isinstance(value, list | tuple):
        between = "; " if any(isinstance(one, list | tuple | Mapping) for one in value) else " "
        told = between.join(_value(one) for one in value[:LISTED_MAX])
        return told if len(value) <= LISTED_MAX else f"{told} … ({len(value)})"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return "–"
    return _states().get(value, str(value)) if isinstance(value, str) else str(value)


def _states() -> dict[str, str]:
    kinds = (ApprovalState, State, Fate, OrderState, RoleKind)
    return {str(code): either(label) for kind in kinds for code, label in kind.choices}
