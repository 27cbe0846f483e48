"""The commands as people type them, each in a process of its own, on SQLite."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def sampan(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with its own home, as a person would in the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "sampan", *words],
        cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False,
    )  # fmt: skip


def environment(home: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name != "SAMPAN_DATABASE"}
    return clean | {"SAMPAN_HOME": str(home), "PYTHONUTF8": "1"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform with the tiny example lived through for two days."""
    folder = tmp_path_factory.mktemp("home") / "数据 data"
    for words in (
        ("init",),
        ("load", "tiny", "--history", "3", "--live", "2", "--ahead", "4"),
    ):
        done = sampan(folder, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "The ledger is proved" in done.stdout
    assert "Demo accounts" in done.stdout
    return folder


def test_everything_that_a_day_needs(home: Path) -> None:
    """Statistics, a plan, orders, the ledger's proof and the doctor, each in a line."""
    for words, told in (
        (("stats", "stock", "--by", "site", "--until", "2020-02-11"), "stock on hand"),
        (("stats", "need", "--since", "2020-02-10", "--until", "2020-02-11", "--json"), "[{"),
        (("orders",), "Orders"),
        (("alerts",), "opened"),
        (("ledger", "verify"), "proved"),
        (("doctor",), "All is well."),
        (("init",), "Ready."),
    ):
        done = sampan(home, *words)
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        assert told in done.stdout


def test_a_table_is_filed_and_a_bad_one_is_told(home: Path, tmp_path: Path) -> None:
    """A dry run writes nothing; bad rows are named, and come back in a file to correct."""
    sites = sampan(home, "stats", "stock", "--by", "site", "--until", "2020-02-11", "--json")
    assert sites.returncode == 0
    good = tmp_path / "good.csv"
    good.write_text("site,resource,day,need\nnowhere,nothing,2020-02-10,-5\n", "utf-8")
    rejects = tmp_path / "rejects.csv"
    done = sampan(home, "collect", str(good), "--rejects", str(rejects), "--as", "coordinator")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "0 reports filed" in done.stdout
    assert "nowhere" in rejects.read_text("utf-8-sig")


def test_a_backup_comes_back_whole(home: Path, tmp_path: Path) -> None:
    """Into an empty home; a damaged one is refused; what is there is not replaced unasked."""
    kept = tmp_path / "kept.tar.gz"
    assert sampan(home, "backup", str(kept)).returncode == 0
    there = sampan(home, "restore", str(kept))
    assert there.returncode == 2
    assert "--yes" in there.stderr
    other = tmp_path / "other"
    back = sampan(other, "restore", str(kept))
    assert back.returncode == 0, back.stderr
    assert "proved" in back.stdout
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(kept.read_bytes()[:2000])
    refused = sampan(other, "restore", str(damaged), "--yes")
    assert refused.returncode == 2
    assert "damaged" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_backup_holds_the_official_base_map(home: Path, tmp_path: Path) -> None:
    """It comes back with the rest; so does that there was none; older backups say nothing of it."""
    without, within = tmp_path / "without.tar.gz", tmp_path / "within.tar.gz"
    other = tmp_path / "other"
    here = other / "base-map.json"
    assert sampan(home, "backup", str(without)).returncode == 0
    assert sampan(other, "restore", str(without)).returncode == 0
    here.write_text("an official map", "utf-8")
    assert sampan(other, "backup", str(within)).returncode == 0
    here.write_text("a later map", "utf-8")
    assert sampan(other, "restore", str(within), "--yes").returncode == 0
    assert here.read_text("utf-8") == "an official map"
    older = _without_word_of_a_map(without, tmp_path)
    assert sampan(other, "restore", str(older), "--yes").returncode == 0
    assert here.read_text("utf-8") == "an official map"
    assert sampan(other, "restore", str(without), "--yes").returncode == 0
    assert not here.exists()


def _without_word_of_a_map(backup: Path, folder: Path) -> Path:
    """The backup as it was made before maps were held."""
    unpacked, older = folder / "unpacked", folder / "older.tar.gz"
    with tarfile.open(backup) as archive:
        archive.extractall(unpacked, filter="data")
    manifest = json.loads((unpacked / "manifest.json").read_text("utf-8"))
    del manifest["base_map_sha256"]
    (unpacked / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with tarfile.open(older, "w:gz") as archive:
        for part in unpacked.iterdir():
            archive.add(part, part.name)
    return older


def test_a_backup_comes_back_under_those_who_read(home: Path, tmp_path: Path) -> None:
    """Who has the database open sees the old one, then the restored one, and writes on in it;
    while somebody writes, nothing is replaced.
    """
    kept, other = tmp_path / "kept.tar.gz", tmp_path / "other"
    assert sampan(home, "backup", str(kept)).returncode == 0
    assert sampan(other, "restore", str(kept)).returncode == 0
    users = "SELECT count(*) FROM people_user"
    with closing(sqlite3.connect(other / "sampan.sqlite3", isolation_level=None)) as serving:
        (before,) = serving.execute(users).fetchone()
        serving.execute("UPDATE people_user SET language = 'zh-hans'")
        assert sampan(other, "restore", str(kept), "--yes").returncode == 0
        changed = f"{users} WHERE language = 'zh-hans'"
        assert serving.execute(changed).fetchone() == (0,)
        assert serving.execute(users).fetchone() == (before,)
        serving.execute("UPDATE people_user SET language = 'zh-hans'")
        serving.execute("BEGIN IMMEDIATE")
        refused = sampan(other, "restore", str(kept), "--yes", "--wait", "1")
        serving.execute("COMMIT")
        assert (refused.returncode, "keeps writing" in refused.stderr) == (2, True)
        assert serving.execute(changed).fetchone() == (before,)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("load", "nowhere"), "no example nowhere"),
        (("stats", "weather"), "weather"),
        (("stats", "output", "--by", "moon"), "moon"),
        (("orders", "--as", "nobody"), "no user nobody"),
        (("collect", "nothing.csv"), "no file nothing.csv"),
        (("serve", "--port", "lots"), "lots"),
        (("ledger", "forget"), "forget"),
        (("restore", "nothing.tar.gz"), "no file nothing.tar.gz"),
        (("load", "tiny"), "organisations already"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    home: Path, words: tuple[str, ...], told: str
) -> None:
    """Exit code 2, what is wrong, and never a traceback."""
    done = sampan(home, *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_database_commands_say_what_to_do(tmp_path: Path) -> None:
    """Before `sampan init` nothing works, and every command says so."""
    done = sampan(tmp_path / "empty", "orders")
    assert done.returncode == 2
    assert "sampan init" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_older_database_is_not_served(tmp_path: Path) -> None:
    """After an upgrade every page would fail; it is said instead what to run."""
    done = sampan(tmp_path / "empty", "serve", "--port", "0")
    assert done.returncode == 2
    assert "Run: sampan init" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_serve_answers_and_stops(home: Path) -> None:
    """Web, worker and monitor start together, answer, and end together."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = subprocess.Popen(
        [sys.executable, "-m", "sampan", "serve", "--port", str(port)],
        cwd=ROOT, env=environment(home), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        answer = b""
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as page:
                    answer = page.read()
                break
            except OSError:
                time.sleep(0.1)
        assert answer
        busy = sampan(home, "serve", "--port", str(port))
        assert busy.returncode == 2
        assert "Choose another" in busy.stderr
    finally:
        serving.terminate()
        told, _ = serving.communicate(timeout=60)
    assert serving.returncode == 0, told
    assert "Stopping" in told


def test_a_long_proof_shows_how_far_it_is(home: Path) -> None:
    """On a terminal a bar that counts movements; what is printed stays one line."""
    import pty

    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "sampan", "ledger", "verify"],
        cwd=ROOT, env=environment(home) | {"TERM": "xterm"}, stdout=subprocess.PIPE,
        stderr=theirs, text=True, check=False,
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "Proving" in shown
    assert "movements" in shown
    assert done.stdout.startswith("The ledger is proved")
    assert len(done.stdout.splitlines()) == 1
