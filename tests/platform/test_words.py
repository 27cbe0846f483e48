"""Refusals speak the language of the person; programs keep their codes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import translation

from sampan_platform.catalogue import tables
from sampan_platform.collect import posting_kinds
from sampan_platform.common.errors import ForbiddenError, InvalidError
from sampan_platform.common.words import any_of, either
from sampan_platform.ledger.models import Kind
from sampan_platform.monitor import services as monitor
from sampan_platform.people import selectors as people
from sampan_platform.web.catalogue.headings import WORDS, heading
from sampan_platform.web.ledger import naming
from sampan_platform.web.plans.naming import Namer
from tests.platform.pages_world import signed_in, text_of

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
    with translation.override("en"):
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


def test_every_column_of_the_catalogue_has_a_heading() -> None:
    """No table shows a key of the network's tables where a person looks for a word."""
    columns = {name for kind in tables.KINDS.values() for name in kind.fields}
    assert columns - {"retired_from"} == set(WORDS)
    with translation.override("zh-hans"):
        english = {name for name in WORDS if not HAN.search(heading(name))}
    assert english == set()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_catalogue_pages_show_words(world: Any, language: str) -> None:
    """The list has words alone; the page of a row adds the key for import and export."""
    client = signed_in(world, "chen", language)
    word = {"en": "Storage (m³)", "zh-hans": "仓储容积（m³）"}[language]
    listed = text_of(client.get("/catalogue/sites/"))
    assert "name_en" not in listed
    row = text_of(client.get("/catalogue/sites/W1/"))
    assert word in row
    assert "storage_m3_max" in row


def test_movements_and_accounts_are_words() -> None:
    """A stock card and a recall name what happened, not the stages' codes."""
    with translation.override("zh-hans"):
        assert naming.movement("report-count") == "填报库存"
        assert naming.movement("reverse-ship") == "冲销：发运"
        assert naming.account("transit") == "在途"
        assert naming.source("report:17") == "填报 17"
    with translation.override("en"):
        assert naming.movement("reverse-ship") == "reversal: shipped"
        assert naming.movement("of-another-program") == "of-another-program"
        assert naming.source("order:DO-1") == "order DO-1"


def test_every_kind_that_stages_post_has_its_word() -> None:
    """Reports, orders and counts post no movement that a stock card cannot name."""
    posted = {posting_kinds.OUTPUT, posting_kinds.USE, posting_kinds.COUNT}
    posted |= {"count", "ship", "receive", "return"}
    posted |= {f"{kind}-lot" for kind in (Kind.STOCK, Kind.QUARANTINE)}
    assert posted == set(naming.MOVEMENTS)


def test_processes_have_names_in_explanations(world: Any) -> None:
    """A capacity that holds a plan back is told by its plant and what it makes."""
    process = world.processes["F1:mask"]
    process.code = "line-7"
    process.save()
    site = process.site
    with translation.override("zh-hans"):
        assert Namer()("line-7 的产能") == f"{site.name_zh} · 医用外科口罩 的产能"
    assert Namer()("line-7") == f"{site.name_en} · Surgical mask"
