"""Expected use: the method by hand, its interval, and its back-test."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from sampan_platform.analyse.use import UseParameters, expected_use

LAST = date(2020, 2, 9)


def history(*series: list[float | None], last: date = LAST) -> pl.DataFrame:
    """One series a site, of resource 1; the last value falls on `last`; None: not stated."""
    rows = [
        (site, 1, last - timedelta(days=len(values) - 1 - at), value)
        for site, values in enumerate(series, start=1)
        for at, value in enumerate(values)
        if value is not None
    ]
    schema = {"site": pl.Int64, "resource": pl.Int64, "day": pl.Date, "quantity": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def ahead(values: list[float | None], days: int = 3, **parameters) -> list[float]:
    chosen = UseParameters(**parameters)
    made = expected_use(history(values), LAST, days, chosen)
    return made.expected["quantity"].round(6).to_list()


def test_steady_use_goes_on() -> None:
    """Ten a day for a week: ten a day."""
    assert ahead([10.0] * 7) == [10, 10, 10]


def test_a_trend_fades() -> None:
    """100, 101 … 106: the line ends at 106 and goes on by 0.85, 0.85 + 0.7225, …"""
    assert ahead([100.0 + at for at in range(7)]) == [106.85, 107.5725, 108.186625]


def test_a_steep_trend_is_cut() -> None:
    """10, 20 … 70 has level 40, so at most 4 a day: the line ends at 40 + 3 · 4 = 52."""
    assert ahead([10.0 * at for at in range(1, 8)], 1) == [52 + 4 * 0.85]


def test_only_the_last_seven_stated_days_count() -> None:
    """A missing report says nothing, and older days than the last seven stated do not count."""
    assert ahead([900.0, 10, 10, None, 10, 10, None, 10, 10, 10]) == [10, 10, 10]


def test_zero_is_a_statement_and_missing_is_none() -> None:
    """Zero pulls the mean down; a gap does not. Two days give a mean and no trend."""
    assert ahead([0.0, 10.0], 1) == [5]
    assert ahead([None, 10.0], 1) == [10]


def test_never_below_zero() -> None:
    """A falling use ends at nothing, not at less."""
    assert ahead([60.0, 50, 40, 30, 20, 10, 0], trend_max=1.0) == [0, 0, 0]


def test_what_was_stated_long_ago_or_later_is_not_used() -> None:
    """Nothing in four weeks: no forecast. What came after the last day is not known."""
    old = history([10.0], last=LAST - timedelta(days=28))
    assert expected_use(old, LAST, 2).expected.is_empty()
    later = history([10.0] * 7 + [99.0], last=LAST + timedelta(days=1))
    assert expected_use(later, LAST, 1).expected["quantity"].to_list() == [10]


def test_the_interval_is_that_of_past_errors() -> None:
    """Use that never changes has no errors; use that alternates has an interval around it."""
    steady = expected_use(history([10.0] * 40), LAST, 2).expected
    assert steady.select("low", "high").rows() == [(10, 10), (10, 10)]
    made = expected_use(history([8.0, 12.0] * 20), LAST, 1).expected.row(0, named=True)
    assert made["low"] < made["quantity"] < made["high"]
    assert made["low"] <= 8.5 and made["high"] >= 11.5  # noqa: PT018 - one interval


def test_too_few_past_days_give_no_interval() -> None:
    """No interval is shown rather than one that nothing supports."""
    made = expected_use(history([10.0] * 7), LAST, 1).expected.row(0, named=True)
    assert (made["low"], made["high"]) == (None, None)


def test_the_backtest_adds_up() -> None:
    """Steady use is forecast without error; a jump is missed by its size and shows as bias."""
    exact = expected_use(history([10.0] * 40), LAST, 2).backtest
    assert exact["horizon_days"].to_list() == [1, 2]
    assert exact["forecasts"].to_list() == [21, 20]
    assert exact["mean_absolute_error"].to_list() == [0, 0]
    assert exact["coverage"].to_list() == [1, 1]
    jump = expected_use(history([10.0] * 39 + [31.0]), LAST, 1).backtest.row(0, named=True)
    assert jump["mean_absolute_error"] == pytest.approx(1)
    assert jump["error_share"] == pytest.approx(21 / (20 * 10 + 31))
    assert jump["bias_share"] == pytest.approx(-21 / 231)


def test_intervals_pool_the_sites_of_an_item() -> None:
    """A site with a short history borrows the errors that its item had elsewhere."""
    long, short = [8.0, 12.0] * 20, [10.0] * 7
    made = expected_use(history(long, short), LAST, 1).expected
    row = made.filter(pl.col("site") == 2).row(0, named=True)
    assert row["low"] < 10 < row["high"]
