"""What a person does to the ledger directly: a stock count, a correction."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.common.errors import ConflictError, InvalidError, NotFoundError
from sampan_platform.common.quantity import to_thousandths
from sampan_platform.ledger import selectors, writing
from sampan_platform.ledger.accounts import AccountKey, Leg, Posting
from sampan_platform.ledger.checking import plain
from sampan_platform.ledger.models import Event, Kind, Movement
from sampan_platform.ledger.moving import begin, reverse
from sampan_platform.people import selectors as people
from sampan_platform.people import services as people_services
from sampan_platform.people.models import User

COUNTED = "count:"
"""How the source of a count begins; what was counted follows."""


@transaction.atomic
def count_stock(
    account: AccountKey,
    counted: Decimal,
    *,
    movement: UUID,
    day: date,
    reason: str,
    actor: User,
) -> Movement | None:
    """So much was counted: the difference to the ledger is posted, with its reason.

    Sent again it gives what was posted. None where nothing differed.
    """
    if account.kind != Kind.STOCK or account.site is None:
        raise InvalidError(gettext("Only stock at a site is counted."))
    if counted < 0 or not reason.strip():
        raise InvalidError(gettext("Say how much was counted, zero or more, and why it was."))
    _require_reach(actor, {account.site})
    writing.lock_head()
    source = f"{COUNTED}{plain(to_thousandths(counted))}"
    before = Movement.objects.filter(movement=movement).first()
    if before is not None:
        if before.source != source or selectors.legs_of(before)[0].account != account:
            raise ConflictError(
                gettext("Movement %(movement)s was another one. Use a new id.")
                % {"movement": movement}
            )
        return before
    more = counted - selectors.balance(account)
    if not more:
        return None
    other = AccountKey(
        Kind.ADJUSTMENT, account.resource, account.site, account.lot, account.expires_on
    )
    posting = Posting(movement, "count", [Leg(account, more), Leg(other, -more)], day, reason,
                      source)  # fmt: skip
    after = {"counted": str(counted), "difference": str(more)}
    _record(actor, "ledger.count", movement, account.site, reason, after)
    return begin([posting], Event.POST, actor).rows[0]


def is_by_hand(row: Movement) -> bool:
    """Whether a person posted it directly; what came from a report or an order has a source."""
    return not row.source or row.source.startswith(COUNTED)


@transaction.atomic
def correct(movement: UUID, new: UUID, reason: str, actor: User) -> Movement:
    """Reverse a movement that a person posted by hand.

    What came from a report or an order is corrected there: it would be at odds with the ledger.
    """
    posted = selectors.posted(movement)
    if posted is None:
        raise NotFoundError(
            gettext("There is no posted movement %(movement)s.") % {"movement": movement}
        )
    sites = {leg.account.site for leg in selectors.legs_of(posted)} - {None}
    _require_reach(actor, {site for site in sites if site is not None})
    if not is_by_hand(posted):
        raise ConflictError(
            gettext("This movement came from %(source)s. Correct it there.")
            % {"source": posted.source}
        )
    made = reverse(movement, new, reason, actor)
    for site in sites:
        _record(actor, "ledger.reverse", movement, site, reason, {"by": str(new)})
    return made


def _require_reach(actor: User, sites: set[int]) -> None:
    if not sites and not people.may_everywhere(actor, people.COUNT_STOCK):
        raise NotFoundError(gettext("There is no such movement at a site of yours."))
    for organisation in selectors.owners(sites):
        people.require(actor, people.COUNT_STOCK, organisation)


def _record(
    actor: User,
    action: str,
    movement: UUID,
    site: int | None,
    reason: str,
    after: dict[str, str],
) -> None:
    owner = None if site is None else selectors.owners([site]).first()
    people_services.record(actor, action, f"movement:{movement}", owner, after=after, reason=reason)
