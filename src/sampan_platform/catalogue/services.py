"""Changes to the catalogue: import, single rows, retirement, deletion of what was never used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import polars as pl
from django.db import transaction
from django.db.models import Model, Q
from django.utils.translation import gettext

from sampan_platform.catalogue import selectors
from sampan_platform.catalogue.files import read_bytes, read_path
from sampan_platform.catalogue.importing import Outcome, import_tables
from sampan_platform.catalogue.rows import Given
from sampan_platform.catalogue.tables import NAMES, table
from sampan_platform.catalogue.uses import uses
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from sampan_platform.people import selectors as people
from sampan_platform.people import services as trail
from sampan_platform.people.models import Organisation, User

__all__ = [
    "Outcome",
    "change",
    "delete",
    "import_file",
    "import_frames",
    "import_path",
    "import_rows",
    "load_pack",
    "retire",
]

PACKS = "sampan_platform.packs"
KEPT = ("resource_classes", "packagings", "process_flows")
"""Tables without retirement: classes stay, and the others go with what they are part of."""


def import_path(
    path: str | Path,
    actor: User | None = None,
    *,
    organisation: Organisation | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Import a folder of CSV or Parquet files, a zip archive, or an Excel workbook.

    Takes a network of the engine as it is: its periods become dates, and `organisation` owns
    its sites. See `import_frames` for the rules.
    """
    return import_tables(read_path(Path(path)), actor, organisation=organisation, dry_run=dry_run)


def import_file(
    name: str,
    content: bytes,
    actor: User | None = None,
    *,
    organisation: Organisation | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Import a zip archive or an Excel workbook that was sent."""
    return import_tables(
        read_bytes(name, content), actor, organisation=organisation, dry_run=dry_run
    )


def import_frames(
    frames: Mapping[str, pl.DataFrame],
    actor: User | None = None,
    *,
    organisation: Organisation | None = None,
    dry_run: bool = False,
    start: date | None = None,
) -> Outcome:
    """Import tables by name; see `catalogue.tables` for their columns.

    Rows are made or changed by key; columns and rows that are not there leave things as they
    are; an empty cell is the column's default. All problems are named at once, and then
    nothing is changed. The same import twice changes nothing the second time.
    """
    unknown = sorted(set(frames) - set(NAMES))
    if unknown:
        raise InvalidError(
            gettext("There is no table %(unknown)s; the tables are %(names)s.")
            % {"unknown": ", ".join(unknown), "names": ", ".join(NAMES)}
        )
    given = Given(frames, start=start)
    return import_tables(given, actor, organisation=organisation, dry_run=dry_run)


def import_rows(
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    actor: User | None = None,
    *,
    organisation: Organisation | None = None,
    dry_run: bool = False,
    start: date | None = None,
) -> Outcome:
    """Import tables as lists of rows, such as JSON holds; see `import_frames`.

    A column that some rows name and others do not is an empty cell in the others.
    """
    frames = {name: _frame(rows) for name, rows in tables.items() if rows}
    return import_frames(frames, actor, organisation=organisation, dry_run=dry_run, start=start)


def _frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = {column: [_plain(row.get(column)) for row in rows] for column in columns}
    return pl.DataFrame(
        {column: pl.Series(column, values, strict=False) for column, values in cells.items()}
    )


def _plain(value: Any) -> Any:
    """What a cell can hold; anything nested is shown as text, and refused as such."""
    return value if isinstance(value, (str, int, float, bool, date, type(None))) else str(value)


def change(
    name: str, values: Mapping[str, Any], actor: User | None, *, only_new: bool = False
) -> Outcome:
    """Make or change one row; `values` by column, the key among them."""
    known = table(name).columns
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise InvalidError(
            gettext("%(name)s has no %(unknown)s; it has %(known)s.")
            % {"name": name, "unknown": ", ".join(unknown), "known": ", ".join(known)}
        )
    return import_tables(Given({name: _frame([values])}), actor, only_new=only_new)


@transaction.atomic
def retire(name: str, key: str, from_day: date | None, actor: User | None) -> Any:
    """From that day on it is not used; None takes that back. What it did stays.

    An organisation takes along all organisations and sites below it. A lane whose site is
    retired, and a process there, is not used either; they need no retirement of their own.
    """
    if name in KEPT:
        raise InvalidError(
            gettext("%(name)s are not retired.") % {"name": name}, code="not-retired"
        )
    row: Any = selectors.find(name, key, actor, lock=True)
    _require(name, row, actor)
    for one in (row, *_below(row, from_day)):
        one.retired_from = from_day
        one.save(update_fields=["retired_from"])
        kind = name if one is row or isinstance(one, Organisation) else "sites"
        trail.record(
            actor,
            "catalogue.retire",
            f"{kind}:{_code(one)}",
            _owner(one),
            after={"retired_from": None if from_day is None else from_day.isoformat()},
        )
    return row


@transaction.atomic
def delete(name: str, key: str, actor: User | None) -> None:
    """Remove what was never used; what was used is retired instead.

    Raises
    ------
    ConflictError
        If anything uses it: what, and that it can be retired.
    """
    row = selectors.find(name, key, actor, lock=True)
    _require(name, row, actor)
    found = uses(name, row)
    if found:
        hint = "" if name in KEPT else gettext(" Retire it from a day on instead.")
        raise ConflictError(
            gettext("%(key)s is used by %(found)s.%(hint)s")
            % {"key": key, "found": ", ".join(found), "hint": hint},
            code="in-use",
        )
    trail.record(actor, "catalogue.delete", f"{name}:{key}", _owner(row))
    if name == "processes":
        row.flows.all().delete()
    row.delete()


def load_pack(name: str, actor: User | None = None) -> Outcome:
    """The classes, resources and packagings of a field of cooperation, such as `medical`.

    Makes what is missing and leaves alone what is there, so it can be loaded at any time.
    """
    place = files(PACKS).joinpath(name)
    if not name.isidentifier() or not place.is_dir():
        known = sorted(
            one.name for one in files(PACKS).iterdir() if one.is_dir() and one.name[0].isalpha()
        )
        raise NotFoundError(
            gettext("There is no pack %(name)s; there is %(known)s.")
            % {"name": f"{name[:40]!r}", "known": ", ".join(known)}
        )
    with as_file(place) as folder:
        return import_tables(read_path(folder), actor, keep_existing=True)


def _require(name: str, row: Model, actor: User | None) -> None:
    """Raise unless the actor may edit this row."""
    if actor is None:
        return
    owner = _owner(row)
    if owner is not None:
        people.require(actor, people.EDIT_CATALOGUE, owner)
    elif not people.may_everywhere(actor, people.EDIT_CATALOGUE):
        raise ForbiddenError(
            gettext(
                "All organisations share %(name)s: only who edits the catalogue of the "
                "whole tree may change them. Ask an operator."
            )
            % {"name": name}
        )


def _owner(row: Any) -> Organisation | None:
    """The organisation whose row it is; none for what all share."""
    if isinstance(row, Organisation):
        return row
    if hasattr(row, "origin"):
        row = row.origin
    if hasattr(row, "site"):
        row = row.site
    found: Organisation | None = getattr(row, "organisation", None)
    return found


def _below(row: Any, from_day: date | None) -> list[Any]:
    """What is retired, or taken back, together with an organisation.

    What ended before keeps its own end; taking back concerns what ended on the same day.
    """
    if not isinstance(row, Organisation):
        return []
    organisations = Organisation.objects.filter(path__startswith=row.path).exclude(pk=row.pk)
    sites = selectors.sites().filter(organisation__path__startswith=row.path)
    if from_day is None:
        chosen = Q(retired_from=row.retired_from, retired_from__isnull=False)
    else:
        chosen = Q(retired_from=None) | Q(retired_from__gt=from_day)
    return [*organisations.filter(chosen), *sites.filter(chosen)]


def _code(row: Any) -> str:
    return str(getattr(row, "code", None) or row.key)
