"""Reserves, export limits, pledges and firm commitments that cannot mean anything."""

from __future__ import annotations

import polars as pl

from sampan.check.facts import Facts
from sampan.check.findings import Findings

BY_COUNTRY = {
    "reserves": ("country",),
    "export_limits": ("country",),
    "pledges": ("country", "recipient_country"),
}


def check_choices(findings: Findings) -> None:
    """A reserve is kept at a site or in a country; a pledge goes to one of them; limits limit."""
    _check_either(findings, "reserves", "site", "country")
    _check_either(findings, "pledges", "recipient_site", "recipient_country")
    rows = findings.rows("export_limits")
    unlimited = pl.col("quantity_max").is_infinite() & pl.col("share_max").is_null()
    message, hint = "the limit {limit} limits nothing.", "Give quantity_max or share_max."
    limitless = rows.filter(unlimited)
    findings.report_rows("export_limits", limitless, "limit", message, hint, "no-limit")


def _check_either(findings: Findings, table: str, site: str, country: str) -> None:
    rows = findings.rows(table)
    neither = rows.filter(pl.col(site).is_null() & pl.col(country).is_null())
    message = f"neither {site} nor {country} is given."
    hint = f"Fill in one of {site} and {country}."
    findings.report_rows(table, neither, site, message, hint, "site-or-country")
    both = rows.filter(pl.col(site).is_not_null() & pl.col(country).is_not_null())
    message = f"both {site} and {country} are given ({{{site}}}, {{{country}}})."
    hint = f"Leave one of {site} and {country} empty."
    findings.report_rows(table, both, site, message, hint, "site-or-country")


def check_countries(findings: Findings) -> None:
    """Policies name countries in which some site lies."""
    if not findings.is_readable("sites", "site"):
        return
    known = findings.network.table("sites")["country"].drop_nulls().unique()
    for table, columns in BY_COUNTRY.items():
        rows = findings.rows(table)
        for column in columns:
            wrong = rows.filter(~pl.col(column).is_in(known.implode()))
            message = f"no site lies in {{{column}}}."
            hint = "Correct the country, or fill in the column country in sites."
            findings.report_rows(table, wrong, column, message, hint, "unknown-country")


def check_commitments(findings: Findings, facts: Facts) -> None:
    """What is firm can be shipped: allowed, open on that day, arriving within the calendar."""
    rows = findings.rows("commitments").filter(pl.col("firm") & (pl.col("quantity") > 0))
    lane, resource = facts.lane_of(rows["lane"]), facts.resource_of(rows["resource"])
    period = rows["period"].fill_null(-1).to_numpy()
    known = (lane >= 0) & (resource >= 0) & (period >= 0) & (period < facts.periods)
    rows = rows.filter(pl.Series(known))
    lane, resource, period = lane[known], resource[known], period[known]
    allowed = facts.carries[lane, resource]
    message = "lane {lane} does not carry {resource}, but this shipment of it is firm."
    hint = "Allow it in lane_resources, or write firm = false."
    wrong = rows.filter(pl.Series(~allowed))
    findings.report_rows("commitments", wrong, "lane", message, hint, "commitment-not-allowed")
    wrong = rows.filter(pl.Series(~facts.lane_open[lane, period]))
    message = "lane {lane} is closed in period {period}, but this shipment is firm."
    hint = "Correct the period or the lane's profile, or write firm = false."
    findings.report_rows("commitments", wrong, "period", message, hint, "commitment-closed")
    if findings.has_calendar:
        wrong = rows.filter(pl.Series(period + facts.lane_lead[lane] >= facts.periods))
        message = "leaving in period {period} on lane {lane}, it arrives after the calendar's end."
        hint = "Correct the period, raise the setting periods, or write firm = false."
        findings.report_rows("commitments", wrong, "period", message, hint, "commitment-too-late")
