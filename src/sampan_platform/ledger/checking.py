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
from django.utils.translation import gettext

from sampan_platform.common.errors import ConflictError, InvalidError, Problem
from sampan_platform.common.quantity import SCALE
from sampan_platform.common.words import either
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
            raise ConflictError(
                gettext("Movement %(movement)s comes twice in what was sent.")
                % {"movement": posting.movement}
            )
        ids.add(posting.movement)
        if type(posting.day) is not date:
            raise InvalidError(
                gettext("Movement %(movement)s: %(day)s is no date.")
                % {"movement": posting.movement, "day": f"{posting.day!r}"}
            )
        for name in ("kind", "source", "reason"):
            _check_text(posting.movement, name, getattr(posting, name))
        sums: dict[int, int] = defaultdict(int)
        for leg in posting.legs:
            sums[leg.account.resource] += _checked(posting.movement, leg)
        if not sums or any(sums.values()):
            raise InvalidError(
                gettext(
                    "The legs of movement %(movement)s do not sum to zero. What one "
                    "account gains another one must lose."
                )
                % {"movement": posting.movement},
                code="unbalanced",
            )


def _checked(movement: UUID, leg: Leg) -> int:
    """The leg's thousandths."""
    key = leg.account
    if key.kind not in KINDS:
        raise InvalidError(
            gettext("Movement %(movement)s: %(kind)s is none of %(known)s.")
            % {"movement": movement, "kind": key.kind, "known": ", ".join(Kind.values)}
        )
    if key.site is None and key.kind in AT_A_SITE:
        raise InvalidError(
            gettext("Movement %(movement)s: %(kind)s is at a site; say at which.")
            % {"movement": movement, "kind": key.kind}
        )
    if key.lot or key.reference:
        _check_text(movement, "lot", key.lot)
        _check_text(movement, "reference", key.reference)
    try:
        quantity = leg.thousandths
    except ValidationError as error:
        raise InvalidError(
            gettext("Movement %(movement)s: %(messages)s")
            % {"movement": movement, "messages": error.messages[0]},
            code="quantity",
        ) from error
    if quantity == 0:
        raise InvalidError(
            gettext("A leg of movement %(movement)s moves nothing.") % {"movement": movement},
            code="quantity",
        )
    return quantity


def _check_text(movement: UUID, name: str, text: str) -> None:
    if len(text) > LONGEST[name]:
        raise InvalidError(
            gettext(
                "Movement %(movement)s: its %(name)s has %(length)s characters; %(longest)s "
                "are the most."
            )
            % {"movement": movement, "name": name, "length": len(text), "longest": LONGEST[name]}
        )
    if "\x00" in text:
        raise InvalidError(
            gettext("Movement %(movement)s: its %(name)s has a character that is no text.")
            % {"movement": movement, "name": name}
        )


def words(shortages: Sequence[Shortage]) -> list[Problem]:
    """Each shortage with its place and goods by their codes; two queries in all."""
    resources = _codes("Resource", {one.key.resource for one in shortages})
    sites = _codes("Site", {one.key.site for one in shortages})
    return [_words(one, resources, sites) for one in shortages]


def _words(one: Shortage, resources: dict[Any, str], sites: dict[Any, str]) -> Problem:
    key = one.key
    resource = resources.get(key.resource, "?")
    there = gettext("free") if one.free else gettext("there")
    return Problem(
        "below-zero",
        gettext(
            "%(wanted)s %(resource)s are to leave “%(kind)s”%(place)s, and %(has)s are %(there)s. "
            "Count the stock again, or take less."
        )
        % {
            "wanted": plain(one.wanted),
            "resource": resource,
            "kind": either(Kind(key.kind).label),
            "place": _where(key, sites),
            "has": plain(one.has),
            "there": there,
        },
        where=key.text,
        value=plain(one.wanted),
    )


def lot_is_held(key: AccountKey) -> Problem:
    """Why goods cannot come into stock."""
    sites = _codes("Site", {key.site})
    return Problem(
        "lot-held",
        gettext(
            "Lot %(lot)s is in quarantine: none of it can come into stock%(place)s. Put it "
            "into quarantine, or release the lot first."
        )
        % {"lot": key.lot, "place": _where(key, sites)},
        where=key.text,
        value=key.lot,
    )


def _where(key: AccountKey, sites: dict[Any, str]) -> str:
    site = ""
    if key.site is not None:
        site = gettext(" at %(site)s") % {"site": sites.get(key.site, "?")}
    return site + (gettext(", lot %(lot)s") % {"lot": key.lot} if key.lot else "")


def _codes(model: str, numbers: set[Any]) -> dict[Any, str]:
    rows = apps.get_model("catalogue", model)._default_manager.filter(pk__in=numbers - {None})
    return dict(rows.values_list("pk", "code"))


def plain(thousandths: int) -> str:
    """As a person writes it: 1500 thousandths are 1.5."""
    return f"{(Decimal(thousandths) / SCALE).normalize():f}"
