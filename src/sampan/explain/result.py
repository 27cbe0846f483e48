"""What an explanation holds: sentences for people, and the same as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SHOWN = 12
"""Reasons spelled out by `str`; the object holds them all."""


@dataclass(frozen=True)
class Reason:
    """One limit, source, claim or fact that answers the question, and its sentence.

    `relieve` is how many limits must be relieved together before anything changes: 1 if this one
    alone is enough. `price` is what one more unit of relief in each of its periods improves the
    stage by that was asked about; None if the plan carries no prices or the rule has none.
    """

    kind: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    relieve: int = 1
    price: float | None = None

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        own = {"kind": self.kind, "text": self.text, "relieve": self.relieve, "price": self.price}
        return own | dict(self.facts)


@dataclass(frozen=True)
class Explanation:
    """The answer to one question about a plan.

    `str` gives plain sentences; `to_dict` the same with the data behind each of them.
    """

    about: str
    """`shortage`, `shipment`, `bottlenecks` or `plan`."""
    headline: str
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Explanation, ...] = ()
    more: str = "… and {count} more."

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.headline
        for reason in self.reasons[:SHOWN]:
            yield f"  - {reason.text}"
        if len(self.reasons) > SHOWN:
            yield "  " + self.more.format(count=len(self.reasons) - SHOWN)
        for note in self.notes:
            yield f"  {note}"
        for part in self.parts:
            yield ""
            yield str(part)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "about": self.about,
            "headline": self.headline,
            "reasons": [reason.to_dict() for reason in self.reasons],
            "notes": list(self.notes),
            "parts": [part.to_dict() for part in self.parts],
        } | dict(self.facts)
