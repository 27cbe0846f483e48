"""Stock as it was at a moment: what is there now, less what was recorded since."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from sampan_platform.ledger.models import Account, Entry, Event

Columns = tuple[Any, ...]
"""Site, resource, lot, last day, quantity, pending out."""


def stock_at(as_of: datetime, rows: QuerySet[Account]) -> list[Columns]:
    """The accounts' columns as they stood then, without those that held nothing; two queries."""
    since: dict[int, dict[str, tuple[Decimal, Decimal]]] = defaultdict(dict)
    later = Entry.objects.filter(account__in=rows.values("pk"), movement__recorded_at__gt=as_of)
    moved = later.values_list("account_id", "movement__event").annotate(
        all=Sum("quantity"), out=Sum("quantity", filter=Q(quantity__lt=0))
    )
    for account, event, both, out in moved.order_by():
        since[account][event] = both or Decimal(0), -(out or Decimal(0))
    columns = ("pk", "site_id", "resource_id", "lot", "expires_on", "balance", "pending_out")
    found = []
    for number, *place, balance, pending_out in rows.values_list(*columns):
        quantity = balance - _sum(since[number], 0, Event.POST, Event.SETTLE)
        reserved = pending_out - _sum(since[number], 1, Event.PEND)
        reserved += _sum(since[number], 1, Event.SETTLE, Event.VOID)
        if quantity or reserved:
            found.append((*place, quantity, reserved))
    return found


def _sum(since: dict[str, tuple[Decimal, Decimal]], at: int, *events: Event) -> Decimal:
    return sum((since[event][at] for event in events if event in since), Decimal(0))
