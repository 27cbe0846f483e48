"""Every figure against plain addition, report by report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError
from sampan_platform.count import selectors
from sampan_platform.count.measures import MEASURES
from sampan_platform.count.periods import cut
from tests.platform.count_world import FILED_AT, Row, assign, file, many, plain

DECEMBER = date(2019, 12, 25)
ASKED = [
    # spans that cross years, begin and end within months and weeks, or do not
    (date(2019, 12, 20), date(2020, 3, 10), "total"),
    (date(2020, 1, 5), date(2020, 1, 25), "total"),
    (date(2020, 1, 1), date(2020, 2, 29), "total"),
    (date(2020, 1, 28), date(2020, 2, 3), "day"),
    (date(2019, 12, 20), date(2020, 3, 10), "week"),
    (date(2020, 1, 10), date(2020, 3, 31), "month"),
    (date(2019, 12, 1), date(2020, 2, 29), "quarter"),
    (date(2019, 12, 1), date(2020, 3, 31), "year"),
]
GROUPS: dict[tuple[str, ...], Callable[[Row], tuple[str | None, ...]]] = {
    (): lambda row: (),
    ("site",): lambda row: (row.site,),
    ("country",): lambda row: ("VN" if row.site == "H2" else "CN",),
    ("organisation:province", "resource"): lambda row: (
        None if row.site == "H2" else "cn-hb",
        row.resource,
    ),
    ("organisation:2", "class", "sub_class"): lambda row: (
        "vn" if row.site == "H2" else "cn",
        *(("masks", "surgical") if row.resource == "mask" else ("suits", None)),
    ),
}


@pytest.mark.parametrize("by", GROUPS)
@pytest.mark.parametrize("measure", [code for code in MEASURES if code != "reporting_rate"])
def test_every_figure_is_what_adding_one_by_one_gives(world, measure, by) -> None:
    """By whatever place, class and period, whichever roll-up answers: value and reports agree."""
    rows = many(1, world.sites, list(world.resources), DECEMBER, 70)
    file(world, rows)
    groups: dict[tuple[str | None, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(GROUPS[by](row), []).append(row)
    compared = 0
    for since, until, grain in ASKED:
        found = selectors.statistics(
            world.users["ana"], measure, since=since, until=until, by=by, grain=grain
        )
        figures = {(tuple(row[name] for name in by), row["period"]): row for row in found.figures()}
        assert len(figures) == len(found.frame)
        for group, those in groups.items():
            for period in cut(since, until, grain):
                expected, reports = plain(measure)(those, period.span.since, period.span.until)
                figure = figures.pop((group, period.label), {"value": None, "reports": 0})
                place = (since, until, group, period.label)
                value = None if figure["value"] is None else float(figure["value"])
                assert figure["reports"] == reports, place
                assert value == (None if expected is None else pytest.approx(expected)), place
                compared += reports > 0
        assert not figures
    assert compared > 8 * len(groups)


def test_another_window_of_use_than_the_usual(world) -> None:
    """Use of 10, 10 and 40 a day: 20 over three days, 40 over one; stock of 100 lasts 5 or 2.5."""
    file(
        world,
        [
            Row("H1", "mask", date(2020, 2, day), {"used": used, "stock": 100})
            for day, used in ((1, 10), (2, 10), (3, 40))
        ],
    )

    def cover(window: int) -> float:
        found = selectors.statistics(
            world.users["hua"], "days_of_cover", since=date(2020, 2, 3), until=date(2020, 2, 3),
            window_days=window,
        )  # fmt: skip
        return found.figures()[0]["value"]

    assert (cover(1), cover(3), cover(14)) == (2.5, 5.0, 5.0)
    with pytest.raises(InvalidError, match="1 to 366"):
        cover(0)


def test_a_snapshot_is_never_summed_over_time(world) -> None:
    """Stock of 5, 7 and nothing on three days is 7 in all, on one report of one site."""
    file(
        world,
        [
            Row("W1", "mask", date(2020, 2, day), {"stock": stock, "output": 1})
            for day, stock in ((1, 5), (2, 7), (3, None))
        ],
    )
    figure = _one(world, "stock", date(2020, 2, 1), date(2020, 2, 29))
    assert (figure["value"], figure["reports"], figure["unit"]) == (7, 1, "piece")


def test_a_site_that_stops_reporting_does_not_count_for_ever(world) -> None:
    """Its last stock counts in the month in which it stated it, and is gone in the next."""
    file(
        world,
        [
            Row("W1", "mask", date(2020, 1, 20), {"stock": 100}),
            Row("H1", "mask", date(2020, 1, 31), {"stock": 3}),
            Row("H1", "mask", date(2020, 2, 28), {"stock": 4}),
        ],
    )
    found = selectors.statistics(
        world.users["ana"], "stock", since=date(2020, 1, 1), until=date(2020, 3, 31),
        grain="month",
    )  # fmt: skip
    assert found.frame["value"].to_list() == [103, 4, None]
    assert found.frame["reports"].to_list() == [2, 1, 0]


def test_zero_is_not_missing(world) -> None:
    """A stated zero is a figure on one report; nothing stated is null on none."""
    file(
        world,
        [
            Row("F1", "mask", date(2020, 2, 1), {"output": 0, "effective_capacity": 0}),
            Row("H1", "mask", date(2020, 2, 1), {"used": 5}),
        ],
    )
    day = date(2020, 2, 1)
    assert _one(world, "output", day, day)["value"] == 0
    assert _one(world, "output", day, day)["reports"] == 1
    nothing = _one(world, "output", date(2020, 3, 1), date(2020, 3, 1))
    assert (nothing["value"], nothing["reports"]) == (None, 0)
    assert _one(world, "utilisation", day, day)["value"] is None  # never infinite
    assert _one(world, "utilisation", day, day)["reports"] == 1


def test_units_never_mix(world) -> None:
    """Masks in pieces and gas in tonnes stand apart, in totals, shares and ranks."""
    suit = world.resources["suit"]
    suit.unit = "tonne"
    suit.save()
    file(
        world,
        [
            Row("F1", "mask", date(2020, 2, 1), {"output": 30}),
            Row("W1", "mask", date(2020, 2, 1), {"output": 10}),
            Row("F1", "suit", date(2020, 2, 1), {"output": Decimal("2.5")}),
        ],
    )
    found = selectors.statistics(
        world.users["ana"], "output", by=["site"], since=date(2020, 2, 1),
        until=date(2020, 2, 1), compare=["share", "rank"],
    )  # fmt: skip
    assert [
        (row["site"], row["unit"], row["value"], row["share"], row["rank"])
        for row in found.figures()
    ] == [
        ("F1", "piece", 30, 0.75, 1),
        ("F1", "tonne", Decimal("2.5"), 1.0, 1),
        ("W1", "piece", 10, 0.25, 2),
    ]


def test_quantities_are_exact_however_large(world) -> None:
    """The largest quantities that a report may state add up to the last thousandth."""
    most = Decimal(9000000000000)
    small = Decimal("0.001")
    file(
        world,
        [
            Row(site, resource, date(2020, 1, day), {"output": most, "stock": most})
            for site in ("F1", "W1", "H1")
            for resource in world.resources
            for day in range(1, 32)
        ]
        + [Row("H1", "mask", date(2020, 2, 1), {"output": small, "stock": small})],
    )
    for by in ((), ("site",)):
        found = selectors.statistics(
            world.users["ana"], "output", by=by, since=date(2020, 1, 1), until=date(2020, 2, 1)
        )
        assert sum(found.frame["value"].to_list()) == 3 * 2 * 31 * most + small


def test_reporting_rate_and_coverage(world) -> None:
    """Of 2 × 10 reports due 6 came: 30 %; the province is complete to 6 in 10, the other not."""
    assign(world, "F1", "mask", date(2020, 2, 1))
    assign(world, "H2", "mask", date(2020, 1, 1), date(2020, 2, 10))
    file(world, [Row("F1", "mask", date(2020, 2, day), {"output": 0}) for day in range(1, 7)])
    with clock.at(FILED_AT):
        span = {"since": date(2020, 2, 1), "until": date(2020, 2, 10)}
        rate = _one(world, "reporting_rate", **span)
        assert (rate["value"], rate["reports"], rate["coverage"]) == (0.3, 6, 0.3)
        by_country = selectors.statistics(
            world.users["ana"], "reporting_rate", by=["country"], compare=["rank"], **span
        )
        assert [
            (row["country"], row["value"], row["reports"], row["rank"])
            for row in by_country.figures()
        ] == [("CN", 0.6, 6, 1), ("VN", 0.0, 0, 2)]
        assert _one(world, "output", **span)["coverage"] == 0.3


def test_reports_are_due_only_while_in_use_and_up_to_today(world) -> None:
    """Not after the site, its owner or the resource is retired, nor tomorrow."""
    assign(world, "F1", "mask", date(2021, 12, 20))
    assign(world, "H1", "mask", date(2021, 12, 20))
    file(world, [Row("F1", "mask", date(2021, 12, day), {"output": 1}) for day in range(20, 32)])
    world.sites["H1"].retired_from = date(2021, 12, 22)
    world.sites["H1"].save()
    with clock.at(FILED_AT):  # 1 January 2022
        found = selectors.statistics(
            world.users["ana"], "reporting_rate", by=["site"], since=date(2021, 12, 20),
            until=date(2022, 1, 31),
        )  # fmt: skip
    assert [(row["site"], row["value"]) for row in found.figures()] == [
        ("F1", 12 / 13),
        ("H1", 0.0),
    ]


def test_an_assignment_that_ends_is_noticed(world) -> None:
    """Assignments are kept in memory, and read again as soon as one changes."""
    assign(world, "F1", "mask", date(2020, 2, 1))
    file(world, [Row("F1", "mask", date(2020, 2, 1), {"output": 0})])
    span = {"since": date(2020, 2, 1), "until": date(2020, 2, 4)}
    with clock.at(FILED_AT):
        assert _one(world, "reporting_rate", **span)["value"] == 0.25
        from django.apps import apps

        apps.get_model("collect", "Assignment").objects.update(to_day=date(2020, 2, 2))
        assert _one(world, "reporting_rate", **span)["value"] == 0.5


def _one(world, measure: str, since: date, until: date) -> dict:
    found = selectors.statistics(world.users["ana"], measure, since=since, until=until)
    (figure,) = found.figures()
    return figure


def test_who_reported_lately_is_expected_to_go_on(world) -> None:
    """Without any assignment: 2 reports of 9 days, the two and a week; a third makes it 3 of 10.

    What is due is kept in memory; the next report that is filed makes it be read again.
    """
    span = {"since": date(2020, 2, 1), "until": date(2020, 2, 29)}
    with clock.at(FILED_AT):
        file(world, [Row("F1", "mask", date(2020, 2, day), {"output": 1}) for day in (1, 2)])
        assert _one(world, "reporting_rate", **span)["value"] == 2 / 9
        file(world, [Row("F1", "mask", date(2020, 2, 3), {"output": 1})])
        assert _one(world, "reporting_rate", **span)["value"] == 3 / 10
        assert _one(world, "output", **span)["coverage"] == 3 / 10
