"""A day as people type it: 2020-02-14, 2020/2/14, 20200214, 2020年2月14日."""

from __future__ import annotations

import re
from datetime import date

from django.utils.translation import gettext as _

from sampan_platform.common.errors import InvalidError

_PARTED = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_WHOLE = re.compile(r"(\d{4})(\d{2})(\d{2})")
LENGTH_MAX = 20
"""Letters that a day takes; what is longer is none."""


def read_day(text: str) -> date:
    """The day that was typed, the year first whatever stands between; full-width digits are read.

    Raises
    ------
    InvalidError
        If it is no day, or one in another order: 02/03/2020 is two days to two people.
    """
    text = text.strip()
    found = len(text) <= LENGTH_MAX and (_PARTED.fullmatch(text) or _WHOLE.fullmatch(text))
    try:
        if found:
            return date(*(int(part) for part in found.groups()))
    except ValueError:
        pass  # such as 30 February; told below
    raise InvalidError(_("Give the day as 2020-02-14."))
