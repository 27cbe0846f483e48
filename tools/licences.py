"""Check that everything installed with Sampan may be used by anybody.

`python -m tools.licences` walks the run-time dependencies of the installed distribution and
exits with 1 if one of them has a licence that is not on the list below.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

ALLOWED = ("MIT", "BSD", "Apache", "ISC", "PSF", "Python Software Foundation", "MPL-2.0", "Zlib",
           "CC0", "0BSD", "Mozilla Public License 2.0", "Zope Public License")  # fmt: skip
"""Words, one of which each part of a licence must contain."""
EXCEPTIONS = {
    "psycopg": "LGPL-3.0: used as it is, never changed or copied; no other driver is kept as well",
    "psycopg-binary": "the same",
}
"""Packages of the platform whose licence is not on the list, and why they may be used."""


def closure(name: str, extra: str = "") -> dict[str, Distribution]:
    """The distribution and all that it, or one extra of it, needs, by canonical name."""
    found: dict[str, Distribution] = {}
    waiting = [(name, extra)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        asked, extra = waiting.pop()
        key = canonical(asked)
        if (key, extra) in seen:
            continue
        seen.add((key, extra))
        try:
            found[key] = distribution(key)
        except PackageNotFoundError:
            sys.exit(f"{key} is not installed. Run make setup.")
        for text in found[key].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(requirement.name, one) for one in ("", *requirement.extras)]
    return found


def canonical(name: str) -> str:
    """A distribution's name as it is compared: lower case, single hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(package: Distribution) -> str:
    """What a distribution says of its licence: the expression, else classifiers, else text."""
    headers = package.metadata
    if expression := headers.get_all("License-Expression"):
        return str(expression[0])
    classifiers = [
        text.rsplit(" :: ", 1)[-1]
        for text in headers.get_all("Classifier", [])
        if text.startswith("License ::") and text != "License :: OSI Approved"
    ]
    if classifiers:
        return " AND ".join(classifiers)
    lines = "\n".join(headers.get_all("License", [])).strip().splitlines()
    return lines[0] if lines else ""


def allowed(text: str) -> bool:
    """Whether every part joined by AND, and one of each joined by OR, is on the list."""
    parts = re.split(r"\s+AND\s+|;", text.replace("(", "").replace(")", ""))
    return bool(text) and all(
        any(_known(choice) for choice in re.split(r"\s+OR\s+", part)) for part in parts
    )


def _known(text: str) -> bool:
    return "GPL" not in text and any(word.lower() in text.lower() for word in ALLOWED)


def refused(packages: Iterable[Distribution]) -> list[str]:
    """A line for each distribution whose licence is not on the list."""
    found = []
    for package in packages:
        text = licence(package)
        name = package.metadata["Name"]
        if not allowed(text) and canonical(name) not in EXCEPTIONS:
            found.append(
                f"{name} {package.version}: licence {text or 'not stated'!r} is not on the list."
            )
    return found


def main() -> int:
    packages = closure("sampan", "platform")
    found = refused(packages.values())
    print("\n".join(found) if found else f"Licences of {len(packages)} packages: fine.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
