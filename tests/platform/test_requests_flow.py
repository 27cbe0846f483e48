"""Requests: asked in boxes, reviewed, decided with a reason, met by receipts; each step once."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from sampan_platform.people.models import AuditEvent
from sampan_platform.requests import selectors, services
from sampan_platform.requests.models import Request, RequestEvent
from sampan_platform.requests.services import Wish

NOW = datetime(2020, 2, 10, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_february():
    with clock.at(NOW):
        yield


def wish(world, **changes) -> Wish:
    """Jinyintan asks for 20 boxes of masks."""
    plain = Wish(
        site=world.sites["H1"],
        resource=world.resources["mask"],
        quantity=Decimal(20),
        pack="box",
        needed_by=date(2020, 2, 12),
        reason="Two more wards open on Wednesday.",
    )
    return replace(plain, **changes)


def asked(world, **changes) -> Request:
    return services.submit(uuid.uuid4(), wish(world, **changes), world.users["hua"])


def reviewed(world, **changes) -> Request:
    return services.review(asked(world, **changes), world.users["chen"])


def test_boxes_become_pieces(world) -> None:
    """20 boxes of 50 are 1,000 pieces; what was asked stays readable as it was asked."""
    made = asked(world)
    assert (made.quantity, made.asked_quantity, made.asked_pack) == (1000, 20, "box")
    assert asked(world, pack="", quantity=Decimal("12.5")).quantity == Decimal("12.5")
    assert asked(world, pack="piece").quantity == 20


def test_what_is_wrong_is_named_all_at_once(world) -> None:
    """An unknown pack is told the known ones; several mistakes come back together."""
    with pytest.raises(InvalidError, match="Use one of: piece, box"):
        asked(world, pack="pallet")
    with pytest.raises(InvalidError) as wrong:
        asked(world, quantity=Decimal(0), reason=" ", priority=0, covers_days=0)
    assert {problem.where for problem in wrong.value.problems} == {
        "quantity", "reason", "priority", "covers_days",
    }  # fmt: skip
    assert Request.objects.count() == 0


def test_the_same_request_sent_twice_is_one(world) -> None:
    """A retry finds the first; another wish under the same id is refused."""
    number, hua = uuid.uuid4(), world.users["hua"]
    first = services.submit(number, wish(world), hua)
    assert services.submit(number, wish(world), hua).pk == first.pk
    with pytest.raises(ConflictError, match="Make a new id"):
        services.submit(number, wish(world, quantity=Decimal(21)), hua)
    assert Request.objects.count() == 1
    assert first.events.count() == 1


def test_what_is_needed_by_a_day_that_has_passed_is_refused(world) -> None:
    """No plan could send it; today is in time, and what was asked for in time may come again."""
    with pytest.raises(InvalidError, match="2020-02-09 has passed"):
        asked(world, needed_by=date(2020, 2, 9))
    assert asked(world, needed_by=date(2020, 2, 10)).pk
    number = uuid.uuid4()
    made = services.submit(number, wish(world), world.users["hua"])
    with clock.at(NOW + timedelta(days=9)):
        assert services.submit(number, wish(world), world.users["hua"]) == made


def test_approved_in_full(world) -> None:
    """submitted → reviewed → approved, and open_needs has it for the network."""
    made = reviewed(world)
    services.decide(made, world.users["chen"])
    assert (made.state, made.approved_quantity, made.unmet) == ("approved", 1000, 1000)
    (need,) = selectors.open_needs(NOW, date(2020, 2, 20))
    assert (need.key, need.quantity, need.priority) == (f"request:{made.pk}", 1000, 2)
    assert selectors.open_needs(NOW, date(2020, 2, 11)) == []


def test_reduced_and_rejected_need_a_reason(world) -> None:
    """Less than asked is `reduced`, nothing is `rejected`; neither without saying why."""
    chen = world.users["chen"]
    made = reviewed(world)
    with pytest.raises(InvalidError, match="why you reduce"):
        services.decide(made, chen, Decimal(600))
    services.decide(made, chen, Decimal(600), "One ward opens later.")
    assert (made.state, made.approved_quantity) == ("reduced", 600)
    other = reviewed(world)
    with pytest.raises(InvalidError, match="why you reject"):
        services.decide(other, chen, Decimal(0))
    services.decide(other, chen, Decimal(0), "Asked twice.")
    assert (other.state, other.approved_quantity, other.unmet) == ("rejected", None, 0)
    with pytest.raises(InvalidError, match="Between 0 and 1000"):
        services.decide(reviewed(world), chen, Decimal(1001), "More")


def test_steps_only_in_their_order_and_once(world) -> None:
    """No decision before the review, no second decision after the first."""
    chen = world.users["chen"]
    made = asked(world)
    with pytest.raises(ConflictError, match="is submitted and cannot become approved"):
        services.decide(made, chen)
    services.review(made, chen)
    services.decide(made, chen)
    with pytest.raises(ConflictError, match="is approved and cannot become rejected"):
        services.decide(made, chen, Decimal(0), "Changed my mind.")
    assert [event.state for event in made.events.all()] == ["submitted", "reviewed", "approved"]


def test_who_may_ask_and_who_may_decide(world) -> None:
    """A reporter asks for the own hospital; a coordinator above decides, and not for himself."""
    made = asked(world)
    with pytest.raises(ForbiddenError):
        services.review(made, world.users["hua"])
    with pytest.raises(NotFoundError):
        services.submit(uuid.uuid4(), wish(world), world.users["rui"])
    with pytest.raises(NotFoundError):
        services.review(made, world.users["lan"])
    chen = world.users["chen"]
    own = services.submit(uuid.uuid4(), wish(world), chen)
    services.review(own, chen)
    with pytest.raises(ForbiddenError, match="asked for this yourself"):
        services.decide(own, chen)
    services.decide(own, world.users["wei"])
    assert own.decided_by == world.users["wei"]


def test_receipts_meet_the_urgent_and_old_first_and_count_once(world) -> None:
    """1,300 pieces: 1,000 for priority 1, 300 of the 500 of priority 2; a retry adds nothing."""
    chen, place = world.users["chen"], (world.sites["H1"].pk, world.resources["mask"].pk)
    later = reviewed(world, quantity=Decimal(10))
    urgent = reviewed(world, priority=1)
    for made in (later, urgent):
        services.decide(made, chen)
    assert services.receive(*place, Decimal(1300), "DO-1/1") == 1300
    assert services.receive(*place, Decimal(1300), "DO-1/1") == 1300
    urgent.refresh_from_db()
    later.refresh_from_db()
    assert (urgent.state, urgent.unmet) == ("met", 0)
    assert (later.state, later.met_quantity, later.unmet) == ("partly_met", 300, 200)
    assert services.receive(*place, Decimal(900), "DO-2/1") == 200
    later.refresh_from_db()
    assert later.state == "met"
    with pytest.raises(ConflictError, match="not 901"):
        services.receive(*place, Decimal(901), "DO-2/1")


def test_withdrawn_owes_nothing_more(world) -> None:
    """A request that is no longer wanted is not planned for; a met one cannot be withdrawn."""
    made = reviewed(world)
    services.decide(made, world.users["chen"])
    services.withdraw(made, world.users["hua"], "The ward stays closed.")
    assert (made.state, made.unmet) == ("withdrawn", 0)
    assert selectors.open_needs(NOW, date(2020, 3, 1)) == []
    with pytest.raises(ConflictError):
        services.withdraw(made, world.users["hua"])


def test_open_needs_as_of_an_earlier_moment(world) -> None:
    """Each hour a step: what was owed at each of them is found again later."""
    chen, until = world.users["chen"], date(2020, 3, 1)
    steps = [
        lambda made: services.review(made, chen),
        lambda made: services.decide(made, chen, Decimal(600), "One ward opens later."),
        lambda made: services.receive(made.site_id, made.resource_id, Decimal(100), "DO-1/1"),
        lambda made: services.withdraw(made, world.users["hua"]),
    ]
    made, owed = asked(world), []
    for hour, step in enumerate(steps, start=1):
        with clock.at(NOW + timedelta(hours=hour)):
            step(made)
            made.refresh_from_db()
            owed.append(
                [(need.quantity, need.unmet) for need in selectors.open_needs(clock.now(), until)]
            )
    assert owed == [[], [(600, 600)], [(600, 500)], []]
    with clock.at(NOW + timedelta(days=1)):
        for hour, then in enumerate(owed, start=1):
            found = selectors.open_needs(NOW + timedelta(hours=hour), until)
            assert [(need.quantity, need.unmet) for need in found] == then


def test_every_step_stands_in_the_audit_trail(world) -> None:
    """Who decided, what, and why."""
    made = reviewed(world)
    services.decide(made, world.users["chen"], Decimal(600), "One ward opens later.")
    event = AuditEvent.objects.get(action="requests.reduced")
    assert (event.actor, event.target) == (world.users["chen"], f"request:{made.pk}")
    assert event.reason == "One ward opens later."


def test_the_database_refuses_more_than_was_asked(world) -> None:
    """Even code that forgets the rules cannot approve more than was asked, or meet more."""
    made = reviewed(world)
    for wrong in ({"approved_quantity": 1001}, {"met_quantity": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Request.objects.filter(pk=made.pk).update(**wrong)


def test_a_list_costs_the_same_however_long(world, django_assert_num_queries) -> None:
    """One query for the roles and one for the rows with all that a list shows."""
    for _ in range(5):
        asked(world)
    with django_assert_num_queries(2):
        rows = list(selectors.requests(world.users["chen"]))
        assert {row.site.organisation.code for row in rows} == {"jinyintan"}
        assert {row.resource.code for row in rows} == {"mask"}
    assert not selectors.requests(world.users["lan"]).exists()


def test_many_receipts_at_once_meet_what_they_would_one_by_one(world) -> None:
    """Two receipts for one request and one for nobody's: the most urgent first, each once."""
    chen = world.users["chen"]
    first, second = asked(world), asked(world)
    for made in (first, second):
        services.review(made, chen)
        services.decide(made, chen)
    site, mask, gown = first.site_id, first.resource_id, world.resources["suit"].pk
    owed = first.quantity + second.quantity
    receipts = [
        services.Came(site, mask, "DO-1/3", first.quantity - 100),
        services.Came(site, mask, "DO-2/3", Decimal(300)),
        services.Came(site, gown, "DO-2/3", Decimal(7)),
    ]
    with CaptureQueriesContext(connection) as queries:
        met = services.receive_many(receipts, chen)
    assert met == [first.quantity - 100, 300, 0]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.unmet) == ("met", 0)
    assert (second.state, second.unmet) == ("partly_met", owed - first.quantity - 200)
    steps = RequestEvent.objects.filter(request=first, reference__startswith="DO-")
    assert [(one.state, one.quantity, one.reference) for one in steps] == [
        ("partly_met", first.quantity - 100, "DO-1/3"),
        ("met", 100, "DO-2/3"),
    ]
    more = [services.Came(site, mask, f"DO-{at}/3", Decimal(1)) for at in range(3, 60)]
    with CaptureQueriesContext(connection) as many_queries:
        again = services.receive_many([*receipts, *more], chen)
    assert again == [*met, *[Decimal(1)] * 57]
    assert len(many_queries) <= len(queries) + 1
    with pytest.raises(ConflictError, match="DO-1/3"):
        services.receive_many([services.Came(site, mask, "DO-1/3", Decimal(1))], chen)
