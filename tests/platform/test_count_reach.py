"""Statistics are of what a person may see, whichever roll-up answers."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sampan_platform.common.errors import NotFoundError
from sampan_platform.count import selectors, services
from sampan_platform.count.measures import MEASURES
from sampan_platform.count.scope import Filters
from sampan_platform.people import services as people
from tests.platform.count_world import Row, assign, file

DAY = date(2020, 2, 5)
STATED = {
    "F1": {"output": 100, "effective_capacity": 200, "stock": 10, "used": 1},
    "W1": {"output": 10, "effective_capacity": 10, "stock": 40, "used": 1},
    "H1": {"output": 1, "effective_capacity": 1, "stock": 5, "used": 3},
    "H2": {"output": 1000, "effective_capacity": 1000, "stock": 7000, "used": 7},
}


@pytest.fixture
def reported(world):
    """Every site reports masks on one day."""
    file(world, [Row(site, "mask", DAY, values) for site, values in STATED.items()])
    return world


def _value(world, user: str, measure: str, **more) -> object:
    span = {"since": DAY, "until": DAY} | more
    return selectors.statistics(world.users[user], measure, **span).figures()[0]["value"]


@pytest.mark.parametrize(
    ("user", "output", "stock"),
    [("ana", 1111, 7055), ("chen", 111, 55), ("lan", 1000, 7000), ("rui", 100, 10)],
)
def test_totals_are_of_what_one_may_see(reported, user, output, stock) -> None:
    """Region, province, another country, one enterprise: by day, week, month and odd spans."""
    for since, until in (
        (DAY, DAY),
        (date(2020, 2, 3), date(2020, 2, 9)),
        (date(2020, 2, 1), date(2020, 2, 29)),
        (date(2020, 1, 17), date(2020, 3, 3)),
        (date(2020, 1, 1), date(2020, 12, 31)),
    ):
        assert _value(reported, user, "output", since=since, until=until) == output
        assert _value(reported, user, "stock", since=since, until=until) == stock


def test_sites_of_different_owners_in_one_block(reported) -> None:
    """F1, W1 and H1 share a block of the roll-up; their reporters see their own alone."""
    from sampan_platform.count.models import Slot

    blocks = set(Slot.objects.exclude(site__code="H2").values_list("block", flat=True))
    assert len(blocks) == 1
    for measure in ("output", "stock", "utilisation", "days_of_cover"):
        seen = _value(reported, "rui", measure)
        expected = {"output": 100, "stock": 10, "utilisation": 0.5, "days_of_cover": 10}[measure]
        assert seen == expected


def test_a_share_is_of_what_one_may_see(reported) -> None:
    """Of Hubei's output the factory made 100 in 111, whatever Viet Nam made."""
    found = selectors.statistics(
        reported.users["chen"], "output", by=["site"], since=DAY, until=DAY, compare=["share"]
    )
    shares = {row["site"]: row["share"] for row in found.figures()}
    assert shares == {
        "F1": pytest.approx(100 / 111),
        "W1": pytest.approx(10 / 111),
        "H1": pytest.approx(1 / 111),
    }


def test_who_may_see_nothing_gets_nothing(reported) -> None:
    """No role, or a closed account: no figure, no site's name."""
    nobody = people.create_user("nobody")
    for by in ((), ("site",)):
        found = selectors.statistics(nobody, "output", by=by, since=DAY, until=DAY)
        assert found.figures() == []
    ana = reported.users["ana"]
    ana.is_active = False
    assert not len(selectors.statistics(ana, "output", by=["site"], since=DAY, until=DAY).frame)


@pytest.mark.parametrize(
    ("filters", "output"),
    [
        (Filters(organisation="cn-hb"), 111),
        (Filters(organisation="asean-plus"), 1111),
        (Filters(countries=["VN"]), 1000),
        (Filters(countries=["VN", "CN"]), 1111),
        (Filters(sites=["W1", "H2"]), 1010),
        (Filters(classes=["masks"]), 1111),
        (Filters(classes=["surgical"], sites=["H1"]), 1),
        (Filters(resources=["mask"]), 1111),
        (Filters(classes=["suits"]), None),
        (Filters(regions=["CN-HB"]), None),
    ],
)
def test_filters(reported, filters, output) -> None:
    """By organisation, country, region, site, class and resource."""
    found = selectors.statistics(
        reported.users["ana"], "output", since=DAY, until=DAY, filters=filters
    ).figures()
    assert [row["value"] for row in found] in ([output], [] if output is None else [output])


def test_what_one_may_not_see_does_not_exist(reported) -> None:
    """A filter by another's site or by an unknown code is told apart from nothing reported."""
    for filters, words in (
        (Filters(sites=["H2"]), "no site H2"),
        (Filters(sites=["X9"]), "no site X9"),
        (Filters(resources=["gas"]), "no resource gas"),
        (Filters(classes=["gases"]), "no class gases"),
        (Filters(organisation="mars"), "no organisation mars"),
        (Filters(organisation="vn"), "no organisation vn"),
    ):
        with pytest.raises(NotFoundError, match=words):
            selectors.statistics(
                reported.users["chen"], "output", since=DAY, until=DAY, filters=filters
            )


def test_an_organisation_above_ones_own_is_cut_to_what_one_sees(reported) -> None:
    """A coordinator of Hubei who asks for China gets Hubei."""
    assert _value(reported, "chen", "output", filters=Filters(organisation="cn")) == 111


@pytest.mark.parametrize("measure", MEASURES)
def test_a_statistic_costs_a_fixed_number_of_queries(
    reported, measure, django_assert_max_num_queries
) -> None:
    """Whatever the span, the dimensions and the comparisons: no query per row, group or period."""
    assign(reported, "F1", "mask", DAY)
    services.refresh()
    snapshot = measure in ("stock", "nominal_capacity", "effective_capacity", "days_of_cover")
    compare = ["year_on_year", "period_on_period", "rank"] + ([] if snapshot else ["year_to_date"])
    for by, since, until, grain in (
        (["site", "resource"], date(2019, 1, 9), date(2020, 12, 20), "month"),
        (["organisation:province", "class"], date(2020, 1, 6), date(2020, 3, 20), "day"),
        ([], date(2020, 1, 1), date(2020, 12, 31), "week"),
    ):
        with django_assert_max_num_queries(20):
            selectors.statistics(
                reported.users["ana"], measure, by=by, since=since, until=until, grain=grain,
                compare=compare, filters=Filters(organisation="asean-plus", classes=["masks"]),
            )  # fmt: skip


def _labels(world, user: str, by: str) -> dict[object, object]:
    found = selectors.statistics(world.users[user], "output", since=DAY, until=DAY, by=[by])
    return {row[by]: row["value"] for row in found.figures()}


def test_what_changes_in_the_catalogue_is_seen_at_once(reported) -> None:
    """What is kept in memory between two questions is never older than the database."""
    site, mask = reported.sites["F1"], reported.resources["mask"]
    assert _labels(reported, "ana", "site")["F1"] == 100
    type(site).objects.filter(pk=site.pk).update(code="F1b", country="VN")
    assert "F1" not in _labels(reported, "ana", "site")
    assert _labels(reported, "ana", "site")["F1b"] == 100
    assert _labels(reported, "ana", "country")["VN"] == 1100
    type(mask).objects.filter(pk=mask.pk).update(code="mask-2", unit="box")
    assert _labels(reported, "ana", "resource") == {"mask-2": 1111}
    group = mask.resource_class
    type(group).objects.filter(pk=group.pk).update(code="masks-2")
    assert "masks-2" in set(_labels(reported, "ana", "class")) | set(
        _labels(reported, "ana", "sub_class")
    )
    owner = site.organisation
    type(owner).objects.filter(pk=owner.pk).update(code="owner-2")
    assert _labels(reported, "ana", "organisation")["owner-2"] == 100


def test_what_one_may_see_is_asked_every_time(reported) -> None:
    """A role that is given or taken away counts from the next question on."""
    rui, place = reported.users["rui"], reported.organisations["cn-hb"]
    assert _value(reported, "rui", "output") == 100
    people.give_role(rui, place, "analyst")
    assert _value(reported, "rui", "output") == 111
    people.take_role(rui, place, "analyst")
    assert _value(reported, "rui", "output") == 100


def test_a_second_question_reads_no_sites_on_postgresql(reported) -> None:
    """What has not changed is not read again; on SQLite it is, which costs little there."""
    _labels(reported, "ana", "site")
    with CaptureQueriesContext(connection) as queries:
        _labels(reported, "ana", "site")
    reading = [one for one in queries if 'FROM "catalogue_site"' in one["sql"]]
    with_print = [one for one in reading if "xmin" in one["sql"]]
    if connection.vendor == "postgresql":
        assert len(with_print) == 1
        assert all("SUM(" in one["sql"] for one in reading)
    else:
        assert not with_print
        assert any('"catalogue_site"."code"' in one["sql"] for one in reading)
