"""How fast statistics answer while many ask: 1,000 sites × 21 items × 365 days, 20 clients.

    python benchmarks/statistics_speed.py                # the recorded size; alone on the machine
    python benchmarks/statistics_speed.py --sites 50     # small, to see that it runs

Reports go straight into the tables of SQLite and of a PostgreSQL of its own; then the roll-ups
are rebuilt from them, and the total of each column is compared with what was generated. Each
client is a process with a connection of its own that asks one random question after the other,
with no pause: measure, dimensions, grain, span, filters, comparisons and person are all drawn.
Every answer is the whole statistic, as pages and the API get it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import child  # noqa: E402
import statistics_world as world  # noqa: E402

RESULT = HERE / "results" / "statistics_speed.json"
TARGET = {"median_ms": 200, "p99_ms": 1000}
NOW = datetime(2021, 1, 1, 4, tzinfo=UTC)
PLACES = ((), (), ("country",), ("organisation:province",), ("region",), ("site",),
          ("organisation",), ("organisation:2",))  # fmt: skip
ITEMS = ((), (), ("class",), ("sub_class",), ("resource",))
GRAINS = ("total", "total", "day", "week", "month", "quarter", "year")
WARM_UP = 3
"""Questions that each client asks before the clock runs."""


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--items", type=int, default=21)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--questions", type=int, default=100, help="of each client")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--result", type=Path, default=RESULT)
    parser.add_argument("--step", choices=["database", "client"], help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.step == "client":
        return _client(given)
    if given.step == "database":
        return _database(given)
    record = {
        "machine": child.machine(),
        "asked": {
            name: getattr(given, name)
            for name in ("sites", "items", "days", "clients", "questions", "seed")
        },
        "target": TARGET,
    }
    record["databases"] = _recorded(given.result, record) | {
        name: _on(name, given) for name in given.databases
    }
    given.result.parent.mkdir(parents=True, exist_ok=True)
    given.result.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(record["databases"], indent=1))
    return 0


def _recorded(result: Path, record: dict[str, Any]) -> dict[str, Any]:
    """What was measured before with the same questions on the same machine, by database."""
    before = json.loads(result.read_text("utf-8")) if result.exists() else {}
    same = all(before.get(name) == record[name] for name in ("machine", "asked", "target"))
    found: dict[str, Any] = before["databases"] if same else {}
    return found


def _on(kind: str, given: argparse.Namespace) -> dict[str, Any]:
    """Everything on one database, in a fresh process that knows its settings from the start."""
    return child.on_database(kind, _command(given, "database"))


def _command(given: argparse.Namespace, step: str, number: int = 0) -> list[str]:
    values = ("sites", "items", "days", "clients", "questions", "seed")
    named = [part for name in values for part in (f"--{name}", str(getattr(given, name)))]
    return [sys.executable, __file__, "--step", step, "--number", str(number), *named]


def _database(given: argparse.Namespace) -> int:
    """Fill the database, make the roll-ups, let the clients loose, add up."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from sampan_platform.count import services

    size = world.Size(given.sites, given.items, given.days, given.seed)
    call_command("migrate", verbosity=0)
    world.make_places(size)
    started = time.perf_counter()
    sums = world.make_reports(size, lambda done: _tell(f"{done:,} reports"))
    filled = time.perf_counter() - started
    started = time.perf_counter()
    tiles = services.rebuild(None, lambda done, of: _tell(f"roll-ups: month {done} of {of}"))
    rebuilt = time.perf_counter() - started
    with connection.cursor() as cursor:
        # as a database is that has run for a while: else its own clean-up runs under the clock
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    compared = _compare(size, sums)
    connection.close()
    print(
        json.dumps(
            {
                "reports": sums["reports"],
                "fill_seconds": round(filled, 1),
                "rebuild_seconds": round(rebuilt, 1),
                "tiles": tiles,
                "totals_equal": compared,
                **_ask_all(given),
            }
        )
    )
    return 0


def _compare(size: world.Size, sums: dict[str, int]) -> dict[str, bool]:
    """Whether each flow's total is what was generated."""
    from sampan_platform.common import clock
    from sampan_platform.count.selectors import statistics
    from sampan_platform.people.models import User

    user = User.objects.get(username="region")
    last = world.FIRST_DAY + timedelta(days=size.days - 1)
    with clock.at(NOW):
        return {
            name: statistics(user, name, since=world.FIRST_DAY, until=last).frame["value"].sum()
            == Decimal(sums[name]) / 1000
            for name in ("output", "used", "shipped", "received", "need")
        }


def _ask_all(given: argparse.Namespace) -> dict[str, Any]:
    """All clients at once; what they measured."""
    clients = [
        subprocess.Popen(
            _command(given, "client", number), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(given.clients)
    ]  # fmt: skip
    for one in clients:  # each says when it is ready
        assert one.stdout is not None
        one.stdout.readline()
    started = time.perf_counter()
    for one in clients:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    answers = []
    for one in clients:
        told, _ = one.communicate()
        if one.returncode:
            raise RuntimeError(f"A client failed with code {one.returncode}.")
        answers += json.loads(told.splitlines()[-1])
    seconds = time.perf_counter() - started
    return {"questions_per_second": round(len(answers) / seconds, 1), **_figures(answers)}


def _figures(answers: list[list[Any]]) -> dict[str, Any]:
    """Median, 99th percentile and worst: of all, by measure and by grain."""
    by: dict[str, dict[str, Any]] = {}
    for place, kind in ((1, "by_measure"), (2, "by_grain")):
        groups: dict[str, list[float]] = {}
        for answer in answers:
            groups.setdefault(answer[place], []).append(answer[0])
        by[kind] = {name: _percentiles(those) for name, those in sorted(groups.items())}
    slowest = sorted(answers, key=lambda answer: -answer[0])[:5]
    return {"answers": _percentiles([answer[0] for answer in answers]), **by, "slowest": slowest}


def _percentiles(seconds: list[float]) -> dict[str, Any]:
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)

    return {
        "count": len(ordered),
        "median_ms": at(0.5),
        "p90_ms": at(0.9),
        "p99_ms": at(0.99),
        "max_ms": round(1000 * ordered[-1], 1),
    }


def _client(given: argparse.Namespace) -> int:
    """One client: random questions one after the other, once it is told to go."""
    import django

    django.setup()
    from sampan_platform.common import clock
    from sampan_platform.common.errors import InvalidError
    from sampan_platform.count.selectors import statistics
    from sampan_platform.people.models import User

    users = {user.username: user for user in User.objects.all()}
    chance = random.Random(f"{given.seed}:{given.number}")
    answers: list[tuple[Any, ...]] = []

    def ask() -> None:
        """The next question that is not refused as too much at once."""
        while True:
            user, measure, asked = _question(chance, given)
            started = time.perf_counter()
            try:
                found = statistics(users[user], measure, **asked)
            except InvalidError as error:
                if error.code != "too-many-figures":
                    raise
                continue
            seconds = time.perf_counter() - started
            detail = f"{user} {asked['since']} {asked['until']} {asked['by']} {asked['compare']}"
            answers.append((seconds, measure, asked["grain"], len(found.frame), detail))
            return

    with clock.at(NOW):
        for _ in range(WARM_UP):
            ask()
        answers.clear()
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(given.questions):
            ask()
    print(json.dumps(answers))
    return 0


def _question(chance: random.Random, given: argparse.Namespace) -> tuple[str, str, dict[str, Any]]:
    """Who asks for which measure, and how."""
    from sampan_platform.count.measures import MEASURES, Kind
    from sampan_platform.count.scope import Filters

    measure = MEASURES[chance.choice(list(MEASURES))]
    since, until = _span(chance, given.days)
    compare = ["year_on_year", "period_on_period", "rank"]
    if measure.is_quantity:
        compare.append("share")
    if measure.kind in (Kind.FLOW, Kind.RATE):
        compare.append("year_to_date")
    chosen = chance.choice(("", "", "class", "resource", "country", "organisation"))
    filters = {
        "": Filters(),
        "class": Filters(classes=[f"K{chance.randrange(world.CLASSES)}"]),
        "resource": Filters(resources=[f"R{chance.randrange(given.items):02}"]),
        "country": Filters(countries=["CN"]),
        "organisation": Filters(organisation="CN-01"),
    }[chosen]
    user = chance.choice(("region", "region", "country", "province"))
    return user, measure.code, {
        "since": since,
        "until": until,
        "by": [*chance.choice(PLACES), *chance.choice(ITEMS)],
        "grain": chance.choice(GRAINS),
        "compare": chance.sample(compare, chance.choice((0, 0, 1, 2))),
        "filters": filters,
    }  # fmt: skip


def _span(chance: random.Random, days: int) -> tuple[date, date]:
    """The whole year, a month, a week or any two days."""
    last = world.FIRST_DAY + timedelta(days=days - 1)
    kind = chance.choice(("year", "month", "week", "any"))
    if kind == "year":
        return world.FIRST_DAY, last
    day = world.FIRST_DAY + timedelta(days=chance.randrange(days))
    if kind == "month":
        first = day.replace(day=1)
        return first, min(last, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    if kind == "week":
        return max(world.FIRST_DAY, day - timedelta(days=6)), day
    other = world.FIRST_DAY + timedelta(days=chance.randrange(days))
    return min(day, other), max(day, other)


def _tell(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{words:40}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
