"""The columns of a report, and every heading under which people write them."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches

KEYS = ("site", "resource", "day")
MEASURES = ("nominal_capacity", "effective_capacity", "output", "used", "stock", "shipped",
            "received", "need")  # fmt: skip
EXPLANATION = "explanation"
COLUMNS = (*KEYS, *MEASURES, EXPLANATION)
PROBLEM = "problem 问题"
"""The column that a reject file has beside those that were sent."""

TITLES = {
    "site": ("site", "站点"),
    "resource": ("resource", "物资"),
    "day": ("day", "日期"),
    "nominal_capacity": ("nominal capacity", "设计产能"),
    "effective_capacity": ("effective capacity", "有效产能"),
    "output": ("output", "产量"),
    "used": ("used", "使用量"),
    "stock": ("stock on hand", "库存"),
    "shipped": ("shipped", "发运量"),
    "received": ("received", "收货量"),
    "need": ("need", "需求量"),
    "explanation": ("explanation", "说明"),
}
"""English and Chinese, as in the glossary."""
FOR_PEOPLE = {
    "site_name": ("site name", "站点名称"),
    "resource_name": ("resource name", "物资名称"),
    "unit": ("unit", "计量单位"),
}
"""Columns that are there to be read; nobody fills them in."""
_MORE = {
    "site": ("site code", "站点编码", "站点代码"),
    "resource": ("resource code", "物资编码", "物资代码", "资源"),
    "day": ("date", "填报日期"),
    "used": ("use", "使用", "用量", "消耗量"),
    "stock": ("stock", "库存量"),
    "shipped": ("发运",),
    "received": ("收货", "签收"),
    "need": ("需求",),
}
_IGNORED = ("problem", "问题", "problem 问题")
YESTERDAY = "yesterday"
_BRACKETS = re.compile(r"[(\[〔【].*?[)\]〕】]")


def heading(name: str) -> str:
    """As a prepared workbook writes it: `产量 output`."""
    return f"{(TITLES | FOR_PEOPLE)[name][1]} {name}"


def yesterday_heading(name: str) -> str:
    """Above what was reported last: `昨日产量 yesterday output`."""
    return f"昨日{TITLES[name][1]} {YESTERDAY} {name}"


def column_of(text: str) -> str | None:
    """The column that a heading means; empty for one that nobody reads; None for an unknown one."""
    plain = _plain(text)
    if plain in _IGNORED_PLAIN or YESTERDAY in plain or plain.startswith("昨日"):
        return ""
    return _BY_HEADING.get(plain)


def is_problem(text: str) -> bool:
    """Whether a heading is that of a reject file's own column."""
    return _plain(text) in _IGNORED_PLAIN


def nearest(text: str) -> str:
    """What to do about an unknown heading."""
    near = get_close_matches(_plain(text), list(_BY_HEADING), 1)
    column = _BY_HEADING[near[0]] if near else ""
    if column:
        return f"Did you mean {column}?"
    return f"The columns are {', '.join(COLUMNS)}. Rename or remove it."


def _plain(text: str) -> str:
    """Without brackets, signs of a required column, and differences of spelling."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[_*\s]+", " ", _BRACKETS.sub(" ", text)).split())


def _headings() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, titles in (TITLES | FOR_PEOPLE).items():
        meaning = name if name in TITLES else ""
        for text in (name, *titles, heading(name), *_MORE.get(name, ())):
            found[_plain(text)] = meaning
    return found


_BY_HEADING = _headings()
_IGNORED_PLAIN = {_plain(text) for text in _IGNORED}
