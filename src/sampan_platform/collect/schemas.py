"""What the API of this stage takes and gives."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import BaseModel, ConfigDict, StrictBool

from sampan_platform.http.kit import LIMIT_DEFAULT

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]
"""A day that can be reported on."""
Figure = Annotated[
    Decimal | int | float | str | StrictBool | None,
    Field(
        description="At most three decimals. Empty or null: nothing is said. 0: there is none. "
        "`withdrawn`: what was said before is taken back."
    ),
]


class ReportIn(BaseModel):
    """What a site states for one resource and one day."""

    # a misspelt figure reaches the checks, which name its row and what was meant
    model_config = ConfigDict(extra="allow")

    site: str = ""
    resource: str = ""
    day: str | int | None = None
    """`2020-02-10`."""
    nominal_capacity: Figure = None
    effective_capacity: Figure = None
    output: Figure = None
    used: Figure = None
    stock: Figure = None
    """At the end of the day, without what is in quarantine."""
    shipped: Figure = None
    received: Figure = None
    need: Figure = None
    explanation: str | None = None


class ReportsIn(Schema):
    """Reports, and how they are to be filed."""

    rows: list[ReportIn] = Field(max_length=100_000)
    client_id: str | None = Field(default=None, min_length=1, max_length=200)
    """Made by you: the same rows sent again under it change nothing."""
    dry_run: bool = False
    keep_good: bool = False


class ProblemOut(Schema):
    """What is wrong with one row."""

    row: int
    column: str
    code: str
    value: str
    message: str
    message_zh: str


class FlagOut(Schema):
    """What looks wrong and was kept."""

    code: str
    site: str
    resource: str
    day: date
    message: str
    message_zh: str


class OutcomeOut(Schema):
    """What came of a filing, or would."""

    accepted: int
    created: int
    corrected: int
    unchanged: int
    superseded: int
    blank: int
    flagged: int
    good_rows: int
    rejected_rows: int
    rejected: list[ProblemOut]
    flags: list[FlagOut]
    dry_run: bool
    kept: bool
    replayed: bool
    filing: int | None


class ReportOut(Schema):
    """A report as it stands."""

    id: int
    site: str
    resource: str
    day: date
    nominal_capacity: Decimal | None
    effective_capacity: Decimal | None
    output: Decimal | None
    used: Decimal | None
    stock: Decimal | None
    shipped: Decimal | None
    received: Decimal | None
    need: Decimal | None
    explanation: str
    flags: list[str]
    posting: str
    version: int
    submitted_at: datetime
    submitted_by: str

    @staticmethod
    def resolve_site(row: Any) -> str:
        return str(row.site.code)

    @staticmethod
    def resolve_resource(row: Any) -> str:
        return str(row.resource.code)

    @staticmethod
    def resolve_submitted_by(row: Any) -> str:
        return str(row.submitted_by.username) if row.submitted_by else ""


class StatementOut(Schema):
    """What a report said at one time."""

    version: int
    at: datetime
    by: str
    values: dict[str, Decimal | None]
    explanation: str
    flags: list[str]
    is_current: bool


class MissingOut(Schema):
    """A report that is due and has not come."""

    site: str
    site_name: str
    resource: str
    organisation: str
    organisation_name: str
    day: date
    deadline: datetime
    late: bool
    last_day: date | None
    reporters: list[str]


class RateOut(Schema):
    """Reports due on a day, how many came, how many of them in time."""

    day: date
    due: int
    came: int
    in_time: int
    rate: float | None


class AssignmentIn(Schema):
    """A site must report a resource."""

    site: str
    resource: str
    from_day: date
    to_day: date | None = None
    """The last one; empty: until further notice."""


class AssignmentOut(AssignmentIn):
    """A site must report a resource."""

    id: int

    @staticmethod
    def resolve_site(row: Any) -> str:
        return str(row.site.code)

    @staticmethod
    def resolve_resource(row: Any) -> str:
        return str(row.resource.code)


class ReportsQuery(Schema):
    """Which reports."""

    since: date | None = None
    until: date | None = None
    site: list[str] = Field(default_factory=list)
    resource: list[str] = Field(default_factory=list)
    organisation: str = ""
    """Its sites and those of all below it."""
    flag: str = ""
    cursor: str = ""
    limit: int = LIMIT_DEFAULT
