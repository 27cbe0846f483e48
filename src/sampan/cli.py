"""The command line `sampan`: reads arguments, calls a command, turns errors into messages.

Exit codes: 0 fine (a plan with shortages is fine), 1 a finding (an invalid plan; hard rules that
contradict), 2 bad input, 3 no plan (the solver failed or was stopped too early), 70 a defect of
Sampan, 130 ended by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn

from sampan.commands.output import (
    BROKEN_PIPE,
    DEFECT,
    INTERRUPTED,
    NO_PLAN,
    UsageError,
    note,
    print_json,
    report_error,
)
from sampan.commands.plugins import call, help_text, plugins
from sampan.errors import SampanError
from sampan.version import version

BENCH_METHODS = ("exact", "fast")
SET_HELP = (
    "change a cell before anything else: table.key.column=value, such as demands.D1.quantity=50, "
    'lanes."a.b".mode=air, network.periods=5 or objective.stages=total; may be given several times'
)


class _Parser(argparse.ArgumentParser):
    """Raises what is wrong with the arguments, so that it is told like any other error."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. `{self.prog} --help` says how to call it.")


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command of this package (those of other packages are not in it)."""
    parser = _Parser(
        prog="sampan",
        description="Networks of critical supplies in, proven dispatch plans out.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"sampan {version()}", help="print the version"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_check(commands)
    _add_solve(commands)
    _add_bench(commands)
    _add_verify(commands)
    _add_explain(commands)
    _add_show(commands)
    _add_schema(commands)
    _add_template(commands)
    return parser


def _command(commands: Any, name: str, run: str, text: str, more: str = "") -> Any:
    """A command with what all of them have; `run` is `module:function` in sampan.commands."""
    parser = commands.add_parser(name, help=text, description=more or text, allow_abbrev=False)
    parser.set_defaults(run=run, overrides=[])
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document instead of text"
    )
    return parser


def _network_argument(parser: Any) -> None:
    parser.add_argument(
        "network", metavar="NETWORK", help="folder of tables with network.toml, or .xlsx file"
    )
    parser.add_argument(
        "--set", dest="overrides", action="append", metavar="CHANGE", default=[], help=SET_HELP
    )


def _plan_argument(parser: Any, optional: bool = False) -> None:
    text = "folder that `sampan solve --out` has written"
    parser.add_argument("plan", metavar="PLAN", nargs="?" if optional else None, help=text)


def _add_check(commands: Any) -> None:
    text = "list everything that is wrong with a network"
    more = "List everything that is wrong with a network: place, value, what to do."
    _network_argument(_command(commands, "check", "tables:run_check", text, more))


def _add_solve(commands: Any) -> None:
    more = "Solve a network and print what is short, what to ship, and how good that is."
    parser = _command(commands, "solve", "solving:run", "find the best plan", more)
    _network_argument(parser)
    parser.add_argument("--out", metavar="DIR", help="write the plan into this folder")
    parser.add_argument(
        "--format", choices=("csv", "parquet"), default="csv", help="of the files in DIR"
    )
    parser.add_argument(
        "--time-limit",
        type=_positive,
        metavar="SECONDS",
        help="stop then, with the best plan found",
    )
    parser.add_argument(
        "--gap",
        type=_share,
        metavar="SHARE",
        help="stop this near to the best, such as 0.01 (fast method: 0.001 by default; exact "
        "method: of a search for whole numbers, 0 by default)",
    )
    parser.add_argument(
        "--method",
        choices=("exact", "fast", "auto"),
        default="exact",
        help="exact: to the end; fast: large networks, to a proven gap; auto: by size and shape",
    )
    parser.add_argument(
        "--start", metavar="PLAN", help="begin from the plan in this folder (fast method)"
    )
    parser.add_argument(
        "--threads", type=_count, metavar="COUNT", help="of the solver; all cores by default"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _add_bench(commands: Any) -> None:
    text = "measure how soon each method comes how near to the best"
    more = (
        "Solve a network by each method in turn and print how soon each had proven how near it is "
        "to the best plan, and how much memory it took. Compiling kernels is not counted."
    )
    parser = _command(commands, "bench", "benching:run", text, more)
    _network_argument(parser)
    parser.add_argument(
        "--methods", type=_methods, metavar="LIST", default=["exact", "fast"],
        help="with commas between them: exact, fast (both by default)",
    )  # fmt: skip
    parser.add_argument(
        "--gaps", type=_gaps, metavar="LIST", default=[0.1, 0.01, 0.001],
        help="with commas between them, such as 5%%,1%%; 10%%,1%%,0.1%% by default",
    )  # fmt: skip
    parser.add_argument(
        "--time-limit", type=_positive, metavar="SECONDS", default=60.0,
        help="for each method; 60 by default",
    )  # fmt: skip
    parser.add_argument("--plot", metavar="FILE", help="draw the gap over time into this SVG file")
    parser.add_argument(
        "--threads", type=_count, metavar="COUNT", help="of the solver; all cores by default"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _add_verify(commands: Any) -> None:
    text = "recompute a plan from the tables alone"
    more = (
        "Recompute every rule, objective and bound of a plan from the tables alone, with code that "
        "shares nothing with the optimiser. Exit code 1 if anything is wrong."
    )
    parser = _command(commands, "verify", "plans:run_verify", text, more)
    _network_argument(parser)
    _plan_argument(parser)


def _add_explain(commands: Any) -> None:
    text = "say why a shortage or a shipment, or what limits the plan"
    more = "Say why a demand is short, why a shipment goes, or what relieving each limit is worth."
    parser = _command(commands, "explain", "plans:run_explain", text, more)
    _network_argument(parser)
    _plan_argument(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--demand", metavar="DEMAND", help="why this demand is short")
    what.add_argument(
        "--shipment",
        metavar="SHIPMENT",
        help="why this shipment: lane,resource,depart_period, or its row in shipments from 1",
    )
    what.add_argument(
        "--bottlenecks",
        action="store_true",
        help="what relieving each limit is worth (also if nothing is asked)",
    )
    parser.add_argument(
        "--language",
        choices=("en", "zh"),
        default="en",
        help="of the sentences; English by default",
    )


def _add_show(commands: Any) -> None:
    text = "print a readable summary of a network or of a plan"
    more = "Print a readable summary, with tables and charts, of a network or of its plan."
    parser = _command(commands, "show", "plans:run_show", text, more)
    _network_argument(parser)
    _plan_argument(parser, optional=True)
    parser.add_argument(
        "--rows", type=_count, default=20, metavar="COUNT", help="at most so many rows a table"
    )


def _add_schema(commands: Any) -> None:
    text = "list the tables, or the columns of one"
    more = "List the tables of a network and the frames of a plan, or the columns of one of them."
    parser = _command(commands, "schema", "tables:run_schema", text, more)
    parser.add_argument(
        "table", metavar="TABLE", nargs="?", help="such as lanes, or plan.stocks for a plan's frame"
    )


def _add_template(commands: Any) -> None:
    text = "write an Excel workbook to fill in"
    parser = _command(commands, "template", "tables:run_template", text, text.capitalize() + ".")
    parser.add_argument("path", metavar="PATH", help="a name that ends in .xlsx")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace a file of that name, with what is in it"
    )


def _number(text: str, least: float, strict: bool, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not (least < value if strict else least <= value) or value == float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value


def _positive(text: str) -> float:
    return _number(text, 0.0, True, "a number above 0")


def _share(text: str) -> float:
    return _number(text, 0.0, False, "a number of 0 or more")


def _count(text: str) -> int:
    value = _number(text, 1.0, False, "a whole number of 1 or more")
    if not value.is_integer():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(value)


def _methods(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    wrong = [name for name in names if name not in BENCH_METHODS]
    if wrong:
        known = ", ".join(BENCH_METHODS)
        raise argparse.ArgumentTypeError(f"{wrong[0]!r} is no method; there are {known}")
    return list(dict.fromkeys(names))


def _gaps(text: str) -> list[float]:
    """Shares, from the widest gap to the narrowest."""
    gaps = []
    for part in text.split(","):
        number, percent = part.strip().removesuffix("%"), part.strip().endswith("%")
        gap = _positive(number) / (100.0 if percent else 1.0)
        if gap >= 1.0:
            raise argparse.ArgumentTypeError(f"{part.strip()!r} is not a gap below 100%, as 1%")
        gaps.append(gap)
    return sorted(set(gaps), reverse=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code and never raises.

    Parameters
    ----------
    argv
        The arguments after `sampan`; those of the process by default.

    Examples
    --------
    >>> main(["schema", "shortages"])  # doctest: +ELLIPSIS
    shortages (缺口): What each demand does not get.
    ...
    0
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in arguments
    _make_printable()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except SystemExit as done:  # --help and --version have been printed
        return done.code if isinstance(done.code, int) else 0
    except SampanError as error:
        return _safely(report_error, error, as_json)
    except BrokenPipeError:
        return _close_pipe()
    except KeyboardInterrupt:
        note("sampan: interrupted; nothing was done.")
        return INTERRUPTED
    except MemoryError:
        return _safely(_fail, NO_PLAN, "there is not enough memory for this.", as_json)
    except BaseException as error:  # noqa: BLE001 - a message, whatever happens
        return _safely(_defect, error, as_json)
    return code


def _run(arguments: list[str]) -> int:
    parser = build_parser()
    own: Any = next(item for item in parser._actions if item.dest == "command").choices
    first = arguments[0] if arguments else ""
    if first not in own:
        others = plugins(own)
        if first in others:
            return call(others[first], arguments[1:])
        if first in ("-h", "--help"):
            parser.epilog = help_text(others)
        elif not first:
            raise UsageError(f"give a command: {', '.join([*own, *others])}.")
        elif not first.startswith("-"):
            raise UsageError(_no_command(first, [*own, *others]))
    given, unknown = parser.parse_known_args(arguments)
    if unknown:
        own.get(given.command, parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    module, _, name = given.run.partition(":")
    run: Callable[[argparse.Namespace], int] = getattr(
        import_module(f"sampan.commands.{module}"), name
    )
    return run(given)


def _no_command(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
    return f"there is no command {name!r}. {hint}"


def _make_printable() -> None:
    """A character that the output cannot show becomes an escape, never an error."""
    for stream in (sys.stdout, sys.stderr):
        encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
        if encoding != "utf8" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _safely(report: Callable[..., int], *arguments: object) -> int:
    """Report an error, also where standard output has gone away."""
    try:
        return report(*arguments)
    except BrokenPipeError:
        return _close_pipe()


def _close_pipe() -> int:
    """The reader has gone: silent, also when Python closes the streams at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    return BROKEN_PIPE


def _fail(code: int, text: str, as_json: bool) -> int:
    if as_json:
        print_json({"error": text, "kind": "defect" if code == DEFECT else "no_plan"})
    note(f"sampan: {text}")
    return code


def _defect(error: BaseException, as_json: bool) -> int:
    if os.environ.get("SAMPAN_DEBUG") == "1":
        traceback.print_exception(error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    advice = "This is a defect, please report it; SAMPAN_DEBUG=1 shows where it is."
    return _fail(DEFECT, f"{what}. {advice}", as_json)
