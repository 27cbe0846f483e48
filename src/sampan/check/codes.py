"""Every code that a problem can carry, what it means, and how grave it is.

`docs/reference/checks.md` is made from this; a test sees to it that each code here is
raised by some network, and that no problem carries a code that is not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sampan.check.chinese import CHINESE

WARNINGS = (
    "perishable-without-expiry",
    "no-mass",
    "no-volume",
    "unreachable-demand",
    "starved-process",
)


@dataclass(frozen=True)
class Code:
    """One kind of problem."""

    name: str
    meaning: str
    group: str

    @property
    def severity(self) -> Literal["error", "warning"]:
        return "warning" if self.name in WARNINGS else "error"


GROUPS: dict[str, dict[str, str]] = {
    "Files and folders": {
        "no-folder": "the folder or workbook is not there, or is neither of the two",
        "no-settings": "the folder has no network.toml, or the workbook no sheet network",
        "no-summary": "a plan's folder has no plan.toml",
        "unreadable-file": "a file or folder cannot be opened",
        "bad-toml": "network.toml or plan.toml is not TOML in UTF-8",
        "bad-workbook": "the file is not an Excel workbook, or is protected by a password",
        "bad-parquet": "the file is not Parquet",
        "not-utf8": "a CSV file is not UTF-8; Excel in Chinese writes GBK unless told otherwise",
        "bad-csv": "quotation marks make no sense, or columns are not separated by commas",
        "empty-file": "a CSV file has no headings",
        "unknown-file": "a CSV or Parquet file is named after no table",
        "ignored-workbook": "a folder has an Excel workbook that is named after a table",
        "two-files": "a table stands both as CSV and as Parquet",
        "missing-frame": "a frame of a plan has no file",
        "bad-summary": "plan.toml has no proper status or gap",
    },
    "Settings": {
        "missing-setting": "a setting that is required is missing",
        "unknown-setting": "there is no such setting",
        "bad-setting": "a setting has a value that it cannot have",
    },
    "Shape of a table": {
        "unknown-table": "there is no such table",
        "not-a-table": "what was given in Python is no frame",
        "unknown-column": "there is no such column in the table",
        "missing-column": "a column that is required is missing",
        "duplicate-column": "two columns have the same heading",
        "empty-heading": "a column with cells has no heading",
        "ragged-row": "a row has more or fewer cells than the heading",
        "duplicate-key": "two rows have the same key",
        "empty-table": "there are no sites or no resources",
    },
    "Single cells": {
        "empty-cell": "a cell that is required is empty",
        "not-a-number": "a cell that must be a number is not",
        "not-whole": "a cell that must be a whole number is not",
        "not-boolean": "a cell that must be true or false is neither",
        "nan": "a cell is NaN; an empty cell is how to say that there is none",
        "not-finite": "a number is infinite; an empty cell is how to say unlimited",
        "negative": "a number that cannot be negative is",
        "too-small": "a number is below what makes sense",
        "too-big": "a number is above what makes sense",
        "bad-choice": "a cell holds none of the values that it may hold",
        "bad-code": "a country or region code does not have the form of one",
        "unprintable": "a text contains characters that cannot be printed",
        "excel-error": "a cell of a workbook shows an error such as #N/A",
        "no-formula-value": "a formula was saved without the value that it gives",
    },
    "Between tables": {
        "unknown-reference": "a key names no row of the table that it must name",
        "unknown-country": "a policy names a country in which no site lies",
        "bad-profile": "a profile changes what its table has not, or opens a lane by half",
        "bad-load": "a load per run names a lane, or one per unit, kg or m3 names a process",
        "outside-calendar": "a period lies after the calendar's end",
        "substitute-itself": "a resource is given as a substitute for itself",
        "substitute-kind": "a substitute is of another kind than what is wanted",
        "only-goods-age": "a service or equipment is given a shelf life or an expiry",
    },
    "Rows that contradict themselves": {
        "window-reversed": "a window ends before it begins",
        "expired-arrival": "something arrives after its last usable period",
        "lane-to-itself": "a lane leads to the site where it begins",
        "vehicle-without-size": "a vehicle costs, but has no size, so that none would be counted",
        "least-above-most": "the least quantity on a lane is above the most",
        "site-or-country": "a reserve or pledge names both of site and country, or neither",
        "no-limit": "an export limit has no limit",
        "commitment-not-allowed": "a firm shipment is on a lane that does not carry the resource",
        "commitment-closed": "a firm shipment leaves on a day when its lane is closed",
        "commitment-too-late": "a firm shipment arrives after the calendar's end",
        "ring": "processes of no lead time make goods out of nothing in a ring",
    },
    "Warnings": {
        "perishable-without-expiry": "a perishable's stock has no expiry and counts as keeping",
        "no-mass": "a resource has no mass where lanes limit or charge by it",
        "no-volume": "a resource has no volume where lanes or sites limit or charge by it",
        "unreachable-demand": "nothing can ever reach a demand; it will be counted as short",
        "starved-process": "nothing can ever supply an input of a process; it will not run",
    },
    "Changes by `--set`": {
        "bad-override": "a change names no cell or setting, or is not written as one",
    },
}
CODES = {
    name: Code(name, meaning, group)
    for group, codes in GROUPS.items()
    for name, meaning in codes.items()
}
"""Every code, by name."""


def reference() -> str:
    """The reference page of all checks, as Markdown."""
    lines = [
        "# Checks",
        "",
        "`sampan check NETWORK`, and `sampan.check(network)` in Python, name every problem at",
        "once: table, row as a spreadsheet numbers it, column, the value as written, and what to",
        "do. **Errors** keep a network from being solved; **warnings** do not. Each kind of",
        "problem has a code that stays the same. This page is made from `sampan/check/codes.py`.",
    ]
    for group, codes in GROUPS.items():
        lines += [
            "",
            f"## {group}",
            "",
            "| code | severity | what is wrong | 中文 |",
            "| --- | --- | --- | --- |",
        ]
        lines += [
            f"| `{name}` | {CODES[name].severity} | {codes[name]} | {CHINESE[name]} |"
            for name in codes
        ]
    return "\n".join(lines) + "\n"
