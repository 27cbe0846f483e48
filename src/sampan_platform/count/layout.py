"""Which site has which slot in the tiles, and the lock that keeps changes in order."""

from __future__ import annotations

from collections.abc import Collection
from uuid import uuid4

from django.db import connection

from sampan_platform.count import sources
from sampan_platform.count.models import Block, Lock, Slot
from sampan_platform.count.tiles import SITES


def hold() -> None:
    """One at a time from here to the end of the transaction."""
    if connection.vendor == "postgresql":
        Lock.objects.get_or_create(pk=1)
        Lock.objects.select_for_update().get(pk=1)
    # SQLite has one writer at a time, since transactions take its lock as they begin


def stamp() -> None:
    """Let everybody know that tiles changed; in the transaction that changes them."""
    Lock.objects.update_or_create(pk=1, defaults={"stamp": uuid4()})


def slots(sites: Collection[int]) -> dict[int, tuple[int, int]]:
    """Block and position of each site, given now to those that have none; in a transaction."""
    found = _known(sites)
    if len(found) < len(set(sites)):
        hold()
        found = _known(sites)
        missing = sorted(set(sites) - found.keys())
        if missing:
            found |= _place(missing)
    return found


def _known(sites: Collection[int]) -> dict[int, tuple[int, int]]:
    rows = Slot.objects.filter(site_id__in=sites).values_list("site_id", "block", "position")
    return {site: (block, position) for site, block, position in rows}


def _place(sites: list[int]) -> dict[int, tuple[int, int]]:
    """Slots for new sites: beside those of the same part of the tree while there is room."""
    blocks = {block.number: block for block in Block.objects.filter(taken__lt=SITES)}
    room = {block.organisation_id: block for block in blocks.values()}
    number = Block.objects.count()
    made: list[Slot] = []
    changed: dict[int, Block] = {}
    for site, organisation in sources.parts_of_the_tree(sites):
        block = room.get(organisation)
        if block is None or block.taken == SITES:
            block = room[organisation] = Block(number=number, organisation_id=organisation)
            number += 1
        made.append(Slot(site_id=site, block=block.number, position=block.taken))
        block.taken += 1
        changed[block.number] = block
    Block.objects.bulk_create(
        changed.values(),
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=["taken"],
    )
    Slot.objects.bulk_create(made)
    return {slot.site_id: (slot.block, slot.position) for slot in made}
