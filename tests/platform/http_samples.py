"""One call for every operation of the API, about things of Hubei; for `test_http_walk.py`.

A new operation needs its line here: the walk fails until somebody says what a person from
another part of the tree may get of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile

from sampan_platform.catalogue import exporting, services
from sampan_platform.collect import services as collect
from sampan_platform.count import services as count
from sampan_platform.dispatch import exchange
from sampan_platform.dispatch import services as dispatch
from sampan_platform.monitor import services as monitor
from sampan_platform.people import services as people
from sampan_platform.requests import services as requests
from tests.platform import planning, track_world
from tests.platform.world import World

MARKERS = ("H1", "F1", "xiantao", "jinyintan", "hb-store", "cn-hb", "chen", "hua")
"""Names of Hubei's that a stranger must not read."""
REFUSED = "refused"
"""The stranger is told that there is no such thing, or that they may not; nothing is written."""
LIST = "list"
"""The stranger's list has nothing of Hubei; who sees the whole tree finds Hubei in it."""
SHARED = "shared"
"""All may see it, and nothing of Hubei is in it."""


@dataclass
class Busy:
    """Hubei with one of everything."""

    world: World
    order: Any
    request: int
    plan: int
    scenario: int
    movement: uuid.UUID
    report: int
    ticket: str
    token: int
    alert: int
    channel: int


def busy(world: World) -> Busy:
    """Stock, need, a plan, orders, a request, a scenario, a policy, a pulled network."""
    tree, chen = world.organisations, world.users["chen"]
    movement = uuid.uuid4()
    planning.report(world, "F1", planning.TODAY - timedelta(days=1), effective_capacity=0)
    planning.needs(world, "H1", 300)
    _stock(world, movement)
    count.rebuild()
    collect.assign("H1", "mask", planning.TODAY - timedelta(days=9), None, actor=chen)
    report = apps.get_model("collect", "Report").objects.filter(site__code="H1").first()
    services.import_rows(
        {"reserves": [{"reserve": "R1", "site": "H1", "resource": "mask", "quantity_min": 5}]},
        world.users["ops"], organisation=tree["cn-hb"],
    )  # fmt: skip
    scenario = dispatch.keep_scenario(tree["cn-hb"], "jinyintan first", [], chen)
    pulled = exchange.pull(tree["cn-hb"], chen, days=2, as_of=planning.NOW)
    plan = planning.solved(world, days=2)
    wish = requests.Wish(
        site=world.sites["H1"], resource=world.resources["mask"], quantity=20,
        needed_by=planning.TODAY + timedelta(days=2), reason="ward",
    )  # fmt: skip
    asked = requests.submit(uuid.uuid4(), wish, world.users["hua"])
    (order,) = track_world.issue(world, ("W1-H1", "mask", 10, 0, 0))
    token, _ = people.create_token(chen, "test", ["people:read"])
    return Busy(
        world, order, asked.pk, plan.pk, scenario.pk, movement, report.pk, pulled.ticket,
        token.pk, *_alerted(world),
    )  # fmt: skip


def _alerted(world: World) -> tuple[int, int]:
    """An alert of the hospital's, a rule and a channel of Hubei's."""
    hubei, chen = world.organisations["cn-hb"], world.users["chen"]
    yesterday = planning.TODAY - timedelta(days=1)
    planning.report(world, "H1", yesterday, resource="suit", used=10, stock=5)
    monitor.set_rule("days-of-cover", hubei, 3.0, chen)
    monitor.run(planning.NOW)
    found = apps.get_model("monitor", "Alert").objects.filter(site__code="H1").first()
    channel = monitor.add_channel("json://localhost/hook", chen, organisation=hubei)
    return found.pk, channel.pk


def _stock(world: World, movement: uuid.UUID) -> None:
    from decimal import Decimal

    from sampan_platform.ledger import services as ledger

    place, item = world.sites["W1"].pk, world.resources["mask"].pk
    for kind, lot, quantity, number in (
        ("stock", "", 1000, uuid.uuid4()),
        ("stock", "L1", 50, movement),
        ("quarantine", "L2", 50, uuid.uuid4()),
    ):
        here = ledger.AccountKey(kind, item, site=place, lot=lot)
        outside = ledger.AccountKey("outside", item, site=place, lot=lot)
        legs = [ledger.Leg(here, Decimal(quantity)), ledger.Leg(outside, -Decimal(quantity))]
        ledger.post(
            number, "adjustment", legs, day=planning.TODAY, actor=world.users["chen"], reason="t"
        )


@dataclass(frozen=True)
class Call:
    """A request, and what the stranger must get."""

    path: str
    kind: str
    body: Any = None
    query: dict[str, Any] | None = None
    form: dict[str, Any] | None = None
    shows: tuple[str, ...] = MARKERS
    """One of these is in the list of who stands at the top; none in the stranger's."""
    owner: str = ""
    """Who can do it, where that is not whoever stands at the top."""


def _change(**more: Any) -> dict[str, Any]:
    return {"change": str(uuid.uuid4()), "reason": "x", **more}


def _made(**more: Any) -> dict[str, Any]:
    return {"movement": str(uuid.uuid4()), "day": "2020-02-10", "reason": "x", **more}


def _archive() -> SimpleUploadedFile:
    import polars as pl

    frame = pl.DataFrame({"site": ["H1"], "name_en": ["Renamed"]})
    return SimpleUploadedFile("c.zip", exporting.as_zip({"sites": frame}))


def _plan_archive(it: Busy) -> SimpleUploadedFile:
    import io
    import tempfile
    import zipfile
    from pathlib import Path

    import sampan

    plan = sampan.solve(exchange.network(it.ticket, it.world.users["chen"]))
    with tempfile.TemporaryDirectory() as folder:
        place = sampan.write_plan(plan, Path(folder) / "plan")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path in place.iterdir():
                archive.write(path, path.name)
    return SimpleUploadedFile("plan.zip", buffer.getvalue())


RETIRE = {"from_day": "2020-03-01"}
ROLE = {"organisation": "xiantao", "kind": "analyst"}
NEW_SITE = {"site": "N", "name_en": "N", "kind": "hub", "country": "CN", "organisation": "cn-hb"}
NEW_RESOURCE = {"resource": "n", "name_en": "N", "unit": "piece", "resource_class": "masks"}
PEOPLE: dict[str, Callable[[Busy], Call]] = {
    "GET /people/me": lambda it: Call("/people/me", SHARED),
    "GET /people/users": lambda it: Call("/people/users", LIST),
    "POST /people/users": lambda it: Call("/people/users", REFUSED, {
        "username": "n", "organisation": "xiantao", "role": "analyst"}),
    "POST /people/users/{username}/roles": lambda it: Call(
        "/people/users/rui/roles", REFUSED, ROLE),
    "DELETE /people/users/{username}/roles/{organisation}/{kind}": lambda it: Call(
        "/people/users/rui/roles/xiantao/reporter", REFUSED),
    "POST /people/users/{username}/close": lambda it: Call(
        "/people/users/rui/close", REFUSED, {}),
    "GET /people/tokens": lambda it: Call("/people/tokens", SHARED),
    "POST /people/tokens": lambda it: Call(
        "/people/tokens", SHARED, {"name": "n", "scopes": ["people:read"]}),
    "DELETE /people/tokens/{token}": lambda it: Call(
        f"/people/tokens/{it.token}", REFUSED, owner="chen"),
    "GET /people/audit": lambda it: Call("/people/audit", LIST, query={"limit": 1000}),
}  # fmt: skip
CATALOGUE: dict[str, Callable[[Busy], Call]] = {
    "GET /catalogue/policies": lambda it: Call("/catalogue/policies", LIST),
    "POST /catalogue/policies/{name}/{key}/retire": lambda it: Call(
        "/catalogue/policies/reserves/R1/retire", REFUSED, RETIRE),
    "DELETE /catalogue/policies/{name}/{key}": lambda it: Call(
        "/catalogue/policies/reserves/R1", REFUSED),
    "POST /catalogue/rows": lambda it: Call("/catalogue/rows", REFUSED, {
        "tables": {"sites": [{"site": "H1", "name_en": "Renamed"}]}}),
    "POST /catalogue/import": lambda it: Call(
        "/catalogue/import", REFUSED, form={"file": _archive()}),
    "GET /catalogue/export": lambda it: Call(
        "/catalogue/export", LIST, query={"format": "csv", "tables": "sites"}),
    "GET /catalogue/template": lambda it: Call(
        "/catalogue/template", SHARED, shows=("jinyintan", "xiantao", "cn-hb")),
    "GET /catalogue/network": lambda it: Call(
        "/catalogue/network", LIST, query={"start": "2020-02-10"}),
    "PUT /catalogue/resources/{code}/packagings/{name}": lambda it: Call(
        "/catalogue/resources/mask/packagings/box", REFUSED, {"quantity": 1}),
    "PUT /catalogue/processes/{code}/flows/{resource}": lambda it: Call(
        "/catalogue/processes/F1:mask/flows/suit", REFUSED, {"quantity_per_run": 1}),
}  # fmt: skip
ROWS = {
    # table: key, a new row, a change, what a stranger gets of the list and of the row
    "organisations": ("xiantao", {"organisation": "n", "name_en": "N", "kind": "agency",
                                  "parent": "cn-hb"}, {"name_zh": "新"}, LIST),
    "sites": ("H1", NEW_SITE, {"name_zh": "新"}, LIST),
    "lanes": ("F1-W1", {"lane": "n", "origin": "W1", "destination": "F1"}, {"mode": "rail"}, LIST),
    "processes": ("F1:mask", {"process": "n", "site": "F1"}, {"runs_max": 1}, LIST),
    "resources": ("mask", NEW_RESOURCE, {"value": 9}, SHARED),
    "resource_classes": ("masks", {"resource_class": "n", "name_en": "N"}, {"order": 9}, SHARED),
}  # fmt: skip


def _rows(name: str) -> dict[str, Callable[[Busy], Call]]:
    """The six operations on a table of the catalogue."""
    key, new, change, kind = ROWS[name]
    path = f"/catalogue/{name}"
    one = REFUSED if kind == LIST else SHARED
    found: dict[str, Callable[[Busy], Call]] = {
        f"GET {path}": lambda it: Call(path, kind),
        f"POST {path}": lambda it: Call(path, REFUSED, new),
        f"GET {path}/{{code}}": lambda it: Call(f"{path}/{key}", one),
        f"PATCH {path}/{{code}}": lambda it: Call(f"{path}/{key}", REFUSED, change),
        f"DELETE {path}/{{code}}": lambda it: Call(f"{path}/{key}", REFUSED),
    }
    if name != "resource_classes":
        found[f"POST {path}/{{code}}/retire"] = lambda it: Call(
            f"{path}/{key}/retire", REFUSED, RETIRE
        )
    return found


LEDGER: dict[str, Callable[[Busy], Call]] = {
    "GET /ledger/stocks": lambda it: Call("/ledger/stocks", LIST, shows=("W1",)),
    "GET /ledger/card": lambda it: Call("/ledger/card", REFUSED, query={
        "site": "W1", "resource": "mask", "since": "2020-02-01", "until": "2020-02-20"}),
    "GET /ledger/movements": lambda it: Call("/ledger/movements", LIST),
    "GET /ledger/movements/{movement}": lambda it: Call(
        f"/ledger/movements/{it.movement}", REFUSED),
    "POST /ledger/movements/{movement}/reverse": lambda it: Call(
        f"/ledger/movements/{it.movement}/reverse", REFUSED, _made()),
    "POST /ledger/counts": lambda it: Call("/ledger/counts", REFUSED, _made(
        site="W1", resource="mask", counted=1)),
    "GET /ledger/recall": lambda it: Call(
        "/ledger/recall", LIST, query={"resource": "mask", "lot": "L1"}, shows=("W1",)),
    "POST /ledger/quarantine": lambda it: Call(
        "/ledger/quarantine", LIST, _made(resource="mask", lot="L1"), shows=("W1",)),
    "POST /ledger/release": lambda it: Call(
        "/ledger/release", LIST, _made(resource="mask", lot="L2"), shows=("W1",)),
    "GET /ledger/head": lambda it: Call("/ledger/head", SHARED),
}  # fmt: skip
REQUESTS: dict[str, Callable[[Busy], Call]] = {
    "GET /requests": lambda it: Call("/requests", LIST),
    "POST /requests": lambda it: Call("/requests", REFUSED, {
        "client_id": str(uuid.uuid4()), "site": "H1", "resource": "mask", "quantity": "1",
        "needed_by": "2020-02-12", "reason": "x"}),
    "GET /requests/{number}": lambda it: Call(f"/requests/{it.request}", REFUSED),
    "POST /requests/{number}/review": lambda it: Call(
        f"/requests/{it.request}/review", REFUSED, {}),
    "POST /requests/{number}/decide": lambda it: Call(
        f"/requests/{it.request}/decide", REFUSED, {}),
    "POST /requests/{number}/withdraw": lambda it: Call(
        f"/requests/{it.request}/withdraw", REFUSED, {}),
}  # fmt: skip
ANALYSE: dict[str, Callable[[Busy], Call]] = {
    f"GET /analyse/{name}": lambda it, name=name: Call(
        f"/analyse/{name}", REFUSED, query={"organisation": "cn-hb"})
    for name in ("needs", "use", "backtest")
}  # fmt: skip
DISPATCH: dict[str, Callable[[Busy], Call]] = {
    "GET /dispatch/plans": lambda it: Call("/dispatch/plans", LIST),
    "POST /dispatch/plans": lambda it: Call(
        "/dispatch/plans", REFUSED, {"organisation": "cn-hb", "days": 2}),
    "GET /dispatch/plans/{number}": lambda it: Call(f"/dispatch/plans/{it.plan}", REFUSED),
    "GET /dispatch/plans/{number}/lines": lambda it: Call(
        f"/dispatch/plans/{it.plan}/lines", REFUSED),
    "GET /dispatch/plans/{number}/frames/{name}": lambda it: Call(
        f"/dispatch/plans/{it.plan}/frames/shipments", REFUSED),
    "GET /dispatch/plans/{number}/network/{name}": lambda it: Call(
        f"/dispatch/plans/{it.plan}/network/sites", REFUSED),
    "GET /dispatch/compare": lambda it: Call(
        "/dispatch/compare", REFUSED, query={"a": it.plan, "b": it.plan}),
    "POST /dispatch/plans/{number}/cancel": lambda it: Call(
        f"/dispatch/plans/{it.plan}/cancel", REFUSED, {}),
    "POST /dispatch/plans/{number}/again": lambda it: Call(
        f"/dispatch/plans/{it.plan}/again", REFUSED, {}),
    "GET /dispatch/reasons": lambda it: Call("/dispatch/reasons", SHARED),
    "POST /dispatch/plans/{number}/override": lambda it: Call(
        f"/dispatch/plans/{it.plan}/override", REFUSED, {
            "lane": "W1-H1", "resource": "mask", "depart_on": "2020-02-10", "quantity": "1",
            "reason": "other", "note": "x"}),
    "POST /dispatch/plans/{number}/approve": lambda it: Call(
        f"/dispatch/plans/{it.plan}/approve", REFUSED, {}),
    "POST /dispatch/plans/{number}/reject": lambda it: Call(
        f"/dispatch/plans/{it.plan}/reject", REFUSED, {"note": "x"}),
    "GET /dispatch/scenarios": lambda it: Call("/dispatch/scenarios", LIST),
    "POST /dispatch/scenarios": lambda it: Call(
        "/dispatch/scenarios", REFUSED, {"organisation": "cn-hb", "name": "n", "changes": []}),
    "DELETE /dispatch/scenarios/{number}": lambda it: Call(
        f"/dispatch/scenarios/{it.scenario}", REFUSED),
    "PUT /dispatch/limits": lambda it: Call(
        "/dispatch/limits", REFUSED, {"organisation": "cn-hb", "amount": 5}),
    "POST /dispatch/networks": lambda it: Call(
        "/dispatch/networks", REFUSED, {"organisation": "cn-hb", "days": 2}),
    "GET /dispatch/networks/content": lambda it: Call(
        "/dispatch/networks/content", REFUSED, query={"ticket": it.ticket}),
    "POST /dispatch/pushed": lambda it: Call(
        "/dispatch/pushed", REFUSED, form={"ticket": it.ticket, "file": _plan_archive(it)}),
}  # fmt: skip
REPORT = {"site": "H1", "resource": "mask", "day": "2020-02-09", "need": "5"}


def _reports_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("r.csv", b"site,resource,day,need\nH1,mask,2020-02-09,5\n")


COLLECT: dict[str, Callable[[Busy], Call]] = {
    "POST /collect/reports": lambda it: Call(
        "/collect/reports", REFUSED, {"rows": [REPORT], "client_id": "walk-1"}),
    "POST /collect/reports/ndjson": lambda it: Call(
        "/collect/reports/ndjson?client_id=walk-2", REFUSED, REPORT),
    "POST /collect/files": lambda it: Call(
        "/collect/files", REFUSED, form={"file": _reports_file()}),
    "POST /collect/files/rejects": lambda it: Call(
        "/collect/files/rejects", SHARED, form={"file": _reports_file()},
        shows=("jinyintan", "xiantao")),
    "GET /collect/reports": lambda it: Call("/collect/reports", LIST),
    "GET /collect/reports/{number}/history": lambda it: Call(
        f"/collect/reports/{it.report}/history", REFUSED),
    "GET /collect/missing": lambda it: Call(
        "/collect/missing", LIST, query={"day": "2020-02-10"}),
    "GET /collect/rate": lambda it: Call("/collect/rate", SHARED, query={"day": "2020-02-10"}),
    "GET /collect/workbook": lambda it: Call("/collect/workbook", REFUSED, query={
        "organisation": "jinyintan", "day": "2020-02-10"}),
    "GET /collect/assignments": lambda it: Call("/collect/assignments", LIST),
    "POST /collect/assignments": lambda it: Call("/collect/assignments", REFUSED, {
        "site": "H1", "resource": "mask", "from_day": "2020-02-01"}),
}  # fmt: skip
COUNT: dict[str, Callable[[Busy], Call]] = {
    "GET /count/measures": lambda it: Call("/count/measures", SHARED),
    "GET /count/statistics": lambda it: Call("/count/statistics", LIST, query={
        "measure": "need", "since": "2020-02-01", "until": "2020-02-20", "by": "site"}),
}  # fmt: skip
TRACK: dict[str, Callable[[Busy], Call]] = {
    "GET /track/orders": lambda it: Call("/track/orders", LIST),
    "GET /track/transitions": lambda it: Call("/track/transitions", SHARED),
    "GET /track/overdue": lambda it: Call("/track/overdue", LIST, query={"day": "2020-02-20"}),
    "GET /track/arrivals": lambda it: Call("/track/arrivals", SHARED),
    "GET /track/lanes": lambda it: Call(
        "/track/lanes", SHARED, query={"since": "2020-02-01", "until": "2020-02-20"}),
    "GET /track/orders/{number}": lambda it: Call(f"/track/orders/{it.order.number}", REFUSED),
    "GET /track/orders/{number}/documents/{kind}": lambda it: Call(
        f"/track/orders/{it.order.number}/documents/packing-list", REFUSED),
    **{
        f"POST /track/orders/{{number}}/{action}": lambda it, action=action: Call(
            f"/track/orders/{it.order.number}/{action}", REFUSED, _change())
        for action in ("pick", "ship", "transit", "receive", "return", "close", "cancel")
    },
}  # fmt: skip
MONITOR: dict[str, Callable[[Busy], Call]] = {
    "GET /monitor/alerts": lambda it: Call("/monitor/alerts", LIST),
    "GET /monitor/alerts/{number}": lambda it: Call(f"/monitor/alerts/{it.alert}", REFUSED),
    **{
        f"POST /monitor/alerts/{{number}}/{action}": lambda it, action=action: Call(
            f"/monitor/alerts/{it.alert}/{action}", REFUSED, {"note": "x", "owner": "chen"})
        for action in ("acknowledge", "assign", "comment", "resolve")
    },
    "GET /monitor/checks": lambda it: Call("/monitor/checks", SHARED),
    "GET /monitor/rules": lambda it: Call("/monitor/rules", LIST),
    "PUT /monitor/rules": lambda it: Call("/monitor/rules", REFUSED, {
        "rule": "days-of-cover", "organisation": "cn-hb", "limit": 5}),
    "GET /monitor/channels": lambda it: Call("/monitor/channels", LIST),
    "POST /monitor/channels": lambda it: Call("/monitor/channels", REFUSED, {
        "address": "json://localhost/new", "organisation": "cn-hb"}),
    "PATCH /monitor/channels/{number}": lambda it: Call(
        f"/monitor/channels/{it.channel}", REFUSED, {"digest": "daily"}),
}  # fmt: skip
SAMPLES = {
    **PEOPLE, **CATALOGUE, **{key: made for name in ROWS for key, made in _rows(name).items()},
    **LEDGER, **COLLECT, **COUNT, **REQUESTS, **ANALYSE, **DISPATCH, **TRACK,
    **MONITOR,
}  # fmt: skip
