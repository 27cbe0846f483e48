"""Large lists as CSV, NDJSON or Parquet, by `?format=` or the Accept header."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
from django.http import HttpRequest, HttpResponse

from sampan_platform.http.problems import HttpProblem

TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
TABLE_ANSWERS: dict[str, Any] = {
    "responses": {200: {"content": {kind: {} for name, kind in TYPES.items() if name != "json"}}}
}
"""For `openapi_extra` of an operation that can answer with a table."""


def table_format(request: HttpRequest) -> str:
    """`json`, `csv`, `ndjson` or `parquet`, as asked; `json` when nothing is asked."""
    asked = request.GET.get("format")
    if asked is not None:
        if asked not in TYPES:
            raise HttpProblem(
                415, "format", f"There is no format {asked[:40]}; ask for {', '.join(TYPES)}."
            )
        return asked
    for name, kind in TYPES.items():
        if name != "json" and kind in request.headers.get("Accept", ""):
            return name
    return "json"


def render_table(request: HttpRequest, frame: pl.DataFrame, name: str = "table") -> HttpResponse:
    """A frame in the format that was asked for; as JSON, a list of rows.

    Parameters
    ----------
    name
        Of the file, without its ending.
    """
    kind = table_format(request)
    buffer = io.BytesIO()
    if kind == "csv":
        frame.write_csv(buffer)
    elif kind == "ndjson":
        frame.write_ndjson(buffer)
    elif kind == "parquet":
        frame.write_parquet(buffer)
    else:
        frame.write_json(buffer)
    headers = {"Vary": "Accept"}
    if kind != "json":
        headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    content_type = TYPES[kind] + ("; charset=utf-8" if kind == "csv" else "")
    return HttpResponse(buffer.getvalue(), content_type=content_type, headers=headers)
