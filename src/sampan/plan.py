"""Plan: what a solve returns, as dataframes with their certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import polars as pl

from sampan import schema
from sampan.conform import DTYPES


class Status(StrEnum):
    """How a solve ended. Every one of them comes with a plan."""

    OPTIMAL = "optimal"
    """Every stage was solved to its end."""
    GAP_REACHED = "gap_reached"
    """Stopped at the gap asked for."""
    PARTLY_PROVED = "partly_proved"
    """The solver failed on a stage; the plan obeys every rule, and that stage's gap says what
    is not proved."""
    TIME_LIMIT = "time_limit"
    """Stopped at the time limit with the best plan found."""
    INTERRUPTED = "interrupted"
    """Stopped by the user with the best plan found."""


@dataclass(frozen=True, repr=False)
class Plan:
    """What to ship, make and deliver, what stays short, and the proof of how good that is.

    Each frame is a `polars.DataFrame` with the columns of `sampan/schema/plan/`; quantities
    are in the resource's unit, periods are counted from 0. Frames are copies: changing one
    does not change the plan.
    """

    frames: Mapping[str, pl.DataFrame]
    summary: Mapping[str, Any]

    def __post_init__(self) -> None:
        conformed = {name: conform(name, self.frames.get(name)) for name in schema.PLAN_FRAMES}
        object.__setattr__(self, "frames", conformed)
        object.__setattr__(self, "summary", dict(self.summary))

    def frame(self, name: str) -> pl.DataFrame:
        """One frame by name, such as `shipments`."""
        return self.frames[name].clone()

    def replace(self, **changes: Any) -> Plan:
        """A copy with some frames, or the `summary`, put in place of its own."""
        summary = changes.pop("summary", self.summary)
        return replace(self, frames={**self.frames, **changes}, summary=summary)

    @property
    def shipments(self) -> pl.DataFrame:
        return self.frame("shipments")

    @property
    def vehicles(self) -> pl.DataFrame:
        return self.frame("vehicles")

    @property
    def runs(self) -> pl.DataFrame:
        return self.frame("runs")

    @property
    def stocks(self) -> pl.DataFrame:
        return self.frame("stocks")

    @property
    def deliveries(self) -> pl.DataFrame:
        return self.frame("deliveries")

    @property
    def shortages(self) -> pl.DataFrame:
        return self.frame("shortages")

    @property
    def expiries(self) -> pl.DataFrame:
        return self.frame("expiries")

    @property
    def breaches(self) -> pl.DataFrame:
        return self.frame("breaches")

    @property
    def stages(self) -> pl.DataFrame:
        return self.frame("stages")

    @property
    def prices(self) -> pl.DataFrame:
        return self.frame("prices")

    @property
    def capacity_prices(self) -> pl.DataFrame:
        return self.frame("capacity_prices")

    @property
    def status(self) -> Status:
        return Status(self.summary["status"])

    @property
    def gap(self) -> float:
        return float(self.summary["gap"])

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(self.frames[name])} {name}" for name in ("shipments", "runs"))
        short = float(self.frames["shortages"]["quantity"].sum())
        status, gap = self.summary.get("status"), self.summary.get("gap")
        return f"<Plan {status}, gap {gap}: {sizes}, {short:g} units short>"


def conform(name: str, frame: pl.DataFrame | None) -> pl.DataFrame:
    """The frame with the columns and types of its schema, missing optional ones empty."""
    attributes = schema.plan_frame(name).attributes
    if frame is None or frame.width == 0:
        return pl.DataFrame(schema={item.name: DTYPES[item.type] for item in attributes})
    columns = [
        pl.col(item.name).cast(DTYPES[item.type])
        if item.name in frame.columns
        else pl.lit(None, dtype=DTYPES[item.type]).alias(item.name)
        for item in attributes
    ]
    return frame.select(columns)
