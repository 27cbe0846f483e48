"""The tables of docs/reference/benchmarks.md, from the recorded results.

    python benchmarks/page.py

replaces what stands between the page's markers. Nothing there is typed by hand.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from page_fast import fast_speed, fast_speed_plots

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PAGE = HERE.parent / "docs" / "reference" / "benchmarks.md"
PARTS = ("machine", "build_speed", "solve_baseline", "solve_example", "collect_speed",
         "statistics_speed", "day_cycle", "fast_speed", "map_frames",
         "order_page")  # fmt: skip
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, numbers to the right from the second column on."""
    rule = ["---"] + ["---:"] * (len(heads) - 1)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def machine(records: dict[str, dict[str, Any]]) -> str:
    """What each record was made on."""
    facts = {name: record["machine"] for name, record in records.items()}
    lines = []
    for name, fact in facts.items():
        versions = ", ".join(f"{package} {number}" for package, number in fact["versions"].items())
        lines.append(
            f"- `{name}`: {fact['processor']}, {fact['cores']} cores, {fact['memory_gb']} GB of "
            f"memory, {fact['system']}, Python {fact['python']}; {versions}"
        )
    return "\n".join(lines)


def build_speed(record: dict[str, Any]) -> str:
    """A table for each size, and what proves the programs the same."""
    titles, parts = record["builders"], []
    for size in record["sizes"]:
        first = size["runs"]["sampan"]["fingerprint"]
        parts.append(
            f"**{first['columns']:,} columns**, {first['rows']:,} rows, "
            f"{first['nonzeros']:,} entries\n\n"
            + table(
                ["builder", "seconds", "times Sampan's", "prepared before, s", "peak memory, MB",
                 "of it before, MB"],
                [_build_row(titles[name], run) for name, run in size["runs"].items()],
            )
        )  # fmt: skip
    proof = record["proof"]["runs"]
    optima = {run["optimum"] for run in proof.values()}
    parts.append(
        f"On {proof['sampan']['fingerprint']['columns']:,} columns all {len(proof)} programs have "
        f"the optimum {min(optima):,.4f} (largest difference {max(optima) - min(optima):.1e})."
    )
    return "\n\n".join(parts)


def _build_row(title: str, run: dict[str, Any]) -> list[str]:
    if run["status"] != "done":
        return [title, run["status"], "–", "–", "–", "–"]
    return [
        title,
        f"{min(run['seconds']):.3f}",
        f"{run['ratio']:.1f}",
        f"{min(run['prepare_seconds']):.3f}",
        f"{run['memory_peak_mb']:,.0f}",
        f"{run['memory_before_mb']:,.0f}",
    ]


def solve_baseline(record: dict[str, Any]) -> str:
    """A table for each network."""
    titles, parts = record["methods"], []
    for network in record["networks"]:
        runs = network["runs"]
        sized = next((run for run in runs.values() if "columns" in run), None)
        size = f"{sized['columns']:,} columns, {sized['rows']:,} rows" if sized else "no run"
        kind = network["network"].partition(":")[2]
        parts.append(
            f"**{size}, {kind}**, limit {network['limit_seconds']:g} s\n\n"
            + table(
                ["method", "seconds", "outcome", "value", "primal infeasibility", "iterations"],
                [_solve_row(titles[name], run) for name, run in runs.items()],
            )
        )
    return "\n\n".join(parts)


def _solve_row(title: str, run: dict[str, Any]) -> list[str]:
    if "seconds" not in run:
        return [title, "–", run.get("outcome", run["status"]), "–", "–", "–"]
    counts = [f"{count:,} {kind.replace('_', ' ')}" for kind, count in run["iterations"].items()
              if count > 0]  # fmt: skip
    known = run["value"] is not None
    return [
        title,
        f"{run['seconds']:.1f}",
        run["outcome"],
        f"{run['value']:,.1f}" if known else "–",
        f"{run['primal_infeasibility_scaled']:.0e}" if known else "–",
        ", ".join(counts) or "–",
    ]


def solve_example(record: dict[str, Any]) -> str:
    """A table for each example."""
    titles, parts = record["ways"], []
    for example in record["examples"]:
        runs = example["runs"]
        first = next(run for run in runs.values() if "columns" in run)
        parts.append(
            f"**`examples/{example['example']}`**, {first['columns']:,} columns, "
            f"{first['rows']:,} rows, {first['parts']} parts\n\n"
            + table(
                ["way", "seconds", "verify, s", "plan", "gaps above 1e-6"],
                [_example_row(titles[way], run) for way, run in runs.items()],
            )
        )
    return "\n\n".join(parts)


def _example_row(title: str, run: dict[str, Any]) -> list[str]:
    if "seconds" not in run:
        return [title, "–", "–", run["status"], "–"]
    gaps = ", ".join(f"{part}: {gap:.1e}" for part, gap in run["gaps"]) or "none"
    return [
        title,
        f"{run['seconds']:.1f}",
        f"{run['verify_seconds']:.1f}",
        "valid" if run["valid"] else "not valid",
        gaps,
    ]


COLLECT_WAYS = {
    "bare": "bare load, no keys, checks or indexes",
    "bare_with_indexes": "bare load into a table with the indexes of reports",
    "parquet": "collected from Parquet, all checks",
    "csv": "collected from CSV, all checks",
}


def collect_speed(record: dict[str, Any]) -> str:
    """A table for each database."""
    parts = []
    for name, found in record["databases"].items():
        rates = found["rows_per_second"]
        rows = [[title, f"{rates[way]:,}", f"{rates[way] / rates['bare']:.0%}"]
                for way, title in COLLECT_WAYS.items()]  # fmt: skip
        posted = found["rows_per_second_with_ledger"]
        rows.append(
            [f"collected from CSV and posted to the ledger, {found['rows_with_ledger']:,} rows",
             f"{posted:,}", f"{posted / rates['bare']:.1%}"]
        )  # fmt: skip
        met = "met" if found["target_met"] else "missed"
        parts.append(
            f"**{DATABASES[name]}**, {found['rows']:,} reports\n\n"
            + table(["way", "rows a second", "of the bare load"], rows)
            + f"\n\nThe target of {record['target_share']:.0%} is {met}. Bringing the statistics "
            f"up to date afterwards, by a worker: {found['refresh_seconds']:.1f} s."
        )
    return "\n\n".join(parts)


def statistics_speed(record: dict[str, Any]) -> str:
    """A table of all databases, and what was asked."""
    asked, target = record["asked"], record["target"]
    rows = []
    for name, found in record["databases"].items():
        answers = found["answers"]
        equal = "yes" if all(found["totals_equal"].values()) else "NO"
        rows.append(
            [DATABASES[name], f"{answers['count']:,}", f"{answers['median_ms']:,.0f}",
             f"{answers['p90_ms']:,.0f}", f"{answers['p99_ms']:,.0f}", f"{answers['max_ms']:,.0f}",
             f"{found['questions_per_second']:,.0f}", f"{found['rebuild_seconds']:,.0f}", equal]
        )  # fmt: skip
    return (
        f"{asked['sites']:,} sites × {asked['items']} items × {asked['days']} days, "
        f"{next(iter(record['databases'].values()))['reports']:,} reports; {asked['clients']} "
        "clients, each asking without a pause\n\n"
        + table(
            ["database", "answers", "median, ms", "90 %, ms", "99 %, ms", "worst, ms",
             "answers a second", "roll-ups made in, s", "totals equal"], rows,
        )
        + f"\n\nThe aim is {target['median_ms']} ms at the median and {target['p99_ms']:,} ms at "
        f"the 99th percentile: {_statistics_outcome(record)}."
    )  # fmt: skip


def _statistics_outcome(record: dict[str, Any]) -> str:
    aims = record["target"].items()
    missed = [f"{DATABASES[name]} misses {aim.replace('_ms', '')}"
              for name, found in record["databases"].items()
              for aim, limit in aims if found["answers"][aim] > limit]  # fmt: skip
    return "; ".join(missed) if missed else "met"


CYCLE_PARTS = {
    "dispatch": "dispatch: network, plan, proof, approval, orders",
    "track": "track: shipped, received",
    "collect": "collect: reports filed", "monitor": "monitor: rules looked at",
    "count": "count: statistics of a fortnight",
}  # fmt: skip


CYCLE_GOALS = {"total": "goals as one sum in money", "stages": "goal by goal"}


def day_cycle(record: dict[str, Any]) -> str:
    """A table for each database, and what the day held."""
    parts = []
    lived = [(name, goals, found) for name, by_goals in record["databases"].items()
             for goals, found in by_goals.items()]  # fmt: skip
    for name, goals, found in lived:
        day, plan = found["day"], found["plan"]
        rows = [[title, f"{found['seconds'][part]:.1f}"] for part, title in CYCLE_PARTS.items()]
        rows.append(["in all", f"{found['seconds_in_all']:.1f}"])
        met = "met" if found["target_met"] else "missed"
        parts.append(
            f"**{DATABASES[name]}, {CYCLE_GOALS[goals]}**, {found['enterprises']} enterprises, "
            f"{found['sites']} sites, "
            f"{day['reports']:,} reports\n\n"
            + table(["stage", "seconds"], rows)
            + f"\n\nThe plan looks {plan['days']} days ahead: {plan['columns']:,} columns and "
            f"{plan['rows']:,} rows, {plan['stages']} part(s) solved in "
            f"{plan['solve_seconds']:.1f} s, largest gap {plan['gap']:.0e}, "
            f"verified. {day['ordered']:,} shipments ordered, "
            f"{day['shipped']:,} orders shipped and {day['received']:,} received, "
            f"{day['alerts']:,} alerts opened. The aim of {record['target_seconds']} s is {met}."
        )
    return "\n\n".join(parts)


FRAMES = {"frames_a_second": "frames a second", "median_ms": "median, ms", "p95_ms": "95 %, ms"}


def map_frames(record: dict[str, Any]) -> str:
    """A row a movement, with few flows and with many."""
    rows = [
        [name, *(f"{record[which][name][figure]:.0f}" for which in ("few", "many")
                 for figure in FRAMES)]
        for name in record["few"]
    ]  # fmt: skip
    heads = [f"{record['asked'][flows]:,} flows: {figure}" for flows in ("few", "flows")
             for figure in FRAMES.values()]  # fmt: skip
    told = [f"{name}: {'as smooth as with few' if alike else 'slower than with few'}"
            for name, alike in record["alike"].items()]  # fmt: skip
    return table(["the map is", *heads], rows) + f"\n\nWith many flows, {'; '.join(told)}."


def order_page(record: dict[str, Any]) -> str:
    """A row a page of the order."""
    rows = [[name, f"{one['median_seconds']:.2f}", f"{one['longest_seconds']:.2f}",
             f"{one['kilobytes']}"] for name, one in record["pages"].items()]  # fmt: skip
    asked, met = record["asked"], "met" if record["target_met"] else "missed"
    heads = ["page", "median, s", "longest, s", "sent, kB"]
    return table(heads, rows) + (
        f"\n\n{asked['lines']:,} lines, each page opened {asked['times']} times. The aim of"
        f" {record['limit_seconds']:.0f} s for the order is {met}."
    )


def fill(text: str, parts: dict[str, str]) -> str:
    """Put each part between its markers; ValueError if the page lacks one."""
    for name, part in parts.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text, count = pattern.subn(lambda found, p=part: f"{found[1]}{p}\n{found[2]}", text)
        if count != 1:
            raise ValueError(f"the page needs the markers of {name} once, and has them {count}×")
    return text


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the recorded results into the page.")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args(arguments)
    paths = {name: given.results / f"{name}.json" for name in PARTS[1:]}
    missing = [str(path) for path in paths.values() if not path.exists()]
    if missing:
        print(f"page.py: no {', '.join(missing)}; run benchmarks/run.py first", file=sys.stderr)
        return 2
    records = {name: json.loads(path.read_text("utf-8")) for name, path in paths.items()}
    parts = {
        "machine": machine(records),
        "build_speed": build_speed(records["build_speed"]),
        "solve_baseline": solve_baseline(records["solve_baseline"]),
        "solve_example": solve_example(records["solve_example"]),
        "collect_speed": collect_speed(records["collect_speed"]),
        "fast_speed": fast_speed(records["fast_speed"], table),
        "statistics_speed": statistics_speed(records["statistics_speed"]),
        "day_cycle": day_cycle(records["day_cycle"]),
        "map_frames": map_frames(records["map_frames"]),
        "order_page": order_page(records["order_page"]),
    }
    if given.page == PAGE:  # pictures stand beside the recorded page only
        for path, svg in fast_speed_plots(records["fast_speed"]).items():
            path.write_text(svg, encoding="utf-8")
    given.page.write_text(fill(given.page.read_text("utf-8"), parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
