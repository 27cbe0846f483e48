"""ETags: do not send what has not changed; do not change what somebody else changed.

`@etagged` answers 304 to a GET whose If-None-Match names what there is. `require_match` refuses
a change whose If-Match names something else (412). The tag is a hash of the JSON that is sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from ninja import Schema

from sampan_platform.http.guard import Run, around_run
from sampan_platform.http.problems import HttpProblem

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def tag_of(content: Schema | bytes) -> str:
    """The ETag of what would be, or was, sent."""
    data = content.model_dump(mode="json") if isinstance(content, Schema) else json.loads(content)
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def etagged(endpoint: Endpoint) -> Endpoint:
    """Give a JSON answer its ETag; stands under `@requires`."""
    cast(Any, endpoint).etagged = True

    def wrap(run: Run) -> Run:
        def tagged(request: HttpRequest, **values: Any) -> HttpResponse:
            response = run(request, **values)
            is_json = response.headers.get("Content-Type", "").startswith("application/json")
            if response.status_code not in (200, 201) or not is_json:
                return response
            tag = tag_of(response.content)
            if request.method == "GET" and _names(request.headers.get("If-None-Match"), tag):
                return HttpResponseNotModified(headers={"ETag": tag})
            response.headers["ETag"] = tag
            return response

        return tagged

    around_run(endpoint, wrap)
    return endpoint


def require_match(request: HttpRequest, current: Schema) -> None:
    """Raise when the request has an If-Match that does not name the current state.

    Call it in the transaction of the change, with the row locked.
    """
    wanted = request.headers.get("If-Match")
    if wanted is not None and not _names(wanted, tag_of(current)):
        raise HttpProblem(
            412,
            "changed-meanwhile",
            "Somebody changed this after you read it. Read it again, then send your change.",
        )


def _names(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    named = [one.strip().removeprefix("W/") for one in header.split(",")]
    return tag in named or "*" in named
