"""Needs and forecasts over HTTP."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from sampan_platform.analyse import selectors
from sampan_platform.common import clock
from sampan_platform.http.kit import TABLE_ANSWERS, render_table, requires, user_of

router = Router(tags=["analyse"])


@router.get("/needs", summary="What is needed, by site, item and day", openapi_extra=TABLE_ANSWERS)
@requires("analyse:read")
def needs(request: HttpRequest, organisation: str, days: int = 14) -> HttpResponse:
    """Forecast need merged with approved requests, each row with its origin."""
    scope = selectors.scope(user_of(request), organisation)
    rows = selectors.needs(clock.now(), days, scope).rows
    return render_table(request, selectors.with_codes(rows), "needs")


@router.get("/use", summary="Expected daily use, with its interval", openapi_extra=TABLE_ANSWERS)
@requires("analyse:read")
def use(request: HttpRequest, organisation: str, days: int = 14) -> HttpResponse:
    """By site, item and day, from what sites have stated."""
    scope = selectors.scope(user_of(request), organisation)
    made = selectors.use(clock.now(), days, scope)
    return render_table(request, selectors.with_codes(made.expected), "use")


@router.get("/backtest", summary="How far such forecasts were off", openapi_extra=TABLE_ANSWERS)
@requires("analyse:read")
def backtest(request: HttpRequest, organisation: str, days: int = 14) -> HttpResponse:
    """By item and horizon: mean error, bias, and how often the interval held."""
    scope = selectors.scope(user_of(request), organisation)
    made = selectors.use(clock.now(), days, scope)
    return render_table(request, selectors.with_codes(made.backtest), "backtest")
