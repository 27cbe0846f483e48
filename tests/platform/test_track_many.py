"""An order of many lines costs as many queries as one of few, whatever happens to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sampan_platform.common import clock
from sampan_platform.track import services
from sampan_platform.track.services import Counted, Picked
from tests.platform.track_world import balances, issue, noon, put


def less(lines: int) -> dict[str, Any]:
    """One of two is there."""
    picked = [Picked(one, Decimal(1)) for one in range(1, lines + 1)]
    return {"picked": picked, "reason": "half of it was there"}


def counted(lines: int) -> dict[str, Any]:
    """One of two is wet."""
    one = Decimal(1)
    return {
        "counted": [Counted(at, good=one, damaged=one, reason="wet") for at in range(1, lines + 1)]
    }


def nothing(lines: int) -> dict[str, Any]:
    """As it was ordered."""
    return {}


def stopped(lines: int) -> dict[str, Any]:
    """Why it is cancelled."""
    return {"reason": "stopped"}


@pytest.mark.parametrize(
    ("before", "action", "given", "left"),
    [
        ((), services.ship, nothing, {}),
        ((), services.cancel, stopped, {"stock:W1": 2}),
        ((), services.pick, less, {"stock:W1": 2, "reserved:W1": 1}),
        ((services.ship,), services.receive, counted, {"stock:H1": 1}),
    ],
    ids=["ship", "cancel", "pick", "receive"],
)
def test_two_hundred_lines_cost_what_twenty_do(world, before, action, given, left) -> None:
    """Shipped, cancelled, picked in part, received in part; and the stock is right after it."""
    costs = []
    for lines in (20, 200):
        put(world, "W1", "mask", 2 * lines)
        (order,) = issue(world, *[("W1-H1", "mask", 2, 0, 0)] * lines)
        with clock.at(noon(10)):
            for step in before:
                step(order.number, uuid4(), world.users["chen"])
            with CaptureQueriesContext(connection) as queries:
                action(order.number, uuid4(), world.users["chen"], **given(lines))
        costs.append(len(queries))
    # SQLite takes so many values in one statement that some statements become two
    assert costs[1] - costs[0] <= 2
    assert balances(world) == {key: 220 * a_line for key, a_line in left.items()}
