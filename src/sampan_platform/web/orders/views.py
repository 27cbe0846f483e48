"""Orders: a board by state, one order, its papers, and what people do with it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import segno
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common import clock
from sampan_platform.dispatch import selectors as dispatch
from sampan_platform.track import selectors, transitions
from sampan_platform.track.models import DispatchOrder, OrderState
from sampan_platform.web.orders import acting
from sampan_platform.web.pages import once, page, show, tell, user_of, zone_of

CARDS = 60
"""Orders shown of each state; the count says how many there are."""
PARTS = 20
"""Quantities shown of each change of an order; those of all lines stand in its table."""
BOARD = ("issued", "picked", "shipped", "in_transit", "part_received")
ENDED = ("received", "short", "damaged", "returned", "closed", "cancelled")


@page
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """The board: a column a state of those under way, or a list of those that ended."""
    user, asked = user_of(request), request.GET
    today = clock.today(zone_of(request))
    rows = selectors.orders(
        user, selectors.Filters(site=asked.get("site", ""), resource=asked.get("item", ""))
    )
    if asked.get("overdue"):
        rows = rows.filter(expected_on__lt=today)
    counts = dict(rows.order_by().values_list("state").annotate(count=Count("pk", distinct=True)))
    shown = BOARD if not asked.get("ended") else ENDED
    columns = [
        (OrderState(state), counts.get(state, 0), list(rows.filter(state=state)[:CARDS]))
        for state in shown
    ]
    context = {
        "columns": columns,
        "ended_count": sum(counts.get(state, 0) for state in ENDED),
        "open_count": sum(counts.get(state, 0) for state in BOARD),
        "sites": catalogue.sites(user=user),
        "items": catalogue.resources().prefetch_related(None),
        "is_overdue": today,
    }
    return show(request, "web/orders/orders.html", context)


@page
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """An order by its number, typed or scanned; an address in a QR code will do."""
    text = request.GET.get("number", "").strip().rstrip("/").rsplit("/", 1)[-1].upper()
    return redirect("web:orders:order", selectors.order(user_of(request), text or "-").number)


@page
@require_GET
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order: its lines, its course, and what this person can do with it now."""
    row = selectors.whole_order(user_of(request), number, PARTS)
    context = _facts(request, row)
    actions = transitions.allowed_actions(row, user_of(request))
    # who may receive it is waiting for it: that comes first
    actions.sort(key=lambda action: action != "receive")
    context |= {"actions": [transitions.ACTIONS[name] for name in actions], "may": set(actions)}
    return show(request, "web/orders/order.html", context)


def _facts(request: HttpRequest, row: DispatchOrder) -> dict[str, Any]:
    today = clock.today(zone_of(request))
    lines = list(row.lines.all())
    return {
        "order": row,
        "sees_plan": dispatch.plans(user_of(request)).filter(pk=row.plan_id).exists(),
        "lines": lines,
        "overdue": row.state in BOARD and row.expected_on < today,
        "has_lots": any(line.lot or line.expires_on for line in lines),
        "mass_kg": sum(float(line.ordered) * line.resource.mass_kg for line in lines),
    }


@page
@require_GET
def paper(request: HttpRequest, number: str) -> HttpResponse:
    """The dispatch order, or with `kind=packing` the packing list, for printing."""
    row = selectors.whole_order(user_of(request), number, PARTS)
    address = request.build_absolute_uri(f"/orders/{row.number}/")
    context = _facts(request, row)
    context |= {
        "kind": "packing" if request.GET.get("kind") == "packing" else "order",
        "code": _qr(address),
        "address": address,
        "printed_at": clock.now(),
    }
    return show(request, "web/orders/paper.html", context)


def _qr(text: str) -> SafeString:
    buffer = BytesIO()
    segno.make(text, error="m").save(buffer, kind="svg", xmldecl=False, scale=4, border=2)
    return mark_safe(buffer.getvalue().decode())  # nosec B308 B703 - made by the library


@page
@require_POST
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """One change of the order, once."""
    user = user_of(request)
    row = selectors.whole_order(user, number, PARTS)
    acting.act(row, action, once(request), user, request.POST)
    tell(request, _("Order %(number)s: done.") % {"number": number})
    return redirect("web:orders:order", number)
