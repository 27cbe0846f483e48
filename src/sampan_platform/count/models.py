"""Roll-ups: what reports state, packed by block of sites so that a year is read in a moment.

A block is up to 56 sites, of the same part of the tree where possible; each site has its slot
in one. A tile holds one measure of one resource for one block, over a month (every site and
day) or over a year (sums of the block by day, values of its sites by month). Tiles are derived
from reports and can be rebuilt at any time; `stale` says which of them are behind.
"""

from __future__ import annotations

from uuid import uuid4

from django.db import models


class Slot(models.Model):
    """Where a site stands in the tiles."""

    site = models.OneToOneField(
        "catalogue.Site", models.CASCADE, primary_key=True, related_name="slot"
    )
    block = models.PositiveIntegerField()
    position = models.PositiveSmallIntegerField()
    """0 to 55."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("block", "position"), name="slot_held_once"),
        )


class Block(models.Model):
    """Up to 56 sites."""

    number = models.PositiveIntegerField(primary_key=True)
    organisation = models.ForeignKey("people.Organisation", models.CASCADE, related_name="+")
    """Whose part of the tree its sites came from when they came; no figure depends on it."""
    taken = models.PositiveSmallIntegerField(default=0)
    """How many slots are."""


class MonthTile(models.Model):
    """A measure of a resource, for each site of a block and each day of a month."""

    measure = models.CharField(max_length=24)
    month = models.DateField()
    """Its first day."""
    resource = models.ForeignKey("catalogue.Resource", models.CASCADE, related_name="+")
    block = models.PositiveIntegerField()
    stated = models.BinaryField()
    """Bits [56 sites × 31 days]: whether a report states it."""
    values = models.BinaryField()
    """Integers [56 × 31] in thousandths; 0 where nothing is stated."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("measure", "month", "resource", "block"), name="month_tile_once"
            ),
        )


class YearTile(models.Model):
    """A measure of a resource for a block: sums by day, and each site's values by month."""

    measure = models.CharField(max_length=24)
    year = models.PositiveSmallIntegerField()
    resource = models.ForeignKey("catalogue.Resource", models.CASCADE, related_name="+")
    block = models.PositiveIntegerField()
    members = models.BigIntegerField()
    """Bits: the sites that state it in that year."""
    day_counts = models.BinaryField()
    """Bytes [372]: how many sites state it, by 31 × month + day, both from 0."""
    day_sums = models.BinaryField()
    """Integers [372]: the sum of what they state."""
    month_counts = models.BinaryField()
    """Bytes [56 × 12]: on how many days each site states it."""
    month_values = models.BinaryField()
    """Integers [56 × 12]: of a flow the sum, of a snapshot the last value stated."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("measure", "year", "resource", "block"), name="year_tile_once"
            ),
        )


class Stale(models.Model):
    """Days whose reports changed since the tiles were made; written with the reports."""

    resource = models.ForeignKey("catalogue.Resource", models.CASCADE, related_name="+")
    block = models.PositiveIntegerField()
    since = models.DateField()
    until = models.DateField()
    """In the same month as `since`."""


class Lock(models.Model):
    """The one row that whoever changes slots or tiles holds meanwhile."""

    stamp = models.UUIDField(default=uuid4)
    """Another one after every change, for what is kept in memory."""
