"""The roll-ups follow the reports, can be rebuilt exactly, and are proved equal or named."""

from __future__ import annotations

import threading
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import connection

from sampan_platform.collect import services as collect
from sampan_platform.common import clock
from sampan_platform.count import selectors, services, tasks
from sampan_platform.count.models import MonthTile, Slot, Stale, YearTile
from sampan_platform.count.tiles import SITES
from tests.platform.count_world import Row, file, many

SINCE = date(2019, 12, 20)


def test_kept_up_to_date_is_the_same_as_rebuilt(world) -> None:
    """Reports that come in any order and are corrected leave what a rebuild makes, byte by byte."""
    rows = many(1, world.sites, list(world.resources), SINCE, 80)
    for piece in (rows[500:], rows[:300], rows[300:500]):
        file(world, piece)
        services.refresh()
    file(world, many(2, ["F1", "H2"], ["mask"], date(2019, 12, 30), 20))
    assert Stale.objects.exists()
    assert services.prove().equal
    kept = _tiles()
    services.rebuild()
    assert _tiles() == kept
    assert services.prove().equal
    assert not Stale.objects.exists()


def _tiles() -> list[tuple]:
    """All tiles that state anything."""
    months = MonthTile.objects.values_list(
        "measure", "month", "resource_id", "block", "stated", "values"
    )
    years = YearTile.objects.exclude(members=0).values_list(
        "measure", "year", "resource_id", "block", "day_counts", "day_sums", "month_counts",
        "month_values",
    )  # fmt: skip
    found = [tuple(bytes(x) if isinstance(x, memoryview) else x for x in row) for row in months]
    found = [row for row in found if any(row[4])]
    found += [tuple(bytes(x) if isinstance(x, memoryview) else x for x in row) for row in years]
    return sorted(found, key=repr)


def test_a_value_taken_back_is_gone(world) -> None:
    """A correction that states no stock leaves none, in the day, the month and the year."""
    file(world, [Row("W1", "mask", date(2020, 2, 3), {"stock": 5, "output": 1})])
    services.refresh()
    file(world, [Row("W1", "mask", date(2020, 2, 3), {"output": 1})])
    found = selectors.statistics(
        world.users["ana"], "stock", since=date(2020, 1, 1), until=date(2020, 12, 31)
    )
    assert found.figures()[0]["value"] is None
    assert services.prove().equal


def test_the_first_differences_are_named(world) -> None:
    """What a report says and what the roll-up says, by item, site and day."""
    file(
        world,
        [Row("F1", "mask", date(2020, 2, day), {"output": 100, "stock": 7}) for day in (3, 4)],
    )
    services.refresh()
    reports = apps.get_model("collect", "Report").objects
    reports.filter(day=date(2020, 2, 3)).update(output=90)
    reports.filter(day=date(2020, 2, 4)).update(stock=None)
    proof = services.prove()
    assert not proof.equal
    assert proof.differences[:2] == [
        "output of mask at F1 on 2020-02-03: the report says 90, the roll-up 100.",
        "stock of mask at F1 on 2020-02-04: the report says nothing, the roll-up 7.",
    ]
    assert "1 reports add up to 7" in "\n".join(proof.differences)
    assert services.prove(differences_max=1).different == proof.different
    services.rebuild()
    assert services.prove().equal


@pytest.mark.parametrize("column", ["day_sums", "month_values", "day_counts", "month_counts"])
def test_a_year_that_its_months_do_not_make_is_named(world, column) -> None:
    """Of every column that figures are read from, and of what looks back over days."""
    file(world, many(1, ["F1"], ["mask"], SINCE, 40))
    services.refresh()
    measures = ["output", *(["daily_use", "stock:week"] if column.startswith("day") else [])]
    for measure in measures:
        tile = YearTile.objects.get(measure=measure, year=2020)
        before = bytes(getattr(tile, column))
        setattr(tile, column, before[:-1] + bytes([before[-1] ^ 1]))
        tile.save()
        proof = services.prove()
        assert f"{measure} of mask in 2020" in "\n".join(proof.differences)
        setattr(tile, column, before)
        tile.save()
    assert services.prove().equal


def test_a_roll_up_without_reports_is_named(world) -> None:
    """Tiles of a month in which nobody reports anything."""
    file(world, [Row("F1", "mask", date(2020, 2, 3), {"output": 1})])
    services.refresh()
    tile = MonthTile.objects.get(measure="output")
    tile.pk, tile.month = None, date(2020, 7, 1)
    tile.save()
    assert any("there is a roll-up and no report" in one for one in services.prove().differences)


def test_many_sites_spread_over_blocks(world) -> None:
    """More sites of one owner than a block holds: a second block, and the same sums."""
    sites = world.sites["F1"]
    for number in range(SITES + 5):
        sites.pk, sites.code = None, f"S{number}"
        sites.save()
        world.sites[sites.code] = type(sites).objects.get(code=sites.code)
    names = [name for name in world.sites if name.startswith("S")]
    file(world, [Row(name, "mask", date(2020, 2, 1), {"output": 2}) for name in names])
    found = selectors.statistics(
        world.users["ana"], "output", since=date(2020, 2, 1), until=date(2020, 2, 1)
    )
    assert (found.figures()[0]["value"], found.figures()[0]["reports"]) == (122, 61)
    assert Slot.objects.values("block").distinct().count() == 2
    assert services.prove().equal


def test_a_rebuild_is_told_of_and_recorded(world) -> None:
    """Its progress by month, and who did it."""
    file(world, [Row("F1", "mask", date(2020, month, 3), {"output": 1}) for month in (1, 2, 4)])
    steps: list[tuple[int, int]] = []
    services.rebuild(world.users["ops"], lambda done, of: steps.append((done, of)))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    event = apps.get_model("people", "AuditEvent").objects.filter(action="count.rebuild").get()
    assert event.actor == world.users["ops"]


def test_filing_a_day_costs_the_same_however_many_sites(
    world, django_assert_max_num_queries
) -> None:
    """Notes are one insert, and bringing up to date some thirty queries, for one or a thousand."""
    file(world, [Row("F1", "mask", date(2020, 2, 1), {"output": 1, "stock": 1, "used": 1})])
    services.refresh()
    keys = [
        (site.pk, resource.pk, date(2020, 2, 1))
        for site in world.sites.values()
        for resource in world.resources.values()
    ]
    with django_assert_max_num_queries(12):
        services.mark(keys)
    with django_assert_max_num_queries(40):
        services.refresh()


@pytest.mark.django_db(transaction=True)
def test_readers_and_reporters_at_once(request) -> None:
    """While four threads file for four sites and two read, nothing is lost and nothing breaks."""
    from tests.platform.world import World, organisations

    world = World(organisations())
    failures: list[BaseException] = []

    def run(work) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    def report(site: str) -> None:
        for day in range(1, 11):
            file(world, [Row(site, "mask", date(2020, 2, day), {"output": day})])

    def read() -> None:
        for _ in range(10):
            selectors.statistics(
                world.users["ana"], "output", since=date(2020, 2, 1), until=date(2020, 2, 28)
            )

    threads = [
        threading.Thread(target=run, args=(lambda site=site: report(site),)) for site in world.sites
    ] + [threading.Thread(target=run, args=(read,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = selectors.statistics(
        world.users["ana"], "output", since=date(2020, 2, 1), until=date(2020, 2, 28)
    ).figures()
    assert (found[0]["value"], found[0]["reports"]) == (4 * 55, 40)
    assert services.prove().equal


def test_a_report_that_is_filed_counts_at_once(world) -> None:
    """Filed, corrected and withdrawn by its reporter: the next figure is of what it says now."""
    rui = world.users["rui"]

    def output() -> object:
        found = selectors.statistics(
            rui, "output", by=["site"], since=date(2020, 2, 1), until=date(2020, 2, 29)
        )
        return [(row["value"], row["reports"]) for row in found.figures()]

    for stated, expected in ((100, [(100, 1)]), (90, [(90, 1)]), (0, [(0, 1)]), ("withdrawn", [])):
        row = {"site": "F1", "resource": "mask", "day": "2020-02-10", "stock": 5, "output": stated}
        with clock.at(datetime(2020, 2, 11, 9, tzinfo=ZoneInfo("Asia/Shanghai"))):
            outcome = collect.file_reports([row], rui, post=False)
        assert outcome.kept, outcome.rejected
        assert output() == expected
    assert services.prove().equal


def test_a_large_load_has_a_worker_refresh_the_roll_ups(world, monkeypatch) -> None:
    """One task for three months at once, none for one report or a dry run; it leaves nothing."""
    monkeypatch.setattr(services, "NOTES_MANY", 3)
    waiting = apps.get_model("django_tasks_database", "DBTaskResult").objects
    rows = [{"site": "F1", "resource": "mask", "day": date(2020, month, 3), "output": 7}
            for month in (2, 3, 4)]  # fmt: skip
    with clock.at(datetime(2020, 5, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))):
        collect.file_reports(rows[:1], world.users["rui"], post=False)
        collect.file_reports(rows, world.users["rui"], post=False, dry_run=True)
        assert not waiting.exists()
        changed = [row | {"output": 8} for row in rows]
        collect.file_reports(changed, world.users["rui"], post=False)
    assert [one.task_path for one in waiting.all()] == ["sampan_platform.count.tasks.refresh_tiles"]
    assert Stale.objects.exists()
    assert tasks.refresh_tiles.call() > 0
    assert not Stale.objects.exists()
    assert services.prove().equal
