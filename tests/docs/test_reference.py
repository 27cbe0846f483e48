"""The generator of the reference: what it makes of schemas, parsers and docstrings."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from sampan import schema
from tools.reference import commands, tables
from tools.reference.docstrings import attribute_notes, signature, to_markdown


@dataclass(frozen=True)
class Box:
    """Holds things."""

    size: int
    """How many fit."""
    label: str = "none"


def test_every_column_of_every_table_stands_on_its_page() -> None:
    """No attribute of the schema is left out of the reference."""
    for page, found in (
        (tables.network_page(), map(schema.table, schema.NETWORK_TABLES)),
        (tables.plan_page(), map(schema.plan_frame, schema.PLAN_FRAMES)),
    ):
        for table in found:
            section = page.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
            for attribute in table.attributes:
                start = f"| {_shown(table, attribute)} | "
                (row,) = (line for line in section.splitlines() if line.startswith(start))
                assert attribute.title_zh in row
                assert attribute.description.replace("|", r"\|") in row


def _shown(table: schema.Table, attribute: schema.Attribute) -> str:
    name = f"**`{attribute.name}`**" if attribute.required else f"`{attribute.name}`"
    return f"{name} ‡" if attribute.name in table.key else name


def test_a_parser_becomes_a_page() -> None:
    """Commands, arguments, options, choices and defaults are all shown, hidden ones are not."""
    parser = argparse.ArgumentParser(prog="sampan")
    parser.add_argument("--version", action="store_true", help="print the version")
    subparsers = parser.add_subparsers()
    solve = subparsers.add_parser("solve", help="solve a network", description="Solve it | well.")
    solve.add_argument("network", help="a folder")
    solve.add_argument("--gap", type=float, default=0.1, metavar="G", help="stop at (%(default)s)")
    solve.add_argument("--set", action="append", help="change a cell")
    solve.add_argument("--format", choices=["csv", "parquet"], required=True)
    solve.add_argument("--secret", help=argparse.SUPPRESS)
    page = commands.render(parser)
    assert "sampan solve network [--gap G] [--set SET] --format {csv,parquet}\n" in page
    assert "| `--gap G` | stop at (0.1) |" in page
    assert "| `--version` | print the version |" in page
    assert "Solve it | well." in page
    assert "secret" not in page


def test_signatures_are_shown_without_what_differs_between_pythons() -> None:
    """Annotations as written, keyword-only parameters, long signatures over several lines."""

    def send(lane: str, *, quantity: float = 1.0) -> Sequence[int]:
        raise NotImplementedError(lane, quantity)

    assert signature("send", send) == "send(lane: str, *, quantity: float = 1.0) -> Sequence[int]"
    assert signature("Box", Box) == "Box(size: int, label: str = 'none')"
    assert signature("s" * 90, send).splitlines()[1] == "    lane: str,"


def test_fields_are_shown_with_the_text_below_them() -> None:
    """A field's own docstring, which Python drops, is in the reference."""
    assert list(attribute_notes(Box)) == [("size", "int", "How many fit."), ("label", "str", "")]


def test_docstrings_become_markdown() -> None:
    """Sections, definitions, examples and drawings of a NumPy-style docstring."""
    text = (
        "Do it.\n\nParameters\n----------\nx : int\n    The first\n    one.\ny\n\nExamples\n"
        "--------\n>>> 1 + 1\n2\n\nEnd::\n\n    a\n    └── b\n\nDone."
    )
    expected = (
        "Do it.\n\n**Parameters**\n\n- `x`: `int` – The first one.\n- `y`\n\n**Examples**\n\n"
        "```pycon\n>>> 1 + 1\n2\n```\n\nEnd:\n\n```text\na\n└── b\n```\n\nDone."
    )
    assert to_markdown(text) == expected
