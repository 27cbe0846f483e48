"""The checks of `make check` that are our own find what they are for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.licences import allowed
from tools.sizes import FILE_LINES, FUNCTION_LINES, oversized

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("licence", "fine"),
    [
        ("MIT", True),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("GPL-3.0-only", False),
        ("LGPLv2+", False),
        ("MIT AND GPL-2.0-only", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_licences(licence: str, fine: bool) -> None:
    """Only licences on the list pass, in every part of a combined one."""
    assert allowed(licence) is fine


def test_long_functions_and_files_are_found(tmp_path: Path) -> None:
    """A function or file one line over the limit is named, one at the limit is not."""
    path = tmp_path / "long.py"
    path.write_text("def f():\n" + "    pass\n" * (FUNCTION_LINES - 1), encoding="utf-8")
    assert list(oversized(path)) == []
    path.write_text("def f():\n" + "    pass\n" * FUNCTION_LINES, encoding="utf-8")
    assert "f has" in next(oversized(path))
    path.write_text("x = 1\n" * (FILE_LINES + 1), encoding="utf-8")
    assert f"{FILE_LINES} at most" in next(oversized(path))


def test_no_module_imports_the_package_itself_for_its_names() -> None:
    """`from sampan import Network` inside the package would load all layers above."""
    modules = {path.stem for path in (ROOT / "src" / "sampan").iterdir()}
    wrong = []
    for path in sorted((ROOT / "src" / "sampan").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [
                item.name for item in getattr(node, "names", ()) if isinstance(item, ast.alias)
            ]
            whole = isinstance(node, ast.Import) and "sampan" in names
            part = isinstance(node, ast.ImportFrom) and node.module == "sampan"
            if whole or (part and not set(names) <= modules):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


def test_pins_are_exact_and_cover_the_dependencies() -> None:
    """constraints.txt pins each package once, exactly, and names no address."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all("==" in pin and "/" not in pin and ";" not in pin for pin in pins)
    names = [pin.split("==")[0] for pin in pins]
    assert names == sorted(set(names))
