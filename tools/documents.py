"""Check the documents: links that resolve, and nothing in any file that belongs to one machine.

`python -m tools.documents` prints what is wrong and exits with 1 if anything is.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

IGNORED = {"build", "dist", "node_modules", "__pycache__"}
"""Folders that tools make; hidden ones are left out as well, but for `.ci`."""

# The host names are put together here so that this file does not itself contain them.
FORBIDDEN = {
    "the host of a package registry": "|".join(
        rf"\b{re.escape(host)}\b"
        for host in (
            "pypi" + ".org",
            "files.pythonhosted" + ".org",
            "registry.npmjs" + ".org",
            "registry.yarnpkg" + ".com",
            "deb.debian" + ".org",
        )
    ),
    "a path of one machine": r"(?<![\w.})])/(?:work|home/\w+|root|Users/\w+|opt/pypi)/",
    "a folder outside the project": r"\.\./shared\b",
}


def text_files(root: Path) -> Iterator[Path]:
    """Every text file of the project, in order; folders that tools make are left out."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(
            name
            for name in names
            if name not in IGNORED and (not name.startswith(".") or name == ".ci")
        )
        for name in sorted(files):
            path = Path(folder, name)
            if b"\0" not in path.read_bytes()[:8192]:
                yield path


def forbidden(path: Path) -> Iterator[str]:
    """Each line of a file that names something it must not."""
    text = path.read_text(encoding="utf-8", errors="replace")
    for what, pattern in FORBIDDEN.items():
        for match in re.finditer(pattern, text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: {match[0]!r} is {what}. Remove it."


def headings(path: Path) -> set[str]:
    """The anchors of a Markdown file's headings, as code hosts make them."""
    found: set[str] = set()
    for line in _without_code(path).splitlines():
        if match := re.match(r"#{1,6}\s+(.*?)\s*#*$", line):
            words = re.sub(r"[^\w\- ]", "", match[1].lower()).strip()
            found.add(words.replace(" ", "-"))
    return found


def broken_links(path: Path) -> Iterator[str]:
    """Each link of a Markdown file to a file or heading that is not there."""
    for match in re.finditer(r"!?\[[^\]]*\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)", _prose(path)):
        target = unquote(match[1])
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        to = path.parent / file if file else path
        if not to.exists():
            yield f"{path}: the link to {target} leads nowhere. Correct or remove it."
        elif anchor and to.suffix == ".md" and anchor not in headings(to):
            yield f"{path}: {to.name} has no heading #{anchor}. Correct the link."


def _without_code(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return re.sub(r"^(```+|~~~+).*?^\1\s*$", "", text, flags=re.DOTALL | re.MULTILINE)


def _prose(path: Path) -> str:
    return re.sub(r"`[^`\n]*`", "", _without_code(path))


def unlisted_pages(root: Path) -> Iterator[str]:
    """Each page under docs/ that no other page leads to from docs/index.md."""
    start = root / "docs" / "index.md"
    reached, waiting = {start.resolve()}, [start]
    while waiting:
        page = waiting.pop()
        for match in re.finditer(r"\]\(<?([^)#>\s]+\.md)", _prose(page)):
            to = (page.parent / unquote(match[1])).resolve()
            if to.exists() and to not in reached:
                reached.add(to)
                waiting.append(to)
    for page in sorted((root / "docs").rglob("*.md")):
        if page.resolve() not in reached:
            yield f"{page}: no page leads here from docs/index.md. Link to it."


def problems(root: Path) -> list[str]:
    """Everything that is wrong with the documents and files under `root`."""
    found = list(unlisted_pages(root))
    for path in text_files(root):
        found += forbidden(path)
        if path.suffix == ".md":
            found += broken_links(path)
    return found


def main() -> int:
    found = problems(Path())
    print("\n".join(found) if found else "Links, pages and forbidden words: fine.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
