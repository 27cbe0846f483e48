"""Run the platform's tests on one database.

python -m tests.platform.run sqlite|postgresql [what to pass to pytest]
"""

from __future__ import annotations

import subprocess
import sys

from tests.platform.postgres import platform_environment


def main(arguments: list[str]) -> int:
    """Start what is needed, run pytest, and stop it again."""
    kinds = ("sqlite", "postgresql")
    if not arguments or arguments[0] not in kinds:
        print(f"Say which database: {' or '.join(kinds)}.", file=sys.stderr)
        return 2
    kind, rest = arguments[0], arguments[1:]
    if not any(one.startswith("tests/") for one in rest):
        rest = ["tests/platform", *rest]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *rest]
    with platform_environment(kind) as environment:
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
