"""Reports as they stand, what was said before, how it came, and who is expected to report.

On PostgreSQL references to sites, resources and people are kept by the triggers of migrations
0002 and 0003, a question a statement, where the database's own foreign keys ask for every row:
a million rows of history would wait for them several times longer than for everything else.
SQLite has the foreign keys, which it asks faster than any trigger.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from sampan_platform.collect.columns import MEASURES
from sampan_platform.common.quantity import QuantityField


class Postings(models.TextChoices):
    """What the ledger made of a report."""

    NONE = "none", "not for the ledger 不入账"
    POSTED = "posted", "posted 已入账"
    REFUSED = "refused", "kept, not posted 保留未入账"


class Filing(models.Model):
    """A file or a request that changed something."""

    client_id = models.CharField(max_length=200, null=True)
    """Made by the sender: the same one sent twice is one filing."""
    content = models.CharField(max_length=64, db_index=True)
    """SHA-256 of what was sent."""
    source = models.CharField(max_length=16)
    """`rows`, `csv`, `xlsx`, `parquet`, `ndjson`."""
    name = models.CharField(max_length=200, blank=True)
    """Of the file."""
    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    outcome = models.JSONField(default=dict)
    """What was answered; given again when it comes again."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("actor", "client_id"), name="filing_once"),)

    def __str__(self) -> str:
        return f"filing {self.pk}"


def _reference(to: str, **more: Any) -> Any:
    """A foreign key (on PostgreSQL kept by triggers), with no index but those named in Meta."""
    return models.ForeignKey(to, models.PROTECT, related_name="+", db_index=False, **more)


class Stated(models.Model):
    """What a report says; null is not stated, zero is zero."""

    nominal_capacity = QuantityField(null=True)
    effective_capacity = QuantityField(null=True)
    output = QuantityField(null=True)
    used = QuantityField(null=True)
    stock = QuantityField(null=True)
    """At the end of the day, without what is in quarantine."""
    shipped = QuantityField(null=True)
    received = QuantityField(null=True)
    need = QuantityField(null=True)
    explanation = models.TextField(blank=True, default="")
    flags = models.JSONField(default=list)
    """Codes of what looked wrong and was kept: `output-above-capacity`, `below-zero` …"""
    version = models.PositiveIntegerField(default=1)
    """1 as first said; one more with each correction."""
    submitted_at = models.DateTimeField()

    class Meta:
        abstract = True


class Report(Stated):
    """What a site states for one resource and one day."""

    site = _reference("catalogue.Site")
    resource = _reference("catalogue.Resource")
    day = models.DateField()
    submitted_by = _reference("people.User", null=True)
    filing = _reference("collect.Filing", null=True)
    posting = models.CharField(max_length=8, choices=Postings, default=Postings.NONE)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("site", "resource", "day"), name="report_once"),
            models.CheckConstraint(
                condition=Q(
                    *[Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0})
                      for name in MEASURES]
                ),
                name="report_nothing_below_zero",
            ),
        )  # fmt: skip
        indexes = (models.Index(fields=("day",), name="report_of_day"),)

    def __str__(self) -> str:
        return f"report {self.pk}"

    @property
    def client_id(self) -> str:
        """Of the filing that said this last."""
        return "" if self.filing is None else self.filing.client_id or ""


class ReportVersion(Stated):
    """What a report said before it was corrected; never changed, never deleted."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="versions")
    submitted_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    filing = models.ForeignKey(Filing, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("report", "version")
        constraints = (
            models.UniqueConstraint(fields=("report", "version"), name="report_version_once"),
        )


class Stretch(models.Model):
    """Days on which a site reported a resource, with no gap longer than `EXPECTED_DAYS`.

    From these the platform knows what is due without reading every report.
    """

    site = models.ForeignKey("catalogue.Site", models.PROTECT, related_name="+")
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("site", "resource", "since"), name="stretch_once"),
        )
        indexes = (models.Index(fields=("until",), name="stretch_until"),)


class Assignment(models.Model):
    """A site must report a resource from one day to another, whether it did before or not."""

    site = models.ForeignKey("catalogue.Site", models.PROTECT, related_name="+")
    resource = models.ForeignKey("catalogue.Resource", models.PROTECT, related_name="+")
    from_day = models.DateField()
    to_day = models.DateField(null=True)
    """The last one; empty: until further notice. Afterwards nothing more is expected."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("site", "resource"), name="assignment_once"),
            models.CheckConstraint(
                condition=Q(to_day__isnull=True) | Q(to_day__gte=F("from_day")),
                name="assignment_ends_after_it_begins",
            ),
        )
