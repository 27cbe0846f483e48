"""What is expected, until when, what came and who is chased; the latest figures."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from sampan_platform.collect import selectors, services
from sampan_platform.collect.models import Assignment, Stretch
from sampan_platform.common import clock
from sampan_platform.common.errors import ForbiddenError, InvalidError, NotFoundError
from tests.platform.collecting import EVENING, TODAY, file, row

pytestmark = pytest.mark.django_db
BEFORE = TODAY - timedelta(1)


def names(world, found) -> set[tuple[str, str]]:
    sites = {site.pk: code for code, site in world.sites.items()}
    resources = {one.pk: code for code, one in world.resources.items()}
    return {(sites[one.site], resources[one.resource]) for one in found}


def assign(world, site: str, resource: str = "mask", since: date = TODAY, until: date | None = None,
           user: str = "chen") -> Assignment:  # fmt: skip
    with clock.at(EVENING):
        return services.assign(site, resource, since, until, actor=world.users[user])


def test_who_reported_lately_is_expected_to_go_on(world) -> None:
    """For seven days after the last report; then the place has fallen silent."""
    file(world, row(day=TODAY - timedelta(10), output=1))
    assert names(world, selectors.due(TODAY - timedelta(3))) == {("F1", "mask")}
    assert names(world, selectors.due(TODAY - timedelta(2))) == set()
    assert names(world, selectors.due(TODAY - timedelta(11))) == set()


def test_an_assignment_is_expected_until_it_ends(world) -> None:
    """From its first to its last day, whatever was reported before."""
    assign(world, "H1", since=BEFORE, until=TODAY)
    days = [BEFORE - timedelta(1), BEFORE, TODAY, TODAY + timedelta(1)]
    assert [len(selectors.due(day)) for day in days] == [0, 1, 1, 0]


def test_an_assignment_that_has_ended_excuses_who_reported_lately(world) -> None:
    """What was said on purpose counts more than what was done by habit."""
    file(world, row(day=BEFORE, output=1))
    assert len(selectors.due(TODAY)) == 1
    assign(world, "F1", since=BEFORE, until=BEFORE)
    assert len(selectors.due(TODAY)) == 0
    assert len(selectors.due(BEFORE)) == 1


def test_what_is_retired_is_not_expected(world) -> None:
    """Nor chased."""
    file(world, row(day=BEFORE, output=1), row(resource="suit", day=BEFORE, stock=1))
    world.resources["mask"].retired_from = TODAY
    world.resources["mask"].save()
    assert names(world, selectors.due(TODAY)) == {("F1", "suit")}
    assert {row[1] for row in selectors.due_spans(TODAY, TODAY)} == {world.resources["suit"].pk}


def test_deadlines_are_inherited_and_local(world) -> None:
    """Ten in the morning of the next day, in Wuhan and in Hanoi; a hospital has its own."""
    world.organisations["jinyintan"].report_deadline = time(18)
    world.organisations["jinyintan"].save()
    for site in ("F1", "H1", "H2"):
        assign(world, site, user="lan" if site == "H2" else "chen")
    sites = {site.pk: code for code, site in world.sites.items()}
    until = {sites[one.site]: one.deadline.astimezone(UTC) for one in selectors.due(TODAY)}
    assert until == {
        "F1": datetime(2020, 2, 11, 2, tzinfo=UTC),
        "H1": datetime(2020, 2, 11, 10, tzinfo=UTC),
        "H2": datetime(2020, 2, 11, 3, tzinfo=UTC),
    }


def test_who_is_to_be_chased(world) -> None:
    """What is due and has not come, with the deadline, the last report and whom to call."""
    file(world, row(day=BEFORE, output=1), row(resource="suit", day=BEFORE, output=1))
    file(world, row(output=1))
    assign(world, "H1")
    with clock.at(EVENING):
        found = selectors.missing(world.users["chen"], TODAY)
    assert [(one.site, one.resource, one.late, one.last_day, one.reporters) for one in found] == [
        ("H1", "mask", False, None, ("hua",)),
        ("F1", "suit", False, BEFORE, ("rui",)),
    ]
    with clock.at(datetime(2020, 2, 11, 2, 0, 1, tzinfo=UTC)):
        assert all(one.late for one in selectors.missing(world.users["chen"], TODAY))
        assert [one.site for one in selectors.missing(world.users["hua"], TODAY)] == ["H1"]
        assert selectors.missing(world.users["lan"], TODAY) == []


def test_the_reporting_rate_counts_what_came_and_what_came_in_time(world) -> None:
    """A correction after the deadline does not make a report late."""
    late = datetime(2020, 2, 11, 2, 0, 1, tzinfo=UTC)
    assign(world, "H1")
    file(world, row(output=1))
    file(world, row(output=2), at=late)
    file(world, row(resource="suit", output=1), at=late)
    rate = selectors.rate(world.users["chen"], TODAY)
    assert (rate.due, rate.came, rate.in_time, rate.rate) == (3, 2, 1, 2 / 3)
    assert selectors.rate(world.users["lan"], TODAY).rate is None


def test_due_spans_do_not_overlap_and_stretches_join(world) -> None:
    """A gap of a week is bridged, a longer one is not; filing the gap joins the stretches."""
    days = [date(2020, 1, 1), date(2020, 1, 8), date(2020, 1, 20)]
    file(world, *(row(day=day, output=1) for day in days))
    spans = [one[2:] for one in sorted(selectors.due_spans(date(2019, 12, 1), TODAY))]
    assert spans == [(date(2020, 1, 1), date(2020, 1, 15)), (date(2020, 1, 20), date(2020, 1, 27))]
    file(world, row(day=date(2020, 1, 14), output=1))
    assert list(Stretch.objects.values_list("since", "until")) == [
        (date(2020, 1, 1), date(2020, 1, 20))
    ]
    before = list(Stretch.objects.values_list("site", "resource", "since", "until"))
    assert services.rebuild_stretches() == 1
    assert list(Stretch.objects.values_list("site", "resource", "since", "until")) == before


def test_assignments_are_for_coordinators(world) -> None:
    """A reporter cannot excuse itself, and nobody assigns what they do not see."""
    with pytest.raises(ForbiddenError):
        assign(world, "F1", user="rui")
    with pytest.raises(NotFoundError):
        assign(world, "H2")
    with pytest.raises(InvalidError, match="is before"):
        assign(world, "F1", since=TODAY, until=BEFORE)
    assert not Assignment.objects.exists()


def test_the_latest_figures_are_those_known_at_that_moment(world) -> None:
    """10 said on the first evening, 12 on the next, 13 on the third; withdrawn on the fourth."""
    evenings = [EVENING + timedelta(days=days) for days in range(4)]
    for evening, stock in zip(evenings, (10, 12, 13, "withdrawn"), strict=True):
        file(world, row(stock=stock, need=5), at=evening)
    key = (world.sites["F1"].pk, world.resources["mask"].pk)
    before = EVENING - timedelta(hours=1)
    assert selectors.latest(before) == {}
    for evening, stock in zip(evenings, (10, 12, 13), strict=False):
        known = selectors.latest(evening + timedelta(hours=1))[key]
        assert (known.values["stock"], known.values["need"]) == (stock, 5)
    assert set(selectors.latest(evenings[3])[key].values) == {"need"}


def test_the_latest_figures_are_those_stated_last_each_for_itself(world) -> None:
    """Stock of yesterday and capacity of the day before; a zero counts, an empty cell does not."""
    file(world, row(day=BEFORE - timedelta(1), effective_capacity=100, stock=9, need=3))
    file(world, row(day=BEFORE, stock=0))
    file(world, row(output=7))
    late = EVENING + timedelta(hours=1)
    file(world, row("W1", stock=5), user="chen", at=late)
    found = selectors.latest(EVENING)
    (one,) = found.values()
    assert (one.values["stock"], one.days["stock"]) == (0, BEFORE)
    assert (one.values["effective_capacity"], one.values["need"]) == (100, 3)
    assert len(selectors.latest(late)) == 2
    (other,) = selectors.latest(late, [world.sites["W1"].pk]).values()
    assert other.values["stock"] == 5


def test_lists_take_a_bounded_number_of_queries(world, django_assert_max_num_queries) -> None:
    """However many reports there are."""
    pairs = [(site, kind) for site in ("F1", "W1", "H1") for kind in ("mask", "suit")]
    file(world, *(row(*pair, BEFORE, stock=1) for pair in pairs), user="chen")
    chen = world.users["chen"]
    with clock.at(EVENING), django_assert_max_num_queries(14):
        assert len(selectors.missing(chen, TODAY)) == 6
    with clock.at(EVENING), django_assert_max_num_queries(12):
        assert selectors.rate(chen, BEFORE).came == 6
    with django_assert_max_num_queries(4):
        assert len(selectors.latest(EVENING)) == 6
    with django_assert_max_num_queries(2):
        assert [one.site.code for one in selectors.reports(chen, flag="", resources=["mask"])] == [
            "F1",
            "H1",
            "W1",
        ]


def test_a_flag_finds_its_reports(world) -> None:
    """Those to look at, on both databases."""
    file(world, row(effective_capacity=1, output=2), row(resource="suit", output=2))
    found = selectors.reports(world.users["chen"], flag="output-above-capacity")
    assert [one.resource.code for one in found] == ["mask"]
