"""How long an order of 1,500 lines takes to open, in headless Chromium.

    python benchmarks/order_page.py                # the recorded size; alone on the machine

Loads the demo, gives one of its orders so many lines (copies of its first one), serves it, and
opens the order's page and its printed papers again and again, from the request to the end of the
page's load event, as the browser itself tells it (Navigation Timing).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import child  # noqa: E402

from tests.browser import run as served  # noqa: E402

RESULT = HERE / "results" / "order_page.json"
TIMES = 9
LIMIT_SECONDS = 1.0
PAGES = {"the order": "", "dispatch order": "paper/", "packing list": "paper/?kind=packing"}
TAKEN = """() => {
    const [seen] = performance.getEntriesByType("navigation");
    return {seconds: seen.loadEventEnd / 1000, bytes: seen.encodedBodySize};
}"""


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=1500)
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--grow", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.grow:
        print(_grown(given.lines))
        return 0
    with tempfile.TemporaryDirectory(prefix="sampan-bench-") as folder:
        home = Path(folder) / "home"
        environment = os.environ | {
            "SAMPAN_HOME": str(home), "SAMPAN_DEMO_PASSWORD": served.PASSWORD,
            "DJANGO_SETTINGS_MODULE": "sampan_platform.settings",
        }  # fmt: skip
        served._load(home, environment)
        step = [sys.executable, __file__, "--grow", "--lines", str(given.lines)]
        number = subprocess.run(
            step, env=environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout.split()[-1]
        os.environ["SAMPAN_BROWSER_HOME"] = str(home)
        try:
            with served.platform() as (address, browser):
                pages = _measured(address, browser, number, given.lines)
        finally:
            del os.environ["SAMPAN_BROWSER_HOME"]
    record = {
        "machine": child.machine(),
        "asked": {"lines": given.lines, "times": TIMES},
        "limit_seconds": LIMIT_SECONDS,
        "pages": pages,
        "target_met": pages["the order"]["median_seconds"] < LIMIT_SECONDS,
    }
    given.result.parent.mkdir(parents=True, exist_ok=True)
    given.result.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(pages, indent=1))
    return 0


def _grown(lines: int) -> str:
    """In the demo's database: an order with so many lines; its number."""
    import django

    django.setup()
    from django.apps import apps

    model: Any = apps.get_model("track.OrderLine")
    first = model.objects.filter(number=1).order_by("order_id").first()
    have = model.objects.filter(order=first.order).count()
    fields = {
        one.attname: getattr(first, one.attname)
        for one in model._meta.concrete_fields
        if not one.primary_key and one.attname not in ("number", "part", "movement")
    }
    model.objects.bulk_create(
        model(number=at, part=at, movement=uuid.uuid4(), **fields)
        for at in range(have + 1, lines + 1)
    )
    return str(first.order.number)


def _measured(address: str, browser: str, number: str, lines: int) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=served.FLAGS)
        page = started.new_page(base_url=address, viewport={"width": 1360, "height": 900})
        page.goto("/sign-in/")
        page.fill("#id_username", "coordinator")
        page.fill("#id_password", served.PASSWORD)
        page.click("form.form button.primary")
        page.wait_for_url("**/")
        for name, rest in PAGES.items():
            taken = []
            for _ in range(TIMES):
                page.goto(f"/orders/{number}/{rest}", wait_until="load")
                taken.append(page.evaluate(TAKEN))
            if page.locator("tbody tr").count() < lines:
                raise RuntimeError("the page does not show every line")
            seconds = [one["seconds"] for one in taken]
            found[name] = {
                "median_seconds": round(statistics.median(seconds), 3),
                "longest_seconds": round(max(seconds), 3),
                "kilobytes": round(taken[-1]["bytes"] / 1000),
            }
        started.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
