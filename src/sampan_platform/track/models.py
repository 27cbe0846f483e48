"""Dispatch orders, their lines, and every change of them.

An order's lines hold what has become of their goods so far; the changes hold when each part of
that happened. The first is what people ask for all day, the second is what was known at a
moment; `selectors.prove` shows that they agree.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from sampan_platform.common.quantity import QuantityField


class OrderState(models.TextChoices):
    """How far an order has got; `transitions.TABLE` says how it gets on."""

    ISSUED = "issued", "issued 已下达"
    PICKED = "picked", "picked 已拣货"
    SHIPPED = "shipped", "shipped 已发运"
    IN_TRANSIT = "in_transit", "in transit 在途"
    PART_RECEIVED = "part_received", "received in part 部分签收"
    RECEIVED = "received", "received 已签收"
    SHORT = "short", "short 短少"
    DAMAGED = "damaged", "damaged 破损"
    RETURNED = "returned", "returned 已退回"
    CLOSED = "closed", "closed 已关闭"
    CANCELLED = "cancelled", "cancelled 已取消"


NOT_LEFT = (OrderState.ISSUED, OrderState.PICKED)
ON_THE_WAY = (OrderState.SHIPPED, OrderState.IN_TRANSIT, OrderState.PART_RECEIVED)
NEVER_LEFT = (*NOT_LEFT, OrderState.CANCELLED)


class Fate(models.TextChoices):
    """What became of a quantity; each is a column of the line."""

    ORDERED = "ordered", "ordered 下达"
    WITHDRAWN = "withdrawn", "withdrawn before it left 撤回"
    SHIPPED = "shipped", "shipped 发运"
    RECEIVED = "received", "received good 完好签收"
    SHORT = "short", "did not arrive 短少"
    DAMAGED = "damaged", "arrived damaged, written off 破损核销"
    QUARANTINED = "quarantined", "arrived damaged, kept apart 隔离"
    RETURNED = "returned", "back at the origin 退回"


ARRIVED = (Fate.RECEIVED, Fate.SHORT, Fate.DAMAGED, Fate.QUARANTINED, Fate.RETURNED)
"""What ends a quantity's way; until then it is in transit."""


class NumberSeries(models.Model):
    """The last order number given out for a day."""

    day = models.DateField(unique=True)
    last = models.PositiveIntegerField(default=0)


class DispatchOrder(models.Model):
    """An approved instruction: ship this, from here, to there, by then."""

    number = models.CharField(max_length=24, unique=True)
    """Such as DO-2020-02-10-0001: the day it was issued and a running number."""
    plan = models.ForeignKey("dispatch.PlanRun", models.PROTECT, related_name="orders")
    lane = models.ForeignKey("catalogue.Lane", models.PROTECT, related_name="+")
    origin = models.ForeignKey("catalogue.Site", models.PROTECT, related_name="+")
    destination = models.ForeignKey("catalogue.Site", models.PROTECT, related_name="+")
    depart_on = models.DateField()
    arrive_on = models.DateField()
    """As planned; never changed, since lateness is measured against it."""
    expected_on = models.DateField()
    """When it will arrive as far as is known now."""
    state = models.CharField(max_length=16, choices=OrderState, default=OrderState.ISSUED)
    version = models.PositiveIntegerField(default=1)
    """Counts the changes; whoever raises it has the order to himself until he commits."""
    carrier = models.CharField(max_length=200, blank=True)
    vehicle = models.CharField(max_length=200, blank=True)
    """A number plate, flight or container, as the carrier writes it."""
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    shipped_at = models.DateTimeField(null=True)
    """When the platform was told, as are all `_at`; `_on` is the day it happened."""
    shipped_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    """When nothing of it was reserved or in transit any longer."""
    arrived_on = models.DateField(null=True)
    """Day of the last receipt or return so far."""

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("state", "depart_on"), name="track_state_departure"),
            models.Index(fields=("ended_at", "shipped_at"), name="track_not_ended"),
            models.Index(fields=("lane", "shipped_on"), name="track_lane_day"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(arrive_on__gte=F("depart_on")), name="order_arrives_later"
            ),
            models.CheckConstraint(
                condition=Q(state__in=NEVER_LEFT, shipped_at=None, shipped_on=None)
                | (
                    ~Q(state__in=NEVER_LEFT) & Q(shipped_at__isnull=False, shipped_on__isnull=False)
                ),
                name="order_left_once_shipped",
            ),
            models.CheckConstraint(
                condition=Q(state__in=(*NOT_LEFT, *ON_THE_WAY), ended_at=None)
                | (~Q(state__in=(*NOT_LEFT, *ON_THE_WAY)) & Q(ended_at__isnull=False)),
                name="order_ended_or_under_way",
            ),
        )

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """A quantity of one lot of a resource in an order, and what has become of it."""

    order = models.ForeignKey(DispatchOrder, models.PROTECT, related_name="lines")
    number = models.PositiveSmallIntegerField()
    plan_line = models.ForeignKey("dispatch.PlanLine", models.PROTECT, related_name="+")
    part = models.PositiveSmallIntegerField()
    """A plan's line is taken from as many lots as it needs: 1, 2, …"""
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, related_name="+")
    lot = models.CharField(max_length=64, blank=True)
    expires_on = models.DateField(null=True)
    movement = models.UUIDField()
    """The ledger's movement from stock to transit: pending, then settled or voided."""
    ordered = QuantityField()
    withdrawn = QuantityField(default=Decimal(0))
    shipped = QuantityField(default=Decimal(0))
    received = QuantityField(default=Decimal(0))
    short = QuantityField(default=Decimal(0))
    damaged = QuantityField(default=Decimal(0))
    quarantined = QuantityField(default=Decimal(0))
    returned = QuantityField(default=Decimal(0))

    class Meta:
        ordering = ("order", "number")
        constraints = (
            models.UniqueConstraint(fields=("order", "number"), name="order_line_once"),
            models.UniqueConstraint(fields=("plan_line", "part"), name="plan_line_ordered_once"),
            models.CheckConstraint(condition=Q(ordered__gt=0), name="order_line_holds_something"),
            models.CheckConstraint(
                condition=Q(
                    withdrawn__gte=0, shipped__gte=0, received__gte=0, short__gte=0,
                    damaged__gte=0, quarantined__gte=0, returned__gte=0,
                ),
                name="order_line_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(ordered__gte=F("withdrawn") + F("shipped")),
                name="ships_no_more_than_ordered",
            ),
            models.CheckConstraint(
                condition=Q(
                    shipped__gte=F("received") + F("short") + F("damaged") + F("quarantined")
                    + F("returned")
                ),
                name="receives_no_more_than_shipped",
            ),
        )  # fmt: skip

    @property
    def key(self) -> str:
        """What the ledger knows this line by while its goods are in transit."""
        return f"{self.order.number}/{self.number}"

    @property
    def reserved(self) -> Decimal:
        """Still in the origin's stock, for this order alone."""
        left: Decimal = self.ordered - self.withdrawn - self.shipped
        return left

    @property
    def in_transit(self) -> Decimal:
        """Gone from the origin, and not yet accounted for."""
        left: Decimal = self.shipped - sum(getattr(self, fate) for fate in ARRIVED)
        return left


class OrderEvent(models.Model):
    """One change of an order; never changed, never deleted."""

    change = models.UUIDField(unique=True)
    """Made by whoever asked for the change: the same one is made once."""
    digest = models.CharField(max_length=64)
    """SHA-256 of all that was asked, to tell a repetition from another change."""
    order = models.ForeignKey(DispatchOrder, models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    """The order's version after it."""
    action = models.CharField(max_length=16)
    state_before = models.CharField(max_length=16, choices=OrderState, blank=True)
    state_after = models.CharField(max_length=16, choices=OrderState)
    at = models.DateTimeField(db_index=True)
    day = models.DateField()
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    place = models.CharField(max_length=200, blank=True)
    expected_on = models.DateField()
    """The order's expected day after it."""

    class Meta:
        ordering = ("order", "sequence")
        constraints = (
            models.UniqueConstraint(fields=("order", "sequence"), name="order_event_once"),
        )


class EventLine(models.Model):
    """What a change did to a quantity of a line."""

    event = models.ForeignKey(OrderEvent, models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="events")
    fate = models.CharField(max_length=16, choices=Fate)
    quantity = QuantityField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("event", "line", "fate"), name="event_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="event_line_holds_something"),
        )
