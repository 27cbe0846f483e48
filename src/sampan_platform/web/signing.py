"""Signing in and out, and the language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import check_for_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from sampan_platform.http import tally
from sampan_platform.web.pages import go_back

FAILURES_MAX = 10
"""Wrong passwords for one name within `FAILURES_SECONDS`; then even the right one must wait."""
FAILURES_SECONDS = 600


class SignInForm(AuthenticationForm):
    """Name and password; whoever guesses too often has to wait."""

    def clean(self) -> dict[str, Any]:
        key = f"sampan-sign-in:{self.cleaned_data.get('username', '')[:150]}"
        if tally.of(key) >= FAILURES_MAX:
            raise ValidationError(
                _("Too many wrong passwords for this name. Wait ten minutes and try again."),
                code="wait",
            )
        try:
            return super().clean()
        except ValidationError:
            tally.add(key, FAILURES_SECONDS)
            raise


class SignIn(auth.LoginView):
    """The entrance; speaks the person's own language from then on."""

    form_class = SignInForm
    template_name = "web/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        if settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES:
            _keep_language(response, form.get_user().language)
        return response


sign_in = SignIn.as_view()
sign_out = auth.LogoutView.as_view(next_page="web:sign_in")


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The language of all pages from now on; kept with the person who is signed in."""
    language = request.POST.get("language", "")
    response = go_back(request)
    if check_for_language(language) and language in dict(settings.LANGUAGES):
        _keep_language(response, language)
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response


def _keep_language(response: HttpResponse, language: str) -> None:
    year_seconds = 365 * 24 * 3600
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=year_seconds, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
