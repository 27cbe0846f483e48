"""The example of ASEAN in April 2020: in order, as rich as it says, and solved to a valid plan."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import sampan
from sampan.testing import assert_plan_valid

FOLDER = Path(__file__).parents[2] / "examples" / "asean-2020-04"
ASEAN = {"BN", "ID", "KH", "LA", "MM", "MY", "PH", "SG", "TH", "VN"}
RUILI = "kunming>yangon:road"


@pytest.fixture(scope="module")
def network() -> sampan.Network:
    """The example as anybody would read it."""
    return sampan.read_network(FOLDER)


@pytest.fixture(scope="module")
def plan(network: sampan.Network) -> sampan.Plan:
    """One plan for all tests of it."""
    return sampan.solve(network)


def countries_of_lanes(network: sampan.Network) -> pl.DataFrame:
    """Lanes with the countries at their two ends."""
    sites = network.sites.select("site", "country")
    return network.lanes.join(sites, left_on="origin", right_on="site").join(
        sites.rename({"country": "to_country"}), left_on="destination", right_on="site"
    )


def test_it_loads_without_errors_or_warnings(network):
    """Nobody should meet a problem in an example, nor a demand that nothing can reach."""
    assert [str(problem) for problem in sampan.check(network)] == []


def test_all_ten_countries_want_something_and_are_equals_in_fairness(network):
    """A group of fairness is a country, and none is left out."""
    demands = network.demands.join(network.sites, on="site")
    assert set(demands["group"]) == ASEAN
    assert demands.filter(pl.col("group") != pl.col("country")).is_empty()


def test_every_lane_across_a_border_names_the_crossing(network):
    """By sea, road and air; lanes within a country have none."""
    lanes = countries_of_lanes(network).with_columns(
        (pl.col("country") != pl.col("to_country")).alias("abroad")
    )
    assert {"sea", "road", "air"} <= set(lanes.filter("abroad")["mode"])
    named = pl.col("border").fill_null("") != ""
    assert lanes.filter(named != pl.col("abroad")).is_empty()


def test_duties_are_on_lanes_from_china_only(network):
    """Trade within ASEAN and within a country is free of duty here."""
    duties = network.lane_resources.filter(pl.col("duty_rate") > 0)
    lanes = duties.join(countries_of_lanes(network), on="lane")
    assert lanes.height == duties.height > 0
    assert set(lanes["country"]) == {"CN"}
    assert set(lanes["to_country"]) <= ASEAN


def test_it_has_every_policy_between_countries(network):
    """Export limits of both forms, pledges, reserves by country hard and soft, commitments."""
    limits = network.export_limits
    assert limits["quantity_max"].is_finite().any()
    assert limits["share_max"].is_not_null().any()
    assert set(network.pledges["recipient_country"]) <= ASEAN
    assert set(network.reserves["hard"]) == {True, False}
    assert network.reserves["country"].null_count() == 0
    assert set(network.commitments["firm"]) == {True, False}


def test_it_lends_substitutes_and_makes_from_material(network):
    """Kinds of resources and links between them that the engine has."""
    kinds = dict(network.resources.select("resource", "kind").iter_rows())
    lent = {resource for resource, kind in kinds.items() if kind == "equipment"}
    assert lent == {"ventilator", "medical_staff"}
    assert set(network.substitutes["resource"]) == {"respirator_n95", "gown"}
    used = network.process_flows.filter(pl.col("quantity_per_run") < 0)
    assert set(used["resource"]) == {"meltblown"}


def test_sources_and_assumptions_are_named(network):
    """Who reads a figure must be able to tell where it is from."""
    for named in ("Johns Hopkins CSSE", "CC BY 4.0", "mrc-ide/esft", "GeoNames", "ssumption"):
        assert named in network.source
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "东盟" in text
    assert text.count("**Assumption:**") == 14
    own = pl.read_csv(FOLDER / "sources" / "own_coefficients.csv", infer_schema=False)
    assert set(own["assumption"]) == {"true"}


def test_the_need_rests_on_nothing_later_than_the_as_of_date():
    """Cases after 2020-04-15 are forecast, those before as reported; both are in the file."""
    cases = pl.read_csv(FOLDER / "sources" / "cases_and_forecast.csv", infer_schema=False)
    assert cases.filter(pl.col("reported") == "true")["date"].max() == "2020-04-15"
    assert cases.filter(pl.col("reported") == "false")["date"].min() == "2020-04-16"
    assert set(cases["place"]) == ASEAN


def test_the_plan_is_optimal_and_valid(network, plan):
    """All stages are proven, and the tables alone bear the plan out."""
    assert plan.status == sampan.Status.OPTIMAL
    assert_plan_valid(network, plan)
    assert plan.summary["columns"] <= 4000


def test_nothing_leaves_over_a_closed_border_and_a_way_round_is_used(network, plan):
    """Ruili is shut in the first weeks; Yangon is served by sea and air meanwhile."""
    shut = network.profiles.filter(pl.col("key") == RUILI, pl.col("attribute") == "open")
    weeks = shut["period"].to_list()
    assert set(shut["value"]) == {0}
    leaving = plan.shipments.filter(pl.col("depart_period").is_in(weeks))
    assert leaving.filter(pl.col("lane") == RUILI).is_empty()
    lanes = set(leaving["lane"])
    assert "singapore>yangon:sea" in lanes
    assert {"kunming>yangon:air", "guangzhou>yangon:air"} & lanes


def test_scarcity_is_real_and_wards_come_first(network, plan):
    """Some need goes unmet in the second class, while the wards get their goods."""
    short = network.demands.join(plan.shortages.rename({"quantity": "short"}), on="demand")
    goods = short.filter(~pl.col("resource").is_in(["ventilator", "medical_staff"]))
    by_class = dict(goods.group_by("priority").agg(pl.col("short").sum()).iter_rows())
    assert by_class.get(1, 0) == pytest.approx(0, abs=1)
    assert by_class[2] > 100_000


def test_an_export_limit_binds_and_a_pledge_is_at_risk(plan):
    """What a coordinator would be called about."""
    binding = set(plan.capacity_prices.filter(pl.col("price").abs() > 1e-6)["key"])
    assert {"CN-meltblown", "VN-masks-quarter"} <= binding
    broken = plan.breaches.filter(pl.col("policy") == "pledge", pl.col("quantity") > 1)
    assert {"VN-LA-masks", "CN-KH-masks"} & set(broken["key"])
