"""Keep the source readable: functions of at most 70 lines, files of at most 400.

`python -m tools.sizes` prints what is longer and exits with 1 if anything is.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTION_LINES = 70
FILE_LINES = 400
FOLDERS = ("src", "tools")


def oversized(path: Path) -> Iterator[str]:
    """Each file or function of `path` that is longer than the house style allows."""
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines, {FILE_LINES} at most. Split it by topic."
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield (
                    f"{path}:{node.lineno}: {node.name} has {length} lines, {FUNCTION_LINES} at"
                    " most. Take helpers out of it."
                )


def main() -> int:
    found = [
        problem
        for folder in FOLDERS
        for path in sorted(Path(folder).rglob("*.py"))
        if "migrations" not in path.parts  # Django writes them
        for problem in oversized(path)
    ]
    print("\n".join(found) if found else "Sizes of files and functions: fine.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
