"""What one case or bed needs: the coefficients that ship with Sampan, and a user's own."""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from typing import Any

import polars as pl

from sampan.conform import conform_table
from sampan.errors import InputError, Problem
from sampan.schema import Attribute, Table

BASES = (
    "mild_or_moderate_case",
    "severe_or_critical_case",
    "mild_or_moderate_case_bed_day",
    "severe_case_bed_day",
    "critical_case_bed_day",
)
"""What a coefficient may be per: a new case (once), or an occupied bed and day."""

COEFFICIENTS = Table(
    name="coefficients",
    title="Coefficients of need",
    title_zh="需求系数",
    description="Quantity of an item that one unit of the basis needs in a day.",
    key=("basis", "item", "source"),
    attributes=(
        Attribute("basis", "text", "基准", "what it is per", required=True, choices=BASES),
        Attribute("item", "text", "物资", "what is needed", required=True),
        Attribute("quantity_per_day", "number", "日需量", "the quantity", required=True, minimum=0),
        Attribute("unit", "text", "计量单位", "the item's unit", required=True),
        Attribute("source", "text", "来源", "where the figure is from", required=True),
        Attribute("assumption", "boolean", "假设", "true if nobody published it", required=True),
        Attribute("note", "text", "说明", "how it was derived"),
    ),
)


def read_coefficients() -> pl.DataFrame:
    """The coefficients of the WHO Essential Supplies Forecasting Tool that ship with Sampan.

    Returns
    -------
    polars.DataFrame
        One row a basis and item: `basis` (see `BASES`), `item`, `quantity_per_day` (in
        `unit`, per new case or per occupied bed and day), `unit`, `source`, `assumption`
        and `note`. Rows of the same columns may be added for other items; those that rest
        on no published figure have `assumption` true.

    References
    ----------
    WHO, COVID-19 Essential Supplies Forecasting Tool 2022.1, as ported in mrc-ide/esft.

    Examples
    --------
    >>> from sampan.demand import read_coefficients
    >>> rows = read_coefficients()
    >>> rows.filter(item="ventilator").select("basis", "quantity_per_day").rows()
    [('critical_case_bed_day', 0.67)]
    """
    text = files("sampan").joinpath("data", "esft_coefficients.csv").read_bytes()
    return conformed_coefficients(pl.read_csv(BytesIO(text), infer_schema=False))


def conformed_coefficients(given: Any) -> pl.DataFrame:
    """Coefficients, typed and checked; raises InputError naming all that is wrong."""
    frame, problems = conform_table(COEFFICIENTS, given, 1)
    if not problems:
        problems = _mixed_units(frame)
    if problems:
        raise InputError(problems, where="the coefficients")
    if "note" not in frame.columns:
        frame = frame.with_columns(pl.lit("").alias("note"))
    return frame.select(COEFFICIENTS.columns).with_columns(pl.col("note").fill_null(""))


def _mixed_units(frame: pl.DataFrame) -> list[Problem]:
    units = frame.group_by("item").agg(pl.col("unit").unique().sort()).sort("item")
    problems = []
    for item, several in units.filter(pl.col("unit").list.len() > 1).iter_rows():
        message = f"{item} is counted in {', '.join(several)}."
        hint = "Use one unit for one item."
        name = COEFFICIENTS.name
        problems.append(Problem(name, None, "unit", item, message, hint, "mixed-units"))
    return problems
