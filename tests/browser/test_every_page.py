"""What holds for every page of the menu, in both languages."""

from __future__ import annotations

import pytest

from tests.browser.conftest import LANGUAGES, PHONE, barriers

ADDRESSES = ("/", "/report/", "/situation/", "/alerts/", "/requests/", "/plans/", "/orders/",
             "/ledger/", "/what-if/", "/catalogue/")  # fmt: skip
OPERATORS = ("/people/", "/system/")
FIRST_LOAD_BYTES = 400_000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ADDRESSES + OPERATORS)
def test_a_page_opens_and_has_no_barrier(page_of, address: str, language: str) -> None:
    """Each screen answers, names itself, and axe-core finds nothing serious, light and dark."""
    page = page_of("operator" if address in OPERATORS else "coordinator", language)
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(".side nav a[aria-current=page]").count() == 1
    assert barriers(page) == []
    page.emulate_media(color_scheme="dark")
    assert barriers(page) == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_fits_a_phone(page_of, address: str) -> None:
    """Nothing but tables and maps, which scroll by themselves, is wider than a phone."""
    page = page_of("coordinator", "zh-hans", **PHONE)
    page.goto(address)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_first_load_is_small(page_of, address: str) -> None:
    """On a slow line: what a page needs to be used comes in less than 400 kB, compressed."""
    page = page_of("coordinator")
    sizes: list[int] = []

    def add(answer) -> None:
        if "land-" not in answer.url:  # the base map is drawn later, behind what stands on it
            sizes.append(int(answer.request.sizes()["responseBodySize"]))

    page.on("requestfinished", lambda asked: add(asked.response()))
    page.goto(address, wait_until="networkidle")
    assert sizes
    assert sum(sizes) < FIRST_LOAD_BYTES


def test_whoever_is_not_signed_in_is_led_to_the_entrance(page_of) -> None:
    """No page shows anything to a stranger, and the entrance has no barrier."""
    page = page_of("")
    for address in ADDRESSES + OPERATORS:
        page.goto(address)
        assert "/sign-in/" in page.url
    assert barriers(page) == []


def test_the_language_switch_stays(page_of) -> None:
    """Chosen once, every page speaks it from then on."""
    page = page_of("analyst")
    page.goto("/")
    page.select_option("#language", "zh-hans")
    page.wait_for_selector("html[lang=zh-hans]")
    page.goto("/alerts/")
    assert page.locator("html").get_attribute("lang") == "zh-hans"
