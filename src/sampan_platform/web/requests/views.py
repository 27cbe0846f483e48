"""Requests: the list, a new one, and one with what competes for the same item."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.collect import selectors as collect
from sampan_platform.common import clock
from sampan_platform.common.errors import ForbiddenError, InvalidError, NotFoundError
from sampan_platform.ledger import selectors as ledger
from sampan_platform.people import selectors as people
from sampan_platform.requests import selectors, services
from sampan_platform.requests.models import Request, State
from sampan_platform.track import selectors as track
from sampan_platform.web.days import read_day
from sampan_platform.web.pages import (
    TEXT_LENGTH_MAX,
    do_once,
    once,
    page,
    show,
    tell,
    typed,
    typed_quantity,
    user_of,
)

ROWS = 100


@page
def requests(request: HttpRequest) -> HttpResponse:
    """Who asks for what, newest first."""
    user, asked = user_of(request), request.GET
    rows = selectors.requests(user, asked.get("state", ""), "", asked.get("item", ""))
    if asked.get("waiting"):
        rows = rows.filter(pk__in=[one.pk for one in selectors.waiting(user)])
    context = {
        "page_of_requests": Paginator(rows, ROWS).get_page(asked.get("page")),
        "states": State.choices,
        "items": catalogue.resources().prefetch_related(None),
        "may_ask": bool(people.paths(user, people.REQUEST)),
    }
    return show(request, "web/requests/requests.html", context)


@page
def new(request: HttpRequest) -> HttpResponse:
    """Ask for something."""
    user = user_of(request)
    sites = people.within(user, people.REQUEST, catalogue.sites(), "organisation__path")
    if not sites:
        raise ForbiddenError(_("You may not ask for anything at any site."))
    context: dict[str, Any] = {"said": request.POST}
    if request.method == "POST":
        try:
            made = services.submit(once(request), _wish(request, sites), user)
        except InvalidError as error:
            context["error"] = error
        else:
            tell(request, _("Request %(number)s is sent.") % {"number": made.pk})
            return redirect("web:requests:request", made.pk)
    context |= {
        "sites": sites,
        "items": catalogue.resources(),
        "packs": sorted(set(catalogue.packagings().values_list("name", flat=True))),
    }
    return show(request, "web/requests/new.html", context)


def _wish(request: HttpRequest, sites: Any) -> services.Wish:
    said = request.POST
    site = sites.filter(code=said.get("site", "")).first()
    item = catalogue.resources().filter(code=said.get("item", "")).first()
    if site is None or item is None:
        raise InvalidError(_("Choose a site and an item."))
    quantity = _quantity(said)
    try:
        return services.Wish(
            site=site,
            resource=item,
            quantity=quantity,
            needed_by=read_day(said.get("needed_by", "")),
            reason=typed(said, "reason", TEXT_LENGTH_MAX),
            pack=said.get("pack", ""),
            priority=int(said.get("priority", "2")),
            covers_days=int(said.get("covers_days", "7")),
            additional=said.get("additional") == "1",
        )
    except ValueError as error:
        raise InvalidError(_("Give priority and days as whole numbers.")) from error


def _quantity(said: QueryDict) -> Decimal:
    found = typed_quantity(said, "quantity")
    if found is None:
        raise InvalidError(_("Give the quantity as a number."))
    return found


@page
def request_(request: HttpRequest, number: int) -> HttpResponse:
    """One request, its course, and who else needs the same."""
    user = user_of(request)
    row = selectors.request(user, number)
    if request.method == "POST":
        do_once(request, lambda: _decide(request, row))
        tell(request, _("Noted."))
        return redirect("web:requests:request", number)
    owner = row.site.organisation
    may_review = people.may(user, people.REVIEW, owner) and row.submitted_by_id != user.pk
    context = {
        "row": row,
        "events": row.events.select_related("actor").order_by("id"),
        "competing": _competing(user, row),
        "may_review": may_review and row.state == State.SUBMITTED,
        "may_decide": may_review and row.state == State.REVIEWED,
        "may_withdraw": people.may(user, people.REQUEST, owner)
        and row.state not in (State.MET, State.WITHDRAWN, State.REJECTED),
    }
    return show(request, "web/requests/request.html", context)


def _competing(user: Any, row: Request) -> list[dict[str, Any]]:
    """Open requests for the same item, each with stock, use and what is on the way there."""
    rows = [
        one for one in selectors.requests(user, resource=row.resource.code)
        if one.state not in (State.MET, State.WITHDRAWN, State.REJECTED) or one.pk == row.pk
    ][:50]  # fmt: skip
    sites = {one.site_id for one in rows}
    latest = collect.latest(clock.now(), sites)
    stock: dict[int, Decimal] = {}
    for held in ledger.on_hand(sites, [row.resource_id]):
        stock[held.site] = stock.get(held.site, Decimal(0)) + held.quantity
    coming: dict[int, Decimal] = {}
    asked = track.Filters(resource=row.resource.code, open_only=True)
    for order in track.orders(user, asked).filter(destination__in=sites):
        on_way = sum((line.in_transit + line.reserved for line in order.lines.all()
                      if line.resource_id == row.resource_id), Decimal(0))  # fmt: skip
        coming[order.destination_id] = coming.get(order.destination_id, Decimal(0)) + on_way
    found = []
    for one in rows:
        said = latest.get((one.site_id, one.resource_id))
        found.append({
            "request": one,
            "stock": stock.get(one.site_id),
            "need": said.values.get("need") if said else None,
            "coming": coming.get(one.site_id, Decimal(0)),
        })  # fmt: skip
    return found


def _decide(request: HttpRequest, row: Request) -> None:
    user, said = user_of(request), request.POST
    action, reason = said.get("action", ""), typed(said, "reason", TEXT_LENGTH_MAX)
    if action == "review":
        services.review(row, user, reason)
    elif action == "approve":
        services.decide(row, user, reason=reason)
    elif action == "reduce":
        services.decide(row, user, _quantity(said), reason)
    elif action == "reject":
        services.decide(row, user, Decimal(0), reason)
    elif action == "withdraw":
        services.withdraw(row, user, reason)
    else:
        raise NotFoundError(_("There is no such action."))
