"""Periods outside the calendar, windows that end before they begin, and what is too late."""

from __future__ import annotations

import polars as pl

from sampan.check.findings import Findings

IN_CALENDAR = {
    "arrivals": ("period",),
    "profiles": ("period",),
    "demands": ("period",),
    "reserves": ("from_period", "to_period"),
    "export_limits": ("from_period", "to_period"),
    "pledges": ("period",),
    "commitments": ("period",),
}
"""Columns that must name a period of the calendar; `expires_period` may lie after it."""


def check_calendar(findings: Findings) -> None:
    """Every period lies in the calendar."""
    if not findings.has_calendar:
        return
    last = findings.network.periods - 1
    for table, columns in IN_CALENDAR.items():
        rows = findings.rows(table)
        for column in columns:
            outside = rows.filter(pl.col(column) > last)
            message = f"period {{{column}}} lies after the calendar, which ends with {last}."
            hint = "Correct the period, or raise the network's setting periods."
            findings.report_rows(table, outside, column, message, hint, "outside-calendar")


def check_windows(findings: Findings) -> None:
    """No window ends before it begins."""
    for table in ("reserves", "export_limits"):
        rows = findings.rows(table)
        reversed_ = rows.filter(pl.col("from_period") > pl.col("to_period"))
        message = "the window ends with {to_period}, before it begins with {from_period}."
        hint = "Swap or correct the two periods."
        findings.report_rows(table, reversed_, "to_period", message, hint, "window-reversed")


def check_expired_arrivals(findings: Findings) -> None:
    """Nothing arrives after its last usable period."""
    rows = findings.rows("arrivals")
    expired = rows.filter(pl.col("expires_period") < pl.col("period"))
    message = "it arrives in period {period} but can last be used in {expires_period}."
    hint = "Correct one of the two periods, or remove the row."
    findings.report_rows("arrivals", expired, "expires_period", message, hint, "expired-arrival")
