"""The building blocks of a page in a terminal: headings, tables, bars, lists."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sampan.show.layout import fitted, least
from sampan.show.numbers import bar, share

WIDTH = 100
"""Where there is no terminal that says its own, and no COLUMNS."""
BAR_WIDTHS = (8, 28)
"""The narrowest and the widest a bar is drawn."""
BARS_MAX = 31
"""More values than this are drawn together, a few to a bar."""
BETWEEN = 2
"""Spaces between two columns, and before the first."""


class _Console(Console):
    """A console that lets a closed pipe be handled by the command line, with its exit code."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """Standard output as it is now; colours only in a terminal."""
    sized = sys.stdout.isatty() or "COLUMNS" in os.environ
    return _Console(
        file=sys.stdout,
        width=None if sized else WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
        force_jupyter=False,
    )


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

    def line(self, text: str = "", indent: int = 0) -> None:
        """A paragraph; `indent` holds for all its lines."""
        self.console.print(Padding(Text(text), (0, 0, 0, indent), expand=False))

    def bullet(self, text: str) -> None:
        """An entry of a list."""
        entry = Table.grid(padding=(0, 1, 0, 0))
        entry.add_row(Text("-"), Text(text))
        self.console.print(Padding(entry, (0, 0, 0, 2), expand=False))

    def table(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], columns: str = ""
    ) -> None:
        """A table, or, where the page is too narrow for one, an entry a row.

        `columns` has a letter for each column, in order: `r` for numbers, `f` for what else must
        stay on one line, and a space for words, which may be wrapped. A row of a single cell is
        a heading for the rows after it.
        """
        kinds = columns.ljust(len(headings))
        cells = [
            [headings[at], *(row[at] for row in rows if len(row) > at)]
            for at in range(len(headings))
        ]
        widths = fitted(
            [max(map(cell_len, column)) for column in cells],
            [
                max(cell_len(cell) if kind != " " else least(cell) for cell in column)
                for kind, column in zip(kinds, cells, strict=True)
            ],
            self.console.width - BETWEEN * len(headings),
        )
        if widths is None:
            self._entries(headings, rows)
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        for heading, kind, width in zip(headings, kinds, widths, strict=True):
            table.add_column(
                heading,
                justify="right" if kind == "r" else "left",
                width=width,
                overflow="fold",
            )
        for row in rows:
            style = "bold" if len(row) == 1 else ""
            table.add_row(*(Text(cell) for cell in row), style=style)
        self.console.print(Padding(table, (0, 0, 0, BETWEEN), expand=False))

    def _entries(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        for row in rows:
            if len(row) == 1 < len(headings):
                self.line(row[0], indent=BETWEEN)
                continue
            pairs = zip(headings, row, strict=True)
            self.bullet("; ".join(f"{heading}: {cell}" for heading, cell in pairs if cell))

    def bars(self, rows: Sequence[tuple[str, float, str]], scale: float = 1.0) -> None:
        """Label, bar and share in a line each; a bar of full width is `scale`."""
        shares = max((cell_len(share(value)) for _, value, _ in rows), default=0)
        words = [[row[0] for row in rows], [row[2] for row in rows]]
        natural = [max(map(cell_len, column), default=0) for column in words]
        room = self.console.width - shares - 4 * BETWEEN
        narrowest, widest = BAR_WIDTHS
        width = min(max(room - sum(natural), narrowest), widest)
        needed = [max(map(least, column), default=0) for column in words]
        widths = fitted(natural, needed, room - width)
        if widths is None:
            self._entries(("at", "share", ""), [(row[0], share(row[1]), row[2]) for row in rows])
            return
        table = Table(box=None, show_header=False, padding=(0, BETWEEN, 0, 0), pad_edge=False)
        table.add_column(width=widths[0], overflow="fold")
        table.add_column(width=width, no_wrap=True)
        table.add_column(width=shares, justify="right", no_wrap=True)
        table.add_column(width=widths[1], overflow="fold")
        for label, value, more in rows:
            drawn = bar(value / (scale or 1.0), width, ascii_only=self.ascii_only)
            table.add_row(Text(label), Text(drawn), Text(share(value)), Text(more))
        self.console.print(Padding(table, (0, 0, 0, BETWEEN), expand=False))

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
            self.line(f"… and {left:,} more {what}.", indent=2)
