"""JSON as the standard has it (RFC 8259), and text that a database can keep."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser


class StrictParser(Parser):
    """Refuses NaN, half characters and NUL, which would only fail later and less clearly."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body; ninja answers 400 with the message of what is raised."""
        body = request.body
        found = json.loads(body, parse_constant=_no_number)
        escapes = body.lower()
        if b"\\ud" in escapes or b"\\u0000" in escapes:
            _check_text(found)
        return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _check_text(found: Any) -> None:
    text = json.dumps(found, ensure_ascii=False)
    text.encode()  # half of a surrogate pair is no character
    if "\\u0000" in text:
        raise ValueError("text must not contain the character NUL")
