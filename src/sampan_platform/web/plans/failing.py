"""Why there is no plan, in the page's language.

What names tables, rows and rules the engine says in both languages, and both are kept. Of all else
it says one sentence in English, which has its words here.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _lazy

from sampan_platform.dispatch.models import PlanRun

SAID = (
    (
        r"The solve was stopped before it had any plan\..*",
        _lazy(
            "The solve was stopped before it had any plan. Allow it more time, or relax the hard "
            "rules."
        ),
    ),
    (
        r"These hard rules contradict each other; relax or drop any one of them:",
        _lazy("These hard rules contradict each other; relax or drop any one of them:"),
    ),
    (
        r"(?P<count>\d+) problems? in the network:",
        _lazy("The network cannot be planned for; problems: %(count)s."),
    ),
    (
        r"The fast method cannot solve this: the stage `fairness` is not one linear sum\..*",
        _lazy("The fast method cannot solve goals with fairness. Use the exact method."),
    ),
    (
        r"The fast method cannot solve this: `tolerance` lets later stages worsen earlier .*",
        _lazy(
            "The fast method cannot solve goals of which later ones may worsen earlier ones. Use "
            "the exact method."
        ),
    ),
    (
        r"The fast method cannot solve this: the network asks for whole numbers \(.*",
        _lazy(
            "The fast method cannot solve what must be whole: lots, least quantities, vehicles, "
            "runs. Use the exact method."
        ),
    ),
    (
        r"The fast method found no plan that keeps every hard rule\..*",
        _lazy(
            "The fast method found no plan that keeps every hard rule. Use the exact method: it "
            "finds one, or names the rules that exclude each other."
        ),
    ),
    (
        r"Something unforeseen went wrong \((?P<kind>\w+)\)\.",
        _lazy("Something unforeseen went wrong (%(kind)s). The operator's log has more of it."),
    ),
)  # fmt: skip


def failure(run: PlanRun) -> list[str]:
    """The lines of a plan's error in the page's language."""
    if run.error_chinese and _is_chinese():
        return run.error_chinese.splitlines()
    return said(run.error)


def finding(found: dict[str, Any]) -> str:
    """What is odd about a plan's data, in the page's language."""
    return str((_is_chinese() and found.get("chinese")) or found["message"])


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def said(text: str) -> list[str]:
    """The lines of an error, the first in the page's language where it is known."""
    first, *others = text.splitlines() or [""]
    for pattern, words in SAID:
        found = re.fullmatch(pattern, first)
        if found:
            return [str(words) % found.groupdict(), *others]
    return [first, *others]
