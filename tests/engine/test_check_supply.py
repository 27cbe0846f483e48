"""What can reach a demand or a process, and which processes make goods out of nothing."""

from __future__ import annotations

import pytest

from sampan.check import check
from sampan.network import Network
from tests.engine.broken import column, network


def codes(found: Network) -> list[str]:
    """The codes of all problems, in order."""
    return [problem.code for problem in check(found)]


def only(found: Network) -> str:
    """The text of the one problem there is."""
    (problem,) = check(found)
    return str(problem)


class TestReach:
    """Which demands can be reached: by lanes, times, processes, profiles and shelf lives."""

    def late(self, **changes):
        (problem,) = check(network(**changes))
        assert problem.code == "unreachable-demand"
        return problem.message

    def test_the_earliest_possible_period_is_named(self):
        """A demand for today that is a day away can be met tomorrow at the earliest."""
        message = self.late(demands=column("demands", period=[0], lateness_max=[0]))
        assert "the earliest that any can be there is period 1, and its latest is 0" in message

    def test_lateness_by_default_lasts_to_the_end(self):
        """An empty `lateness_max` of a good lets it come at any time."""
        assert codes(network(demands=column("demands", period=[0]))) == []

    def test_equipment_must_be_on_time_by_default(self):
        """For equipment an empty `lateness_max` is 0."""
        changes = {
            "demands": column("demands", resource=["team"], period=[0]),
            "stocks": {"site": ["W"], "resource": ["team"], "quantity": [1]},
        }
        assert "its latest is 0" in self.late(**changes)

    def test_no_source_anywhere(self):
        """Without any stock, arrival or process the reason is the supply."""
        assert "nothing supplies it anywhere" in self.late(stocks=None)
        assert "nothing supplies it anywhere" in self.late(stocks=column("stocks", quantity=[0]))

    def test_no_way(self):
        """Supply elsewhere, but no lane."""
        assert "no open lane brings any there" in self.late(lanes=None)

    @pytest.mark.parametrize(
        "lane",
        [
            {"lane_resources": {"lane": ["W-H"], "resource": ["mask"], "allowed": [False]}},
            {"lane_resources": {"lane": ["W-H"], "resource": ["team"], "allowed": [True]}},
            {"lane_resources": {"lane": ["W-H"], "resource": ["mask"], "quantity_max": [0]}},
            {
                "profiles": {
                    "table": ["lanes"] * 3,
                    "key": ["W-H"] * 3,
                    "attribute": ["open"] * 3,
                    "period": [0, 1, 2],
                    "value": [0, 0, 0],
                }
            },
        ],
    )
    def test_a_lane_that_never_carries_it_is_no_way(self, lane):
        """Not allowed, only others allowed, none at most, closed on every useful day."""
        assert "no open lane brings any there" in self.late(**lane)

    def test_a_lane_of_no_capacity_is_no_way(self):
        """A limit of 0 kg stops what weighs something."""
        changes = {
            "lanes": column("lanes", mass_kg_max=[0]),
            "resources": column("resources", mass_kg=[0.1, 80]),
        }
        assert "no open lane brings any there" in self.late(**changes)

    def test_a_lane_that_opens_later_is_waited_for(self):
        """Goods wait for the border to open."""
        profile = {
            "table": ["lanes"] * 2,
            "key": ["W-H"] * 2,
            "attribute": ["open"] * 2,
            "period": [0, 1],
            "value": [0, 0],
        }
        assert codes(network(profiles=profile)) == []
        message = self.late(profiles=profile, demands=column("demands", lateness_max=[1]))
        assert "the earliest that any can be there is period 3, and its latest is 2" in message

    def test_what_expires_on_the_way_never_arrives(self):
        """Stock usable to period 0 cannot make a journey of one day."""
        stocks = column("stocks", expires_period=[0])
        assert "no open lane brings any there" in self.late(stocks=stocks)

    def test_what_has_expired_before_it_is_due(self):
        """Stock on the spot, gone before the demand."""
        stocks = {"site": ["H"], "resource": ["mask"], "quantity": [9], "expires_period": [0]}
        assert "any there is gone after period 0, and it is due in 1" in self.late(stocks=stocks)

    def test_a_substitute_may_reach_it(self):
        """A demand counts as reachable if a substitute can come."""
        changes = {
            "resources": {"resource": ["mask", "n95"], "unit": ["piece", "piece"]},
            "stocks": {"site": ["W"], "resource": ["n95"], "quantity": [9]},
        }
        assert codes(network(**changes)) == ["unreachable-demand"]
        swap = {"resource": ["mask"], "substitute": ["n95"], "quantity_per_unit": [1]}
        assert codes(network(**changes, substitutes=swap)) == []

    def test_rings_of_lanes_and_chains_without_lead_time_are_followed(self):
        """Lanes of no lead time may go round; goods pass several of them in one period."""
        lanes = {
            "lane": ["a", "b", "c", "d"],
            "origin": ["W", "X", "W", "X"],
            "destination": ["X", "W", "X", "H"],
        }
        demands = column("demands", period=[0], lateness_max=[0])
        assert codes(network(lanes=lanes, demands=demands)) == []

    def production(self, **changes):
        base = {
            "resources": {"resource": ["mask", "cloth"], "unit": ["piece", "kg"]},
            "stocks": {"site": ["W"], "resource": ["cloth"], "quantity": [9]},
            "processes": {"process": ["P"], "site": ["W"], "lead_time_periods": [1]},
            "process_flows": {
                "process": ["P", "P"],
                "resource": ["cloth", "mask"],
                "quantity_per_run": [-1, 10],
            },
        }
        return {**base, **changes}

    def test_processes_take_their_time(self):
        """One day to make and one to travel: period 2, not 1."""
        assert codes(network(**self.production())) == []
        on_time = column("demands", lateness_max=[0])
        message = self.late(**self.production(), demands=on_time)
        assert "the earliest that any can be there is period 2" in message

    def test_a_purchase_is_a_source(self):
        """A process that uses nothing supplies from period 0 on, and does not starve."""
        flows = {"process": ["P"], "resource": ["mask"], "quantity_per_run": [10]}
        assert codes(network(**self.production(process_flows=flows, stocks=None))) == []

    def test_a_process_that_may_not_run_is_no_source(self):
        """`runs_max` 0 makes nothing; its inputs are there, so it does not starve."""
        processes = {"process": ["P"], "site": ["W"], "runs_max": [0]}
        assert codes(network(**self.production(processes=processes))) == ["unreachable-demand"]

    def test_a_process_without_its_input_starves(self):
        """The missing input is named, and so is the demand that fails with it."""
        found = check(network(**self.production(stocks=None)))
        assert [problem.code for problem in found] == ["starved-process", "unreachable-demand"]
        assert "'P' can never run: nothing can supply cloth at W." in str(found[0])

    def test_inputs_that_never_meet_starve(self):
        """Two inputs that are usable in different periods only."""
        found = network(
            resources={"resource": ["a", "b", "mask"], "unit": ["kg", "kg", "piece"]},
            stocks={
                "site": ["W"],
                "resource": ["a"],
                "quantity": [1],
                "expires_period": [0],
            },
            arrivals={"site": ["W"], "resource": ["b"], "period": [1], "quantity": [1]},
            processes={"process": ["P"], "site": ["W"]},
            process_flows={
                "process": ["P"] * 3,
                "resource": ["a", "b", "mask"],
                "quantity_per_run": [-1, -1, 1],
            },
            demands=None,
        )
        assert "its inputs are never at W in the same period" in only(found)

    def test_services_do_not_wait(self):
        """A service of period 0 cannot serve period 1."""
        changes = {
            "resources": {"resource": ["call"], "unit": ["hour"], "kind": ["service"]},
            "stocks": {"site": ["H"], "resource": ["call"], "quantity": [9]},
            "demands": column("demands", resource=["call"]),
        }
        assert "any there is gone after period 0" in self.late(**changes)


class TestRings:
    """Zero-lead-time processes that multiply goods in a ring."""

    def ring(self, flows, **changes):
        process, resource, quantity = zip(*flows, strict=True)
        names = list(dict.fromkeys(process))
        base = {
            "resources": {"resource": ["a", "b", "c"], "unit": ["kg"] * 3},
            "stocks": {"site": ["W"], "resource": ["a"], "quantity": [1]},
            "processes": {"process": names, "site": ["W"] * len(names)},
            "process_flows": {
                "process": list(process),
                "resource": list(resource),
                "quantity_per_run": list(quantity),
            },
            "lanes": None,
            "demands": None,
        }
        return codes(network(**{**base, **changes}))

    GROWING = (("P", "a", -1), ("P", "b", 2), ("Q", "b", -1), ("Q", "a", 1))
    NEUTRAL = (("P", "a", -1), ("P", "b", 10), ("Q", "b", -1), ("Q", "a", 0.1))

    def test_a_ring_that_grows_is_an_error(self):
        """One a makes two b, one b makes one a."""
        assert self.ring(self.GROWING) == ["ring"]

    def test_a_ring_that_only_turns_is_fine(self):
        """Ten b for one a and back: nothing is gained."""
        assert self.ring(self.NEUTRAL) == []

    def test_a_neutral_ring_that_drops_something_is_an_error(self):
        """Back and forth, with a by-product each time: goods from nothing."""
        assert self.ring((*self.NEUTRAL, ("P", "c", 1))) == ["ring"]

    def test_an_input_from_outside_pays_for_the_growth(self):
        """If every run also uses something that the ring does not make, it cannot run free."""
        stocks = {"site": ["W", "W"], "resource": ["a", "c"], "quantity": [1, 1]}
        assert self.ring((*self.GROWING, ("Q", "c", -0.1)), stocks=stocks) == []

    def test_a_lead_time_anywhere_breaks_the_ring(self):
        """Growth over time is production."""
        processes = {"process": ["P", "Q"], "site": ["W", "W"], "lead_time_periods": [0, 1]}
        assert self.ring(self.GROWING, processes=processes) == []

    def test_lanes_of_no_lead_time_close_a_ring(self):
        """P here, Q there, and lanes both ways within the period; with a day between, not."""
        processes = {"process": ["P", "Q"], "site": ["W", "H"]}
        lanes = {"lane": ["1", "2"], "origin": ["W", "H"], "destination": ["H", "W"]}
        assert self.ring(self.GROWING, processes=processes, lanes=lanes) == ["ring"]
        slow = {**lanes, "lead_time_periods": [0, 1]}
        assert self.ring(self.GROWING, processes=processes, lanes=slow) == []
        only_a = {
            "lane": ["1", "2"],
            "resource": ["a", "a"],
            "allowed": [True, True],
        }
        one_way = {"processes": processes, "lanes": lanes, "lane_resources": only_a}
        assert "ring" not in self.ring(self.GROWING, **one_way)

    def test_a_process_that_makes_more_of_what_it_uses(self):
        """Two processes may be one: what it uses it makes, and more."""
        flows = (("P", "a", -1), ("P", "b", 2), ("Q", "b", -2), ("Q", "a", 1.001))
        assert self.ring(flows) == ["ring"]

    @pytest.mark.parametrize("scale", [1e-6, 1e6])
    def test_units_do_not_matter(self, scale):
        """The same ring counted in tonnes or in grams."""
        grown = tuple((p, k, q * (scale if k == "a" else 1)) for p, k, q in self.GROWING)
        turned = tuple((p, k, q * (scale if k == "a" else 1)) for p, k, q in self.NEUTRAL)
        assert self.ring(grown) == ["ring"]
        assert self.ring(turned) == []

    def test_a_bill_of_materials_is_no_ring(self):
        """A chain of processes within a period is ordinary."""
        assert self.ring((("P", "a", -1), ("P", "b", 2), ("Q", "b", -1), ("Q", "c", 5))) == []
