"""One filing, start to end: check, compare, write, post, tell. Read `file_sheet` first."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import polars as pl
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from sampan_platform.collect import compare, listeners, postings, selectors, staging, stretches
from sampan_platform.collect.checks import Checked, check
from sampan_platform.collect.models import Filing, Postings
from sampan_platform.collect.outcome import Changes, Outcome, flag
from sampan_platform.collect.sheet import Sheet
from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError
from sampan_platform.ledger import services as ledger
from sampan_platform.people import services as people
from sampan_platform.people.models import User

CLIENT_ID_MAX = 200
TRIES = 5
FLAGS_NAMED_MAX = 1000


class _RacedError(Exception):
    """Somebody else changed one of the reports between comparing and writing."""


@dataclass(frozen=True)
class Wish:
    """How a sheet is to be filed."""

    client_id: str | None = None
    dry_run: bool = False
    keep_good: bool = False
    post: bool = True
    """Whether output, use and stock go to the ledger; False is for history alone."""
    again: bool = False
    """State a file anew that came before, over what was said since."""


def file_sheet(sheet: Sheet, actor: User, wish: Wish) -> Outcome:
    """Keep the rows of a sheet as reports, or say why not; all in one transaction."""
    if wish.client_id is not None and not 1 <= len(wish.client_id) <= CLIENT_ID_MAX:
        text = gettext(
            "A client id has 1 to %(client_id_max)s characters. Make one by uuid4, for example."
        ) % {"client_id_max": CLIENT_ID_MAX}
        raise InvalidError(text, code="client-id")
    found = _replayed(sheet, actor, wish)
    if found is not None:
        return found
    checked = check(sheet, actor)
    outcome = Outcome(
        rejected=checked.named(),
        rejected_rows=checked.bad_rows,
        good_rows=len(checked.good),
        blank=checked.blank,
        dry_run=wish.dry_run,
    )
    outcome.kept = not outcome.rejected_rows or wish.keep_good
    if not outcome.kept or checked.good.is_empty():
        return outcome
    return _tried(checked, actor, wish, outcome)


def _tried(checked: Checked, actor: User, wish: Wish, outcome: Outcome) -> Outcome:
    failed: Exception | None = None
    for _ in range(TRIES):
        try:
            return _filed(checked, actor, wish, outcome)
        except _RacedError as error:
            failed = error
        except IntegrityError as error:
            # the same request or the same reports at the same moment: the other one was first
            failed = error
            found = _replayed(checked.sheet, actor, wish)
            if found is not None:
                return found
    raise ConflictError(
        gettext(
            "Others keep changing the same reports or the catalogue at this moment. Send "
            "it again in a minute."
        )
    ) from failed


def _replayed(sheet: Sheet, actor: User, wish: Wish) -> Outcome | None:
    """What was answered to the same request before; a dry run is never remembered."""
    if wish.client_id is None:
        return None
    filing = Filing.objects.filter(actor=actor, client_id=wish.client_id).first()
    if filing is None:
        return None
    if filing.content != sheet.content:
        raise ConflictError(
            gettext(
                "The client id %(client_id)s was used before for other rows. Use a new one "
                "for a new request."
            )
            % {"client_id": wish.client_id},
            code="client-id-reused",
        )
    outcome = Outcome.from_document(filing.outcome)
    outcome.replayed, outcome.dry_run = True, wish.dry_run
    outcome.unchanged += outcome.accepted
    outcome.accepted = outcome.created = outcome.corrected = 0
    return outcome


@transaction.atomic
def _filed(checked: Checked, actor: User, wish: Wish, outcome: Outcome) -> Outcome:
    """The rows as reports; a dry run does the same and takes it back."""
    seen_in = None if wish.again else _seen_in(checked.sheet)
    if wish.post:
        # before the reports are locked: whoever waits for the ledger holds nothing
        ledger.wait_for_turn()
    filing = Filing.objects.create(
        client_id=wish.client_id,
        content=checked.sheet.content,
        source=checked.sheet.kind,
        name=checked.sheet.name[:200],
        at=clock.now(),
        actor=actor,
    )
    compared = _compared(checked, wish, seen_in)
    rows = compared.rows
    outcome.created, outcome.corrected = compared.created, compared.corrected
    outcome.accepted = compared.created + compared.corrected
    outcome.unchanged, outcome.superseded = compared.unchanged, compared.superseded
    outcome.flags, outcome.flagged = [], 0
    if len(rows):
        rows = _posted(rows, actor) if wish.post else rows
        _write(rows, actor, filing)
        stretches.extend(rows.filter(pl.col("version") == 1))
        staging.drop()
        _flag(rows, outcome, checked)
        if not wish.dry_run:
            listeners.tell(Changes(rows))
    _close(filing, checked, actor, outcome)
    if wish.dry_run:
        outcome.filing = None
        transaction.set_rollback(True)
    return outcome


def _seen_in(sheet: Sheet) -> int | None:
    """The filing in which the same file came first, whoever sent it."""
    if sheet.kind == "rows":
        return None
    found = Filing.objects.filter(content=sheet.content).order_by("pk").values_list("pk").first()
    return None if found is None else int(found[0])


def _compared(checked: Checked, wish: Wish, seen_in: int | None) -> compare.Compared:
    posting = Postings.POSTED if wish.post else Postings.NONE
    rows = checked.good.with_columns(
        posting=pl.lit(posting.value), flags=pl.lit(None, dtype=pl.String)
    )
    first, last = rows["day"].min(), rows["day"].max()
    there = pl.DataFrame(schema=staging.EXISTING)
    if staging.any_in(first, last):  # type: ignore[arg-type]  # days are never null here
        there = staging.existing(rows)
    compared = compare.merge(rows, there, seen_in)
    flagged = compare.flagged(compared.rows, _earlier_capacities)
    # the ledger's movements name the reports; history needs no names before it is written
    ready = staging.numbered(flagged) if wish.post else flagged
    return replace(compared, rows=ready)


def _earlier_capacities(rows: pl.DataFrame) -> pl.DataFrame:
    first: Any = rows["day"].min()
    return selectors.capacities_before(
        first,
        first - timedelta(days=selectors.LOOK_BACK_DAYS),
        rows["site_id"].unique().to_list(),
        rows["resource_id"].unique().to_list(),
    )


def _posted(rows: pl.DataFrame, actor: User) -> pl.DataFrame:
    """The rows with what the ledger made of them."""
    made = postings.post(rows, actor)
    joined = rows.join(made, on="id", how="left", suffix="_made", maintain_order="left")
    code = pl.when(pl.col("flag") != "").then(pl.format('"{}"', "flag"))
    before = pl.col("flags").str.strip_suffix("]")
    more = pl.when(before.is_null()).then(pl.format("[{}]", code)).otherwise(
        pl.format("{}, {}]", before, code)
    )  # fmt: skip
    flags = pl.when(code.is_not_null()).then(more).otherwise("flags")
    posting = pl.coalesce("posting_made", "posting")
    return joined.with_columns(flags=flags, posting=posting).drop("flag", "posting_made")


def _write(rows: pl.DataFrame, actor: User, filing: Filing) -> None:
    new, corrected = rows.filter(pl.col("version") == 1), rows.filter(pl.col("version") > 1)
    if len(corrected) and (
        staging.correct(corrected, actor.pk, filing.pk, filing.at) != len(corrected)
    ):
        raise _RacedError
    if len(new):
        staging.add(new, actor.pk, filing.pk, filing.at)


def _flag(rows: pl.DataFrame, outcome: Outcome, checked: Checked) -> None:
    """What looks wrong, by itself or to the ledger, in words."""
    all_ = rows.select(*staging.KEY, "flags").filter(pl.col("flags").is_not_null())
    outcome.flagged = len(all_)
    sites = dict(checked.known.sites.select("site_id", "site").iter_rows())
    resources = dict(checked.known.resources.select("resource_id", "resource").iter_rows())
    for site, resource, day, flags in all_.head(FLAGS_NAMED_MAX).iter_rows():
        outcome.flags += [
            flag(one, sites[site], resources[resource], day) for one in json.loads(flags)
        ]


def _close(filing: Filing, checked: Checked, actor: User, outcome: Outcome) -> None:
    """Remember what is answered, and write the audit trail."""
    outcome.filing = filing.pk
    document = outcome.document()
    Filing.objects.filter(pk=filing.pk).update(outcome=document)
    counts = {name: document[name] for name in ("created", "corrected", "unchanged", "superseded",
                                                "rejected_rows", "flagged")}  # fmt: skip
    owners = checked.good["organisation"].unique().to_list()
    people.record(
        actor, "collect.file", f"filing:{filing.pk}",
        selectors.common_organisation(owners, checked.known.deadlines), after=counts,
    )  # fmt: skip
