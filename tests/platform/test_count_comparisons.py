"""Year on year, period on period, year to date, share and rank; and published official figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from sampan_platform.catalogue.models import Resource, ResourceClass
from sampan_platform.common.errors import InvalidError
from sampan_platform.count import selectors
from sampan_platform.count.periods import Span, cut
from tests.platform.count_world import Row, file

PUBLISHED = {
    # first half of 2021, cross-border e-commerce, 亿元: figure and 同比 in percent
    "total": (8867, 28.6),
    "exports": (6036, 44.1),
    "imports": (2831, 4.6),
}


def test_published_official_figures_come_back(world) -> None:
    """From reports whose sums are the figures and the bases that their growth implies.

    China's customs, first half of 2021, 亿元: 8867 in all (+28.6 %), exports 6036 (+44.1 %),
    imports 2831 (+4.6 %). The bases are filed in six monthly parts by two sites; figures,
    growth, sums and shares must all come back.
    """
    trade = ResourceClass.objects.create(code="trade", name_en="E-commerce", name_zh="跨境电商")
    for code in ("exports", "imports"):
        world.resources[code] = Resource.objects.create(
            code=code, name_en=code, resource_class=trade, unit="亿元"
        )
        value, growth = PUBLISHED[code]
        base = (value / (1 + Decimal(str(growth)) / 100)).quantize(Decimal("0.001"))
        file(world, [*_in_parts(code, 2021, Decimal(value)), *_in_parts(code, 2020, base)])
    half = {"since": date(2021, 1, 1), "until": date(2021, 6, 30)}
    ana = world.users["ana"]

    total = selectors.statistics(ana, "output", by=["class"], compare=["year_on_year"], **half)
    (figure,) = total.figures()
    assert (figure["class"], figure["value"], figure["unit"]) == ("trade", 8867, "亿元")
    assert round(100 * figure["year_on_year"], 1) == 28.6
    assert (figure["reports"], figure["year_on_year_base_reports"]) == (24, 24)

    parts = selectors.statistics(
        ana, "output", by=["resource"], compare=["year_on_year", "share", "rank"], **half
    )
    by_code = {row["resource"]: row for row in parts.figures()}
    for code in ("exports", "imports"):
        value, growth = PUBLISHED[code]
        assert by_code[code]["value"] == value
        assert round(100 * by_code[code]["year_on_year"], 1) == growth
        assert by_code[code]["share"] == pytest.approx(value / 8867)
    assert sum(row["value"] for row in by_code.values()) == 8867
    assert sum(row["share"] for row in by_code.values()) == pytest.approx(1)
    assert sum(row["year_on_year_base"] for row in by_code.values()) == figure["year_on_year_base"]
    assert (by_code["exports"]["rank"], by_code["imports"]["rank"]) == (1, 2)

    months = selectors.statistics(
        ana, "output", by=["class"], grain="month", compare=["year_to_date", "year_on_year"], **half
    )
    june = months.figures()[-1]
    assert (june["period"], june["year_to_date"]) == ("2021-06", 8867)
    assert round(100 * june["year_to_date_year_on_year"], 1) == 28.6


def _in_parts(code: str, year: int, total: Decimal) -> list[Row]:
    """Six months at two sites, uneven, that add up to the total."""
    weights = [(month + place) for month in range(1, 7) for place in (0, 3)]
    parts = [(total * weight / sum(weights)).quantize(Decimal("0.001")) for weight in weights]
    parts[-1] += total - sum(parts)
    places = [(month, site) for month in range(1, 7) for site in ("F1", "H2")]
    return [
        Row(site, code, date(year, month, 28), {"output": part})
        for (month, site), part in zip(places, parts, strict=True)
    ]


def test_changes_from_month_to_month(world) -> None:
    """100 in January, 150 in February (+50 %), nothing said in March, 0 in April, 30 in May."""
    monthly = {1: 100, 2: 150, 4: 0, 5: 30}
    file(world, [Row("F1", "mask", date(2020, m, 15), {"output": v}) for m, v in monthly.items()])
    found = selectors.statistics(
        world.users["ana"], "output", since=date(2020, 1, 1), until=date(2020, 5, 31),
        grain="month", compare=["period_on_period", "year_on_year", "year_to_date", "rank"],
    ).frame  # fmt: skip
    assert found["period_on_period"].to_list() == [None, 0.5, None, None, None]
    assert found["period_on_period_base"].to_list() == [None, 100, 150, None, 0]
    assert found["period_on_period_base_reports"].to_list() == [0, 1, 1, 0, 1]
    assert found["year_on_year"].null_count() == 5
    assert found["year_to_date"].to_list() == [100, 250, 250, 250, 280]
    assert found["year_to_date_reports"].to_list() == [1, 2, 2, 3, 4]
    assert found["rank"].to_list() == [1, 1, None, 1, 1]


def test_rates_change_by_points(world) -> None:
    """Utilisation from 50 % to 60 % is ten points up, not twenty percent."""
    file(
        world,
        [
            Row("F1", "mask", date(2020, 2, day), {"output": made, "effective_capacity": 100})
            for day, made in ((1, 50), (2, 60))
        ],
    )
    found = selectors.statistics(
        world.users["ana"], "utilisation", since=date(2020, 2, 2), until=date(2020, 2, 2),
        by=["day"], compare=["period_on_period"],
    ).figures()  # fmt: skip
    assert found[0]["value"] == 0.6
    assert found[0]["period_on_period"] == pytest.approx(0.1)
    assert found[0]["period_on_period_base"] == 0.5


def test_ranks_of_equals(world) -> None:
    """Two firsts are followed by a third; who stated nothing has no rank."""
    made = {"F1": 5, "W1": 5, "H1": 3, "H2": None}
    file(
        world,
        [Row(site, "mask", date(2020, 2, 1), {"output": v, "stock": 1}) for site, v in made.items()]
        + [Row("H2", "mask", date(2020, 2, 2), {"output": 1})],
    )
    found = selectors.statistics(
        world.users["ana"], "output", since=date(2020, 2, 1), until=date(2020, 2, 2),
        by=["site"], grain="day", compare=["rank"],
    ).figures()  # fmt: skip
    first = {row["site"]: row["rank"] for row in found if row["period"] == "2020-02-01"}
    assert first == {"F1": 1, "W1": 1, "H1": 3, "H2": None}


def test_what_makes_no_sense_is_refused(world) -> None:
    """With what to do instead; never a figure that means nothing."""
    span = {"since": date(2020, 1, 1), "until": date(2020, 1, 31)}
    for measure, more, words in (
        ("stock", {"compare": ["year_to_date"]}, "not added up over days"),
        ("utilisation", {"compare": ["share"]}, "do not add up"),
        ("output", {"compare": ["better"]}, "Choose from year_on_year"),
        ("turnover", {}, "Choose one of output"),
        ("output", {"by": ["planet"]}, "Choose from site"),
        ("output", {"by": ["site", "site"]}, "named twice"),
        ("output", {"by": ["day", "month"]}, "one grain"),
        ("output", {"grain": "fortnight"}, "Choose one of total"),
        ("output", {"by": ["organisation:0"]}, "1 is the top"),
    ):
        with pytest.raises(InvalidError, match=words):
            selectors.statistics(world.users["ana"], measure, **span, **more)
    with pytest.raises(InvalidError, match="Swap them"):
        selectors.statistics(
            world.users["ana"], "output", since=date(2020, 2, 1), until=date(2020, 1, 1)
        )
    with pytest.raises(InvalidError, match="figures"):
        selectors.statistics(
            world.users["ana"], "output", since=date(1950, 1, 1), until=date(2199, 1, 1),
            by=["site", "day"],
        )  # fmt: skip


def _spans(since: date, until: date, grain: str) -> list[tuple[str, Span | None, Span]]:
    return [
        (period.label, period.year_before, period.period_before)
        for period in cut(since, until, grain)
    ]


def test_what_periods_are_compared_with() -> None:
    """Whole periods with whole ones, parts with the same part; nothing where there is none."""
    assert _spans(date(2021, 1, 1), date(2021, 6, 30), "total") == [
        (
            "2021-01-01/2021-06-30",
            Span(date(2020, 1, 1), date(2020, 6, 30)),
            Span(date(2020, 7, 1), date(2020, 12, 31)),
        )
    ]
    assert _spans(date(2021, 3, 1), date(2021, 3, 10), "month") == [
        (
            "2021-03",
            Span(date(2020, 3, 1), date(2020, 3, 10)),
            Span(date(2021, 2, 1), date(2021, 2, 10)),
        )
    ]
    assert _spans(date(2021, 2, 1), date(2021, 2, 28), "month") == [
        (
            "2021-02",
            Span(date(2020, 2, 1), date(2020, 2, 29)),
            Span(date(2021, 1, 1), date(2021, 1, 31)),
        )
    ]
    assert _spans(date(2020, 2, 29), date(2020, 2, 29), "day") == [
        ("2020-02-29", None, Span(date(2020, 2, 28), date(2020, 2, 28)))
    ]
    assert _spans(date(2020, 12, 28), date(2021, 1, 3), "week") == [
        ("2020-W53", None, Span(date(2020, 12, 21), date(2020, 12, 27)))
    ]
    assert _spans(date(2021, 1, 4), date(2021, 1, 10), "week") == [
        (
            "2021-W01",
            Span(date(2019, 12, 30), date(2020, 1, 5)),
            Span(date(2020, 12, 28), date(2021, 1, 3)),
        )
    ]
