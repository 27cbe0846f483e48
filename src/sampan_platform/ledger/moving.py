"""What happens to movements: they begin, they end, they are reversed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.common import bulk
from sampan_platform.common.errors import ConflictError, InvalidError, NotFoundError
from sampan_platform.common.words import either
from sampan_platform.ledger import checking, selectors, writing
from sampan_platform.ledger.accounts import Leg, Posting
from sampan_platform.ledger.models import Event, Movement
from sampan_platform.ledger.writing import Written
from sampan_platform.people.models import User


@transaction.atomic
def begin(
    postings: Sequence[Posting], event: Event, actor: User | None, *, keep_good: bool = False
) -> Written:
    """New movements; those that are there already are given back as they are."""
    if not postings:
        return Written()
    checking.check(postings)
    head = writing.lock_head()
    there = writing.known(postings, event)
    new = [posting for posting in postings if posting.movement not in there]
    _check_reversals([posting for posting in new if posting.reverses is not None])
    made = writing.append(head, new, event, actor, keep_good=keep_good)
    found = there | {row.movement: row for row in made.rows}
    rows = [found[one.movement] for one in postings if one.movement in found]
    return Written(rows, made.refused)


@transaction.atomic
def end(
    movements: Sequence[UUID], event: Event, day: date | None, reason: str, actor: User | None
) -> list[Movement]:
    """Settle or void what is pending; the same once more changes nothing."""
    wanted = list(dict.fromkeys(movements))
    if not wanted:
        return []
    head = writing.lock_head()
    begun, ended = _of(wanted)
    for movement in wanted:
        row = ended.get(movement)
        if row is not None and row.event != event:
            was = either(row.get_event_display())
            raise ConflictError(
                gettext("Movement %(movement)s was %(was)s before.")
                % {"movement": movement, "was": was}
            )
        if movement not in begun or begun[movement].event != Event.PEND:
            raise NotFoundError(
                gettext("No movement %(movement)s is pending.") % {"movement": movement}
            )
    waiting = [begun[movement] for movement in wanted if movement not in ended]
    legs = selectors.legs_of_many([row.number for row in waiting])
    postings = [
        Posting(row.movement, row.kind, legs[row.number], day or row.day, reason, row.source)
        for row in waiting
    ]
    checking.check(postings)
    made = writing.append(head, postings, event, actor).rows
    found = ended | {row.movement: row for row in made}
    return [found[movement] for movement in movements]


@transaction.atomic
def reverse(movement: UUID, new: UUID, reason: str, actor: User | None) -> Movement:
    """Undo a posted movement by its opposite, the only way to correct one.

    Raises
    ------
    ConflictError
        It was reversed before, by another movement, or is a reversal itself.
    InvalidError
        No reason; code `below-zero`: what it brought is not there any more.
    """
    if not reason.strip():
        raise InvalidError(gettext("A reversal needs a reason."), code="reason-missing")
    writing.lock_head()
    posted = selectors.posted(movement)
    if posted is None:
        raise NotFoundError(
            gettext("There is no posted movement %(movement)s.") % {"movement": movement}
        )
    legs = [Leg(leg.account, -leg.quantity) for leg in selectors.legs_of(posted)]
    kind = f"reverse-{posted.kind}"[:32]
    posting = Posting(new, kind, legs, posted.day, reason, posted.source, reverses=movement)
    return begin([posting], Event.POST, actor).rows[0]


def _check_reversals(postings: Sequence[Posting]) -> None:
    """Each is the opposite of a posted movement, its only one, and says why; three queries."""
    if not postings:
        return
    wanted = [one.reverses for one in postings if one.reverses is not None]
    rows = Movement.objects.filter(event__in=selectors.POSTED)
    found = {one.movement: one for one in bulk.among(rows, "movement", "uuid", wanted)}
    legs = selectors.legs_of_many([one.number for one in found.values()])
    before = bulk.among(Movement.objects.filter(ends=False), "reverses", "uuid", wanted)
    done = dict(before.values_list("reverses", "movement"))
    for posting in postings:
        _check_reversal(posting, found, legs, done)
        done[posting.reverses] = posting.movement


def _check_reversal(
    posting: Posting,
    found: Mapping[UUID, Movement],
    legs: Mapping[int, Sequence[Leg]],
    done: Mapping[UUID | None, UUID],
) -> None:
    wrong = posting.reverses
    if not posting.reason.strip():
        raise InvalidError(gettext("A reversal needs a reason."), code="reason-missing")
    row = None if wrong is None else found.get(wrong)
    if row is None:
        raise NotFoundError(gettext("There is no posted movement %(wrong)s.") % {"wrong": wrong})
    if row.reverses is not None:
        raise ConflictError(
            gettext("Movement %(wrong)s is a reversal. Post what should be as a new movement.")
            % {"wrong": wrong}
        )
    if wrong in done:
        raise ConflictError(
            gettext("Movement %(wrong)s was reversed before, by %(done)s.")
            % {"wrong": wrong, "done": done[wrong]}
        )
    opposite = Counter((leg.account, -leg.thousandths) for leg in legs[row.number])
    if opposite != Counter((leg.account, leg.thousandths) for leg in posting.legs):
        raise InvalidError(
            gettext("Movement %(movement)s is not the opposite of %(wrong)s, which it reverses.")
            % {"movement": posting.movement, "wrong": wrong}
        )


def _of(movements: Sequence[UUID]) -> tuple[dict[UUID, Movement], dict[UUID, Movement]]:
    """How movements began, and how those that did ended; one query."""
    begun: dict[UUID, Movement] = {}
    ended: dict[UUID, Movement] = {}
    for row in bulk.among(Movement.objects.order_by(), "movement", "uuid", movements):
        (ended if row.ends else begun)[row.movement] = row
    return begun, ended
