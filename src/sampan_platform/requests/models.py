"""Requests: a site asks for an item; what was decided, and what has come."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from sampan_platform.common.quantity import QuantityField


class State(models.TextChoices):
    """How far a request has got."""

    SUBMITTED = "submitted", "submitted 已提交"
    REVIEWED = "reviewed", "reviewed 已审核"
    APPROVED = "approved", "approved 已批准"
    REDUCED = "reduced", "approved in part 核减批准"
    REJECTED = "rejected", "rejected 已驳回"
    PARTLY_MET = "partly_met", "partly met 部分到货"
    MET = "met", "met 已满足"
    WITHDRAWN = "withdrawn", "withdrawn 已撤回"


OPEN = (State.APPROVED, State.REDUCED, State.PARTLY_MET)
"""States in which goods are still owed."""


class Request(models.Model):
    """A site asks for a quantity of a resource by a day."""

    client_id = models.UUIDField(unique=True)
    """Made by whoever asks, so that asking twice makes one request."""
    site = models.ForeignKey("catalogue.Site", models.PROTECT, related_name="requests")
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, related_name="+")
    asked_quantity = QuantityField()
    """As it was asked for, in `asked_pack`."""
    asked_pack = models.CharField(max_length=32, blank=True)
    """Empty: the resource's own unit."""
    quantity = QuantityField()
    """The same in the resource's unit."""
    needed_by = models.DateField()
    covers_days = models.PositiveSmallIntegerField(default=7)
    """The need of so many days from `needed_by` on; see the rule in analyse/merge.py."""
    additional = models.BooleanField(default=False)
    """On top of what is forecast, not part of it."""
    priority = models.PositiveSmallIntegerField(default=2)
    """1 is the most urgent; 2 is that of forecast need."""
    reason = models.TextField()

    state = models.CharField(max_length=12, choices=State, default=State.SUBMITTED)
    approved_quantity = QuantityField(null=True)
    met_quantity = QuantityField(default=Decimal(0))
    decision_reason = models.TextField(blank=True)
    submitted_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()
    reviewed_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("state", "needed_by")),)
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gt=0), name="request_asks_something"),
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=9), name="request_priority_1_to_9"
            ),
            models.CheckConstraint(condition=Q(covers_days__gte=1), name="request_covers_a_day"),
            models.CheckConstraint(
                condition=Q(approved_quantity__isnull=True)
                | Q(approved_quantity__gt=0, approved_quantity__lte=F("quantity")),
                name="request_approved_at_most_asked",
            ),
            models.CheckConstraint(
                condition=Q(met_quantity=0)
                | Q(
                    approved_quantity__isnull=False,
                    met_quantity__gt=0,
                    met_quantity__lte=F("approved_quantity"),
                ),
                name="request_met_at_most_approved",
            ),
        )

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def unmet(self) -> Decimal:
        """What is approved and has not come; nothing once withdrawn or rejected."""
        if self.state not in OPEN or self.approved_quantity is None:
            return Decimal(0)
        return Decimal(self.approved_quantity) - Decimal(self.met_quantity)


class RequestEvent(models.Model):
    """A request changed its state, or goods came for it."""

    request = models.ForeignKey(Request, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    actor = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=State)
    quantity = QuantityField(null=True)
    """Approved or received."""
    reason = models.TextField(blank=True)
    reference = models.CharField(max_length=128, blank=True)
    """Of goods that came: the receipt they came with."""

    class Meta:
        ordering = ("id",)


class Receipt(models.Model):
    """Goods that came to a site and were counted; each counts once."""

    site = models.ForeignKey("catalogue.Site", models.PROTECT, related_name="+")
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, related_name="+")
    reference = models.CharField(max_length=128)
    quantity = QuantityField()
    met = QuantityField(default=Decimal(0))
    """Of it, what met requests."""
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("site", "resource", "reference"), name="receipt_once"),
        )
