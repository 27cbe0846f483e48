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
from django.utils.translation import gettext as _

from sampan_platform.commands.running import Refused, parser

LATE_MINUTES = 5
"""A task that has waited longer has no worker."""


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
        return _("SQLite in %(place)s") % {"place": found["NAME"]}
    return f"PostgreSQL {found.get('HOST') or 'localhost'}/{found['NAME']}"


@dataclass(frozen=True)
class Part:
    """One part of the installation, and how it is."""

    name: str
    well: bool
    says: str


def examine() -> list[Part]:
    """Look at every part; what is wrong is said with what to do."""
    checks: list[tuple[str, Callable[[], str]]] = [
        (_("database"), _check_database),
        (_("tables"), _check_tables),
        (_("settings"), _check_settings),
        (_("disk"), _check_disk),
        (_("worker"), _check_worker),
        (_("solver"), _check_solver),
        (_("ledger"), _check_ledger),
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
        about = {"database": _database(), "version": cursor.fetchone()[0]}
        return _("%(database)s, version %(version)s") % about


def require_tables() -> None:
    """Refuse a database that is empty, or of an older version."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        text = _("%(count)s changes of the database wait. Run: sampan init")
        raise Refused(text % {"count": len(waiting)})


def _check_tables() -> str:
    require_tables()
    return _("up to date")


def _check_settings() -> str:
    if settings.DEBUG:
        raise Refused(_("SAMPAN_DEBUG=1 shows inner workings to visitors. Unset it for real use."))
    if len(settings.SECRET_KEY) < 40:
        raise Refused(_("SAMPAN_SECRET_KEY is short. Give at least 40 random characters."))
    return f"{settings.HOME}"


def _check_disk() -> str:
    free = shutil.disk_usage(settings.HOME).free / 1e9
    about = {"free": f"{free:.1f}", "place": settings.HOME}
    if free < 1:
        raise Refused(_("only %(free)s GB free at %(place)s. Make room.") % about)
    if not os.access(settings.HOME, os.W_OK):
        raise Refused(_("%(place)s cannot be written. Give the user the right to.") % about)
    return _("%(free)s GB free") % about


def _check_worker() -> str:
    from django_tasks_db.models import DBTaskResult

    waiting: Any = DBTaskResult.objects.ready().order_by("enqueued_at").first()
    if waiting is None:
        return _("nothing waits")
    from sampan_platform.common import clock

    minutes = (clock.now() - waiting.enqueued_at).total_seconds() / 60
    about = {"count": DBTaskResult.objects.ready().count(), "minutes": f"{minutes:.1f}"}
    if minutes > LATE_MINUTES:
        text = _("a task has waited %(minutes)s minutes. Is a worker running? sampan serve")
        raise Refused(text % about)
    return _("%(count)s tasks wait, the oldest %(minutes)s minutes") % about


def _check_solver() -> str:
    from sampan import solve, verify
    from sampan.testing import two_hospitals

    network = two_hospitals()
    plan = solve(network)
    if not verify(network, plan):
        return _("solves and verifies (%(method)s)") % {"method": plan.summary["method"]}
    raise Refused(_("a plan of a tiny network does not verify. Reinstall sampan."))


def _check_ledger() -> str:
    from sampan_platform.ledger import services

    return str(services.prove())
