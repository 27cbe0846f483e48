"""`@idempotent`: a POST sent twice under one Idempotency-Key happens once.

The key, what the operation changes, and the answer are written in one transaction. So there is
no moment at which the change stands and the answer does not, and of two requests at once the
second waits for the first and then gets its answer. An answer of 400 or more takes everything
back, and the key may be used again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse

from sampan_platform.common import clock
from sampan_platform.common.errors import ConflictError, InvalidError, PlatformError
from sampan_platform.http.guard import Run, around_run, required_scope
from sampan_platform.http.identify import ask_for_scope, identify
from sampan_platform.http.models import IdempotentAnswer
from sampan_platform.http.problems import (
    is_busy,
    respond_plainly,
    respond_to,
    respond_to_busy,
    respond_to_our_error,
)

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

KEPT = timedelta(hours=24)
WAIT_SECONDS = 30
"""How long the second of two requests waits for the first."""
HEADER = "Idempotency-Key"


def idempotent(endpoint: Endpoint) -> Endpoint:
    """Answer a repeated request with the first one's answer; stands under `@requires`."""
    cast(Any, endpoint).idempotent = True

    def wrap(run: Run) -> Run:
        def once(request: HttpRequest, **values: Any) -> HttpResponse:
            key = request.headers.get(HEADER)
            if key is None:
                return run(request, **values)
            try:
                _authorise(request, endpoint)
                return _once(request, _checked(key), lambda: run(request, **values))
            except PlatformError as error:
                return respond_to(error)
            except RequestDataTooBig:
                return respond_plainly(413)
            except OperationalError as error:
                if is_busy(error):
                    return respond_to_busy()
                return respond_to_our_error(request, error)

        return once

    around_run(endpoint, wrap)
    return endpoint


def forget_old() -> int:
    """Remove the answers whose time is over; the number removed."""
    count, _ = IdempotentAnswer.objects.filter(at__lt=clock.now() - KEPT).delete()
    return count


def _authorise(request: HttpRequest, endpoint: Callable[..., Any]) -> None:
    """Before any old answer is shown, whatever the order of the decorators."""
    identify(request)
    scope = required_scope(endpoint)
    if scope is not None:
        ask_for_scope(request, scope)


def _checked(key: str) -> str:
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise InvalidError(
            f"An {HEADER} has 1 to 200 printable characters. Make one by uuid4, for example.",
            code="idempotency-key",
        )
    return key


def _once(request: HttpRequest, key: str, run: Callable[[], HttpResponse]) -> HttpResponse:
    digest = _digest(request)
    with transaction.atomic():
        entry, is_new = _claim(request, key, digest)
        if not is_new:
            return _replay(entry, digest)
        response = run()
        if response.status_code >= 400:
            transaction.set_rollback(True)
        else:
            _keep(entry, response)
        return response


def _claim(request: HttpRequest, key: str, digest: str) -> tuple[IdempotentAnswer, bool]:
    """The entry of this key, and whether it is ours; waits for whoever holds it now."""
    user = identify(request)
    same = {"user": user, "key": key, "method": request.method or "", "path": request.path}
    now = clock.now()
    try:
        _wait_at_most(WAIT_SECONDS)
        IdempotentAnswer.objects.filter(user=user, at__lt=now - KEPT).delete()
        try:
            with transaction.atomic():
                entry = IdempotentAnswer.objects.create(**same, digest=digest, at=now)
            _wait_at_most(0)
            return entry, True
        except IntegrityError:
            return IdempotentAnswer.objects.get(**same), False
    except OperationalError as error:
        raise ConflictError(
            "The same request is still being worked on. Send it again in a minute.",
            code="idempotency-in-progress",
        ) from error


def _wait_at_most(seconds: int) -> None:
    """For locks in this transaction, on PostgreSQL; SQLite waits as its settings say. 0: ever."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds}s"])


def _replay(entry: IdempotentAnswer, digest: str) -> HttpResponse:
    if entry.digest != digest:
        raise InvalidError(
            f"This {HEADER} was used for another request. Use a new key for a new request.",
            code="idempotency-key-reused",
        )
    assert entry.status is not None, "an entry is seen only once its transaction is over"
    headers = {"Idempotency-Replayed": "true"}
    return HttpResponse(
        bytes(entry.body or b""),
        status=entry.status,
        content_type=entry.content_type,
        headers=headers,
    )


def _keep(entry: IdempotentAnswer, response: HttpResponse) -> None:
    entry.status = response.status_code
    entry.content_type = response.headers.get("Content-Type", "")
    entry.body = response.content
    entry.save(update_fields=["status", "content_type", "body"])


def _digest(request: HttpRequest) -> str:
    """Of what was sent; of a form its parts, since their separator is new each time."""
    found = hashlib.sha256()

    def add(*parts: str | bytes) -> None:
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            found.update(len(data).to_bytes(8, "big") + data)

    add(request.META.get("QUERY_STRING", ""), request.content_type or "")
    if request.content_type != "multipart/form-data":
        add(request.body)
        return found.hexdigest()
    for name, values in sorted(request.POST.lists()):
        add(name, *values)
    for name, files in sorted(request.FILES.lists(), key=lambda pair: str(pair[0])):
        for file in cast("list[Any]", files):
            add(str(name), file.name or "", file.read())
            file.seek(0)
    return found.hexdigest()
