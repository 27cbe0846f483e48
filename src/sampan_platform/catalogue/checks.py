"""What must be true between rows: everything pointed to exists, and makes sense."""

from __future__ import annotations

from django.utils.translation import gettext

from sampan_platform.catalogue.known import Known
from sampan_platform.catalogue.rows import Reading, Row
from sampan_platform.catalogue.tables import REQUIRED_OF_NEW, table

RINGS_LONGEST = 64


def check_rows(reading: Reading, known: Known, see: list[str] | None) -> None:
    """Report what points nowhere, is missing in new rows, or contradicts itself.

    Parameters
    ----------
    see
        The paths that the person sees, for whom nothing else exists; None: all.
    """
    for rows in reading.rows.values():
        for row in rows:
            _check_references(row, reading, known, see)
            _check_new(row, reading, known)
            _check_sense(row, reading, known)


def _check_references(row: Row, reading: Reading, known: Known, see: list[str] | None) -> None:
    for attribute in table(row.table).attributes:
        value = row.values.get(attribute.name)
        if not attribute.references or not value:
            continue
        above = attribute.references.split(".")[0]
        if not _exists(known, above, str(value), see):
            text = _not_in(str(value), above)
            reading.wrong(row, attribute.name, "unknown-reference", text)
    _check_pointers(row, reading, known)


def _exists(known: Known, name: str, key: str, see: list[str] | None) -> bool:
    if key in known.coming.get(name, {}):
        return True
    entry = known.entries.get(name, {}).get(key)
    if entry is None:
        return False
    return see is None or not entry.path or any(entry.path.startswith(one) for one in see)


def _check_pointers(row: Row, reading: Reading, known: Known) -> None:
    """What points to one of several tables."""
    activity = str(row.values.get("activity") or "")
    there = known.has("lanes", activity) or known.has("processes", activity)
    if row.table == "capacity_loads" and activity and not there:
        text = gettext("%(key)s is neither a lane nor a process. Correct it.") % {"key": activity}
        reading.wrong(row, "activity", "unknown-reference", text)
    if row.table == "profiles" and row.values.get("table") and row.values.get("key"):
        name, key = str(row.values["table"]), str(row.values["key"])
        if not known.has(name, key):
            text = _not_in(key, name)
            reading.wrong(row, "key", "unknown-reference", text)


def _not_in(key: str, name: str) -> str:
    return gettext("%(key)s is not in %(table)s. Add it there, or correct it.") % {
        "key": key,
        "table": name,
    }


def _check_new(row: Row, reading: Reading, known: Known) -> None:
    needed = list(REQUIRED_OF_NEW.get(row.table, ()))
    if row.key in known.entries.get(row.table, {}):
        needed = [name for name in needed if name in row.values]
    for column in needed:
        if row.values.get(column) in (None, ""):
            text = gettext("The cell is empty. Fill in the column %(column)s.") % {"column": column}
            reading.wrong(row, column, "empty-cell", text)


def _check_sense(row: Row, reading: Reading, known: Known) -> None:
    if row.table == "lanes":
        origin = known.value("lanes", row.key, "origin")
        if origin and origin == known.value("lanes", row.key, "destination"):
            text = gettext("A lane leads elsewhere. Correct origin or destination.")
            reading.wrong(row, "destination", "lane-to-itself", text)
    if row.table == "reserves" and bool(row.values.get("site")) == bool(row.values.get("country")):
        text = gettext("Give site or country, one of the two.")
        reading.wrong(row, "site", "site-or-country", text)
    if row.table == "substitutes" and row.values.get("resource") == row.values.get("substitute"):
        text = gettext("Nothing replaces itself. Correct it.")
        reading.wrong(row, "substitute", "own-substitute", text)
    if row.table in ("organisations", "resource_classes") and _in_ring(row, known):
        text = gettext("It would be above itself. Choose another parent.")
        reading.wrong(row, "parent", "ring", text)
    elif row.table == "resource_classes" and _is_third(row, known):
        text = gettext("There are classes and sub-classes, no third level. Choose a class.")
        reading.wrong(row, "parent", "third-level", text)


def _in_ring(row: Row, known: Known) -> bool:
    """Whether the row's line of parents leads back to it."""
    entries = known.entries.get(row.table, {})
    own = entries.get(row.key)
    at = known.value(row.table, row.key, "parent")
    for _ in range(RINGS_LONGEST):
        if not at:
            return False
        if at == row.key:
            return True
        if row.table == "organisations" and at not in known.coming["organisations"]:
            above = entries.get(str(at))
            return bool(own and above and above.path.startswith(own.path))
        at = known.value(row.table, str(at), "parent")
    return True


def _is_third(row: Row, known: Known) -> bool:
    """Whether a class would stand below a sub-class."""
    parent = row.values.get("parent")
    return bool(parent and known.value("resource_classes", str(parent), "parent"))
