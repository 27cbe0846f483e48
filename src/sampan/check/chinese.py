"""Problems in Chinese: what each code means, and what to do.

The English words of a problem name what was found; these name the table, row, column and value,
so that nothing of it is lost.
"""

from __future__ import annotations

from sampan.errors import SHOWN_PROBLEMS, ContradictionError, InputError, Problem, SampanError

CHINESE: dict[str, str] = {
    "no-folder": "没有这个文件夹或工作簿，或两者都不是。请核对路径。",
    "no-settings": "文件夹中没有 network.toml，或工作簿中没有工作表 network。请补上。",
    "no-summary": "方案的文件夹中没有 plan.toml。请核对路径。",
    "unreadable-file": "文件或文件夹打不开。请检查权限，以及是否被其他程序占用。",
    "bad-toml": "network.toml 或 plan.toml 不是 UTF-8 编码的 TOML。请按格式改正。",
    "bad-workbook": "这不是 Excel 工作簿，或有密码保护。请另存为无密码的 .xlsx。",
    "bad-parquet": "这不是 Parquet 文件。请重新导出。",
    "not-utf8": "CSV 文件不是 UTF-8 编码；中文版 Excel 默认写成 GBK。请另存为“CSV UTF-8”。",
    "bad-csv": "引号不成对，或列之间不是用逗号隔开。请改正后重发。",
    "empty-file": "CSV 文件没有表头。请补上表头。",
    "unknown-file": "文件名不是任何一张表的名字。请改名或移走。",
    "ignored-workbook": "文件夹中有以表命名的 Excel 工作簿，不会读取。请存为 CSV，或只给工作簿。",
    "two-files": "同一张表既有 CSV 又有 Parquet。请只留一个。",
    "missing-frame": "方案缺少一张表的文件。请重新生成方案。",
    "bad-summary": "plan.toml 中没有合格的状态或差距。请重新生成方案。",
    "missing-setting": "缺少必需的设置。请补上。",
    "unknown-setting": "没有这个设置。请核对名称，或删去。",
    "bad-setting": "设置的值不允许。请改为允许的值。",
    "unknown-table": "没有这张表。请核对表名。",
    "not-a-table": "给出的不是数据表。请给数据框。",
    "unknown-column": "表中没有这一列。请核对列名，或删去。",
    "missing-column": "缺少必需的列。请补上。",
    "duplicate-column": "两列的表头相同。请只留一列。",
    "empty-heading": "有内容的一列没有表头。请补上表头，或删去这一列。",
    "ragged-row": "这一行的单元格数与表头不同。请检查逗号和引号。",
    "duplicate-key": "两行的键相同。请只留一行，或改键。",
    "empty-table": "没有场所或没有物资。请至少各给一个。",
    "empty-cell": "必填的单元格是空的。请填写。",
    "not-a-number": "这里必须是数字。请只写数字，不带单位和文字。",
    "not-whole": "这里必须是整数。请改为整数。",
    "not-boolean": "这里必须是 true 或 false（是或否）。请改正。",
    "nan": "单元格是 NaN。没有就留空。",
    "not-finite": "数字是无穷大。不限就留空。",
    "negative": "这里不能是负数。请改为零或正数。",
    "too-small": "数字低于合理范围。请核对。",
    "too-big": "数字高于合理范围。请核对单位和位数。",
    "bad-choice": "这里只能填规定的几个值。请从中选一个。",
    "bad-code": "国家或地区代码的形式不对。请用两个大写字母，例如 CN。",
    "unprintable": "文字中有无法显示的字符。请重新输入。",
    "excel-error": "单元格显示 Excel 错误，例如 #N/A。请改正公式或填数值。",
    "no-formula-value": "公式没有保存结果。请在 Excel 中打开并保存，或填数值。",
    "unknown-reference": "这里的键在所指的表中没有。请核对键，或先在那张表中加上这一行。",
    "unknown-country": "政策所指的国家中没有任何场所。请核对国家代码。",
    "bad-profile": "按日变化所改的项目不存在，或把线路“半开”。请核对表、键和属性。",
    "bad-load": "占用方式不对：按次的用于线路，或按件、千克、立方米的用于工序。请改正。",
    "outside-calendar": "时段在日历结束之后。请改时段，或延长日历。",
    "substitute-itself": "物资被列为自己的替代品。请删去这一行。",
    "substitute-kind": "替代品与所需物资种类不同。请改正。",
    "only-goods-age": "服务或设备不能有保质期或到期日。请删去。",
    "window-reversed": "时间窗口的终点早于起点。请对调或改正。",
    "expired-arrival": "货物到达时已过最后可用时段。请改日期，或删去。",
    "lane-to-itself": "线路的起点和终点是同一场所。请改正。",
    "vehicle-without-size": "车辆有费用却没有载重或容积，无法计数。请填载重或容积。",
    "least-above-most": "线路上的最小量大于最大量。请改正其中一个。",
    "site-or-country": "储备或承诺必须在场所与国家中恰好填一个。请改正。",
    "no-limit": "出口限制没有限额。请填数量或比例。",
    "commitment-not-allowed": "已定的发运所在线路不运这种物资。请改线路，或允许该物资。",
    "commitment-closed": "已定的发运当天线路关闭。请改日期，或开放线路。",
    "commitment-too-late": "已定的发运在日历结束之后才到。请改日期，或延长日历。",
    "ring": "没有提前期的工序成环，会凭空造出货物。请给其中一道工序提前期，或改配方。",
    "perishable-without-expiry": "易腐物资的库存没有到期日，按可长期保存计算。请填到期日。",
    "no-mass": "线路按重量限制或计费，而物资没有重量。请填每单位千克数。",
    "no-volume": "线路或场所按体积限制或计费，而物资没有体积。请填每单位立方米数。",
    "unreachable-demand": "任何货源都到不了这项需求，将计为短缺。请检查线路、日期和库存。",
    "starved-process": "工序的一种投入无从得到，工序不会开工。请补货源，或删去工序。",
    "bad-override": "改动所指的单元格或设置不存在，或写法不对。请核对。",
}
"""By code: what is wrong, and what to do."""


def place(problem: Problem) -> str:
    """Where a problem is: 表 lanes 第 3 行 origin 列."""
    row = "" if problem.row is None else f"第 {problem.row} 行 "
    column = "" if problem.column is None else f"{problem.column} 列"
    return f"表 {problem.table} {row}{column}".strip()


def what(problem: Problem) -> str:
    """What is wrong and what to do, with the value as written."""
    value = "" if problem.value is None else f"（所写：{problem.value}）"
    words = CHINESE.get(problem.code) or f"{problem.message} {problem.hint}".strip()
    return f"{words}{value}"


def in_chinese(problem: Problem) -> str:
    """The whole problem, as `str(problem)` says it in English."""
    return f"{place(problem)}：{what(problem)}"


def error_in_chinese(error: SampanError) -> str:
    """Why a network cannot be planned for, line by line as `str(error)`; "" for other errors."""
    if isinstance(error, ContradictionError):
        head = "下列硬性规则互相矛盾；请放宽或取消其中任何一条："
        return "\n".join([head, *(f"  {rule.chinese or rule.text}" for rule in error.rules)])
    if isinstance(error, InputError):
        lines = [f"  {in_chinese(problem)}" for problem in error.problems[:SHOWN_PROBLEMS]]
        if len(error.problems) > SHOWN_PROBLEMS:
            lines.append(f"  …… 另有 {len(error.problems) - SHOWN_PROBLEMS} 个问题。")
        return "\n".join([f"网络中有 {len(error.problems)} 个问题：", *lines])
    return ""
