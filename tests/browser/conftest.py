"""A browser for the tests of the pages: people who are signed in, and what must never happen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.run import FLAGS

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "build" / "screenshots"
LANGUAGES = ("en", "zh-hans")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

if "SAMPAN_BROWSER_URL" not in os.environ:
    raise pytest.UsageError("The tests of the pages run by: python -m tests.browser.run")
URL = os.environ["SAMPAN_BROWSER_URL"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=os.environ["SAMPAN_BROWSER"], args=FLAGS
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def signed_in() -> dict[str, Any]:
    """What the browser keeps of each person who has signed in once."""
    return {}


PageOf = Callable[..., Page]


@pytest.fixture
def page_of(
    browser: Browser, signed_in: dict[str, Any], request: pytest.FixtureRequest
) -> Iterator[PageOf]:
    """`page_of("coordinator", "zh-hans", **context)`: a page of somebody who is signed in.

    At the end no script may have failed, and nothing may have been asked of another host.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_(user: str, language: str = "en", **options: Any) -> Page:
        if user and user not in signed_in:
            signed_in[user] = _sign_in(browser, user)
        options = {"viewport": {"width": 1360, "height": 900}, **options}
        context = browser.new_context(
            base_url=URL, storage_state=signed_in.get(user), accept_downloads=True, **options
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": "django_language", "value": language, "url": URL}])
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script: {error.stack or error}"))
        page.on("request", lambda asked: _only_ours(asked.url, wrong))
        page.on("response", lambda answer: _no_failure(answer, wrong))
        return page

    yield open_
    for number, context in enumerate(contexts):
        for page in context.pages:
            SHOTS.mkdir(parents=True, exist_ok=True)
            name = f"{request.node.name}-{number}".replace("/", "-")
            page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
        context.close()
    assert not wrong, "\n".join(wrong)


def _sign_in(browser: Browser, user: str) -> Any:
    context = browser.new_context(base_url=URL)
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("#id_username", user)
    page.fill("#id_password", os.environ["SAMPAN_DEMO_PASSWORD"])
    page.click("form.form button.primary")
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state


def _only_ours(address: str, wrong: list[str]) -> None:
    if not address.startswith((URL, "data:", "blob:")):
        wrong.append(f"asked of another host: {address}")


def _no_failure(answer: Any, wrong: list[str]) -> None:
    if answer.status >= 500:
        wrong.append(f"{answer.status}: {answer.url}")


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious or critical on a page, a line each."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['impact']}: {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"] if one["impact"] in ("serious", "critical")
    ]  # fmt: skip


def keep(page: Page, name: str) -> None:
    """A screenshot under this name, for the README and for those who look at what was tested."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
