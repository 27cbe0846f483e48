"""What the person chose to look at; the address keeps all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from sampan_platform.common.errors import InvalidError
from sampan_platform.count.comparisons import COMPARISONS
from sampan_platform.count.measures import MEASURES, Measure
from sampan_platform.count.periods import GRAINS
from sampan_platform.count.scope import Filters
from sampan_platform.count.selectors import statistics
from sampan_platform.count.statistic import Statistic
from sampan_platform.people.models import User

PLACES = {
    "": _("all together"),
    "country": _("country"),
    "organisation:province": _("province"),
    "organisation": _("organisation"),
    "site": _("site"),
}
ITEMS = {
    "": _("all together"),
    "class": _("class"),
    "sub_class": _("sub-class"),
    "resource": _("item"),
}
GRAIN_NAMES = {
    "total": _("whole span"), "day": _("day"), "week": _("week"), "month": _("month"),
    "quarter": _("quarter"), "year": _("year"),
}  # fmt: skip
COMPARISON_NAMES = {
    "": _("none"),
    "year_on_year": _("year on year"),
    "period_on_period": _("period on period"),
    "year_to_date": _("year to date"),
    "share": _("share"),
    "rank": _("rank"),
}
FLOWS = {"orders": _("what was shipped"), "plan": _("the newest plan"), "none": _("none")}
MAP_MEASURES = ("days_of_cover", "utilisation", "stock", "output", "need")
DAYS = 14
"""Shown where nothing else is asked."""


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
    resource = asked.get("resource")
    if resource is None:
        resource = _most_reported(user, since, until)
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
    )


def reported(user: User, since: date, until: date) -> dict[str, int]:
    """How many reports there are of each item in a span."""
    found = statistics(user, "reporting_rate", since=since, until=until, by=["resource"])
    return {row["resource"]: row["reports"] for row in found.figures() if row["reports"]}


def _most_reported(user: User, since: date, until: date) -> str:
    counts = reported(user, since, until)
    return max(counts, key=lambda code: (counts[code], code), default="")


def _one_of(value: str, known: object) -> str:
    if value not in known:  # type: ignore[operator]
        raise InvalidError(f"There is no choice {value[:40]!r} here.", code="unknown-choice")
    return value


def _day(text: str, otherwise: date) -> date:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidError(f"{text[:40]!r} is no day; write it as 2020-02-14.") from error
