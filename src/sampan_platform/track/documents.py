"""What stands on the papers that go with an order, ready to be printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Prefetch
from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError, NotFoundError
from sampan_platform.people.models import User
from sampan_platform.track.models import DispatchOrder, OrderLine
from sampan_platform.track.sight import ENDS, visible

DISPATCH_ORDER, PACKING_LIST = "dispatch-order", "packing-list"
TITLES = {
    DISPATCH_ORDER: ("Dispatch order", "调度令"),
    PACKING_LIST: ("Packing list", "装箱单"),
}
SIGNATURES = {
    DISPATCH_ORDER: (("issued by", "签发人"), ("carrier", "承运人"), ("received by", "签收人")),
    PACKING_LIST: (("packed by", "装箱人"), ("checked by", "复核人")),
}


@dataclass(frozen=True)
class Party:
    """One end of the order."""

    site: str
    name_en: str
    name_zh: str
    organisation_en: str
    organisation_zh: str
    country: str
    gln: str
    un_locode: str


@dataclass(frozen=True)
class Packages:
    """So many whole boxes, cartons …"""

    name: str
    count: int
    each: Decimal


@dataclass(frozen=True)
class PaperLine:
    """A line of the paper."""

    number: int
    resource: str
    name_en: str
    name_zh: str
    unit: str
    hs_code: str
    gtin: str
    lot: str
    expires_on: date | None
    quantity: Decimal
    packages: tuple[Packages, ...]
    """The largest first; empty where the resource has none."""
    loose: Decimal
    """Units that fill no package."""
    mass_kg: float
    volume_m3: float


@dataclass(frozen=True)
class Paper:
    """A paper: what a template prints, in whatever language."""

    kind: str
    title_en: str
    title_zh: str
    number: str
    state: str
    issued_at: datetime
    issued_by: str
    plan: int
    lane: str
    mode: str
    border: str
    carrier: str
    vehicle: str
    origin: Party
    destination: Party
    depart_on: date
    arrive_on: date
    shipped_on: date | None
    lines: tuple[PaperLine, ...]
    mass_kg: float
    volume_m3: float
    signatures: tuple[tuple[str, str], ...]
    """Who signs, in English and Chinese."""


def documents() -> list[str]:
    """The kinds of paper."""
    return list(TITLES)


def document(user: User, number: str, kind: str) -> Paper:
    """A paper of an order that the user sees.

    The dispatch order says what was ordered; the packing list what is packed, or was shipped.
    """
    if kind not in TITLES:
        raise InvalidError(
            gettext("There is no document %(kind)s; there are %(titles)s.")
            % {"kind": kind[:40], "titles": ", ".join(TITLES)}
        )
    lines = OrderLine.objects.select_related("resource").prefetch_related("resource__packagings")
    order = (
        visible(user)
        .select_related(*ENDS, "issued_by")
        .prefetch_related(Prefetch("lines", lines.order_by("number")))
        .filter(number=number)
        .first()
    )
    if order is None:
        raise NotFoundError(
            gettext("There is no order %(number)s, or it is not yours to see.")
            % {"number": number[:40]}
        )
    return _paper(order, kind)


def _paper(order: DispatchOrder, kind: str) -> Paper:
    ordered = kind == DISPATCH_ORDER
    amounts = [
        (line, line.ordered if ordered else line.ordered - line.withdrawn)
        for line in order.lines.all()
    ]
    lines = tuple(_line(line, quantity) for line, quantity in amounts if quantity)
    return Paper(
        kind=kind,
        title_en=TITLES[kind][0],
        title_zh=TITLES[kind][1],
        number=order.number,
        state=order.state,
        issued_at=order.issued_at,
        issued_by=order.issued_by.get_full_name() or order.issued_by.username,
        plan=order.plan_id,
        lane=order.lane.code,
        mode=order.lane.mode,
        border=order.lane.border,
        carrier=order.carrier,
        vehicle=order.vehicle,
        origin=_party(order, "origin"),
        destination=_party(order, "destination"),
        depart_on=order.depart_on,
        arrive_on=order.arrive_on,
        shipped_on=order.shipped_on,
        lines=lines,
        mass_kg=sum(line.mass_kg for line in lines),
        volume_m3=sum(line.volume_m3 for line in lines),
        signatures=SIGNATURES[kind],
    )


def _party(order: DispatchOrder, end: str) -> Party:
    site = order.origin if end == "origin" else order.destination
    return Party(
        site=site.code,
        name_en=site.name_en,
        name_zh=site.name_zh,
        organisation_en=site.organisation.name_en,
        organisation_zh=site.organisation.name_zh,
        country=site.country,
        gln=site.gln,
        un_locode=site.un_locode,
    )


def _line(line: OrderLine, quantity: Decimal) -> PaperLine:
    resource = line.resource
    packs = [(pack.name, pack.quantity) for pack in resource.packagings.all()]
    packages, loose = pack_into(quantity, packs)
    return PaperLine(
        number=line.number,
        resource=resource.code,
        name_en=resource.name_en,
        name_zh=resource.name_zh,
        unit=resource.unit,
        hs_code=resource.hs_code,
        gtin=resource.gtin,
        lot=line.lot,
        expires_on=line.expires_on,
        quantity=quantity,
        packages=packages,
        loose=loose,
        mass_kg=float(quantity) * resource.mass_kg,
        volume_m3=float(quantity) * resource.volume_m3,
    )


def pack_into(
    quantity: Decimal, packs: Sequence[tuple[str, Decimal]]
) -> tuple[tuple[Packages, ...], Decimal]:
    """As many of the largest package as it fills, then of the next; and what is left loose."""
    found = []
    for name, each in sorted(packs, key=lambda pack: (-pack[1], pack[0])):
        count = int(quantity // each)
        if count:
            found.append(Packages(name, count, each))
            quantity -= count * each
    return tuple(found), quantity
