"""The platform's commands, joined to the engine's: `sampan init`, `sampan serve` …

This module loads no web stack: the engine looks at it to list the commands, also where only
the engine is installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module


def init(arguments: Sequence[str]) -> int:
    """make the database ready, with the catalogue and a first operator"""
    return _run("init", "install:init", arguments)


def load(arguments: Sequence[str]) -> int:
    """load an example as organisations that report day by day"""
    return _run("load", "rehearse:load", arguments)


def serve(arguments: Sequence[str]) -> int:
    """serve the platform: web and background worker together"""
    return _run("serve", "serving:serve", arguments)


def collect(arguments: Sequence[str]) -> int:
    """file a table of reports"""
    return _run("collect", "work:collect", arguments)


def stats(arguments: Sequence[str]) -> int:
    """print statistics of what was reported"""
    return _run("stats", "work:stats", arguments)


def alerts(arguments: Sequence[str]) -> int:
    """run the monitoring rules and list open alerts"""
    return _run("alerts", "work:alerts", arguments)


def plan(arguments: Sequence[str]) -> int:
    """solve a dispatch plan from what is known now"""
    return _run("plan", "work:plan", arguments)


def orders(arguments: Sequence[str]) -> int:
    """list dispatch orders"""
    return _run("orders", "work:orders", arguments)


def ledger(arguments: Sequence[str]) -> int:
    """prove the ledger: every balance and the chain"""
    return _run("ledger", "work:ledger", arguments)


def backup(arguments: Sequence[str]) -> int:
    """write everything into one file"""
    return _run("backup", "keeping:backup", arguments)


def restore(arguments: Sequence[str]) -> int:
    """bring a backup back"""
    return _run("restore", "keeping:restore", arguments)


def doctor(arguments: Sequence[str]) -> int:
    """check the installation, part by part"""
    return _run("doctor", "install:doctor", arguments)


def _run(name: str, target: str, arguments: Sequence[str]) -> int:
    """Load the command's module, with Django behind it, and run it."""
    try:
        running = import_module("sampan_platform.commands.running")
    except ModuleNotFoundError as error:
        from sampan.commands.output import BAD_INPUT, note

        note(
            f"sampan {name}: the platform is not installed ({error.name} is missing). "
            "Install it: pip install 'sampan[platform]'."
        )
        return BAD_INPUT
    return int(running.run(name, target, arguments))
