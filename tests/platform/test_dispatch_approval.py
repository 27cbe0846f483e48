"""Who approves, how often, and what must still be true when they do."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from sampan_platform.dispatch import providers, selectors, services
from sampan_platform.dispatch.models import Approval, PlanRun
from sampan_platform.dispatch.services import Override
from sampan_platform.people.models import AuditEvent
from sampan_platform.people.services import create_user, give_role
from tests.platform.planning import NOW, TODAY, Orders, needs, report, solved, stock


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


@pytest.fixture
def orders(monkeypatch) -> Orders:
    """The only order maker of this test."""
    maker = Orders()
    monkeypatch.setattr(providers, "_order_makers", [maker])
    return maker


def ready(world) -> PlanRun:
    """600 masks at 2 a piece to leave today: 1,200 in money."""
    world.resources["mask"].value = 2.0
    world.resources["mask"].save()
    report(world, "F1", TODAY - timedelta(days=1), effective_capacity=0)
    stock(world, "W1", 1000)
    needs(world, "H1", 600)
    return solved(world, days=1)


def limit(world, amount, where: str = "cn") -> None:
    services.set_limit(world.organisations[where], amount, world.users["ops"])


def test_below_the_limit_one_is_enough(world, orders) -> None:
    """1,200 of at most 5,000: the orders are made with the first approval, in its transaction."""
    limit(world, Decimal(5000))
    run = services.approve(ready(world), world.users["wei"], "As agreed")
    assert run.approval == "approved"
    assert selectors.is_ordered(run)
    ((number, lines, who),) = orders.made
    assert (number, who, [(line.lane_code, line.quantity) for line in lines]) == (
        run.pk, "wei", [("W1-H1", 600)],
    )  # fmt: skip
    assert run.lines.get().ordered
    event = AuditEvent.objects.get(action="dispatch.approve")
    assert event.after == {"level": 1, "amount": "1200.00", "complete": True}


def test_above_the_limit_both_levels_are_needed(world, orders) -> None:
    """Above 1,000 the first approval orders nothing; the other level completes it."""
    limit(world, Decimal(1000))
    run = services.approve(ready(world), world.users["wei"])
    assert (run.approval, orders.made) == ("half", [])
    with pytest.raises(ConflictError, match=r"approved plan .* already"):
        services.approve(run, world.users["wei"])
    run = services.approve(run, world.users["min"])
    assert run.approval == "approved"
    assert len(orders.made) == 1
    assert [(one.level, one.by.username) for one in run.approvals.all()] == [(1, "wei"), (2, "min")]


def test_a_second_of_the_same_level_does_not_complete_it(world, orders) -> None:
    """Two people of level 1 are still one level."""
    limit(world, Decimal(1000))
    second = create_user("second")
    give_role(second, world.organisations["cn-hb"], "approver", approval_level=1)
    run = services.approve(ready(world), world.users["wei"])
    with pytest.raises(ForbiddenError, match="waits for an approver of level 2"):
        services.approve(run, second)
    assert orders.made == []


def test_without_any_limit_both_are_needed(world, orders) -> None:
    """Nobody has said what one may approve alone, so nobody may."""
    run = services.approve(ready(world), world.users["min"])
    assert (run.approval, orders.made) == ("half", [])


def test_the_nearest_limit_counts(world) -> None:
    """A province's own limit goes before its country's; taken away, the country's holds."""
    scope = world.organisations["cn-hb"]
    limit(world, Decimal(9000))
    limit(world, Decimal(100), "cn-hb")
    assert selectors.limit_of(scope) == 100
    limit(world, None, "cn-hb")
    assert selectors.limit_of(scope) == 9000
    with pytest.raises(InvalidError, match="0 or more"):
        limit(world, Decimal(-1))
    with pytest.raises(ForbiddenError):
        services.set_limit(scope, Decimal(1), world.users["chen"])


def test_who_may_approve(world, orders) -> None:
    """A coordinator may not; somebody elsewhere does not even see the plan."""
    run = ready(world)
    with pytest.raises(ForbiddenError):
        services.approve(run, world.users["chen"])
    with pytest.raises(NotFoundError):
        services.approve(run, world.users["lan"])
    assert orders.made == []
    assert [one.pk for one in selectors.waiting(world.users["wei"])] == [run.pk]
    assert not selectors.waiting(world.users["chen"]).exists()


def test_four_eyes(world, orders) -> None:
    """Who changed a line does not approve the plan, whatever roles they hold."""
    limit(world, Decimal(5000))
    both = world.users["chen"]
    give_role(both, world.organisations["cn-hb"], "approver", approval_level=1)
    wanted = Override("W1-H1", "mask", TODAY, Decimal(500), "local-knowledge")
    run = services.override(ready(world), wanted, both, background=False)
    services.work(run.pk)
    with pytest.raises(ForbiddenError, match="Somebody else must approve"):
        services.approve(run, both)
    assert services.approve(run, world.users["wei"]).approval == "approved"
    assert [line.quantity for line in orders.made[0][1]] == [500]


def test_stock_that_has_gone_is_named_and_nothing_ordered(world, orders) -> None:
    """600 planned, 450 left: the line is named with the 150 that are missing."""
    limit(world, Decimal(5000))
    run = ready(world)
    stock(world, "W1", -550)
    with pytest.raises(ConflictError) as refused:
        services.approve(run, world.users["wei"])
    assert refused.value.code == "stock-gone"
    assert refused.value.message == (
        "Stock has changed since the plan was made: line 1, 600 mask on W1-H1: 150 of it are "
        "no longer available. Plan again."
    )
    run.refresh_from_db()
    assert (run.approval, orders.made, Approval.objects.count()) == ("open", [], 0)
    stock(world, "W1", 150)
    assert services.approve(run, world.users["wei"]).approval == "approved"


def test_two_plans_for_the_same_needs_are_not_both_ordered(world, orders) -> None:
    """Whichever comes second is refused, though the stock would do for both; one made with the
    orders known is not.
    """
    limit(world, Decimal(5000))
    first = ready(world)
    stock(world, "W1", 5000)
    with clock.at(NOW + timedelta(minutes=5)):
        second = solved(world, days=1)
    with clock.at(NOW + timedelta(minutes=10)):
        services.approve(second, world.users["wei"])
        with pytest.raises(ConflictError, match="overtaken by another"):
            services.approve(first, world.users["wei"])
        # one that was asked for afterwards with what was known before
        PlanRun.objects.filter(pk=first.pk).update(approval="open")
        with pytest.raises(ConflictError, match=f"Plan {second.pk} was ordered after"):
            services.approve(first, world.users["wei"])
        assert [number for number, _, _ in orders.made] == [second.pk]
    with clock.at(NOW + timedelta(minutes=15)):
        third = solved(world, days=1)
        services.approve(third, world.users["wei"])
    assert [number for number, _, _ in orders.made] == [second.pk, third.pk]


def test_a_plan_of_another_part_of_the_tree_is_no_newer_one(world, orders) -> None:
    """What Viet Nam ordered says nothing of Hubei's needs."""
    limit(world, Decimal(5000))
    hubei = ready(world)
    with clock.at(NOW + timedelta(minutes=5)):
        other = PlanRun.objects.create(
            organisation=world.organisations["vn"], as_of=clock.now(), start=TODAY, days=1,
            started_by=world.users["ops"], asked_at=clock.now(), approval="approved",
        )  # fmt: skip
        Approval.objects.create(plan=other, level=1, by=world.users["ops"], at=clock.now())
        other.lines.create(
            number=1, lane_code="x", resource=world.resources["mask"], depart_on=TODAY,
            arrive_on=TODAY, quantity=1, source="stock", ordered=True,
        )  # fmt: skip
        services.approve(hubei, world.users["wei"])
    assert [number for number, _, _ in orders.made] == [hubei.pk]


def test_a_plan_whose_day_has_passed_is_refused(world, orders) -> None:
    """What should have left yesterday is planned again, not ordered late."""
    limit(world, Decimal(5000))
    run = ready(world)
    with clock.at(NOW + timedelta(days=1)), pytest.raises(ConflictError, match="should have left"):
        services.approve(run, world.users["wei"])
    assert orders.made == []


def test_a_plan_that_breaks_rules_is_refused(world, orders) -> None:
    """What `verify` does not prove is not ordered."""
    run = ready(world)
    PlanRun.objects.filter(pk=run.pk).update(verification={"valid": False})
    with pytest.raises(ConflictError, match="breaks rules"):
        services.approve(run, world.users["wei"])


def test_a_plan_without_result_is_refused(world, orders) -> None:
    """Queued, failed or stopped without a plan: nothing to approve."""
    run = services.start(world.organisations["cn-hb"], world.users["chen"], background=False)
    with pytest.raises(ConflictError, match="queued and has no result"):
        services.approve(run, world.users["wei"])


def test_an_error_while_orders_are_made_undoes_the_approval(world, monkeypatch) -> None:
    """Either both or neither."""
    limit(world, Decimal(5000))

    def refuse(*_):
        raise InvalidError("The ledger refuses.", code="below-zero")

    monkeypatch.setattr(providers, "_order_makers", [refuse])
    run = ready(world)
    with pytest.raises(InvalidError, match="ledger refuses"):
        services.approve(run, world.users["wei"])
    run.refresh_from_db()
    assert (run.approval, run.lines.get().ordered, Approval.objects.count()) == ("open", False, 0)


def test_without_an_order_maker_nothing_is_approved(world, monkeypatch) -> None:
    """An approval that orders nothing would be believed."""
    limit(world, Decimal(5000))
    monkeypatch.setattr(providers, "_order_makers", [])
    with pytest.raises(ConflictError, match="Nothing here makes orders"):
        services.approve(ready(world), world.users["wei"])


def test_rejected_with_a_reason_and_then_final(world, orders) -> None:
    """A rejected plan stays to be read and is approved no more."""
    run = ready(world)
    with pytest.raises(InvalidError, match="Say why"):
        services.reject(run, world.users["wei"], " ")
    run = services.reject(run, world.users["wei"], "Road is flooded.")
    assert (run.approval, run.rejection) == ("rejected", "Road is flooded.")
    with pytest.raises(ConflictError, match="is rejected; nothing was changed"):
        services.approve(run, world.users["min"])


def test_the_database_refuses_a_second_approval_of_a_level(world) -> None:
    """Even code that forgets the rules cannot count one level or one person twice."""
    run = ready(world)
    Approval.objects.create(plan=run, level=1, by=world.users["wei"], at=NOW)
    for level, name in ((1, "min"), (2, "wei"), (3, "min")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Approval.objects.create(plan=run, level=level, by=world.users[name], at=NOW)


def test_approving_costs_the_same_number_of_queries(
    world, orders, django_assert_max_num_queries
) -> None:
    """However many lines there are."""
    limit(world, Decimal(5000))
    run = ready(world)
    with django_assert_max_num_queries(30):
        services.approve(run, world.users["wei"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("people", [("wei", "min"), ("wei", "wei"), ("min", "min")])
def test_two_at_once_make_one_set_of_orders(request, monkeypatch, people) -> None:
    """Two approvals in the same moment: one orders, the other is told that it is done."""
    world = request.getfixturevalue("world")
    maker = Orders()
    monkeypatch.setattr(providers, "_order_makers", [maker])
    limit(world, Decimal(5000))
    number = ready(world).pk
    barrier, ended = threading.Barrier(2), []

    def approve(name: str) -> None:
        try:
            run = PlanRun.objects.select_related("organisation").get(pk=number)
            barrier.wait(30)
            with clock.at(NOW):
                services.approve(run, world.users[name])
            ended.append("approved")
        except ConflictError as error:
            ended.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(name,)) for name in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ended) == ["approved", "decided"]
    assert len(maker.made) == 1
    assert Approval.objects.count() == 1
