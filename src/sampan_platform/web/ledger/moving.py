"""What people do to the ledger here: count, reverse what was posted by hand, hold a lot."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse as address_of
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError, NotFoundError
from sampan_platform.ledger import selectors, services
from sampan_platform.ledger.models import Event, Kind, Movement
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.web.ledger import naming
from sampan_platform.web.pages import (
    TEXT_LENGTH_MAX,
    once,
    page,
    show,
    tell,
    typed,
    typed_day,
    typed_quantity,
    user_of,
    zone_of,
)

LOT_LENGTH_MAX = 64
ENTRIES = 200
"""Accounts shown of each step of a movement; the count says how many there are."""
HOLDING = {"quarantine": services.quarantine_lot, "release": services.release_lot}


@page
@require_http_methods(["GET", "POST"])
def movement(request: HttpRequest, number: UUID) -> HttpResponse:
    """What happened to one movement, what reversed it, and its reversal by who may."""
    user = user_of(request)
    rows = list(selectors.life_of(number, user))
    if request.method == "POST":
        reason = typed(request.POST, "reason", TEXT_LENGTH_MAX)
        services.correct(number, once(request), reason, user)
        tell(request, _("The movement is reversed."))
        return redirect("web:ledger:movement", number)
    steps = [(row, naming.movement(row.kind), _entries(row)) for row in rows]
    context = {"number": number, "steps": steps, "may_reverse": _may_reverse(rows, number, user)}
    return show(request, "web/ledger/movement.html", context)


def _entries(row: Movement) -> dict[str, object]:
    entries = list(row.entries.all())
    shown = [(one, naming.account(one.account.kind)) for one in entries[:ENTRIES]]
    return {"shown": shown, "more": len(entries) - len(shown)}


def _may_reverse(rows: list[Movement], number: UUID, user: User) -> bool:
    """Posted by hand, not reversed yet, and all of it where the person counts stock."""
    first = next((row for row in rows if row.movement == number), None)
    if first is None or first.event != Event.POST or not services.is_by_hand(first):
        return False
    if first.reverses is not None or any(row.reverses == number for row in rows):
        return False
    found = {one.account.site_id for one in first.entries.all()}
    sites = {site for site in found if site is not None}
    mine = catalogue.sites().filter(people.reach(user, people.COUNT_STOCK, "organisation__path"))
    return bool(sites) and mine.filter(pk__in=sites).count() == len(sites)


@page
@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """A stock count of one site, item and lot: what differs from the ledger is posted, once."""
    user, said = user_of(request), request.POST
    site = catalogue.sites(user=user).filter(code=said.get("site", "")).first()
    item = catalogue.resources().filter(code=said.get("item", "")).first()
    if site is None or item is None:
        raise NotFoundError(_("Choose a site and an item that you see."))
    counted = typed_quantity(said, "counted")
    if counted is None:
        raise InvalidError(_("Give what was counted as a number; 0 if nothing is there."))
    lot = typed(said, "lot", LOT_LENGTH_MAX)
    held = selectors.stocks_for(user).filter(site=site, resource=item, lot=lot, kind=Kind.STOCK)
    expires_on = typed_day(said, "expires_on") or _expiry([one.expires_on for one in held])
    made = services.count_stock(
        services.AccountKey("stock", item.pk, site=site.pk, lot=lot, expires_on=expires_on),
        counted, movement=once(request), day=clock.today(zone_of(request)),
        reason=typed(said, "reason", TEXT_LENGTH_MAX), actor=user,
    )  # fmt: skip
    if made is None:
        tell(request, _("The count agrees with the ledger: nothing was posted."))
    else:
        tell(request, _("Counted: the difference is posted with your reason."))
    asked = urlencode({"site": site.code, "item": item.code})
    return redirect(f"{address_of('web:ledger:card')}?{asked}")


def _expiry(known: list[date | None]) -> date | None:
    """Of a lot that was named without its expiry: the one that it has, if it has only one."""
    if not known or None in known:
        return None
    if len(known) > 1:
        raise InvalidError(_("This lot has several days of expiry. Give the one you counted."))
    return known[0]


@page
@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    """Hold a lot in quarantine, or release it, wherever the person counts stock; once."""
    said = request.POST
    item = catalogue.resources().filter(code=said.get("item", "")).first()
    lot = typed(said, "lot", LOT_LENGTH_MAX)
    act = HOLDING.get(said.get("action", ""))
    if item is None or not lot:
        raise InvalidError(_("Give an item and a lot."))
    if act is None:
        raise NotFoundError(_("There is no such action."))
    done = act(
        item.pk, lot, movement=once(request), day=clock.today(zone_of(request)),
        reason=typed(said, "reason", TEXT_LENGTH_MAX), actor=user_of(request),
    )  # fmt: skip
    tell(request, _("Done. Stock accounts moved: %(count)s.") % {"count": len(done)})
    asked = urlencode({"item": item.code, "lot": lot})
    return redirect(f"{address_of('web:ledger:where')}?{asked}")
