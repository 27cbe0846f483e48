"""Demand from an epidemic: forecasts, beds, needs and rows, on cases computed by hand."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from sampan import demand
from sampan.errors import InputError
from sampan.network import Network

FIRST = date(2020, 2, 1)


def _cases(counts: dict[str, list[float]], column: str = "confirmed") -> pl.DataFrame:
    rows = [
        {"date": FIRST + timedelta(days=at), "place": place, column: float(count)}
        for place, series in counts.items()
        for at, count in enumerate(series)
    ]
    return pl.DataFrame(rows)


def _amounts(load: pl.DataFrame, basis: str) -> list[float]:
    return load.filter(basis=basis).sort("place", "date")["amount"].to_list()


def _codes(error: InputError) -> list[str]:
    return [problem.code for problem in error.problems]


# ---- coefficients


def test_the_bundled_coefficients_state_their_source_and_are_no_assumptions() -> None:
    """Whoever reads a need can go back to the WHO tool."""
    rows = demand.read_coefficients()
    assert set(rows["basis"]) <= set(demand.BASES)
    assert rows["source"].str.contains("WHO").all()
    assert not rows["assumption"].any()
    gloves = rows.filter(item="exam_gloves").sort("quantity_per_day")["quantity_per_day"]
    assert gloves.to_list() == [54.7, 98.1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"basis": "bed"}, "bad-choice"),
        ({"quantity_per_day": -1.0}, "negative"),
        ({"source": ""}, "empty-cell"),
        ({"item": "gown", "unit": "box"}, "mixed-units"),
    ],
)
def test_a_wrong_coefficient_is_named(change: dict[str, Any], code: str) -> None:
    """A user's own row is checked as strictly as a table of the network."""
    row = {
        "basis": "severe_case_bed_day",
        "item": "goggles",
        "quantity_per_day": 0.5,
        "unit": "piece",
        "source": "assumption",
        "assumption": True,
        "note": "",
    }
    own = pl.DataFrame([row | change])
    both = pl.concat([demand.read_coefficients(), own])
    with pytest.raises(InputError) as caught:
        demand.needs(_cases({"A": [1]}), coefficients=both)
    assert code in _codes(caught.value)


# ---- caseload: split and stays


def test_beds_are_the_cases_of_the_last_days_of_stay() -> None:
    """100 cases on day 1 only: severe beds for 7 days, critical for 14, and none after."""
    cases = _cases({"A": [0] + [100] * 19})
    load = demand.caseload(cases)
    assert _amounts(load, "severe_case_bed_day") == pytest.approx([0] + [15] * 7 + [0] * 12)
    assert _amounts(load, "critical_case_bed_day") == pytest.approx([0] + [5] * 14 + [0] * 5)
    assert _amounts(load, "mild_or_moderate_case") == pytest.approx([0, 80] + [0] * 18)
    assert _amounts(load, "severe_or_critical_case") == pytest.approx([0, 20] + [0] * 18)


def test_beds_follow_a_convolution_computed_by_hand() -> None:
    """With a stay of two days, beds are today's and yesterday's cases; parameters count."""
    parameters = demand.EpidemicParameters(
        mild_share=0.5, moderate_share=0, severe_share=0.3, critical_share=0.2, severe_stay_days=2
    )
    load = demand.caseload(_cases({"A": [10, 30, 30, 70]}), parameters)
    # new cases: 10, 20, 0, 40
    assert _amounts(load, "severe_case_bed_day") == pytest.approx([3, 9, 6, 12])


def test_a_correction_downward_makes_no_negative_cases() -> None:
    """A count that falls and rises again adds only what exceeds the highest so far."""
    load = demand.caseload(_cases({"A": [10, 8, 9, 15]}))
    assert _amounts(load, "severe_or_critical_case") == pytest.approx([2, 0, 0, 1])


def test_active_cases_can_stand_for_beds() -> None:
    """The other way of counting beds: active × share, no stay; new cases are as before."""
    cases = _cases({"A": [100, 120]}).with_columns(pl.Series("active", [90.0, 60.0]))
    load = demand.caseload(cases, method="active_cases")
    assert _amounts(load, "critical_case_bed_day") == pytest.approx([4.5, 3.0])
    assert _amounts(load, "severe_or_critical_case") == pytest.approx([20, 4])


def test_places_do_not_mix_and_row_order_does_not_matter() -> None:
    """Each place has its own series, however the rows are sorted."""
    cases = _cases({"A": [1, 3, 6], "B": [50, 50, 50]})
    alone = demand.caseload(_cases({"A": [1, 3, 6]}))
    both = demand.caseload(cases.sample(fraction=1, shuffle=True, seed=1))
    assert both.filter(place="A").equals(alone)


# ---- needs


def test_every_need_is_amount_times_coefficient_with_its_source() -> None:
    """Any figure can be followed back to a coefficient, its basis and its source."""
    result = demand.needs(_cases({"A": [100]}))
    product = result["amount"] * result["quantity_per_day"]
    assert np.allclose(result["quantity"], product)
    gowns = result.filter(item="gown")["quantity"].sum()
    assert gowns == pytest.approx(15 * 2.28 + 5 * 4.09)
    assert result["source"].str.len_chars().min() > 0  # type: ignore[operator]


def test_own_coefficients_add_up_and_stay_marked() -> None:
    """Ten negatives a case on top of the tool's own test: two rows, one of them an assumption."""
    own = pl.DataFrame(
        {
            "basis": ["mild_or_moderate_case"],
            "item": ["test_kit"],
            "quantity_per_day": [10.0],
            "unit": ["test"],
            "source": ["assumption"],
            "assumption": [True],
            "note": ["negatives"],
        }
    )
    both = pl.concat([demand.read_coefficients(), own])
    result = demand.needs(_cases({"A": [10]}), coefficients=both)
    kits = result.filter(item="test_kit", basis="mild_or_moderate_case").sort("quantity")
    assert kits["quantity"].to_list() == pytest.approx([8, 80])
    assert kits["assumption"].to_list() == [False, True]


# ---- forecast


def test_steady_growth_fades_as_stated() -> None:
    """New cases that grow by 10 % a day go on as a · exp(g (φ + φ² + …)), g = log 1.1."""
    new = 100 * 1.1 ** np.arange(20)
    cases = _cases({"A": np.cumsum(new).tolist()})
    made = demand.forecast_cases(cases, 3).filter(pl.col("reported").not_())
    fading = np.cumsum(0.9 ** np.arange(1, 4))
    expected = np.cumsum(new)[-1] + np.cumsum(new[-1] * np.exp(math.log(1.1) * fading))
    assert made["confirmed"].to_numpy() == pytest.approx(expected, rel=1e-9)


def test_a_day_without_cases_does_no_harm_and_no_cases_stay_none() -> None:
    """A day whose report came with the next one moves the end by under a tenth; none stays none."""
    even = _cases({"A": [100 * day for day in range(20)], "B": [0] * 20})
    held = [100 * day for day in range(20)]
    held[16] = held[15]
    late = _cases({"A": held, "B": [0] * 20})
    after = [demand.forecast_cases(cases, 7).tail(7)["confirmed"].max() for cases in (even, late)]
    ends = [
        demand.forecast_cases(cases, 7).filter(place="A")["confirmed"].max()
        for cases in (even, late)
    ]
    assert after == [0, 0]
    assert ends[0] == pytest.approx(2600)
    assert ends[1] == pytest.approx(2600, rel=0.1)


def test_growth_is_cut_at_its_limit() -> None:
    """A doubling every day is forecast at no more than growth_max."""
    cases = _cases({"A": [2.0**day for day in range(20)]})
    flat = demand.EpidemicParameters(growth_max=0.0)
    made = demand.forecast_cases(cases, 2, flat).tail(1)["confirmed"].item()
    # the mean of the last seven days, twice
    assert made == pytest.approx(2.0**19 + 2 * (2.0**19 - 2.0**12) / 7)


def test_the_interval_contains_the_forecast_and_says_where_it_is_from() -> None:
    """Low ≤ middle ≤ high; horizons not seen often enough are marked."""
    rng = np.random.default_rng(3)
    cases = _cases({place: np.cumsum(rng.poisson(50, 20)).tolist() for place in "ABC"})
    made = demand.forecast_cases(cases, 14).filter(pl.col("reported").not_())
    assert (made["confirmed_low"] <= made["confirmed"] + 1e-9).all()
    assert (made["confirmed"] <= made["confirmed_high"] + 1e-9).all()
    # 20 days: origins 7 … 18 and horizon h are known at day 19 for 13 - h origins: 5 at h = 8
    by_day = made.filter(place="A")["interval_from"].to_list()
    assert by_day == ["back-test"] * 8 + ["extended"] * 6


def test_the_interval_covers_what_it_should_on_synthetic_epidemics() -> None:
    """On counts that follow the model, about 80 % of outcomes fall inside the 80 % interval."""
    rng = np.random.default_rng(11)
    series = {f"P{at}": np.cumsum(rng.poisson(80, 60)).tolist() for at in range(12)}
    errors = demand.backtest(_cases(series), 5)
    assert errors["intervals"].min() > 300  # type: ignore[operator]
    assert errors["coverage"].min() > 0.7  # type: ignore[operator]
    assert errors["coverage"].max() < 0.9  # type: ignore[operator]
    assert errors["bias_share"].abs().max() < 0.1  # type: ignore[operator]


def test_the_backtest_counts_its_errors_by_hand() -> None:
    """A place that stops short: each earlier forecast of 10 a day is wrong by 10 a day."""
    counts = [10.0 * day for day in range(10)] + [90.0]
    errors = demand.backtest(_cases({"A": counts}), 1)
    # origins 7 and 8 were right, origin 9 was ten too high; 10 + 10 + 0 came
    assert errors["forecasts"].item() == 3
    assert errors["mean_absolute_error"].item() == pytest.approx(10 / 3)
    assert errors["error_share"].item() == pytest.approx(10 / 20)
    assert errors["bias_share"].item() == pytest.approx(10 / 20)


def test_what_comes_after_the_as_of_date_does_not_matter() -> None:
    """A back-test forecast is the forecast that would have been made: later days change nothing."""
    rng = np.random.default_rng(5)
    counts = np.cumsum(rng.poisson(30, 25)).tolist()
    early = demand.forecast_cases(_cases({"A": counts[:20]}), 5)
    jumped = [*counts[:20], *(count + 5000 for count in counts[20:])]
    cut = _cases({"A": jumped}).filter(pl.col("date") < FIRST + timedelta(days=20))
    assert demand.forecast_cases(cut, 5).equals(early)


# ---- bad input


@pytest.mark.parametrize(
    ("cases", "code"),
    [
        (pl.DataFrame({"date": ["2020-02-01"], "place": ["A"]}), "missing-column"),
        (_cases({"A": [1.0, -2.0]}), "negative"),
        (_cases({"A": [1.0, math.nan]}), "nan"),
        (_cases({"A": [1, 2, 3]}).filter(pl.col("confirmed") != 2), "gap"),
        (pl.concat([_cases({"A": [1]}), _cases({"A": [2]})]), "duplicate-key"),
        (_cases({"A": [1]}).clear(), "empty-table"),
        (pl.DataFrame({"date": ["10 Feb"], "place": ["A"], "confirmed": [1]}), "not-a-date"),
    ],
)
def test_bad_counts_are_named(cases: pl.DataFrame, code: str) -> None:
    """Nothing wrong with the counts passes, or fails with a traceback."""
    with pytest.raises(InputError) as caught:
        demand.caseload(cases)
    assert code in _codes(caught.value)


@pytest.mark.parametrize(
    ("counts", "days", "code"),
    [
        ({"A": [1.0] * 20, "B": [1.0] * 19}, 3, "uneven-end"),
        ({"A": [1.0] * 12}, 3, "too-short"),
        ({"A": [1.0] * 20}, 0, "bad-parameter"),
    ],
)
def test_what_cannot_be_forecast_is_refused(
    counts: dict[str, list[float]], days: int, code: str
) -> None:
    """Uneven or short series and senseless horizons are errors that say what to do."""
    with pytest.raises(InputError) as caught:
        demand.forecast_cases(_cases(counts), days)
    assert _codes(caught.value) == [code]


@pytest.mark.parametrize(
    "wrong",
    [
        {"severe_share": 0.5},
        {"mild_share": -0.1},
        {"severe_stay_days": 0},
        {"trend_days": 1},
        {"damping": 1.5},
        {"interval": 1.0},
        {"growth_max": -1.0},
    ],
)
def test_senseless_parameters_are_refused(wrong: dict[str, Any]) -> None:
    """Shares that do not add up, stays of no days and the like never reach a plan."""
    with pytest.raises(InputError) as caught:
        demand.EpidemicParameters(**wrong)
    assert set(_codes(caught.value)) == {"bad-parameter"}


def test_wrong_case_counts_are_said_to_be_in_the_case_counts() -> None:
    """Whoever gives cases has no network yet, and is not sent to look for one."""
    with pytest.raises(InputError, match="1 problem in the case counts:"):
        demand.needs(_cases({"A": [1]}).with_columns(date=pl.lit("soon")))


@pytest.mark.parametrize("wrong", [{"method": "beds"}, {"level": "middle"}])
def test_unknown_choices_are_refused(wrong: dict[str, Any]) -> None:
    """A mistyped method or level is an error, not the default."""
    with pytest.raises(InputError, match="1 problem in the parameters"):
        demand.needs(_cases({"A": [1]}), **wrong)


# ---- rows of the table


def _needed(rows: list[tuple[int, str, str, float, str]]) -> pl.DataFrame:
    names = ("date", "place", "item", "quantity", "basis")
    dated = [(FIRST + timedelta(days=day), *rest) for day, *rest in rows]
    return pl.DataFrame(dated, schema=names, orient="row")


def test_rows_add_up_bases_and_days_and_round_up() -> None:
    """Two bases of one priority and two days become one demand, rounded up once."""
    needed = _needed(
        [
            (0, "A", "gown", 1.2, "severe_case_bed_day"),
            (0, "A", "gown", 0.6, "critical_case_bed_day"),
            (1, "A", "gown", 2.0, "severe_case_bed_day"),
            (2, "A", "gown", 5.0, "severe_case_bed_day"),
            (9, "A", "gown", 7.0, "severe_case_bed_day"),
        ]
    )
    rows = demand.to_demands(needed, start=FIRST, periods=4, every=2)
    found = rows.select("demand", "site", "resource", "period", "quantity", "priority").rows()
    assert found == [
        ("A:gown:1:0", "A", "gown", 0, 4.0, 1),
        ("A:gown:1:2", "A", "gown", 2, 5.0, 1),
    ]


def test_equipment_counts_the_largest_need_and_is_on_time_or_lost() -> None:
    """Ventilators in use on the days of a week are not added up, nor put together over weeks."""
    needed = _needed([(day, "A", "ventilator", 3.0 + day, "x") for day in range(10)])
    rows = demand.to_demands(
        needed,
        start=FIRST,
        periods=2,
        period_length="week",
        every=2,
        equipment=["ventilator"],
        lateness_max={1: 3},
    )
    assert rows.select("period", "quantity", "lateness_max").rows() == [
        (0, 9.0, None),
        (1, 12.0, None),
    ]


def test_mappings_give_sites_resources_priorities_and_groups() -> None:
    """Rows carry the network's own keys, and fit its table."""
    needed = _needed([(0, "武汉市", "test_kit", 2.0, "mild_or_moderate_case")])
    rows = demand.to_demands(
        needed,
        start=FIRST,
        periods=1,
        sites={"武汉市": "wuhan"},
        items={"test_kit": "lab_test"},
        priorities={"mild_or_moderate_case": 2},
        lateness_max={2: 3},
        groups={"武汉市": "Hubei"},
    )
    assert rows.row(0) == ("武汉市:test_kit:2:0", "wuhan", "lab_test", 0, 2.0, 2, 3, "Hubei")
    network = Network.from_frames({"demands": rows}, start=FIRST, periods=1)
    assert network.problems == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"sites": {}},
        {"items": {"mask": "mask"}},
        {"priorities": {"critical_case_bed_day": 1}},
        {"groups": {"B": "B"}},
        {"period_length": "hour"},
        {"every": 0},
        {"periods": 0},
    ],
)
def test_a_mapping_that_lacks_a_key_is_refused(wrong: dict[str, Any]) -> None:
    """No place, item or basis silently falls out of the plan."""
    needed = _needed([(0, "A", "gown", 1.0, "severe_case_bed_day")])
    with pytest.raises(InputError):
        demand.to_demands(needed, **({"start": FIRST, "periods": 2} | wrong))


def test_inputs_are_left_as_they_were() -> None:
    """Data in, data out: the caller's frames do not change."""
    cases = _cases({"A": [10.0 * day for day in range(20)]})
    before = cases.clone()
    needed = demand.needs(demand.forecast_cases(cases, 3))
    kept = needed.clone()
    demand.to_demands(needed, start=FIRST, periods=25)
    assert cases.equals(before)
    assert needed.equals(kept)
