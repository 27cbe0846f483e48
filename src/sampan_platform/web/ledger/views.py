"""The ledger: what is where, what moved, where a lot went, who did what, and the proof."""

from __future__ import annotations

from datetime import date, timedelta
from operator import itemgetter

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common import clock
from sampan_platform.common.errors import ForbiddenError, InvalidError, NotFoundError
from sampan_platform.ledger import selectors
from sampan_platform.ledger.proof import prove
from sampan_platform.people import selectors as people
from sampan_platform.web.ledger import naming
from sampan_platform.web.ledger.doing import DONE
from sampan_platform.web.pages import page, show, typed_day, user_of, zone_of

ROWS = 200
CARD = timedelta(days=30)
EARLIEST = date.min + CARD
"""Before it no card of so many days can begin."""


@page
@require_GET
def stock(request: HttpRequest) -> HttpResponse:
    """What is on hand, by site, item and lot."""
    user, asked = user_of(request), request.GET
    rows = selectors.stocks_for(user).order_by("site__code", "resource__code", "expires_on")
    if asked.get("site"):
        rows = rows.filter(site__code=asked["site"])
    if asked.get("item"):
        rows = rows.filter(resource__code=asked["item"])
    context = {
        "page_of_stock": Paginator(rows, ROWS).get_page(asked.get("page")),
        "sites": catalogue.sites(user=user),
        "items": catalogue.resources().prefetch_related(None),
        "may_audit": bool(people.paths(user, people.READ_AUDIT)),
    }
    return show(request, "web/ledger/stock.html", context)


@page
@require_GET
def card(request: HttpRequest) -> HttpResponse:
    """The stock card of one site and item."""
    user, asked = user_of(request), request.GET
    site = catalogue.sites(user=user).filter(code=asked.get("site", "")).first()
    item = catalogue.resources().filter(code=asked.get("item", "")).first()
    if site is None or item is None:
        raise NotFoundError(_("Choose a site and an item that you see."))
    until = typed_day(asked, "until") or clock.today(zone_of(request))
    since = typed_day(asked, "since") or max(until, EARLIEST) - CARD
    if since > until:
        raise InvalidError(_("The first day lies after the last. Choose them again."))
    lots = selectors.stocks_for(user).filter(site=site, resource=item)
    found = selectors.stock_card(site.pk, item.pk, since, until)
    may_count = people.may(user, people.COUNT_STOCK, site.organisation)
    context = {
        "may_count": may_count, "site": site, "item": item, "since": since, "until": until,
        "card": found,
        "lines": [(one, naming.movement(one.kind)) for one in found.lines], "lots": lots,
    }  # fmt: skip
    return show(request, "web/ledger/card.html", context)


@page
@require_GET
def where(request: HttpRequest) -> HttpResponse:
    """Where each unit of a lot is, or what became of it: for quarantine and recall."""
    item = catalogue.resources().filter(code=request.GET.get("item", "")).first()
    lot = request.GET.get("lot", "").strip()
    user = user_of(request)
    found = selectors.where_did_it_go(item.pk, lot, user) if item and lot else []
    sites = {one.code: one for one in catalogue.sites().select_related(None)}
    context = {
        "item": item,
        "lot": lot,
        "rows": [(one, naming.account(one.kind), sites.get(one.site)) for one in found],
        "holds": selectors.holds(item.pk, lot, user) if item and lot else [],
        "may_hold": bool(people.paths(user, people.COUNT_STOCK)),
        "items": catalogue.resources().prefetch_related(None),
    }
    return show(request, "web/ledger/where.html", context)


@page
@require_GET
def trail(request: HttpRequest) -> HttpResponse:
    """Who did what to anything, for those who may read it."""
    user, asked = user_of(request), request.GET
    if not people.paths(user, people.READ_AUDIT):
        raise ForbiddenError(_("The audit trail is read by auditors and operators."))
    rows = people.trail(
        user, action=asked.get("action", ""), target=asked.get("target", ""),
        actor=asked.get("actor", ""),
    )  # fmt: skip
    actions = sorted(((code, str(words)) for code, words in DONE.items()), key=itemgetter(1))
    context = {
        "page_of_events": Paginator(rows, ROWS).get_page(asked.get("page")), "actions": actions,
    }  # fmt: skip
    return show(request, "web/ledger/trail.html", context)


@page
def proof(request: HttpRequest) -> HttpResponse:
    """Derives every balance again and follows the chain of hashes from its start."""
    context: dict[str, object] = {"head": selectors.head()}
    if request.method == "POST":
        if not people.paths(user_of(request), people.READ_AUDIT):
            raise ForbiddenError(_("The ledger is proved by auditors and operators."))
        found = prove()
        context |= {"proof": found, "good": not found.problems and found.first_bad is None}
    return show(request, "web/ledger/proof.html", context)
