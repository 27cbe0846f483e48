"""The catalogue: every table, a row's page with its form, import tried first, export."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from sampan_platform.catalogue import exporting, selectors, services
from sampan_platform.catalogue import tables as known
from sampan_platform.common.errors import InvalidError, NotFoundError
from sampan_platform.people import selectors as people
from sampan_platform.web.catalogue import showing
from sampan_platform.web.pages import page, show, tell, typed_day, user_of

TITLES = {
    "organisations": _lazy("Organisations"),
    "sites": _lazy("Sites"),
    "resources": _lazy("Items"),
    "lanes": _lazy("Lanes"),
    "processes": _lazy("Processes"),
}
NAMED_BY = {"lanes": ("origin__", "destination__"), "processes": ("site__",)}
"""Whose names a row is found by, where not by its own."""
ROWS = 100
COLUMNS = 8
"""Of a list; a row's page shows all."""
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 20 * 1024 * 1024


@page
def tables(request: HttpRequest) -> HttpResponse:
    """What there is, with counts."""
    user = user_of(request)
    counts = [(name, title, selectors.rows(name, None, user).count())
              for name, title in TITLES.items()]  # fmt: skip
    context = {"counts": counts, "may_edit": bool(people.paths(user, people.EDIT_CATALOGUE))}
    return show(request, "web/catalogue/tables.html", context)


@page
def rows(request: HttpRequest, table: str) -> HttpResponse:
    """One table, to be searched."""
    user = user_of(request)
    found = selectors.rows(_known(table), None, user)
    text = request.GET.get("q", "").strip()
    if text:
        named = Q(code__icontains=text)
        for end in NAMED_BY.get(table, ("",)):
            named |= Q(**{f"{end}name_en__icontains": text})
            named |= Q(**{f"{end}name_zh__icontains": text})
        found = found.filter(named)
    columns = [name for name in known.KINDS[table].fields if name != "retired_from"][:COLUMNS]
    sort = request.GET.get("sort", "")
    if sort.removeprefix("-") in columns:
        by = known.KINDS[table].fields[sort.removeprefix("-")]
        found = found.order_by(F(by).desc(nulls_last=True) if sort[0] == "-" else by, "code")
    listed = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "table": table, "title": TITLES[table], "columns": columns, "sort": sort,
        "lines": [(one, showing.shown(table, one)[:COLUMNS]) for one in listed],
        "page_of_rows": listed, "text": text,
    }  # fmt: skip
    return show(request, "web/catalogue/rows.html", context)


@page
def row(request: HttpRequest, table: str, key: str) -> HttpResponse:
    """One row; changed here by those who may, or retired from a day."""
    user = user_of(request)
    found = selectors.find(_known(table), key, user)
    fields = known.KINDS[table].fields
    if request.method == "POST":
        said = request.POST
        if said.get("action") == "retire":
            services.retire(table, key, typed_day(said, "from_day"), user)
        else:
            values = {name: said.get(name, "").strip() or None
                      for name in fields if name != "retired_from"}  # fmt: skip
            services.change(table, values, user)
        tell(request, _("Kept."))
        return redirect("web:catalogue:row", table, key)
    context = {
        "table": table, "title": TITLES[table], "row": found,
        "cells": showing.shown(table, found), "name": showing.title(table, found),
        "key": next(iter(fields)),
        "may_edit": bool(people.paths(user, people.EDIT_CATALOGUE)),
    }  # fmt: skip
    return show(request, "web/catalogue/row.html", context)


@page
def export(request: HttpRequest) -> HttpResponse:
    """All tables as one workbook."""
    frames = exporting.frames(user_of(request), None, known.NAMES)
    return HttpResponse(
        exporting.as_workbook(frames), content_type=EXCEL,
        headers={"Content-Disposition": 'attachment; filename="catalogue.xlsx"'},
    )  # fmt: skip


@page
def import_(request: HttpRequest) -> HttpResponse:
    """A workbook or an archive of tables: tried first, then, if asked for, taken."""
    context: dict[str, Any] = {}
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is None or (sent.size or 0) > LARGEST:
            raise InvalidError(_("Choose a file of at most 20 MB."))
        dry = request.POST.get("action") != "import"
        try:
            outcome = services.import_file(
                str(sent.name), sent.read(), user_of(request), dry_run=dry
            )
            context = {"outcome": outcome, "dry": dry}
        except InvalidError as error:
            context = {"error": error}
    return show(request, "web/catalogue/import.html", context)


def _known(table: str) -> str:
    if table not in TITLES:
        raise NotFoundError(_("There is no such table."))
    return table
