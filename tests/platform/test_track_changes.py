"""Each change from an allowed state, by an allowed role, once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from sampan_platform.common import clock
from sampan_platform.common.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from sampan_platform.people.models import AuditEvent
from sampan_platform.track import selectors, services
from sampan_platform.track.models import DispatchOrder, OrderEvent, OrderState
from sampan_platform.track.transitions import ACTIONS, TABLE, after_receipt
from tests.platform.track_world import (
    at_once,
    balances,
    issue,
    line,
    noon,
    put,
    shipped,
)

ONE = ("W1-H1", "mask", 100, 0, 1)
DOCS = Path(__file__).parents[2] / "docs" / "explanation" / "tracking.md"


@pytest.fixture(autouse=True)
def _noon():
    """All of it happens on 10 February unless a test says otherwise."""
    with clock.at(noon(10)):
        yield


@pytest.fixture
def order(world) -> DispatchOrder:
    """100 masks from the Hubei store to Jinyintan, issued."""
    put(world, "W1", "mask", 150)
    return issue(world, ONE)[0]


def test_an_order_from_issue_to_its_end(world, order) -> None:
    """Picked, shipped, seen on the way, received and closed; each with its event."""
    chen, hua = world.users["chen"], world.users["hua"]
    services.pick(order.number, uuid4(), chen)
    services.ship(order.number, uuid4(), chen, carrier="SF", vehicle="鄂A12345")
    with clock.at(noon(11)):
        services.report_transit(order.number, uuid4(), chen, place="Hankou")
        result = services.receive(order.number, uuid4(), hua)
        assert result.order.state == OrderState.RECEIVED
        services.close(order.number, uuid4(), hua)
    whole = selectors.whole_order(chen, order.number)
    assert [(one.action, one.state_after) for one in whole.events.all()] == [
        ("issue", "issued"),
        ("pick", "picked"),
        ("ship", "shipped"),
        ("transit", "in_transit"),
        ("receive", "received"),
        ("close", "closed"),
    ]
    assert [one.sequence for one in whole.events.all()] == [1, 2, 3, 4, 5, 6]
    assert (whole.carrier, whole.vehicle) == ("SF", "鄂A12345")
    assert (whole.shipped_on, whole.arrived_on) == (date(2020, 2, 10), date(2020, 2, 11))
    assert balances(world) == {"stock:W1": 50, "stock:H1": 100}
    assert selectors.prove() == []


def test_the_same_change_sent_again_does_nothing(world, order) -> None:
    """A lost answer: the second click ships nothing, and is answered like the first."""
    change, chen = uuid4(), world.users["chen"]
    first = services.ship(order.number, change, chen)
    second = services.ship(order.number, change, chen)
    assert (first.repeated, second.repeated) == (False, True)
    assert second.event == first.event
    assert second.order.version == first.order.version == 2
    assert balances(world) == {"stock:W1": 50}
    assert line(order).in_transit == 100


def test_a_repeated_change_is_answered_even_after_the_next_one(world, order) -> None:
    """The answer to shipping was lost, the order was received, and shipping is sent again."""
    change, chen = uuid4(), world.users["chen"]
    services.ship(order.number, change, chen)
    services.receive(order.number, uuid4(), world.users["hua"])
    again = services.ship(order.number, change, chen)
    assert again.repeated
    assert again.order.state == OrderState.RECEIVED
    assert OrderEvent.objects.filter(action="ship").count() == 1


def test_a_second_click_with_another_id_is_refused(world, order) -> None:
    """A page loaded twice makes two ids, and still one shipment."""
    chen = world.users["chen"]
    services.ship(order.number, uuid4(), chen)
    with pytest.raises(ConflictError, match="is shipped; to ship it, it must be issued or picked"):
        services.ship(order.number, uuid4(), chen)
    assert balances(world) == {"stock:W1": 50}


def test_an_id_used_for_another_change_is_refused(world, order) -> None:
    """Other content, another action, another person or another order under an old id."""
    change, chen = uuid4(), world.users["chen"]
    services.ship(order.number, change, chen, carrier="SF")
    (other,) = issue(world, ("W1-H1", "mask", 10, 0, 0))
    for repeat in (
        lambda: services.ship(order.number, change, chen, carrier="JD"),
        lambda: services.report_transit(order.number, change, chen),
        lambda: services.receive(order.number, change, world.users["hua"]),
        lambda: services.ship(other.number, change, chen, carrier="SF"),
    ):
        with pytest.raises(ConflictError, match="Make a new id for each new change"):
            repeat()


def test_a_change_of_an_order_that_has_moved_on_is_refused(world, order) -> None:
    """Who looked at version 1 does not decide about version 2."""
    chen = world.users["chen"]
    services.pick(order.number, uuid4(), chen, seen=1)
    with pytest.raises(ConflictError, match="changed by somebody else"):
        services.ship(order.number, uuid4(), chen, seen=1)
    services.ship(order.number, uuid4(), chen, seen=2)


@pytest.mark.parametrize("state", OrderState.values)
@pytest.mark.parametrize("action", list(ACTIONS))
def test_every_action_from_every_state(world, order, action, state) -> None:
    """Only what the table allows happens; all else is a conflict and leaves no trace."""
    _bring_to(world, order, state)
    events = OrderEvent.objects.count()
    if state in ACTIONS[action].before:
        result = _act(world, order, action)
        assert result.order.state in ACTIONS[action].after
        assert OrderEvent.objects.count() == events + 1
    else:
        with pytest.raises(ConflictError, match=order.number):
            _act(world, order, action)
        assert OrderEvent.objects.count() == events
        assert DispatchOrder.objects.get().state == state
    assert selectors.prove() == []


MAY = {
    "pick": {"chen"},
    "ship": {"chen"},
    "transit": {"chen", "hua"},
    "receive": {"chen", "hua"},
    "return": {"chen"},
    "close": {"chen", "hua"},
    "cancel": {"chen", "wei", "min"},
}
BEFORE = {"transit": "shipped", "receive": "shipped", "return": "shipped", "close": "received"}


@pytest.mark.parametrize("action", list(ACTIONS))
def test_every_action_by_everybody(world, order, action) -> None:
    """Reporters move what is theirs, coordinators what is in their part, approvers may cancel;
    analysts, auditors and operators look on, and strangers see no order.
    """
    _bring_to(world, order, BEFORE.get(action, "issued"))
    number, refused = order.number, {}
    for name, user in world.users.items():
        if name not in MAY[action]:
            with pytest.raises((ForbiddenError, NotFoundError)) as error:
                _act(world, order, action, user=user)
            refused[name] = type(error.value)
    assert refused.pop("rui") is NotFoundError
    assert refused.pop("lan") is NotFoundError
    assert set(refused.values()) <= {ForbiddenError}
    assert set(refused) == {"hua", "wei", "min", "ana", "aud", "ops"} - MAY[action]
    for name, user in world.users.items():
        if name not in ("rui", "lan"):
            shown = selectors.allowed_actions(selectors.order(user, number), user)
            assert (action in shown) == (name in MAY[action])


def test_a_reporter_ships_what_leaves_his_own_plant(world) -> None:
    """And the store's coordinator receives it."""
    put(world, "F1", "mask", 100)
    (order,) = issue(world, ("F1-W1", "mask", 100, 0, 1))
    services.ship(order.number, uuid4(), world.users["rui"])
    with pytest.raises(ForbiddenError, match="at the destination W1 can"):
        services.receive(order.number, uuid4(), world.users["rui"])
    services.receive(order.number, uuid4(), world.users["chen"])


def test_across_the_border_each_side_does_its_part(world) -> None:
    """Hubei ships, Viet Nam receives; neither can do the other's."""
    put(world, "W1", "mask", 100)
    order = shipped(world, ("W1-H2", "mask", 100, 0, 2))
    with pytest.raises(ForbiddenError):
        services.receive(order.number, uuid4(), world.users["chen"])
    with clock.at(noon(12)):
        services.receive(order.number, uuid4(), world.users["lan"])
    with pytest.raises(NotFoundError):
        selectors.order(world.users["hua"], order.number)


def test_days_must_make_sense(world, order) -> None:
    """Neither in the future, nor before the order was issued or has left."""
    chen, hua = world.users["chen"], world.users["hua"]
    with pytest.raises(InvalidError, match="2020-02-11 lies in the future"):
        services.ship(order.number, uuid4(), chen, day=date(2020, 2, 11))
    with pytest.raises(InvalidError, match="before 2020-02-10, the day it was issued"):
        services.ship(order.number, uuid4(), chen, day=date(2020, 2, 9))
    with clock.at(noon(12)):
        services.ship(order.number, uuid4(), chen, day=date(2020, 2, 11))
        with pytest.raises(InvalidError, match="before 2020-02-11, the day it left"):
            services.receive(order.number, uuid4(), hua, day=date(2020, 2, 10))
        with pytest.raises(InvalidError, match="cannot be expected on 2020-02-11"):
            services.report_transit(order.number, uuid4(), hua, expected_on=date(2020, 2, 11))
        result = services.receive(order.number, uuid4(), hua)
    assert result.order.arrived_on == date(2020, 2, 12)


def test_what_arrives_yesterday_by_its_own_calendar_arrives_on_the_day_it_left(world) -> None:
    """Shipped at half past midnight in Wuhan, it is still the day before in Hanoi."""
    put(world, "W1", "mask", 100)
    (order,) = issue(world, ("W1-H2", "mask", 100, 1, 1))
    with clock.at(noon(11).replace(hour=0, minute=30)):
        services.ship(order.number, uuid4(), world.users["chen"])
        result = services.receive(order.number, uuid4(), world.users["lan"])
    assert result.event.day == date(2020, 2, 11)


def test_a_late_start_is_expected_late(world, order) -> None:
    """One day on the road, left on the 12th: there on the 13th, unless somebody knows better."""
    with clock.at(noon(12)):
        result = services.ship(order.number, uuid4(), world.users["chen"])
        assert result.order.expected_on == date(2020, 2, 13)
        result = services.report_transit(
            order.number, uuid4(), world.users["hua"], expected_on=date(2020, 2, 15)
        )
        assert result.order.expected_on == date(2020, 2, 15)
    assert result.order.arrive_on == date(2020, 2, 11)


def test_cancelling_frees_what_was_reserved(world, order) -> None:
    """With a reason, and only before it has left."""
    chen = world.users["chen"]
    with pytest.raises(InvalidError, match="a reason is needed"):
        services.cancel(order.number, uuid4(), chen, reason=" ")
    assert balances(world) == {"stock:W1": 150, "reserved:W1": 100}
    result = services.cancel(order.number, uuid4(), chen, reason="road closed")
    assert result.order.state == OrderState.CANCELLED
    assert balances(world) == {"stock:W1": 150}
    assert line(order).withdrawn == 100
    assert selectors.prove() == []


def test_what_was_not_there_is_picked_short(world, order) -> None:
    """60 of 100 found: 40 are free again, 60 leave."""
    chen = world.users["chen"]
    with pytest.raises(InvalidError, match="why less was picked"):
        services.pick(order.number, uuid4(), chen, picked=[services.Picked(1, Decimal(60))])
    services.pick(
        order.number, uuid4(), chen, picked=[services.Picked(1, Decimal(60))], reason="wet"
    )
    assert balances(world) == {"stock:W1": 150, "reserved:W1": 60}
    assert selectors.prove() == []
    services.ship(order.number, uuid4(), chen)
    assert balances(world) == {"stock:W1": 90}
    assert (line(order).withdrawn, line(order).in_transit) == (40, 60)
    assert selectors.prove() == []


def test_nothing_or_too_much_cannot_be_picked(world, order) -> None:
    """Nothing is a cancellation; more than ordered is another order."""
    chen = world.users["chen"]
    for quantity, words in ((0, "Cancel the order instead"), (101, "101 are named, and 100")):
        with pytest.raises(InvalidError, match=words):
            services.pick(
                order.number, uuid4(), chen,
                picked=[services.Picked(1, Decimal(quantity))], reason="count",
            )  # fmt: skip
    assert line(order).withdrawn == 0


def test_every_change_is_in_the_trail(world, order) -> None:
    """Under the organisation that made it: the store ships, the hospital receives."""
    services.ship(order.number, uuid4(), world.users["chen"])
    services.receive(order.number, uuid4(), world.users["hua"])
    found = AuditEvent.objects.filter(target=f"order:{order.number}").order_by("id")
    assert [(one.action, one.organisation.code) for one in found] == [
        ("track.ship", "hb-store"),
        ("track.receive", "jinyintan"),
    ]
    assert found[1].before == {"state": "shipped"}
    assert found[1].after == {"state": "received", "lines": [[1, "received", "100"]]}


def test_the_page_shows_the_table() -> None:
    """docs/explanation/tracking.md lists every action with its states."""
    rows = [
        [cell.strip() for cell in text.strip().strip("|").split("|")]
        for text in DOCS.read_text("utf-8").splitlines()
        if text.startswith("| ")
    ]
    shown = {row[0]: row[1] for row in rows}
    for row in TABLE:
        labels = [one.label.rsplit(" ", 1)[0] for one in row.before]
        assert shown[row.action] == ", ".join(labels)


def test_what_is_short_comes_before_what_is_damaged() -> None:
    """An order ends in the state that asks most of those who close it."""
    assert after_receipt(outstanding=True, short=True, damaged=True) == OrderState.PART_RECEIVED
    assert after_receipt(outstanding=False, short=True, damaged=True) == OrderState.SHORT
    assert after_receipt(outstanding=False, short=False, damaged=True) == OrderState.DAMAGED
    assert after_receipt(outstanding=False, short=False, damaged=False) == OrderState.RECEIVED


@pytest.mark.django_db(transaction=True)
def test_five_threads_with_one_change_ship_once(world, order) -> None:
    """A client that tries again before it has its answer: one movement, five same answers."""
    change = uuid4()

    def ship(_: int) -> object:
        with clock.at(noon(10)):
            return services.ship(order.number, change, world.users["chen"])

    results = at_once(5, ship)
    assert all(isinstance(one, services.Result) for one in results), results
    assert sorted(one.repeated for one in results) == [False, True, True, True, True]
    assert len({one.event.pk for one in results}) == 1
    _shipped_once(world, order)


@pytest.mark.django_db(transaction=True)
def test_five_people_who_ship_one_order_ship_it_once(world, order) -> None:
    """Five clicks with five ids: one ships, four are told that the order has moved on."""

    def ship(_: int) -> object:
        with clock.at(noon(10)):
            return services.ship(order.number, uuid4(), world.users["chen"])

    results = at_once(5, ship)
    assert sum(isinstance(one, services.Result) for one in results) == 1
    assert sum(isinstance(one, ConflictError) for one in results) == 4
    _shipped_once(world, order)


@pytest.mark.django_db(transaction=True)
def test_one_id_for_two_orders_at_once_serves_one(world, order) -> None:
    """The database knows each id once, whoever comes first."""
    (other,) = issue(world, ("W1-H1", "mask", 50, 0, 0))
    numbers, change = [order.number, other.number], uuid4()

    def ship(at: int) -> object:
        with clock.at(noon(10)):
            return services.ship(numbers[at], change, world.users["chen"])

    results = at_once(2, ship)
    assert sum(isinstance(one, ConflictError) for one in results) == 1
    assert OrderEvent.objects.filter(action="ship").count() == 1
    assert DispatchOrder.objects.filter(state="shipped").count() == 1
    assert selectors.prove() == []


@pytest.mark.django_db(transaction=True)
def test_shipping_and_cancelling_at_once_is_one_of_them(world, order) -> None:
    """Never goods that are both on the road and free again in stock."""
    chen = world.users["chen"]

    def act(at: int) -> object:
        with clock.at(noon(10)):
            if at % 2:
                return services.cancel(order.number, uuid4(), chen, reason="road closed")
            return services.ship(order.number, uuid4(), chen)

    results = at_once(4, act)
    assert sum(isinstance(one, services.Result) for one in results) == 1
    kept = line(order)
    assert sorted([kept.shipped, kept.withdrawn]) == [0, 100]
    assert balances(world) == {"stock:W1": 150 - int(kept.shipped)}
    assert selectors.prove() == []


def _shipped_once(world, order) -> None:
    assert OrderEvent.objects.filter(order=order, action="ship").count() == 1
    assert balances(world) == {"stock:W1": 50}
    assert line(order).in_transit == 100
    assert selectors.prove() == []


def _act(world, order, action, user=None):
    """The action as its usual actor takes it, with whatever it needs."""
    chen = user or world.users["chen"]
    ask = services.Ask(order.number, action, uuid4(), chen, reason="why")
    return services.make(ask)


def _bring_to(world, order, state) -> None:
    """Lead an issued order to a state."""
    count = services.Counted
    receive = {
        "part_received": [count(1, good=Decimal(40))],
        "short": [count(1, good=Decimal(90), short=Decimal(10), reason="lost")],
        "damaged": [count(1, good=Decimal(90), damaged=Decimal(10), reason="wet")],
        "received": None,
        "closed": None,
    }
    number, chen = order.number, world.users["chen"]
    if state == "picked":
        _act(world, order, "pick")
    elif state == "cancelled":
        _act(world, order, "cancel")
    elif state != "issued":
        _act(world, order, "ship")
    if state in receive:
        services.receive(number, uuid4(), chen, counted=receive[state])
    follow = {"in_transit": "transit", "returned": "return", "closed": "close"}
    if state in follow:
        _act(world, order, follow[state])
    assert DispatchOrder.objects.get(number=number).state == state
