"""Who may see and change what: the one place that knows.

Pages, API, exports and background work all ask here. A person's reach is the union of the
subtrees in which a role of theirs allows the action.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model, Prefetch, Q, QuerySet
from django.utils.translation import gettext, gettext_lazy

from sampan_platform.common import bulk
from sampan_platform.common.errors import ForbiddenError, NotFoundError
from sampan_platform.people.models import (
    AuditEvent,
    Organisation,
    OrganisationKind,
    Role,
    RoleKind,
    User,
)

Row = TypeVar("Row", bound=Model)

ORGANISATION_KINDS = tuple(OrganisationKind.values)

SEE = "see"
REPORT = "report"
EDIT_CATALOGUE = "edit_catalogue"
REQUEST = "request"
REVIEW = "review"
COUNT_STOCK = "count_stock"
RUN_PLAN = "run_plan"
OVERRIDE = "override"
APPROVE = "approve"
MOVE_GOODS = "move_goods"
HANDLE_ALERTS = "handle_alerts"
SET_RULES = "set_rules"
READ_AUDIT = "read_audit"
MANAGE_PEOPLE = "manage_people"
OPERATE = "operate"

ACTION_WORDS = {
    SEE: gettext_lazy("see"),
    REPORT: gettext_lazy("report"),
    EDIT_CATALOGUE: gettext_lazy("edit the catalogue"),
    REQUEST: gettext_lazy("make requests"),
    REVIEW: gettext_lazy("review requests"),
    COUNT_STOCK: gettext_lazy("count stock"),
    RUN_PLAN: gettext_lazy("run plans"),
    OVERRIDE: gettext_lazy("change plans and orders"),
    APPROVE: gettext_lazy("approve"),
    MOVE_GOODS: gettext_lazy("move goods"),
    HANDLE_ALERTS: gettext_lazy("handle alerts"),
    SET_RULES: gettext_lazy("set rules"),
    READ_AUDIT: gettext_lazy("read the audit trail"),
    MANAGE_PEOPLE: gettext_lazy("manage people"),
    OPERATE: gettext_lazy("operate the platform"),
}
"""What each allows, as it stands in a refusal: "You may not … for ORG"."""

ALLOWED: dict[str, frozenset[str]] = {
    RoleKind.REPORTER: frozenset({SEE, REPORT, REQUEST, MOVE_GOODS, COUNT_STOCK}),
    RoleKind.COORDINATOR: frozenset(
        {SEE, REPORT, EDIT_CATALOGUE, REQUEST, REVIEW, RUN_PLAN, OVERRIDE, MOVE_GOODS,
         COUNT_STOCK, HANDLE_ALERTS, SET_RULES}
    ),
    RoleKind.ANALYST: frozenset({SEE, RUN_PLAN}),
    RoleKind.APPROVER: frozenset({SEE, REVIEW, APPROVE, HANDLE_ALERTS}),
    RoleKind.AUDITOR: frozenset({SEE, READ_AUDIT}),
    RoleKind.OPERATOR: frozenset({SEE, READ_AUDIT, MANAGE_PEOPLE, OPERATE, EDIT_CATALOGUE}),
}  # fmt: skip


def reach(user: User, action: str, path: str = "path") -> Q:
    """A filter for rows that the user may `action`.

    Parameters
    ----------
    path
        Where the rows hold their organisation's path: `path` for organisations themselves,
        `organisation__path`, `site__organisation__path` …
    """
    found = Q(pk__in=[])
    for one in paths(user, action):
        found |= Q(**{f"{path}__startswith": one})
    return found


def paths(user: User, action: str) -> list[str]:
    """The topmost paths under which the user may `action`; for checks of many rows at once."""
    if not user.is_active:
        return []
    kinds = [kind for kind, actions in ALLOWED.items() if action in actions]
    held = user.roles.filter(kind__in=kinds).values_list("organisation__path", flat=True)
    return _topmost(set(held))


class Reach:
    """Where one user may do what, looked up once an action; for checks of many rows at once."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._paths: dict[str, tuple[str, ...]] = {}

    def may(self, action: str, organisation: Organisation) -> bool:
        """Whether the user may `action` in this organisation."""
        if action not in self._paths:
            self._paths[action] = tuple(paths(self.user, action))
        return organisation.path.startswith(self._paths[action])


def holders(action: str) -> dict[int, list[str]]:
    """The topmost paths of every active user who may `action` somewhere; one query."""
    kinds = [kind for kind, actions in ALLOWED.items() if action in actions]
    roles = Role.objects.filter(kind__in=kinds, user__is_active=True).order_by()
    held: dict[int, set[str]] = {}
    for user, path in roles.values_list("user_id", "organisation__path"):
        held.setdefault(user, set()).add(path)
    return {user: _topmost(found) for user, found in held.items()}


def paths_of(numbers: Iterable[int]) -> dict[int, str]:
    """Where organisations stand in the tree; one query."""
    rows = Organisation.objects.filter(pk__in=set(numbers)).order_by()
    return dict(rows.values_list("pk", "path"))


def held_actions(user: User) -> set[str]:
    """What the user may do anywhere at all; one query."""
    held = set(user.roles.values_list("kind", flat=True)) if user.is_active else set()
    return {action for kind in held for action in ALLOWED[kind]}


def may_everywhere(user: User, action: str) -> bool:
    """Whether the user may `action` on what all share: their role stands at the very top."""
    return any(one.count("/") == 2 for one in paths(user, action))


def within(user: User, action: str, rows: QuerySet[Row], path: str) -> QuerySet[Row]:
    """Those of the rows that the user may `action`."""
    return rows.filter(reach(user, action, path))


def organisations(user: User, action: str = SEE) -> QuerySet[Organisation]:
    """The organisations in which the user may `action`."""
    return Organisation.objects.filter(reach(user, action))


def may(user: User, action: str, organisation: Organisation) -> bool:
    """Whether the user may `action` in this organisation."""
    return organisations(user, action).filter(pk=organisation.pk).exists()


def require(user: User, action: str, organisation: Organisation) -> None:
    """Raise unless the user may: not found for what they may not even see."""
    if may(user, action, organisation):
        return
    if not may(user, SEE, organisation):
        raise NotFoundError(
            gettext("There is no organisation %(code)s.") % {"code": organisation.code}
        )
    raise ForbiddenError(
        gettext("You may not %(action)s for %(code)s. Ask an operator for the role that may.")
        % {"action": ACTION_WORDS[action], "code": organisation.code}
    )


def _topmost(held: set[str]) -> list[str]:
    """Without the paths that lie under another one."""
    kept: list[str] = []
    for one in sorted(held):
        if not kept or not one.startswith(kept[-1]):
            kept.append(one)
    return kept


def organisation(user: User, code: str, action: str = SEE) -> Organisation:
    """One organisation by its code.

    Raises
    ------
    NotFoundError
        If there is none, or none in which the user may `action`.
    """
    found = organisations(user, action).filter(code=code).first()
    if found is None:
        raise NotFoundError(gettext("There is no organisation %(code)s.") % {"code": code[:64]})
    return found


def users(user: User) -> QuerySet[User]:
    """Those who have a role where the user sees, and the user; with their roles there alone.

    What somebody does in a part of the tree that the user does not see stays unsaid.
    """
    seen = reach(user, SEE, "organisation__path")
    roles = Role.objects.filter(seen).select_related("organisation").order_by("id")
    return User.objects.filter(
        Q(pk__in=roles.order_by().values("user")) | Q(pk=user.pk)
    ).prefetch_related(Prefetch("roles", queryset=roles))


def trail(
    user: User, *, action: str = "", target: str = "", actor: str = ""
) -> QuerySet[AuditEvent]:
    """Lines of the audit trail that the user may read.

    Lines about no organisation are for those who may read the trail of the whole tree.
    """
    found = reach(user, READ_AUDIT, "organisation__path")
    if may_everywhere(user, READ_AUDIT):
        found |= Q(organisation=None)
    rows = AuditEvent.objects.filter(found).select_related("actor", "organisation")
    asked = {"action": action, "target": target, "actor__username": actor}
    return rows.filter(**{column: value for column, value in asked.items() if value})


def time_zone_of(organisation: Organisation) -> str:
    """Its own or the nearest above it; the platform's where none is set."""
    return time_zones_of([organisation])[organisation.pk]


def time_zones_of(places: Iterable[Organisation]) -> dict[int, str]:
    """`time_zone_of` many, by their numbers; one query."""
    from django.conf import settings

    lines = {place.pk: _numbers(place.path) for place in places}
    wanted = {number for line in lines.values() for number in line}
    rows = Organisation.objects.exclude(time_zone="").order_by()
    set_there = bulk.among(rows, "id", "bigint", sorted(wanted))
    zones = {one.pk: one.time_zone for one in set_there}
    return {
        number: next((zones[one] for one in reversed(line) if one in zones), settings.TIME_ZONE)
        for number, line in lines.items()
    }


def _numbers(path: str) -> list[int]:
    """Those of the organisations of a path, the topmost first."""
    return [int(part) for part in path.strip("/").split("/")]
