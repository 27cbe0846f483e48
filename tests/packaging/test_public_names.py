"""What `import sampan` offers by name, whatever else is imported before or after."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import importlib, pkgutil, sys, types
import sampan
if "--modules-first" in sys.argv:
    for module in pkgutil.walk_packages(sampan.__path__, "sampan."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
for name in sampan.__all__:
    print(name, "module" if isinstance(getattr(sampan, name), types.ModuleType) else "name")
"""


def _kinds(*arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_functions_named_like_their_module_stay_functions() -> None:
    """Importing `sampan.check`, the module, must not put it in place of `sampan.check()`."""
    assert _kinds() == _kinds("--modules-first")
    assert [line for line in _kinds() if line.split()[0] in {"check", "solve", "verify", "explain"}
            and line.endswith("module")] == []  # fmt: skip


def test_names_are_listed_once() -> None:
    """`__all__` has no duplicates and nothing private."""
    names = [line.split()[0] for line in _kinds()]
    assert len(names) == len(set(names))
    assert [name for name in names if name.startswith("_")] == []
