"""The warning of a demand out of reach is true: the optimiser cannot meet it either.

Small random networks with one demand each; those with the warning end wholly short, those
without it wholly met, since everything that has a limit here has a large one.
"""

from __future__ import annotations

import random
from datetime import date

from sampan import Network, Objective, check, solve

SITES = [f"s{number}" for number in range(4)]
RESOURCES = ["a", "b", "c"]


def _network(seed: int) -> Network:
    dice = random.Random(seed)
    periods = dice.randint(2, 5)
    tables = {"sites": {"site": SITES}, **_resources(dice)}
    kinds = dict(zip(RESOURCES, tables["resources"]["kind"], strict=True))
    tables |= _supply(dice, periods, kinds) | _lanes(dice, periods) | _processes(dice)
    if kinds["b"] == "good" and dice.random() < 0.3:
        tables["substitutes"] = _table(
            ("resource", "substitute", "quantity_per_unit"), ("a", "b", 2)
        )
    demand = ("D", dice.choice(SITES), dice.choice(RESOURCES), dice.randrange(periods), 1.0)
    names = ("demand", "site", "resource", "period", "quantity", "lateness_max")
    tables["demands"] = _table(names, (*demand, dice.choice([None, 0, 1])))
    objective = Objective(("shortage",))
    return Network.from_frames(tables, start=date(2020, 1, 1), periods=periods, objective=objective)


def _table(names, *rows):
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _resources(dice):
    kinds = ["good", dice.choice(["good", "good", "service", "equipment"]), "good"]
    shelf = [dice.choice([None, 0, 1, 2]) if kind == "good" else None for kind in kinds]
    names = ("resource", "unit", "kind", "shelf_life_periods", "mass_kg")
    rows = zip(RESOURCES, ["u"] * 3, kinds, shelf, [1, 1, dice.choice([0, 1])], strict=True)
    return {"resources": _table(names, *rows)}


def _supply(dice, periods, kinds):
    places = {(dice.choice(SITES), dice.choice(RESOURCES)) for _ in range(dice.randint(1, 4))}
    expiry = {key: dice.choice([None, 0, 1, 2]) if kind == "good" else None
              for key, kind in kinds.items()}  # fmt: skip
    stocks = [(s, k, dice.choice([0, 100, 100]), expiry[k]) for s, k in sorted(places)]
    dates = {(dice.choice(SITES), dice.choice(RESOURCES)) for _ in range(dice.randint(0, 2))}
    arrivals = [(s, k, dice.randrange(periods), 50) for s, k in sorted(dates)]
    return {
        "stocks": _table(("site", "resource", "quantity", "expires_period"), *stocks),
        "arrivals": _table(("site", "resource", "period", "quantity"), *arrivals),
    }


def _lanes(dice, periods):
    keys = [f"l{number}" for number in range(dice.randint(2, 8))]
    lanes = [
        (key, *dice.sample(SITES, 2), dice.choice([0, 0, 1, 2]), dice.choice([None, None, 0, 1000]))
        for key in keys
    ]
    pairs = sorted({(dice.choice(keys), dice.choice(RESOURCES)) for _ in range(dice.randint(0, 2))})
    special = [
        (*pair, dice.choice([True, False, None]), dice.choice([None, 0, 10])) for pair in pairs
    ]
    closed = sorted(
        {(dice.choice(keys), dice.randrange(periods)) for _ in range(dice.randint(0, 4))}
    )
    profiles = [("lanes", key, "open", period, 0) for key, period in closed]
    names = ("lane", "origin", "destination", "lead_time_periods", "mass_kg_max")
    return {
        "lanes": _table(names, *lanes),
        "lane_resources": _table(("lane", "resource", "allowed", "quantity_max"), *special),
        "profiles": _table(("table", "key", "attribute", "period", "value"), *profiles),
    }


def _processes(dice):
    keys = [f"p{number}" for number in range(dice.randint(0, 2))]
    rows = [
        (key, dice.choice(SITES), dice.choice([0, 1]), dice.choice([None, 10, 0])) for key in keys
    ]
    flows = []
    for key in keys:
        used, made = dice.sample(RESOURCES, 2)
        flows.append((key, made, dice.choice([0.5, 1.0])))
        if dice.random() < 0.8:
            flows.append((key, used, -1.0))
    return {
        "processes": _table(("process", "site", "lead_time_periods", "runs_max"), *rows),
        "process_flows": _table(("process", "resource", "quantity_per_run"), *flows),
    }


def test_a_demand_is_out_of_reach_if_and_only_if_nothing_of_it_can_be_met(effort):
    """Checked by following goods through time, and by solving: they agree on every network."""
    outcomes = []
    for seed in range(30 * effort):
        network = _network(seed)
        problems = check(network)
        assert [str(item) for item in problems if item.severity == "error"] == [], seed
        warned = any(item.code == "unreachable-demand" for item in problems)
        short = solve(network).shortages["quantity"].sum() > 1 - 1e-6
        assert warned == short, seed
        outcomes.append(warned)
    assert 0.2 < sum(outcomes) / len(outcomes) < 0.9, "the networks are all alike"
