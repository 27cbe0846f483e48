"""Tags and filters: names, numbers, days and files as a person of this language reads them."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()
BUILT = Path(__file__).parents[1] / "static" / "sampan"
SEPARATORS = {"vi": (".", ","), "id": (".", ",")}
"""Between thousands and before decimals, where not as in English."""


@lru_cache
def _manifest() -> dict[str, str]:
    try:
        return dict(json.loads((BUILT / "manifest.json").read_text("utf-8")))
    except OSError as error:
        raise RuntimeError(
            "the pages' scripts and styles are not built. In a checkout: make setup "
            "(it runs node tools/build_pages.mjs)."
        ) from error


@register.simple_tag
def asset(name: str) -> str:
    """The address of a built script, style or map by the name of its source."""
    if settings.DEBUG:
        _manifest.cache_clear()
    return static(f"sampan/{_manifest()[name]}")


@register.filter
def name(thing: Any) -> str:
    """A site's, organisation's or resource's name in the page's language, else its code."""
    if thing is None:
        return ""
    chinese = getattr(thing, "name_zh", "") if _is_chinese() else ""
    return str(chinese or getattr(thing, "name_en", "") or thing)


@register.filter
def either(text: Any) -> str:
    """Of a label in both languages ("factory 工厂"), the part in the page's language."""
    words = str(text).split(" ")
    chinese = [word for word in words if any(ord(letter) > 0x2E80 for letter in word)]
    english = [word for word in words if word not in chinese]
    chosen = chinese if _is_chinese() and chinese else english or words
    return " ".join(chosen)


@register.filter
def quantity(value: Any, places: int = 3) -> str:
    """A number with thousands marked, at most so many decimals; "–" for what is not stated."""
    if value is None or value == "":
        return "–"
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)
    text = f"{exact:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text in ("-0", "") else text
    thousands, point = SEPARATORS.get((get_language() or "en").split("-")[0], (",", "."))
    return text.translate({ord(","): thousands, ord("."): point}).replace("-", "−")


@register.filter
def signed(value: Any, places: int = 1) -> str:
    """A difference, its sign always shown."""
    if value is None or value == "":
        return "–"
    text = quantity(value, places)
    return text if text.startswith("−") or text == "0" else f"+{text}"


@register.filter
def percent(value: Any, places: int = 1) -> str:
    """A share (0.5) as a percentage (50 %); "–" for none."""
    if value is None or value == "":
        return "–"
    return f"{quantity(Decimal(str(value)) * 100, places)} %"


@register.filter
def day(value: date | datetime | None) -> str:
    """A date as people of this language write it, the day of the week with it."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return date_format(value, _("D j M Y"))


@register.filter
def moment(value: datetime | None) -> str:
    """A date and the time of day in the person's time zone."""
    if value is None:
        return "–"
    return date_format(timezone.localtime(value), _("j M Y, H:i"))


@register.simple_tag
def once() -> SafeString:
    """A new number for a form: sent twice, it counts once; see `pages.once`."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid4())


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: Any) -> str:
    """The page's own query with some values changed; an empty value is left out."""
    kept = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            kept.pop(key, None)
        else:
            kept[key] = str(value)
    return "?" + urlencode(list(kept.lists()), doseq=True)


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")
