"""Reading alerts, rules and what was sent."""

from __future__ import annotations

from django.db.models import QuerySet

from sampan_platform.common.errors import NotFoundError
from sampan_platform.monitor.checks import CHECKS, Check
from sampan_platform.monitor.models import UNDER_WAY, Alert, Rule
from sampan_platform.monitor.words import sentence
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User

PLACE = "organisation__path"


def alerts(user: User) -> QuerySet[Alert]:
    """Every alert of the places that the user sees, the latest first."""
    rows = Alert.objects.select_related("site", "resource", "organisation", "owner")
    return people.within(user, people.SEE, rows, PLACE).order_by("-id")


def open_alerts(user: User) -> QuerySet[Alert]:
    """Those that somebody should look at."""
    return alerts(user).filter(state__in=UNDER_WAY)


def alert(user: User, number: int) -> Alert:
    """One of them."""
    found = alerts(user).filter(pk=number).first()
    if found is None:
        raise NotFoundError(f"There is no alert {number}, or it is not yours to see.")
    return found


def rules(user: User) -> QuerySet[Rule]:
    """The rules of the places that the user sees."""
    rows = Rule.objects.select_related("organisation", "resource", "resource_class")
    return people.within(user, people.SEE, rows, PLACE)


def checks() -> list[Check]:
    """All checks, those of later stages too."""
    return list(CHECKS.values())


def message(row: Alert, language: str) -> str:
    """An alert in words."""
    return sentence(row, language)
