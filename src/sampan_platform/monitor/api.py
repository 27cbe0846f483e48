"""Monitoring over HTTP: alerts, what people do with them, rules and channels."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from pydantic import Field as Limited

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common.errors import NotFoundError
from sampan_platform.http.kit import (
    LIMIT_DEFAULT,
    Page,
    PageDict,
    idempotent,
    page,
    requires,
    user_of,
)
from sampan_platform.monitor import selectors, services
from sampan_platform.monitor.channels import shown_address
from sampan_platform.monitor.models import Alert, Channel, Rule
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User

router = Router(tags=["monitor"])

Text = Annotated[str, Limited(max_length=2000)]
Code = Annotated[str, Limited(max_length=64)]


class AlertOut(Schema):
    """An alert as in a list."""

    id: int
    rule: str = Field(alias="check_code")
    """The check that found it."""
    message: str
    organisation: str = Field(alias="organisation.code")
    site: str | None = Field(None, alias="site.code")
    resource: str | None = Field(None, alias="resource.code")
    severity: str
    value: float
    limit: float
    state: str
    owner: str | None = Field(None, alias="owner.username")
    opened_at: datetime
    seen_at: datetime
    ended_at: datetime | None

    @staticmethod
    def resolve_message(row: Alert, context: Any) -> str:
        """In the language of whoever asks."""
        return selectors.message(row, user_of(context["request"]).language)


class EventOut(Schema):
    """What happened to an alert."""

    at: datetime
    by: str | None = Field(None, alias="by.username")
    """Empty: the monitor itself."""
    action: str
    note: str


class FigureOut(Schema):
    """The figure from a moment on, and the limit that it was measured by."""

    at: datetime
    value: float
    limit: float


class WholeAlertOut(AlertOut):
    """An alert with all that happened to it."""

    events: list[EventOut]
    figures: list[FigureOut]

    @staticmethod
    def resolve_events(row: Alert) -> list[object]:
        """In their order."""
        return list(row.events.select_related("by"))

    @staticmethod
    def resolve_figures(row: Alert) -> list[object]:
        """Each time that it changed."""
        return list(row.figures.all())


class AlertQuery(Schema):
    """Which alerts; all that is given holds."""

    mine: bool = False
    """Those that I look after."""
    area: Code = ""
    state: Code = ""
    """`open`, `acknowledged`, `resolved`, `closed`, or `under-way` for the first two."""
    rule: Code = ""
    resource: Code = ""
    """A resource or a class."""
    site: Code = ""


class NoteIn(Schema):
    """Why, or what was done."""

    note: Text = ""


class AssignIn(NoteIn):
    """To whom."""

    owner: Annotated[str, Limited(max_length=150)]


class CheckOut(Schema):
    """What can be looked at."""

    code: str
    below: bool
    """Bad below the limit; else bad at it and above."""
    limit: float
    """Of the rule that comes with the platform."""
    severity: str
    message: str = Field(alias="message_en")


class RuleOut(Schema):
    """From which value on a figure is an alert, for a place and an item."""

    id: int
    rule: str = Field(alias="check_code")
    organisation: str = Field(alias="organisation.code")
    resource_class: str | None = Field(None, alias="resource_class.code")
    resource: str | None = Field(None, alias="resource.code")
    limit: float
    severity: str
    active: bool


class RuleIn(Schema):
    """The rule of a place and an item; it replaces the one that is there."""

    rule: Code
    organisation: Code
    resource_class: Code = ""
    resource: Code = ""
    limit: Annotated[float, Limited(allow_inf_nan=False)]
    severity: Code = ""
    """Empty: the check's own."""
    active: bool = True
    """Off: no alerts for this place and item."""


class ChannelSettings(Schema):
    """What is left out stays as it is."""

    severity: Code = "warning"
    """The least that is sent."""
    language: Code = ""
    quiet_from: time | None = None
    quiet_to: time | None = None
    time_zone: Code = "Asia/Shanghai"
    digest: Code = "at-once"
    """`each`, `at-once`, `hourly` or `daily`."""
    digest_at: time = time(8)
    active: bool = True


class ChannelIn(ChannelSettings):
    """A channel of yours, or of an area."""

    address: Annotated[str, Limited(max_length=500)]
    """Of Apprise, such as `mailto://…`, `dingtalk://…`, `jsons://host/path`."""
    organisation: Code = ""
    """The area; empty: your own channel."""


class ChannelOut(ChannelSettings):
    """A channel; of its address only what is no secret."""

    id: int
    user: str | None = Field(None, alias="user.username")
    organisation: str | None = Field(None, alias="organisation.code")
    address: str

    @staticmethod
    def resolve_address(row: Channel) -> str:
        """Without what it takes to send there."""
        return shown_address(row)


@router.get("/alerts", response=Page[AlertOut], summary="Alerts that you may see, latest first")
@requires("alerts:read")
def list_alerts(
    request: HttpRequest, asked: Query[AlertQuery], cursor: str = "", limit: int = LIMIT_DEFAULT
) -> PageDict:
    """Of places in your part of the tree."""
    return page(selectors.filtered(user_of(request), **asked.dict()), cursor, limit, key="-id")


@router.get("/alerts/{number}", response=WholeAlertOut, summary="One alert and its history")
@requires("alerts:read")
def get_alert(request: HttpRequest, number: int) -> Alert:
    """What was done by whom, and how its figure went."""
    return selectors.alert(user_of(request), number)


@router.post("/alerts/{number}/acknowledge", response=WholeAlertOut, summary="I have seen it")
@requires("alerts:write")
@idempotent
def acknowledge(request: HttpRequest, number: int, body: NoteIn) -> Alert:
    """It is yours unless it has an owner."""
    user = user_of(request)
    return services.acknowledge(selectors.alert(user, number), user, body.note)


@router.post("/alerts/{number}/assign", response=WholeAlertOut, summary="Somebody looks after it")
@requires("alerts:write")
@idempotent
def assign(request: HttpRequest, number: int, body: AssignIn) -> Alert:
    """Who must be one who may handle it; they are told."""
    user = user_of(request)
    alert = selectors.alert(user, number)
    return services.assign(alert, user, _person(user, body.owner), body.note)


@router.post("/alerts/{number}/comment", response=WholeAlertOut, summary="A word in its history")
@requires("alerts:write")
@idempotent
def comment(request: HttpRequest, number: int, body: NoteIn) -> Alert:
    """In any state."""
    user = user_of(request)
    return services.comment(selectors.alert(user, number), user, body.note)


@router.post("/alerts/{number}/resolve", response=WholeAlertOut, summary="Done what could be done")
@requires("alerts:write")
@idempotent
def resolve(request: HttpRequest, number: int, body: NoteIn) -> Alert:
    """Says what; if the cause is still there in a day, it opens again."""
    user = user_of(request)
    return services.resolve(selectors.alert(user, number), user, body.note)


@router.get("/checks", response=list[CheckOut], summary="What rules can be about")
@requires("alerts:read")
def list_checks(request: HttpRequest) -> Any:
    """Those of later stages too."""
    return selectors.checks()


@router.get("/rules", response=Page[RuleOut], summary="Rules of the places that you see")
@requires("alerts:read")
def list_rules(
    request: HttpRequest, rule: str = "", cursor: str = "", limit: int = LIMIT_DEFAULT
) -> PageDict:
    """The nearest above a place holds there; those above your part of the tree are not shown."""
    rows = selectors.rules(user_of(request))
    return page(rows.filter(check_code=rule) if rule else rows, cursor, limit)


@router.put("/rules", response=RuleOut, summary="Set the rule of a place and an item")
@requires("rules:write")
def set_rule(request: HttpRequest, body: RuleIn) -> Rule:
    """Makes it, or changes the one that is there."""
    user = user_of(request)
    found = {
        name: _number(kind, getattr(body, name))
        for name, kind in (("resource", "resources"), ("resource_class", "resource_classes"))
    }
    rule = services.set_rule(
        body.rule,
        people.organisation(user, body.organisation),
        body.limit,
        user,
        severity=body.severity,
        active=body.active,
        **found,
    )
    return selectors.rule(user, rule.pk)


@router.get("/channels", response=Page[ChannelOut], summary="Your channels and your areas'")
@requires("channels:read")
def list_channels(request: HttpRequest, cursor: str = "", limit: int = LIMIT_DEFAULT) -> PageDict:
    """Your own, and those of areas whose rules you set."""
    return page(selectors.channels(user_of(request)), cursor, limit)


@router.post("/channels", response={201: ChannelOut}, summary="Add a channel")
@requires("channels:write")
@idempotent
def add_channel(request: HttpRequest, body: ChannelIn) -> Any:
    """Your own; or an area's, which gets every alert of the area and below."""
    user = user_of(request)
    area = people.organisation(user, body.organisation) if body.organisation else None
    settings = body.dict(exclude={"address", "organisation"})
    made = services.add_channel(body.address, user, organisation=area, settings=settings)
    return Status(201, selectors.channel(user, made.pk))


@router.patch("/channels/{number}", response=ChannelOut, summary="Quiet hours, digest, severity")
@requires("channels:write")
def change_channel(request: HttpRequest, number: int, body: ChannelSettings) -> Channel:
    """Only what is given changes; `active` false switches it off."""
    user = user_of(request)
    given = body.dict(exclude_unset=True)
    services.change_channel(selectors.channel(user, number), user, given)
    return selectors.channel(user, number)


def _number(kind: str, code: str) -> int | None:
    return catalogue.find(kind, code).pk if code else None


def _person(user: User, name: str) -> User:
    found = people.users(user).filter(username=name).first()
    if found is None:
        raise NotFoundError(f"There is no user {name}, or none whom you see.")
    return found
