"""What the person chose to look at; the address keeps all of it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from sampan_platform.common.errors import InvalidError
from sampan_platform.count.comparisons import COMPARISONS
from sampan_platform.count.measures import MEASURES, Measure
from sampan_platform.count.periods import GRAINS
from sampan_platform.count.scope import Filters
from sampan_platform.count.selectors import statistics
from sampan_platform.count.statistic import Statistic
from sampan_platform.people.models import User
from sampan_platform.web.days import read_day

PLACES = {
    "": _lazy("all together"),
    "country": _lazy("country"),
    "organisation:province": _lazy("province"),
    "organisation": _lazy("organisation"),
    "site": _lazy("site"),
}
ITEMS = {
    "": _lazy("all together"),
    "class": _lazy("class"),
    "sub_class": _lazy("sub-class"),
    "resource": _lazy("item"),
}
GRAIN_NAMES = {
    "total": _lazy("whole span"),
    "day": _lazy("day"),
    "week": _lazy("week"),
    "month": _lazy("month"),
    "quarter": _lazy("quarter"),
    "year": _lazy("year"),
}
COMPARISON_NAMES = {
    "": _lazy("none"),
    "year_on_year": _lazy("year on year"),
    "period_on_period": _lazy("period on period"),
    "year_to_date": _lazy("year to date"),
    "share": _lazy("share"),
    "rank": _lazy("rank"),
}
FLOWS = {
    "orders": _lazy("what was shipped"),
    "plan": _lazy("the newest plan"),
    "none": _lazy("none"),
}
MAP_MEASURES = ("days_of_cover", "utilisation", "stock", "output", "need")
DAYS = 14
"""Shown where nothing else is asked."""
DAYS_MAX = 800
"""On the map's slider, and in one table."""
EARLIEST, LATEST = date(1990, 1, 1), date(2190, 1, 1)
"""Days outside are slips of the hand."""


@dataclass(frozen=True)
class Choice:
    """One view of the situation."""

    measure: Measure
    place: str
    item: str
    grain: str
    compare: str
    resource: str
    """Code of the one item that is looked at; empty: all."""
    organisation: str
    since: date
    until: date
    flows: str
    map_measure: str
    reports: dict[str, int] | None = None
    """How many there are of each item, if the choice needed to know."""

    def statistic(self, user: User) -> Statistic:
        """The figures of the pivot."""
        return statistics(
            user,
            self.measure.code,
            since=self.since,
            until=self.until,
            by=[name for name in (self.place, self.item) if name],
            grain=self.grain,
            compare=[self.compare] if self.compare else [],
            filters=self._filters(),
        )

    def on_the_map(self, user: User) -> Statistic:
        """The figure of every site at the span's end."""
        return statistics(
            user, self.map_measure, since=self.since, until=self.until, by=["site"],
            filters=self._filters(),
        )  # fmt: skip

    def _filters(self) -> Filters:
        return Filters(
            organisation=self.organisation, resources=[self.resource] if self.resource else []
        )


def chosen(user: User, asked: QueryDict, today: date) -> Choice:
    """The choice that an address holds; what it leaves out is filled in."""
    until = _day(asked.get("until", ""), today - timedelta(1))
    since = _day(asked.get("since", ""), until - timedelta(DAYS - 1))
    if not 0 <= (until - since).days < DAYS_MAX:
        raise InvalidError(
            _("Choose a span of 1 to %(days)s days, its first day first.") % {"days": DAYS_MAX}
        )
    resource, reports = asked.get("resource"), None
    if resource is None:
        reports = reported(user, since, until)
        resource = max(reports, key=lambda code: (reports[code], code), default="")
    return Choice(
        measure=MEASURES[_one_of(asked.get("measure", "output"), MEASURES)],
        place=_one_of(asked.get("place", "organisation:province"), PLACES),
        item=_one_of(asked.get("item", ""), ITEMS),
        grain=_one_of(asked.get("grain", "day"), GRAINS),
        compare=_one_of(asked.get("compare", ""), ("", *COMPARISONS)),
        resource=resource,
        organisation=asked.get("organisation", ""),
        since=since,
        until=until,
        flows=_one_of(asked.get("flows", "orders"), FLOWS),
        map_measure=_one_of(asked.get("map_measure", "days_of_cover"), MAP_MEASURES),
        reports=reports,
    )


def reported(user: User, since: date, until: date) -> dict[str, int]:
    """How many reports there are of each item in a span."""
    found = statistics(user, "reporting_rate", since=since, until=until, by=["resource"])
    return {row["resource"]: row["reports"] for row in found.figures() if row["reports"]}


def _one_of(value: str, known: Container[str]) -> str:
    if value not in known:
        text = _("There is no choice %(value)s here.") % {"value": value[:40]}
        raise InvalidError(text, code="unknown-choice")
    return value


def _day(text: str, otherwise: date) -> date:
    if not text:
        return otherwise
    found = read_day(text)
    if not EARLIEST <= found < LATEST:
        raise InvalidError(
            _("Choose a day from %(first)s to %(last)s.") % {"first": EARLIEST, "last": LATEST}
        )
    return found
