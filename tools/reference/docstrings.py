"""Docstrings and signatures → Markdown, the same on every supported release of Python."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any


def signature(name: str, value: Callable[..., Any]) -> str:
    """A call's signature in one line, or one line a parameter if that is too long."""
    try:
        found = inspect.signature(value)
    except ValueError:
        return f"{name}(…)"
    parts: list[str] = []
    seen_star = False
    for parameter in found.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            seen_star = True
        if parameter.kind is parameter.KEYWORD_ONLY and not seen_star:
            parts.append("*")
            seen_star = True
        parts.append(_parameter(parameter))
    result = _annotation(found.return_annotation)
    arrow = f" -> {result}" if result and not inspect.isclass(value) else ""
    line = f"{name}({', '.join(parts)}){arrow}"
    if len(line) <= 96:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){arrow}"


def _parameter(parameter: inspect.Parameter) -> str:
    stars = ""
    if parameter.kind is parameter.VAR_POSITIONAL:
        stars = "*"
    elif parameter.kind is parameter.VAR_KEYWORD:
        stars = "**"
    kind = _annotation(parameter.annotation)
    text = stars + parameter.name + (f": {kind}" if kind else "")
    if parameter.default is not parameter.empty:
        text += f" = {_default(parameter.default)}"
    return text


def _default(value: object) -> str:
    shown = repr(value)
    # A dataclass's factory and other objects have no useful or stable text.
    return "…" if shown.startswith("<") else shown


def _annotation(kind: Any) -> str:
    if kind is inspect.Parameter.empty:
        return ""
    return kind if isinstance(kind, str) else inspect.formatannotation(kind)


def attribute_notes(kind: type) -> Iterator[tuple[str, str, str]]:
    """Name, type and description of a class's own fields, as its source states them."""
    try:
        source = textwrap.dedent(inspect.getsource(kind))
    except (OSError, TypeError):
        return
    definition = ast.parse(source).body[0]
    if not isinstance(definition, ast.ClassDef):
        return
    body = definition.body
    for node, after in zip(body, [*body[1:], None], strict=True):
        name, annotation = _field(node)
        if name and not name.startswith("_"):
            yield name, annotation, _note(after)


def _field(node: ast.stmt) -> tuple[str, str]:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, ast.unparse(node.annotation)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, ""
    return "", ""


def _note(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return " ".join(str(node.value.value).split())
    return ""


def to_markdown(text: str) -> str:
    """A NumPy-style docstring as Markdown: sections, definitions, examples, drawings."""
    lines = text.splitlines()
    out: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        below = lines[index + 1] if index + 1 < len(lines) else ""
        if line.strip() and re.fullmatch(r"-{3,}", below.strip()):
            index, section = index + 2, line.strip()
            out += [f"**{section}**", ""]
            if section in ("Parameters", "Returns", "Raises", "Yields", "Attributes"):
                index = _definitions(lines, index, out)
        elif line.startswith(">>> "):
            index = _block(lines, index, out, "pycon", _ends_example)
        elif line.rstrip().endswith("::"):
            if line.rstrip() != "::":
                out += [line.rstrip()[:-1], ""]
            index = _block(lines, index + 1, out, "text", _ends_drawing)
        else:
            out.append(line.rstrip())
            index += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()


def _ends_example(line: str) -> bool:
    return not line.strip()


def _ends_drawing(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(" ")


def _block(
    lines: list[str], index: int, out: list[str], language: str, ends: Callable[[str], bool]
) -> int:
    block = []
    while index < len(lines) and not ends(lines[index]):
        block.append(lines[index])
        index += 1
    body = textwrap.dedent("\n".join(block)).strip("\n")
    out += [f"```{language}", body, "```", ""]
    return index


def _definitions(lines: list[str], index: int, out: list[str]) -> int:
    """`name : type` with an indented description → one item a name."""
    while index < len(lines) and lines[index].strip():
        below = lines[index + 1] if index + 1 < len(lines) else ""
        if re.fullmatch(r"-{3,}", below.strip()):
            break
        name, _, kind = lines[index].partition(" : ")
        index += 1
        words = []
        while index < len(lines) and lines[index].startswith(" "):
            words.append(lines[index].strip())
            index += 1
        shown = f"- `{name.strip()}`" + (f": `{kind.strip()}`" if kind else "")
        out.append(shown + (f" – {' '.join(words)}" if words else ""))
    out.append("")
    return index
