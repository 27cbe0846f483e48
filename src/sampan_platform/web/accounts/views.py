"""People: accounts, their roles and tokens, for those who manage them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sampan_platform.common.errors import ForbiddenError, NotFoundError
from sampan_platform.people import selectors, services, tokens
from sampan_platform.people.models import RoleKind, User
from sampan_platform.web.pages import page, show, tell, user_of

MINE = "-"
"""In addresses: the account of whoever is signed in."""


@page
def accounts(request: HttpRequest) -> HttpResponse:
    """Everybody with a role where the user manages people."""
    user = _manager(request)
    if request.method == "POST":
        said = request.POST
        made = services.create_user(
            said.get("username", "").strip(), said.get("password") or None, actor=user
        )
        place = selectors.organisation(user, said.get("organisation", ""), selectors.MANAGE_PEOPLE)
        services.give_role(made, place, said.get("role", ""), actor=user,
                           approval_level=_level(said.get("role", "")))  # fmt: skip
        tell(request, _("%(name)s can sign in now.") % {"name": made.username})
        return redirect("web:accounts:account", made.username)
    context = {"people": selectors.users(user).order_by("username"), **_choices(user)}
    return show(request, "web/accounts/accounts.html", context)


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
        "roles": found.roles.select_related("organisation"),
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
        kind, _sep, _rest = said.get("role", "").partition("-")
        place = selectors.organisation(user, said.get("organisation", ""), selectors.MANAGE_PEOPLE)
        if action == "give":
            level = _level(said.get("role", ""))
            services.give_role(found, place, kind, approval_level=level, actor=user)
        else:
            services.take_role(found, place, kind, actor=user)
    elif action == "close":
        services.close_user(found, actor=user)
    elif action == "token" and found.pk == user.pk:
        return tokens.create_token(
            found, said.get("name", "").strip() or "page", ["*"], actor=user
        )[1]
    else:
        raise NotFoundError(_("There is no such action."))
    tell(request, _("Noted."))
    return None


def _manager(request: HttpRequest) -> User:
    user = user_of(request)
    if not selectors.paths(user, selectors.MANAGE_PEOPLE):
        raise ForbiddenError(_("People are managed by operators."))
    return user


def _level(role: str) -> int:
    return {"approver-1": 1, "approver-2": 2}.get(role, 0)


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
