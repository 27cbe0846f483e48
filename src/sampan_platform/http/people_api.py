"""People over HTTP: who I am, users, roles, tokens, and the audit trail.

It stands here, not in `people`, since `people` lies below what it needs of `http`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from sampan_platform.common.errors import ForbiddenError, InvalidError, NotFoundError
from sampan_platform.http.guard import SCOPES, requires
from sampan_platform.http.idempotency import idempotent
from sampan_platform.http.identify import token_of, user_of
from sampan_platform.http.paging import Page, page
from sampan_platform.people import selectors, services
from sampan_platform.people.models import Token

router = Router(tags=["people"])


class RoleOut(Schema):
    """What somebody does, and where."""

    kind: str
    organisation: str
    approval_level: int

    @staticmethod
    def resolve_organisation(role: Any) -> str:
        """Its code."""
        return str(role.organisation.code)


class UserOut(Schema):
    """Somebody who can sign in."""

    username: str
    language: str
    is_active: bool
    roles: list[RoleOut]

    @staticmethod
    def resolve_roles(user: Any) -> list[Any]:
        """Those that the selector fetched."""
        return list(user.roles.all())


class MeOut(Schema):
    """Who asks, and what with."""

    user: UserOut
    token: str | None
    """The first characters of the token; empty for a session."""
    scopes: list[str]


class UserIn(Schema):
    """A new user; without a password they sign in by token alone."""

    username: str = Field(..., min_length=1, max_length=150)
    password: str | None = None
    language: str = "en"
    organisation: str
    role: str
    approval_level: int = 0


class RoleIn(Schema):
    """A role to give or to take."""

    organisation: str
    kind: str
    approval_level: int = 0


class TokenIn(Schema):
    """A new token."""

    name: str
    scopes: list[str]
    days: int = 90


class TokenOut(Schema):
    """A token, without its secret."""

    id: int
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewTokenOut(TokenOut):
    """A token just made: the only time that its secret is shown."""

    secret: str


class AuditOut(Schema):
    """Somebody did something."""

    id: int
    at: datetime
    actor: str | None
    action: str
    organisation: str | None
    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


@router.get("/me", response=MeOut, summary="Who I am and what I may")
@requires("people:read")
def me(request: HttpRequest) -> Any:
    """The user behind the token or session, their roles, and the token's scopes."""
    user, token = user_of(request), token_of(request)
    return {
        "user": selectors.users(user).get(pk=user.pk),
        "token": token.prefix if token else None,
        "scopes": token.scopes if token else [services.EVERYTHING],
    }


@router.get("/users", response=Page[UserOut], summary="Users whom you manage or work with")
@requires("people:read")
def users(request: HttpRequest, cursor: str = "", limit: int = 100, q: str = "") -> Any:
    """Those who have a role in a part of the tree that you see."""
    found = selectors.users(user_of(request))
    if q:
        found = found.filter(username__icontains=q)
    return page(found, cursor, limit, "username")


@router.post("/users", response={201: UserOut}, summary="Make a user with a first role")
@requires("people:write")
@idempotent
def make_user(request: HttpRequest, body: UserIn) -> Any:
    """Asks for the right to manage people where the role is."""
    actor = user_of(request)
    organisation = selectors.organisation(actor, body.organisation)
    selectors.require(actor, selectors.MANAGE_PEOPLE, organisation)
    with transaction.atomic():
        made = services.create_user(
            body.username, body.password, language=body.language, actor=actor
        )
        _give(actor, made, RoleIn(organisation=body.organisation, kind=body.role,
                                  approval_level=body.approval_level))  # fmt: skip
    return Status(201, _found_user(request, body.username))


@router.post("/users/{username}/roles", response=UserOut, summary="Give a role")
@requires("people:write")
@idempotent
def give_role(request: HttpRequest, username: str, body: RoleIn) -> Any:
    """In an organisation and all below it."""
    user = _found_user(request, username)
    _give(user_of(request), user, body)
    return _found_user(request, username)


@router.delete(
    "/users/{username}/roles/{organisation}/{kind}",
    response={204: None},
    summary="Take a role away",
)
@requires("people:write")
def take_role(request: HttpRequest, username: str, organisation: str, kind: str) -> Any:
    """The user keeps their account and their other roles."""
    user = _found_user(request, username)
    place = selectors.organisation(user_of(request), organisation)
    services.take_role(user, place, kind, actor=user_of(request))
    return Status(204, None)


@router.post("/users/{username}/close", response=UserOut, summary="Close an account")
@requires("people:write")
@idempotent
def close(request: HttpRequest, username: str) -> Any:
    """They sign in no more, and their tokens open nothing; what they did stays."""
    user = _found_user(request, username)
    services.close_user(user, actor=user_of(request))
    return _found_user(request, username)


@router.get("/tokens", response=Page[TokenOut], summary="My tokens")
@requires("tokens:read")
def tokens(request: HttpRequest, cursor: str = "", limit: int = 100) -> Any:
    """Without their secrets, which nobody knows any more."""
    return page(Token.objects.filter(user=user_of(request)), cursor, limit)


@router.post("/tokens", response={201: NewTokenOut}, summary="Make a token for myself")
@requires("tokens:write")
def make_token(request: HttpRequest, body: TokenIn) -> Any:
    """Its secret is in the answer and nowhere else, so there is no Idempotency-Key here."""
    user = user_of(request)
    _check_scopes(request, body.scopes)
    made, secret = services.create_token(user, body.name, body.scopes, days=body.days, actor=user)
    shown = TokenOut.from_orm(made).model_dump()
    return Status(201, {**shown, "secret": secret})


@router.delete("/tokens/{token}", response={204: None}, summary="Revoke a token of mine")
@requires("tokens:write")
def revoke(request: HttpRequest, token: int) -> Any:
    """From now on it opens nothing; revoking again changes nothing."""
    found = Token.objects.filter(user=user_of(request), pk=token).first()
    if found is None:
        raise NotFoundError(f"You have no token {token}.")
    services.revoke_token(found, actor=user_of(request))
    return Status(204, None)


@router.get("/audit", response=Page[AuditOut], summary="Who did what, the last first")
@requires("audit:read")
def audit(
    request: HttpRequest,
    cursor: str = "",
    limit: int = 100,
    action: str = "",
    target: str = "",
    actor: str = "",
) -> Any:
    """Of organisations whose trail you may read."""
    found = selectors.trail(user_of(request), action=action, target=target, actor=actor)
    result = page(found, cursor, limit, "-id")
    return {**result, "items": [_event(one) for one in result["items"]]}


def _event(event: Any) -> dict[str, Any]:
    return {
        "id": event.pk, "at": event.at, "action": event.action, "target": event.target,
        "actor": event.actor.username if event.actor else None,
        "organisation": event.organisation.code if event.organisation else None,
        "before": event.before, "after": event.after, "reason": event.reason,
    }  # fmt: skip


def _found_user(request: HttpRequest, username: str) -> Any:
    found = selectors.users(user_of(request)).filter(username=username).first()
    if found is None:
        raise NotFoundError(f"There is no user {username[:150]}.")
    return found


def _give(actor: Any, user: Any, body: RoleIn) -> None:
    organisation = selectors.organisation(actor, body.organisation)
    selectors.require(actor, selectors.MANAGE_PEOPLE, organisation)
    services.give_role(
        user, organisation, body.kind, approval_level=body.approval_level, actor=actor
    )


def _check_scopes(request: HttpRequest, scopes: list[str]) -> None:
    """Only scopes that there are, and with a token none that it has not itself."""
    everything = services.EVERYTHING
    unknown = sorted(set(scopes) - SCOPES - {everything})
    if unknown:
        known = ", ".join(sorted(SCOPES))
        raise InvalidError(f"There is no scope {', '.join(unknown)}. There is {known} and *.")
    token = token_of(request)
    if token is None or everything in token.scopes:
        return
    more = sorted(set(scopes) - set(token.scopes))
    if more:
        raise ForbiddenError(
            f"A token makes no token that may more than it: it has no {', '.join(more)}."
        )
