"""What is wrong with a row or a file, and what to do, in English and in Chinese."""

from __future__ import annotations

from dataclasses import dataclass

from sampan_platform.common.errors import Problem

MESSAGES: dict[str, tuple[str, str]] = {
    "missing": ("{column} is empty. Fill it in.", "{column} 为空，请填写。"),
    "unknown-site": (
        "There is no site {value}. {hint}",
        "没有站点 {value}。请核对编码。{hint_zh}",
    ),
    "unknown-resource": (
        "There is no resource {value}. {hint}",
        "没有物资 {value}。请核对编码。{hint_zh}",
    ),
    "not-yours": (
        "You may not report for {value}. Ask an operator for the role, or remove the row.",
        "您无权为 {value} 填报。请向运维员申请，或删除此行。",
    ),
    "retired": (
        "{value} is retired on this day. Correct the code or the day, or remove the row.",
        "{value} 在该日已停用。请更正编码或日期，或删除此行。",
    ),
    "not-a-day": (
        "{value} is no day. Write it as 2020-02-10.",
        "{value} 不是日期。请写成 2020-02-10。",
    ),
    "day-ambiguous": (
        "{value} can mean two days. Write it as 2020-02-10.",
        "{value} 日期有歧义。请写成 2020-02-10。",
    ),
    "day-in-future": (
        "{value} has not come yet where the site is. Correct the day.",
        "{value} 在站点所在时区尚未到来。请更正日期。",
    ),
    "day-too-old": (
        "{value} is before the year 2000. Correct the day.",
        "{value} 早于 2000 年。请更正日期。",
    ),
    "duplicate": (
        "Row {hint} is about the same site, resource and day. Keep one of them.",
        "与第 {hint} 行的站点、物资和日期相同。请只保留一行。",
    ),
    "not-a-number": (
        (
            "{value} is no number. Write digits; leave the cell empty if nothing is stated, "
            "write 0 if there is none."
        ),
        "{value} 不是数字。请填数字；未填报请留空，没有请填 0。",
    ),
    "number-ambiguous": (
        "{value} can mean two numbers. Write it without separators, with a point before decimals.",
        "{value} 有歧义。请去掉千位分隔符，小数点用“.”。",
    ),
    "number-rounded": (
        "{value} was rounded by the spreadsheet. Widen the column or format it as a number.",
        "{value} 已被表格软件舍入。请加宽列或设为数值格式后重新保存。",
    ),
    "negative": (
        "{value} is below zero. Write 0 or more.",
        "{value} 小于零。请填 0 或正数。",
    ),
    "too-fine": (
        "{value} is finer than a thousandth of a unit. Round it to three decimals.",
        "{value} 小数超过三位。请保留三位小数。",
    ),
    "too-large": (
        "{value} is too large to be a quantity. Correct it.",
        "{value} 数量过大。请更正。",
    ),
    "not-finite": (
        "{value} is not a finite number. Leave the cell empty if nothing is stated.",
        "{value} 不是有限数。未填报请留空。",
    ),
    "too-long": (
        "{column} has more than 1,000 characters. Shorten it.",
        "{column} 超过 1000 个字符。请缩短。",
    ),
    "formula": (
        "{hint} holds a formula, {value}. Paste it as a value.",
        "{hint} 是公式 {value}。请粘贴为数值。",
    ),
    "cell-error": (
        "{hint} holds the error {value}. Write the value itself.",
        "{hint} 是错误值 {value}。请填写实际数值。",
    ),
    "bad-line": (
        "{value} is not a JSON object ({hint}). Write one object a line.",
        "{value} 不是 JSON 对象（{hint}）。请每行写一个对象。",
    ),
    "unknown-field": (
        "There is no field {value}. {hint}",
        "没有字段 {value}。请更正或删除。",
    ),
}
FLAGS: dict[str, tuple[str, str]] = {
    "output-above-capacity": (
        "The output is above the capacity. It is kept; check it.",
        "产量高于产能。已保留，请核对。",
    ),
    "effective-above-nominal": (
        "The effective capacity is above the nominal one. It is kept; check it.",
        "有效产能高于设计产能。已保留，请核对。",
    ),
    "below-zero": (
        (
            "It takes more than the book has. It is kept, but not posted to the ledger: state the "
            "stock, or correct the figures."
        ),
        "台账库存不足，将出现负数。已保留但未入账：请填报库存或更正数据。",
    ),
    "lot-held": (
        (
            "The correction would bring back goods whose lot is in quarantine. It is kept, but not "
            "posted to the ledger: release the lot first."
        ),
        "更正将使隔离批次的物资回到库存。已保留但未入账：请先解除隔离。",
    ),
    "stock-differs": (
        "The stock differs from the book. The difference was posted as an adjustment.",
        "库存与台账不符。差额已记为盘点调整。",
    ),
}
SHOWN = 80
"""Characters of a value that a message repeats."""


@dataclass(frozen=True)
class RowProblem(Problem):
    """What is wrong with one row."""

    row: int = 0
    """As the sender counts: the heading of a file is row 1; of rows sent by a program, from 1."""
    column: str = ""
    message_zh: str = ""


def row_problem(
    code: str, row: int, column: str, value: str, hint: str = "", hint_zh: str = ""
) -> RowProblem:
    """A problem with its messages."""
    shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}…"
    words = {"column": column, "value": shown, "hint": hint, "hint_zh": hint_zh}
    english, chinese = (text.format(**words).strip() for text in MESSAGES[code])
    where = f"row {row}, {column}" if column else f"row {row}"
    return RowProblem(code, english, where, shown, row, column, chinese)
