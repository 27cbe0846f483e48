"""Reports of goods without lots, followed as columns: the same as one by one."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from sampan_platform.collect import postings
from sampan_platform.collect.models import Report
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.models import Account, Movement
from tests.platform.collecting import TODAY, file, row

pytestmark = pytest.mark.django_db
DAYS = 12


def some_rows(seed: int) -> list[dict[str, Any]]:
    """Twelve days of two sites and two goods, with gaps, fractions, too much used."""
    chosen = random.Random(seed)
    rows = []
    for site in ("F1", "W1"):
        for item in ("mask", "suit"):
            for back in range(DAYS):
                stated = {name: round(chosen.uniform(0, 9), chosen.choice((0, 3)))
                          for name in ("output", "used", "stock")
                          if chosen.random() < 0.6}  # fmt: skip
                if stated:
                    rows.append(row(site, item, TODAY - timedelta(back), **stated))
    return rows


def outcome_of(world: Any, rows: list[dict[str, Any]]) -> Any:
    """All that the ledger and the reports say afterwards, without ids."""
    filed = file(world, *rows, user="chen")
    keys = ("site__code", "resource__code", "day")
    names = dict(Report.objects.values_list("pk", "day"))
    reports = list(Report.objects.order_by(*keys).values_list(*keys, "posting", "flags"))
    moved = Movement.objects.order_by("number").values_list("kind", "day", "reason", "source")
    movements = [(kind, day, reason) for kind, day, reason, source in moved
                 if names[int(source.split(":")[1])] == day]  # fmt: skip
    accounts = list(Account.objects.order_by("key").values_list("key", "balance"))
    assert ledger.prove().holds
    return reports, sorted(movements), accounts, filed.flagged


@pytest.mark.parametrize("seed", range(4))
def test_columns_and_single_reports_come_to_the_same(world, monkeypatch, seed: int) -> None:
    """Every report, flag, movement with its reason, and balance; in two steps, new and opened."""
    rows = some_rows(seed)
    half = [one for one in rows if one["day"] < TODAY - timedelta(DAYS // 2)]
    rest = [one for one in rows if one not in half]

    def both() -> list[Any]:
        from django.db import transaction

        with transaction.atomic():
            found = [outcome_of(world, half), outcome_of(world, rest)]
            transaction.set_rollback(True)
        return found

    in_columns = both()
    monkeypatch.setattr(postings, "_with_opening", lambda said, book: said.clear().with_columns(
        opening=None).cast({"opening": int}))  # fmt: skip
    assert both() == in_columns
    assert any("below-zero" in flags for *_, flags in in_columns[1][0])
