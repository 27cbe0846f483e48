"""What a statistic is asked of: dimensions, filters, and the grouping that they make.

Dimensions of place: `site`, `organisation` (the owner), `organisation:province` (the nearest of
that kind, from the owner up), `organisation:2` (the second from the top), `country`, `region`.
Dimensions of resources: `class`, `sub_class`, `resource`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError, NotFoundError
from sampan_platform.count import sources
from sampan_platform.count.grouping import Grouping, Label
from sampan_platform.count.held import Held, held
from sampan_platform.people.models import OrganisationKind, User

PLACES = ("site", "organisation", "country", "region")
KINDS = ("class", "sub_class", "resource")
UNIT = "unit"


@dataclass(frozen=True)
class Filters:
    """By codes; what is empty leaves nothing out."""

    organisation: str = ""
    """This organisation and all below it."""
    countries: Sequence[str] = ()
    """ISO 3166-1."""
    regions: Sequence[str] = ()
    """ISO 3166-2."""
    sites: Sequence[str] = ()
    classes: Sequence[str] = ()
    """Classes or sub-classes."""
    resources: Sequence[str] = ()


@dataclass(frozen=True)
class Scope:
    """A grouping and the names of its labels."""

    grouping: Grouping
    columns: tuple[str, ...]
    """Of each group's label."""


def check_dimensions(by: Sequence[str]) -> None:
    """Raise for a dimension that there is not, or that is named twice."""
    for name in by:
        head, _, level = name.partition(":")
        known = name in PLACES + KINDS or (head == "organisation" and _is_level(level))
        if not known:
            raise InvalidError(
                gettext(
                    "There is no dimension %(name)s. Choose from %(dimensions)s, "
                    "organisation:KIND (%(known)s) and organisation:LEVEL (1 is the top)."
                )
                % {
                    "name": f"{name[:40]!r}",
                    "dimensions": ", ".join(PLACES + KINDS),
                    "known": ", ".join(OrganisationKind.values),
                },
                code="unknown-dimension",
            )
    if len(set(by)) < len(by):
        raise InvalidError(
            gettext("A dimension is named twice: %(by)s. Name it once.") % {"by": ", ".join(by)}
        )


def scope_of(user: User, by: Sequence[str], filters: Filters, *, by_unit: bool) -> Scope:
    """The sites that the user may see and the filters leave, and the resources, in groups.

    Parameters
    ----------
    by_unit
        Whether resources of different units must not fall into one group.
    """
    known = held()
    tree = _Tree(by, filters, known)
    rows = known.sites(user, _chosen(filters, tree))
    if filters.organisation and not rows:
        _check_seen(user, filters.organisation, tree)
    _name_missing(filters.sites, {row[1] for row in rows}, "site")
    place_names = [name for name in by if name.partition(":")[0] in PLACES]
    places, place_of = _numbered(rows, [_place_label(name, tree) for name in place_names])
    kind_names = [name for name in by if name in KINDS]
    chosen, classes, all_resources = _resources(kind_names, filters, known)
    kinds, kind_of = _numbered(chosen, _kind_labels(kind_names, classes, by_unit=by_unit))
    grouping = Grouping(
        places=places,
        kinds=kinds,
        place_of=place_of,
        kind_of=kind_of,
        slots={row[0]: (row[5], row[6]) for row in rows if row[5] is not None},
        all_resources=all_resources,
    )
    unit = (UNIT,) if by_unit else ()
    return Scope(grouping, (*place_names, *kind_names, *unit))


class _Tree:
    """The organisations, read only where something asks for them."""

    def __init__(self, by: Sequence[str], filters: Filters, known: Held) -> None:
        needed = bool(filters.organisation) or any(name.startswith("organisation") for name in by)
        rows = known.organisations() if needed else []
        self.of = {number: (code, kind) for number, code, kind, _ in rows}
        self.path = {code: path for _, code, _, path in rows}


def _check_seen(user: User, organisation: str, tree: _Tree) -> None:
    """Raise unless the user sees something of it."""
    if not sources.sees(user, tree.path[organisation]):
        raise NotFoundError(
            gettext("There is no organisation %(organisation)s.")
            % {"organisation": organisation[:64]}
        )


def _chosen(filters: Filters, tree: _Tree) -> Q:
    chosen = Q()
    if filters.organisation:
        path = tree.path.get(filters.organisation)
        if path is None:
            raise NotFoundError(
                gettext("There is no organisation %(organisation)s.")
                % {"organisation": filters.organisation[:64]}
            )
        chosen &= Q(organisation__path__startswith=path)
    for column, values in (
        ("country__in", filters.countries),
        ("region__in", filters.regions),
        ("code__in", filters.sites),
    ):
        if values:
            chosen &= Q(**{column: list(values)})
    return chosen


def _place_label(name: str, tree: _Tree) -> Callable[[Any], str | None]:
    """From a site's row to its label."""
    head, _, level = name.partition(":")
    if head != "organisation":
        column = {"site": 1, "country": 2, "region": 3}[head]
        return lambda row: row[column] or None
    known: dict[str, str | None] = {}

    def label(row: Any) -> str | None:
        path = row[4]
        if path not in known:
            line = [tree.of[int(part)] for part in path.strip("/").split("/")]
            known[path] = _in_line(line, level)
        return known[path]

    return label


def _in_line(line: Sequence[tuple[str, str]], level: str) -> str | None:
    """The code of the organisation at that level of a line from the top down."""
    if not level:
        return line[-1][0]
    if level.isdigit():
        return line[int(level) - 1][0] if int(level) <= len(line) else None
    return next((code for code, kind in reversed(line) if kind == level), None)


def _is_level(level: str) -> bool:
    return level in OrganisationKind.values or (
        level.isascii() and level.isdigit() and level != "0"
    )


def _numbered(
    rows: Sequence[Any], labels: Sequence[Callable[[Any], str | None]]
) -> tuple[list[Label], dict[int, int]]:
    """The different labels in order, and of each row's number its place among them."""
    label_of: dict[int, Label] = {row[0]: tuple(label(row) for label in labels) for row in rows}
    ordered = sorted(set(label_of.values()), key=_in_order)
    number = {label: place for place, label in enumerate(ordered)}
    return ordered, {row: number[label] for row, label in label_of.items()}


def _in_order(label: Label) -> tuple[tuple[bool, str], ...]:
    """What has no name comes last."""
    return tuple((name is None, name or "") for name in label)


def _resources(
    names: Sequence[str], filters: Filters, known: Held
) -> tuple[list[Any], dict[int, tuple[str, str | None]], bool]:
    """The resources that the filters leave, class and sub-class of each, and whether it is all."""
    rows = known.resources()
    needed = bool(filters.classes) or "class" in names or "sub_class" in names
    classes = {number: (code, above) for number, code, above in known.classes()} if needed else {}
    of_class = {row[0]: _class_and_sub_class(row[3], classes) for row in rows} if needed else {}
    _name_missing(filters.resources, {row[1] for row in rows}, "resource")
    _name_missing(filters.classes, {code for code, _ in classes.values()}, "class")
    chosen = [
        row
        for row in rows
        if (not filters.resources or row[1] in filters.resources)
        and (not filters.classes or set(of_class[row[0]]) & set(filters.classes))
    ]
    return chosen, of_class, len(chosen) == len(rows)


def _kind_labels(
    names: Sequence[str], of_class: dict[int, tuple[str, str | None]], *, by_unit: bool
) -> list[Callable[[Any], str | None]]:
    labels: dict[str, Callable[[Any], str | None]] = {
        "class": lambda row: of_class[row[0]][0],
        "sub_class": lambda row: of_class[row[0]][1],
        "resource": lambda row: row[1],
        UNIT: lambda row: row[2],
    }
    return [labels[name] for name in ([*names, UNIT] if by_unit else names)]


def _class_and_sub_class(
    number: int, classes: dict[int, tuple[str, int | None]]
) -> tuple[str, str | None]:
    code, above = classes[number]
    return (code, None) if above is None else (classes[above][0], code)


def _name_missing(asked: Sequence[str], known: set[str], what: str) -> None:
    missing = sorted(set(asked) - known)
    if missing:
        named = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        raise NotFoundError(
            gettext("There is no %(what)s %(named)s. Check the code.")
            % {"what": what, "named": named[:200]}
        )
