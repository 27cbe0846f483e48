"""An alert's figure with what it counts, and where to look next."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from sampan_platform.monitor.models import Alert
from sampan_platform.web.templatetags.sampan import percent, quantity

DAYS = ("days-of-cover", "report-late", "near-expiry", "order-overdue")
SHARES = ("utilisation", "plan-shortage")
ABOUT_REPORTS = ("report-late", "report-implausible", "stock-differs")


def figure(check: str, value: float) -> str:
    """A value or a limit of this check: days, a share, or a bare count."""
    if check in DAYS:
        return _("%(count)s days") % {"count": quantity(value, 1)}
    return percent(value, 1) if check in SHARES else quantity(value, 2)


def ways(alert: Alert, may_report: bool) -> list[tuple[str, str]]:
    """Addresses with their names: what the figure comes from, and where it is put right."""
    found: list[tuple[str, str]] = []
    facts = alert.facts
    if alert.check_code == "plan-shortage" and str(facts.get("plan", "")).isdecimal():
        address = reverse("web:plans:plan", args=[facts["plan"]])
        found.append(
            (f"{address}#short", _("Why plan %(number)s is short") % {"number": facts["plan"]})
        )
    if alert.check_code == "order-overdue" and facts.get("order"):
        address = reverse("web:orders:order", args=[facts["order"]])
        found.append((address, _("Order %(number)s") % {"number": facts["order"]}))
    if alert.check_code in ABOUT_REPORTS and may_report and facts.get("day"):
        asked = {"organisation": alert.organisation.code, "day": facts["day"]}
        found.append((f"{reverse('web:report:report')}?{urlencode(asked)}", _("The report")))
    if alert.site and alert.resource:
        asked = {"site": alert.site.code, "item": alert.resource.code}
        found.append((f"{reverse('web:ledger:card')}?{urlencode(asked)}", _("The stock card")))
    return found
