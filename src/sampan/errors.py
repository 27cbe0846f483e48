"""Every error that the engine raises on purpose.

::

    SampanError
    ├── InputError            tables cannot be used; lists every problem
    ├── PlanFileError         a plan's folder cannot be read; lists every problem
    ├── ContradictionError    hard rules exclude each other; names a smallest set of them
    ├── OutputError           a file or folder cannot be written, or holds something else
    ├── MethodError           the method asked for cannot solve this network
    ├── SolverError           the solver failed, or stopped before it had any plan
    ├── MissingPackageError   an optional package is needed for what was asked
    └── RemoteError           a platform refused a request, or did not answer it

A message says what is wrong, where, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

SHOWN_PROBLEMS = 20
"""Problems spelled out in an error's message; the object holds them all."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input, in the words of its table.

    `row` is the number that a spreadsheet shows beside the row (the heading is row 1);
    for dataframes given in Python, row 1 is the first row of the frame.
    """

    table: str
    row: int | None
    column: str | None
    value: str | None
    message: str
    """What is wrong."""
    hint: str
    """What to do."""
    code: str
    """Stable short name of the check that found it, such as `unknown-reference`."""
    severity: Literal["error", "warning"] = "error"

    @property
    def place(self) -> str:
        parts = [self.table]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)

    def __str__(self) -> str:
        return f"{self.place}: {self.message} {self.hint}".strip()


class SampanError(Exception):
    """Base of every error raised on purpose."""


class _ProblemsError(SampanError):
    where = "the input"

    def __init__(self, problems: Sequence[Problem], *, where: str | None = None) -> None:
        self.problems = tuple(problems)
        self.where = where or self.where
        super().__init__(self._text())

    def _text(self) -> str:
        count = len(self.problems)
        lines = [f"{count} problem{'s' if count != 1 else ''} in {self.where}:"]
        lines += [f"  {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if count > SHOWN_PROBLEMS:
            lines.append(f"  … and {count - SHOWN_PROBLEMS} more.")
        return "\n".join(lines)


class InputError(_ProblemsError):
    """Tables cannot be used; `problems` lists everything that is wrong.

    `where` says which tables: "the network", or what else was given, such as "the case counts".
    """

    where = "the network"


class PlanFileError(_ProblemsError):
    """A plan's folder cannot be read; `problems` lists everything that is wrong."""

    where = "the plan"


@dataclass(frozen=True)
class ConflictingRule:
    """One hard rule of a contradiction, in the words of its table."""

    table: str
    key: str
    text: str
    chinese: str = ""
    """The same in Chinese."""

    def __str__(self) -> str:
        return self.text


class ContradictionError(SampanError):
    """Hard rules exclude each other; `rules` is a set of them of which none can be spared."""

    def __init__(self, rules: Sequence[ConflictingRule]) -> None:
        self.rules = tuple(rules)
        lines = ["These hard rules contradict each other; relax or drop any one of them:"]
        lines += [f"  {rule}" for rule in self.rules]
        super().__init__("\n".join(lines))


class OutputError(SampanError):
    """A file or folder cannot be written, or holds something that must not be overwritten."""


class MethodError(SampanError):
    """The method asked for does not exist, or cannot solve this network."""


class SolverError(SampanError):
    """The solver failed, or was stopped before it had any plan."""


class MissingPackageError(SampanError):
    """An optional package is needed for what was asked."""


class RemoteError(SampanError):
    """A platform refused a request, or did not answer it.

    `status` is its HTTP status, None where there was no answer; `document` is its
    problem+json document (RFC 9457), empty where it sent none.
    """

    def __init__(
        self, message: str, status: int | None = None, document: Mapping[str, Any] | None = None
    ) -> None:
        self.status = status
        self.document = dict(document or {})
        super().__init__(message)
