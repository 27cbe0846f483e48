"""Which sites and resources count, and into which group each falls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sampan_platform.count.reading import Wanted
from sampan_platform.count.tiles import SITES

Label = tuple[str | None, ...]


@dataclass(frozen=True)
class Single:
    """A block whose sites that count all fall into one place."""

    place: int
    mask: int
    """Bits of their positions."""


@dataclass(frozen=True)
class Grouping:
    """Groups are all pairs of a place and a kind, numbered place by place.

    A place is what the dimensions of place tell apart, a kind what those of resources do.
    """

    places: Sequence[Label]
    kinds: Sequence[Label]
    place_of: Mapping[int, int]
    """Site to place; a site that is not here does not count."""
    kind_of: Mapping[int, int]
    """Resource to kind."""
    slots: Mapping[int, tuple[int, int]]
    """Of those sites that ever reported."""
    all_resources: bool
    """Whether no resource is left out."""

    @property
    def count(self) -> int:
        return len(self.places) * len(self.kinds)

    @property
    def labels(self) -> list[Label]:
        """Of each group."""
        return [place + kind for place in self.places for kind in self.kinds]

    @cached_property
    def _place_by_block(self) -> dict[int, npt.NDArray[np.intp]]:
        """Of each block's positions the place; -1 where no site counts."""
        found: dict[int, npt.NDArray[np.intp]] = {}
        for site, (block, position) in self.slots.items():
            if block not in found:
                found[block] = np.full(SITES, -1, np.intp)
            found[block][position] = self.place_of[site]
        return found

    @property
    def blocks(self) -> list[int]:
        """With a site that counts."""
        return list(self._place_by_block)

    @cached_property
    def single_blocks(self) -> dict[int, Single]:
        """Blocks that lie in one place."""
        found = {}
        for block, places in self._place_by_block.items():
            taken = np.flatnonzero(places >= 0)
            place = int(places[taken[0]])
            if (places[taken] == place).all():
                found[block] = Single(place, sum(1 << one for one in taken.tolist()))
        return found

    def group(self, resource: int, place: int) -> int:
        """The group's number."""
        return place * len(self.kinds) + self.kind_of[resource]

    def groups_of(self, pairs: Sequence[tuple[int, int]]) -> npt.NDArray[np.intp]:
        """Of each position in the block of each pair (resource, block) the group; -1 where no
        site counts. [pairs × positions]
        """
        if not pairs:
            return np.zeros((0, SITES), np.intp)
        places = np.stack([self._place_by_block[block] for _, block in pairs])
        kinds = np.array([self.kind_of[resource] for resource, _ in pairs], np.intp)
        return np.where(places >= 0, places * len(self.kinds) + kinds[:, None], -1)

    def wanted(self, measures: Sequence[str], blocks: Collection[int]) -> Wanted:
        """The tiles of these measures and blocks."""
        return Wanted(tuple(measures), list(self.kind_of), self.all_resources, blocks)
