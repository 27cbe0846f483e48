"""What the tests of the pages share: people signed in, and a plan to look at."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

LANGUAGES = ("en", "zh-hans")


def signed_in(world: Any, user: str, language: str = "en") -> Client:
    """A browser's stand-in for somebody who is signed in."""
    client = Client(headers={"accept-language": language})
    client.force_login(world.users[user])
    client.cookies["django_language"] = language
    return client


def text_of(answer: Any) -> str:
    """What a person reads on a page: no tags, single spaces."""
    inside = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", inside).split())


def refusals(answer: Any) -> list[str]:
    """What a page says was not done, each message once; a page of refusal says one thing."""
    if answer.context and "error" in answer.context:
        return [str(answer.context["error"])]
    told = answer.context["messages"] if answer.context else []
    return [str(one) for one in told if one.level_tag == "error"]
