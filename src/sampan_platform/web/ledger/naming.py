"""What moved and where it lies, in words: the ledger's kinds are codes."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from sampan_platform.ledger.models import Kind
from sampan_platform.web.templatetags.sampan import either

MOVEMENTS = {
    "count": _lazy("counted"),
    "report-output": _lazy("reported output"),
    "report-use": _lazy("reported use"),
    "report-count": _lazy("reported stock"),
    "ship": _lazy("shipped"),
    "receive": _lazy("received"),
    "return": _lazy("taken back"),
    "quarantine-lot": _lazy("lot held in quarantine"),
    "stock-lot": _lazy("lot released"),
}
REVERSAL = "reverse-"


def movement(kind: str) -> str:
    """A movement's kind; one that has no words here stays as it is."""
    plain = kind.removeprefix(REVERSAL)
    text = str(MOVEMENTS.get(plain, plain))
    return text if plain == kind else _("reversal: %(what)s") % {"what": text}


def account(kind: str) -> str:
    """What an account stands for."""
    return str(either(Kind(kind).label)) if kind in Kind.values else kind


WRITTEN = (
    (
        re.compile(r"Counted (?P<stock>\S+) on (?P<day>\S+); the book said (?P<book>\S+)\."),
        _lazy("Counted %(stock)s on %(day)s; the book said %(book)s."),
    ),
    (
        re.compile(r"The report of (?P<day>\S+) was corrected \(version (?P<version>\d+)\)\."),
        _lazy("The report of %(day)s was corrected (version %(version)s)."),
    ),
)
"""Reasons that collecting writes into the ledger, where no word may change afterwards."""


def reason(text: str) -> str:
    """A movement's reason: what the platform wrote in the page's language, a person's as it is."""
    for pattern, words in WRITTEN:
        found = pattern.fullmatch(text)
        if found:
            return str(words) % found.groupdict()
    return text


def source(text: str) -> str:
    """Where a movement comes from, as a person names it: report:17 is report 17."""
    made, _colon, number = text.partition(":")
    if made == "report":
        return _("report %(number)s") % {"number": number}
    if made == "order":
        return _("order %(number)s") % {"number": number}
    return text
