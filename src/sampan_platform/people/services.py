"""Changes to organisations, users and roles; and the audit trail that every stage writes."""

from __future__ import annotations

from datetime import date, time

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from sampan_platform.common.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    Problem,
)
from sampan_platform.people import selectors
from sampan_platform.people.models import Organisation, Role, RoleKind, Token, User
from sampan_platform.people.tokens import EVERYTHING, create_token, find_token, revoke_token
from sampan_platform.people.trail import Line, record, record_many

__all__ = [
    "EVERYTHING",
    "Line",
    "close_user",
    "create_organisation",
    "create_token",
    "create_user",
    "find_token",
    "give_role",
    "record",
    "record_many",
    "retire_organisation",
    "revoke_token",
    "settle_paths",
    "take_role",
]


WEAK = {
    "password_too_short": gettext_lazy("It has fewer than 10 characters. Choose a longer one."),
    "password_too_common": gettext_lazy("Too many people use it. Choose another."),
}
"""What is wrong with a password; Django's own words are not in every language."""


@transaction.atomic
def create_organisation(
    code: str,
    name_en: str,
    kind: str,
    *,
    parent: Organisation | None = None,
    name_zh: str = "",
    country: str = "",
    time_zone: str = "",
    report_deadline: time | None = None,
    actor: User | None = None,
) -> Organisation:
    """A new organisation under its parent; the country is the parent's unless given.

    An actor must be one who may edit the catalogue there; None is the platform itself, which
    alone makes a new top.
    """
    if actor is not None:
        if parent is None:
            raise ForbiddenError(gettext("A new top of the tree is made by sampan init alone."))
        selectors.require(actor, selectors.EDIT_CATALOGUE, parent)
    if Organisation.objects.filter(code=code).exists():
        raise ConflictError(
            gettext("There is an organisation %(code)s already. Choose another code.")
            % {"code": code}
        )
    made = Organisation.objects.create(
        code=code,
        name_en=name_en,
        name_zh=name_zh,
        kind=kind,
        parent=parent,
        country=country or (parent.country if parent else ""),
        time_zone=time_zone,
        report_deadline=report_deadline,
    )
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    record(actor, "people.create_organisation", f"organisation:{code}", made)
    return made


def settle_paths() -> int:
    """Make every organisation's path that of its parents; the number that were otherwise.

    For whoever makes or moves many organisations at once.
    """
    rows = {one.pk: one for one in Organisation.objects.order_by()}
    paths: dict[int, str] = {}

    def path_of(number: int) -> str:
        if number not in paths:
            above = rows[number].parent_id
            paths[number] = f"{'/' if above is None else path_of(above)}{number}/"
        return paths[number]

    moved = [one for one in rows.values() if one.path != path_of(one.pk)]
    for one in moved:
        one.path = paths[one.pk]
    Organisation.objects.bulk_update(moved, ["path"], batch_size=500)
    return len(moved)


def retire_organisation(
    organisation: Organisation, from_day: date, actor: User | None = None
) -> None:
    """From that day it reports no more; what it did stays.

    `catalogue.services.retire` takes its sites along.
    """
    if actor is not None:
        selectors.require(actor, selectors.EDIT_CATALOGUE, organisation)
    organisation.retired_from = from_day
    organisation.save(update_fields=["retired_from"])
    record(
        actor,
        "people.retire_organisation",
        f"organisation:{organisation.code}",
        organisation,
        after={"retired_from": from_day.isoformat()},
    )


@transaction.atomic
def create_user(
    username: str, password: str | None = None, *, language: str = "en", actor: User | None = None
) -> User:
    """Somebody who can sign in; without a password only by token."""
    if actor is not None and not selectors.paths(actor, selectors.MANAGE_PEOPLE):
        raise ForbiddenError(gettext("You may not make users. Ask an operator."))
    if User.objects.filter(username=username).exists():
        raise ConflictError(
            gettext("There is a user %(username)s already. Choose another name.")
            % {"username": username}
        )
    made = User(username=username, language=language)
    _check_user(made, password)
    if password is None:
        made.set_unusable_password()
    else:
        made.set_password(password)
    made.save()
    record(actor, "people.create_user", f"user:{username}", None)
    return made


@transaction.atomic
def give_role(
    user: User,
    organisation: Organisation,
    kind: str,
    *,
    approval_level: int = 0,
    actor: User | None = None,
) -> Role:
    """Lets a user act in an organisation and below it; the actor must manage people there."""
    if actor is not None:
        selectors.require(actor, selectors.MANAGE_PEOPLE, organisation)
    if kind not in RoleKind.values:
        raise InvalidError(
            gettext("There is no role %(kind)s; there is %(known)s.")
            % {"kind": kind, "known": ", ".join(RoleKind.values)}
        )
    if (kind == RoleKind.APPROVER) != (approval_level in (1, 2)):
        raise InvalidError(gettext("An approver has the level 1 or 2; nobody else has one."))
    role, _ = Role.objects.update_or_create(
        user=user,
        organisation=organisation,
        kind=kind,
        defaults={"approval_level": approval_level},
    )
    record(
        actor,
        "people.give_role",
        f"user:{user.username}",
        organisation,
        after={"kind": str(kind), "approval_level": approval_level},
    )
    return role


@transaction.atomic
def take_role(
    user: User, organisation: Organisation, kind: str, *, actor: User | None = None
) -> None:
    """Takes a role away; the actor must manage the people there."""
    if actor is not None:
        selectors.require(actor, selectors.MANAGE_PEOPLE, organisation)
    count, _ = Role.objects.filter(user=user, organisation=organisation, kind=kind).delete()
    if not count:
        raise NotFoundError(
            gettext("%(username)s is no %(kind)s of %(code)s.")
            % {"username": user.username, "kind": kind, "code": organisation.code}
        )
    before = {"kind": kind}
    record(actor, "people.take_role", f"user:{user.username}", organisation, before=before)


@transaction.atomic
def close_user(user: User, *, actor: User | None = None) -> User:
    """They sign in no more and their tokens end; what they did stays.

    The actor must manage people wherever the user has a role.
    """
    places = _managed(user, actor)
    user.is_active = False
    user.save(update_fields=["is_active"])
    for token in user.tokens.filter(revoked_at=None):
        revoke_token(token, actor)
    record(actor, "people.close_user", f"user:{user.username}", places[0] if places else None)
    return user


@transaction.atomic
def change_password(user: User, old: str, new: str) -> None:
    """One's own, by who knows the old one; every other session of theirs ends."""
    if not user.check_password(old):
        raise InvalidError(gettext("The old password is wrong."), code="wrong-password")
    _set_password(user, new, user)


@transaction.atomic
def set_password(user: User, new: str, *, actor: User) -> None:
    """Of somebody who forgot theirs, by who manages people wherever they have a role."""
    _managed(user, actor)
    _set_password(user, new, actor)


def _set_password(user: User, new: str, actor: User) -> None:
    _check_user(user, new)
    user.set_password(new)
    user.save(update_fields=["password"])
    record(actor, "people.set_password", f"user:{user.username}", None)


@transaction.atomic
def revoke(token: Token, *, actor: User) -> None:
    """End a token: one's own, or one of an account that the actor manages as a whole."""
    if token.user_id != actor.pk:
        _managed(token.user, actor)
    revoke_token(token, actor)


def _managed(user: User, actor: User | None) -> list[Organisation]:
    """Where the user has roles; raises unless the actor manages people at each of them."""
    # asked anew: whoever read the user may have kept only the roles that they see
    roles = Role.objects.filter(user=user).select_related("organisation")
    places = [role.organisation for role in roles]
    if actor is not None:
        for place in places:
            selectors.require(actor, selectors.MANAGE_PEOPLE, place)
        if not places and not selectors.may_everywhere(actor, selectors.MANAGE_PEOPLE):
            raise ForbiddenError(
                gettext("You may not change the account of %(username)s.")
                % {"username": user.username}
            )
    return places


def _check_user(user: User, password: str | None) -> None:
    """Names as Django allows them, passwords as the settings demand."""
    try:
        User._meta.get_field("username").clean(user.username, user)
    except ValidationError as error:
        problems = [Problem("username", text, "username") for text in error.messages]
        raise InvalidError(gettext("This name cannot be used."), problems) from error
    if password is None:
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = [
            Problem("password", str(WEAK.get(one.code or "", one.messages[0])), "password")
            for one in error.error_list
        ]
        raise InvalidError(gettext("This password is too weak."), problems) from error
