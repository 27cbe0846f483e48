"""Pull a network, push a plan; for `sampan.client` and other programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from sampan_platform.analyse.selectors import scope
from sampan_platform.dispatch import exchange
from sampan_platform.dispatch.schemas import PlanOut
from sampan_platform.http.archives import network_zip, plan_of_zip
from sampan_platform.http.kit import idempotent, requires, user_of

router = Router(tags=["dispatch"])
ZIP = "application/zip"
BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class PullIn(Schema):
    """Which network."""

    organisation: str
    days: int = 14
    as_of: datetime | None = None
    """The moment whose knowledge counts, with its time zone; now unless given."""


class PulledOut(Schema):
    """A network that was kept for you."""

    ticket: str
    """Names it when you fetch it and when you push its plan."""
    as_of: datetime
    start: date
    days: int
    notes: list[str]


@router.post("/networks", response={201: PulledOut}, summary="Build a network to plan with")
@requires("plans:write")
@idempotent
def pull(request: HttpRequest, body: PullIn) -> Any:
    """As known at a moment: places, stocks, goods on the way, needs, policies."""
    user = user_of(request)
    found = scope(user, body.organisation)
    return Status(201, exchange.pull(found, user, days=body.days, as_of=body.as_of))


@router.get(
    "/networks/content",
    summary="The network of a ticket, as a folder of tables",
    response={200: Any},
    openapi_extra={"responses": {200: {"content": {ZIP: BINARY}}}},
)
@requires("plans:read")
def content(request: HttpRequest, ticket: str) -> HttpResponse:
    """CSV files and network.toml in a zip archive; `sampan.read_network` reads the folder."""
    made = exchange.network(ticket, user_of(request))
    headers = {"Content-Disposition": 'attachment; filename="network.zip"'}
    return HttpResponse(network_zip(made), content_type=ZIP, headers=headers)


@router.post("/pushed", response={201: PlanOut}, summary="Hand in a plan made elsewhere")
@requires("plans:write")
@idempotent
def push(
    request: HttpRequest, file: File[UploadedFile], ticket: Form[str], note: Form[str] = ""
) -> Any:
    """The folder that `sampan.write_plan` writes, in a zip archive; verified before it is kept."""
    plan = plan_of_zip(file.name or "plan.zip", file.read())
    return Status(201, exchange.push(ticket, plan, user_of(request), note=note[:2000]))
