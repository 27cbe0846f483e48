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
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from sampan_platform.common import clock, words
from sampan_platform.web.system import base_map as maps

register = template.Library()
BUILT = Path(__file__).parents[1] / "static" / "sampan"
SEPARATORS = {"vi": (".", ","), "id": (".", ",")}
"""Between thousands and before decimals, where not as in English."""
UNITS = {
    "piece": pgettext_lazy("unit", "piece"),
    "pair": pgettext_lazy("unit", "pair"),
    "set": pgettext_lazy("unit", "set"),
    "box": pgettext_lazy("unit", "box"),
    "carton": pgettext_lazy("unit", "carton"),
    "pack": pgettext_lazy("unit", "pack"),
    "test": pgettext_lazy("unit", "test"),
    "kit": pgettext_lazy("unit", "kit"),
    "bottle": pgettext_lazy("unit", "bottle"),
    "roll": pgettext_lazy("unit", "roll"),
    "team": pgettext_lazy("unit", "team"),
    "hour": pgettext_lazy("unit", "hour"),
    "tonne": pgettext_lazy("unit", "tonne"),
    "kilogram": pgettext_lazy("unit", "kilogram"),
    "litre": pgettext_lazy("unit", "litre"),
}
"""What resources are counted in, in words."""


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


@register.simple_tag
def base_map() -> str:
    """The address of the map under sites and flows: an operator's own, else land alone."""
    mark = maps.mark()
    if not mark:
        return asset("land.json")
    return f"{reverse('web:system:base-map-file')}?{mark}"


@register.filter
def name(thing: Any) -> str:
    """A site's, organisation's or resource's name in the page's language, else its code."""
    if thing is None:
        return ""
    chinese = getattr(thing, "name_zh", "") if words.is_chinese() else ""
    return str(chinese or getattr(thing, "name_en", "") or thing)


@register.filter
def either(text: Any) -> str:
    """Of a label in both languages ("factory 工厂"), the part in the page's language."""
    return words.either(text)


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
def money(value: Any, places: int = 0) -> str:
    """An amount with what it is counted in: the currency that values and costs are stated in."""
    if value is None or value == "":
        return "–"
    return pgettext("money", "%(amount)s CNY") % {"amount": quantity(value, places)}


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
def points(value: Any, places: int = 1) -> str:
    """A difference of two shares (0.05) in percentage points (+5 %)."""
    if value is None or value == "":
        return "–"
    return f"{signed(Decimal(str(value)) * 100, places)} %"


@register.filter
def unit(code: str) -> str:
    """What a resource is counted in, in words; a unit that has none stays as it is."""
    return str(UNITS.get(code, code))


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


@register.filter
def short_day(value: date | None) -> str:
    """A day in a table of many: without the year where it is this one, and no day of the week."""
    if value is None or value.year != clock.now().year:
        return day(value)
    return date_format(value, _("j M"))


@register.filter
def short_moment(value: datetime | None) -> str:
    """A moment in a table of many: without the year where it is this one."""
    if value is None or timezone.localtime(value).year != clock.now().year:
        return moment(value)
    return date_format(timezone.localtime(value), _("j M, H:i"))


@register.simple_tag
def once() -> SafeString:
    """A new number for a form: sent twice, it counts once; see `pages.once`."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid4())


@register.simple_tag
def day_input(key: str, field: str, value: Any = None, required: bool = False) -> SafeString:
    """A field for a day, the year first in every browser's language, with a calendar to pick from.

    A browser shows its own `type="date"` in its own language and order, not the page's; here it
    is only the calendar, opened by the button that `parts/days.js` brings to life.
    """
    said = value.isoformat() if isinstance(value, date) else str(value or "")
    return format_html(
        '<span class="day-input"><input id="{}" name="{}" value="{}" class="day" data-day'
        ' data-wrong="{}" placeholder="{}" maxlength="20" autocomplete="off"{}>'
        '<button type="button" class="plain" data-picks="{}" aria-label="{}" title="{}" hidden>'
        '<svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor"'
        ' aria-hidden="true"><path d="M2 3.5h12v10.5H2zM2 6.5h12M5 1.5v3M11 1.5v3"/></svg></button>'
        '<input type="date" data-picker tabindex="-1" aria-hidden="true"></span>',
        key, field, said, _("Give the day as 2020-02-14."), _("YYYY-MM-DD"),
        SafeString(" required") if required else "",
        key, _("Open the calendar"), _("Open the calendar"),
    )  # fmt: skip


@register.simple_tag
def file_input(key: str, field: str, accept: str) -> SafeString:
    """A field for a file, in the page's language: a browser names its own button in its own."""
    return format_html(
        '<span class="file-input"><input id="{}" name="{}" type="file" accept="{}" required'
        ' data-file><label for="{}" class="button">{}</label>'
        '<span class="small quiet" data-file-name="{}">{}</span></span>',
        key, field, accept, key, _("Choose a file"), key, _("No file chosen yet"),
    )  # fmt: skip


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
