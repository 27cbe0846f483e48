"""Accounts, movements and entries. Movements and entries are never changed, never deleted.

What happens to a movement is a row each: `post` alone, or `pend` and then `settle` or `void`.
Triggers (migration 0002) refuse any change of these rows and any movement whose entries do not
sum to zero; a check on `Account` refuses a balance below zero where goods are.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sampan_platform.common.quantity import QuantityField


class Kind(models.TextChoices):
    """What an account stands for."""

    STOCK = "stock", "stock 库存"
    QUARANTINE = "quarantine", "quarantine 隔离"
    TRANSIT = "transit", "in transit 在途"
    PRODUCTION = "production", "production 生产"
    USE = "use", "use 使用"
    ADJUSTMENT = "adjustment", "count difference 盘点差异"
    OUTSIDE = "outside", "outside 外部"
    LOSS = "loss", "loss 损失"


class Account(models.Model):
    """A place or an end for a quantity of one resource, lot and expiry."""

    key = models.CharField(max_length=300, unique=True)
    """See `AccountKey.text`."""
    kind = models.CharField(max_length=12, choices=Kind)
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, related_name="+")
    site = models.ForeignKey("catalogue.Site", models.PROTECT, null=True, related_name="+")
    lot = models.CharField(max_length=64, blank=True)
    expires_on = models.DateField(null=True)
    reference = models.CharField(max_length=64, blank=True)
    balance = QuantityField(default=0)
    """Sum of the posted entries; kept in the transaction that posts."""
    pending_out = QuantityField(default=0)
    """Set apart by pending movements, and still in the balance."""
    pending_in = QuantityField(default=0)

    class Meta:
        indexes = (
            models.Index(fields=("kind", "site", "resource"), name="account_of_site"),
            models.Index(fields=("resource", "lot"), name="account_of_lot"),
        )
        constraints = (
            models.CheckConstraint(
                condition=~Q(kind__in=("stock", "transit", "quarantine")) | Q(balance__gte=0),
                name="goods_never_below_zero",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("stock", "quarantine")) | Q(site__isnull=False),
                name="stock_is_at_a_site",
            ),
            models.CheckConstraint(
                condition=Q(pending_out__gte=0, pending_in__gte=0), name="pending_not_negative"
            ),
        )

    def __str__(self) -> str:
        return self.key


class Event(models.TextChoices):
    """What happens to a movement."""

    POST = "post", "posted 入账"
    PEND = "pend", "pending 待入账"
    SETTLE = "settle", "settled 已入账"
    VOID = "void", "void 作废"


class Movement(models.Model):
    """One thing that happened to one movement; a link of the chain."""

    number = models.BigIntegerField(primary_key=True)
    """Place in the chain: 1, 2, 3 …"""
    movement = models.UUIDField()
    """The client's id."""
    event = models.CharField(max_length=8, choices=Event)
    ends = models.BooleanField()
    """Whether this settles or voids what was pending."""
    kind = models.CharField(max_length=32)
    day = models.DateField(db_index=True)
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        "people.User", models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.TextField(blank=True)
    source = models.CharField(max_length=128, blank=True)
    reverses = models.UUIDField(null=True)
    content = models.CharField(max_length=64)
    """SHA-256 of what was asked for: the same id must mean the same thing."""
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    """SHA-256 of this row, its entries and the previous hash."""

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("movement", "ends"), name="movement_once"),
            models.UniqueConstraint(
                fields=("reverses",), condition=Q(ends=False), name="reversed_once"
            ),
        )
        indexes = (models.Index(fields=("source",), name="movement_of_source"),)

    def __str__(self) -> str:
        return f"{self.number} {self.event} {self.kind}"


class Entry(models.Model):
    """So much more, or less, in an account."""

    movement = models.ForeignKey(Movement, models.PROTECT, related_name="entries")
    # that they are there is asked by the triggers of migrations 0002 and 0003
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="entries", db_constraint=False
    )
    resource = models.ForeignKey(
        "catalogue.Resource", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    quantity = QuantityField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=~Q(quantity=0), name="entry_moves_something"),
        )


class Head(models.Model):
    """The end of the chain: one row, locked by whoever appends."""

    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")


class LotHold(models.Model):
    """A lot that is held in quarantine in a part of the tree of organisations."""

    movement = models.UUIDField()
    """The client's id of the call that held it."""
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, related_name="+")
    lot = models.CharField(max_length=64)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    """At its sites and at those of all below it."""
    reason = models.TextField()
    held_at = models.DateTimeField()
    held_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("movement", "organisation"), name="lot_held_once_a_call"
            ),
            models.UniqueConstraint(
                fields=("resource", "lot", "organisation"),
                condition=Q(released_at__isnull=True),
                name="lot_held_once",
            ),
        )

    def __str__(self) -> str:
        return self.lot
