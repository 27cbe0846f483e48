"""Filing reports, saying who must report, and telling others what changed.

    file_reports   rows of a program: codes, day, figures
    file_bytes     a CSV, Excel, Parquet or NDJSON file
    assign         a site must report a resource
    on_change      be told of every change

Each checks every row first; `dry_run=True` answers what would happen and writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.collect.cells import text_of
from sampan_platform.collect.checks import check
from sampan_platform.collect.files import read_file
from sampan_platform.collect.filing import Wish, file_sheet
from sampan_platform.collect.listeners import on_change
from sampan_platform.collect.models import Assignment
from sampan_platform.collect.outcome import Changes, Flag, Outcome
from sampan_platform.collect.rejects import RejectFile, reject_file
from sampan_platform.collect.sheet import sheet_of_rows
from sampan_platform.collect.stretches import rebuild as rebuild_stretches
from sampan_platform.common.errors import InvalidError, NotFoundError, Problem
from sampan_platform.people import selectors as people
from sampan_platform.people import services as people_services
from sampan_platform.people.models import User

__all__ = [
    "Changes", "Flag", "Outcome", "RejectFile", "assign", "file_bytes", "file_reports",
    "on_change", "rebuild_stretches", "rejects_of", "require_kept",
]  # fmt: skip


def file_reports(
    rows: Iterable[Mapping[str, Any]],
    actor: User,
    client_id: str | None = None,
    *,
    dry_run: bool = False,
    keep_good: bool = False,
    post: bool = True,
) -> Outcome:
    """File reports that a program made.

    Parameters
    ----------
    rows
        With the names of `columns.COLUMNS`: codes of site and resource, day, figures. A figure
        that is not named, None or empty is not stated and leaves what was said before;
        `withdrawn` takes it back.
    client_id
        The same one with the same rows is answered as before and changes nothing.
    keep_good
        Keep the good rows although others are bad; otherwise all or none.
    post
        Whether output, use and stock go to the ledger; False is for loads of history.

    Examples
    --------
    >>> file_reports(  # doctest: +SKIP
    ...     [{"site": "F1", "resource": "mask", "day": "2020-02-10", "output": 1200}], actor, "a-1"
    ... )
    """
    listed = list(rows)
    plain = [{str(name): text_of(value) for name, value in row.items()} for row in listed]
    digest = sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    sheet = sheet_of_rows(listed, digest)
    return file_sheet(sheet, actor, Wish(client_id, dry_run, keep_good, post))


def file_bytes(
    name: str,
    content: bytes,
    actor: User,
    *,
    client_id: str | None = None,
    dry_run: bool = False,
    keep_good: bool = False,
    post: bool = True,
    again: bool = False,
) -> Outcome:
    """File what stands in a CSV, Excel, Parquet or NDJSON file.

    A file that came before changes nothing, also where one of its reports was corrected
    meanwhile; `again=True` states it anew.

    Raises
    ------
    InvalidError
        If the file cannot be read at all. Bad rows are named in the outcome.
    """
    sheet = read_file(name, content)
    return file_sheet(sheet, actor, Wish(client_id, dry_run, keep_good, post, again))


def rejects_of(name: str, content: bytes, actor: User, *, keep_good: bool = False) -> RejectFile:
    """What to correct and send again, in the format that was sent; nothing is written."""
    return reject_file(check(read_file(name, content), actor), keep_good=keep_good)


def require_kept(outcome: Outcome) -> Outcome:
    """The outcome, or what kept it from being filed as an error that names every row."""
    if outcome.kept:
        return outcome
    count = outcome.rejected_rows
    raise InvalidError(
        gettext(
            "Rows with problems: %(count)s; nothing was changed. Correct them and "
            "send all again, or ask to keep the %(good_rows)s good rows."
        )
        % {
            "count": count,
            "good_rows": outcome.good_rows,
        },
        outcome.rejected,
        code="rejected-rows",
    )


@transaction.atomic
def assign(
    site: str, resource: str, from_day: date, to_day: date | None = None, *, actor: User
) -> Assignment:
    """A site must report a resource from one day to another; said again it is changed."""
    place = catalogue.sites(None, actor).filter(code=site).first()
    item = catalogue.resources().filter(code=resource).first()
    if place is None or item is None:
        what = f"site {site[:64]}" if place is None else f"resource {resource[:64]}"
        raise NotFoundError(gettext("There is no %(what)s.") % {"what": what})
    people.require(actor, people.SET_RULES, place.organisation)
    if to_day is not None and to_day < from_day:
        text = gettext("%(to_day)s is before %(from_day)s. Correct one of the days.") % {
            "to_day": to_day,
            "from_day": from_day,
        }
        raise InvalidError(text, [Problem("days", text, "to_day")])
    made, _ = Assignment.objects.update_or_create(
        site=place, resource=item, defaults={"from_day": from_day, "to_day": to_day}
    )
    people_services.record(
        actor, "collect.assign", f"assignment:{site}:{resource}", place.organisation,
        after={"from_day": from_day.isoformat(), "to_day": to_day.isoformat() if to_day else None},
    )  # fmt: skip
    return made
