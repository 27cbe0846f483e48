"""Tokens: made once, shown once, kept as a hash, each with scopes and an end.

`people.services` offers these to other stages.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from sampan_platform.common import clock
from sampan_platform.common.errors import InvalidError, Problem
from sampan_platform.people.models import Token, User
from sampan_platform.people.trail import record

EVERYTHING = "*"
"""The scope of all that the token's user may do."""
DAYS_MAX = 366
USES_NOTED_EVERY = timedelta(minutes=1)
_SCOPE = re.compile(r"[a-z]+:[a-z]+|\*")


@transaction.atomic
def create_token(
    user: User,
    name: str,
    scopes: Collection[str],
    *,
    days: int = 90,
    actor: User | None = None,
) -> tuple[Token, str]:
    """A new token and its secret, which can never be shown again."""
    _check(name, scopes, days)
    secret = f"sampan_{secrets.token_urlsafe(32)}"
    now = clock.now()
    made = Token.objects.create(
        user=user,
        name=name,
        prefix=secret[:12],
        digest=_digest(secret),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    after = {"name": name, "scopes": made.scopes, "expires_at": made.expires_at.isoformat()}
    record(actor, "people.create_token", f"token:{made.pk}", None, after=after)
    return made, secret


@transaction.atomic
def revoke_token(token: Token, actor: User | None = None) -> None:
    """From now on it opens nothing; revoking again changes nothing."""
    changed = Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now())
    if changed:
        record(actor, "people.revoke_token", f"token:{token.pk}", None)


def find_token(secret: str) -> Token | None:
    """The token, if it is good now and its user may sign in; notes that it was used."""
    now = clock.now()
    token = (
        Token.objects.select_related("user")
        .filter(digest=_digest(secret), revoked_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if token is not None:
        _note_use(token, now)
    return token


def _note_use(token: Token, now: datetime) -> None:
    """At most once a minute, so that reading does not mean writing."""
    before = now - USES_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=before)
        Token.objects.filter(unnoted, pk=token.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    """A secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(name: str, scopes: Collection[str], days: int) -> None:
    problems = []
    if not name.strip() or len(name) > 100:
        problems.append(
            Problem("token-name", gettext("Name what it is for, in 1 to 100 characters."), "name")
        )
    if not scopes:
        problems.append(Problem("token-scopes", gettext("Name at least one scope."), "scopes"))
    problems += [
        Problem(
            "token-scope",
            gettext("A scope reads stage:read or stage:write, or is *."),
            "scopes",
            scope,
        )
        for scope in scopes
        if not _SCOPE.fullmatch(scope)
    ]
    if not 1 <= days <= DAYS_MAX:
        text = gettext("A token lasts between 1 and %(days_max)s days.") % {"days_max": DAYS_MAX}
        problems.append(Problem("token-days", text, "days", str(days)))
    if problems:
        raise InvalidError(gettext("This token cannot be made."), problems)
