"""`network.toml`, or the sheet `network` → what `Network.from_frames` takes beside tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sampan.errors import Problem
from sampan.network import Objective, as_date, setting_problem

KNOWN = ("name", "start", "periods", "period_length", "currency", "source", "objective")
REQUIRED = {
    "name": 'Add what the network is called: name = "Spring 2020".',
    "start": "Add the date of period 0: start = 2020-02-10.",
    "periods": "Add how many periods there are: periods = 14.",
    "period_length": 'Add how long one is: period_length = "day" (or "hour" or "week").',
    "currency": 'Add the money that costs are in: currency = "CNY".',
}
IN_OBJECTIVE = ("stages", "tolerance", "lateness_cost")
PLACEHOLDERS: Mapping[str, Any] = {
    "name": "network",
    "start": "2000-01-01",
    "periods": 1,
    "period_length": "day",
    "currency": "",
}
"""Stand where a required setting is missing, so that the tables can be checked too."""


def load_toml(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """A TOML file as a dict, empty where it cannot be read."""
    problem = None
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig")), []
    except UnicodeDecodeError:
        problem = ("the file is not UTF-8 text.", "Save it as UTF-8.")
    except tomllib.TOMLDecodeError as error:
        problem = (f"the file is not TOML ({error}).", 'Write lines such as name = "Spring".')
    except OSError as error:
        problem = (f"the file cannot be read ({error.strerror}).", "Check its permissions.")
    return {}, [Problem(path.name, None, None, None, *problem, "bad-toml")]


def settings_of(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Keyword arguments for `Network.from_frames`, and every problem of the settings.

    A wrong value is replaced by a placeholder, so that the tables can still be checked.
    """
    problems = _unknown(document, KNOWN, "")
    settings: dict[str, Any] = dict(PLACEHOLDERS)
    for name, hint in REQUIRED.items():
        value = document.get(name)
        if value is None or value == "":
            message = f"the setting {name} is missing."
            problems.append(setting_problem(name, None, message, hint, "missing-setting"))
        else:
            settings[name] = value
    settings["source"] = document.get("source", "")
    settings["start"] = as_date(settings["start"]) or settings["start"]
    objective, wrong = _objective(document.get("objective", {}))
    return {**settings, "objective": objective}, problems + wrong


def _unknown(given: Mapping[str, Any], known: Sequence[str], prefix: str) -> list[Problem]:
    problems = []
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean {prefix}{near[0]}?" if near else f"Known: {', '.join(known)}."
            message = f"there is no setting {prefix + name!r}."
            problems.append(
                setting_problem(prefix + name, given[name], message, hint, "unknown-setting")
            )
    return problems


def _objective(given: Any) -> tuple[Objective, list[Problem]]:
    if not isinstance(given, Mapping):
        message, hint = f"{given!r} is not a table.", 'Write [objective], then stages = ["cost"].'
        return Objective(), [setting_problem("objective", given, message, hint)]
    problems = _unknown(given, IN_OBJECTIVE, "objective.")
    values = {name: given[name] for name in IN_OBJECTIVE if name in given}
    stages = values.get("stages", ())
    is_list = isinstance(stages, (list, tuple))
    if not is_list or not all(isinstance(stage, str) for stage in stages):
        message = f"{stages!r} is not a list of stages."
        hint = 'Write stages = ["shortage", "cost"], say.'
        problems.append(setting_problem("objective.stages", stages, message, hint))
        del values["stages"]
    return Objective(**values), problems
