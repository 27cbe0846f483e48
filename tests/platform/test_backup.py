"""Backup and restore on a PostgreSQL of the test's own, by the commands as people type them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.platform.postgres import Server
from tests.platform.test_commands import ROOT, environment


class Platform:
    """A platform in a database of its own."""

    def __init__(self, home: Path, address: str) -> None:
        self.home, self.address = home, address

    def sampan(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command on it."""
        return subprocess.run(
            [sys.executable, "-m", "sampan", *words], cwd=ROOT, capture_output=True, text=True,
            env=environment(self.home) | {"SAMPAN_DATABASE": self.address} | more, check=False,
        )  # fmt: skip

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """What stands in the database itself."""
        with psycopg.connect(self.address, autocommit=True) as database:
            cursor = database.execute(sql)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def make(server: Server, tmp_path: Path):
    """Makes platforms, each with an empty database and PostgreSQL's programs on its path."""

    def made(name: str) -> Platform:
        with psycopg.connect(server.address, autocommit=True) as database:
            database.execute(f'DROP DATABASE IF EXISTS "{name}"')  # type: ignore[arg-type]
            database.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        address = server.address.replace("/postgres?", f"/{name}?")
        os.environ["PATH"] = f"{server.programs}{os.pathsep}{os.environ['PATH']}"
        return Platform(tmp_path / name, address)

    return made


COUNTS = (
    "SELECT (SELECT count(*) FROM ledger_movement), (SELECT count(*) FROM people_user), "
    "(SELECT count(*) FROM catalogue_site), (SELECT hash FROM ledger_head)"
)


def test_a_postgresql_comes_back_whole(make, tmp_path: Path, monkeypatch) -> None:
    """Into an empty database and over one that went on; the ledger is proved, its guards stand."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    first = make("first")
    for words in (("init",), ("load", "tiny", "--history", "2", "--live", "1", "--ahead", "3")):
        done = first.sampan(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    kept, before = tmp_path / "kept.tar.gz", first.ask(COUNTS)
    assert before[0][0] > 0
    done = first.sampan("backup", str(kept))
    assert done.returncode == 0, done.stderr

    second = make("second")
    back = second.sampan("restore", str(kept))
    assert back.returncode == 0, back.stderr
    assert "proved" in back.stdout
    assert second.ask(COUNTS) == before
    with pytest.raises(psycopg.errors.Error, match="append"):
        second.ask("DELETE FROM ledger_movement")

    first.ask("UPDATE people_user SET language = 'zh-hans'")
    refused = first.sampan("restore", str(kept))
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    over = first.sampan("restore", str(kept), "--yes")
    assert over.returncode == 0, over.stderr
    assert first.ask(COUNTS) == before
    assert first.ask("SELECT count(*) FROM people_user WHERE language = 'zh-hans'") == [(0,)]
    assert "All is well" in first.sampan("doctor").stdout


def test_a_restore_that_fails_leaves_all_as_it_was(make, tmp_path: Path, monkeypatch) -> None:
    """Something in the database is in the way: one line says so, and nothing is lost."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    platform, kept = make("third"), tmp_path / "kept.tar.gz"
    assert platform.sampan("init").returncode == 0
    assert platform.sampan("backup", str(kept)).returncode == 0
    platform.ask("CREATE VIEW mine AS SELECT username FROM people_user")
    before = platform.ask("SELECT username FROM people_user")
    failed = platform.sampan("restore", str(kept), "--yes")
    assert failed.returncode == 2
    assert "mine" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert platform.ask("SELECT username FROM people_user") == before


def test_backups_of_one_kind_do_not_go_into_the_other(make, tmp_path: Path, monkeypatch) -> None:
    """A backup of SQLite is no backup for PostgreSQL; and without its programs it is said."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    desk, kept = tmp_path / "desk", tmp_path / "desk.tar.gz"
    for words in (("init",), ("backup", str(kept))):
        done = subprocess.run(
            [sys.executable, "-m", "sampan", *words], cwd=ROOT, env=environment(desk),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    platform = make("fourth")
    refused = platform.sampan("restore", str(kept))
    assert refused.returncode == 2
    assert "made from sqlite" in refused.stderr
    without = platform.sampan("backup", str(tmp_path / "none.tar.gz"), PATH=str(tmp_path))
    assert without.returncode == 2
    assert "postgresql-client" in without.stderr
    assert not (tmp_path / "none.tar.gz").exists()
