"""Refusals speak the language of the person; programs keep their codes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import translation

from sampan_platform.common.errors import ForbiddenError, InvalidError
from sampan_platform.common.words import any_of, either
from sampan_platform.monitor import services as monitor
from sampan_platform.people import selectors as people

HAN = re.compile(r"[\u4e00-\u9fff]")


def refusal_of_role(world: Any) -> ForbiddenError:
    """What an analyst is told who would approve."""
    user = world.users["chen"]
    with pytest.raises(ForbiddenError) as refused:
        people.require(user, people.APPROVE, user.organisations.first())
    return refused.value


def test_refusal_is_in_the_language_of_the_request(world: Any) -> None:
    """A Chinese reader reads Chinese, an English one English; the code is the same."""
    with translation.override("zh-hans"):
        chinese = refusal_of_role(world)
    with translation.override("en"):
        english = refusal_of_role(world)
    assert "审批" in chinese.message
    assert "You may not" not in chinese.message
    assert english.message.startswith("You may not approve for ")
    assert chinese.code == english.code == "forbidden"


def test_every_action_has_its_word() -> None:
    """A role's refusal never names an action that has no word."""
    used = set().union(*people.ALLOWED.values())
    assert used == set(people.ACTION_WORDS)
    with translation.override("zh-hans"):
        assert all(HAN.search(str(word)) for word in people.ACTION_WORDS.values())


def test_labels_in_two_languages_are_cut_to_one() -> None:
    """A state inside a refusal is in the refusal's language."""
    with translation.override("zh-hans"):
        assert either("in transit 在途") == "在途"
        assert any_of(["已下达", "已拣货", "已下达"]) == "已下达 或 已拣货"
    assert either("in transit 在途") == "in transit"


def test_problem_document_keeps_its_type(world: Any) -> None:
    """What programs read (type, status) is the same in each language."""
    place = world.users["chen"].organisations.first()
    documents = []
    for language in ("en", "zh-hans"):
        with translation.override(language), pytest.raises(InvalidError) as refused:
            monitor.set_rule("no-such-check", place, 1.0, None)
        documents.append(refused.value.document())
    assert documents[0]["type"] == documents[1]["type"]
    assert documents[0]["detail"] != documents[1]["detail"]
