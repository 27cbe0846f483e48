"""Reading alerts, rules and what was sent."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError, NotFoundError
from sampan_platform.monitor.checks import CHECKS, Check
from sampan_platform.monitor.models import UNDER_WAY, Alert, Channel, Rule, State
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


def filtered(
    user: User,
    *,
    mine: bool = False,
    area: str = "",
    state: str = "",
    rule: str = "",
    resource: str = "",
    site: str = "",
) -> QuerySet[Alert]:
    """Alerts by who looks after them, place, state, check and item; all that is given holds.

    Parameters
    ----------
    state
        A state, or `under-way` for what is open or acknowledged.
    area
        An organisation: its alerts and those of all below it.
    resource
        A resource's code or a class's: then all of the class.
    """
    rows = alerts(user)
    if mine:
        rows = rows.filter(owner=user)
    if area:
        rows = rows.filter(organisation__path__startswith=people.organisation(user, area).path)
    if state:
        rows = rows.filter(state__in=UNDER_WAY if state == "under-way" else (_known(state),))
    if resource:
        large = Q(resource__resource_class__parent__code=resource)
        small = Q(resource__resource_class__code=resource)
        rows = rows.filter(Q(resource__code=resource) | small | large)
    asked = {"check_code": rule, "site__code": site}
    return rows.filter(**{column: value for column, value in asked.items() if value})


def _known(state: str) -> str:
    if state not in State.values:
        known = ", ".join([*State.values, "under-way"])
        raise InvalidError(
            gettext("An alert is %(known)s; not %(state)s.")
            % {"known": known, "state": state[:40]},
            code="unknown-state",
        )
    return state


def alert(user: User, number: int) -> Alert:
    """One of them."""
    found = alerts(user).filter(pk=number).first()
    if found is None:
        raise NotFoundError(
            gettext("There is no alert %(number)s, or it is not yours to see.") % {"number": number}
        )
    return found


def rules(user: User) -> QuerySet[Rule]:
    """The rules of the places that the user sees."""
    rows = Rule.objects.select_related("organisation", "resource", "resource_class")
    return people.within(user, people.SEE, rows, PLACE)


def channels(user: User) -> QuerySet[Channel]:
    """The user's own, and those of the areas whose rules the user sets."""
    areas = people.reach(user, people.SET_RULES, "organisation__path")
    rows = Channel.objects.filter(Q(user=user) | areas)
    return rows.select_related("user", "organisation")


def channel(user: User, number: int) -> Channel:
    """One of them."""
    found = channels(user).filter(pk=number).first()
    if found is None:
        raise NotFoundError(
            gettext("There is no channel %(number)s, or it is not yours.") % {"number": number}
        )
    return found


def rule(user: User, number: int) -> Rule:
    """One of the rules that the user sees."""
    found = rules(user).filter(pk=number).first()
    if found is None:
        raise NotFoundError(
            gettext("There is no rule %(number)s, or it is not yours to see.") % {"number": number}
        )
    return found


def checks() -> list[Check]:
    """All checks, those of later stages too."""
    return list(CHECKS.values())


def message(row: Alert, language: str) -> str:
    """An alert in words."""
    return sentence(row, language)
