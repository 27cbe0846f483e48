"""Organisations, users, roles, tokens' owners, and the trail of who changed what."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q


class OrganisationKind(models.TextChoices):
    """What an organisation is."""

    REGION = "region", "region 区域"
    COUNTRY = "country", "country 国家"
    PROVINCE = "province", "province 省"
    CITY = "city", "city 市"
    ENTERPRISE = "enterprise", "enterprise 企业"
    HOSPITAL = "hospital", "hospital 医院"
    AGENCY = "agency", "agency 机构"


class Organisation(models.Model):
    """Who owns sites and files reports; a tree."""

    code = models.CharField(max_length=64, unique=True)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=16, choices=OrganisationKind)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=400, editable=False, db_index=True)
    """`/1/5/9/`: the numbers of all above it and its own; made by `people.services`."""
    country = models.CharField(max_length=2, blank=True)
    """ISO 3166-1 alpha-2; empty above countries."""
    time_zone = models.CharField(max_length=64, blank=True)
    """IANA name; empty: the parent's."""
    report_deadline = models.TimeField(null=True)
    """Local time by which a day's reports are due on the next day; empty: the parent's."""
    retired_from = models.DateField(null=True)

    class Meta:
        ordering = ("path",)
        constraints = (
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="organisation_own_parent",
            ),
        )

    def __str__(self) -> str:
        return self.code


class User(AbstractUser):
    """A person or a program that signs in."""

    language = models.CharField(max_length=10, default="en")
    organisations: models.ManyToManyField[Organisation, Role] = models.ManyToManyField(
        Organisation, through="Role", related_name="users"
    )


class RoleKind(models.TextChoices):
    """What a person does; `selectors.ALLOWED` says what each may."""

    REPORTER = "reporter", "reporter 填报员"
    COORDINATOR = "coordinator", "coordinator 调度员"
    ANALYST = "analyst", "analyst 分析员"
    APPROVER = "approver", "approver 审批人"
    AUDITOR = "auditor", "auditor 审计员"
    OPERATOR = "operator", "operator 运维员"


class Role(models.Model):
    """A person's role in an organisation and everything below it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="roles")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="roles")
    kind = models.CharField(max_length=16, choices=RoleKind)
    approval_level = models.PositiveSmallIntegerField(default=0)
    """Of an approver: 1 or 2; what needs both levels needs one of each."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "organisation", "kind"), name="role_held_once"),
            models.CheckConstraint(
                condition=Q(kind="approver", approval_level__in=(1, 2))
                | (~Q(kind="approver") & Q(approval_level=0)),
                name="approval_level_of_approvers",
            ),
        )


class Token(models.Model):
    """What a program signs in with. Only a hash of it is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    """What it is for, as its owner put it."""
    prefix = models.CharField(max_length=16)
    """Its first characters, to tell it from others."""
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the whole, in hexadecimal."""
    scopes = models.JSONField()
    """Such as `["reports:write"]`; `["*"]` is all that its user may."""
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


class AuditEvent(models.Model):
    """Somebody did something; never changed, never deleted."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Empty: the platform itself."""
    action = models.CharField(max_length=64)
    """`stage.verb`, such as `dispatch.approve`."""
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    """Whose data it concerned, for who may read this."""
    target = models.CharField(max_length=128, db_index=True)
    """`kind:key`, such as `plan:17`."""
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
