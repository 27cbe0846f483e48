"""One day's whole cycle at 400 enterprises: dispatch, track, collect, count, monitor.

    python benchmarks/day_cycle.py                       # the recorded size; alone on the machine
    python benchmarks/day_cycle.py --enterprises 40      # smaller, to see that it runs

The Hubei example is grown (`grown.py`), put onto an empty platform with two weeks of history and
lived through for a day, whose cycle brings the first orders; the second day is measured: building
the network, solving, verifying, approving, ordering, shipping and
receiving what is due, filing every enterprise's and hospital's report, counting and monitoring.
The ledger is proved at the end, outside the clock. Plans are made twice: for the goals' total in
money, which `auto` gives to the fast method (to a proven 0.1 %), and goal by goal, exactly.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import child  # noqa: E402

RESULT = HERE / "results" / "day_cycle.json"
EXAMPLE = HERE.parent / "examples" / "hubei-2020-02"
TARGET_SECONDS = 60
COUNTED = ("output", "used", "stock", "shipped", "received", "need", "effective_capacity",
           "utilisation", "days_of_cover", "reporting_rate")  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--enterprises", type=int, default=400)
    parser.add_argument("--history", type=int, default=14, help="days reported before")
    parser.add_argument("--ahead", type=int, default=3, help="days that each plan looks ahead")
    parser.add_argument("--goals", nargs="+", default=["total", "stages"],
                        help="what plans are best at, each a run of its own")  # fmt: skip
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--step", choices=["database"], help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.step == "database":
        print(json.dumps(_lived(given, given.goals[0])))
        return 0
    record = {
        "machine": child.machine(),
        "asked": {name: getattr(given, name) for name in ("enterprises", "history", "ahead")},
        "target_seconds": TARGET_SECONDS,
        "databases": {
            name: {goals: _on(name, goals, given) for goals in given.goals}
            for name in given.databases
        },
    }
    given.result.parent.mkdir(parents=True, exist_ok=True)
    given.result.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(record["databases"], indent=1))
    return 0


def _on(kind: str, goals: str, given: argparse.Namespace) -> dict[str, Any]:
    """Everything on one database, in a fresh process that knows its settings from the start."""
    with tempfile.TemporaryDirectory(prefix="sampan-bench-") as home:
        environment = os.environ | {
            "SAMPAN_HOME": home,
            "DJANGO_SETTINGS_MODULE": "sampan_platform.settings",
        }
        environment.pop("SAMPAN_DATABASE", None)
        server = None
        if kind == "postgresql":
            from tests.platform.postgres import Server

            server = Server()
        try:
            if server is not None:
                server.start()
                environment["SAMPAN_DATABASE"] = server.address
            command = [sys.executable, __file__, "--step", "database", "--goals", goals]
            for name in ("enterprises", "history", "ahead"):
                command += [f"--{name}", str(getattr(given, name))]
            done = subprocess.run(
                command, env=environment, stdout=subprocess.PIPE, text=True, check=True
            )
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            return found
        finally:
            if server is not None:
                server.stop()


class Clock:
    """Seconds since it was last read, by what they went into."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()

    def __call__(self, part: str, words: str = "") -> None:
        now = time.perf_counter()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self.last
        self.last = now
        print(f"{self.seconds[part]:8.2f} s  {part:9} {words}", file=sys.stderr)


def _lived(given: argparse.Namespace, goals: str) -> dict[str, Any]:
    """Set up, live through a day, measure the next."""
    import django

    django.setup()
    from django.core.management import call_command
    from grown import grown

    import sampan
    from sampan_platform import flow
    from sampan_platform.ledger import services as ledger
    from sampan_platform.packs.loading import Stage

    network = grown(sampan.read_network(EXAMPLE), given.enterprises)
    call_command("migrate", verbosity=0)
    clock = Clock()
    stage = Stage(network, partial(clock, "before"))
    crew = stage.set_up("not-a-secret-2020")
    stage.history(crew.reporter, given.history)
    days = [network.calendar.start + timedelta(days=number) for number in range(2)]
    told = partial(clock, "before")
    flow.cycle(days[0], stage.scope, crew, partial(stage.reports, 0), days=given.ahead,
               goals=goals, tell=lambda part, words: told(f"{part} {words}"))  # fmt: skip
    reports = stage.reports(1)  # what the enterprises say is theirs to make, not the platform's
    clock("before", f"{len(reports):,} reports of the day made")
    clock = Clock()
    done = flow.cycle(days[1], stage.scope, crew, lambda: reports, days=given.ahead,
                      goals=goals, tell=clock)  # fmt: skip
    _count(crew.coordinator, days[1], clock)
    seconds = clock.seconds
    return {
        "enterprises": given.enterprises,
        "sites": len(network.table("sites")),
        "seconds": {part: round(taken, 2) for part, taken in seconds.items()},
        "seconds_in_all": round(sum(seconds.values()), 2),
        "target_met": sum(seconds.values()) < TARGET_SECONDS,
        "day": {name: getattr(done, name)
                for name in ("approved", "ordered", "shipped", "received", "reports", "alerts")},
        "notes": done.notes,
        "plan": _plan(done.plan),
        "ledger": str(ledger.prove()),
    }  # fmt: skip


def _count(user: Any, day: Any, clock: Clock) -> None:
    """Every measure of the last fortnight, day by day, by organisation and by class."""
    from sampan_platform.count.selectors import statistics

    figures = 0
    for measure in COUNTED:
        for by in (["organisation:2"], ["class"]):
            found = statistics(user, measure, since=day - timedelta(days=13), until=day, by=by,
                               grain="day")  # fmt: skip
            figures += len(found.frame)
    clock("count", f"{figures:,} figures")


def _plan(number: int) -> dict[str, Any]:
    """What was solved, and that it was verified."""
    from django.apps import apps

    run: Any = apps.get_model("dispatch", "PlanRun").objects.get(pk=number)
    return {
        "days": run.days,
        "columns": run.summary["columns"],
        "rows": run.summary["rows"],
        "solve_seconds": run.summary["seconds"],
        "status": run.summary["status"],
        "gap": run.summary["gap"],
        "valid": run.verification["valid"],
        "stages": len(run.verification["stages"]),
    }


if __name__ == "__main__":
    sys.exit(main())
