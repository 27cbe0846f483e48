"""Run the tests of the pages in headless Chromium, on the demo's data.

python -m tests.browser.run [what to pass to pytest]

Loads the demo into a folder of its own (or takes a copy of the one that SAMPAN_BROWSER_HOME
names, loaded before with SAMPAN_DEMO_PASSWORD), serves it, and runs pytest against it.
Screenshots are kept in build/screenshots.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage"]  # fmt: skip
PASSWORD = os.environ.get("SAMPAN_DEMO_PASSWORD", "sampan-demo-2020")


def main(arguments: list[str]) -> int:
    """Load, serve, test, stop."""
    with platform() as (address, browser):
        environment = os.environ | {
            "SAMPAN_DEMO_PASSWORD": PASSWORD, "SAMPAN_BROWSER": browser,
            "SAMPAN_BROWSER_URL": address,
        }  # fmt: skip
        if not any(one.startswith("tests/") for one in arguments):
            arguments = ["tests/browser", *arguments]
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        outcome = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        if outcome:
            raise Failed(outcome)
    return 0


class Failed(Exception):
    """What ran against the platform failed, with this exit status."""


@contextmanager
def platform() -> Iterator[tuple[str, str]]:
    """The demo, served from a folder of its own; its address, and where Chromium is."""
    browser = _browser()
    with tempfile.TemporaryDirectory(prefix="sampan-browser-") as folder:
        home = Path(folder) / "home"
        environment = os.environ | {
            "SAMPAN_HOME": str(home), "SAMPAN_DEMO_PASSWORD": PASSWORD,
            "SAMPAN_REQUESTS_PER_MINUTE": "0",
        }  # fmt: skip
        environment.pop("SAMPAN_DATABASE", None)
        _load(home, environment)
        port = _free_port()
        log = Path(folder) / "server.log"
        with log.open("w") as sink:
            server = subprocess.Popen(
                [sys.executable, "-m", "sampan", "serve", "--port", str(port)],
                cwd=ROOT, env=environment, stdout=sink, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            _wait(f"http://localhost:{port}/readyz", server, log)
            yield f"http://localhost:{port}", browser
        except Failed:
            print("The server's last words:", *log.read_text().splitlines()[-15:], sep="\n  ")
            raise
        finally:
            server.terminate()
            server.wait(30)


def _browser() -> str:
    """Where Chromium is; installed if it can be, else said what to install."""
    found = subprocess.run(
        ["bash", str(ROOT / "tools" / "browser.sh")], stdout=subprocess.PIPE, text=True, check=False
    )
    if found.returncode:
        sys.exit(found.returncode)
    return found.stdout.strip().splitlines()[-1]


def _load(home: Path, environment: dict[str, str]) -> None:
    given = os.environ.get("SAMPAN_BROWSER_HOME")
    if given:
        shutil.copytree(given, home)
        _run(["init"], environment)
        return
    print("Loading the demo for the tests of the pages (about a minute) …", flush=True)
    _run(["init"], environment)
    _run(["load", "hubei-2020-02"], environment)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sampan", *command], cwd=ROOT, env=environment, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"sampan {' '.join(command)} failed:\n{done.stdout}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"The server does not answer:\n{log.read_text()}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as failed:
        sys.exit(failed.args[0])
