"""Goods of several expiries that outlast the calendar, taken apart again."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

import sampan
from sampan.model import build
from sampan.model.labels import Follow


@pytest.fixture
def follow() -> Follow:
    """Follows masks of two expiries at one store."""
    tables = {
        "resources": {"resource": ["mask"]},
        "sites": {"site": ["store"]},
        "stocks": {"site": ["store", "store"], "resource": ["mask", "mask"],
                   "quantity": [1.0, 1.0], "expires_period": [5, 6]},
    }  # fmt: skip
    made = sampan.Network.from_frames(tables, start=date(2020, 2, 10), periods=2)
    model = build(made)
    return Follow(model, np.zeros(model.columns.count), 0)


@pytest.mark.parametrize("there", [0.1 + 0.2, 0.3, 0.3 - 1e-16])
def test_what_rounding_leaves_is_not_sent_on(follow: Follow, there: float) -> None:
    """0.1 + 0.2 is a little more than 0.3: once 0.3 are taken nothing of them is left over, and
    what is taken next is of the other expiry alone.
    """
    follow.held[0] |= {5: there, 6: 1.0}
    assert follow._take(0, 0.3) == [(5, 0.3)]
    assert follow._take(0, 0.5) == [(6, 0.5)]


def test_first_to_expire_goes_first(follow: Follow) -> None:
    """What keeps longer is touched only for the rest."""
    follow.held[0] |= {6: 1.0, 5: 0.25}
    assert follow._take(0, 0.75) == [(5, 0.25), (6, 0.5)]
    assert dict(follow.held[0]) == {6: 0.5}


def test_where_the_plan_keeps_nothing_nothing_is_left(follow: Follow) -> None:
    """Rounding of a large sum may leave more than rounding of its last part: what the plan does
    not keep in stock is not there to be sent on in the next period.
    """
    follow.held[0] |= {5: 3.9e-12, 6: 1e-13}
    follow._stock(0)
    assert not follow.held[0]
    stock = follow.model.columns.stocks
    follow.x[stock.columns[stock["period"] == 1]] = 2.0
    follow.held[0] |= {5: 1.0, 6: 1.0}
    follow._stock(1)
    assert dict(follow.held[0]) == {5: 1.0, 6: 1.0}
