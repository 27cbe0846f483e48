"""The building blocks of a page in a terminal: headings, tables, bars, lists."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sampan.show.numbers import bar, share

BAR_WIDTH = 28
BARS_MAX = 31
"""More values than this are drawn together, a few to a bar."""


def console() -> Console:
    """Standard output as it is now; colours only in a terminal."""
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, force_jupyter=False)


def plain_table(rows: Sequence[Sequence[str]]) -> Table:
    """Columns without lines or headings; the last one takes the room that is left."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for at in range(len(rows[0]) if rows else 0):
        table.add_column(no_wrap=at < len(rows[0]) - 1)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


class Page:
    """Prints one part after another."""

    def __init__(self) -> None:
        self.console = console()
        self.ascii_only = not self.console.encoding.lower().startswith("utf")

    def heading(self, text: str) -> None:
        """A line that starts a part."""
        self.console.print()
        self.console.print(Text(text, style="bold"))

    def line(self, text: str = "") -> None:
        """A paragraph."""
        self.console.print(Text(text))

    def bullet(self, text: str) -> None:
        """An entry of a list."""
        entry = Table.grid(padding=(0, 1, 0, 0))
        entry.add_row(Text("-"), Text(text))
        self.console.print(Padding(entry, (0, 0, 0, 2), expand=False))

    def table(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], right: str = ""
    ) -> None:
        """A table; in `right`, an `r` for every column of numbers, in order, else a space."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for at, heading in enumerate(headings):
            is_number = right[at : at + 1] == "r"
            table.add_column(
                heading,
                justify="right" if is_number else "left",
                no_wrap=is_number,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(Padding(table, (0, 0, 0, 2), expand=False))

    def bars(self, rows: Sequence[tuple[str, float, str]], scale: float = 1.0) -> None:
        """Label, bar and share in a line each; a bar of full width is `scale`."""
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(overflow="fold")
        table.add_column(width=BAR_WIDTH, no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="fold")
        for label, value, more in rows:
            drawn = bar(value / (scale or 1.0), BAR_WIDTH, ascii_only=self.ascii_only)
            table.add_row(Text(label), Text(drawn), Text(share(value)), Text(more))
        self.console.print(Padding(table, (0, 0, 0, 2), expand=False))

    def over_time(self, rows: Sequence[tuple[str, float]]) -> None:
        """One bar a period, or a few periods together where there are many."""
        step = -(-len(rows) // BARS_MAX) or 1
        together = [rows[at : at + step] for at in range(0, len(rows), step)]
        means = [sum(value for _, value in some) / len(some) for some in together]
        labels = [some[0][0] + (" …" if len(some) > 1 else "") for some in together]
        scale = max(means, default=0.0)
        self.bars([(*pair, "") for pair in zip(labels, means, strict=True)], scale)

    def rest(self, left: int, what: str) -> None:
        """How many rows a table leaves out."""
        if left > 0:
            self.line(f"  … and {left:,} more {what}.")
