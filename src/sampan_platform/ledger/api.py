"""The ledger over HTTP: stock, stock cards, movements, recall; counts, reversals, quarantine."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema

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
from sampan_platform.ledger import selectors, services
from sampan_platform.ledger.models import Movement
from sampan_platform.ledger.schemas import (
    CardOut,
    CountIn,
    HeadOut,
    LotIn,
    MovementOut,
    ReverseIn,
    StockOut,
    WhereaboutsOut,
)
from sampan_platform.ledger.services import AccountKey
from sampan_platform.people.models import User

router = Router(tags=["ledger"])


class StockQuery(Schema):
    """Which stock; by codes."""

    site: str = ""
    resource: str = ""
    lot: str = ""


class MovementQuery(Schema):
    """Which movements; by codes."""

    site: str = ""
    resource: str = ""
    kind: str = ""
    source: str = ""
    since: date | None = None
    until: date | None = None


@router.get("/stocks", response=Page[StockOut], summary="Stock and quarantine, by lot")
@requires("ledger:read")
def list_stocks(
    request: HttpRequest, asked: Query[StockQuery], cursor: str = "", limit: int = LIMIT_DEFAULT
) -> PageDict:
    """At the sites that you may see."""
    wanted = {"site__code": asked.site, "resource__code": asked.resource, "lot": asked.lot}
    rows = selectors.stocks_for(user_of(request))
    return page(rows.filter(**{name: text for name, text in wanted.items() if text}), cursor, limit)


@router.get("/card", response=CardOut, summary="Stock card of a resource at a site")
@requires("ledger:read")
def get_card(
    request: HttpRequest, site: str, resource: str, since: date, until: date
) -> selectors.StockCard:
    """Opening balance, every movement from `since` to `until`, running and closing balance."""
    place = _site(site, user_of(request))
    return selectors.stock_card(place, _resource(resource), since, until)


@router.get("/movements", response=Page[MovementOut], summary="Movements, the latest first")
@requires("ledger:read")
def list_movements(
    request: HttpRequest,
    asked: Query[MovementQuery],
    cursor: str = "",
    limit: int = LIMIT_DEFAULT,
) -> PageDict:
    """Those that touch a site which you may see."""
    rows = selectors.movements_for(
        user_of(request), asked.site, asked.resource, asked.since, asked.until
    )
    wanted = {"kind": asked.kind, "source": asked.source}
    rows = rows.filter(**{name: text for name, text in wanted.items() if text})
    return page(rows, cursor, limit, key="-number")


@router.get(
    "/movements/{movement}",
    response=list[MovementOut],
    summary="What happened to one movement, and what reversed it",
)
@requires("ledger:read")
def get_movement(request: HttpRequest, movement: UUID) -> QuerySet[Movement]:
    """Posted; or pending, then settled or void; and reversed, where it was."""
    return selectors.life_of(movement, user_of(request))


@router.post("/movements/{movement}/reverse", response=MovementOut, summary="Undo by the opposite")
@requires("ledger:write")
@idempotent
def reverse(request: HttpRequest, movement: UUID, body: ReverseIn) -> Movement:
    """Only what was posted by hand: what came from a report or an order is corrected there."""
    made = services.correct(movement, body.movement, body.reason, user_of(request))
    return _shown([made])[0]


@router.post("/counts", response=MovementOut | None, summary="A stock count")
@requires("ledger:write")
@idempotent
def count(request: HttpRequest, body: CountIn) -> Movement | None:
    """The difference to the ledger is posted with its reason; nothing where there is none."""
    user = user_of(request)
    account = AccountKey(
        "stock",
        _resource(body.resource),
        _site(body.site, user),
        body.lot,
        body.expires_on,
    )
    made = services.count_stock(
        account,
        body.counted,
        movement=body.movement,
        day=body.day,
        reason=body.reason,
        actor=user,
    )
    return None if made is None else _shown([made])[0]


@router.get("/recall", response=list[WhereaboutsOut], summary="Where each unit of a lot is")
@requires("ledger:read")
def recall(request: HttpRequest, resource: str, lot: str) -> list[selectors.Whereabouts]:
    """In stock, in quarantine, on the way, used or lost: at, or from, sites that you may see."""
    return selectors.where_did_it_go(_resource(resource), lot, user_of(request))


@router.post("/quarantine", response=list[MovementOut], summary="Hold a lot everywhere")
@requires("ledger:write")
@idempotent
def quarantine(request: HttpRequest, body: LotIn) -> list[Movement]:
    """Out of the stock of every site that you reach; none comes into stock until released."""
    given = body.dict(exclude={"resource"})
    return _shown(
        services.quarantine_lot(_resource(body.resource), actor=user_of(request), **given)
    )


@router.post("/release", response=list[MovementOut], summary="Release a lot")
@requires("ledger:write")
@idempotent
def release(request: HttpRequest, body: LotIn) -> list[Movement]:
    """Out of quarantine, back into the stock of every site that you reach."""
    given = body.dict(exclude={"resource"})
    return _shown(services.release_lot(_resource(body.resource), actor=user_of(request), **given))


@router.get("/head", response=HeadOut, summary="The end of the chain")
@requires("ledger:read")
def get_head(request: HttpRequest) -> dict[str, object]:
    """Note it elsewhere: it anchors a later proof."""
    number, digest = selectors.head()
    return {"number": number, "hash": digest}


def _site(code: str, user: User) -> int:
    """The number of a site that the user may see."""
    return int(catalogue.find("sites", code, user).pk)


def _resource(code: str) -> int:
    return int(catalogue.find("resources", code).pk)


def _shown(rows: list[Movement]) -> list[Movement]:
    """With their entries, in the chain's order."""
    numbers = [row.number for row in rows]
    return list(selectors.with_entries(Movement.objects.filter(number__in=numbers)))
