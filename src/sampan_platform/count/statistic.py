"""A statistic: what was asked, and its figures as one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from sampan_platform.common.quantity import SCALE, STEP
from sampan_platform.count.measures import Measure
from sampan_platform.count.sums import Figures

QUANTITY = pl.Decimal(38, 3)


@dataclass(frozen=True)
class Statistic:
    """Figures, each with what it rests on.

    Columns of `frame`: the dimensions asked for; `unit` (of the resources, where quantities are
    added: different units never are); `period`, `since`, `until`; `value`; `reports`; `coverage`;
    and those of the comparisons asked for. Null is "not known", never zero.
    """

    measure: Measure
    by: tuple[str, ...]
    grain: str
    since: date
    until: date
    compare: tuple[str, ...]
    frame: pl.DataFrame

    def figures(self) -> list[dict[str, Any]]:
        """The frame's rows, as Python values."""
        return self.frame.to_dicts()


@dataclass(frozen=True)
class Known:
    """Values [groups × spans] where `known`, with the reports under each."""

    values: Figures
    """Thousandths of a quantity, or fractions and days as floats."""
    known: npt.NDArray[np.bool_]
    reports: npt.NDArray[np.int64]

    def columns(self, spans: Sequence[int | None]) -> Known:
        """These spans; nothing is known where there is none."""
        there = np.array([span is not None for span in spans], bool)
        chosen = [span or 0 for span in spans]
        return Known(
            self.values[:, chosen],
            self.known[:, chosen] & there,
            np.where(there, self.reports[:, chosen], 0),
        )

    def rows(self, groups: npt.NDArray[np.intp]) -> Known:
        """These groups."""
        return Known(self.values[groups], self.known[groups], self.reports[groups])

    def floats(self) -> npt.NDArray[np.float64]:
        """For ratios; not a number where nothing is known."""
        return np.where(self.known, self.values.astype(np.float64), np.nan)


def value_series(name: str, known: Known, *, is_quantity: bool) -> pl.Series:
    """Row by row: exact decimals of quantities, else floats; null where nothing is known."""
    values, there = known.values.ravel(), known.known.ravel()
    if not is_quantity:
        return float_series(name, np.where(there, values.astype(np.float64), np.nan))
    if values.dtype == object:
        exact = [
            Decimal(int(value)) / SCALE if is_there else None
            for value, is_there in zip(values, there, strict=True)
        ]
        return pl.Series(name, exact, dtype=QUANTITY)
    scaled = pl.Series(name, values).cast(pl.Decimal(38, 0)) * STEP
    frame = pl.select(pl.when(pl.Series(there)).then(scaled.cast(QUANTITY)).alias(name))
    return frame.to_series()


def float_series(name: str, values: npt.NDArray[np.float64]) -> pl.Series:
    """Row by row; null where it is not a number or infinite."""
    flat = np.where(np.isfinite(values), values, np.nan).ravel()
    return pl.Series(name, flat, nan_to_null=True)
