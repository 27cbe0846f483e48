"""Run the platform's tests on one database.

python -m tests.platform.run sqlite|postgresql [what to pass to pytest]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile


def main(arguments: list[str]) -> int:
    """Start what is needed, run pytest, and stop it again."""
    kinds = ("sqlite", "postgresql")
    if not arguments or arguments[0] not in kinds:
        print(f"Say which database: {' or '.join(kinds)}.", file=sys.stderr)
        return 2
    kind, rest = arguments[0], arguments[1:]
    with tempfile.TemporaryDirectory(prefix="sampan-test-") as home:
        environment = os.environ | {
            "SAMPAN_HOME": home,
            "DJANGO_SETTINGS_MODULE": "sampan_platform.settings",
        }
        environment.pop("SAMPAN_DATABASE", None)
        server = None
        if kind == "postgresql":
            from tests.platform.postgres import Server

            server = Server()
        try:
            if server is not None:
                server.start()
                environment["SAMPAN_DATABASE"] = server.address
            if not any(one.startswith("tests/") for one in rest):
                rest = ["tests/platform", *rest]
            command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *rest]
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            if server is not None:
                server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
