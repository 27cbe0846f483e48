"""Reports are filed once, checked row by row, corrected without forgetting."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from sampan_platform.collect import selectors
from sampan_platform.collect.models import Filing, Report, ReportVersion
from sampan_platform.common.errors import ConflictError, InvalidError
from tests.platform.collecting import (
    EVENING,
    TODAY,
    codes,
    everything,
    file,
    heard,
    row,
    stated,
)

pytestmark = pytest.mark.django_db


def test_a_zero_is_kept_and_what_is_not_stated_is_not(world) -> None:
    """Zero is not missing, and missing is not zero: figures and days of cover hang on it."""
    outcome = file(world, row(output=0, stock="", need=None))
    report = Report.objects.get()
    assert (outcome.accepted, outcome.created) == (1, 1)
    assert report.output == 0
    assert (report.stock, report.need, report.used) == (None, None, None)


def test_a_report_keeps_who_said_it_and_when(world) -> None:
    """Every figure can be traced to a person, a moment and a filing."""
    file(world, row(output="1200.5"), client_id="a-1")
    report = Report.objects.get()
    assert (report.submitted_by, report.submitted_at) == (world.users["rui"], EVENING)
    assert report.output == Decimal("1200.5")
    assert (report.version, report.client_id) == (1, "a-1")


def test_output_above_capacity_is_kept_and_flagged(world) -> None:
    """Factories ran at 128 % in February 2020: such a report is told, never refused."""
    outcome = file(world, row(nominal_capacity=100, effective_capacity=100, output=128))
    assert (outcome.accepted, outcome.flagged, outcome.rejected) == (1, 1, [])
    assert [one.code for one in outcome.flags] == ["output-above-capacity"]
    assert Report.objects.get().flags == ["output-above-capacity"]


def test_the_capacity_of_an_earlier_day_counts_where_none_is_stated(world) -> None:
    """Capacity is rarely stated anew; the last one says what is above it."""
    file(world, row(day=TODAY - timedelta(3), effective_capacity=100))
    assert file(world, row(output=100)).flagged == 0
    assert file(world, row(day=TODAY - timedelta(1), output=101)).flagged == 1


@pytest.mark.parametrize(
    ("cell", "code"),
    [("-1", "negative"), ("abc", "not-a-number"), ("1,20", "number-ambiguous"),
     ("1.23E+06", "number-rounded"), ("0.0001", "too-fine"), ("9" * 16, "too-large"),
     ("9" * 30, "too-large"), ("NaN", "not-finite"), (float("inf"), "not-finite"),
     (True, "not-a-number"), ("-", "not-a-number")],
)  # fmt: skip
def test_what_is_no_quantity_is_named(world, cell, code) -> None:
    """Each kind of wrong figure has its own answer, and the row is not kept."""
    outcome = file(world, row(output=1), row(resource="suit", output=cell))
    assert codes(outcome) == [(2, "output", code)]
    assert not outcome.kept
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("cell", "value"),
    [("１，２００", 1200), ("1,234,567", 1234567), ("1 234 567", 1234567), ("1,234.5", 1234.5),
     (" 7 ", 7), ("１２．５", 12.5), (12.5, 12.5), (0.1 + 0.2, 0.3), (Decimal("1E+3"), 1000)],
)  # fmt: skip
def test_figures_as_people_write_them_are_read(world, cell, value) -> None:
    """Full-width digits and thousand separators are read where they mean one number."""
    file(world, row(output=cell))
    assert stated() == {"output": value}


@pytest.mark.parametrize(
    "day", ["2020-02-10", "2020/2/10", "２０２０年２月１０日", "20200210", "2020.02.10"]
)
def test_days_as_people_write_them_are_read(world, day) -> None:
    """Dates written as text are dates, year first."""
    file(world, row(day=day, output=1))
    assert Report.objects.get().day == date(2020, 2, 10)


@pytest.mark.parametrize(
    ("day", "code"),
    [("02/03/2020", "day-ambiguous"), ("yesterday", "not-a-day"), ("2020-02-30", "not-a-day"),
     ("", "missing"), ("2020-02-11", "day-in-future"), ("0202-02-10", "day-too-old"),
     ("43871", "not-a-day")],
)  # fmt: skip
def test_what_is_no_day_is_named(world, day, code) -> None:
    """A wrong day would put the figure under another one."""
    assert codes(file(world, row(day=day, output=1))) == [(1, "day", code)]


def test_a_day_is_future_where_the_site_is(world) -> None:
    """At 00:30 in Wuhan it is still yesterday in Hanoi."""
    midnight = EVENING + timedelta(hours=4.5)
    tomorrow = TODAY + timedelta(1)
    rows = [row("H1", day=tomorrow, stock=1), row("H2", day=tomorrow, stock=1)]
    with_both = file(world, rows[0], user="chen", at=midnight)
    assert with_both.accepted == 1
    assert codes(file(world, rows[1], user="lan", at=midnight)) == [(1, "day", "day-in-future")]


def test_codes_unknown_unseen_and_not_ones_own(world) -> None:
    """A site that a person may not see does not exist for them; the nearest code is offered."""
    outcome = file(world, row("f1", output=1), row("H2", output=1), row("F1", "masks", output=1))
    assert codes(outcome) == [(1, "site", "unknown-site"), (2, "site", "unknown-site"),
                              (3, "resource", "unknown-resource")]  # fmt: skip
    assert "Did you mean F1?" in outcome.rejected[0].message
    assert "H2" not in outcome.rejected[1].message.replace("no site H2", "")
    assert "Did you mean mask?" in outcome.rejected[2].message
    seen_only = file(world, row(output=1), user="ana")
    assert codes(seen_only) == [(1, "site", "not-yours")]


def test_retired_sites_and_resources_take_no_reports(world) -> None:
    """After its last day a site says nothing more; before it, it may be corrected."""
    world.sites["F1"].retired_from = TODAY
    world.sites["F1"].save()
    assert codes(file(world, row(output=1))) == [(1, "site", "retired")]
    assert file(world, row(day=TODAY - timedelta(1), output=1)).accepted == 1


def test_the_same_key_twice_in_one_filing_is_refused(world) -> None:
    """Nobody can know which of the two was meant; each names the other."""
    outcome = file(world, row(output=1), row(resource="suit", output=1), row(output=2))
    assert codes(outcome) == [(1, "day", "duplicate"), (3, "day", "duplicate")]
    assert "Row 3 is about the same" in outcome.rejected[0].message
    assert "第 1 行" in outcome.rejected[1].message_zh


def test_good_rows_are_kept_only_if_asked(world) -> None:
    """All or none by default; with `keep_good` the good ones, and the bad ones named."""
    rows = [row(output=5), row(resource="suit", output="x")]
    refused = file(world, *rows)
    assert (refused.accepted, refused.kept, refused.good_rows, refused.rejected_rows) == (
        0,
        False,
        1,
        1,
    )
    assert not Report.objects.exists()
    kept = file(world, *rows, keep_good=True)
    assert (kept.accepted, kept.kept, len(kept.rejected)) == (1, True, 1)
    assert Report.objects.count() == 1


def test_a_dry_run_says_what_would_happen_and_writes_nothing(world) -> None:
    """The same answer as the real run, and not one row anywhere."""
    file(world, row(day=TODAY - timedelta(1), effective_capacity=10, stock=50))
    rows = [row(output=12, stock=70, used=5), row(day=TODAY - timedelta(1), stock=60)]
    before = everything()
    tried = file(world, *rows, client_id="x", dry_run=True)
    assert everything() == before
    done = file(world, *rows, client_id="x")
    assert (tried.accepted, tried.created, tried.corrected, tried.flagged) == (2, 1, 1, 2)
    tried.dry_run, tried.filing = False, done.filing
    assert tried == done


def test_the_same_request_twice_changes_nothing(world) -> None:
    """A client that did not hear the answer sends again, and gets it."""
    first = file(world, row(output=5), client_id="a")
    before = everything()
    again = file(world, row(output=5), client_id="a")
    assert everything() == before
    assert (first.accepted, again.accepted, again.unchanged, again.replayed) == (1, 0, 1, True)
    assert again.filing == first.filing


def test_a_client_id_is_not_for_other_rows(world) -> None:
    """The same id with other figures is a mistake of the sender's, and is told."""
    file(world, row(output=5), client_id="a")
    with pytest.raises(ConflictError, match="was used before for other rows"):
        file(world, row(output=6), client_id="a")
    assert file(world, row("W1", stock=6), user="chen", client_id="a").accepted == 1


def test_a_correction_keeps_what_was_said_before_by_whom_and_when(world) -> None:
    """The audit of a figure: every version, its person and its moment."""
    file(world, row(output=100, explanation="first shift"))
    later = EVENING + timedelta(hours=1)
    outcome = file(world, row(output=120), user="chen", at=later)
    assert (outcome.created, outcome.corrected) == (0, 1)
    assert stated() == {"output": 120}
    (before,) = ReportVersion.objects.all()
    assert (before.version, before.output, before.submitted_by.username) == (1, 100, "rui")
    assert before.submitted_at == EVENING
    number = Report.objects.get().pk
    told = selectors.history(world.users["chen"], number)
    assert [(one.version, one.by, one.values["output"]) for one in told] == [
        (2, "chen", 120), (1, "rui", 100)]  # fmt: skip
    assert told[0].explanation == "first shift"


def test_a_correction_that_says_the_same_is_unchanged(world) -> None:
    """Saying it again in other writing is no new version."""
    file(world, row(output=1200, stock=5))
    outcome = file(world, row(output="1,200.000"))
    assert (outcome.accepted, outcome.unchanged) == (0, 1)
    assert Report.objects.get().version == 1
    assert not ReportVersion.objects.exists()


def test_an_empty_cell_says_nothing_and_a_figure_can_be_taken_back(world) -> None:
    """The evening's output must not wipe out the morning's capacity; `withdrawn` does."""
    file(world, row(effective_capacity=10, output=4))
    file(world, row(effective_capacity="", output=5))
    assert stated() == {"effective_capacity": 10, "output": 5}
    file(world, row(output="撤回"))
    assert stated() == {"effective_capacity": 10}
    outcome = file(world, row(resource="suit", output="withdrawn"))
    assert (outcome.unchanged, Report.objects.count()) == (1, 1)


def test_a_row_that_states_nothing_is_counted_and_passed_over(world) -> None:
    """A prepared sheet has rows for what was not made that day; they are no reports."""
    outcome = file(world, row(output=""), row(resource="suit", output=1))
    assert (outcome.accepted, outcome.blank, Report.objects.count()) == (1, 1, 1)


def test_listeners_are_told_of_every_change_and_of_nothing_else(world) -> None:
    """Statistics follow the reports: new and corrected ones, not those that stay."""
    with heard() as told:
        file(world, row(output=1), row(resource="suit", output=1))
        file(world, row(output=1))
        file(world, row(output=2), dry_run=True)
        file(world, row(output=2))
    f1, mask = world.sites["F1"].pk, world.resources["mask"].pk
    assert [len(one) for one in told] == [2, 1]
    assert list(told[1]) == [(f1, mask, TODAY)] == told[1].ends


def test_a_filing_takes_a_bounded_number_of_queries(world, django_assert_max_num_queries) -> None:
    """As many for 200 rows as for 2: nothing asks for each row."""
    days = [TODAY - timedelta(number) for number in range(100)]
    rows = [row(resource=kind, day=day, stock=1) for day in days for kind in ("mask", "suit")]
    with django_assert_max_num_queries(60):
        file(world, *rows)
    with django_assert_max_num_queries(60):
        file(world, *[one | {"stock": 2} for one in rows])
    assert Report.objects.filter(version=2).count() == 200


def test_an_unknown_field_is_named(world) -> None:
    """A misspelt column must not vanish without a word."""
    outcome = file(world, row(outptu=5))
    assert codes(outcome) == [(1, "", "unknown-field")]
    assert "Did you mean output?" in outcome.rejected[0].message


def test_a_client_id_has_a_length(world) -> None:
    """What cannot be kept is refused, not cut."""
    with pytest.raises(InvalidError, match="1 to 200"):
        file(world, row(output=5), client_id="x" * 201)


def test_what_was_said_before_cannot_be_changed_in_the_database(world) -> None:
    """Not even past the platform: the database itself refuses."""
    from django.db import DatabaseError, transaction

    file(world, row(output=1))
    file(world, row(output=2))
    for change in (
        lambda: ReportVersion.objects.update(output=3),
        lambda: ReportVersion.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert ReportVersion.objects.get().output == 1


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_reports_about_nothing(world) -> None:
    """A site that is not there, a site that reports have: no such change can be committed."""
    from django.db import DatabaseError, connection, transaction

    file(world, row("W1", stock=1), user="chen", post=False)
    report = Report.objects.get()
    for statement in (
        f"UPDATE collect_report SET site_id = 999999 WHERE id = {report.pk}",
        """INSERT INTO collect_report (site_id, resource_id, day, explanation, flags, version,
        submitted_at, posting) SELECT site_id, 999999, day, '', flags, 1, submitted_at, 'none'
        FROM collect_report""",
        f"DELETE FROM catalogue_site WHERE id = {report.site_id}",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Filing.objects.count() == 1
    assert list(Report.objects.values_list("site", "day")) == [(report.site_id, report.day)]
