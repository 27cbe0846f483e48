"""Boxes and pairs → the resource's own unit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from sampan_platform.common.errors import InvalidError, Problem

if TYPE_CHECKING:
    from sampan_platform.catalogue.models import Resource


def in_units(resource: Resource, quantity: Decimal, pack: str) -> Decimal:
    """The quantity in the resource's unit; `pack` empty or the unit's name means as it is."""
    if pack in ("", resource.unit):
        return quantity
    sizes = {one.name: one.quantity for one in resource.packagings.all()}
    if pack not in sizes:
        known = ", ".join([resource.unit, *sorted(sizes)])
        raise InvalidError(
            gettext("%(code)s has no pack %(pack)s. Use one of: %(known)s.")
            % {"code": resource.code, "pack": f"{pack!r}", "known": known},
            [
                Problem(
                    "unknown-pack",
                    gettext("Use one of: %(known)s.") % {"known": known},
                    "pack",
                    pack,
                )
            ],
            code="unknown-pack",
        )
    return quantity * Decimal(sizes[pack])
