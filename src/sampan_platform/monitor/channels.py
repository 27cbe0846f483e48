"""Where people and areas are told: adding, changing and switching off channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from sampan_platform.common.errors import ConflictError, InvalidError, NotFoundError
from sampan_platform.monitor.models import Channel, Digest, Severity
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.people.services import record

SCHEMES = (
    "mailto", "mailtos", "wecombot", "dingtalk", "feishu", "lark", "workflows", "slack",
    "json", "jsons", "form", "forms", "xml", "xmls",
)  # fmt: skip
"""Of Apprise: e-mail, WeCom, DingTalk, Feishu, Lark, Teams, Slack, webhooks. Not those that act
on this machine, such as desktop notices."""
SHOWN_HOST = frozenset({"mailto", "mailtos", "json", "jsons", "form", "forms", "xml", "xmls"})
"""Whose host is no secret; that of the others is the token itself."""
SETTINGS = frozenset({
    "severity", "language", "quiet_from", "quiet_to", "time_zone", "digest", "digest_at", "active",
})  # fmt: skip


@transaction.atomic
def add_channel(
    address: str,
    actor: User,
    *,
    organisation: Organisation | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Channel:
    """A channel of one's own, or of an area for whoever sets the rules there."""
    if organisation is not None:
        people.require(actor, people.SET_RULES, organisation)
    _check_address(address)
    mine = {"organisation": organisation} if organisation else {"user": actor}
    given = _checked(settings or {})
    try:
        with transaction.atomic():
            made = Channel.objects.create(address=address, **mine, **given)
    except IntegrityError as error:
        raise ConflictError(
            gettext("This address is a channel here already. Change that one.")
        ) from error
    _record(actor, "monitor.add_channel", made, None)
    return made


@transaction.atomic
def change_channel(channel: Channel, actor: User, settings: Mapping[str, Any]) -> Channel:
    """Other hours, digest, severity, or off; the address stays: add another one instead."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    _require(actor, channel)
    before, given = told(channel), _checked(settings)
    for name, value in given.items():
        setattr(channel, name, value)
    if (channel.quiet_from is None) != (channel.quiet_to is None):
        raise InvalidError(
            gettext("Quiet hours have two ends: give quiet_from and quiet_to, or neither.")
        )
    channel.save(update_fields=[*given] or None)
    _record(actor, "monitor.change_channel", channel, before)
    return channel


def shown_address(channel: Channel) -> str:
    """Enough to tell it from others, without what it takes to send there."""
    scheme, _, rest = channel.address.partition("://")
    host = rest.split("?")[0].split("/")[0].rpartition("@")[2]
    return f"{scheme}://{host}/…" if scheme in SHOWN_HOST else f"{scheme}://…"


def told(channel: Channel) -> dict[str, Any]:
    """For the audit trail."""
    found = {name: getattr(channel, name) for name in sorted(SETTINGS)}
    return {"address": shown_address(channel)} | {
        name: value if value is None or isinstance(value, bool) else str(value)
        for name, value in found.items()
    }


def _require(actor: User, channel: Channel) -> None:
    """Whose it is, or who sets the rules of its area; others do not learn that it exists."""
    if channel.organisation is not None:
        people.require(actor, people.SET_RULES, channel.organisation)
    elif channel.user_id != actor.pk:
        raise NotFoundError(
            gettext("There is no channel %(number)s, or it is not yours.") % {"number": channel.pk}
        )


def _record(actor: User, action: str, channel: Channel, before: dict[str, Any] | None) -> None:
    record(
        actor, action, f"channel:{channel.pk}", channel.organisation,
        before=before, after=told(channel),
    )  # fmt: skip


def _check_address(address: str) -> None:
    import apprise

    scheme = address.partition("://")[0]
    if scheme not in SCHEMES:
        raise InvalidError(
            gettext("An address begins with one of %(schemes)s and ://, as Apprise writes it.")
            % {"schemes": ", ".join(SCHEMES)},
            code="channel-address",
        )
    if len(address) > 500 or apprise.Apprise.instantiate(address, suppress_exceptions=True) is None:
        raise InvalidError(
            gettext(
                "This is no address of %(scheme)s:// that Apprise understands; see its page on it."
            )
            % {"scheme": scheme},
            code="channel-address",
        )


def _checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, each of a value that it may have."""
    given = dict(settings)
    unknown = sorted(given.keys() - SETTINGS)
    if unknown:
        raise InvalidError(
            gettext("A channel has no %(unknown)s; it has %(settings)s.")
            % {"unknown": ", ".join(unknown), "settings": sorted(SETTINGS)}
        )
    for name, values in (("severity", Severity.values), ("digest", Digest.values)):
        if name in given and given[name] not in values:
            raise InvalidError(
                gettext("The %(name)s is one of %(values)s.")
                % {"name": name, "values": ", ".join(values)}
            )
    if given.get("language", "") not in ("", "en", "zh-hans"):
        raise InvalidError(gettext("The language is en or zh-hans, or empty for the person's own."))
    zone = given.get("time_zone")
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidError(
                gettext("There is no time zone %(zone)s; write it like Asia/Shanghai.")
                % {"zone": zone[:64]}
            ) from error
    begin, end = given.get("quiet_from"), given.get("quiet_to")
    if begin is not None and begin == end:
        raise InvalidError(
            gettext("Quiet hours that end when they begin would never end. Change one.")
        )
    return given
