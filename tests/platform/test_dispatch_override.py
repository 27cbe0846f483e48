"""One line otherwise: fixed exactly, the rest best again, verified, and what it costs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

import sampan
from sampan_platform.catalogue.models import Lane, NetworkRow
from sampan_platform.common import clock
from sampan_platform.common.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
)
from sampan_platform.dispatch import selectors, services
from sampan_platform.dispatch.fixing import Fix, fix_lines
from sampan_platform.dispatch.lines import shipments_of
from sampan_platform.dispatch.services import Override
from tests.platform.planning import NOW, TODAY, needs, report, solved, stock


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


def hospitals(**lane) -> sampan.Network:
    """Ten masks and ten suits (1 kg each) in store, ten of each wanted at two hospitals."""
    lanes = {"lane": ["north", "south"], "origin": ["W", "W"], "destination": ["N", "S"],
             "lead_time_periods": [0, 0]}  # fmt: skip
    return sampan.Network.from_frames(
        {
            "sites": {"site": ["W", "N", "S"]},
            "resources": {"resource": ["mask", "suit"], "unit": ["piece"] * 2,
                          "mass_kg": [1.0, 1.0]},
            "stocks": {"site": ["W", "W"], "resource": ["mask", "suit"], "quantity": [10, 10]},
            "lanes": lanes | lane,
            "demands": {"demand": ["nm", "sm", "ns", "ss"], "site": ["N", "S", "N", "S"],
                        "resource": ["mask", "mask", "suit", "suit"], "period": [0] * 4,
                        "quantity": [10] * 4, "lateness_max": [0] * 4},
        },
        start=date(2020, 2, 10),
        periods=2,
    )  # fmt: skip


def sent(network: sampan.Network) -> dict[tuple[str, str], float]:
    plan = sampan.solve(network)
    assert sampan.verify(network, plan).valid
    rows = shipments_of(plan).group_by("lane", "resource").agg(pl.col("quantity").sum())
    return {(lane, item): round(quantity, 6) for lane, item, quantity in rows.iter_rows()}


def test_without_a_fix_it_is_half_each() -> None:
    """The base for what follows."""
    assert set(sent(hospitals()).values()) == {5}


@pytest.mark.parametrize("quantity", [0.0, 2.0, 8.0, 10.0])
def test_the_line_is_exactly_as_fixed_and_the_rest_is_best(quantity) -> None:
    """The other hospital gets the rest of the masks; suits stay at half each."""
    found = sent(fix_lines(hospitals(), [Fix("north", "mask", 0, quantity)]))
    assert found.get(("north", "mask"), 0) == quantity
    assert found.get(("south", "mask"), 0) == 10 - quantity
    assert (found["north", "suit"], found["south", "suit"]) == (5, 5)


def test_what_is_fixed_takes_its_share_of_the_lane() -> None:
    """A lane of 12 kg with 8 masks fixed carries 4 suits at most."""
    narrow = hospitals(mass_kg_max=[12.0, 100.0])
    found = sent(fix_lines(narrow, [Fix("north", "mask", 0, 8.0)]))
    assert (found["north", "mask"], found["north", "suit"]) == (8, 4)
    with pytest.raises(InvalidError, match="carries 12 kg that day; this needs 13"):
        fix_lines(narrow, [Fix("north", "mask", 0, 13.0)])


def test_two_lines_of_one_lane_and_day() -> None:
    """Both hold, and so does what others ordered there."""
    found = sent(
        fix_lines(hospitals(), [Fix("north", "mask", 0, 1.0), Fix("north", "suit", 0, 9.0)])
    )
    assert found == {("north", "mask"): 1, ("south", "mask"): 9, ("north", "suit"): 9,
                     ("south", "suit"): 1}  # fmt: skip


def test_other_days_and_marked_resources_stay_as_they_are() -> None:
    """A lane for masks only carries no suits because a line on it was fixed."""
    only_masks = hospitals().replace(
        lane_resources=pl.DataFrame({"lane": ["north"], "resource": ["mask"], "allowed": [True]})
    )
    found = sent(fix_lines(only_masks, [Fix("north", "mask", 0, 3.0)]))
    assert found == {("north", "mask"): 3, ("south", "mask"): 7, ("south", "suit"): 10}


def test_an_order_that_is_frozen_cannot_be_fixed_below() -> None:
    """Cancel it first; more than it is fine, and counts once."""
    ordered = hospitals().replace(
        commitments=pl.DataFrame(
            {"commitment": ["order:DO-1:0"], "lane": ["north"], "resource": ["mask"],
             "period": [0], "quantity": [6.0], "firm": [True]}
        )
    )  # fmt: skip
    with pytest.raises(InvalidError, match="6 mask on north are ordered"):
        fix_lines(ordered, [Fix("north", "mask", 0, 4.0)])
    assert sent(fix_lines(ordered, [Fix("north", "mask", 0, 7.0)]))["north", "mask"] == 7


def test_a_closed_lane_and_a_lane_that_is_too_slow_are_refused() -> None:
    """In words, before anything is solved."""
    closed = hospitals().replace(
        profiles=pl.DataFrame({"table": ["lanes"], "key": ["north"], "attribute": ["open"],
                               "period": [0], "value": [0.0]})
    )  # fmt: skip
    with pytest.raises(InvalidError, match="closed that day"):
        fix_lines(closed, [Fix("north", "mask", 0, 1.0)])
    slow = hospitals(lead_time_periods=[2, 0])
    with pytest.raises(InvalidError, match="too late to plan"):
        fix_lines(slow, [Fix("north", "mask", 0, 1.0)])


@pytest.fixture
def two_wards(world):
    """Masks for a second hospital in Hubei: H3, where the plan gives each 150 of 300."""
    from sampan_platform.catalogue.models import Site

    world.sites["H3"] = Site.objects.create(
        code="H3", name_en="Second", kind="hospital", country="CN",
        organisation=world.organisations["hb-store"],
    )  # fmt: skip
    Lane.objects.create(
        code="W1-H3", origin=world.sites["W1"], destination=world.sites["H3"], mode="road"
    )
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
    needs(world, "H1", 300)
    needs(world, "H3", 300)
    stock(world, "W1", 300)
    return world


def change(quantity: int, lane: str = "W1-H1", reason: str = "local-knowledge", **more) -> Override:
    return Override(lane, "mask", TODAY, Decimal(quantity), reason, **more)


def overridden(world, base, wanted: Override, user: str = "chen"):
    run = services.override(base, wanted, world.users[user], background=False)
    services.work(run.pk)
    run.refresh_from_db()
    return run


def test_an_override_makes_a_new_plan_with_its_loss(two_wards) -> None:
    """200 instead of 150 for one: as much is short as before, but the other gets 100 of 300."""
    base = solved(two_wards, days=1)
    run = overridden(two_wards, base, change(200, note="Surge ward"))
    assert (run.state, run.base, run.verification["valid"]) == ("done", base, True)
    lines = {line.lane_code: line.quantity for line in run.lines.all()}
    assert lines == {"W1-H1": 200, "W1-H3": 100}
    loss = {(row["stage"], row["part"]): row["worse_by"] for row in run.loss}
    assert loss["shortage", "2"] == pytest.approx(0)
    # one group, the province: its fill rate is the same, whoever of it gets the masks
    assert loss["fairness", "2:1"] == pytest.approx(0)
    (kept,) = run.overrides.all()
    before = sum(line.quantity for line in base.lines.filter(lane__code="W1-H1"))
    assert (kept.quantity_before, kept.quantity) == (before, 200)
    assert (kept.by.username, kept.note) == ("chen", "Surge ward")
    base.refresh_from_db()
    assert base.approval == "open"


def test_sending_less_than_best_is_a_loss_of_shortage(two_wards) -> None:
    """Only 100 of 300 may leave to each: a third of the need more is short."""
    base = solved(two_wards, days=1)
    half = overridden(two_wards, base, change(100))
    run = overridden(two_wards, half, change(100, lane="W1-H3"))
    assert {line.lane_code: line.quantity for line in run.lines.all()} == {
        "W1-H1": 100,
        "W1-H3": 100,
    }
    loss = {(row["stage"], row["part"]): row["worse_by"] for row in run.loss}
    assert loss["shortage", "2"] == pytest.approx(100 / 600)
    assert run.overrides.count() == 2
    assert selectors.root(run) == base


def test_the_same_line_overridden_again_holds_as_last_said(two_wards) -> None:
    """The second word replaces the first."""
    base = solved(two_wards, days=1)
    first = overridden(two_wards, base, change(100))
    second = overridden(two_wards, first, change(250, reason="quality"))
    (kept,) = second.overrides.all()
    assert (kept.quantity_before, kept.quantity, kept.reason.code) == (100, 250, "quality")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (change(1, reason="because"), "There is no reason 'because'. Use one of: local-knowledge"),
        (change(1, reason="other"), "Say in the note"),
        (change(-1), "0 or more"),
        (change(1, lane="nowhere"), "There is no lane nowhere"),
        (change(1, lane="W1-H2"), "There is no lane W1-H2 in this plan"),
        (Override("W1-H1", "gold", TODAY, Decimal(1), "quality"), "There is no resource gold"),
        (Override("W1-H1", "mask", date(2020, 3, 1), Decimal(1), "quality"), "not in the plan"),
    ],
)
def test_an_override_that_cannot_be_is_refused(two_wards, wanted, message) -> None:
    """In words, and no plan is made of it."""
    base = solved(two_wards, days=1)
    with pytest.raises(InvalidError, match=message):
        services.override(base, wanted, two_wards.users["chen"])
    assert not base.overridden_by.exists()


def test_more_than_there_is_fails_with_the_rules_that_exclude_each_other(two_wards) -> None:
    """500 of a stock of 300: the plan fails and names the rules."""
    run = overridden(two_wards, solved(two_wards, days=1), change(500))
    assert run.state == "failed"
    assert "contradict each other" in run.error


def test_who_may_override(two_wards) -> None:
    """Coordinators; an analyst may plan but not override."""
    base = solved(two_wards, days=1)
    with pytest.raises(ForbiddenError):
        services.override(base, change(1), two_wards.users["ana"])


def test_an_approved_plan_is_overridden_no_more(two_wards) -> None:
    """Its orders are made; a new plan starts from there."""
    base = solved(two_wards, days=1)
    type(base).objects.filter(pk=base.pk).update(approval="approved")
    base.refresh_from_db()
    with pytest.raises(ConflictError, match="is approved; start a new plan"):
        services.override(base, change(1), two_wards.users["chen"])


def test_lots_of_a_lane_do_not_stop_an_override(two_wards) -> None:
    """A person may send what the lane's lot size would not: it is said and kept exactly."""
    NetworkRow.objects.create(
        table="lane_resources", key="W1-H1,mask", organisation=two_wards.organisations["cn-hb"],
        values={"lane": "W1-H1", "resource": "mask", "lot_size": 100},
    )  # fmt: skip
    run = overridden(two_wards, solved(two_wards, days=1), change(170))
    assert {line.lane_code: line.quantity for line in run.lines.all()}["W1-H1"] == 170
