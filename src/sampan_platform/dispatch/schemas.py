"""What the API takes and answers with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import Field as Limited

from sampan_platform.dispatch import selectors
from sampan_platform.dispatch.models import PlanRun

Text = Annotated[str, Limited(max_length=2000)]
Count = Annotated[Decimal, Limited(ge=0, max_digits=16, decimal_places=3)]


class StartIn(Schema):
    """What to plan."""

    organisation: str
    days: int = 14
    order_days: int = 1
    """Approval orders what leaves within so many days."""
    as_of: datetime | None = None
    """The moment whose knowledge counts; now unless given."""
    scenario: int | None = None
    time_limit_seconds: int | None = None
    method: Literal["exact", "fast", "auto"] = "auto"
    """To the end, to a proven gap, or by size and shape."""
    goals: Literal["stages", "total"] = "stages"
    """Goal by goal in order, or one sum in money."""


class ScenarioIn(Schema):
    """A named set of changes."""

    organisation: str
    name: Annotated[str, Limited(max_length=120)]
    changes: Annotated[list[dict[str, Any]], Limited(max_length=200)]
    note: Text = ""


class OverrideIn(Schema):
    """A line as a person wants it."""

    lane: str
    resource: str
    depart_on: date
    quantity: Count
    reason: str
    """A code of the list of reasons."""
    note: Text = ""


class NoteIn(Schema):
    """Why."""

    note: Text = ""


class LimitIn(Schema):
    """The value up to which one approval is enough."""

    organisation: str
    amount: Annotated[Decimal, Limited(ge=0, max_digits=20, decimal_places=2)] | None
    """Empty: as the organisation above has it."""


class ScenarioOut(Schema):
    """A scenario."""

    id: int
    organisation: str = Field(alias="organisation.code")
    name: str
    note: str
    changes: list[dict[str, Any]]
    made_by: str = Field(alias="made_by.username")
    made_at: datetime


class ReasonOut(Schema):
    """A reason for an override."""

    code: str
    name_en: str
    name_zh: str


class PlanOut(Schema):
    """A plan as in a list, with how far it is."""

    id: int
    organisation: str = Field(alias="organisation.code")
    scenario: str | None = Field(None, alias="scenario.name")
    base: int | None = Field(None, alias="base_id")
    begun_from: int | None = Field(None, alias="begun_from_id")
    method: str
    goals: str
    as_of: datetime
    start: date
    days: int
    order_days: int
    state: str
    approval: str
    started_by: str = Field(alias="started_by.username")
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    stage: str
    part: str
    step: int
    steps: int
    iterations: int
    value: float | None
    bound: float | None
    gap: float | None
    ordered_value: Decimal | None
    error: str


class ApprovalOut(Schema):
    """Somebody's approval."""

    level: int
    by: str = Field(alias="by.username")
    at: datetime
    note: str


class OverrideOut(Schema):
    """A line that a person fixed."""

    lane: str = Field(alias="lane.code")
    resource: str = Field(alias="resource.code")
    depart_on: date
    quantity_before: Decimal
    quantity: Decimal
    reason: str = Field(alias="reason.code")
    note: str
    by: str = Field(alias="by.username")
    at: datetime


class WholePlanOut(PlanOut):
    """A plan with its certificate, what was found, who changed it and who approved."""

    changes: list[dict[str, Any]]
    notes: list[str]
    findings: list[dict[str, Any]]
    summary: dict[str, Any] | None
    verification: dict[str, Any] | None
    loss: list[dict[str, Any]] | None
    rejection: str
    approvals: list[ApprovalOut]
    overrides: list[OverrideOut]
    levels_needed: int
    levels_given: list[int]

    @staticmethod
    def resolve_approvals(row: PlanRun) -> list[object]:
        """In their order."""
        return list(row.approvals.select_related("by"))

    @staticmethod
    def resolve_overrides(row: PlanRun) -> list[object]:
        """In their order."""
        return list(row.overrides.select_related("lane", "resource", "reason", "by"))

    @staticmethod
    def resolve_levels_needed(row: PlanRun) -> int:
        """1: either level is enough; 2: one of each."""
        return selectors.approvals(row).levels_needed

    @staticmethod
    def resolve_levels_given(row: PlanRun) -> list[int]:
        """That have approved."""
        return list(selectors.approvals(row).levels_given)


class LineOut(Schema):
    """A quantity that leaves over a lane on a day."""

    id: int
    number: int
    lane: str = Field(alias="lane_code")
    resource: str = Field(alias="resource.code")
    unit: str = Field(alias="resource.unit")
    quantity: Decimal
    depart_on: date
    arrive_on: date
    expires_on: date | None
    source: str
    frozen: bool
    ordered: bool


class ComparisonOut(Schema):
    """Two plans side by side; a and b are what each has."""

    stages: list[dict[str, Any]]
    shortage_by_class: list[dict[str, Any]]
    shortage_by_site: list[dict[str, Any]]
    shipments: list[dict[str, Any]]
