"""Reading the ledger: what is where, what moved, and where a lot went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext

from sampan_platform.common import bulk
from sampan_platform.common.errors import NotFoundError
from sampan_platform.ledger.accounts import AccountKey, Leg
from sampan_platform.ledger.holds import held_among
from sampan_platform.ledger.models import Account, Entry, Event, Head, Kind, LotHold, Movement
from sampan_platform.ledger.past import stock_at
from sampan_platform.people import selectors as people
from sampan_platform.people.models import User

POSTED = (Event.POST, Event.SETTLE)
SITE_PATH = "site__organisation__path"


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

    movement: UUID
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
    expires_on: date | None
    quantity: Decimal


def on_hand(
    sites: Iterable[int] | None = None,
    resources: Iterable[int] | None = None,
    as_of: datetime | None = None,
) -> list[OnHand]:
    """Stock by site, resource, lot and expiry, now or as recorded at a moment; one query or two."""
    rows = _filtered(Account.objects.filter(kind=Kind.STOCK), sites, resources)
    rows = rows.order_by("site_id", "resource_id", "key")
    if as_of is not None:
        return [OnHand(*row) for row in stock_at(as_of, rows)]
    rows = rows.exclude(balance=0, pending_out=0)
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
    return people.within(user, people.SEE, rows, SITE_PATH)


def movements_for(
    user: User,
    site: str = "",
    resource: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Movement]:
    """Movements that touch a site which the user may see, with their entries; by codes."""
    mine = people.within(user, people.SEE, Entry.objects.all(), f"account__{SITE_PATH}")
    if site:
        mine = mine.filter(account__site__code=site)
    if resource:
        mine = mine.filter(account__resource__code=resource)
    rows = Movement.objects.filter(Exists(mine.filter(movement=OuterRef("pk"))))
    if since is not None:
        rows = rows.filter(day__gte=since)
    if until is not None:
        rows = rows.filter(day__lte=until)
    return with_entries(rows)


def life_of(movement: UUID, user: User) -> QuerySet[Movement]:
    """What happened to a movement, and its reversal, in the chain's order."""
    rows = movements_for(user).filter(Q(movement=movement) | Q(reverses=movement))
    if not rows:
        raise NotFoundError(
            gettext("There is no movement %(movement)s at a site that you may see.")
            % {"movement": movement}
        )
    return rows


def with_entries(rows: QuerySet[Movement]) -> QuerySet[Movement]:
    """With who did it, the entries and their accounts; a fixed number of queries."""
    # joined, since SQLite refuses to look up more than 1,000 accounts by their numbers
    entries = Entry.objects.select_related("account__site", "account__resource")
    return rows.select_related("actor").prefetch_related(Prefetch("entries", entries))


def head() -> tuple[int, str]:
    """The chain's end: its number and hash. Kept elsewhere, they anchor a later proof."""
    found = Head.objects.filter(pk=1).values_list("number", "hash").first()
    return found or (0, "")


def held_lots(keys: Iterable[AccountKey]) -> set[AccountKey]:
    """Those of the stock accounts that may gain nothing, since their lot is in quarantine."""
    return held_among(keys)


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
                row.movement, row.day, row.recorded_at, row.kind, row.source, row.reason,
                account.lot, account.expires_on, entry.quantity, running,
            )
        )  # fmt: skip
    return StockCard(opening, lines, running)


def where_did_it_go(resource: int, lot: str, user: User | None = None) -> list[Whereabouts]:
    """Where each unit of a lot is now, or what became of it, by site.

    Goods in transit are named by their order line. `outside` is what was sent to somebody
    outside, less what came from there under the same lot. A difference that a count found is
    under `adjustment`: above zero missing, below zero more than was known.

    Parameters
    ----------
    user
        Only what is at, or left, sites that this user may see. None: all of it.
    """
    rows = Account.objects.filter(resource_id=resource, lot=lot).exclude(balance=0)
    rows = rows.exclude(kind=Kind.PRODUCTION).exclude(kind=Kind.OUTSIDE, balance__lt=0)
    if user is not None:
        at_mine = people.reach(user, people.SEE, SITE_PATH)
        # goods in transit are at no site: they are seen by who sees where they came from
        touched = people.reach(user, people.SEE, f"movement__entries__account__{SITE_PATH}")
        from_mine = Entry.objects.filter(touched, account=OuterRef("pk"))
        rows = rows.filter(at_mine | (Q(site__isnull=True) & Exists(from_mine)))
    rows = rows.order_by("kind", "site__code", "reference", "key")
    columns = ("kind", "site__code", "reference", "expires_on", "balance")
    return [
        Whereabouts(kind, site or "", reference, expires_on, quantity)
        for kind, site, reference, expires_on, quantity in rows.values_list(*columns)
    ]


def holds(resource: int, lot: str, user: User) -> list[LotHold]:
    """Where a lot is held in quarantine now: above, at or below the places the user sees."""
    rows = LotHold.objects.filter(resource_id=resource, lot=lot, released_at__isnull=True)
    mine = people.paths(user, people.SEE)
    return [
        row
        for row in rows.select_related("organisation", "held_by")
        if any(
            path.startswith(row.organisation.path) or row.organisation.path.startswith(path)
            for path in mine
        )
    ]


def accounts(
    *,
    kinds: Sequence[str],
    resources: Sequence[int],
    lot: str | None = None,
    user: User | None = None,
) -> dict[AccountKey, Decimal]:
    """Accounts with what they hold; of a user, at the sites whose stock they may change."""
    rows = Account.objects.filter(kind__in=kinds, resource_id__in=resources).order_by("key")
    if lot is not None:
        rows = rows.filter(lot=lot)
    if user is not None:
        rows = people.within(user, people.COUNT_STOCK, rows, SITE_PATH)
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
    entries = Entry.objects.select_related("account").order_by("id")
    for entry in bulk.among(entries, "movement_id", "bigint", numbers):
        found[entry.movement_id].append(Leg(_key(entry.account), entry.quantity))
    return found


def moved_after(
    sites: Iterable[int], resources: Iterable[int], day: date
) -> list[tuple[int, int, date, Decimal]]:
    """Site, resource, day and what stock changed on that day, of all days after `day`."""
    rows = Entry.objects.filter(
        account__kind=Kind.STOCK,
        account__site_id__in=list(sites),
        account__resource_id__in=list(resources),
        movement__event__in=POSTED,
        movement__day__gt=day,
    )
    found = rows.values_list("account__site_id", "account__resource_id", "movement__day")
    return list(found.annotate(total=Sum("quantity")).order_by())


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
