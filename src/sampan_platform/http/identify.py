"""Who asks: by token, or by session as the pages do."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from sampan_platform.http.limits import count_request
from sampan_platform.http.problems import HttpProblem
from sampan_platform.people import services
from sampan_platform.people.models import Token, User
from sampan_platform.people.tokens import EVERYTHING

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def identify(request: HttpRequest) -> User:
    """The user who asks, kept as `request.user`; counted against the limit of requests.

    A token that is no good is refused even where a session would do. Asked again for the same
    request, it answers from memory.
    """
    known = getattr(request, "_sampan_user", None)
    if known is not None:
        return cast(User, known)
    token = _token(request)
    user = token.user if token else _session_user(request)
    count_request(f"token:{token.pk}" if token else f"user:{user.pk}")
    state = cast(Any, request)
    state.user = state._sampan_user = user
    state.sampan_token = token
    return user


def token_of(request: HttpRequest) -> Token | None:
    """The token that this request came with; none for sessions."""
    return cast("Token | None", getattr(request, "sampan_token", None))


def user_of(request: HttpRequest) -> User:
    """The user who asks, for type checkers."""
    return cast(User, request.user)


def ask_for_scope(request: HttpRequest, scope: str) -> None:
    """Raise unless the request may use this scope; sessions may all that their role allows."""
    identify(request)
    token = token_of(request)
    if token is not None and scope not in token.scopes and EVERYTHING not in token.scopes:
        raise HttpProblem(
            403,
            "scope-missing",
            f"This token has no scope {scope}. Make one that has it.",
        )
    cast(Any, request)._sampan_scope = scope


def _token(request: HttpRequest) -> Token | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    token = services.find_token(secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise _unknown("This token is not known here, has ended or was revoked. Make a new one.")
    return token


def _session_user(request: HttpRequest) -> User:
    if not request.user.is_authenticated:
        raise _unknown("Send a token: the header is Authorization: Bearer sampan_…")
    if request.method not in SAFE_METHODS and check_csrf(request) is not None:
        raise HttpProblem(403, "csrf", "The page's CSRF token is missing. Reload the page.")
    return request.user


def _unknown(message: str) -> HttpProblem:
    return HttpProblem(401, "not-signed-in", message, headers={"WWW-Authenticate": "Bearer"})


class SignedIn(AuthBase):
    """Lets in who is signed in, at operations that ask for a scope; for `NinjaAPI(auth=…)`."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> User:
        user = identify(request)
        if getattr(request, "_sampan_scope", None) is None:
            # closed, not open, where somebody forgot @requires
            raise HttpProblem(403, "no-scope", "This address is closed: it asks for no scope.")
        return user
