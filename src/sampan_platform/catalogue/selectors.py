"""Reads the catalogue: what is in use on a day, and what a person sees of it.

With a `user`, only what lies in their part of the tree; resources, classes and packagings are
shared by all. A lane is seen by who sees either of its ends.
"""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext

from sampan_platform.catalogue.known import policy_cells
from sampan_platform.catalogue.models import (
    Lane,
    NetworkRow,
    Packaging,
    Process,
    ProcessFlow,
    Resource,
    ResourceClass,
    Site,
)
from sampan_platform.catalogue.tables import KINDS, POLICIES
from sampan_platform.common.errors import NotFoundError
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User


def in_use(as_of: date | None, *paths: str, own: bool = True) -> Q:
    """A filter for rows that are not retired on that day, nor what they hang on is.

    Parameters
    ----------
    paths
        What the rows hang on, such as `origin` and `destination`.
    own
        Whether the rows themselves can be retired.
    """
    if as_of is None:
        return Q()
    found = Q()
    for path in ("", *paths) if own else paths:
        column = f"{path}__retired_from" if path else "retired_from"
        found &= Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__gt": as_of})
    return found


def organisations(as_of: date | None = None, user: User | None = None) -> QuerySet[Organisation]:
    """Organisations in use on a day (all: None) that the user sees (all: None)."""
    found = Organisation.objects.filter(in_use(as_of) & _seen(user, "path"))
    return found.select_related("parent")


def sites(as_of: date | None = None, user: User | None = None) -> QuerySet[Site]:
    """Sites in use, of organisations in use."""
    seen = _seen(user, "organisation__path")
    return Site.objects.filter(in_use(as_of, "organisation") & seen).select_related("organisation")


def classes() -> QuerySet[ResourceClass]:
    """Classes and sub-classes; all see them."""
    return ResourceClass.objects.select_related("parent")


def resources(as_of: date | None = None) -> QuerySet[Resource]:
    """Resources in use; all see them."""
    found = Resource.objects.filter(in_use(as_of)).select_related("resource_class__parent")
    return found.prefetch_related("packagings")


def packagings(as_of: date | None = None) -> QuerySet[Packaging]:
    """Packagings of resources in use."""
    used = in_use(as_of, "resource", own=False)
    return Packaging.objects.filter(used).select_related("resource")


def lanes(as_of: date | None = None, user: User | None = None) -> QuerySet[Lane]:
    """Lanes in use between sites in use; seen by who sees an end of theirs."""
    used = in_use(as_of, "origin", "destination", "origin__organisation",
                  "destination__organisation")  # fmt: skip
    seen = _seen(user, "origin__organisation__path", "destination__organisation__path")
    return Lane.objects.filter(used & seen).select_related("origin", "destination")


def processes(as_of: date | None = None, user: User | None = None) -> QuerySet[Process]:
    """Processes in use at sites in use, with their flows."""
    used = in_use(as_of, "site", "site__organisation")
    seen = _seen(user, "site__organisation__path")
    return (
        Process.objects.filter(used & seen)
        .select_related("site")
        .prefetch_related(Prefetch("flows", ProcessFlow.objects.select_related("resource")))
    )


def process_flows(as_of: date | None = None, user: User | None = None) -> QuerySet[ProcessFlow]:
    """What processes in use make and use."""
    return ProcessFlow.objects.filter(
        process__in=processes(as_of, user).values("pk")
    ).select_related("process", "resource")


def policies(
    as_of: date | None = None, user: User | None = None, name: str | None = None
) -> QuerySet[NetworkRow]:
    """Rows of the other tables of a network that are in use, of one table or of all."""
    found = NetworkRow.objects.filter(in_use(as_of) & _seen(user, "organisation__path"))
    found = found if name is None else found.filter(table=name)
    return found.select_related("organisation")


_ROWS: dict[str, Any] = {
    "organisations": organisations, "sites": sites, "lanes": lanes, "processes": processes,
    "process_flows": process_flows,
}  # fmt: skip
_SHARED: dict[str, Any] = {"resources": resources, "packagings": packagings}


def rows(name: str, as_of: date | None = None, user: User | None = None) -> QuerySet[Any]:
    """The rows of any table of the catalogue."""
    if name in POLICIES:
        return policies(as_of, user, name)
    if name in _SHARED:
        return cast("QuerySet[Any]", _SHARED[name](as_of))
    if name == "resource_classes":
        return classes()
    return cast("QuerySet[Any]", _ROWS[name](as_of, user))


def find(name: str, key: str, user: User | None = None, *, lock: bool = False) -> Any:
    """One row by its key, retired or not.

    Raises
    ------
    NotFoundError
        If there is none, or none that the user sees.
    """
    found = rows(name, None, user)
    found = found.filter(key=key) if name in POLICIES else found.filter(code=key)
    if lock:
        # the rows that it is joined with may be missing and cannot be locked then
        found = found.select_related(None).select_for_update(of=("self",))
    row = found.first()
    if row is None:
        raise NotFoundError(
            gettext("There is no %(key)s in %(name)s.") % {"key": key, "name": name}
        )
    return row


def cells(name: str, row: Any) -> dict[str, Any]:
    """A row's cells by column, without a query where `rows` or `find` gave it."""
    if name in POLICIES:
        return policy_cells(row)
    return {column: _follow(row, path) for column, path in KINDS[name].fields.items()}


def _follow(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = None if row is None else getattr(row, part)
    return "" if row is None and "__" in path else row


def _seen(user: User | None, *paths: str) -> Q:
    if user is None:
        return Q()
    held = people.paths(user, people.SEE)
    found = Q(pk__in=[])
    for path in paths:
        for one in held:
            found |= Q(**{f"{path}__startswith": one})
    return found
