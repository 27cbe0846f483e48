"""What the audit trail's actions are called; programs filter by their codes, people read words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _lazy

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
