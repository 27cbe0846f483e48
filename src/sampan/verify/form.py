"""The form of a plan's frames: known keys, periods of the calendar, no row twice, no bad number.

What is left over, `Frames`, holds only rows that the other rules can be asked about.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sampan import schema
from sampan.plan import Plan
from sampan.verify.report import Findings
from sampan.verify.tables import KEEPS, Tables
from sampan.verify.tolerances import COUNTABLE

QUANTITY_FRAMES = schema.PLAN_FRAMES[:8]
PERIODS = ("period", "depart_period", "arrive_period")
REFERENCES = {
    ("shipments", "lane"): "lanes",
    ("shipments", "resource"): "resources",
    ("vehicles", "lane"): "lanes",
    ("runs", "process"): "processes",
    ("stocks", "site"): "sites",
    ("stocks", "resource"): "resources",
    ("deliveries", "demand"): "demands",
    ("deliveries", "resource"): "resources",
    ("shortages", "demand"): "demands",
    ("expiries", "site"): "sites",
    ("expiries", "resource"): "resources",
}
POLICIES = {"reserve": "reserves", "pledge": "pledges", "storage": "sites"}

Frames = Mapping[str, pl.DataFrame]
"""The plan's quantity frames; `expires_period` is called `expires` and holds `KEEPS` if empty."""


def check_form(findings: Findings, tables: Tables, plan: Plan) -> Frames:
    """The rows of the plan that can be looked at further; the others are violations."""
    frames = {name: _readable(findings, tables, plan, name) for name in QUANTITY_FRAMES}
    frames["shipments"] = _shipments(findings, tables, frames["shipments"])
    frames["runs"] = _runs(findings, tables, frames["runs"])
    frames["deliveries"] = _deliveries(findings, tables, frames["deliveries"])
    frames["breaches"] = _breaches(findings, tables, frames["breaches"])
    _vehicles(findings, tables, frames["vehicles"])
    _stocks(findings, tables, frames["stocks"])
    return frames


def _readable(findings: Findings, tables: Tables, plan: Plan, name: str) -> pl.DataFrame:
    """Complete rows with good numbers and known keys, none twice."""
    frame_schema = schema.plan_frame(name)
    rows = plan.frame(name)
    keys = [key for key in frame_schema.key if key in rows.columns]
    required = [item.name for item in frame_schema.attributes if item.required]
    complete = pl.all_horizontal(pl.col(required).is_not_null())
    findings.rows(f"{name}_form", rows.filter(~complete), keys, "a cell is empty.")
    rows = rows.filter(complete)
    number = pl.col(rows.columns[-1] if "count" in rows.columns else "quantity")
    good = number.is_between(0, COUNTABLE) & number.cast(pl.Float64).is_not_nan()
    findings.rows(f"{name}_form", rows.filter(~good), keys, "this is no quantity of 0 or more.")
    rows = rows.filter(good)
    periods = [column for column in PERIODS if column in rows.columns]
    if periods:
        inside = pl.all_horizontal(pl.col(periods).is_between(0, tables.periods - 1))
        text = "a period lies outside the calendar."
        findings.rows(f"{name}_form", rows.filter(~inside), keys, text)
        rows = rows.filter(inside)
    for (frame, column), table in REFERENCES.items():
        if frame == name:
            known = pl.col(column).is_in(tables.network.table(table)[column].implode())
            text = f"{{{column}}} is not in {table}."
            findings.rows(f"{name}_form", rows.filter(~known), keys, text)
            rows = rows.filter(known)
    twice = rows.select(keys).is_duplicated()
    findings.rows(f"{name}_form", rows.filter(twice), keys, "the row stands more than once.")
    if "expires_period" in rows.columns:
        rows = rows.rename({"expires_period": "expires"})
        rows = rows.with_columns(pl.col("expires").fill_null(KEEPS))
    return rows


def _shipments(findings: Findings, tables: Tables, rows: pl.DataFrame) -> pl.DataFrame:
    """Allowed, open, arriving when the lane says and before the unit expires."""
    lanes = tables.lanes.select(
        "lane", "origin", "destination", "origin_country", "destination_country",
        pl.col("lead_time_periods").alias("#lead"),
    )  # fmt: skip
    rows = rows.join(lanes, on="lane", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("depart_period").alias("period"))
    where = ("lane", "resource")
    due = pl.col("depart_period") + pl.col("#lead")
    rows = rows.with_columns(due.alias("#due"))
    text = (
        "it leaves in {depart_period} and arrives in {arrive_period}, but the lane takes {#lead}."
    )
    findings.rows("lead_time", rows.filter(pl.col("arrive_period") != pl.col("#due")), where, text)
    moving = rows.filter(pl.col("quantity") > 0)
    text = "the lane does not carry this resource."
    findings.rows("allowed", tables.not_allowed(moving), where, text)
    text = "the lane is closed."
    findings.rows("open", tables.closed(moving, "period"), where, text)
    late = moving.filter(pl.col("expires") < pl.col("arrive_period"))
    text = "it arrives in {arrive_period}, after its last usable period {expires}."
    findings.rows("expiry", late, where, text)
    return rows.drop("#lead", "#due")


def _runs(findings: Findings, tables: Tables, rows: pl.DataFrame) -> pl.DataFrame:
    """Finished within the calendar."""
    processes = tables.network.table("processes").select("process", "site", "lead_time_periods")
    rows = rows.join(processes, on="process", how="left", maintain_order="left")
    late = pl.col("period") + pl.col("lead_time_periods") >= tables.periods
    text = "started then, it is not finished within the calendar."
    findings.rows("lead_time", rows.filter(late & (pl.col("quantity") > 0)), ["process"], text)
    return rows.filter(~late)


def _deliveries(findings: Findings, tables: Tables, rows: pl.DataFrame) -> pl.DataFrame:
    """Of what is wanted or stands for it, in the window, not expired, lateness as stated."""
    where = ("demand", "resource")
    demands = tables.demands.select("demand", "site", pl.col("period").alias("due"), "last_period")
    rows = rows.join(demands, on="demand", how="left", maintain_order="left")
    accepted = tables.accepted
    foreign = rows.join(accepted, on=where, how="anti", maintain_order="left")
    text = "the demand wants another resource, for which this is no substitute."
    findings.rows("substitute", foreign, where, text)
    rows = rows.join(accepted, on=where, how="left", maintain_order="left")
    rows = rows.filter(pl.col("quantity_per_unit").is_not_null())
    inside = pl.col("period").is_between("due", "last_period")
    text = "it is due in {due} and counts until {last_period}."
    findings.rows("window", rows.filter(~inside & (pl.col("quantity") > 0)), where, text)
    late = pl.col("period") - pl.col("due")
    text = "late_periods is {late_periods}, but it is due in {due}."
    findings.rows("late_periods", rows.filter(pl.col("late_periods") != late), where, text)
    expired = rows.filter((pl.col("expires") < pl.col("period")) & (pl.col("quantity") > 0))
    findings.rows("expiry", expired, where, "its last usable period was {expires}.")
    return rows


def _breaches(findings: Findings, tables: Tables, rows: pl.DataFrame) -> pl.DataFrame:
    """Of a policy that there is."""
    known = [
        tables.network.table(table).select(pl.lit(policy).alias("policy"), pl.first().alias("key"))
        for policy, table in POLICIES.items()
    ]
    unknown = rows.join(pl.concat(known), on=["policy", "key"], how="anti", maintain_order="left")
    text = "there is no such rule that could be broken."
    findings.rows("breaches_form", unknown, ("policy", "key"), text)
    return rows.join(pl.concat(known), on=["policy", "key"], how="semi", maintain_order="left")


def _vehicles(findings: Findings, tables: Tables, rows: pl.DataFrame) -> None:
    """Only where whole vehicles go."""
    without = rows.join(tables.vehicle_lanes, on="lane", how="anti").filter(pl.col("count") > 0)
    findings.rows("vehicles", without, ["lane"], "{count} stated, but the lane has no vehicles.")


def _stocks(findings: Findings, tables: Tables, rows: pl.DataFrame) -> None:
    """Nothing of a service, nothing past its last usable period."""
    kinds = tables.with_resource(rows.filter(pl.col("quantity") > 0), "kind")
    where = ("site", "resource")
    services = kinds.filter(pl.col("kind") == "service")
    findings.rows("service", services, where, "a service cannot be stored.")
    past = kinds.filter(pl.col("expires") <= pl.col("period"))
    text = "still in stock at the end of its last usable period {expires}."
    findings.rows("expiry", past, where, text)
