"""How smoothly the map of the situation moves with 20 and with 5,000 flows, in headless Chromium.

    python benchmarks/map_frames.py                # the recorded size; alone on the machine

Serves the demo and opens its page Situation, whose flows are answered by this script: so many
different pairs among 600 places, over a fortnight. Then the map is dragged for a while with the
mouse, zoomed with its wheel, and the slider of days is moved from end to end and back; between two
frames that the browser draws the time is taken. Nothing here has a graphics card: Chromium draws
in software, so that every change of the whole picture costs some 0.1 s. What the flows add to that
is what the map can answer for.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import child  # noqa: E402

from tests.browser import run as served  # noqa: E402

RESULT = HERE / "results" / "map_frames.json"
PLACES, DAYS, STEPS = 600, 14, 60
FEW = 20
"""Flows to compare with."""
ALIKE = 1.25
"""Many flows move as smoothly as few if median and slow frames take at most so much longer."""
WATCH = """() => {
    window.frames_seen = []; let last = performance.now(); window.watching = true;
    const tick = (now) => {
        window.frames_seen.push(now - last); last = now;
        if (window.watching) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}"""
SLIDE = """async () => {
    const slider = document.getElementById("map-day");
    const most = Number(slider.max);
    for (let step = 0; step <= 2 * most; step++) {
        slider.value = String(step <= most ? most - step : step - most);
        slider.dispatchEvent(new Event("input", {bubbles: true}));
        await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
    }
}"""


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--flows", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--result", type=Path, default=RESULT)
    given = parser.parse_args(arguments)
    with served.platform() as (address, browser):
        few, many = (
            _measured(address, browser, _answer(flows, given.seed)) for flows in (FEW, given.flows)
        )
    record = {
        "machine": child.machine(),
        "asked": {
            "few": FEW,
            "flows": given.flows,
            "places": PLACES,
            "days": DAYS,
            "seed": given.seed,
        },
        "few": few,
        "many": many,
        "alike": {
            name: all(many[name][one] <= ALIKE * few[name][one] for one in ("median_ms", "p95_ms"))
            for name in few
        },
    }
    given.result.parent.mkdir(parents=True, exist_ok=True)
    given.result.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps({name: record[name] for name in ("few", "many", "alike")}, indent=1))
    return 0


def _answer(flows: int, seed: int) -> dict[str, Any]:
    """As the page's own map.json: places over central China, flows of different pairs."""
    chance = random.Random(seed)
    sites = [
        [f"Place {at}", "hospital", chance.uniform(108, 118), chance.uniform(28, 34),
         round(chance.uniform(0, 9), 1)] for at in range(PLACES)
    ]  # fmt: skip
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < flows:
        one, other = chance.randrange(PLACES), chance.randrange(PLACES)
        if one != other:
            pairs.add((one, other))
    first = date(2020, 2, 10)
    return {
        "sites": sites,
        "days": [(first + timedelta(at)).isoformat() for at in range(DAYS)],
        "flows": [[*pair, chance.randrange(DAYS), chance.randrange(1, 9999)]
                  for pair in sorted(pairs)],
    }  # fmt: skip


def _measured(address: str, browser: str, answer: dict[str, Any]) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=served.FLAGS)
        page = started.new_page(base_url=address, viewport={"width": 1360, "height": 900})
        page.goto("/sign-in/")
        page.fill("#id_username", "coordinator")
        page.fill("#id_password", served.PASSWORD)
        page.click("form.form button.primary")
        page.wait_for_url("**/")
        page.route("**/situation/map.json*", lambda route: route.fulfill(json=answer))
        page.goto("/situation/?flows=plan")
        page.wait_for_selector("#map[data-drawn]")
        if page.get_attribute("#map", "data-drawn") != str(len(answer["flows"])):
            raise RuntimeError("the page did not draw the flows that it was given")
        found = {name: _frames(page, work) for name, work in
                 (("dragged", _drag), ("zoomed", _zoom), ("slider", _slide))}  # fmt: skip
        started.close()
    return found


def _frames(page: Any, work: Any) -> dict[str, Any]:
    """The times between frames while something is done."""
    page.evaluate(WATCH)
    work(page)
    seen = sorted(page.evaluate("() => { window.watching = false; return window.frames_seen; }"))
    return {
        "count": len(seen),
        "frames_a_second": round(1000 * len(seen) / sum(seen), 1),
        "median_ms": round(seen[len(seen) // 2], 1),
        "p95_ms": round(seen[int(0.95 * len(seen))], 1),
        "longest_ms": round(seen[-1], 1),
    }


def _drag(page: Any) -> None:
    box = page.locator("#map").bounding_box()
    across, down = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(across, down)
    page.mouse.down()
    for step in range(STEPS):
        page.mouse.move(across + 4 * (step % 30) - 60, down + 2 * (step % 20) - 20)
    page.mouse.up()


def _zoom(page: Any) -> None:
    for step in range(STEPS // 2):
        page.mouse.wheel(0, -120 if step % 10 < 5 else 120)


def _slide(page: Any) -> None:
    page.evaluate(SLIDE)


if __name__ == "__main__":
    sys.exit(main())
