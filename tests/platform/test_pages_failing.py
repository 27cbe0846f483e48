"""Why there is no plan: what the engine really says is told in the page's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

import sampan
from sampan.check.chinese import error_in_chinese
from sampan.testing import two_hospitals
from sampan_platform.dispatch import work
from sampan_platform.dispatch.models import PlanRun
from sampan_platform.web.plans.failing import SAID, said
from tests.platform.pages_world import LANGUAGES, signed_in, text_of

SOURCES = Path(sampan.__file__).parent


def _fails(**objective: Any) -> str:
    """What the fast method says of a network whose objective is changed so."""
    network = two_hospitals()
    changed = replace(network, objective=replace(network.objective, **objective))
    with pytest.raises(sampan.SampanError) as caught:
        sampan.solve(changed, method="fast")
    return str(caught.value)


def _contradiction() -> sampan.ContradictionError:
    rule = sampan.errors.ConflictingRule("commitments", "C1", "C1: 5 masks.", "C1：5 个口罩。")
    return sampan.ContradictionError([rule])


def _input() -> str:
    problem = sampan.errors.Problem("lanes", 3, "origin", "X", "There is no X.", "Name it.", "no-x")
    return str(sampan.errors.InputError([problem]))


def _in_source(path: str, start: str) -> str:
    """A message that is hard to bring about, as the engine's source has it."""
    text = (SOURCES / path).read_text("utf-8")
    found = re.search(rf'"({re.escape(start)}[^"]*)"\s*"([^"]*)"', text)
    assert found is not None, start
    return found[1] + found[2]


MESSAGES: dict[str, Callable[[], str]] = {
    "fairness": lambda: _fails(stages=("shortage", "fairness", "cost")),
    "tolerance": lambda: _fails(stages=("shortage", "cost"), tolerance=0.1),
    "contradiction": lambda: str(_contradiction()),
    "input": _input,
    "stopped": lambda: _in_source("run_stages.py", "The solve was stopped"),
    "no fast plan": lambda: _in_source("fast/run.py", "The fast method found no plan"),
    "whole": lambda: "The fast method cannot solve this: "
    + re.findall(r'return "(the network asks for whole numbers.*)"',
                 (SOURCES / "fast" / "scope.py").read_text("utf-8"))[0]
    + ". Use the exact method.",
    "unforeseen": lambda: "Something unforeseen went wrong (KeyError).",
}  # fmt: skip


@pytest.fixture(params=MESSAGES)
def message(request: pytest.FixtureRequest) -> str:
    """What the engine says, in its own words."""
    return MESSAGES[request.param]()


def test_what_the_engine_says_is_known(message: str) -> None:
    """Its first line has words in Chinese; the lines that name rules and rows stay as they are:
    the engine says these in Chinese itself.
    """
    with translation.override("zh-hans"):
        first, *others = said(message)
    assert re.search(r"[\u4e00-\u9fff]", first), first
    assert others == message.splitlines()[1:]
    with translation.override("en"):
        assert not re.search(r"[\u4e00-\u9fff]", said(message)[0])


def test_every_sentence_is_one_that_is_said() -> None:
    """None is left that nothing says any more."""
    lines = [one().splitlines()[0] for one in MESSAGES.values()]
    for pattern, _ in SAID:
        assert any(re.fullmatch(pattern, line) for line in lines), pattern


def test_what_is_not_known_stays_as_it_is() -> None:
    """Nothing, several lines, something new."""
    assert said("") == [""]
    assert said("new\nlines") == ["new", "lines"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_that_failed_says_so_on_its_page(world, language: str) -> None:
    """And in the operator's list of jobs."""
    run = PlanRun.objects.create(
        organisation=world.organisations["cn-hb"], as_of="2020-02-10T00:00Z", start="2020-02-10",
        days=1, started_by=world.users["chen"], asked_at="2020-02-10T00:00Z", state="running",
    )  # fmt: skip
    error = _contradiction()
    work._fail(run.pk, str(error), error_in_chinese(error))
    expected = error_in_chinese(error) if language == "zh-hans" else str(error)
    first, second = expected.splitlines()
    page = text_of(signed_in(world, "chen", language).get(f"/plans/{run.pk}/"))
    assert first in page
    assert second.strip() in page
    assert first in text_of(signed_in(world, "ops", language).get("/system/"))
