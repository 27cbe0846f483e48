"""Quantities that add up: whole thousandths of a unit in the database, `Decimal` in Python.

SQLite keeps Django's decimals as floating-point numbers, whose sums drift. Integers do not.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext

SCALE = 1000
"""Database integers a unit."""
STEP = Decimal("0.001")
LARGEST = Decimal(9_000_000_000_000)
"""Above any real quantity, and 1,000 of them still fit into 64 bits."""


def to_thousandths(value: Decimal | int | float | str) -> int:
    """Whole thousandths; refuses what is finer, not finite or too large."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite() or abs(number) > LARGEST:
        raise ValidationError(
            gettext("%(value)s is no quantity: it must be between ±%(largest)s.")
            % {"value": value, "largest": LARGEST}
        )
    scaled = number * SCALE
    whole = scaled.to_integral_value(ROUND_HALF_EVEN)
    if whole != scaled:
        raise ValidationError(
            gettext("%(value)s is finer than a thousandth of a unit.") % {"value": value}
        )
    return int(whole)


def rounded(value: float | Decimal) -> Decimal:
    """The nearest thousandth, for figures that were computed, not stated."""
    return Decimal(str(value)).quantize(STEP, ROUND_HALF_EVEN)


class QuantityField(models.BigIntegerField):  # type: ignore[type-arg]
    """A quantity in a resource's unit, exact to a thousandth."""

    # what django-stubs reads: a field's value as it is set and as it is got
    _pyi_private_set_type: Decimal | int | Combinable  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]

    def from_db_value(self, value: Any, *_: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / SCALE

    def to_python(self, value: Any) -> Any:
        return None if value is None or value == "" else Decimal(str(value))

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return to_thousandths(value)

    def value_to_string(self, obj: Any) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)
