"""`sampan collect`, `stats`, `alerts`, `plan`, `orders` and `ledger`: a day's work in a shell."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from sampan.commands.output import FINDING, FINE
from sampan_platform.commands.counting import counted
from sampan_platform.commands.running import Parser, Refused, parser
from sampan_platform.common import clock
from sampan_platform.people.models import Organisation, RoleKind, User

NARROWEST = 100
"""Columns of a page that is piped on."""


def collect(arguments: Sequence[str]) -> int:
    """File a table of reports: CSV, Parquet or Excel."""
    asked = _parser("collect", "File a table of reports: CSV, Parquet or Excel.")
    asked.add_argument("file", metavar="FILE")
    asked.add_argument("--dry-run", action="store_true", help="say what would happen, no more")
    asked.add_argument(
        "--keep-good", action="store_true", help="file the good rows although others are bad"
    )
    asked.add_argument("--rejects", metavar="FILE", help="write the bad rows here, to correct")
    given = asked.parse_args(arguments)
    from sampan_platform.collect import services
    from sampan_platform.count import services as count

    path = Path(given.file)
    if not path.is_file():
        raise Refused(f"there is no file {path}.")
    content, user = path.read_bytes(), _user(given)
    outcome = services.file_bytes(
        path.name, content, user, dry_run=given.dry_run, keep_good=given.keep_good
    )
    for problem in outcome.rejected[:20]:
        print(f"  {problem.where}: {problem.message}", file=sys.stderr)
    if len(outcome.rejected) > 20:
        print(f"  … and {len(outcome.rejected) - 20} more", file=sys.stderr)
    if given.rejects and outcome.rejected:
        rejects = services.rejects_of(path.name, content, user, keep_good=given.keep_good)
        Path(given.rejects).write_bytes(rejects.content)
    if outcome.accepted and not given.dry_run:
        count.refresh()  # at a desk no worker may run: who asks next need not wait
    verb = "would be filed" if given.dry_run else "filed"
    print(
        f"{outcome.accepted} reports {verb} "
        f"({outcome.created} new, {outcome.corrected} corrected), "
        f"{outcome.unchanged} unchanged, {outcome.rejected_rows} rejected, "
        f"{outcome.flagged} flagged."
    )
    return FINDING if outcome.rejected else FINE


def stats(arguments: Sequence[str]) -> int:
    """Statistics of what was reported."""
    asked = _parser("stats", "Statistics of what was reported.")
    asked.add_argument("measure", nargs="?", default="output", help="output, stock, need …")
    asked.add_argument("--by", default="class", help="dimensions, joined by commas")
    asked.add_argument("--grain", default="total", help="day, week, month, quarter, year, total")
    asked.add_argument("--since", type=date.fromisoformat, metavar="DAY")
    asked.add_argument("--until", type=date.fromisoformat, metavar="DAY")
    asked.add_argument("--compare", default="", help="year_on_year, share …, joined by commas")
    asked.add_argument("--json", action="store_true", help="print one JSON document")
    given = asked.parse_args(arguments)
    from sampan_platform.count import selectors

    until = given.until or clock.now().date()
    found = selectors.statistics(
        _user(given),
        given.measure,
        since=given.since or until - timedelta(days=6),
        until=until,
        by=_words(given.by),
        grain=given.grain,
        compare=_words(given.compare),
    )
    rows = found.figures()
    if given.json:
        print(json.dumps(rows, ensure_ascii=False, default=str))
        return FINE
    _print_table(f"{found.measure.name_en} {found.since} – {found.until}", rows)
    return FINE


def alerts(arguments: Sequence[str]) -> int:
    """Run the monitoring rules, then list what is open."""
    asked = _parser("alerts", "Run the monitoring rules and list open alerts.")
    asked.add_argument("--no-run", action="store_true", help="list only")
    given = asked.parse_args(arguments)
    from sampan_platform.monitor import selectors, services

    if not given.no_run:
        outcome = services.run(clock.now())
        print(f"{outcome.opened} opened, {outcome.closed} closed.")
    user = _user(given)
    rows = [
        {
            "severity": alert.severity,
            "alert": selectors.message(alert, user.language),
            "since": f"{alert.opened_at:%Y-%m-%d}",
            "owner": alert.owner.username if alert.owner else "",
        }
        for alert in selectors.open_alerts(user)[:200]
    ]
    _print_table("Open alerts", rows)
    return FINE


def plan(arguments: Sequence[str]) -> int:
    """Solve a dispatch plan from what is known now, and show it."""
    asked = _parser("plan", "Solve a dispatch plan from what is known now.")
    asked.add_argument("--scope", default="", help="code of an organisation; the top by default")
    asked.add_argument("--days", type=int, default=14)
    asked.add_argument("--time-limit", type=int, metavar="SECONDS")
    given = asked.parse_args(arguments)
    from sampan.show import print_plan_summary
    from sampan_platform.dispatch import selectors, services

    scope = _organisation(given.scope)
    run = services.start(
        scope,
        _user(given, RoleKind.COORDINATOR),
        days=given.days,
        time_limit_seconds=given.time_limit,
        background=False,
    )
    print(f"Solving plan {run.pk} for {scope.name_en} …", flush=True)
    services.work(run.pk)
    run.refresh_from_db()
    if run.plan is None:
        raise Refused(f"plan {run.pk} has no result: {run.error}")
    network, solved = selectors.opened(run)
    print_plan_summary(network, solved, [])
    for note in run.notes[:10]:
        print(f"  note: {note}")
    print(f"Plan {run.pk} is {run.state}, approval {run.approval}.")
    return FINE


def orders(arguments: Sequence[str]) -> int:
    """List dispatch orders."""
    asked = _parser("orders", "List dispatch orders.")
    asked.add_argument("--open", action="store_true", help="only those that have not arrived")
    asked.add_argument("--limit", type=int, default=50)
    given = asked.parse_args(arguments)
    from sampan_platform.track import selectors

    found = selectors.orders(_user(given), selectors.Filters(open_only=given.open))
    rows = [
        {
            "order": order.number,
            "from": order.origin.code,
            "to": order.destination.code,
            "departs": order.depart_on,
            "expected": order.expected_on,
            "state": order.state,
            "lines": ", ".join(
                f"{line.ordered.normalize():,f} {line.resource.code}" for line in order.lines.all()
            ),
        }
        for order in found[: given.limit]
    ]
    _print_table(f"Orders ({found.count()} in all)", rows)
    return FINE


def ledger(arguments: Sequence[str]) -> int:
    """Prove the ledger."""
    asked = parser("ledger", "Prove the ledger: every balance and the chain.")
    asked.add_argument("action", choices=("verify",))
    asked.parse_args(arguments)
    from sampan_platform.ledger import services

    with counted("Proving", "movements") as tell:
        proof = services.prove(tell)
    print(f"The ledger is {proof}")
    return FINE if proof.holds else FINDING


def _parser(name: str, about: str) -> Parser:
    made = parser(name, about)
    made.add_argument("--as", dest="user", metavar="USER", help="who acts; an operator by default")
    return made


def _user(given: Any, kind: str = RoleKind.OPERATOR) -> User:
    """The user named, or the first who has such a role."""
    rows = User.objects.filter(is_active=True)
    if given.user:
        found = rows.filter(username=given.user).first()
        if found is None:
            raise Refused(
                f"there is no user {given.user}. `sampan init --operator NAME` makes one."
            )
        return found
    found = rows.filter(roles__kind=kind).order_by("pk").first()
    if found is None:
        raise Refused(
            f"there is no {kind} yet. Make one (`sampan init --operator NAME`), or name who acts: "
            "--as USER."
        )
    return found


def _organisation(code: str) -> Organisation:
    found = (
        Organisation.objects.filter(code=code) if code else Organisation.objects.filter(parent=None)
    ).first()
    if found is None:
        raise Refused(f"there is no organisation {code or 'yet'}. `sampan load` brings an example.")
    return found


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _print_table(title: str, rows: Iterable[dict[str, Any]]) -> None:
    """A plain table; numbers to the right."""
    console = Console(width=None if sys.stdout.isatty() else NARROWEST)
    found = list(rows)
    if not found:
        console.print(f"{title}: none.", markup=False)
        return
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for name in found[0]:
        number = all(isinstance(row[name], (int, float)) or row[name] is None or
                     hasattr(row[name], "quantize") for row in found)  # fmt: skip
        table.add_column(name, justify="right" if number else "left", no_wrap=name == "order")
    for row in found:
        table.add_row(*(_cell(value) for value in row.values()))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    if hasattr(value, "quantize"):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return str(value)
