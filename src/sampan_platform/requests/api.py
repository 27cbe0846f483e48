"""Requests over HTTP: ask, look, review, decide, withdraw."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from pydantic import Field as Limited

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.http.kit import (
    LIMIT_DEFAULT,
    Page,
    PageDict,
    idempotent,
    page,
    requires,
    user_of,
)
from sampan_platform.requests import selectors, services
from sampan_platform.requests.models import Request

if TYPE_CHECKING:
    from sampan_platform.catalogue.models import Resource, Site

router = Router(tags=["requests"])

Text = Annotated[str, Limited(max_length=2000)]
Count = Annotated[Decimal, Limited(ge=0, max_digits=16, decimal_places=3)]


class RequestIn(Schema):
    """What is asked for."""

    client_id: UUID
    """Made by you: the same request sent again is one request."""
    site: str
    resource: str
    quantity: Count
    pack: str = ""
    """`box`, `carton` … as in the catalogue; empty: the resource's own unit."""
    needed_by: date
    covers_days: int = 7
    """The need of so many days from `needed_by` on."""
    additional: bool = False
    """On top of what is forecast for these days, not a part of it."""
    priority: int = 2
    """1 is the most urgent; 2 is that of forecast need."""
    reason: Text


class DecisionIn(Schema):
    """All that was asked unless a quantity says otherwise; 0 rejects."""

    quantity: Count | None = None
    """In the resource's unit."""
    reason: Text = ""
    """Needed for less than what was asked."""


class NoteIn(Schema):
    """Why."""

    reason: Text = ""


class RequestOut(Schema):
    """A request as in a list."""

    id: int
    site: str = Field(alias="site.code")
    resource: str = Field(alias="resource.code")
    unit: str = Field(alias="resource.unit")
    asked_quantity: Decimal
    asked_pack: str
    quantity: Decimal
    approved_quantity: Decimal | None
    met_quantity: Decimal
    unmet: Decimal
    needed_by: date
    covers_days: int
    additional: bool
    priority: int
    reason: str
    state: str
    decision_reason: str
    submitted_by: str = Field(alias="submitted_by.username")
    submitted_at: datetime


class EventOut(Schema):
    """One step of a request, or goods that came for it."""

    at: datetime
    state: str
    quantity: Decimal | None
    reason: str
    reference: str
    actor: str | None = Field(None, alias="actor.username")


class WholeRequestOut(RequestOut):
    """A request with every step of it."""

    events: list[EventOut]

    @staticmethod
    def resolve_events(row: Request) -> list[object]:
        """In their order."""
        return list(row.events.select_related("actor"))


class RequestQuery(Schema):
    """Which requests."""

    state: str = ""
    site: str = ""
    resource: str = ""


@router.get("", response=Page[RequestOut], summary="Requests that you may see, latest first")
@requires("requests:read")
def list_requests(
    request: HttpRequest, asked: Query[RequestQuery], cursor: str = "", limit: int = LIMIT_DEFAULT
) -> PageDict:
    """Of sites in your part of the tree."""
    return page(selectors.requests(user_of(request), **asked.dict()), cursor, limit, key="-id")


@router.get("/{number}", response=WholeRequestOut, summary="One request and every step of it")
@requires("requests:read")
def get_request(request: HttpRequest, number: int) -> Request:
    """With what has come for it."""
    return selectors.request(user_of(request), number)


@router.post("", response=WholeRequestOut, summary="Ask for something")
@requires("requests:write")
@idempotent
def submit(request: HttpRequest, body: RequestIn) -> Request:
    """For a site of yours, in any pack size of the catalogue."""
    user = user_of(request)
    values = body.dict(exclude={"client_id", "site", "resource"})
    wish = services.Wish(
        site=cast("Site", catalogue.find("sites", body.site, user)),
        resource=cast("Resource", catalogue.find("resources", body.resource)),
        **values,
    )
    made = services.submit(body.client_id, wish, user)
    return selectors.request(user, made.pk)


@router.post("/{number}/review", response=WholeRequestOut, summary="Looked at and complete")
@requires("requests:write")
@idempotent
def review(request: HttpRequest, number: int, body: NoteIn) -> Request:
    """Then somebody can decide on it."""
    user = user_of(request)
    return services.review(selectors.request(user, number), user, body.reason)


@router.post("/{number}/decide", response=WholeRequestOut, summary="Approve, reduce or reject")
@requires("requests:write")
@idempotent
def decide(request: HttpRequest, number: int, body: DecisionIn) -> Request:
    """Not by whoever asked."""
    user = user_of(request)
    return services.decide(selectors.request(user, number), user, body.quantity, body.reason)


@router.post("/{number}/withdraw", response=WholeRequestOut, summary="No longer wanted")
@requires("requests:write")
@idempotent
def withdraw(request: HttpRequest, number: int, body: NoteIn) -> Request:
    """What has come stays; nothing more is owed."""
    user = user_of(request)
    return services.withdraw(selectors.request(user, number), user, body.reason)
