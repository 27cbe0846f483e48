"""Movements and accounts of the ledger in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from sampan_platform.common.words import either
from sampan_platform.ledger.models import Kind

MOVEMENTS = {
    "report-output": pgettext_lazy("movement", "reported output"),
    "report-use": pgettext_lazy("movement", "reported use"),
    "report-count": pgettext_lazy("movement", "stock as reported"),
    "count": pgettext_lazy("movement", "stock count"),
    "ship": pgettext_lazy("movement", "shipped"),
    "receive": pgettext_lazy("movement", "received"),
    "return": pgettext_lazy("movement", "returned"),
    "quarantine-lot": pgettext_lazy("movement", "lot put into quarantine"),
    "stock-lot": pgettext_lazy("movement", "lot released"),
}
"""By the kind that the stages give; one of another program keeps its own word."""


def movement(kind: str) -> str:
    """What moved the stock."""
    undone = kind.removeprefix("reverse-")
    if undone != kind:
        return _("reversal: %(movement)s") % {"movement": movement(undone)}
    return str(MOVEMENTS.get(kind, kind))


def account(kind: str) -> str:
    """Where goods are or what became of them."""
    return either(Kind(kind).label)


def source(text: str) -> str:
    """Where a movement comes from, as a person names it: report:17 is report 17."""
    made, _colon, number = text.partition(":")
    if made == "report":
        return _("report %(number)s") % {"number": number}
    if made == "order":
        return _("order %(number)s") % {"number": number}
    return text
