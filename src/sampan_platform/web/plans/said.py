"""What people typed → numbers and days, or a message that says how to write them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from sampan_platform.common.errors import InvalidError
from sampan_platform.common.quantity import LARGEST, rounded

DAYS = 7
"""That a plan covers where nothing else is said."""
DIGITS_MAX = 9
"""Of a whole number; longer ones fit no column, and mean nothing here."""


def whole(text: str, what: str, *, empty: int = 0) -> int:
    """A whole number; what an empty field stands for is said by the caller."""
    text = text.strip()
    if not text:
        return empty
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        raise InvalidError(_("%(what)s must be a whole number.") % {"what": what})
    return int(text)


def quantity(text: str) -> Decimal:
    """A quantity, with or without commas between the thousands."""
    refusal = InvalidError(_("Give the quantity as a number; 0 for nothing."))
    try:
        number = Decimal(text.replace(",", "").strip())
    except InvalidOperation as error:
        raise refusal from error
    if not number.is_finite() or abs(number) > LARGEST:
        raise refusal
    if number != rounded(number):
        raise InvalidError(_("A quantity has three decimals at most."))
    return number
