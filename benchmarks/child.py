"""Runs of one measurement each in a process of its own, with limits; facts of the machine."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import resource
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGES = ("numpy", "scipy", "numba", "polars", "pandas", "xarray", "highspy", "ortools", "linopy",
            "pyomo")  # fmt: skip
MEMORY_SHARE = 0.9
"""A run may take this share of the machine's memory."""


def machine() -> dict[str, Any]:
    """What the figures depend on besides the code."""
    versions = {}
    for name in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(_memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
    }


def on_database(kind: str, command: list[str]) -> dict[str, Any]:
    """What a process prints last, as JSON, with a platform of its own on a fresh database."""
    from tests.platform.postgres import platform_environment

    with platform_environment(kind) as environment:
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def run(script: str, arguments: list[str], seconds: float) -> dict[str, Any]:
    """Run a script of this folder; its last line of output is a JSON object.

    Returns that object with `status` "done", or only a `status` that says what stopped it:
    over the time limit, out of memory, or failed (with the end of its messages).
    """
    command = [sys.executable, str(HERE / script), *arguments]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, preexec_fn=_limit_memory,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"status": f"over the limit of {seconds:g} s"}
    if ended.returncode == 0:
        return {"status": "done", **json.loads(ended.stdout.splitlines()[-1])}
    told = ended.stderr.strip().splitlines()[-1:] or [""]
    memory = ("MemoryError", "memory", "bad_alloc")
    if ended.returncode in (-9, -6) or any(word in ended.stderr for word in memory):
        return {"status": f"out of memory (limit {_memory_limit() / 2**30:.0f} GB)"}
    return {"status": f"failed: {told[0]}"}


def reset_peak() -> None:
    """Forget the peak memory so far, where the system allows it (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def memory_mb(what: str) -> float:
    """Resident memory of this process: `now` or `peak` (since `reset_peak`)."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    name = {"now": "VmRSS:", "peak": "VmHWM:"}[what]
    line = next(line for line in lines if line.startswith(name))
    return round(int(line.split()[1]) / 1024, 1)


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _memory_limit() -> int:
    return int(_memory_bytes() * MEMORY_SHARE)


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (_memory_limit(), _memory_limit()))


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def save(path: Path, record: dict[str, Any]) -> None:
    """Write a record as JSON, with the machine's facts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": machine(), **record}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
