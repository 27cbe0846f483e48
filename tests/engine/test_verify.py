"""`verify` passes plans that are right and names the rule that a planted mistake breaks."""

from __future__ import annotations

import polars as pl
import pytest

from sampan.errors import InputError
from sampan.network import Network
from sampan.plan import Plan
from sampan.verify import verify
from tests.engine import planted, planted_policies
from tests.engine.planted import SHORT, Case, certified, lanes, shipping, stage_row

CASES = [*planted.CASES, *planted_policies.CASES]
MISTAKES = [
    pytest.param(case, rule, changed, id=f"{case.name}: {rule} {number}")
    for case in CASES
    for number, (rule, changed) in enumerate(case.mistakes)
]
QUANTITIES = ("shipments", "vehicles", "runs", "stocks", "deliveries", "shortages", "expiries",
              "breaches")  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_right_plan_is_valid(case: Case) -> None:
    """No rule is stricter than the network asks for."""
    found = verify(case.network, case.plan())
    assert [str(violation) for violation in found] == []
    assert found.valid
    assert found.largest_violation <= 1e-10


@pytest.mark.parametrize(("case", "rule", "changed"), MISTAKES)
def test_a_mistake_is_found_by_name(case: Case, rule: str, changed: dict[str, list]) -> None:
    """Every rule sees its own mistake."""
    found = verify(case.network, case.plan(**changed))
    assert rule in {violation.rule for violation in found}
    assert not found.valid


def changed_by_one(plan: Plan) -> list[tuple[str, Plan]]:
    """The plan with one unit more or less in one cell, for every numeric cell."""
    plans = []
    for name in QUANTITIES:
        frame = plan.frame(name).with_row_index("#row")
        for column in plan.frame(name).columns:
            if not frame[column].dtype.is_numeric():
                continue
            for row in frame.filter(pl.col(column).is_not_null())["#row"]:
                for unit in (-1, 1):
                    here = pl.when(pl.col("#row") == row).then(unit).otherwise(0)
                    wrong = frame.with_columns(pl.col(column) + here).drop("#row")
                    plans.append((f"{name} {column} {unit:+d}", plan.replace(**{name: wrong})))
    return plans


ALIKE = ("volume_m3_max", "quantity_max", "profile", "export share_max")
"""Their plans have the same rows as `mass_kg_max`."""


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name not in ALIKE], ids=lambda case: case.name
)
def test_one_unit_more_or_less_is_found_in_every_cell(case: Case) -> None:
    """A plan file changed by one unit fails, wherever it is changed."""
    changed = changed_by_one(case.plan())
    assert changed
    missed = [where for where, plan in changed if not verify(case.network, plan)]
    assert missed == []


def scaled(frames: dict[str, list], by: float) -> dict[str, list]:
    """The rows with every quantity and limit in units multiplied."""
    names = ("quantity", "mass_kg_max", "volume_m3_max", "quantity_max", "amount_max", "value")
    return {
        name: [{key: value * by if key in names else value for key, value in row.items()}
               for row in rows]
        for name, rows in frames.items()
    }  # fmt: skip


@pytest.mark.parametrize("case", [shipping(), lanes()[0]], ids=lambda case: case.name)
def test_one_unit_is_found_among_a_thousand_million(case: Case) -> None:
    """Tolerances are relative and yet small enough for a unit among 1e9."""
    large = Case(case.name, scaled(case.tables, 1e8), scaled(case.frames, 1e8), case.values)
    assert verify(large.network, large.plan()).valid
    missed = [where for where, plan in changed_by_one(large.plan())
              if not verify(large.network, plan)]  # fmt: skip
    assert missed == []


def test_rounding_is_forgiven() -> None:
    """Quantities that are off by what sums of floats are off by do not fail a plan."""
    case = shipping()
    near = [{**case.frames["shipments"][0], "quantity": 10.0 + 1e-12}]
    found = verify(case.network, case.plan(shipments=near))
    assert found.valid
    assert 0 < found.largest_violation < 1e-12


@pytest.mark.parametrize("column", ["value", "bound", "gap"])
@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("change", [-1.0, 1.0, 1e-6, float("nan"), float("inf")])
def test_changed_stages_are_found(column: str, part: int, change: float) -> None:
    """No number of `stages` can be changed without notice."""
    case = shipping()
    plan = case.plan()
    here = pl.when(pl.int_range(pl.len()) == part).then(change).otherwise(0.0)
    wrong = plan.replace(stages=plan.stages.with_columns(pl.col(column) + here))
    assert not verify(case.network, wrong).valid


def test_stages_are_those_of_the_objective() -> None:
    """Rows of `stages` that are missing, doubled or strange are named."""
    case = shipping()
    stages = case.plan().stages
    extra = pl.DataFrame([stage_row("cost", "all", 0.0, 0.0)])
    late = pl.DataFrame([stage_row("lateness", "2", 0.0, 0.0)])
    for wrong in (stages.head(2), pl.concat([stages, extra]), pl.concat([stages, late]),
                  pl.concat([stages, stages.head(1)])):  # fmt: skip
        found = verify(case.network, case.plan().replace(stages=wrong))
        assert "stages_form" in {violation.rule for violation in found}


def test_bounds_need_prices_where_nothing_is_whole() -> None:
    """`bound_from` cannot be used to keep a bound from being recomputed."""
    case = shipping()
    stages = case.plan().stages.with_columns(bound_from=pl.lit("solver"))
    rules = {violation.rule for violation in verify(case.network, case.plan().replace(
        stages=stages))}  # fmt: skip
    assert rules == {"bound"}


@pytest.mark.parametrize("changed", [{"gap": 0.5}, {"gap": None}, {"status": "fine"},
                                     {"largest_violation": -1.0}])  # fmt: skip
def test_the_summary_agrees_with_the_frames(changed: dict[str, object]) -> None:
    """The summary's status and gap are those of the plan."""
    case = shipping()
    plan = case.plan()
    wrong = plan.replace(summary={**plan.summary, **changed})
    assert {violation.rule for violation in verify(case.network, wrong)} == {"summary"}


def test_a_plan_without_anything_is_not_valid() -> None:
    """An empty plan neither meets nor misses its demands, and has no certificate."""
    found = verify(shipping().network, Plan({}, {}))
    assert {"demand", "balance", "stages_form", "summary"} <= {item.rule for item in found}


def test_a_network_with_errors_is_refused() -> None:
    """Rules that cannot be read cannot be checked."""
    case = shipping()
    broken = case.network.replace(stocks={"site": ["X"], "resource": ["mask"], "quantity": [1]})
    with pytest.raises(InputError, match="'X' is not in sites"):
        verify(broken, case.plan())


def test_the_result_reads_like_a_list() -> None:
    """Violations can be counted, indexed and printed; none at all is false."""
    case = shipping()
    found = verify(case.network, case.plan(shipments=[]))
    assert len(found) == len(list(found)) > 0
    first = found[0]
    assert (first.rule, first.period) == ("balance", 1)
    assert str(first).startswith("balance (site H, resource mask, period 1): 10 more")
    assert first.amount == 10
    assert first.relative == pytest.approx(1.0)
    assert found.largest_violation >= 1
    assert not verify(case.network, case.plan())


def test_input_is_not_changed() -> None:
    """Verifying leaves the network and the plan as they were."""
    case = shipping()
    network, plan = case.network, case.plan()
    before = {name: frame.clone() for name, frame in plan.frames.items()}
    verify(network, plan)
    assert all(plan.frames[name].equals(frame) for name, frame in before.items())
    assert isinstance(network, Network)


def test_the_account_of_stages() -> None:
    """`stages` shows what was stated beside what was recomputed."""
    case = lanes()[0]
    row = verify(case.network, certified(
        {name: pl.DataFrame(rows) for name, rows in case.frames.items()},
        [stage_row(*SHORT, 0.5, 0.0)],
    )).stages.row(0, named=True)  # fmt: skip
    assert (row["value"], row["value_recomputed"]) == (0.5, 0.5)
    assert (row["bound"], row["bound_recomputed"], row["gap"]) == (0.0, 0.0, 1.0)
    assert row["recomputed"]
