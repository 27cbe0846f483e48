"""How far a solve has got: a live bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
from typing import Any, Protocol

from sampan.solve import Progress

LINE_SECONDS = 10.0
"""Between two lines where there is no terminal."""


class Display(Protocol):
    """Something that shows progress; used as a context manager."""

    def __enter__(self) -> Display: ...
    def __exit__(self, *exception: object) -> None: ...
    def show(self, progress: Progress) -> None: ...
    def stopping(self) -> None: ...


def display(quiet: bool) -> Display:
    """The way to show progress that fits where standard error goes."""
    if quiet:
        return Nothing()
    terminal = sys.stderr.isatty() and os.environ.get("TERM") not in (None, "", "dumb")
    return Bar() if terminal else Lines()


class Nothing:
    """No progress, only that a stop was heard."""

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *exception: object) -> None:
        return

    def show(self, progress: Progress) -> None:
        """Nothing."""

    def stopping(self) -> None:
        """Called from a signal handler, where only the plainest write is safe."""
        text = "\nStopping: the best plan so far will follow. Ctrl-C once more ends at once.\n"
        os.write(2, text.encode("ascii"))


class Lines(Nothing):
    """A line at the start and every few seconds, for log files."""

    def __init__(self) -> None:
        self.next_line = 0.0

    def show(self, progress: Progress) -> None:
        """A line, if it is time for one."""
        if progress.seconds >= self.next_line:
            self.next_line = progress.seconds + LINE_SECONDS
            print(f"{progress.seconds:.0f} s: {describe(progress)}", file=sys.stderr, flush=True)


class Bar:
    """A live bar: stage, part, step of steps, iterations, value, elapsed."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self.bar: Any = RichProgress(
            TimeElapsedColumn(),
            BarColumn(bar_width=20),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.bar.add_task("checking and building the model", total=None)
        self.stop_asked = False

    def __enter__(self) -> Display:
        self.bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()

    def show(self, progress: Progress) -> None:
        """Move the bar."""
        text = describe(progress)
        if self.stop_asked:
            text = "stopping (Ctrl-C once more ends at once)"
        steps = max(progress.steps, progress.step + 1)
        self.bar.update(self.task, description=text, completed=progress.step, total=steps)

    def stopping(self) -> None:
        """The bar says so the next time it moves: a signal handler must not draw."""
        self.stop_asked = True


def describe(progress: Progress) -> str:
    """One line without the time."""
    text = f"{progress.stage} {progress.part}, step {progress.step + 1} of {progress.steps}"
    if progress.iterations > 0:
        text += f", {progress.iterations:,} iterations"
    value = progress.value
    if value is not None and progress.stage == "fairness":
        value = -value if value <= 0 else None  # the program minimises minus the fill rate
    if value is not None and abs(value) < 1e300:
        text += f", value {value:,.6g}"
        if progress.gap is not None:
            text += f", bound {progress.bound:,.6g}, gap {progress.gap:.2%}"
    return text
