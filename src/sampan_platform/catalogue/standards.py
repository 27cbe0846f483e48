"""Codes of other people's standards, checked for what can be checked without asking them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext

from sampan_platform.catalogue.tables import table

if TYPE_CHECKING:
    from sampan_platform.catalogue.rows import Reading, Row

HS_CODE = re.compile(r"\d{4}(\.?\d{2}(\.?\d{2,4})?)?")
UN_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
NO_CODE = re.compile(r"^\s|\s$|[,/]")
"""Commas join the parts of keys, and slashes those of addresses."""
GTIN_LENGTHS = (8, 12, 13, 14)


def check(row: Row, reading: Reading) -> None:
    """Report codes of the row that cannot be."""
    values = row.values
    column = table(row.table).key[0]
    if isinstance(values.get(column), str) and NO_CODE.search(values[column]):
        text = gettext(
            "A key has no comma, no slash, and no space before or after. Choose another."
        )
        reading.wrong(row, column, "bad-key", text)
    gtin, gln = values.get("gtin"), values.get("gln")
    if gtin and not (len(gtin) in GTIN_LENGTHS and gs1_digits_fit(gtin)):
        text = gettext(
            "This is no GTIN: 8, 12, 13 or 14 digits, of which the last checks the others."
        )
        reading.wrong(row, "gtin", "bad-gtin", text)
    if gln and not (len(gln) == 13 and gs1_digits_fit(gln)):
        text = gettext("This is no GLN: 13 digits, of which the last checks the others.")
        reading.wrong(row, "gln", "bad-gln", text)
    if values.get("hs_code") and not HS_CODE.fullmatch(values["hs_code"]):
        reading.wrong(row, "hs_code", "bad-hs-code", gettext("Write an HS code as 6307.90."))
    if values.get("un_locode") and not UN_LOCODE.fullmatch(values["un_locode"]):
        reading.wrong(row, "un_locode", "bad-un-locode", gettext("Write a UN/LOCODE as CNSHA."))
    if values.get("time_zone") and not is_time_zone(values["time_zone"]):
        reading.wrong(row, "time_zone", "bad-time-zone", gettext("Write a zone as Asia/Shanghai."))


def gs1_digits_fit(code: str) -> bool:
    """Whether the last digit is the check digit of the others (GS1 General Specifications)."""
    if not (code.isascii() and code.isdigit()):
        return False
    weighted = sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(reversed(code[:-1])))
    return (10 - weighted % 10) % 10 == int(code[-1])


def is_time_zone(name: str) -> bool:
    """Whether the zone is in the IANA database of this machine."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
