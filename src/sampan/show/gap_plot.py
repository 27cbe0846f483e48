"""A plot of gaps over time as SVG, drawn by hand so that no plotting library is needed.

Both scales are logarithmic. A line is a staircase: between two proofs the gap stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 40, 50
COLOURS = ("#0b6e99", "#c1440e", "#2e7d32", "#7b1fa2", "#5d4037", "#455a64", "#b8860b", "#ad1457")
GAP_MOST, GAP_LEAST = 1.0, 1e-6
"""Gaps are drawn between 100 % and a ten thousandth of a per cent."""


class _Scale:
    """Logarithmic, over whole powers of ten."""

    def __init__(self, least: float, most: float, start: float, end: float) -> None:
        self.first = floor(log10(least) + 1e-9)
        self.last = max(ceil(log10(most) - 1e-9), self.first + 1)
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        share = (log10(value) - self.first) / (self.last - self.first)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.first, self.last + 1)]


def gap_plot(
    courses: Mapping[str, Sequence[tuple[float, float]]],
    targets: Sequence[float],
    title: str = "",
) -> str:
    """The SVG text of one line a method.

    Parameters
    ----------
    courses
        By the name of a method, (seconds, gap) in the order of time.
    targets
        Gaps to mark by a dashed line.

    Examples
    --------
    >>> gap_plot({"fast": [(0.1, 0.5), (0.4, 0.01)]}, [0.01]).count("<polyline")
    1
    """
    points = {name: _drawable(course) for name, course in courses.items()}
    points = {name: course for name, course in points.items() if course}
    seconds = [moment[0] for course in points.values() for moment in course] or [0.1, 1.0]
    gaps = [moment[1] for course in points.values() for moment in course] + [*targets, GAP_MOST]
    across = _Scale(min(seconds), max(seconds), LEFT, WIDTH - RIGHT)
    down = _Scale(max(min(gaps), GAP_LEAST), GAP_MOST, HEIGHT - BOTTOM, TOP)
    parts = [_text(LEFT, TOP - 16, title, "start"), *_axes(across, down)]
    for target in targets:
        at = down.at(target)
        parts.append(_line(LEFT, at, WIDTH - RIGHT, at, "#888", "4 4"))
    for number, (name, course) in enumerate(points.items()):
        parts += _course(name, course, COLOURS[number % len(COLOURS)], number, across, down)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">'
    )
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *parts,
                      "</svg>", ""])  # fmt: skip


def _drawable(course: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Within what a logarithmic scale can show."""
    return [(max(seconds, 1e-3), min(max(gap, GAP_LEAST), GAP_MOST)) for seconds, gap in course]


def _axes(across: _Scale, down: _Scale) -> list[str]:
    parts = []
    for tick in across.ticks():
        at = across.at(tick)
        parts += [
            _line(at, TOP, at, HEIGHT - BOTTOM, "#e4e4e4"),
            _text(at, HEIGHT - BOTTOM + 18, f"{tick:g} s", "middle"),
        ]
    for tick in down.ticks():
        at = down.at(tick)
        parts += [
            _line(LEFT, at, WIDTH - RIGHT, at, "#e4e4e4"),
            _text(LEFT - 8, at + 4, f"{100 * tick:g} %", "end"),
        ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(_text(middle, HEIGHT - 12, "seconds since the call", "middle"))
    parts.append(_text(LEFT - 8, TOP - 16, "gap", "end"))
    return parts


def _course(
    name: str,
    course: Sequence[tuple[float, float]],
    colour: str,
    number: int,
    across: _Scale,
    down: _Scale,
) -> list[str]:
    """A staircase, a dot at its end, and its name in the legend."""
    corners: list[tuple[float, float]] = []
    for seconds, gap in course:
        if corners:
            corners.append((across.at(seconds), corners[-1][1]))
        corners.append((across.at(seconds), down.at(gap)))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    x, y = corners[-1]
    legend = TOP + 12 + 18 * number
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>',
        _line(WIDTH - RIGHT + 12, legend - 4, WIDTH - RIGHT + 30, legend - 4, colour),
        _text(WIDTH - RIGHT + 36, legend, name, "start"),
    ]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashed}/>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
