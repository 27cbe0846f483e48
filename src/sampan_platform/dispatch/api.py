"""Plans over HTTP: scenarios, plans and their progress, overrides, approvals."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status

from sampan import schema
from sampan_platform.analyse.selectors import scope
from sampan_platform.common.errors import NotFoundError
from sampan_platform.dispatch import selectors, services
from sampan_platform.dispatch.models import OverrideReason, PlanRun, Scenario
from sampan_platform.dispatch.schemas import (
    ComparisonOut,
    LimitIn,
    LineOut,
    NoteIn,
    OverrideIn,
    PlanOut,
    ReasonOut,
    ScenarioIn,
    ScenarioOut,
    StartIn,
    WholePlanOut,
)
from sampan_platform.http.kit import (
    LIMIT_DEFAULT,
    TABLE_ANSWERS,
    Page,
    PageDict,
    idempotent,
    page,
    render_table,
    requires,
    user_of,
)

router = Router(tags=["dispatch"])


class PlanQuery(Schema):
    """Which plans."""

    organisation: str = ""
    state: str = ""
    approval: str = ""


@router.get("/plans", response=Page[PlanOut], summary="Plans that you may see, latest first")
@requires("plans:read")
def list_plans(
    request: HttpRequest, asked: Query[PlanQuery], cursor: str = "", limit: int = LIMIT_DEFAULT
) -> PageDict:
    """Of your part of the tree."""
    rows = selectors.plans(user_of(request))
    names = {"organisation": "organisation__code", "state": "state", "approval": "approval"}
    wanted = {names[name]: value for name, value in asked.dict().items() if value}
    return page(rows.filter(**wanted), cursor, limit, key="-id")


@router.post("/plans", response={202: PlanOut}, summary="Ask for a plan")
@requires("plans:write")
@idempotent
def start(request: HttpRequest, body: StartIn) -> Status[Any]:
    """A worker solves it; look at it again for how far it is."""
    user = user_of(request)
    chosen = selectors.scenario(user, body.scenario) if body.scenario else None
    run = services.start(
        scope(user, body.organisation),
        user,
        scenario=chosen,
        **body.dict(exclude={"organisation", "scenario"}),
    )
    return Status(202, run)


@router.post("/plans/{number}/again", response={202: PlanOut}, summary="Plan the same again")
@requires("plans:write")
@idempotent
def replan(request: HttpRequest, number: int) -> Status[Any]:
    """With what is known now, beginning from this plan; a worker solves it."""
    user = user_of(request)
    return Status(202, services.replan(selectors.plan(user, number), user))


@router.get("/plans/{number}", response=WholePlanOut, summary="One plan with its certificate")
@requires("plans:read")
def get_plan(request: HttpRequest, number: int) -> PlanRun:
    """With findings, proof, overrides, approvals; while it runs, how far it is."""
    return selectors.plan(user_of(request), number)


@router.get(
    "/plans/{number}/lines", response=Page[LineOut], summary="What leaves when, over which lane"
)
@requires("plans:read")
def get_lines(
    request: HttpRequest, number: int, cursor: str = "", limit: int = LIMIT_DEFAULT
) -> PageDict:
    """In order of departure."""
    run = selectors.plan(user_of(request), number)
    return page(selectors.lines(run), cursor, limit, key="number")


@router.get(
    "/plans/{number}/frames/{name}", summary="One table of the plan", openapi_extra=TABLE_ANSWERS
)
@requires("plans:read")
def get_frame(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """As the engine made it: shipments, deliveries, shortages, stages, prices and so on."""
    _, plan = selectors.opened(selectors.plan(user_of(request), number))
    _check_name(name, schema.PLAN_FRAMES)
    return render_table(request, plan.frame(name), name)


@router.get(
    "/plans/{number}/network/{name}",
    summary="One table of the network it was made for",
    openapi_extra=TABLE_ANSWERS,
)
@requires("plans:read")
def get_table(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """As it was when the plan was made."""
    network, _ = selectors.opened(selectors.plan(user_of(request), number))
    _check_name(name, schema.NETWORK_TABLES)
    given = network.given(name)
    frame = network.table(name).clear() if given is None else given
    return render_table(request, frame, name)


@router.get("/compare", response=ComparisonOut, summary="Two plans side by side")
@requires("plans:read")
def compare(request: HttpRequest, a: int, b: int) -> dict[str, Any]:
    """What is short, what is shipped, what each stage reaches."""
    found = selectors.compared(user_of(request), a, b)
    names = ("stages", "shortage_by_class", "shortage_by_site", "shipments")
    return {name: getattr(found, name).to_dicts() for name in names}


@router.post("/plans/{number}/cancel", response=PlanOut, summary="Stop a plan")
@requires("plans:write")
@idempotent
def cancel(request: HttpRequest, number: int) -> PlanRun:
    """At once while it waits; else soon, with the best plan found."""
    user = user_of(request)
    return services.cancel(selectors.plan(user, number), user)


@router.get("/reasons", response=list[ReasonOut], summary="Reasons that an override may give")
@requires("plans:read")
def reasons(request: HttpRequest) -> list[OverrideReason]:
    """In the order in which to offer them."""
    return selectors.reasons()


@router.post("/plans/{number}/override", response={202: PlanOut}, summary="Fix a line")
@requires("plans:write")
@idempotent
def override(request: HttpRequest, number: int, body: OverrideIn) -> Status[Any]:
    """A new plan with this line as said and the rest best again; its `loss` says the cost."""
    user = user_of(request)
    base = selectors.plan(user, number)
    return Status(202, services.override(base, services.Override(**body.dict()), user))


@router.post("/plans/{number}/approve", response=WholePlanOut, summary="Approve a plan")
@requires("plans:approve")
@idempotent
def approve(request: HttpRequest, number: int, body: NoteIn) -> PlanRun:
    """With the last approval that it needs its orders are made."""
    user = user_of(request)
    services.approve(selectors.plan(user, number), user, body.note)
    return selectors.plan(user, number)


@router.post("/plans/{number}/reject", response=WholePlanOut, summary="Reject a plan")
@requires("plans:approve")
@idempotent
def reject(request: HttpRequest, number: int, body: NoteIn) -> PlanRun:
    """With a reason."""
    user = user_of(request)
    services.reject(selectors.plan(user, number), user, body.note)
    return selectors.plan(user, number)


@router.get("/scenarios", response=Page[ScenarioOut], summary="Scenarios that you may see")
@requires("plans:read")
def list_scenarios(request: HttpRequest, cursor: str = "", limit: int = LIMIT_DEFAULT) -> PageDict:
    """Named sets of changes."""
    return page(selectors.scenarios(user_of(request)), cursor, limit)


@router.post("/scenarios", response=ScenarioOut, summary="Keep a scenario under its name")
@requires("plans:write")
@idempotent
def keep_scenario(request: HttpRequest, body: ScenarioIn) -> Scenario:
    """One of that name is changed; plans made with it keep what they were made with."""
    user = user_of(request)
    return services.keep_scenario(
        scope(user, body.organisation), body.name, body.changes, user, body.note
    )


@router.delete("/scenarios/{number}", response={204: None}, summary="Offer a scenario no more")
@requires("plans:write")
def retire_scenario(request: HttpRequest, number: int) -> Status[Any]:
    """Plans made with it stay."""
    user = user_of(request)
    services.retire_scenario(selectors.scenario(user, number), user)
    return Status(204, None)


@router.put("/limits", response={204: None}, summary="Up to which value one approval is enough")
@requires("plans:approve")
def set_limit(request: HttpRequest, body: LimitIn) -> Status[Any]:
    """For an organisation and all below it."""
    user = user_of(request)
    services.set_limit(scope(user, body.organisation), body.amount, user)
    return Status(204, None)


def _check_name(name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise NotFoundError(f"There is no table {name}. Ask for one of {', '.join(known)}.")
