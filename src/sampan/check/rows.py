"""Rows that contradict themselves, or the resource or site that they name."""

from __future__ import annotations

import polars as pl

from sampan.check.findings import Findings


def check_tables(findings: Findings) -> None:
    """There is something to plan for."""
    for table in ("sites", "resources"):
        key = table.removesuffix("s")
        if findings.is_readable(table, key) and findings.network.table(table).is_empty():
            message, hint = "the table has no rows.", f"Add at least one {key}."
            findings.report_table(table, message, hint, "empty-table")


def check_lanes(findings: Findings) -> None:
    """Lanes lead somewhere else, and vehicles that cost have a size."""
    rows = findings.rows("lanes")
    ring = rows.filter(pl.col("origin") == pl.col("destination"))
    message = "lane {lane} leads from {origin} to itself."
    hint = "Correct its origin or destination, or remove it."
    findings.report_rows("lanes", ring, "destination", message, hint, "lane-to-itself")
    sizes = pl.col("vehicle_kg").is_null() & pl.col("vehicle_m3").is_null()
    sizeless = rows.filter((pl.col("cost_per_vehicle") > 0) & sizes)
    message = "lane {lane} has a cost per vehicle but no size of one, so none would be paid for."
    hint = "Give vehicle_kg or vehicle_m3, or remove the cost."
    code = "vehicle-without-size"
    findings.report_rows("lanes", sizeless, "cost_per_vehicle", message, hint, code)


def check_lane_resources(findings: Findings) -> None:
    """The least quantity is not above the most."""
    rows = findings.rows("lane_resources")
    wrong = rows.filter(pl.col("quantity_min") > pl.col("quantity_max"))
    message = "quantity_min {quantity_min} is above quantity_max {quantity_max}."
    hint = "Correct one of them; to stop the resource, write allowed = false."
    code = "least-above-most"
    findings.report_rows("lane_resources", wrong, "quantity_min", message, hint, code)


def check_ageing(findings: Findings) -> None:
    """Only goods age; and a perishable's stock should say until when it can be used."""
    resources = findings.network.table("resources").unique("resource", keep="first")
    kinds = resources.select("resource", pl.col("kind").alias("#kind"), "shelf_life_periods")
    ageless = pl.col("#kind").is_in(["service", "equipment"])
    hint = "Leave the cell empty, or make the resource a good."
    rows = findings.rows("resources").with_columns(pl.col("kind").alias("#kind"))
    wrong = rows.filter(ageless & pl.col("shelf_life_periods").is_not_null())
    message = "{resource} is a {#kind}; only goods have a shelf life."
    findings.report_rows("resources", wrong, "shelf_life_periods", message, hint, "only-goods-age")
    for table in ("stocks", "arrivals"):
        rows = findings.rows(table).join(kinds, on="resource", how="left", maintain_order="left")
        wrong = rows.filter(ageless & pl.col("expires_period").is_not_null())
        message = "{resource} is a {#kind}; only goods expire."
        findings.report_rows(table, wrong, "expires_period", message, hint, "only-goods-age")
    rows = findings.rows("stocks").join(kinds, on="resource", how="left", maintain_order="left")
    undated = rows.filter(
        (pl.col("#kind") == "good")
        & pl.col("shelf_life_periods").is_not_null()
        & pl.col("expires_period").is_null()
        & (pl.col("quantity") > 0)
    )
    message = (
        "{resource} is perishable, but this stock has no expires_period and counts as keeping."
    )
    hint = "Fill in the last period in which it can be used."
    code = "perishable-without-expiry"
    findings.report_rows("stocks", undated, "expires_period", message, hint, code, "warning")


def check_substitutes(findings: Findings) -> None:
    """A substitute is another resource of the same kind."""
    rows = findings.rows("substitutes")
    same = rows.filter(pl.col("resource") == pl.col("substitute"))
    message, hint = "{resource} is given as a substitute for itself.", "Remove the row."
    findings.report_rows("substitutes", same, "substitute", message, hint, "substitute-itself")
    resources = findings.network.table("resources").unique("resource", keep="first")
    kinds = resources.select("resource", pl.col("kind").alias("#kind"))
    both = rows.join(kinds, on="resource", maintain_order="left").join(
        kinds.rename({"resource": "substitute", "#kind": "#other"}),
        on="substitute",
        maintain_order="left",
    )
    mixed = both.filter(pl.col("#kind") != pl.col("#other"))
    message = "{substitute} is a {#other} and cannot stand for {resource}, a {#kind}."
    hint = "Use a substitute of the same kind, or correct the kinds in resources."
    findings.report_rows("substitutes", mixed, "substitute", message, hint, "substitute-kind")
