"""`--set`: one cell or setting changed, or a message that says why not."""

from __future__ import annotations

from datetime import date

import pytest

from sampan.errors import InputError
from sampan.override import apply_overrides
from tests.engine.broken import column, network, tables


def rich():
    """The tiny network, with keys that are awkward to write."""
    return network(
        demands={
            "demand": ["D1", "a.b", "x=y", "a,b", "7"],
            "site": ["H"] * 5,
            "resource": ["mask"] * 5,
            "period": [1] * 5,
            "quantity": [50] * 5,
        },
        lane_resources={
            "lane": ["W-H", "W-H"],
            "resource": ["mask", "team"],
            "quantity_max": [9, 9],
        },
        stocks={
            "site": ["W", "W"],
            "resource": ["mask", "mask"],
            "expires_period": [None, 3],
            "quantity": [100, 10],
        },
    )


@pytest.mark.parametrize(
    ("text", "table", "name", "values"),
    [
        ("demands.D1.quantity=60", "demands", "quantity", [60, 50, 50, 50, 50]),
        ("demands.a.b.quantity=60", "demands", "quantity", [50, 60, 50, 50, 50]),
        ('demands."x=y".quantity=60', "demands", "quantity", [50, 50, 60, 50, 50]),
        ("demands.'a,b'.quantity=60", "demands", "quantity", [50, 50, 50, 60, 50]),
        ("demands.7.quantity= 1e3 ", "demands", "quantity", [50, 50, 50, 50, 1000]),
        ("demands.D1.priority=2", "demands", "priority", [2, 1, 1, 1, 1]),
        ("demands.D1.site=X", "demands", "site", ["X", "H", "H", "H", "H"]),
        ('lane_resources."W-H,team".quantity_max=5', "lane_resources", "quantity_max", [9, 5]),
        ("lane_resources.W-H,team.quantity_max=5", "lane_resources", "quantity_max", [9, 5]),
        (
            'lane_resources."W-H,mask".quantity_max=',
            "lane_resources",
            "quantity_max",
            [float("inf"), 9],
        ),
        ('lane_resources."W-H,mask".allowed=TRUE', "lane_resources", "allowed", [True, None]),
        ('stocks."W,mask".quantity=7', "stocks", "quantity", [7, 10]),
        ('stocks."W,mask,".quantity=7', "stocks", "quantity", [7, 10]),
        ('stocks."W,mask,3".quantity=7', "stocks", "quantity", [100, 7]),
        ("sites.W.name=武汉 = Wuhan", "sites", "name", ["武汉 = Wuhan", None, None]),
    ],
)
def test_cells(text, table, name, values):
    """Keys with dots, commas, equal signs and several parts; empty means the default."""
    before = rich()
    changed = apply_overrides(before, [text])
    assert changed.table(table)[name].to_list() == values
    assert changed.problems == ()
    assert before.table(table)[name].to_list() != values


def test_parts_of_a_key_follow_the_rules_of_csv():
    """A part that has a comma itself stands in quotes inside the quotes."""
    made = network(
        sites={"site": ["W", "H,1"]},
        stocks={"site": ["H,1"], "resource": ["mask"], "quantity": [1]},
        lanes=None,
        demands=None,
    )
    for text in ("""stocks.'"H,1",mask'.quantity=2""", '''stocks."""H,1"",mask".quantity=2'''):
        assert apply_overrides(made, [text]).table("stocks")["quantity"].to_list() == [2]


def test_settings_and_objective():
    """Everything of network.toml can be set."""
    changed = apply_overrides(
        network(),
        [
            "network.periods=10",
            "network.start=2020-03-01",
            "network.period_length=week",
            "network.currency=EUR",
            "network.name=other",
            "network.source=",
            "objective.tolerance=0.01",
            "objective.lateness_cost=5",
            "objective.stages=shortage, cost",
        ],
    )
    assert changed.periods == 10
    assert changed.calendar.start == date(2020, 3, 1)
    assert (changed.name, changed.currency, changed.calendar.period_length) == (
        "other",
        "EUR",
        "week",
    )
    assert changed.objective.stages == ("shortage", "cost")
    assert (changed.objective.tolerance, changed.objective.lateness_cost) == (0.01, 5.0)
    again = apply_overrides(changed, ["objective.stages=", "objective.tolerance="])
    assert again.objective.stages == network().objective.stages
    assert again.objective.tolerance == 0.0


def test_later_changes_win():
    """Applied in order."""
    changed = apply_overrides(network(), ["demands.D1.quantity=1", "demands.D1.quantity=2"])
    assert changed.table("demands")["quantity"].to_list() == [2]


def test_a_bad_cell_can_be_mended():
    """The problem of the cell goes with its value; those of others stay."""
    made = network(demands=column("demands", quantity=["x"], period=["y"]))
    changed = apply_overrides(made, ["demands.D1.quantity=5"])
    assert [problem.column for problem in changed.problems] == ["period"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("demands", "'demands' is not a change. Write table.key.column=value"),
        ("=", "'=' is not a change"),
        ("demands.quantity=5", "demands has no row with the key ''"),
        ("demands.D1=5", "demands has no column 'D1'"),
        ("demand.D1.quantity=5", "there is no table 'demand' in 'demand.D1.quantity=5'. Did you"),
        ("demands.D2.quantity=5", "demands has no row with the key 'D2'. Did you mean D1?"),
        ("stocks.W.quantity=5", "'W' is not a key of stocks. Write site, resource, expires_period"),
        ("stocks.W,mas.quantity=5", "no row with the key 'W,mas'. Did you mean W,mask?"),
        ("pledges.P.quantity=5", "pledges has no row with the key 'P'"),
        ("demands.D1.quantities=5", "no column 'quantities' (in 'demands.D1.quantities=5'). Did"),
        ("demands.D1.demand=D2", "demand is part of the key of demands"),
        ("demands.D1.quantity=-5", "demands.D1.quantity=-5: '-5' is negative. Give 0 or more."),
        ("demands.D1.quantity=many", "'many' is not a number"),
        ("demands.D1.quantity=", "the cell is empty. Fill in wanted."),
        ("network.weather=fine", "there is no setting network.weather"),
        ("network.periods=soon", "'soon' is not a number"),
        ("network.periods=0", "0 is not a number of periods"),
        ("network.periods=1.5", "1.5 is not a number of periods"),
        ("network.name=", "the setting name cannot be empty"),
        ("network.start=10 Feb", "'10 Feb' is not a date"),
        ("objective.stages=speed", "['speed'] is not a list of stages"),
        ("objective.tolerance=nan", "nan is not a number of 0 or more"),
    ],
)
def test_what_does_not_fit_is_refused(text, what):
    """Unknown tables, rows, columns and bad values, each in words that help."""
    with pytest.raises(InputError) as caught:
        apply_overrides(network(), [text])
    assert what in str(caught.value)


def test_a_key_that_stands_twice_is_refused():
    """Nobody can say which row is meant."""
    demands = {name: values * 2 for name, values in tables()["demands"].items()}
    with pytest.raises(InputError, match="2 rows with the key 'D1'"):
        apply_overrides(network(demands=demands), ["demands.D1.quantity=5"])


def test_all_bad_changes_are_named_at_once():
    """Not only the first."""
    with pytest.raises(InputError) as caught:
        apply_overrides(network(), ["x", "demands.D1.quantity=1", "y"])
    assert [problem.value for problem in caught.value.problems] == ["x", "y"]
