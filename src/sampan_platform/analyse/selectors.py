"""Expected use, and the needs that a network is built from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from django.conf import settings
from django.utils.translation import gettext

from sampan_platform.analyse.history import stated_use
from sampan_platform.analyse.merge import Needs, merge
from sampan_platform.analyse.use import UseForecast, UseParameters, expected_use
from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common.errors import InvalidError, NotFoundError
from sampan_platform.people import selectors as people
from sampan_platform.people.models import Organisation, User
from sampan_platform.requests import selectors as requests

DAYS_MAX = 366


@dataclass(frozen=True)
class Moment:
    """A moment and the day that it is in a part of the tree."""

    as_of: datetime
    today: date


def moment(as_of: datetime, scope: Organisation | None) -> Moment:
    """The local day of a moment: the first one of a calendar."""
    zone = people.time_zone_of(scope) if scope else str(settings.TIME_ZONE)
    return Moment(as_of, as_of.astimezone(ZoneInfo(zone)).date())


def scope(user: User, code: str) -> Organisation:
    """The part of the tree that a person asks about."""
    found = people.organisations(user).filter(code=code).first()
    if found is None:
        raise NotFoundError(gettext("There is no organisation %(code)s.") % {"code": code})
    return found


def use(
    as_of: datetime,
    days: int,
    scope: Organisation | None = None,
    parameters: UseParameters | None = None,
) -> UseForecast:
    """Expected use by site and item from the day of `as_of` on, by what was stated before it.

    Where today's use has been reported already, nothing more is expected today.
    """
    _check_days(days)
    chosen = parameters or UseParameters()
    at = moment(as_of, scope)
    since = at.today - timedelta(days=chosen.window_days + chosen.backtest_days)
    history = stated_use(as_of, since, at.today, scope.path if scope else "")
    made = expected_use(history, at.today - timedelta(days=1), days, chosen)
    done = history.filter(pl.col("day") == at.today, pl.col("used").is_not_null())
    expected = made.expected.join(done, on=["site", "resource", "day"], how="anti")
    return UseForecast(expected, made.backtest)


def needs(as_of: datetime, days: int, scope: Organisation | None = None) -> Needs:
    """Forecast need merged with approved requests; see `merge.py` for the rule.

    Parameters
    ----------
    as_of
        Only what was known then counts; its local day is the calendar's first.
    days
        Length of the calendar.
    scope
        Only sites of this part of the tree.
    """
    forecast = use(as_of, days, scope)
    at = moment(as_of, scope)
    until = at.today + timedelta(days=days - 1)
    wanted = requests.open_needs(as_of, until, scope.path if scope else "")
    return Needs(merge(forecast.expected, wanted, at.today), forecast.backtest)


def with_codes(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with codes in place of the platform's numbers."""
    for name, known in (("site", catalogue.sites()), ("resource", catalogue.resources())):
        if name in rows.columns:
            codes = dict(known.values_list("id", "code"))
            named = pl.col(name).replace_strict(codes, default=None, return_dtype=pl.String)
            rows = rows.with_columns(named.alias(name))
    return rows


def _check_days(days: int) -> None:
    if not 1 <= days <= DAYS_MAX:
        raise InvalidError(
            gettext("Ask for 1 to %(days_max)s days, not %(days)s.")
            % {"days_max": DAYS_MAX, "days": days},
            code="bad-days",
        )
