"""Everything the platform raises on purpose.

    PlatformError
    ├── InvalidError        what was sent cannot be accepted as it is       (HTTP 422)
    ├── ConflictError       it contradicts what is there, or came twice     (HTTP 409)
    ├── ForbiddenError      this person may not do this                     (HTTP 403)
    └── NotFoundError       there is no such thing, or not for this person  (HTTP 404)

Each says what, where and what to do; over HTTP each becomes one problem+json document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing wrong with what was sent."""

    code: str
    """Stable, for programs: `unknown-site`, `quantity-negative` …"""
    message: str
    """For people: what is wrong and what to do."""
    where: str = ""
    """Row, column or field, as the sender knows it."""
    value: str = ""
    """As it was written."""


class PlatformError(Exception):
    """Base of all errors raised on purpose."""

    status = 400
    code = "error"

    def __init__(
        self, message: str, problems: Sequence[Problem] = (), *, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.problems = list(problems)
        self.code = code or self.code

    def document(self) -> dict[str, Any]:
        """The problem+json document (RFC 9457)."""
        return {
            "type": f"urn:sampan:problem:{self.code}",
            "title": type(self).__name__.removesuffix("Error"),
            "status": self.status,
            "detail": self.message,
            "problems": [asdict(problem) for problem in self.problems],
        }


class InvalidError(PlatformError):
    """What was sent cannot be accepted as it is."""

    status, code = 422, "invalid"


class ConflictError(PlatformError):
    """It contradicts what is there."""

    status, code = 409, "conflict"


class ForbiddenError(PlatformError):
    """The person may not do this."""

    status, code = 403, "forbidden"


class NotFoundError(PlatformError):
    """There is no such thing, or it is not for this person to see."""

    status, code = 404, "not-found"
