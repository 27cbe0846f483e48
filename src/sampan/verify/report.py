"""What verification found: violations, and a stage-by-stage account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import polars as pl

from sampan.verify.tolerances import QUANTITY

SMALLEST = 1e-300
"""In place of a division by zero."""
STAGE_COLUMNS = {
    "stage": pl.String,
    "part": pl.String,
    "value": pl.Float64,
    "value_recomputed": pl.Float64,
    "bound": pl.Float64,
    "bound_recomputed": pl.Float64,
    "gap": pl.Float64,
    "recomputed": pl.Boolean,
}


@dataclass(frozen=True)
class Violation:
    """One rule that a plan does not keep."""

    rule: str
    """The rule's short name, such as `balance`, `mass_kg_max` or `bound`."""
    where: str
    """What it is about: the keys, such as `lane L1, resource mask`."""
    period: int | None
    amount: float
    """By how much, in the rule's own unit; 0 where no number is wrong but a word."""
    relative: float
    """The same as a share of the quantities concerned."""
    message: str
    """What is wrong, in plain words."""

    def __str__(self) -> str:
        when = "" if self.period is None else f", period {self.period}"
        return f"{self.rule} ({self.where}{when}): {self.message}"


class Verification(Sequence[Violation]):
    """The violations of a plan; empty, and so false, if the plan is valid.

    Attributes
    ----------
    violations
        As a tuple.
    stages
        A frame with a row a stage and part: its value and bound as stated and as recomputed,
        the gap between the recomputed two, and `recomputed`: whether the bound was (it cannot be
        where the solver decided about whole numbers).
    largest_violation
        The largest relative error of any rule, those within tolerance included.
    """

    def __init__(
        self, violations: Sequence[Violation], stages: pl.DataFrame, largest_violation: float
    ) -> None:
        self.violations = tuple(violations)
        self.stages = stages
        self.largest_violation = largest_violation

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.violations

    @overload
    def __getitem__(self, index: int) -> Violation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Violation, ...]: ...
    def __getitem__(self, index: int | slice) -> Violation | tuple[Violation, ...]:
        return self.violations[index]

    def __len__(self) -> int:
        return len(self.violations)

    def __repr__(self) -> str:
        if self.valid:
            return f"<Verification: valid, {len(self.stages)} stage parts>"
        return f"<Verification: {len(self)} violations, first {self[0]}>"


class Findings:
    """Collects violations and the largest relative error."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.largest = 0.0

    def add(
        self,
        rule: str,
        where: str,
        message: str,
        *,
        period: int | None = None,
        amount: float = 0.0,
        relative: float = 1.0,
    ) -> None:
        """One violation."""
        self.largest = max(self.largest, relative)
        self.violations.append(Violation(rule, where, period, amount, relative, message))

    def rows(self, rule: str, rows: pl.DataFrame, where: Sequence[str], message: str) -> None:
        """A violation for every row; in the message `{column}` stands for the row's value.

        A column `period`, `amount` or `relative` says what its name says.
        """
        for row in rows.iter_rows(named=True):
            shown = {name: _shown(value) for name, value in row.items()}
            self.add(
                rule,
                ", ".join(f"{name} {row[name]}" for name in where if row[name] is not None),
                message.format(**shown),
                period=row.get("period"),
                amount=row.get("amount", 0.0),
                relative=row.get("relative", 1.0),
            )

    def exceeding(self, rule: str, rows: pl.DataFrame, where: Sequence[str], message: str) -> None:
        """A violation for every row whose `amount` is above its `allowance`."""
        scale = pl.max_horizontal(pl.col("allowance") / QUANTITY, pl.lit(SMALLEST))
        rows = rows.with_columns((pl.col("amount") / scale).alias("relative"))
        wrong = pl.col("amount") > pl.col("allowance")
        worst = rows.filter(~wrong)["relative"].max()
        self.largest = max(self.largest, float(worst) if isinstance(worst, float) else 0.0)
        self.rows(rule, rows.filter(wrong), where, message)


def _shown(value: object) -> object:
    return f"{value:,.12g}" if isinstance(value, float) else value
