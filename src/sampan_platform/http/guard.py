"""`@requires("reports:write")`: which scope an operation asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse
from ninja.operation import Operation
from ninja.utils import contribute_operation_callback

from sampan_platform.common.errors import PlatformError
from sampan_platform.http.identify import ask_for_scope
from sampan_platform.http.problems import respond_to

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Run = Callable[..., HttpResponse]

SCOPES: set[str] = set()
"""All scopes that any operation asks for, once the API is loaded."""


def requires(scope: str) -> Callable[[Endpoint], Endpoint]:
    """Ask for a scope before anything else runs.

    Stands under the router's decorator:

        @router.post("", response=ReportOut, summary="File a report")
        @requires("reports:write")
        @idempotent
        def file(request, body: ReportIn): ...
    """
    SCOPES.add(scope)

    def mark(endpoint: Endpoint) -> Endpoint:
        cast(Any, endpoint).required_scope = scope

        def ask(run: Run) -> Run:
            def asked(request: HttpRequest, **values: Any) -> HttpResponse:
                try:
                    ask_for_scope(request, scope)
                except PlatformError as error:
                    return respond_to(error)
                return run(request, **values)

            return asked

        around_run(endpoint, ask)
        return endpoint

    return mark


def required_scope(endpoint: Callable[..., Any]) -> str | None:
    """The scope that an endpoint asks for."""
    return cast("str | None", getattr(endpoint, "required_scope", None))


def around_run(endpoint: Callable[..., Any], wrap: Callable[[Run], Run]) -> None:
    """Run `wrap` around the whole operation, validation and rendering included."""
    if hasattr(endpoint, "_ninja_operation"):
        raise TypeError(f"{endpoint.__name__}: put the router's decorator above all others.")

    def contribute(operation: Operation) -> None:
        wrapped = cast(Any, operation)
        wrapped.run = wrap(wrapped.run)
        # ninja makes copies of operations and applies these again
        wrapped._run_decorators = [*getattr(operation, "_run_decorators", []), wrap]

    contribute_operation_callback(endpoint, contribute)
