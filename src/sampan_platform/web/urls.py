"""The pages' addresses: signing in, and one line a screen in the order of the menu."""

from __future__ import annotations

from pathlib import Path

from django.urls import include, path

from sampan_platform.web import signing
from sampan_platform.web.accounts import views as accounts
from sampan_platform.web.screens import SCREENS

HERE = Path(__file__).parent
app_name = "web"
urlpatterns = [
    path("sign-in/", signing.sign_in, name="sign_in"),
    path("sign-out/", signing.sign_out, name="sign_out"),
    path("account/", accounts.own, name="own_account"),
    path("language/", signing.choose_language, name="language"),
    *(
        path(screen.address, include((f"sampan_platform.web.{screen.name}.urls", screen.name)))
        for screen in SCREENS
        if (HERE / screen.name / "urls.py").exists()
    ),
]
