"""What a movement must be before it is written, and the words for why it cannot be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError

from sampan_platform.common.errors import ConflictError, InvalidError, Problem
from sampan_platform.common.quantity import SCALE
from sampan_platform.ledger.accounts import AT_A_SITE, AccountKey, Leg, Posting
from sampan_platform.ledger.books import Shortage
from sampan_platform.ledger.models import Kind

LONGEST = {"kind": 32, "source": 128, "reason": 2000, "lot": 64, "reference": 64}
"""Characters."""
KINDS = frozenset(Kind.values)


def check(postings: Sequence[Posting]) -> None:
    """Legs there are, each of something, and for each resource they sum to zero."""
    ids: set[UUID] = set()
    for posting in postings:
        if posting.movement in ids:
            raise ConflictError(f"Movement {posting.movement} comes twice in what was sent.")
        ids.add(posting.movement)
        if type(posting.day) is not date:
            raise InvalidError(f"Movement {posting.movement}: {posting.day!r} is no date.")
        for name in ("kind", "source", "reason"):
            _check_text(posting.movement, name, getattr(posting, name))
        sums: dict[int, int] = defaultdict(int)
        for leg in posting.legs:
            sums[leg.account.resource] += _checked(posting.movement, leg)
        if not sums or any(sums.values()):
            raise InvalidError(
                f"The legs of movement {posting.movement} do not sum to zero. "
                "What one account gains another one must lose.",
                code="unbalanced",
            )


def _checked(movement: UUID, leg: Leg) -> int:
    """The leg's thousandths."""
    key = leg.account
    if key.kind not in KINDS:
        raise InvalidError(f"Movement {movement}: {key.kind} is none of {', '.join(Kind.values)}.")
    if key.site is None and key.kind in AT_A_SITE:
        raise InvalidError(f"Movement {movement}: {key.kind} is at a site; say at which.")
    if key.lot or key.reference:
        _check_text(movement, "lot", key.lot)
        _check_text(movement, "reference", key.reference)
    try:
        quantity = leg.thousandths
    except ValidationError as error:
        raise InvalidError(f"Movement {movement}: {error.messages[0]}", code="quantity") from error
    if quantity == 0:
        raise InvalidError(f"A leg of movement {movement} moves nothing.", code="quantity")
    return quantity


def _check_text(movement: UUID, name: str, text: str) -> None:
    if len(text) > LONGEST[name]:
        raise InvalidError(
            f"Movement {movement}: its {name} has {len(text)} characters; {LONGEST[name]} are "
            "the most."
        )
    if "\x00" in text:
        raise InvalidError(f"Movement {movement}: its {name} has a character that is no text.")


def words(shortages: Sequence[Shortage]) -> list[Problem]:
    """Each shortage with its place and goods by their codes; two queries in all."""
    resources = _codes("Resource", {one.key.resource for one in shortages})
    sites = _codes("Site", {one.key.site for one in shortages})
    return [_words(one, resources, sites) for one in shortages]


def _words(one: Shortage, resources: dict[Any, str], sites: dict[Any, str]) -> Problem:
    key = one.key
    resource = resources.get(key.resource, "?")
    there = "are free" if one.free else "are there"
    return Problem(
        "below-zero",
        f"{plain(one.wanted)} {resource} are to leave {key.kind!s}{_where(key, sites)}, and "
        f"{plain(one.has)} {there}. Count the stock again, or take less.",
        where=key.text,
        value=plain(one.wanted),
    )


def lot_is_held(key: AccountKey) -> Problem:
    """Why goods cannot come into stock."""
    sites = _codes("Site", {key.site})
    return Problem(
        "lot-held",
        f"Lot {key.lot} is in quarantine: none of it can come into stock{_where(key, sites)}. "
        "Put it into quarantine, or release the lot first.",
        where=key.text,
        value=key.lot,
    )


def _where(key: AccountKey, sites: dict[Any, str]) -> str:
    site = f" at {sites.get(key.site, '?')}" if key.site is not None else ""
    return site + (f", lot {key.lot}" if key.lot else "")


def _codes(model: str, numbers: set[Any]) -> dict[Any, str]:
    rows = apps.get_model("catalogue", model)._default_manager.filter(pk__in=numbers - {None})
    return dict(rows.values_list("pk", "code"))


def plain(thousandths: int) -> str:
    """As a person writes it: 1500 thousandths are 1.5."""
    return f"{(Decimal(thousandths) / SCALE).normalize():f}"
