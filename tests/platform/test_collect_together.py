"""Several at once: retries, corrections of the same report, one book."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from sampan_platform.collect.models import Filing, Report, ReportVersion
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.models import Movement
from tests.platform.collecting import file, row, stated

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 6


def together(work: Callable[[int], Any]) -> list[Any]:
    """What each of some threads gets, all let go at the same moment."""
    gate = Barrier(THREADS)

    def run(number: int) -> Any:
        try:
            gate.wait(timeout=30)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_one_request_sent_by_six_at_once_is_filed_once(world) -> None:
    """A client that retries too soon gets one report, one movement, one answer."""
    outcomes = together(lambda _: file(world, row(output=5), client_id="same"))
    assert sum(one.accepted for one in outcomes) == 1
    assert {one.filing for one in outcomes} == {Filing.objects.get().pk}
    assert (Report.objects.get().version, Movement.objects.count()) == (1, 1)


def test_six_who_say_the_same_make_one_report(world) -> None:
    """Without a client id the rows themselves are compared."""
    outcomes = together(lambda _: file(world, row(output=5)))
    assert sum(one.accepted for one in outcomes) == 1
    assert (Report.objects.get().version, Movement.objects.count()) == (1, 1)


def test_six_corrections_at_once_are_six_versions(world) -> None:
    """None is lost, and the ledger has what was said last."""
    file(world, row(output=1))
    outcomes = together(lambda number: file(world, row(output=10 + number)))
    assert [one.corrected for one in outcomes] == [1] * THREADS
    report = Report.objects.get()
    assert report.version == 1 + THREADS
    assert sorted(ReportVersion.objects.values_list("version", flat=True)) == list(range(1, 7))
    said = {int(one) for one in ReportVersion.objects.values_list("output", flat=True)}
    assert said | {stated()["output"]} == {1, *range(10, 16)}
    from sampan_platform.ledger.selectors import totals

    assert totals("stock", world.resources["mask"].pk) == report.output
    assert ledger.prove().holds


def test_different_columns_of_one_report_by_six_at_once_all_stay(world) -> None:
    """One states the stock, another the need: neither wipes out the other."""
    names = ("nominal_capacity", "effective_capacity", "stock", "shipped", "received", "need")
    together(lambda number: file(world, row(**{names[number]: number + 1})))
    assert stated() == {name: number for number, name in enumerate(names, start=1)}
