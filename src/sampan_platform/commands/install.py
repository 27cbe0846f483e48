"""`sampan init` and `sampan doctor`."""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from sampan_platform.commands.running import Refused, parser


def init(arguments: Sequence[str]) -> int:
    """Make the database ready; safe to run again at any time."""
    asked = parser("init", "Make the database ready, with the catalogue and a first operator.")
    asked.add_argument("--pack", default="medical", help="catalogue to start with")
    asked.add_argument("--operator", metavar="NAME", help="name of the first operator")
    given = asked.parse_args(arguments)
    print(f"Making the database ready: {_database()} …", flush=True)
    call_command("migrate", interactive=False, verbosity=0)
    from sampan_platform.catalogue import services as catalogue

    catalogue.load_pack(given.pack)
    print(f"The catalogue {given.pack!r} is there.")
    if given.operator:
        _operator(given.operator)
    print("Ready. Next: sampan load hubei-2020-02, or sampan serve.")
    return 0


def _operator(name: str) -> None:
    """The first account, over everything."""
    from sampan_platform.people import services
    from sampan_platform.people.models import Organisation, RoleKind, User

    if User.objects.filter(username=name).exists():
        print(f"There is a user {name} already; nothing changed.")
        return
    top = Organisation.objects.filter(parent=None).first() or services.create_organisation(
        "all", "Everything", "region", name_zh="全部"
    )
    made = secrets.token_urlsafe(9)
    typed = getpass.getpass(f"Password of {name} (empty: make one): ") if sys.stdin.isatty() else ""
    from sampan_platform.monitor.services import load_default_rules

    load_default_rules(top)
    user = services.create_user(name, typed or made)
    services.give_role(user, top, RoleKind.OPERATOR)
    print(f"Operator {name}" + ("." if typed else f", password {made} (shown this once)."))


def _database() -> str:
    found = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        return f"SQLite in {found['NAME']}"
    return f"PostgreSQL {found.get('HOST') or 'local'}/{found['NAME']}"


@dataclass(frozen=True)
class Part:
    """One part of the installation, and how it is."""

    name: str
    well: bool
    says: str


def examine() -> list[Part]:
    """Look at every part; what is wrong is said with what to do."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("database", _check_database),
        ("tables", _check_tables),
        ("settings", _check_settings),
        ("disk", _check_disk),
        ("worker", _check_worker),
        ("solver", _check_solver),
        ("ledger", _check_ledger),
    ]
    found = []
    for name, check in checks:
        try:
            found.append(Part(name, True, check()))
        except Exception as error:  # noqa: BLE001 - a doctor names whatever is wrong
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            found.append(Part(name, False, first))
    return found


def doctor(arguments: Sequence[str]) -> int:
    """Every part of the installation, each with what to do if it is not well."""
    parser("doctor", "Check the installation, part by part.").parse_args(arguments)
    found = examine()
    for part in found:
        print(f"  {'well' if part.well else 'ILL '}  {part.name}: {part.says}", flush=True)
    bad = sum(1 for part in found if not part.well)
    print("All is well." if not bad else f"{bad} of {len(found)} parts are not well.")
    return 1 if bad else 0


def _check_database() -> str:
    with connection.cursor() as cursor:
        version = (
            "select sqlite_version()" if connection.vendor == "sqlite" else "show server_version"
        )
        cursor.execute(version)
        return f"{_database()}, version {cursor.fetchone()[0]}"


def _check_tables() -> str:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise Refused(f"{len(waiting)} migrations wait. Run: sampan init")
    return "up to date"


def _check_settings() -> str:
    if settings.DEBUG:
        raise Refused("SAMPAN_DEBUG=1 shows inner workings to visitors. Unset it for real use.")
    if len(settings.SECRET_KEY) < 40:
        raise Refused("SAMPAN_SECRET_KEY is short. Give at least 40 random characters.")
    return f"{settings.HOME}"


def _check_disk() -> str:
    free = shutil.disk_usage(settings.HOME).free / 1e9
    if free < 1:
        raise Refused(f"only {free:.1f} GB free at {settings.HOME}. Make room.")
    if not os.access(settings.HOME, os.W_OK):
        raise Refused(f"{settings.HOME} cannot be written. Give the user the right to.")
    return f"{free:.0f} GB free"


def _check_worker() -> str:
    from django_tasks_db.models import DBTaskResult

    waiting: Any = DBTaskResult.objects.ready().order_by("enqueued_at").first()
    if waiting is None:
        return "nothing waits"
    from sampan_platform.common import clock

    minutes = (clock.now() - waiting.enqueued_at).total_seconds() / 60
    if minutes > 5:
        raise Refused(f"a task has waited {minutes:.0f} minutes. Is a worker running? sampan serve")
    return f"{DBTaskResult.objects.ready().count()} tasks wait, the oldest {minutes:.1f} minutes"


def _check_solver() -> str:
    from sampan import solve, verify
    from sampan.testing import two_hospitals

    network = two_hospitals()
    plan = solve(network)
    if not verify(network, plan):
        return f"solves and verifies ({plan.summary['method']})"
    raise Refused("a plan of a tiny network does not verify. Reinstall sampan.")


def _check_ledger() -> str:
    from sampan_platform.ledger import services

    return str(services.prove())
