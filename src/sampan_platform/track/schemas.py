"""What the API answers with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from sampan_platform.http.kit import user_of
from sampan_platform.track.models import DispatchOrder
from sampan_platform.track.transitions import allowed_actions


class LineOut(Schema):
    """A quantity of one lot of a resource, and what has become of it."""

    number: int
    resource: str = Field(alias="resource.code")
    unit: str = Field(alias="resource.unit")
    lot: str
    expires_on: date | None
    ordered: Decimal
    withdrawn: Decimal
    shipped: Decimal
    received: Decimal
    short: Decimal
    damaged: Decimal
    quarantined: Decimal
    returned: Decimal
    reserved: Decimal
    in_transit: Decimal


class OrderOut(Schema):
    """An order as in a list."""

    id: int
    number: str
    state: str
    version: int
    plan: int = Field(alias="plan_id")
    lane: str = Field(alias="lane.code")
    origin: str = Field(alias="origin.code")
    destination: str = Field(alias="destination.code")
    depart_on: date
    arrive_on: date
    expected_on: date
    shipped_on: date | None
    arrived_on: date | None
    carrier: str
    vehicle: str
    issued_at: datetime
    lines: list[LineOut]


class EventLineOut(Schema):
    """What a change did to a quantity of a line."""

    line: int = Field(alias="line.number")
    fate: str
    quantity: Decimal
    reason: str


class EventOut(Schema):
    """One change."""

    change: UUID
    sequence: int
    action: str
    state_before: str
    state_after: str
    at: datetime
    day: date
    by: str = Field(alias="by.username")
    reason: str
    place: str
    expected_on: date
    lines: list[EventLineOut]


class WholeOrderOut(OrderOut):
    """An order with all that happened to it, and what the asker may do now."""

    events: list[EventOut]
    actions: list[str]

    @staticmethod
    def resolve_actions(order: DispatchOrder, context: Any) -> list[str]:
        return allowed_actions(order, user_of(context["request"]))


class OverdueOut(Schema):
    """An order that is late."""

    number: str = Field(alias="order.number")
    state: str = Field(alias="order.state")
    lane: str = Field(alias="order.lane.code")
    origin: str = Field(alias="order.origin.code")
    destination: str = Field(alias="order.destination.code")
    depart_on: date = Field(alias="order.depart_on")
    arrive_on: date = Field(alias="order.arrive_on")
    expected_on: date = Field(alias="order.expected_on")
    what: str
    days: int


class ComingOut(Schema):
    """Goods that will be at a site on a day, as far as is known."""

    site: str
    resource: str
    unit: str
    day: date
    quantity: Decimal
    expires_on: date | None


class LaneOut(Schema):
    """What left over a lane of one resource, and what has become of it."""

    lane: str
    origin: str
    destination: str
    resource: str
    unit: str
    day: date | None
    orders: int
    shipped: float
    received: float
    short: float
    damaged: float
    quarantined: float
    returned: float
    in_transit: float
    arrived_orders: int
    lead_days_planned: float | None
    lead_days_actual: float | None


class TransitionOut(Schema):
    """An action: where from, where to, who may."""

    action: str
    name_en: str
    name_zh: str
    before: list[str]
    after: list[str]
    who: list[tuple[str, str]]
    reason_needed_after: list[str]


class PartyOut(Schema):
    """One end of the order."""

    site: str
    name_en: str
    name_zh: str
    organisation_en: str
    organisation_zh: str
    country: str
    gln: str
    un_locode: str


class PackagesOut(Schema):
    """So many whole boxes, cartons …"""

    name: str
    count: int
    each: Decimal


class PaperLineOut(Schema):
    """A line of the paper."""

    number: int
    resource: str
    name_en: str
    name_zh: str
    unit: str
    hs_code: str
    gtin: str
    lot: str
    expires_on: date | None
    quantity: Decimal
    packages: list[PackagesOut]
    loose: Decimal
    mass_kg: float
    volume_m3: float


class PaperOut(Schema):
    """A paper, ready to be printed."""

    kind: str
    title_en: str
    title_zh: str
    number: str
    state: str
    issued_at: datetime
    issued_by: str
    plan: int
    lane: str
    mode: str
    border: str
    carrier: str
    vehicle: str
    origin: PartyOut
    destination: PartyOut
    depart_on: date
    arrive_on: date
    shipped_on: date | None
    lines: list[PaperLineOut]
    mass_kg: float
    volume_m3: float
    signatures: list[tuple[str, str]]
