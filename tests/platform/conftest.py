"""What the platform's tests share. They run on one database at a time, by `run.py`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

if "DJANGO_SETTINGS_MODULE" not in os.environ:
    raise pytest.UsageError(
        "The platform's tests run by: python -m tests.platform.run sqlite|postgresql"
    )


@pytest.fixture(autouse=True)
def _plain_tasks(settings) -> None:
    """Background tasks are kept, and run when a test says so or in a worker of its own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """The page that a test before this one asked for leaves its language behind in the thread."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture
def tree(db) -> dict[str, object]:
    """A small tree of organisations, by code."""
    from tests.platform.world import organisations

    return organisations()


@pytest.fixture
def world(tree) -> Iterator[object]:
    """The tree with sites, resources, lanes and a user for each role; see `world.py`."""
    from tests.platform.world import World

    return World(tree)


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_ledger() -> None:
    """Between transactional tests all tables are emptied, which the ledger's triggers refuse."""
    from django.db import connection

    operations = type(connection.ops)
    plain = operations.execute_sql_flush

    def postgresql(self, statements: list[str]) -> None:
        statements = ["SET session_replication_role = replica", *statements]
        plain(self, [*statements, "SET session_replication_role = origin"])

    def sqlite(self, statements: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        drop = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
        plain(self, [*drop, *statements, *(sql for _, sql in triggers)])

    operations.execute_sql_flush = sqlite if connection.vendor == "sqlite" else postgresql
