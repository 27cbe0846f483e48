"""How every command of the platform runs: Django set up, errors told in one line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

import django
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from sampan.commands.output import BAD_INPUT, INTERRUPTED, note
from sampan.errors import SampanError
from sampan_platform.common.errors import PlatformError


class Refused(Exception):
    """The command cannot be done as asked; the message says what to do."""


class Parser(argparse.ArgumentParser):
    """Tells what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        raise Refused(f"{message}. `{self.prog} --help` says how to call it.")


def parser(name: str, about: str) -> Parser:
    """A parser for one command."""
    return Parser(prog=f"sampan {name}", description=about, allow_abbrev=False)


def run(name: str, target: str, arguments: Sequence[str]) -> int:
    """Run `module:function` of this package with the arguments; returns the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sampan_platform.settings")
    try:
        django.setup()
        module, function = target.split(":")
        command: Callable[[Sequence[str]], int] = getattr(
            import_module(f"sampan_platform.commands.{module}"), function
        )
        return command(list(arguments))
    except (Refused, SampanError, ImproperlyConfigured) as error:
        note(f"sampan {name}: {error}")
    except PlatformError as error:
        note(f"sampan {name}: {error.message}")
        for problem in error.problems[:20]:
            note(f"  {problem.where}: {problem.message}" if problem.where else problem.message)
        if len(error.problems) > 20:
            note(f"  … and {len(error.problems) - 20} more")
    except (OperationalError, ProgrammingError) as error:
        note(
            f"sampan {name}: the database does not answer as it should "
            f"({str(error).strip().splitlines()[0]}). "
            "`sampan init` makes it ready; `sampan doctor` says more."
        )
    except KeyboardInterrupt:
        return INTERRUPTED
    return BAD_INPUT
