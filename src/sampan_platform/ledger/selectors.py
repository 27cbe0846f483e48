"""Reading the ledger: what is where, what moved, and where a lot went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet, Sum

from sampan_platform.ledger.accounts import AccountKey, Leg
from sampan_platform.ledger.models import Account, Entry, Event, Kind, Movement
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User

POSTED = (Event.POST, Event.SETTLE)


@dataclass(frozen=True)
class OnHand:
    """Stock of one lot at a site."""

    site: int
    resource: int
    lot: str
    expires_on: date | None
    quantity: Decimal
    pending_out: Decimal

    @property
    def available(self) -> Decimal:
        """What nobody has set apart."""
        return self.quantity - self.pending_out


@dataclass(frozen=True)
class InTransit:
    """Goods on the way, and those set apart to go, of one order line."""

    reference: str
    resource: int
    lot: str
    expires_on: date | None
    quantity: Decimal
    pending_in: Decimal


@dataclass(frozen=True)
class CardLine:
    """One line of a stock card."""

    day: date
    recorded_at: datetime
    kind: str
    source: str
    reason: str
    lot: str
    expires_on: date | None
    quantity: Decimal
    balance: Decimal
    """Of the resource at the site, after this line."""


@dataclass(frozen=True)
class StockCard:
    """What moved at a site, with the balance before and after."""

    opening: Decimal
    lines: list[CardLine]
    closing: Decimal


@dataclass(frozen=True)
class Whereabouts:
    """So much of a lot is here, or this became of it."""

    kind: str
    site: str
    reference: str
    quantity: Decimal


def on_hand(
    sites: Iterable[int] | None = None, resources: Iterable[int] | None = None
) -> list[OnHand]:
    """Stock by site, resource, lot and expiry; one query."""
    rows = _filtered(Account.objects.filter(kind=Kind.STOCK), sites, resources)
    rows = rows.exclude(balance=0, pending_out=0).order_by("site_id", "resource_id", "key")
    columns = ("site_id", "resource_id", "lot", "expires_on", "balance", "pending_out")
    return [OnHand(*row) for row in rows.values_list(*columns)]


def in_transit(references: Iterable[str] | None = None) -> list[InTransit]:
    """Goods on the way by order line; one query."""
    rows = Account.objects.filter(kind=Kind.TRANSIT).exclude(balance=0, pending_in=0)
    if references is not None:
        rows = rows.filter(reference__in=list(references))
    columns = ("reference", "resource_id", "lot", "expires_on", "balance", "pending_in")
    return [InTransit(*row) for row in rows.order_by("key").values_list(*columns)]


def balance(key: AccountKey) -> Decimal:
    """What an account holds."""
    found = Account.objects.filter(key=key.text).values_list("balance", flat=True).first()
    return Decimal(0) if found is None else found


def totals(kind: str, resource: int) -> Decimal:
    """All of a resource in accounts of a kind."""
    rows = Account.objects.filter(kind=kind, resource_id=resource)
    return rows.aggregate(total=Sum("balance"))["total"] or Decimal(0)


def stocks_for(user: User) -> QuerySet[Account]:
    """Stock, quarantine included, at the sites that the user may see."""
    rows = Account.objects.filter(kind__in=(Kind.STOCK, Kind.QUARANTINE))
    rows = rows.exclude(balance=0, pending_out=0).select_related("site", "resource")
    return people.within(user, people.SEE, rows, "site__organisation__path")


def stock_card(site: int, resource: int, since: date, until: date) -> StockCard:
    """Opening balance, every movement from `since` to `until`, running and closing balance."""
    entries = Entry.objects.filter(
        account__kind=Kind.STOCK,
        account__site_id=site,
        account__resource_id=resource,
        movement__event__in=POSTED,
    )
    before = entries.filter(movement__day__lt=since).aggregate(total=Sum("quantity"))["total"]
    running = opening = before or Decimal(0)
    lines = []
    within = entries.filter(movement__day__gte=since, movement__day__lte=until)
    within = within.select_related("movement", "account").order_by("movement__day", "id")
    for entry in within:
        running += entry.quantity
        row, account = entry.movement, entry.account
        lines.append(
            CardLine(
                row.day, row.recorded_at, row.kind, row.source, row.reason, account.lot,
                account.expires_on, entry.quantity, running,
            )
        )  # fmt: skip
    return StockCard(opening, lines, running)


def where_did_it_go(resource: int, lot: str) -> list[Whereabouts]:
    """Where each unit of a lot is now, or what became of it; the quantities sum to what came in."""
    kinds = (Kind.STOCK, Kind.QUARANTINE, Kind.TRANSIT, Kind.USE, Kind.LOSS, Kind.ADJUSTMENT)
    rows = Account.objects.filter(resource_id=resource, lot=lot, kind__in=kinds)
    rows = rows.exclude(balance=0).order_by("kind", "site__code", "reference")
    return [
        Whereabouts(kind, site or "", reference, quantity)
        for kind, site, reference, quantity in rows.values_list(
            "kind", "site__code", "reference", "balance"
        )
    ]


def accounts(
    *, kinds: Sequence[str], resources: Sequence[int], lot: str | None = None
) -> dict[AccountKey, Decimal]:
    """Accounts with what they hold."""
    rows = Account.objects.filter(kind__in=kinds, resource_id__in=resources).order_by("key")
    if lot is not None:
        rows = rows.filter(lot=lot)
    return {_key(row): row.balance for row in rows}


def posted(movement: UUID) -> Movement | None:
    """The movement's row that changed balances, if it was posted or settled."""
    return Movement.objects.filter(movement=movement, event__in=POSTED).first()


def movements_of(sources: Iterable[str]) -> dict[str, list[Movement]]:
    """Posted movements that are not reversed, by what they come from."""
    wanted = list(sources)
    rows = Movement.objects.filter(source__in=wanted, event__in=POSTED)
    reversed_ids = set(
        Movement.objects.filter(source__in=wanted, reverses__isnull=False).values_list(
            "reverses", flat=True
        )
    )
    found: dict[str, list[Movement]] = {}
    for row in rows:
        if row.reverses is None and row.movement not in reversed_ids:
            found.setdefault(row.source, []).append(row)
    return found


def legs_of(row: Movement) -> list[Leg]:
    """What a movement changed."""
    entries = row.entries.select_related("account").order_by("id")
    return [Leg(_key(entry.account), entry.quantity) for entry in entries]


def legs_of_many(numbers: Sequence[int]) -> dict[int, list[Leg]]:
    """What movements changed, by their number; one query."""
    found: dict[int, list[Leg]] = {number: [] for number in numbers}
    entries = Entry.objects.filter(movement_id__in=numbers).select_related("account")
    for entry in entries.order_by("id"):
        found[entry.movement_id].append(Leg(_key(entry.account), entry.quantity))
    return found


def owners(sites: Iterable[int]) -> QuerySet[Any]:
    """The organisations of sites."""
    organisation = apps.get_model("people", "Organisation")
    found: QuerySet[Any] = organisation._default_manager.filter(sites__in=list(sites)).distinct()
    return found


def history(since: int = 0) -> Iterator[Movement]:
    """Every movement from a number on, in the chain's order."""
    yield from Movement.objects.filter(number__gt=since).order_by("number").iterator(2000)


def _key(row: Account) -> AccountKey:
    return AccountKey(
        row.kind, row.resource_id, row.site_id, row.lot, row.expires_on, row.reference
    )


def _filtered(
    rows: QuerySet[Account], sites: Iterable[int] | None, resources: Iterable[int] | None
) -> QuerySet[Account]:
    wanted = Q()
    if sites is not None:
        wanted &= Q(site_id__in=list(sites))
    if resources is not None:
        wanted &= Q(resource_id__in=list(resources))
    return rows.filter(wanted)
