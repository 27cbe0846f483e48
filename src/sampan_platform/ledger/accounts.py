"""The values that the ledger speaks of: accounts, legs, postings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from sampan_platform.common.quantity import to_thousandths
from sampan_platform.ledger.models import Kind

NEVER_BELOW_ZERO = (Kind.STOCK, Kind.TRANSIT, Kind.QUARANTINE)
AT_A_SITE = (Kind.STOCK, Kind.QUARANTINE)


@dataclass(frozen=True)
class AccountKey:
    """Where a quantity of a resource is, or what became of it."""

    kind: str
    """See `Kind`."""
    resource: int
    site: int | None = None
    lot: str = ""
    expires_on: date | None = None
    reference: str = ""
    """For goods in transit: the order line."""

    @cached_property
    def text(self) -> str:
        """The key as the database keeps it; lots and references are quoted so that none collide."""
        expires = "" if self.expires_on is None else self.expires_on.isoformat()
        site = "" if self.site is None else str(self.site)
        lot, reference = _quoted(self.lot), _quoted(self.reference)
        return f"{self.kind!s}|{self.resource}|{site}|{expires}|{lot}|{reference}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\p")


@dataclass(frozen=True)
class Leg:
    """So much more (or, below zero, less) in an account."""

    account: AccountKey
    quantity: Decimal

    @cached_property
    def thousandths(self) -> int:
        """The quantity as the database keeps it."""
        return to_thousandths(self.quantity)


@dataclass(frozen=True)
class Posting:
    """A movement to be posted: its legs sum to zero for each resource."""

    movement: UUID
    """Made by the caller: the same movement sent twice is posted once."""
    kind: str
    legs: Sequence[Leg]
    day: date
    """On which it happened; when it was recorded is kept beside it."""
    reason: str = ""
    source: str = ""
    """What it comes from: `report:17`, `order:DO-…`."""
    reverses: UUID | None = None
