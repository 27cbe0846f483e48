"""Fields whose own look a browser would give in its own language: days and files."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import barriers

HOW_TO = {"en": "Give the day as 2020-02-14.", "zh-hans": "日期请写成 2020-02-14。"}
NONE_YET = {"en": "No file chosen yet", "zh-hans": "尚未选择文件"}


@pytest.mark.parametrize(("language", "locale"), [("en", "zh-CN"), ("zh-hans", "en-US")])
def test_a_day_reads_the_same_in_every_browser(page_of: Any, language: str, locale: str) -> None:
    """Typed with slashes it is brought into one form and applies; no day is told."""
    page = page_of("coordinator", language, locale=locale)
    page.goto("/situation/?until=2020-02-13")
    since = page.locator("#since")
    since.fill("2020/2/4")
    since.press("Tab")
    page.wait_for_url("**since=2020-02-04**")
    expect(since).to_have_value("2020-02-04")
    since.fill("02/05/2020")
    since.press("Tab")
    expect(since).to_have_attribute("aria-invalid", "true")
    assert since.evaluate("field => field.validationMessage") == HOW_TO[language]
    assert "since=2020-02-04" in page.url
    assert barriers(page) == []


def test_a_day_is_picked_from_the_calendar(page_of: Any) -> None:
    """The browser's calendar opens by the button, from the day that stands there, and fills it."""
    page = page_of("coordinator")
    page.goto("/situation/?since=2020-02-04&until=2020-02-13")
    picker = page.locator("#since ~ [data-picker]")
    picker.evaluate("field => { field.showPicker = () => { field.dataset.opened = '1'; }; }")
    page.locator("[data-picks=since]").press("Enter")
    expect(picker).to_have_attribute("data-opened", "1")
    assert picker.input_value() == "2020-02-04"
    picker.evaluate(
        "field => { field.value = '2020-02-06';"
        " field.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    page.wait_for_url("**since=2020-02-06**")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_file_field_speaks_the_page_s_language(page_of: Any, language: str) -> None:
    """It says that no file is chosen, then the name of the one that is."""
    page = page_of("reporter", language)
    page.goto("/report/")
    said = page.locator("[data-file-name=file]")
    expect(said).to_have_text(NONE_YET[language])
    page.set_input_files("#file", {"name": "日报.csv", "mimeType": "text/csv", "buffer": b"x"})
    expect(said).to_have_text("日报.csv")
    assert barriers(page) == []


def test_a_refused_report_stays_a_draft_until_it_is_taken(page_of: Any) -> None:
    """Whoever goes elsewhere after a refusal finds the figures again; taken, they are no draft."""
    page = page_of("reporter")
    address = "/report/?day=2020-02-11"
    page.goto(address)
    row = page.locator("#report-table tbody tr").nth(3)
    output, stock = row.locator("[data-measure=output]"), row.locator("[data-measure=stock]")
    output.fill("many")
    stock.fill("4321")
    page.click("#report-send")
    expect(page.locator(".note.bad li")).to_have_count(1)
    stock.fill("4322")
    page.goto("/")
    page.goto(address)
    expect(page.locator("#draft-note")).to_be_visible()
    expect(output).to_have_value("many")
    expect(stock).to_have_value("4322")
    output.fill("7")
    page.click("#report-send")
    expect(page.locator(".bar.good").first).to_be_visible()
    page.goto(address)
    expect(output).to_have_value("7")
    expect(page.locator("#draft-note")).to_be_hidden()


def test_a_refused_receipt_is_there_again(page_of: Any) -> None:
    """What was counted and refused stands in the dialog again, with why; received, it is gone."""
    page = page_of("warehouse", "zh-hans")
    page.goto("/")
    page.locator("#handle tbody a").last.click()
    page.wait_for_url("**/orders/DO-*/")
    page.locator(".row-actions button.primary[data-opens=do-receive]").click()
    row = page.locator("#do-receive tbody tr").first
    row.locator("[name^=good-]").fill("1")
    row.locator("[name^=short-]").fill("1")
    page.click("#do-receive button.primary")
    expect(page.locator("#do-receive .note.bad")).to_contain_text("请说明")
    expect(row.locator("[name^=good-]")).to_have_value("1")
    expect(row.locator("[name^=reason-]")).to_be_in_viewport()
    assert barriers(page) == []
    row.locator("[name^=reason-]").fill("箱数不足")
    page.click("#do-receive button.primary")
    expect(page.locator(".bar.good").first).to_be_visible()
    expect(page.locator("#do-receive")).to_be_hidden()


def test_a_refused_decision_keeps_what_was_typed(page_of: Any) -> None:
    """A quantity without its reason is asked for again; the quantity stands there still."""
    page = page_of("hospital")
    page.goto("/requests/new/")
    page.fill("#quantity", "50")
    page.fill("#reason", "a new ward")
    page.click("form button.primary")
    address = page.url
    coordinator = page_of("coordinator")
    coordinator.goto(address)
    coordinator.click("button[value=review]")
    approver = page_of("approver1")
    approver.goto(address)
    approver.fill("#quantity", "20")
    approver.click("button[value=reduce]")
    expect(approver.locator(".bar.bad[data-message]")).to_be_visible()
    expect(approver.locator("#quantity")).to_have_value("20")
    approver.goto(address)
    expect(approver.locator("#quantity")).to_have_value("")


def test_a_chart_s_names_are_read_in_the_dark(page_of: Any) -> None:
    """The legend takes the theme's colour whatever the page says of its place."""
    page = page_of("coordinator", color_scheme="dark")
    page.goto("/situation/")
    page.wait_for_selector(".chart canvas")
    ink = page.evaluate(
        """() => {
            const canvas = document.querySelector(".chart canvas");
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, 40);
            let brightest = 0;
            for (let at = 0; at < data.length; at += 4) {
                const [red, green, blue, alpha] = data.slice(at, at + 4);
                if (alpha > 200 && Math.max(red, green, blue) - Math.min(red, green, blue) < 24)
                    brightest = Math.max(brightest, red);
            }
            return brightest;
        }"""
    )
    assert ink > 200


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_plan_s_tables_are_sorted_by_any_heading(page_of: Any, language: str) -> None:
    """Numbers as numbers, days as days, either way; by the keyboard."""
    page = page_of("coordinator", language)
    page.goto("/plans/3/shipments/?today=1")

    def column(number: int) -> list[str]:
        cells = page.locator(f"table tbody tr td:nth-child({number})")
        return [text.replace(",", "") for text in cells.all_inner_texts()]

    heading = page.locator("table thead th:nth-child(6) button")
    heading.press("Enter")
    upward = [float(text) for text in column(6)]
    assert upward == sorted(upward)
    assert upward[0] < upward[-1]
    heading.press("Enter")
    assert [float(text) for text in column(6)] == sorted(upward, reverse=True)
    expect(page.locator("table thead th:nth-child(6)")).to_have_attribute("aria-sort", "descending")
    assert barriers(page) == []
