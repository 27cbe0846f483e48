"""Scenarios, plans with their certificates, lines, overrides and approvals."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from sampan_platform.common.quantity import QuantityField
from sampan_platform.common.words import either

SMALLEST = 1e-9
"""Values below this are treated as this when gaps are taken relative to them."""


class OverrideReason(models.Model):
    """Why a planner may decide otherwise than the plan: the list to choose from."""

    code = models.CharField(max_length=32, unique=True)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    order = models.PositiveSmallIntegerField(default=0)
    retired_from = models.DateField(null=True)

    class Meta:
        ordering = ("order", "code")

    def __str__(self) -> str:
        return self.code


class Scenario(models.Model):
    """A named set of changes to whatever network is current."""

    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    note = models.TextField(blank=True)
    changes = models.JSONField()
    """A list of changes in order; see `changes.py` for what each can be."""
    made_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    retired_from = models.DateField(null=True)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("organisation", "name"), name="scenario_name_once"),
        )

    def __str__(self) -> str:
        return self.name


class Snapshot(models.Model):
    """A network or a plan as it was, kept once by the hash of its content."""

    sha256 = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    """A zip of one Parquet file a table and one JSON file of settings."""
    made_at = models.DateTimeField()


class State(models.TextChoices):
    """How far a plan's solve has got."""

    QUEUED = "queued", "queued 排队"
    RUNNING = "running", "running 求解中"
    DONE = "done", "done 完成"
    STOPPED = "stopped", "stopped 已停止"
    FAILED = "failed", "failed 失败"


class ApprovalState(models.TextChoices):
    """How far a plan's approval has got."""

    OPEN = "open", "open 待审批"
    HALF = "half", "one level approved 已一级审批"
    APPROVED = "approved", "approved 已批准"
    REJECTED = "rejected", "rejected 已驳回"
    OUTDATED = "outdated", "overtaken by another 已被取代"
    """Orders were made of another plan that knows more."""


class Method(models.TextChoices):
    """How a plan is solved; what each can do is the engine's to say."""

    EXACT = "exact", "to the end 精确求解"
    FAST = "fast", "fast, to a proven gap 快速求解"
    AUTO = "auto", "by size and shape 自动选择"


class Goals(models.TextChoices):
    """What a plan is to be best at."""

    STAGES = "stages", "goal by goal, in order 逐级目标"
    TOTAL = "total", "one sum in money 合计金额"


def state_word(state: str) -> str:
    """A plan's or an approval's state in the language of the request."""
    label = State(state).label if state in State.values else ApprovalState(state).label
    return either(label)


class PlanRun(models.Model):
    """One solve of one network: what was asked, how far it is, what came out, who approved."""

    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="plans")
    """The part of the tree that it plans for."""
    scenario = models.ForeignKey(Scenario, models.PROTECT, null=True, related_name="plans")
    changes = models.JSONField(default=list)
    """The scenario's changes as they were when this was started."""
    base = models.ForeignKey("self", models.PROTECT, null=True, related_name="overridden_by")
    """The plan that this one overrides."""
    begun_from = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="planned_again_by"
    )
    """The earlier plan that this one was begun from: what is still right in it is taken over."""
    method = models.CharField(max_length=8, choices=Method, default=Method.AUTO)
    goals = models.CharField(max_length=8, choices=Goals, default=Goals.STAGES)
    as_of = models.DateTimeField()
    start = models.DateField()
    days = models.PositiveSmallIntegerField()
    order_days = models.PositiveSmallIntegerField(default=1)
    """Approval orders what leaves within so many days from the start."""
    time_limit_seconds = models.PositiveIntegerField(null=True)

    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    started_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cancel_asked = models.BooleanField(default=False)
    cancelled_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    stage = models.CharField(max_length=32, blank=True)
    part = models.CharField(max_length=64, blank=True)
    step = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    iterations = models.PositiveBigIntegerField(default=0)
    value = models.FloatField(null=True)
    bound = models.FloatField(null=True)
    """What no plan can beat, from a method that proves it on the way."""
    beat_at = models.DateTimeField(null=True)
    """When the worker last said that it is alive."""

    network = models.ForeignKey(Snapshot, models.PROTECT, null=True, related_name="+")
    plan = models.ForeignKey(Snapshot, models.PROTECT, null=True, related_name="+")
    notes = models.JSONField(default=list)
    """What had to be left out or moved while the network was built, in words."""
    findings = models.JSONField(default=list)
    """What `sampan.check` found."""
    summary = models.JSONField(null=True)
    verification = models.JSONField(null=True)
    """What `sampan.verify` found."""
    loss = models.JSONField(null=True)
    """Of an override: by stage, how much worse than the best plan."""
    error = models.TextField(blank=True)
    error_chinese = models.TextField(blank=True)
    """The same in Chinese, where the engine said what is wrong with the network."""

    approval = models.CharField(
        max_length=8, choices=ApprovalState, default=ApprovalState.OPEN, db_index=True
    )
    rejection = models.TextField(blank=True)
    """Why it was rejected."""
    ordered_value = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    """Money: value of the lines that approval orders."""
    decided = models.PositiveSmallIntegerField(default=0)
    """Counts decisions; its update is what takes the row's lock."""

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"plan {self.pk}"

    @property
    def gap(self) -> float | None:
        """How far the plan found so far may be from the best; None while that is not known."""
        if self.value is None or self.bound is None:
            return None
        return max(self.value - self.bound, 0.0) / max(abs(self.value), SMALLEST)


class PlanLine(models.Model):
    """A quantity of a resource that leaves over a lane on a day."""

    class Source(models.TextChoices):
        """What a line is taken from."""

        STOCK = "stock", "stock 现有库存"
        EXPECTED = "expected", "expected output or arrivals 待产出或待到货"

    plan = models.ForeignKey(PlanRun, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    lane = models.ForeignKey("catalogue.Lane", models.PROTECT, null=True, related_name="+")
    """Empty: a lane that only the scenario has; such a plan cannot be approved."""
    lane_code = models.CharField(max_length=96)
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, related_name="+")
    depart_on = models.DateField()
    arrive_on = models.DateField()
    quantity = QuantityField()
    expires_on = models.DateField(null=True)
    source = models.CharField(max_length=8, choices=Source)
    frozen = models.BooleanField(default=False)
    """An order that was there already; approving orders it no second time."""
    ordered = models.BooleanField(default=False)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("plan", "number"), name="plan_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="plan_line_holds_something"),
            models.CheckConstraint(
                condition=Q(arrive_on__gte=F("depart_on")), name="plan_line_arrives_later"
            ),
        )


class PlanOverride(models.Model):
    """A line that a person fixed, with the reason; kept with every plan it holds in."""

    plan = models.ForeignKey(PlanRun, models.CASCADE, related_name="overrides")
    lane = models.ForeignKey("catalogue.Lane", models.PROTECT, related_name="+")
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, related_name="+")
    depart_on = models.DateField()
    quantity_before = QuantityField()
    quantity = QuantityField()
    reason = models.ForeignKey(OverrideReason, models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "lane", "resource", "depart_on"), name="line_fixed_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="override_not_negative"),
        )


class Approval(models.Model):
    """A person's approval of a plan at a level."""

    plan = models.ForeignKey(PlanRun, models.PROTECT, related_name="approvals")
    level = models.PositiveSmallIntegerField()
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("plan", "level"), name="approved_once_a_level"),
            models.UniqueConstraint(fields=("plan", "by"), name="approved_once_a_person"),
            models.CheckConstraint(condition=Q(level__in=(1, 2)), name="approval_level_1_or_2"),
        )


class ApprovalLimit(models.Model):
    """The value up to which one approval is enough, for an organisation and all below it."""

    organisation = models.OneToOneField(
        "people.Organisation", models.PROTECT, related_name="approval_limit"
    )
    amount = models.DecimalField(max_digits=20, decimal_places=2)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount__gte=0), name="approval_limit_not_negative"),
        )
