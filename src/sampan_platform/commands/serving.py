"""`sampan serve`: the web server and the background worker, started and stopped together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess  # nosec B404 - our own parts
import sys
import time
from collections.abc import Sequence

from sampan_platform.commands.install import require_tables
from sampan_platform.commands.running import Refused, parser

BEAT_SECONDS = 60
"""Between two looks of the monitor."""


def serve(arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C; a part that dies is started again, and this is said."""
    asked = parser("serve", "Serve the platform: web and background worker together.")
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--port", type=int, default=8000)
    asked.add_argument("--threads", type=int, default=8, help="of the web server")
    given = asked.parse_args(arguments)
    _port_is_free(given.host, given.port)
    require_tables()
    web = [sys.executable, "-m", "sampan_platform.commands.web", given.host, str(given.port),
           str(given.threads)]  # fmt: skip
    worker = [sys.executable, "-m", "django", "db_worker", "--no-startup-delay"]
    watch = [sys.executable, "-m", "sampan_platform.commands.watch", str(BEAT_SECONDS)]
    print(f"Sampan 舢板 serves at http://{given.host}:{given.port}/ (Ctrl-C stops it)", flush=True)
    return _keep_running({"web": web, "worker": worker, "monitor": watch})


def _port_is_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refused(
                f"port {port} of {host} cannot be had ({error.strerror}). Choose another: --port"
            ) from error


def _keep_running(commands: dict[str, list[str]]) -> int:
    """Run all until told to stop; restart what ends by itself, but not for ever."""
    running = {name: _start(command) for name, command in commands.items()}
    failures = dict.fromkeys(commands, 0)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        while True:
            time.sleep(0.5)
            for name, process in running.items():
                if process.poll() is None:
                    continue
                failures[name] += 1
                if failures[name] > 5:
                    raise Refused(f"the {name} ended six times; its last words stand above.")
                print(f"The {name} ended ({process.returncode}); starting it again.", flush=True)
                running[name] = _start(commands[name])
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        return 0
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    # a group of its own: Ctrl-C reaches this process, which then ends the others in order
    return subprocess.Popen(  # nosec B603 - no shell, our own parts
        command, env=os.environ.copy(), start_new_session=True
    )
