"""The report screen: type, or send a file; a dry run first; nothing is half kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sampan_platform.collect import services
from sampan_platform.collect.columns import MEASURES, TITLES
from sampan_platform.collect.messages import FLAGS
from sampan_platform.collect.outcome import Outcome
from sampan_platform.collect.places import Deadlines
from sampan_platform.collect.workbook import ToReport, prepared_workbook, rows_to_report
from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation
from sampan_platform.web.days import read_day
from sampan_platform.web.pages import once, page, show, tell, user_of, zone_of
from sampan_platform.web.report import keeping, table

YEARS = range(1900, 3000)
"""Of days that are reported: what lies outside is a slip of the hand."""
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page
def report(request: HttpRequest) -> HttpResponse:
    """The day's table of one organisation; sent back with every problem in its place."""
    user = user_of(request)
    places = table.places(user)
    if not places:
        return show(request, "web/report/nothing.html")
    asked = request.POST if request.method == "POST" else request.GET
    place = _place(request, places, asked.get("organisation", ""))
    day = _day(asked.get("day", "")) or table.day_to_report(
        user, place, clock.today(people.time_zone_of(place))
    )
    context: dict[str, Any] = {}
    if request.method == "POST":
        to_report = rows_to_report(user, place, day)
        rows = table.typed_rows(to_report, day, request.POST)
        outcome = _file(request, rows)
        if outcome.kept:
            _say(request, outcome)
            return redirect(
                f"{request.path}?organisation={place.code}&day={day}&sent={once(request)}"
            )
        context = {"outcome": outcome, "problems": _problems_of_table(outcome, rows, to_report)}
    typed = request.POST if request.method == "POST" else QueryDict()
    lines = table.lines(user, place, day, typed, all_=bool(asked.get("all")))
    shown = [cell.measure for cell in lines[0].cells] if lines else []
    context |= {
        "places": places,
        "place": place,
        "day": day,
        "lines": lines,
        "titles": [_title(name) for name in shown],
        "names": {name: _title(name) for name in MEASURES},
        "all": bool(asked.get("all")),
        "deadline": Deadlines().deadline(place.pk, day),
        "now": clock.now(),
        "rate": table.rate(lines),
        "flag_words": {code: words[_in_chinese()] for code, words in FLAGS.items()},
    }
    return show(request, "web/report/report.html", context)


def _place(request: HttpRequest, places: list[Organisation], code: str) -> Organisation:
    if code:
        return people.organisation(user_of(request), code, people.REPORT)
    return places[0]


def _file(request: HttpRequest, rows: list[Mapping[str, Any]]) -> Outcome:
    if not rows:
        raise InvalidError(_("The table is empty. Type at least one figure; 0 for none."))
    return services.file_reports(rows, user_of(request), f"page:{once(request)}")


def _say(request: HttpRequest, outcome: Outcome) -> None:
    words = _("%(new)s reports filed, %(corrected)s corrected, %(same)s unchanged.") % {
        "new": outcome.created, "corrected": outcome.corrected, "same": outcome.unchanged,
    }  # fmt: skip
    if outcome.flagged:
        words += " " + _("%(flagged)s look unusual and were kept; please explain them.") % {
            "flagged": outcome.flagged
        }
    tell(request, words)


def _problems(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"row": one.row, "column": _title(one.column) if one.column in TITLES else one.column,
         "value": one.value, "message": one.message_zh if _in_chinese() else one.message}
        for one in outcome.rejected[:100]
    ]  # fmt: skip


def _problems_of_table(
    outcome: Outcome, rows: list[Mapping[str, Any]], to_report: list[ToReport]
) -> list[dict[str, Any]]:
    """With each problem the site and item that it is about: nobody counts a table's lines."""
    known = {(one.site.code, one.resource.code): one for one in to_report}
    about = [known[row["site"], row["resource"]] for row in rows]
    return [
        problem
        | {"site": about[problem["row"] - 1].site, "item": about[problem["row"] - 1].resource}
        for problem in _problems(outcome)
    ]


@page
@require_GET
def workbook(request: HttpRequest) -> HttpResponse:
    """The workbook prepared for an organisation and a day."""
    place = people.organisation(user_of(request), request.GET.get("organisation", ""))
    day = _day(request.GET.get("day", "")) or clock.today(zone_of(request))
    name = f"sampan-{place.code}-{day}.xlsx"
    return HttpResponse(
        prepared_workbook(user_of(request), place, day),
        content_type=EXCEL,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@page
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """A file: kept for its sender, and tried without changing anything."""
    sent = request.FILES.get("file")
    if sent is None:
        raise InvalidError(_("Choose a file first."))
    number = keeping.keep(request, str(sent.name), sent.read())
    return redirect("web:report:uploaded", number)


@page
def uploaded(request: HttpRequest, kept: UUID) -> HttpResponse:
    """What the file would do; then, if the sender says so, it does."""
    name, content = keeping.kept(request, kept)
    sending = request.method == "POST"
    outcome = services.file_bytes(
        name, content, user_of(request), client_id=f"page:{kept}" if sending else None,
        dry_run=not sending, keep_good=request.POST.get("keep_good") == "1",
    )  # fmt: skip
    if sending and outcome.kept:
        _say(request, outcome)
        return redirect("web:report:report")
    context = {"name": name, "kept": kept, "outcome": outcome, "problems": _problems(outcome)}
    return show(request, "web/report/uploaded.html", context)


@page
@require_GET
def rejects(request: HttpRequest, kept: UUID) -> HttpResponse:
    """The bad rows, to be corrected and sent again."""
    name, content = keeping.kept(request, kept)
    made = services.rejects_of(name, content, user_of(request), keep_good=True)
    return HttpResponse(
        made.content,
        content_type=made.media_type,
        headers={"Content-Disposition": f'attachment; filename="{made.name}"'},
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    found = read_day(text)
    if found.year not in YEARS:
        raise InvalidError(_("Give the day as 2020-02-14."))
    return found


def _in_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _title(column: str) -> str:
    return TITLES[column][_in_chinese()]
