"""How a link of the chain is made: what exactly is hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from sampan_platform.ledger.accounts import Posting
from sampan_platform.ledger.models import Movement


def content_of(posting: Posting) -> str:
    """What the same id must mean again: everything but when and by whom it was sent."""
    legs = sorted((leg.account.text, leg.thousandths) for leg in posting.legs)
    day, reverses = posting.day.isoformat(), str(posting.reverses or "")
    return _sha256([posting.kind, legs, day, posting.reason, posting.source, reverses])


def link(row: Movement, legs: Iterable[tuple[str, int]]) -> str:
    """The hash of a movement's row, its entries (account key, thousandths) and what came before."""
    return _sha256(
        [
            row.number,
            str(row.movement),
            row.event,
            row.kind,
            row.day.isoformat(),
            row.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
            row.actor_id,
            row.reason,
            row.source,
            str(row.reverses or ""),
            row.content,
            row.previous,
            sorted(legs),
        ]
    )


def _sha256(parts: list[Any]) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
