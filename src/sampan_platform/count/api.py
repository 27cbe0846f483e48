"""Statistics over HTTP: the same selector as everywhere, as JSON or as a file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from sampan_platform.common.errors import InvalidError
from sampan_platform.count.comparisons import COMPARISONS
from sampan_platform.count.export import CONTENT_TYPES, EXPORT_MAX, export
from sampan_platform.count.measures import COVER_WINDOW_DAYS, MEASURES
from sampan_platform.count.periods import GRAINS
from sampan_platform.count.scope import Filters
from sampan_platform.count.selectors import FIGURES_MAX, statistics
from sampan_platform.count.statistic import Statistic
from sampan_platform.http.kit import TABLE_ANSWERS, render_table, requires, table_format, user_of

router = Router(tags=["count"])
LIMIT_MAX = 1000
Names = Annotated[list[str], Field(default_factory=list)]


class MeasureOut(Schema):
    """What a measure is."""

    code: str
    name_en: str
    name_zh: str
    kind: str
    definition: str


class StatisticIn(Schema):
    """What is asked. Lists are given by naming the parameter again."""

    measure: str
    """A code of `/measures`."""
    since: date
    until: date
    by: Names
    grain: str = "total"
    compare: Names
    organisation: str = ""
    country: Names
    region: Names
    site: Names
    resource_class: Annotated[list[str], Field(default_factory=list, alias="class")]
    resource: Names
    window_days: int = COVER_WINDOW_DAYS
    cursor: str = ""
    limit: int = 200


class StatisticOut(Schema):
    """A statistic's figures, some at a time."""

    measure: str
    name_en: str
    name_zh: str
    definition: str
    grain: str
    since: date
    until: date
    figures: list[dict[str, Any]]
    """The dimensions' codes; `unit`; `period`, `since`, `until`; `value`; `reports` (how many it
    rests on); `coverage` (reports that came of those due); and the comparisons asked for. Null
    is not known."""
    figures_count: int
    next_cursor: str | None = None


@router.get("/measures", response=list[MeasureOut], summary="All measures and their definitions")
@requires("statistics:read")
def measures(request: HttpRequest) -> list[Any]:
    """One definition each, the same in pages, exports and alerts."""
    return list(MEASURES.values())


@router.get(
    "/statistics",
    response=StatisticOut,
    summary="A measure by place, resource and time",
    description=(
        f"Grains: {', '.join(GRAINS)}. Comparisons: {', '.join(COMPARISONS)}. Only what you may "
        "see counts. `format=csv`, `ndjson`, `parquet` or `xlsx` gives a file of all figures."
    ),
    openapi_extra=TABLE_ANSWERS,
)
@requires("statistics:read")
def read_statistics(request: HttpRequest, asked: Query[StatisticIn]) -> Any:
    """The same selector as everywhere."""
    kind = request.GET.get("format")
    if kind not in CONTENT_TYPES:
        kind = table_format(request)
    found = _ask(request, asked, FIGURES_MAX if kind == "json" else EXPORT_MAX)
    name = f"{found.measure.code}-{found.since}-{found.until}"
    if kind == "xlsx":
        return HttpResponse(
            export(found, kind),
            content_type=CONTENT_TYPES[kind],
            headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'},
        )
    if kind != "json":
        return render_table(request, found.frame, name)
    return _some(found, asked)


def _ask(request: HttpRequest, asked: StatisticIn, figures_max: int) -> Statistic:
    return statistics(
        user_of(request),
        asked.measure,
        since=asked.since,
        until=asked.until,
        by=asked.by,
        grain=asked.grain,
        compare=asked.compare,
        filters=Filters(
            organisation=asked.organisation,
            countries=asked.country,
            regions=asked.region,
            sites=asked.site,
            classes=asked.resource_class,
            resources=asked.resource,
        ),
        window_days=asked.window_days,
        figures_max=figures_max,
    )


def _some(found: Statistic, asked: StatisticIn) -> dict[str, Any]:
    if not 1 <= asked.limit <= LIMIT_MAX:
        raise InvalidError(f"limit is {asked.limit}; give 1 to {LIMIT_MAX}.", code="limit")
    if asked.cursor and not (asked.cursor.isascii() and asked.cursor.isdigit()):
        raise InvalidError("This cursor is none of ours. Send next_cursor as it came.")
    start = int(asked.cursor[:9] or 0)
    after = start + asked.limit
    return {
        "measure": found.measure.code,
        "name_en": found.measure.name_en,
        "name_zh": found.measure.name_zh,
        "definition": found.measure.definition,
        "grain": found.grain,
        "since": found.since,
        "until": found.until,
        "figures": found.frame.slice(start, asked.limit).to_dicts(),
        "figures_count": len(found.frame),
        "next_cursor": str(after) if after < len(found.frame) else None,
    }
