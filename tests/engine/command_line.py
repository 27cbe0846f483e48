"""What the tests of the command line share: networks on disk, and calls of `sampan`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sampan
from sampan.cli import main

ENGINE = Path(sampan.__file__).parents[1]


def in_process(capsys: Any, *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one call of `main`."""
    capsys.readouterr()
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def as_json(capsys: Any, *words: object) -> tuple[int, dict[str, Any]]:
    """Exit code and document of one call with --json; fails if anything else was printed."""
    code, out, _ = in_process(capsys, *words, "--json")
    return code, json.loads(out, parse_constant=_refuse)


def _refuse(token: str) -> None:
    raise AssertionError(f"{token} is not JSON")


def environment(*folders: Path, **more: str) -> dict[str, str]:
    """The present environment, with the engine and more folders to import from."""
    path = os.pathsep.join(str(folder) for folder in (ENGINE, *folders))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", **more}


def command(*words: object) -> list[str]:
    """`python -m sampan …`, with warnings as errors."""
    return [sys.executable, "-W", "error", "-m", "sampan", *map(str, words)]


def in_subprocess(
    *words: object, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A call in a process of its own, as a shell would make it."""
    done = subprocess.run(
        command(*words),
        env=env or environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done
