"""Whether orders, their changes and the ledger tell the same story."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from sampan_platform.ledger import selectors as ledger
from sampan_platform.track.models import Fate, OrderLine

ZERO = Decimal(0)


def prove() -> list[str]:
    """What does not agree, in words; nothing where all is well. A fixed number of queries."""
    lines = list(OrderLine.objects.select_related("order").annotate(**_told()).order_by("pk"))
    found = [
        f"Line {line.key}: {getattr(line, fate)} {fate}, but its changes add up to "
        f"{getattr(line, f'told_{fate}') or ZERO}."
        for line in lines
        for fate in Fate
        if getattr(line, fate) != (getattr(line, f"told_{fate}") or ZERO)
    ]
    return found + _against_ledger(lines)


def _told() -> dict[str, Any]:
    return {f"told_{fate}": Sum("events__quantity", filter=Q(events__fate=fate)) for fate in Fate}


def _against_ledger(lines: list[OrderLine]) -> list[str]:
    """Each line's goods in transit, and those reserved for it, as the ledger has them."""
    kept = {row.reference: (row.quantity, row.pending_in) for row in ledger.in_transit()}
    found = []
    for line in lines:
        told = (line.in_transit, line.reserved)
        there = kept.pop(line.key, (ZERO, ZERO))
        if told != there:
            found.append(
                f"Line {line.key}: {told[0]} in transit and {told[1]} reserved, but the ledger "
                f"has {there[0]} and {there[1]}."
            )
    found += [
        f"Ledger: {row} in transit for {key}, which no order has."
        for key, row in kept.items()
        if any(row)
    ]
    return found
