"""The screens in the order of the work: what stands in the menu, and for whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sampan_platform.people import selectors as people
from sampan_platform.people.models import User


@dataclass(frozen=True)
class Screen:
    """One line of the menu."""

    name: str
    """Its folder, its URL namespace and its template folder."""
    title: Promise | str
    address: str
    """Under the site's root."""
    actions: frozenset[str]
    """Whoever may one of these, anywhere, sees it in the menu."""
    begins_group: bool = False


SCREENS = (
    Screen("today", _("Today"), "", frozenset({people.SEE})),
    Screen("report", _("Report"), "report/", frozenset({people.REPORT}), begins_group=True),
    Screen("situation", _("Situation"), "situation/", frozenset({people.SEE})),
    Screen("alerts", _("Alerts"), "alerts/", frozenset({people.SEE})),
    Screen("requests", _("Requests"), "requests/", frozenset({people.SEE})),
    Screen("plans", _("Plans"), "plans/", frozenset({people.SEE}), begins_group=True),
    Screen("orders", _("Orders"), "orders/", frozenset({people.SEE})),
    Screen("ledger", _("Ledger"), "ledger/", frozenset({people.SEE})),
    Screen("whatif", _("What if"), "what-if/", frozenset({people.RUN_PLAN})),
    Screen("catalogue", _("Catalogue"), "catalogue/", frozenset({people.SEE}), begins_group=True),
    Screen("accounts", _("People"), "people/", frozenset({people.MANAGE_PEOPLE})),
    Screen("system", _("System"), "system/", frozenset({people.OPERATE})),
)


def menu(user: User) -> list[Screen]:
    """What the user may open, in order; one query."""
    may = people.held_actions(user)
    return [screen for screen in SCREENS if screen.actions & may]
