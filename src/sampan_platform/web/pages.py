"""What every page shares: who is signed in, in which language and zone, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError, PlatformError
from sampan_platform.common.quantity import to_thousandths
from sampan_platform.http.models import IdempotentAnswer
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User
from sampan_platform.web.days import read_day
from sampan_platform.web.screens import menu

LINE_LENGTH_MAX = 200
"""Of what is typed into one line, such as a name."""
TEXT_LENGTH_MAX = 2000
"""Of a reason or a comment."""
Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def page(view: View[Arguments]) -> View[Arguments]:
    """A view for those who are signed in; what the platform refuses becomes a page that says so.

    A refusal of something sent (POST) is told on the page that the person came from.
    """

    @wraps(view)
    def shown(
        request: HttpRequest, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        timezone.activate(ZoneInfo(zone_of(request)))
        try:
            _require_text(request)
            return view(request, *args, **kwargs)
        except (InvalidError, ConflictError) as error:
            if request.method != "POST":
                return _refused(request, error)
            tell_refusal(request, error)
            return go_back(request)
        except PlatformError as error:
            return _refused(request, error)

    return cast("View[Arguments]", login_required(shown))


def user_of(request: HttpRequest) -> User:
    """Who is signed in, for type checkers."""
    return cast(User, request.user)


def zone_of(request: HttpRequest) -> str:
    """The time zone of the person's first organisation; asked for once a session."""
    kept = request.session.get("zone")
    if isinstance(kept, str):
        return kept
    place = user_of(request).organisations.order_by("path").first()
    zone = people.time_zone_of(place) if place else timezone.get_default_timezone_name()
    request.session["zone"] = zone
    return zone


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A page, or with htmx the part of it that the template's own file holds."""
    shared = {
        "menu": menu(user_of(request)),
        "today": clock.today(zone_of(request)),
        "rehearsing": clock.is_set(),
        # asked of the database only where a page looks at it
        "may_audit": SimpleLazyObject(
            lambda: bool(people.paths(user_of(request), people.READ_AUDIT))
        ),
        "is_part": request.headers.get("HX-Request") == "true",
    }
    return render(request, template, shared | dict(context or {}), status=status)


def once(request: HttpRequest) -> UUID:
    """The id that the form was given when it was shown: sent twice, it counts once."""
    try:
        return UUID(request.POST.get("once", ""))
    except ValueError as error:
        text = _("The form has lost its number. Reload the page and send it again.")
        raise InvalidError(text) from error


def do_once(request: HttpRequest, work: Callable[[], object]) -> bool:
    """Do it unless this very form was sent before; whether it was done now.

    For what has no id of its own by which the platform would know it again. What is refused
    is taken back with its number, so that the corrected form may be sent.
    """
    with transaction.atomic():
        _entry, is_new = IdempotentAnswer.objects.get_or_create(
            user=user_of(request),
            key=f"page-{once(request)}",
            method="POST",
            path=request.path[:400],
            defaults={"digest": "", "at": clock.now()},
        )
        if is_new:
            work()
    return is_new


def typed_quantity(said: QueryDict, field: str) -> Decimal | None:
    """A number that can be kept; None for an empty field. What makes sense is the services' to say.

    Separators of thousands and full-width digits are read.

    Raises
    ------
    InvalidError
        If it is no number, or one that no quantity can be.
    """
    text = str(said.get(field, "")).strip()
    if not text:
        return None
    try:
        found = Decimal(text.replace(",", "").replace("，", ""))
        to_thousandths(found)
    except InvalidOperation as error:
        raise InvalidError(_("%(text)s is no number.") % {"text": text[:40]}) from error
    except ValidationError as error:
        problem = _("No quantity is so large, or finer than three decimals.")
        raise InvalidError(problem) from error
    return found


def typed_day(said: QueryDict, field: str) -> date | None:
    """A day; None for an empty field."""
    text = str(said.get(field, "")).strip()
    return read_day(text) if text else None


def typed(said: QueryDict, field: str, length_max: int = LINE_LENGTH_MAX) -> str:
    """What was typed into a field, without the spaces around it.

    Raises
    ------
    InvalidError
        If it is longer than what can be kept.
    """
    text = str(said.get(field, "")).strip()
    if len(text) > length_max:
        problem = _("“%(text)s…” is too long: %(count)s characters; at most %(most)s are kept.")
        about = {"text": text[:40], "count": len(text), "most": length_max}
        raise InvalidError(problem % about)
    return text


def tell(request: HttpRequest, text: str) -> None:
    """Something good, on the next page that is shown."""
    messages.success(request, text)


def tell_refusal(request: HttpRequest, error: PlatformError) -> None:
    """Why something was not done, on the next page that is shown."""
    lines = [error.message, *(problem.message for problem in error.problems[:5])]
    messages.error(request, " ".join(dict.fromkeys(lines)))


def go_back(request: HttpRequest, otherwise: str = "/") -> HttpResponseRedirect:
    """To where the form says (`next`), or to the page that the person came from."""
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if address and url_has_allowed_host_and_scheme(
            address, {request.get_host()}, require_https=request.is_secure()
        ):
            return HttpResponseRedirect(address)
    return HttpResponseRedirect(otherwise)


def _require_text(request: HttpRequest) -> None:
    """Refuse the character NUL: no text of ours holds it, and PostgreSQL cannot keep it."""
    said = [*request.GET.lists(), *request.POST.lists()]
    if "\0" in request.path or any("\0" in "".join([key, *texts]) for key, texts in said):
        text = _("A text holds a character that cannot be kept (NUL). Type it again.")
        raise InvalidError(text)


def _refused(request: HttpRequest, error: PlatformError) -> HttpResponse:
    titles = {403: _("You may not do this"), 404: _("There is no such thing")}
    context = {"error": error, "title": titles.get(error.status, _("This cannot be done"))}
    return show(request, "web/refused.html", context, status=error.status)
