"""What the API remembers between requests."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class IdempotentAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, to answer it again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=400)
    digest = models.CharField(max_length=64)
    """SHA-256 of what was sent: query, content type, body."""
    at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=200, blank=True)
    body = models.BinaryField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "key", "method", "path"), name="idempotency_key_once"
            ),
        )


class Tally(models.Model):
    """How often something was done within a stretch of time; all processes count in it."""

    key = models.CharField(max_length=200, unique=True)
    count = models.PositiveIntegerField()
    ends_at = models.FloatField(db_index=True)
    """Seconds since 1970; from then on it begins anew."""
