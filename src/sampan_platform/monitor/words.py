"""Alerts in words, in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence

from sampan_platform.monitor.checks import CHECKS
from sampan_platform.monitor.models import Alert

FLAGS = {
    "output-above-capacity": ("output above capacity", "产量高于产能"),
    "effective-above-nominal": ("effective capacity above nominal", "有效产能高于设计产能"),
    "below-zero": ("more than the book has", "超出台账库存"),
    "stock-differs": ("another stock than the book's", "与台账库存不符"),
}
"""What is doubtful about a report, by its flag, in English and Chinese."""
MOST = 20
"""Alerts named in one message; the rest is counted."""


def sentence(alert: Alert, language: str) -> str:
    """One alert; site and item by their names in the language."""
    chinese = language.startswith("zh")
    check = CHECKS.get(alert.check_code)
    if check is None:
        return alert.subject
    template = check.message_zh if chinese else check.message_en
    names = {"site": _name(alert.site, chinese), "resource": _name(alert.resource, chinese)}
    if "flags" in alert.facts:
        known = [FLAGS.get(flag, (flag, flag)) for flag in str(alert.facts["flags"]).split(", ")]
        names["flags"] = ("、" if chinese else ", ").join(one[chinese] for one in known)
    return template.format(**(alert.facts | names), value=alert.value, limit=alert.limit)


def title(alerts: Sequence[Alert], language: str) -> str:
    """Of a message with these alerts."""
    if language.startswith("zh"):
        return f"舢板预警：{len(alerts)} 条"
    return f"Sampan: {len(alerts)} alert{'s' if len(alerts) > 1 else ''}"


def words(alerts: Sequence[Alert], language: str) -> str:
    """A line an alert."""
    lines = [sentence(alert, language) for alert in alerts[:MOST]]
    if len(alerts) > MOST:
        more = len(alerts) - MOST
        lines.append(f"……另有 {more} 条" if language.startswith("zh") else f"… and {more} more")
    return "\n".join(lines)


def _name(row: object, chinese: bool) -> str:
    if row is None:
        return ""
    english = str(getattr(row, "name_en", "")) or str(row)
    return (str(getattr(row, "name_zh", "")) or english) if chinese else english
