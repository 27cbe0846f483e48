"""Each screen's job, done from start to end by the role whose job it is, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES, PHONE, barriers, keep

PLANS = pytest.mark.xdist_group("plans")
"""One after another: a plan that is approved overtakes those made before for the same place."""
SOLVED_MS = 120_000
AT = {language: place for place, language in enumerate(LANGUAGES)}


def good(page: Page) -> None:
    """The bar at the top says that it was done."""
    expect(page.locator(".bar.good").first).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reporter_files_the_day(page_of, language: str) -> None:
    """Types, is asked about a figure twice the last, explains it, sends; an explicit zero stays."""
    page = page_of("reporter", language)
    page.goto("/report/?day=2020-02-14")
    rows = page.locator("#report-table tbody tr")
    capacity = rows.nth(1).locator("[data-measure=effective_capacity]")
    before = float(capacity.get_attribute("data-before") or 0)
    assert before > 0
    capacity.fill(str(int(before * 3)))
    expect(rows.nth(1).locator(".warning.warn").first).to_be_visible()
    capacity.fill(str(int(before) + AT[language]))
    rows.nth(1).locator("[data-measure=output]").fill("0")
    rows.nth(1).locator("[data-measure=stock]").fill("0")
    rows.nth(1).locator("td:last-child input").fill("no fabric 缺熔喷布")
    keep(page, f"report-{language}")
    page.click("#report-send")
    good(page)
    row = page.locator("#report-table tbody tr").nth(1)
    expect(row.locator("[data-measure=output]")).to_have_value("0")
    expect(row.locator("[data-measure=effective_capacity]")).to_have_value(
        str(int(before) + AT[language])
    )
    assert barriers(page) == []


def test_a_block_from_excel_is_pasted(page_of) -> None:
    """Two rows and two columns, copied from a sheet, fill four fields."""
    page = page_of("reporter")
    page.goto("/report/?day=2020-02-12")
    inputs = page.locator("#report-table tbody tr").nth(0).locator("input")
    inputs.nth(0).focus()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "11\\t12\\n21\\t22\\n");
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste",
                    {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    expect(inputs.nth(0)).to_have_value("11")
    expect(inputs.nth(1)).to_have_value("12")
    below = page.locator("#report-table tbody tr").nth(1).locator("input")
    expect(below.nth(0)).to_have_value("21")
    expect(below.nth(1)).to_have_value("22")


def test_a_report_survives_a_cut_line_on_a_phone(page_of) -> None:
    """Sent without a connection it is kept, told, and sent once when the connection is back."""
    page = page_of("hospital", "zh-hans", **PHONE)
    page.goto("/report/?day=2020-02-14")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    field = page.locator("#report-table [data-measure=stock]").first
    name = field.get_attribute("name")
    field.fill("17")
    keep(page, "report-phone")
    page.context.set_offline(True)
    page.locator("#report-send").click()
    expect(page.locator("#queue-note")).to_be_visible()
    assert page.evaluate("() => JSON.parse(localStorage.getItem('sampan-queue')).length") == 1
    page.context.set_offline(False)
    expect(page.locator("#queue-sent")).to_be_visible()
    assert page.evaluate("() => JSON.parse(localStorage.getItem('sampan-queue')).length") == 0
    page.goto("/report/?day=2020-02-14")
    expect(page.locator(f"[name='{name}']")).to_have_value(re.compile(r"^17"))


def test_a_bad_file_changes_nothing_and_says_what_to_do(page_of) -> None:
    """A row for an unknown site is named; the good rows are filed only if asked."""
    page = page_of("reporter")
    page.goto("/report/")
    text = "site,resource,day,stock\nnowhere,mask_medical,2020-02-13,5\n"
    page.set_input_files(
        "#file", {"name": "day.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.click("form[action*=upload] button")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("nowhere")
    assert page.locator("button.primary").count() == 0
    assert barriers(page) == []


@PLANS
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_is_started_watched_understood_and_approved(page_of, language: str) -> None:
    """A coordinator plans three days and asks why something is short; two approvers decide."""
    page = page_of("coordinator", language)
    page.goto("/plans/")
    page.click("[data-opens=new-plan]")
    page.fill("#plan-days", "2")
    page.click("#new-plan button.primary")
    page.wait_for_selector("#short", timeout=SOLVED_MS)
    expect(page.locator(".note.good")).to_be_visible()
    expect(page.locator("#map[data-drawn]")).to_be_visible()
    page.locator("#short tbody tr").first.locator("a").click()
    expect(page.locator("#why li").first).to_be_visible()
    keep(page, f"plan-{language}")
    assert barriers(page) == []
    address = page.url
    page.goto(f"{address}shipments/")
    every = page.locator("table.long tbody tr").count()
    assert every > 20
    page.locator("table.long a[href*='why/?line=']").first.click()
    expect(page.locator("#why li").first).to_be_visible()
    page.select_option("#origin", index=1)
    page.wait_for_url("**origin=**")
    assert 0 < page.locator("table.long tbody tr").count() < every
    assert barriers(page) == []
    if language == "en":
        for approver in ("approver1", "approver2"):
            other = page_of(approver, language)
            other.goto(address)
            other.click("form[action*=approve] button")
            good(other)
        expect(other.locator(".heading .state.good")).to_be_visible()
    else:
        other = page_of("approver1", language)
        other.goto(address)
        other.click("[data-opens=send-back]")
        other.fill("#reject-reason", "数据待核实")
        other.click("#send-back button.danger")
        good(other)


@PLANS
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_is_changed_with_a_reason_and_its_cost_seen(page_of, language: str) -> None:
    """A coordinator fixes one shipment at nothing; the plan around it names the loss."""
    page = page_of("coordinator", language)
    page.goto("/plans/")
    page.click("[data-opens=new-plan]")
    page.fill("#plan-days", "1")
    page.click("#new-plan button.primary")
    page.wait_for_selector("#short", timeout=SOLVED_MS)
    page.goto(f"{page.url}shipments/?today=1")
    page.locator("[data-opens=override]").first.click()
    page.fill("#override-quantity", "0")
    page.fill("#override-note", "road closed 道路封闭")
    page.click("#override button.primary")
    page.wait_for_selector("[aria-labelledby=fixed-title]", timeout=SOLVED_MS)
    expect(page.locator("[aria-labelledby=fixed-title]")).to_contain_text("道路封闭")
    assert barriers(page) == []
    page.locator("[aria-labelledby=fixed-title] a[href*=compare]").click()
    expect(page.locator("[aria-labelledby=goals-title] tbody tr").nth(3)).to_be_visible()


@PLANS
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_is_made_again_from_an_earlier_one(page_of, language: str) -> None:
    """One click: the new plan has the same goal and tells what it was begun from."""
    page = page_of("coordinator", language)
    page.goto("/plans/")
    page.click("[data-opens=new-plan]")
    page.fill("#plan-days", "1")
    page.select_option("#plan-goals", "total")
    page.click("#new-plan button.primary")
    page.wait_for_selector("#short", timeout=SOLVED_MS)
    first = page.url
    page.click("form[action*=again] button")
    page.wait_for_url(lambda address: address != first)
    page.wait_for_selector("#short", timeout=SOLVED_MS)
    number = first.rstrip("/").rsplit("/", 1)[-1]
    expect(page.locator(f".heading a[href$='/plans/{number}/']")).to_be_visible()
    page.locator(".heading a[href*=compare]").last.click()
    # a plan for the goals' total has one goal; stage by stage it would have many
    expect(page.locator("[aria-labelledby=goals-title] tbody tr")).to_have_count(1)
    assert barriers(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_store_receives_an_order_short(page_of, language: str) -> None:
    """From the board to a receipt with one unit short, with its reason; the paper has its code."""
    page = page_of("warehouse", language)
    page.goto("/orders/")
    page.locator("[aria-labelledby=state-shipped] .ticket").nth(AT[language]).click()
    page.wait_for_url("**/orders/DO-*/")
    number = page.locator("h1").inner_text()
    page.goto("/orders/")
    page.fill("#number", number)
    page.click("#scan-form button")
    page.wait_for_url(f"**/orders/{number}/")
    assert barriers(page) == []
    page.goto(f"/orders/{number}/paper/")
    expect(page.locator("svg")).to_be_visible()
    page.goto(f"/orders/{number}/")
    if page.locator("[data-opens=do-receive]").count():
        page.click("[data-opens=do-receive]")
        on_way = page.locator("#do-receive tbody tr").first.locator("td").nth(1).inner_text()
        units = int(float(on_way.replace(",", "")))
        row = page.locator("#do-receive tbody tr").first
        row.locator("[name^=good-]").fill(str(units - 1))
        row.locator("[name^=short-]").fill("1")
        row.locator("[name^=reason-]").fill("one box wet 一箱受潮")
        page.click("#do-receive button.primary")
    else:  # it leaves this store: what its people can do is tell where it is
        page.click("[data-opens=do-transit]")
        page.fill("#place", "Xiangyang 襄阳")
        page.click("#do-transit button.primary")
    good(page)
    assert page.locator(".timeline li").count() >= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hospital_asks_and_a_coordinator_decides(page_of, language: str) -> None:
    """Asked with a reason, reviewed, reduced with a reason; both see it."""
    page = page_of("hospital", language)
    page.goto("/requests/new/")
    page.fill("#quantity", "1,200")
    page.fill("#needed_by", "2020-02-20")
    page.fill("#reason", "new ward 新病区")
    page.click(".form button.primary")
    good(page)
    address = page.url
    other = page_of("coordinator", language)
    other.goto(address)
    other.click("button[value=review]")
    good(other)
    other.fill("#quantity", "900")
    other.fill("#reason", "half of the stock is on its way 部分在途")
    other.click("button[value=reduce]")
    good(other)
    assert barriers(other) == []
    page.goto(address)
    expect(page.locator("dl.facts")).to_contain_text("900")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_is_taken_commented_and_resolved(page_of, language: str) -> None:
    """From the groups to one alert; what was done stands in its history."""
    page = page_of("coordinator", language)
    page.goto("/alerts/")
    page.locator("tbody a").nth(AT[language]).click()
    page.locator("#list tbody a").first.click()
    page.wait_for_url("**/alerts/*/")
    assert barriers(page) == []
    page.click("button[value=acknowledge]")
    good(page)
    page.fill("#note", "asked the works 已联系工厂")
    page.click("button[value=comment]")
    good(page)
    page.fill("#note", "goods are on their way 已发货")
    page.click("button[value=resolve]")
    good(page)
    assert page.locator(".timeline li").count() >= 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_situation_is_chosen_seen_and_downloaded(page_of, language: str) -> None:
    """Map and pivot follow the choice; the address keeps it; the figures come as files."""
    page = page_of("analyst", language)
    page.goto("/situation/?resource=mask_medical&measure=output&flows=orders")
    expect(page.locator("#map[data-drawn]")).to_be_visible()
    keep(page, f"situation-{language}")
    page.select_option("#grain", "week")
    page.wait_for_url("**grain=week**")
    assert page.locator("table.long tbody tr").count() > 5
    assert "resource=mask_medical" in page.url
    with page.expect_download() as download:
        page.click("a[href*='figures.csv']")
    assert "period" in download.value.path().read_text("utf-8").splitlines()[0]
    assert barriers(page) == []


def test_a_map_is_hidden_and_shown_again(page_of) -> None:
    """A map without an area, as on a page that is being left, is not drawn and breaks no script."""
    page = page_of("analyst")
    page.goto("/situation/")
    expect(page.locator("#map[data-drawn]")).to_be_visible()
    for width in ("0", ""):
        page.evaluate(
            """async (width) => {
                document.getElementById("map").style.width = width;
                for (let frame = 0; frame < 3; frame += 1)
                    await new Promise((done) => requestAnimationFrame(done));
            }""",
            width,
        )
    expect(page.locator("#map canvas").first).to_be_visible()


@PLANS
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_if_a_factory_is_lost(page_of, language: str) -> None:
    """A change is added, solved, and set beside the plan of things as they are."""
    page = page_of("coordinator", language)
    page.goto("/what-if/")
    page.select_option("#scale-item", "mask_medical")
    assert page.locator("#kind-scale").is_checked()  # what is filled in is what is meant
    page.select_option("#lose-site", "works-xiantao")
    assert page.locator("#kind-lose").is_checked()
    page.click("button[value=add]")
    expect(page.locator("form ul li")).to_have_count(1)
    page.fill("#name", f"Xiantao lost {language}")
    page.fill("#whatif-days", "2")
    page.click("button[value=solve]")
    page.wait_for_selector("#short", timeout=SOLVED_MS)
    page.goto("/what-if/")  # follows by itself until the plan to compare with is solved, too
    page.locator("#tried tbody tr").first.locator("a[href*=compare]").click(timeout=SOLVED_MS)
    page.wait_for_url("**/plans/compare/**")
    expect(page.locator("tbody tr").nth(5)).to_be_visible()
    assert page.locator(".note.warn").count() == 0
    assert barriers(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_auditor_proves_the_ledger(page_of, language: str) -> None:
    """The proof passes; a stock card adds up; the trail shows who approved."""
    page = page_of("auditor", language)
    page.goto("/ledger/proof/")
    page.click("main button.primary")
    expect(page.locator(".note.good")).to_be_visible()
    page.goto("/ledger/")
    page.locator("tbody a").first.click()
    page.wait_for_url("**/card/**")
    assert barriers(page) == []
    page.goto("/ledger/trail/?action=dispatch.approve")
    assert page.locator("tbody tr").count() >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_operator_makes_an_account_and_changes_a_site(page_of, language: str) -> None:
    """The new account signs in; a site's storage is changed; the health page says all is well."""
    page = page_of("operator", language)
    page.goto("/people/")
    name = f"new-{language}"
    page.fill("#username", name)
    page.fill("#password", "a-long-password-1")
    page.click("form.form button.primary")
    good(page)
    assert barriers(page) == []
    page.goto("/catalogue/sites/?q=wuhan-hub")
    page.locator("tbody a").first.click()
    page.fill("[name=storage_m3_max]", str(90000 + AT[language]))
    page.click("button[value=change]")
    good(page)
    assert barriers(page) == []
    page.goto("/system/")
    assert page.locator(".state.bad").count() == 0
