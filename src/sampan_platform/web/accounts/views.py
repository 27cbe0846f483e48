"""People: accounts, their roles and tokens, for those who manage them."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sampan_platform.common.errors import ForbiddenError, InvalidError, NotFoundError
from sampan_platform.http import tally
from sampan_platform.people import selectors, services, tokens
from sampan_platform.people.models import Organisation, RoleKind, User
from sampan_platform.web.pages import do_once, page, show, tell, typed, user_of
from sampan_platform.web.signing import FAILURES_MAX, FAILURES_SECONDS

LEVELS = {"approver-1": ("approver", 1), "approver-2": ("approver", 2)}
"""Approvers by their level, as the page's list of roles names them."""


@page
def accounts(request: HttpRequest) -> HttpResponse:
    """Everybody with a role where the user manages people."""
    user = _manager(request)
    if request.method == "POST":
        made = _make(request, user)
        tell(request, _("%(name)s can sign in now.") % {"name": made.username})
        return redirect("web:accounts:account", made.username)
    context = {"people": selectors.users(user).order_by("username"), **_choices(user)}
    return show(request, "web/accounts/accounts.html", context)


@transaction.atomic
def _make(request: HttpRequest, user: User) -> User:
    """An account with its first role, or neither."""
    said = request.POST
    place = selectors.organisation(user, said.get("organisation", ""), selectors.MANAGE_PEOPLE)
    made = services.create_user(typed(said, "username"), said.get("password") or None, actor=user)
    _give(made, place, said.get("role", ""), user)
    return made


def _give(account: User, place: Organisation, role: str, user: User) -> None:
    """The role as the page's list names it: an approver's says the level."""
    kind, level = LEVELS.get(role, (role, 0))
    services.give_role(account, place, kind, approval_level=level, actor=user)


@page
def account(request: HttpRequest, username: str) -> HttpResponse:
    """One account."""
    user = _manager(request)
    found = selectors.users(user).filter(username=username).first()
    if found is None:
        raise NotFoundError(_("There is no such account, or it is not yours to see."))
    made_token = None
    if request.method == "POST":
        made_token = _change(request, user, found)
        if made_token is None:
            return redirect("web:accounts:account", username)
    context = {
        "account": found,
        "roles": found.roles.all(),
        "tokens": found.tokens.order_by("-id"),
        "secret": made_token,
        **_choices(user),
    }
    return show(request, "web/accounts/account.html", context)


def _change(request: HttpRequest, user: User, found: User) -> str | None:
    """One change; the secret of a token that was made, which is shown once."""
    said = request.POST
    action = said.get("action", "")
    if action in ("give", "take"):
        place = selectors.organisation(user, said.get("organisation", ""), selectors.MANAGE_PEOPLE)
        if action == "give":
            _give(found, place, said.get("role", ""), user)
        else:
            services.take_role(found, place, said.get("role", ""), actor=user)
    elif action == "close":
        services.close_user(found, actor=user)
    elif action == "password":
        services.set_password(found, said.get("password", ""), actor=user)
    elif action == "revoke":
        token = next((one for one in found.tokens.all() if str(one.pk) == said.get("token")), None)
        if token is None:
            raise NotFoundError(_("There is no such token."))
        services.revoke(token, actor=user)
    elif action == "token" and found.pk == user.pk:
        return _token(request, user)
    else:
        raise NotFoundError(_("There is no such action."))
    tell(request, _("Noted."))
    return None


def _token(request: HttpRequest, user: User) -> str | None:
    """The secret of a token that was made now; the same form again makes no other."""
    secrets: list[str] = []
    name = typed(request.POST, "name") or "page"
    do_once(request, lambda: secrets.append(tokens.create_token(user, name, ["*"], actor=user)[1]))
    return secrets[0] if secrets else None


@page
def own(request: HttpRequest) -> HttpResponse:
    """The reader's own account: a new password, by who knows the old one."""
    user = user_of(request)
    if request.method == "POST":
        said = request.POST
        if said.get("new") != said.get("again"):
            raise InvalidError(_("The new password was typed in two ways. Type it again."))
        failed = f"sampan-password:{user.pk}"
        if tally.of(failed) >= FAILURES_MAX:
            raise InvalidError(_("Too many wrong passwords. Wait ten minutes and try again."))
        try:
            services.change_password(user, said.get("old", ""), said.get("new", ""))
        except InvalidError as error:
            if error.code == "wrong-password":
                tally.add(failed, FAILURES_SECONDS)
            raise
        update_session_auth_hash(request, user)
        tell(request, _("The new password holds from now on."))
        return redirect("web:own_account")
    return show(request, "web/accounts/own.html", {"account": user})


def _manager(request: HttpRequest) -> User:
    user = user_of(request)
    if not selectors.paths(user, selectors.MANAGE_PEOPLE):
        raise ForbiddenError(_("People are managed by operators."))
    return user


def _choices(user: User) -> dict[str, object]:
    kinds = [(value, label) for value, label in RoleKind.choices if value != "approver"]
    levels = [
        ("approver-1", _("approver, first level")),
        ("approver-2", _("approver, second level")),
    ]
    return {
        "kinds": [*kinds, *levels],
        "places": selectors.organisations(user, selectors.MANAGE_PEOPLE).order_by("path"),
    }
