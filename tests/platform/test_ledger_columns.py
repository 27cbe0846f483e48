"""Movements posted as columns: the same rules, the same chain as one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import polars as pl
import pytest

from sampan_platform.common.errors import InvalidError
from sampan_platform.ledger import chain, columns, services
from sampan_platform.ledger.accounts import AccountKey, Leg, Posting
from sampan_platform.ledger.models import Account, Entry, Movement
from sampan_platform.ledger.selectors import balance

pytestmark = pytest.mark.django_db
DAY = date(2020, 2, 10)


def table(world: Any, *rows: tuple[str, str, int], reason: str = "") -> pl.DataFrame:
    """Movements of masks at F1 from the kind, the other account and thousandths."""
    place = {"resource": world.resources["mask"].pk, "site": world.sites["F1"].pk}
    cells = [{"kind": kind, "day": DAY, "reason": reason, "source": "try", "other": other,
              "quantity": quantity, **place} for kind, other, quantity in rows]  # fmt: skip
    return pl.DataFrame(cells, schema=columns.COLUMNS)


def held(world: Any, kind: str = "stock") -> float:
    key = AccountKey(kind, world.resources["mask"].pk, world.sites["F1"].pk)
    return float(balance(key))


@pytest.mark.parametrize("reason", ["", "plain", 'a "quote" \\ and a\nline', "盘点 差异\t%"])
def test_the_chain_is_proved_over_columns_and_single_movements(world, reason: str) -> None:
    """What is hashed is letter by letter what a proof expects, whatever the reason's letters."""
    rows = table(world, ("a", "production", 5_000), ("b", "use", -2_500), reason=reason)
    assert services.post_columns(rows, actor=world.users["rui"]) == 2
    mask, site = world.resources["mask"].pk, world.sites["F1"].pk
    legs = [Leg(AccountKey("stock", mask, site), 1), Leg(AccountKey("outside", mask, site), -1)]
    services.post(UUID(int=7), "c", legs, day=DAY, actor=None)
    services.post_columns(table(world, ("d", "adjustment", 1)), actor=None)
    assert (held(world), held(world, "use"), Movement.objects.count()) == (3.501, 2.5, 4)
    assert services.prove().holds


def test_a_movement_of_columns_has_the_content_of_the_same_posting(world) -> None:
    """So that the same id would be known again, however it was posted."""
    rows = table(world, ("b", "use", -2_500), ("c", "adjustment", 4), reason="x")
    given = rows.with_columns(number=pl.Series([1, 2]), movement=pl.Series(["m", "n"]))
    made = chain.linked(given, "", datetime(2020, 2, 10, tzinfo=UTC), None)
    mask, site = world.resources["mask"].pk, world.sites["F1"].pk
    for (kind, other, quantity), content in zip(
        (("b", "use", -2.5), ("c", "adjustment", 0.004)), made["content"], strict=True
    ):
        legs = [Leg(AccountKey("stock", mask, site), quantity),
                Leg(AccountKey(other, mask, site), -quantity)]  # fmt: skip
        assert content == chain.content_of(Posting(UUID(int=1), kind, legs, DAY, "x", "try"))


def test_all_or_none_are_posted(world) -> None:
    """5 come and 6 go: nothing is written, not even the accounts."""
    rows = table(world, ("a", "production", 5_000), ("b", "use", -6_000))
    with pytest.raises(InvalidError, match="6 mask") as told:
        services.post_columns(rows.tail(1), actor=None)
    assert told.value.code == "below-zero"
    with pytest.raises(InvalidError, match="there"):
        services.post_columns(rows, actor=None)
    assert (Movement.objects.count(), Entry.objects.count(), Account.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (("a", "production", 0), "nothing"),
        (("a", "production", 9_000_000_000_000_001), "nothing"),
        (("a", "stock", 1), "no such accounts"),
        (("a" * 33, "production", 1), "32 characters"),
        (("a\x00", "production", 1), "no text"),
    ],
)
def test_what_is_no_movement_is_refused(world, row: tuple[str, str, int], word: str) -> None:
    """Each of the rules that single movements have."""
    with pytest.raises(InvalidError, match=word):
        services.post_columns(table(world, row), actor=None)
    assert not Movement.objects.exists()


def test_the_number_of_queries_does_not_grow(world, django_assert_max_num_queries) -> None:
    """3,000 movements cost the statements of one."""
    rows = table(world, *[("a", "production", 1 + place) for place in range(3_000)])
    with django_assert_max_num_queries(16):
        services.post_columns(rows, actor=None)
    assert services.prove().holds
