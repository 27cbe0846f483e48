"""Is the process there, and can it work; asked by whatever starts and restarts it."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from sampan_platform.http.problems import respond


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return JsonResponse({"status": "well"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has all its tables; else 503."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return respond(503, "no-database", "The database does not answer.")
    if waiting:
        text = f"{len(waiting)} changes of the database wait. Run sampan init."
        return respond(503, "migrations", text)
    return JsonResponse({"status": "ready"})
