"""Reference pages of the public Python names and of the errors, from their docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from types import ModuleType
from typing import Any

from tools.reference.docstrings import attribute_notes, signature, to_markdown

INTRODUCTION = """\
# The Python interface

Everything that `sampan` offers by name: `import sampan`, then `sampan.NAME`. Whatever is not listed
here may change without notice.
"""


def public_names(package: str = "sampan") -> list[str]:
    """The names that the package lists in `__all__`."""
    return list(importlib.import_module(package).__all__)


def undocumented(package: str = "sampan") -> list[str]:
    """A line for each public class, function, method or module without a docstring."""
    module = importlib.import_module(package)
    found = []
    for name in public_names(package):
        value = getattr(module, name)
        if callable(value) or inspect.ismodule(value):
            members = [(name, value), *((f"{name}.{key}", item) for key, item in _members(value))]
            found += [
                f"{package}.{key} has no docstring. Say what it is for."
                for key, item in members
                if not (inspect.getdoc(item) or "").strip() and not isinstance(item, property)
            ]
    return found


def page(package: str = "sampan") -> str:
    """The page of every public name of a package."""
    module = importlib.import_module(package)
    lines = [INTRODUCTION]
    for name in public_names(package):
        lines += _entry(f"{package}.{name}", getattr(module, name), "##")
    return _joined(lines)


def errors_page() -> str:
    """The page of the exception tree and of what each error carries."""
    from sampan import errors

    lines = ["# Errors", "", to_markdown(inspect.getdoc(errors) or ""), ""]
    for name, value in vars(errors).items():
        if inspect.isclass(value) and value.__module__ == errors.__name__ and name[0] != "_":
            lines += _entry(name, value, "##")
    return _joined(lines)


def _joined(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _entry(name: str, value: Any, heading: str) -> list[str]:
    lines = [f"{heading} {name}", ""]
    if inspect.ismodule(value):
        lines += [to_markdown(inspect.getdoc(value) or ""), ""]
        for key, item in _members(value):
            lines += _entry(f"{name}.{key}", item, heading + "#")
    elif inspect.isclass(value):
        lines += _class(name, value, heading)
    elif callable(value):
        lines += ["```python", signature(name.rsplit(".", 1)[-1], value), "```", ""]
        lines += [to_markdown(inspect.getdoc(value) or ""), ""]
    else:
        shown = re.sub(r" at 0x[0-9a-f]+", "", repr(value))
        lines += [f"`{shown}`", ""]
    return lines


def _class(name: str, value: type, heading: str) -> list[str]:
    short = name.rsplit(".", 1)[-1]
    lines = []
    if not issubclass(value, Enum | BaseException):
        lines += ["```python", signature(short, value), "```", ""]
    lines += [to_markdown(inspect.getdoc(value) or ""), ""]
    for key, kind, note in attribute_notes(value):
        if not kind and not note:
            continue
        lines.append(f"- `{key}`{f': `{kind}`' if kind else ''}{f' – {note}' if note else ''}")
    if lines[-1]:
        lines.append("")
    for key, item in _members(value):
        if isinstance(item, property):
            kind = item.fget.__annotations__.get("return", "") if item.fget else ""
            note = to_markdown(inspect.getdoc(item) or "")
            lines += [f"{heading}# {short}.{key}", "", f"`{kind}`", "", note, ""]
        else:
            lines += [f"{heading}# {short}.{key}", ""]
            lines += ["```python", signature(key, item), "```", ""]
            lines += [to_markdown(inspect.getdoc(item) or ""), ""]
    return lines


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Public names that a module lists, or methods and properties that a class defines itself."""
    if isinstance(value, ModuleType):
        for name in getattr(value, "__all__", ()):
            yield name, getattr(value, name)
    elif inspect.isclass(value):
        for name, item in vars(value).items():
            plain = item.__func__ if isinstance(item, classmethod | staticmethod) else item
            if not name.startswith("_") and (
                inspect.isfunction(plain) or isinstance(item, property)
            ):
                yield name, plain
