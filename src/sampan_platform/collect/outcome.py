"""What came of a filing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from sampan_platform.collect.messages import FLAGS, RowProblem

Key = tuple[int, int, date]
"""Numbers of the site and the resource, and the day."""


@dataclass(frozen=True)
class Flag:
    """Something that looks wrong in a report that was kept."""

    code: str
    site: str
    resource: str
    day: date
    message: str
    message_zh: str


def flag(code: str, site: str, resource: str, day: date) -> Flag:
    """A flag in words."""
    return Flag(code, site, resource, day, *FLAGS[code])


@dataclass
class Outcome:
    """What was kept, or in a dry run would be; every row that came is in one of the counts."""

    accepted: int = 0
    """Reports that are new or corrected."""
    unchanged: int = 0
    """Said before in the same words."""
    rejected: list[RowProblem] = field(default_factory=list)
    """What is wrong, row by row; at most `checks.NAMED_MAX`."""
    flagged: int = 0
    """Of the accepted: how many look wrong and were kept."""
    created: int = 0
    corrected: int = 0
    superseded: int = 0
    """Of a file that came before: rows about what was said anew since then; nothing changed."""
    blank: int = 0
    """Rows that state nothing."""
    good_rows: int = 0
    """Rows without a problem, kept or not."""
    rejected_rows: int = 0
    flags: list[Flag] = field(default_factory=list)
    dry_run: bool = False
    kept: bool = True
    """Whether the good rows were (in a dry run, would be) kept."""
    filing: int | None = None
    replayed: bool = False
    """Whether this answer was given before, to the same request."""

    def document(self) -> dict[str, Any]:
        """As JSON; what is long is cut, and the counts say how much there is."""
        found = dict(vars(self))
        found["rejected"] = [dict(vars(one)) for one in self.rejected]
        found["flags"] = [vars(one) | {"day": one.day.isoformat()} for one in self.flags]
        return found

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Outcome:
        """What `document` gave."""
        values = dict(document)
        values["rejected"] = [RowProblem(**one) for one in values["rejected"]]
        values["flags"] = [
            Flag(**one | {"day": date.fromisoformat(one["day"])}) for one in values["flags"]
        ]
        return cls(**values)


class Changes:
    """The reports that changed in one filing; iterate over it for site, resource and day."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self.frame = rows.select("site_id", "resource_id", "day")

    def __len__(self) -> int:
        return len(self.frame)

    def __iter__(self) -> Iterator[Key]:
        return iter(self.frame.iter_rows())

    @cached_property
    def ends(self) -> list[Key]:
        """Of each site, resource and month only the first and the last day: enough to know
        which spans changed, where the keys themselves would be a million.
        """
        group = ["site_id", "resource_id", pl.col("day").dt.month_start().alias("month")]
        spans = self.frame.group_by(group).agg(
            pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
        )
        return [
            (site, resource, day)
            for site, resource, _, first, last in spans.iter_rows()
            for day in dict.fromkeys((first, last))
        ]
