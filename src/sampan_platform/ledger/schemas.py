"""What the ledger's API takes and gives."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Schema

Reason = Annotated[str, Field(min_length=1, max_length=2000)]
Lot = Annotated[str, Field(min_length=1, max_length=64)]


class StockOut(Schema):
    """What is of one lot at a site."""

    site: str = Field(alias="site.code")
    resource: str = Field(alias="resource.code")
    unit: str = Field(alias="resource.unit")
    kind: str
    lot: str
    expires_on: date | None
    quantity: Decimal = Field(alias="balance")
    pending_out: Decimal
    pending_in: Decimal
    available: Decimal

    @staticmethod
    def resolve_available(row: Any) -> Decimal:
        """What nobody has set apart."""
        return Decimal(row.balance - row.pending_out)


class CardLineOut(Schema):
    """One line of a stock card."""

    movement: UUID
    day: date
    recorded_at: datetime
    kind: str
    source: str
    reason: str
    lot: str
    expires_on: date | None
    quantity: Decimal
    balance: Decimal


class CardOut(Schema):
    """What moved at a site, with the balance before and after."""

    opening: Decimal
    lines: list[CardLineOut]
    closing: Decimal


class EntryOut(Schema):
    """So much more, or less, in an account."""

    kind: str = Field(alias="account.kind")
    resource: str = Field(alias="account.resource.code")
    site: str | None
    lot: str = Field(alias="account.lot")
    expires_on: date | None = Field(alias="account.expires_on")
    reference: str = Field(alias="account.reference")
    quantity: Decimal

    @staticmethod
    def resolve_site(row: Any) -> str | None:
        return None if row.account.site is None else row.account.site.code


class MovementOut(Schema):
    """One thing that happened to one movement; a link of the chain."""

    number: int
    movement: UUID
    event: str
    kind: str
    day: date
    recorded_at: datetime
    by: str | None
    reason: str
    source: str
    reverses: UUID | None
    hash: str
    entries: list[EntryOut]

    @staticmethod
    def resolve_by(row: Any) -> str | None:
        return None if row.actor is None else row.actor.username

    @staticmethod
    def resolve_entries(row: Any) -> list[Any]:
        return list(row.entries.all())


class WhereaboutsOut(Schema):
    """So much of a lot is here, or this became of it."""

    kind: str
    site: str
    reference: str
    expires_on: date | None
    quantity: Decimal


class HeadOut(Schema):
    """The chain's end; noted elsewhere it anchors a later proof."""

    number: int
    hash: str


class ReverseIn(Schema):
    """Why, and the id of the movement that undoes it."""

    movement: UUID
    """Made by you: send the same again and nothing happens twice."""
    reason: Reason


class CountIn(Schema):
    """What was counted of one lot at a site."""

    movement: UUID
    """Made by you: send the same again and nothing happens twice."""
    site: str
    resource: str
    lot: str = Field("", max_length=64)
    expires_on: date | None = None
    counted: Decimal = Field(ge=0, max_digits=16, decimal_places=3)
    day: date
    reason: Reason


class LotIn(Schema):
    """A lot to hold or to release."""

    movement: UUID
    """Made by you: send the same again and nothing happens twice."""
    resource: str
    lot: Lot
    day: date
    reason: Reason
