"""The outbox: who is told what, once, not in quiet hours, and again if it failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sampan_platform.monitor.models import Alert, Channel, Message, Severity
from sampan_platform.monitor.words import title, words
from sampan_platform.people import selectors as people

Send = Callable[[str, str, str], bool]
"""Address, title, text → whether it was taken."""
TRIES = 6
FIRST_WAIT = timedelta(minutes=1)
"""Before the second try; doubled each time."""
LOST_AFTER = timedelta(minutes=10)
"""A sender that claimed a message and said nothing since is gone."""
Sending = Message.Sending


def fill(alerts: Sequence[Alert], occasion: str, now: datetime) -> int:
    """A message for each alert and each channel of those who handle its place."""
    if not alerts:
        return 0
    ranks = list(Severity.values)
    made = []
    for channel in Channel.objects.filter(active=True, user__is_active=True).select_related("user"):
        theirs = set(
            people.organisations(channel.user, people.HANDLE_ALERTS).values_list("pk", flat=True)
        )
        made += [
            Message(alert=alert, channel=channel, occasion=occasion, due_at=awake(channel, now))
            for alert in alerts
            if alert.organisation_id in theirs
            and ranks.index(alert.severity) >= ranks.index(channel.severity)
        ]
    Message.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def withdraw(alerts: Sequence[int]) -> None:
    """What has not been sent need not be: its cause is gone."""
    Message.objects.filter(alert__in=alerts, state=Sending.WAITING).delete()


def awake(channel: Channel, now: datetime) -> datetime:
    """Now, or the end of the channel's quiet hours."""
    if channel.quiet_from is None or channel.quiet_to is None:
        return now
    local = now.astimezone(ZoneInfo(channel.time_zone))
    begin, end, at = channel.quiet_from, channel.quiet_to, local.time()
    over_midnight = begin > end
    quiet = (at >= begin or at < end) if over_midnight else begin <= at < end
    if not quiet:
        return now
    until = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return until if until > local else until + timedelta(days=1)


def send_due(now: datetime, send: Send | None = None) -> int:
    """Send what is due; returns how many messages went out. Any number may run at once."""
    lost = Message.objects.filter(state=Sending.CLAIMED, due_at__lt=now - LOST_AFTER)
    # whether it went out nobody knows: not sent twice is what was promised
    lost.update(state=Sending.FAILED, error="the sender ended while it was sending")
    claim = uuid4()
    due = Message.objects.filter(state=Sending.WAITING, due_at__lte=now)
    if not due.update(state=Sending.CLAIMED, claim=claim, due_at=now):
        return 0
    mine = Message.objects.filter(claim=claim, state=Sending.CLAIMED)
    rows = mine.select_related(
        "channel__user", "alert__site", "alert__resource", "alert__organisation"
    )
    by_channel: dict[Channel, list[Message]] = defaultdict(list)
    for row in rows:
        by_channel[row.channel].append(row)
    sent = 0
    for channel, messages in by_channel.items():
        for part in [messages] if channel.digest else [[one] for one in messages]:
            sent += _send(channel, part, now, send or by_apprise)
    return sent


def _send(channel: Channel, messages: Sequence[Message], now: datetime, send: Send) -> int:
    """One message out; what is not taken waits for the next try."""
    language = channel.user.language
    alerts = [message.alert for message in messages]
    error = ""
    try:
        taken = send(channel.address, title(alerts, language), words(alerts, language))
    except Exception as problem:  # noqa: BLE001 - whatever a messenger raises is told and tried again
        taken, error = False, f"{type(problem).__name__}: {problem}"[:300]
    numbers = [message.pk for message in messages]
    rows = Message.objects.filter(pk__in=numbers, state=Sending.CLAIMED)
    if taken:
        return rows.update(state=Sending.SENT, sent_at=now)
    for message in messages:
        tries = message.tries + 1
        given_up = tries >= TRIES
        rows.filter(pk=message.pk).update(
            state=Sending.FAILED if given_up else Sending.WAITING,
            tries=tries,
            due_at=now + FIRST_WAIT * 2 ** (tries - 1),
            error=error or "the receiver did not take it",
        )
    return 0


def by_apprise(address: str, heading: str, text: str) -> bool:
    """Hand a message to Apprise."""
    import apprise

    messenger = apprise.Apprise()
    if not messenger.add(address):
        raise ValueError("Apprise does not know this kind of address")
    return bool(messenger.notify(title=heading, body=text))


def shown(alerts: Iterable[Alert], language: str) -> list[str]:
    """Each alert in words, for lists."""
    return [words([alert], language) for alert in alerts]
