"""How wide the columns of a table are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

WIDE_LEAST = 8
"""Chinese and its like may be broken anywhere; narrower than this it is hard to read."""


def least(text: str) -> int:
    """The width below which a word of the text would be broken.

    >>> least("Remote consultation"), least("中央医药储备库")
    (12, 8)
    """
    words = [(cell_len(word), len(word)) for word in text.split()]
    return max((min(w, WIDE_LEAST) if w > letters else w for w, letters in words), default=0)


def fitted(natural: Sequence[int], needed: Sequence[int], room: int) -> list[int] | None:
    """Widths that use no more than the room, the widest columns giving way first.

    None if even what each column needs is too much.

    >>> fitted([20, 10, 6], [5, 5, 6], 30), fitted([20, 10], [15, 10], 20)
    ([14, 10, 6], None)
    """
    if sum(needed) > room:
        return None
    widths = list(natural)
    while sum(widths) > room:
        spare = [at for at in range(len(widths)) if widths[at] > needed[at]]
        widest = max(spare, key=lambda at: widths[at])
        widths[widest] -= 1
    return widths
