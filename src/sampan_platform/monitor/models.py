"""Rules, alerts with their history, and messages that are sent once."""

from __future__ import annotations

from datetime import time

from django.db import models
from django.db.models import Q


class Severity(models.TextChoices):
    """How much it matters."""

    INFO = "info", "information 提示"
    WARNING = "warning", "warning 预警"
    CRITICAL = "critical", "critical 紧急"


class Rule(models.Model):
    """From which value on a check's finding is an alert, for a place and an item.

    The rule of the nearest organisation wins; among those of one organisation, the rule for the
    resource, then for its sub-class, its class, and for everything.
    """

    check_code = models.CharField(max_length=32)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    resource_class = models.ForeignKey(
        "catalogue.ResourceClass", models.PROTECT, null=True, related_name="+"
    )
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, null=True, related_name="+")
    limit = models.FloatField()
    """In the check's unit: days of cover, a share, days late …"""
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.WARNING)
    active = models.BooleanField(default=True)
    """Switched off, a rule keeps alerts from the places and items that it stands for."""

    class Meta:
        ordering = ("check_code", "organisation", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(resource_class=None) | Q(resource=None), name="rule_of_one_item"
            ),
            models.UniqueConstraint(
                fields=("check_code", "organisation", "resource_class", "resource"),
                name="rule_once",
                nulls_distinct=False,
            ),
        )


class State(models.TextChoices):
    """How far an alert has got."""

    OPEN = "open", "open 未处理"
    ACKNOWLEDGED = "acknowledged", "acknowledged 已确认"
    RESOLVED = "resolved", "resolved 已解决"
    CLOSED = "closed", "closed by itself 自动关闭"


UNDER_WAY = (State.OPEN, State.ACKNOWLEDGED)


class Alert(models.Model):
    """Something somebody should look at: opened once, until its cause is gone."""

    subject = models.CharField(max_length=200)
    """Check, site, resource and key: what makes two findings the same alert."""
    check_code = models.CharField(max_length=32, db_index=True)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    site = models.ForeignKey("catalogue.Site", models.PROTECT, null=True, related_name="+")
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, null=True, related_name="+")
    severity = models.CharField(max_length=8, choices=Severity)
    value = models.FloatField()
    limit = models.FloatField()
    facts = models.JSONField(default=dict)
    """What the messages are made of."""
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    owner = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """When the cause was last found."""
    ended_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    """When the cause of a resolved alert was found gone: if it comes back, that is a new alert."""

    class Meta:
        ordering = ("-opened_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("subject",),
                condition=Q(state__in=("open", "acknowledged")),
                name="alert_open_once",
            ),
        )
        indexes = (models.Index(fields=("subject", "ended_at"), name="alert_of_subject"),)

    def __str__(self) -> str:
        return self.subject


class AlertEvent(models.Model):
    """What happened to an alert."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    """Empty: the monitor itself."""
    action = models.CharField(max_length=16)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)


class AlertFigure(models.Model):
    """How the figure of an alert went; a row when it changed."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="figures")
    at = models.DateTimeField()
    value = models.FloatField()
    limit = models.FloatField()

    class Meta:
        ordering = ("id",)


class Digest(models.TextChoices):
    """What goes together in one message, and when."""

    EACH = "each", "each alert by itself 逐条"
    AT_ONCE = "at-once", "all that waits, at once 即时合并"
    HOURLY = "hourly", "on the hour 每小时"
    DAILY = "daily", "once a day 每日"


class Channel(models.Model):
    """Where a person or all who handle an area are told: an address of Apprise, with its hours."""

    user = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="channels")
    """Whose it is; empty: the area's."""
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, null=True, related_name="+"
    )
    """The area, with all below it, whose alerts come here; empty: a person's channel."""
    address = models.CharField(max_length=500)
    """With what it takes to send there: never shown whole."""
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.WARNING)
    """The least that is sent."""
    language = models.CharField(max_length=10, blank=True)
    """Empty: the person's; English for an area."""
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    time_zone = models.CharField(max_length=64, default="Asia/Shanghai")
    digest = models.CharField(max_length=8, choices=Digest, default=Digest.AT_ONCE)
    digest_at = models.TimeField(default=time(8))
    """Local time of a daily digest."""
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("user", "address"), name="channel_once"),
            models.UniqueConstraint(
                fields=("organisation", "address"), name="channel_of_area_once"
            ),
            models.CheckConstraint(
                condition=Q(user=None, organisation__isnull=False)
                | Q(user__isnull=False, organisation=None),
                name="channel_of_person_or_area",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None)
                | Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="quiet_hours_have_two_ends",
            ),
        )


class Message(models.Model):
    """One alert for one channel on one occasion; never sent twice."""

    class Sending(models.TextChoices):
        """How far it has got."""

        WAITING = "waiting", "waiting 待发送"
        CLAIMED = "claimed", "being sent 发送中"
        SENT = "sent", "sent 已发送"
        FAILED = "failed", "given up 发送失败"

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="messages")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="messages")
    occasion = models.CharField(max_length=24)
    """`opened`, `worse-critical`, `assigned-7` …"""
    state = models.CharField(max_length=8, choices=Sending, default=Sending.WAITING)
    due_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    bundle = models.UUIDField(null=True, db_index=True)
    """Of all that goes out as one; given at the first try, and the same at every later one."""
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("alert", "channel", "occasion"), name="message_once_an_occasion"
            ),
        )
