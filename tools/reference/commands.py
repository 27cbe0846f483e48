"""Reference page of the command line, from its argument parser.

Only what the parser holds is used, never its own help layout, which differs between releases of
Python and widths of the terminal.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from tools.reference.tables import markdown_table

INTRODUCTION = """\
# The command line

`sampan COMMAND …`, or `python -m sampan COMMAND …`. Exit codes: 0 fine, 1 a finding (an invalid
plan; hard rules that contradict), 2 bad input.
"""


def page() -> str:
    """The page of every command of `sampan`."""
    from sampan.cli import build_parser

    return render(build_parser())


def render(parser: argparse.ArgumentParser) -> str:
    """The page of one parser and all its commands."""
    lines = [INTRODUCTION]
    if general := _options(parser):
        lines += ["## Options of every call", "", general, ""]
    for name, summary, command in _commands(parser):
        lines += [f"## sampan {name}", "", command.description or summary, ""]
        lines += ["```text", _usage(f"sampan {name}", command), "```", ""]
        if options := _options(command):
            lines += [options, ""]
        if command.epilog:
            lines += [command.epilog, ""]
    return "\n".join(lines).rstrip() + "\n"


def _commands(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield name, summaries.get(name, ""), command


def _shown(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    hidden = (argparse._HelpAction, argparse._SubParsersAction)
    return [
        action
        for action in parser._actions
        if not isinstance(action, hidden) and action.help != argparse.SUPPRESS
    ]


def _usage(name: str, parser: argparse.ArgumentParser) -> str:
    words = [name]
    for action in _shown(parser):
        text = _call(action, first_only=True)
        words.append(text if action.required else f"[{text}]")
    return " ".join(words)


def _call(action: argparse.Action, *, first_only: bool = False) -> str:
    value = _value(action)
    if not action.option_strings:
        return value
    names = action.option_strings[:1] if first_only else action.option_strings
    return ", ".join(names) + (f" {value}" if value else "")


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    name = action.metavar or (
        action.dest.upper().replace("_", "-") if action.option_strings else action.dest
    )
    text = " ".join(name) if isinstance(name, tuple) else name
    if action.choices is not None and not action.metavar:
        text = "{" + ",".join(map(str, action.choices)) + "}"
    return f"{text} …" if action.nargs in ("*", "+") else text


def _options(parser: argparse.ArgumentParser) -> str:
    rows = [(f"`{_call(action)}`", _help(action)) for action in _shown(parser)]
    return markdown_table(("argument", "what it does"), rows) if rows else ""


def _help(action: argparse.Action) -> str:
    text = action.help or ""
    values = {**vars(action), "prog": "sampan"}
    return " ".join((text % values).split())
