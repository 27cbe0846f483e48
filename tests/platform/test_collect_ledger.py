"""What reports do to the ledger: output in, use out, differences adjusted, nothing below zero."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sampan_platform.collect.models import Report
from sampan_platform.ledger import services as ledger
from sampan_platform.ledger.models import Entry, Movement
from sampan_platform.ledger.selectors import balance, on_hand
from sampan_platform.ledger.services import AccountKey, Leg
from tests.platform.collecting import EVENING, TODAY, file, row

pytestmark = pytest.mark.django_db
BEFORE = TODAY - timedelta(1)


def held(world, kind: str = "stock", site: str = "F1", resource: str = "mask") -> int:
    return int(balance(AccountKey(kind, world.resources[resource].pk, world.sites[site].pk)))


def posting(site: str = "F1", day: date = TODAY) -> tuple[str, list[str]]:
    report = Report.objects.get(site__code=site, resource__code="mask", day=day)
    return report.posting, report.flags


def put(world, quantity: int, *, lot: str = "", expires: date | None = None, day: date = BEFORE,
        site: str = "F1") -> uuid.UUID:  # fmt: skip
    """Goods that come from outside, or with a negative quantity leave."""
    mask, place = world.resources["mask"].pk, world.sites[site].pk
    legs = [Leg(AccountKey("stock", mask, place, lot, expires), Decimal(quantity)),
            Leg(AccountKey("outside", mask, place, lot, expires), Decimal(-quantity))]  # fmt: skip
    return ledger.post(uuid.uuid4(), "try", legs, day=day, actor=None).movement


def test_output_and_use_move_stock(world) -> None:
    """100 made and 30 used leave 70; where they came from and went stands beside."""
    outcome = file(world, row(output=100, used=30))
    assert (outcome.accepted, outcome.flagged) == (1, 0)
    assert (held(world), held(world, "production"), held(world, "use")) == (70, -100, 30)
    assert posting() == ("posted", [])
    assert set(Movement.objects.values_list("kind", flat=True)) == {"report-output", "report-use"}
    assert ledger.prove().holds


def test_the_first_count_opens_the_book_and_a_later_difference_is_told(world) -> None:
    """Stock stated for the first time is an opening; 65 counted where the book has 70 is 5 lost."""
    assert file(world, row(day=BEFORE, stock=50)).flagged == 0
    outcome = file(world, row(output=40, used=20, stock=65))
    assert [one.code for one in outcome.flags] == ["stock-differs"]
    assert (held(world), held(world, "adjustment")) == (65, -45)
    reason = Movement.objects.filter(kind="report-count").latest("number").reason
    assert reason == "Counted 65 on 2020-02-10; the book said 70."
    assert posting() == ("posted", ["stock-differs"])


def test_a_count_that_agrees_posts_nothing(world) -> None:
    """No empty adjustments."""
    file(world, row(day=BEFORE, stock=50))
    assert file(world, row(output=40, used=20, stock=70)).flagged == 0
    assert Movement.objects.filter(kind="report-count").count() == 1


def test_what_would_go_below_zero_is_kept_and_flagged_and_not_posted(world) -> None:
    """The report stays as it was said; the ledger stays true."""
    file(world, row(day=BEFORE, stock=50))
    outcome = file(world, row(output=10, used=61))
    assert (outcome.accepted, [one.code for one in outcome.flags]) == (1, ["below-zero"])
    assert held(world) == 50
    assert posting() == ("refused", ["below-zero"])
    assert Report.objects.get(day=TODAY).used == 61


def test_one_bad_report_does_not_hold_up_the_others(world) -> None:
    """In one filing those that add up are posted."""
    rows = [row(output=5), row("W1", used=1), row("H1", stock=9)]
    outcome = file(world, *rows, user="chen")
    assert (outcome.accepted, outcome.flagged) == (3, 1)
    assert (held(world), held(world, site="W1"), held(world, site="H1")) == (5, 0, 9)


def test_a_correction_reverses_the_old_posting_and_posts_the_new(world) -> None:
    """100 corrected to 80: the 100 stay readable, their reversal refers to them."""
    file(world, row(output=100, used=30))
    file(world, row(output=80))
    assert (held(world), held(world, "production"), held(world, "use")) == (50, -80, 30)
    kinds = list(Movement.objects.order_by("number").values_list("kind", flat=True))
    assert kinds == ["report-output", "report-use", "reverse-report-output", "report-output"]
    back = Movement.objects.get(kind="reverse-report-output")
    assert back.reverses == Movement.objects.get(number=1).movement
    assert back.reason == "The report of 2020-02-10 was corrected (version 2)."
    assert ledger.prove().holds


def test_a_correction_of_something_else_leaves_the_ledger_alone(world) -> None:
    """Only what moved stock is reversed."""
    file(world, row(output=100))
    file(world, row(need=7, explanation="night shift"))
    assert Movement.objects.count() == 1


def test_a_correction_that_cannot_be_posted_leaves_what_was_posted(world) -> None:
    """80 of the 100 have left: that only 10 were made cannot be; the book stays as it is."""
    file(world, row(output=100))
    put(world, -80, day=TODAY)
    outcome = file(world, row(output=10))
    assert [one.code for one in outcome.flags] == ["below-zero"]
    assert held(world) == 20
    # once the goods are there the correction goes through
    put(world, 70, day=TODAY)
    file(world, row(output=11))
    assert (held(world), posting()) == (1, ("posted", []))


def test_a_late_report_does_not_shift_what_was_counted_after_it(world) -> None:
    """Today 30 were counted. That 25 were made yesterday, said later, leaves 30 on the shelf."""
    file(world, row(day=BEFORE - timedelta(1), stock=10))
    file(world, row(stock=30))
    assert held(world, "adjustment") == -30
    file(world, row(day=BEFORE, output=25))
    assert (held(world), held(world, "production"), held(world, "adjustment")) == (30, -25, -5)


def test_a_late_report_lets_a_refused_one_through(world) -> None:
    """20 were used today and nothing was there; then yesterday's 25 are reported."""
    file(world, row(used=20))
    assert posting() == ("refused", ["below-zero"])
    file(world, row(day=BEFORE, output=25))
    assert (held(world), posting()) == (5, ("posted", []))


def test_several_days_in_one_filing_are_posted_in_their_order(world) -> None:
    """A week sent at once gives what seven filings would."""
    rows = [row(day=TODAY, used=40, stock=35), row(day=BEFORE, output=75),
            row(day=BEFORE - timedelta(1), stock=0)]  # fmt: skip
    outcome = file(world, *rows)
    assert (outcome.accepted, outcome.flagged, held(world)) == (3, 0, 35)


def test_goods_that_expire_first_are_used_first(world) -> None:
    """And what is set apart for an order is left, as long as there is other."""
    late, soon = date(2021, 1, 1), date(2020, 3, 1)
    put(world, 10, lot="L2", expires=late)
    put(world, 10, lot="L1", expires=soon)
    file(world, row(used=12))
    assert {one.lot: int(one.quantity) for one in on_hand()} == {"L2": 8}


def test_goods_set_apart_are_used_last(world) -> None:
    """An approved order keeps its goods while others can be used."""
    soon = date(2020, 3, 1)
    mask, place = world.resources["mask"].pk, world.sites["F1"].pk
    put(world, 10, lot="L1", expires=soon)
    put(world, 10)
    there = AccountKey("transit", mask, reference="o1", lot="L1", expires_on=soon)
    legs = [Leg(AccountKey("stock", mask, place, "L1", soon), Decimal(-8)), Leg(there, Decimal(8))]
    ledger.pend(uuid.uuid4(), "order", legs, day=TODAY, actor=None)
    file(world, row(used=12))
    assert {one.lot: int(one.quantity) for one in on_hand()} == {"L1": 8}


def test_history_is_kept_without_the_ledger(world) -> None:
    """Past years are for statistics; their corrections stay out of the ledger as well."""
    file(world, row(output=100, stock=5), post=False)
    file(world, row(output=90))
    assert posting() == ("none", [])
    assert not Entry.objects.exists()


def test_services_and_use_of_equipment_move_no_stock(world) -> None:
    """A consultation is not kept; a ventilator in use is still there."""
    world.resources["suit"].kind = "equipment"
    world.resources["suit"].save()
    world.resources["mask"].kind = "service"
    world.resources["mask"].save()
    file(world, row(output=9, used=4), row(resource="suit", stock=7, used=5))
    assert (held(world), held(world, resource="suit")) == (0, 7)
    assert posting() == ("posted", [])


def test_a_dry_run_foresees_what_the_ledger_will_say(world) -> None:
    """Without a movement, an account or a balance left behind."""
    outcome = file(world, row(used=5), dry_run=True)
    assert [one.code for one in outcome.flags] == ["below-zero"]
    assert not Movement.objects.exists()
    assert not Report.objects.exists()


def test_goods_in_quarantine_do_not_come_back_by_a_correction(world) -> None:
    """5 of a lot were used and the lot was then held: a correction to 3 cannot restock 2."""
    put(world, 10, lot="L1", expires=date(2021, 1, 1))
    file(world, row(used=5))
    lot = {"movement": uuid.uuid4(), "day": TODAY, "reason": "recall", "actor": world.users["chen"]}
    ledger.quarantine_lot(world.resources["mask"].pk, "L1", **lot)
    outcome = file(world, row(used=3), at=EVENING + timedelta(hours=1))
    assert [one.code for one in outcome.flags] == ["lot-held"]
    assert posting() == ("refused", ["lot-held"])
    assert not on_hand()


def test_the_queries_of_posting_do_not_grow(world, django_assert_max_num_queries) -> None:
    """As many for 100 reports as for a few."""
    days = [TODAY - timedelta(number) for number in range(50)]
    rows = [
        row(resource=kind, day=day, output=5, used=3) for day in days for kind in ("mask", "suit")
    ]
    with django_assert_max_num_queries(70):
        file(world, *rows)
    with django_assert_max_num_queries(70):
        file(world, *[one | {"output": 6} for one in rows])
    assert held(world) == 150
