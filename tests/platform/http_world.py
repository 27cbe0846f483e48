"""What the tests of the API share: tokens, a client that sends JSON, an API of their own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.test import Client
from ninja import Router, Schema

from sampan_platform.http.kit import Page, etagged, idempotent, page, requires
from sampan_platform.http.openapi import SampanAPI
from sampan_platform.people import services
from sampan_platform.people.models import Organisation, User


def token_for(user: User, *scopes: str) -> str:
    """The secret of a new token."""
    return services.create_token(user, "test", scopes or ("*",))[1]


def client_for(user: User, *scopes: str) -> Client:
    """A client that sends a token of the user with every request."""
    client = Client(raise_request_exception=False)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token_for(user, *scopes)}"
    return client


def send(client: Client, path: str, body: Any, method: str = "POST", **headers: str) -> Any:
    """Send JSON; headers are given as `idempotency_key="…"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.generic(method, path, _json(body), content_type="application/json", headers=named)


def _json(body: Any) -> str:
    import json

    return json.dumps(body)


class NameOut(Schema):
    """An organisation, in short."""

    code: str
    name_en: str


router = Router(tags=["try"])


@router.get("/names", response=Page[NameOut], summary="Names")
@requires("try:read")
def names(request: HttpRequest, cursor: str = "", limit: int = 2, key: str = "code") -> Any:
    """Pages of organisations."""
    return page(Organisation.objects.all(), cursor, limit, key)


@router.get("/names/{code}", response=NameOut, summary="One name")
@requires("try:read")
@etagged
def name(request: HttpRequest, code: str) -> Any:
    """One organisation."""
    return Organisation.objects.get(code=code)


@router.post("/names", response={201: NameOut}, summary="Add")
@requires("try:write")
@idempotent
def add(request: HttpRequest, body: NameOut) -> Any:
    """Adds one, and fails after the change where its name says so."""
    from ninja import Status

    from sampan_platform.common.errors import ConflictError

    made = services.create_organisation(body.code, body.name_en, "agency")
    if body.name_en == "fail":
        raise ConflictError("It was to fail.")
    if body.name_en == "break":
        raise ZeroDivisionError("secret detail")
    return Status(201, made)


@router.get("/forgotten", response=NameOut, summary="Nobody asked for a scope here")
def forgotten(request: HttpRequest) -> Any:
    """Must stay closed."""
    return Organisation.objects.first()


api = SampanAPI(title="Try", version="try", description="For tests")
api.add_router("/try", router)
