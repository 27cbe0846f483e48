"""Commands of other packages: entry points of the group `sampan.commands`.

The entry point's name is the command, its object a function that takes the arguments after the
command (a list of texts) and returns an exit code. Nothing is loaded before it is called, so that
a broken package stands in the way of its own command only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from importlib.metadata import EntryPoint, entry_points

from sampan.commands.output import DEFECT, note

GROUP = "sampan.commands"


def plugins(own: Collection[str]) -> dict[str, EntryPoint]:
    """The entry points by command; one that takes a name in use is left out, with a warning."""
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        if entry.name in own or (entry.name in found and found[entry.name].value != entry.value):
            taken = f"sampan: warning: {_package(entry)} brings a command {entry.name!r}, "
            note(f"{taken}but there is one of that name already. Its own is left out.")
        else:
            found.setdefault(entry.name, entry)
    return found


def _package(entry: EntryPoint) -> str:
    return f"the package {entry.dist.name}" if entry.dist else f"{entry.value}"


def load(entry: EntryPoint) -> Callable[[Sequence[str]], int | None] | None:
    """The function behind an entry point; None, with a warning, if it cannot be loaded."""
    try:
        function = entry.load()
        if not callable(function):
            raise TypeError(f"{entry.value} is not a function")
    except Exception as error:  # noqa: BLE001 - whatever is wrong in another's package
        note(
            f"sampan: warning: the command {entry.name!r} of {_package(entry)} cannot be loaded "
            f"({type(error).__name__}: {error}). Upgrade or remove that package."
        )
        return None
    return function  # type: ignore[no-any-return]


def call(entry: EntryPoint, arguments: Sequence[str]) -> int:
    """Run another package's command."""
    function = load(entry)
    return DEFECT if function is None else int(function(list(arguments)) or 0)


def help_text(found: dict[str, EntryPoint]) -> str:
    """A line for each command of other packages, from its function's docstring."""
    lines = []
    for name, entry in found.items():
        function = load(entry)
        if function is not None:
            about = (function.__doc__ or "").strip().split("\n")[0]
            lines.append(f"  {name:<12} {about} ({_package(entry)})")
    return "commands of other packages:\n" + "\n".join(lines) if lines else ""
