"""Every check finds what it is for, says so well, and is quiet where nothing is wrong."""

from __future__ import annotations

import re

import pytest

from sampan.check import check, raise_on_errors
from sampan.check.chinese import CHINESE, in_chinese
from sampan.check.codes import CODES, reference
from sampan.errors import InputError
from sampan.network import Network
from sampan.read import read_network
from tests.engine.broken import CASES, column, folder, network, problems_of, tables


def codes(found: Network) -> list[str]:
    """The codes of all problems, in order."""
    return [problem.code for problem in check(found)]


def only(found: Network) -> str:
    """The text of the one problem there is."""
    (problem,) = check(found)
    return str(problem)


def test_a_network_in_order_has_no_problems():
    """The tiny network, from which all broken ones are made, is not broken itself."""
    assert check(network()) == []


@pytest.mark.parametrize("code", CASES)
def test_each_code_is_raised_by_a_network_broken_in_that_way(code, tmp_path):
    """One small mistake gives its own problem: severity, place, what is wrong, what to do."""
    found = problems_of(lambda: CASES[code](tmp_path))
    of_code = [problem for problem in found if problem.code == code]
    assert of_code, [str(problem) for problem in found]
    for problem in of_code:
        assert problem.severity == CODES[code].severity
        assert problem.message.endswith(".")
        assert problem.hint.endswith((".", "?"))
        assert "{" not in problem.message
        assert str(problem) == f"{problem.place}: {problem.message} {problem.hint}"


def test_every_code_is_listed_and_seen():
    """The reference lists all codes; each of them has a network that raises it."""
    assert set(CASES) == set(CODES)


@pytest.mark.parametrize("code", CASES)
def test_no_problem_carries_a_code_that_is_not_listed(code, tmp_path):
    """A code that users rely on cannot appear without its line in the reference."""
    assert {problem.code for problem in problems_of(lambda: CASES[code](tmp_path))} <= set(CODES)


def test_the_reference_lists_every_code():
    """With its severity and meaning."""
    page = reference()
    for code in CODES.values():
        words = CHINESE[code.name]
        assert f"| `{code.name}` | {code.severity} | {code.meaning} | {words} |" in page


def test_every_code_says_in_chinese_what_is_wrong_and_what_to_do():
    """Two sentences at least, none of them another code's, none without Chinese."""
    assert set(CHINESE) == set(CODES)
    assert len(set(CHINESE.values())) == len(CODES)
    for name, words in CHINESE.items():
        first, *others = words.rstrip("。").split("。")
        assert others, name
        assert all(re.search(r"[\u4e00-\u9fff]", one) for one in (first, *others)), name


@pytest.mark.parametrize("code", CASES)
def test_a_problem_in_chinese_loses_nothing(code, tmp_path):
    """Table, row, column and the value as written stand in it."""
    for problem in problems_of(lambda: CASES[code](tmp_path)):
        words = in_chinese(problem)
        assert CHINESE[problem.code] in words
        for part in (problem.table, problem.row, problem.column, problem.value):
            assert part is None or str(part) in words


def test_an_unknown_site_names_table_row_column_value_and_cure():
    """The message a user sees most often, word for word."""
    text = only(
        network(stocks={"site": ["Z"], "resource": ["mask"], "quantity": [0]}, demands=None)
    )
    assert text == (
        "stocks, row 1, column site: 'Z' is not in sites. "
        "Add it to sites, or correct or remove this row."
    )


def test_a_misspelt_key_is_told_what_it_may_mean():
    """A near miss names the key that was probably meant."""
    sites = {"site": ["Wuhan", "Huanggang"]}
    stocks = {"site": ["Wuhann"], "resource": ["mask"], "quantity": [1]}
    found = network(sites=sites, stocks=stocks, lanes=None, demands=None)
    assert "'Wuhann' is not in sites. Did you mean 'Wuhan'?" in only(found)


def test_all_problems_come_at_once():
    """Problems of cells, of references and of policies stand side by side."""
    found = network(
        demands=column("demands", quantity=["x"], site=["S9"]),
        reserves={"reserve": ["R"], "resource": ["gown"], "quantity_min": [1]},
        profiles={
            "table": ["lanes"],
            "key": ["W-H"],
            "attribute": ["runs_max"],
            "period": [9],
            "value": [1],
        },
    )
    assert sorted(codes(found)) == [
        "bad-profile",
        "not-a-number",
        "outside-calendar",
        "site-or-country",
        "unknown-reference",
        "unknown-reference",
    ]


def test_errors_stop_and_warnings_are_handed_over():
    """`raise_on_errors` raises every error, or returns the warnings."""
    with pytest.raises(InputError, match=r"1 problem in the network:\n  lanes, row 1"):
        raise_on_errors(network(lanes=column("lanes", origin=["H"])))
    warnings = raise_on_errors(network(stocks=None))
    assert [warning.code for warning in warnings] == ["unreachable-demand"]


@pytest.mark.parametrize("table", ["stocks", "process_flows", "reserves", "capacity_loads"])
def test_a_table_that_could_not_be_read_does_not_flood_the_others(table, tmp_path):
    """If resources.csv is unreadable, no row that names a resource is called wrong."""
    found = check(read_network(folder(tmp_path, resources_csv="资源".encode("gbk"))))
    assert [problem.code for problem in found if problem.severity == "error"] == ["not-utf8"]


class TestReferences:
    """Keys of other tables, also where the schema alone cannot say which table."""

    def test_a_profile_names_a_row_of_its_table(self):
        """The key of a profile is looked for in the table that the profile names."""
        profile = {
            "table": ["processes"],
            "key": ["W-H"],
            "attribute": ["runs_max"],
            "period": [0],
            "value": [1],
        }
        assert "'W-H' is not in processes" in only(network(profiles=profile))

    def test_a_profile_changes_what_its_table_has(self):
        """`runs_max` of a lane is refused, with what would do."""
        profile = {
            "table": ["lanes"],
            "key": ["W-H"],
            "attribute": ["runs_max"],
            "period": [0],
            "value": [1],
        }
        text = only(network(profiles=profile))
        assert "lanes have no 'runs_max' that changes by period. Use mass_kg_max" in text

    @pytest.mark.parametrize(("per", "activity"), [("run", "P9"), ("kg", "L9")])
    def test_a_load_names_an_activity(self, per, activity):
        """An activity that is neither process nor lane is unknown."""
        found = network(
            capacities={"capacity": ["quay"], "amount_max": [1]},
            capacity_loads={
                "capacity": ["quay"],
                "activity": [activity],
                "amount_per_unit": [1],
                "per": [per],
            },
        )
        assert codes(found) == ["unknown-reference"]

    def test_a_pledge_needs_one_recipient(self):
        """Site and country of the recipient: one, not both."""
        pledge = {
            "pledge": ["P"],
            "country": ["CN"],
            "recipient_site": ["X"],
            "recipient_country": ["IT"],
            "resource": ["mask"],
            "quantity": [1],
            "period": [1],
        }
        assert "both recipient_site and recipient_country are given" in only(
            network(pledges=pledge)
        )

    def test_the_last_period_is_in_the_calendar(self):
        """Only periods after the last are outside; an expiry may lie there."""
        stocks = {"site": ["W"], "resource": ["mask"], "quantity": [9], "expires_period": [99]}
        assert codes(network(demands=column("demands", period=[3]), stocks=stocks)) == []


class TestSizes:
    """Mass and volume where they count."""

    def test_one_warning_a_resource(self):
        """However many lanes limit by mass, each resource is named once."""
        lanes = {
            "lane": ["1", "2"],
            "origin": ["W", "W"],
            "destination": ["H", "H"],
            "cost_per_kg": [1, 1],
            "lead_time_periods": [1, 1],
        }
        found = check(network(lanes=lanes))
        assert [(problem.code, problem.value) for problem in found] == [
            ("no-mass", "mask"),
            ("no-mass", "team"),
        ]

    def test_a_resource_that_such_lanes_do_not_carry_needs_none(self):
        """Only what may go on the lane."""
        bar = {"lane": ["W-H"], "resource": ["team"], "allowed": [False]}
        found = check(network(lanes=column("lanes", vehicle_kg=[100]), lane_resources=bar))
        assert [problem.value for problem in found] == ["mask"]

    def test_stores_count_volume(self):
        """A storage limit makes volume matter too."""
        sites = {"site": ["W", "H", "X"], "storage_m3_max": [9, None, None]}
        found = check(network(sites=sites))
        assert {problem.code for problem in found} == {"no-volume"}

    def test_resources_with_sizes_are_fine(self):
        """Nothing to say where every size is given."""
        sized = column("resources", mass_kg=[0.1, 80], volume_m3=[0.01, 1])
        lanes = column("lanes", mass_kg_max=[100], volume_m3_max=[5])
        assert check(network(resources=sized, lanes=lanes)) == []


def test_firm_commitments_that_can_go_are_fine():
    """Firm, allowed, open, in time; and what is not firm is nobody's problem."""
    commitments = {
        "commitment": ["1", "2"],
        "lane": ["W-H", "W-H"],
        "resource": ["mask", "mask"],
        "period": [2, 3],
        "quantity": [1, 1],
        "firm": [True, False],
    }
    assert check(network(commitments=commitments)) == []


def test_a_bad_calendar_does_not_call_every_period_wrong():
    """If `periods` itself is wrong, only that is said."""
    assert codes(network({"periods": 0})) == ["bad-setting"]


def test_checking_changes_nothing():
    """Data in, data out."""
    made = network()
    before = {name: frame.clone() for name, frame in made.tables.items()}
    check(made)
    assert set(before) == set(tables())
    assert all(made.tables[name].equals(frame) for name, frame in before.items())
