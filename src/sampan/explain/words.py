# ruff: noqa: E501 - a sentence stands on one line
"""The sentences of explanations, in English and Chinese: templates, and how values are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sampan.network import Calendar

LANGUAGES = ("en", "zh")

EN = {
    "unit_hour": "hour",
    "unit_day": "day",
    "unit_week": "week",
    "one": "{unit} {number} ({date})",
    "range": "{unit} {ranges}",
    "ranges": "{unit}s {ranges}",
    "comma": ", ",
    "semicolon": "; ",
    "more": "… and {count} more.",
    # shortage
    "short": "{site} is short of {short} {resource} on {when}, {share} of demand {demand}"
    " (priority {priority}), because:",
    "met": "Demand {demand} ({quantity} {resource} at {site} on {when}) is fully met.",
    "late_delivery": "{late} of it comes late, by {periods} {unit}s at most.",
    "no_way": "no way leads from any supply of {resource} to {site}.",
    "no_supply": "{resource} is neither on hand, nor arriving, nor made anywhere.",
    "closed": "lane {key} ({origin} → {destination}) is closed on {periods}",
    "mass_kg_max": "lane {key} ({origin} → {destination}) is full on {periods}"
    " (at most {limit} kg a {unit})",
    "volume_m3_max": "lane {key} ({origin} → {destination}) is full on {periods}"
    " (at most {limit} m3 a {unit})",
    "quantity_max": "lane {key} ({origin} → {destination}) takes no more {resource} on {periods}"
    " (at most {limit} a {unit})",
    "not_carried": "lane {key} ({origin} → {destination}) does not carry {resource}",
    "not_carried_many": "{count} lanes ({keys}) do not carry {resource}",
    "closed_many": "{count} lanes ({keys}) are closed, each on some of {periods}",
    "mass_kg_max_many": "{count} lanes ({keys}) are full by mass, each on some of {periods}",
    "volume_m3_max_many": "{count} lanes ({keys}) are full by volume, each on some of {periods}",
    "quantity_max_many": "{count} lanes ({keys}) take no more {resource},"
    " each on some of {periods}",
    "runs_max_many": "{count} processes ({keys}) run at their limit, each on some of {periods}",
    "expiry_many": "{resource} at {count} sites ({keys}) expires before it could be used,"
    " by the end of {periods}",
    "source_stock_many": "the {quantity} {resource} on hand at {count} sites ({keys}) is used up",
    "source_arrival_many": "the {quantity} {resource} that arrives at {count} sites ({keys}) on"
    " {periods} is used up",
    "lent": " (counted again for each {unit} it is lent)",
    "lot_size": "lane {key} ({origin} → {destination}) takes {resource} only in lots of {limit}",
    "quantity_min": "lane {key} ({origin} → {destination}) takes {resource} only from {limit} up",
    "amount_max": "the shared capacity {key} is used up on {periods} (at most {limit} a {unit})",
    "export_limit": "the export limit {key} of {country} for {resource} is reached",
    "runs_max": "process {key} at {site} runs at its limit on {periods}"
    " (at most {limit} runs a {unit})",
    "runs_whole": "process {key} at {site} starts whole runs only, and one more is too much",
    "storage_m3_max": "{site} has no room left on {periods} (at most {limit} m3)",
    "reserve": "the {hardness} reserve {key} keeps {limit} {resource} at {place}",
    "commitment": "the firm commitment {key} takes {resource} elsewhere",
    "pledge": "the hard pledge {key} takes {resource} elsewhere",
    "hard": "hard",
    "soft": "soft",
    "expiry": "{resource} at {site} expires at the end of {periods}, before it could be used",
    "late": "{resource} from {site} could not arrive before {when};"
    " the latest useful {unit} is {last}",
    "late_own": "{resource} is there on {when} at the earliest; the latest useful {unit} is {last}",
    "source_stock": "the {quantity} {resource} on hand at {site} is used up",
    "source_arrival": "the {quantity} {resource} that arrives at {site} on {periods} is used up",
    "goes_to": ": {parts}",
    "this": "{quantity} for this demand",
    "urgent": "{quantity} for more urgent demands ({demands})",
    "equal": "{quantity} shared with demands of the same priority ({demands})",
    "less": "{quantity} for less urgent demands ({demands})",
    "committed": "{quantity} bound by commitments ({demands})",
    "pledged": "{quantity} bound by pledges ({demands})",
    "expired": "{quantity} expires",
    "kept": "{quantity} stays in stock",
    "lost": "{quantity} is lost unused",
    "after_processing": " (after processing)",
    "together": " – only together with: {partners}",
    "way": " [{way}]",
    "improvable": "One more unit could be brought within every limit: the plan is not the best"
    " possible here (status {status}, gap {gap}).",
    "no_prices": "The plan carries no prices (whole numbers, or it was stopped early),"
    " so its limits are not ranked by worth.",
    "priced": "The first limits are worth the most: ranked by the plan's prices.",
    # shipment
    "shipment": "{quantity} {resource} leaves {origin} for {destination} on lane {lane} on {when}"
    " and arrives on {arrives}:",
    "from_stock": "{quantity} of it was on hand at {site} at the start",
    "from_arrival": "{quantity} of it arrived at {site} on {periods}",
    "from_run": "{quantity} of it was made by process {process} at {site}, started on {periods}",
    "serves": "it serves {quantity} of demand {demand} ({site}, due {when}, priority {priority})",
    "feeds": "{quantity} of it is used by process {process}",
    "stays": "{quantity} of it is still in stock at {site} at the end",
    "for_reserve": "it keeps reserve {key}",
    "for_pledge": "it counts for pledge {key}",
    "for_commitment": "commitment {key} asks for it",
    "wasted": "{quantity} of it expires or is lost unused",
    "only_lane": "lane {lane} is the only one from {origin} to {destination}",
    "cheapest": "lane {lane} is the cheapest way from {origin} to {destination} ({cost} a unit)",
    "fastest": "lane {lane} is the fastest way from {origin} to {destination} ({lead} {unit}s)",
    "other_lane": "lane {other} instead: {why}",
    "dearer": "dearer ({cost} a unit instead of {own})",
    "cheaper": "cheaper ({cost} a unit instead of {own})",
    "slower": "slower ({lead} {unit}s instead of {own})",
    "faster": "faster ({lead} {unit}s instead of {own})",
    "alike": "no different in time or cost",
    "is_closed": "closed on {periods}",
    "is_full": "full on {periods}",
    "not_allowed": "does not carry it",
    "worth": "without it, each unit would worsen {stage} by {price}"
    " (price there {there}, here {here}; holds for small changes)",
    # bottlenecks
    "bottlenecks": "What relieving each limit is worth (prices hold for small changes):",
    "part": "{stage} {part}, in {money}:",
    "in_units": "units of {resource} delivered",
    "in_share": "shares of the class's weighted demand",
    "in_money": "money ({currency})",
    "in_fill": "fill rate",
    "worth_units": "{what}: one more {each} on {periods} is worth {worth} {resource}"
    " ({best} on the best {unit})",
    "worth_value": "{what}: one more {each} on {periods} is worth {worth}"
    " ({best} on the best {unit})",
    "what_supply": "{resource} at {site}",
    "what_lane": "lane {key} ({origin} → {destination}), {rule}",
    "what_process": "process {key} at {site}",
    "what_capacity": "shared capacity {key}",
    "what_storage": "storage at {key}",
    "what_export": "export limit {key}",
    "what_reserve": "reserve {key}",
    "what_pledge": "pledge {key}",
    "what_commitment": "commitment of {resource} on lane {key}",
    "no_binding": "No limit has a price: relieving one alone would not improve this stage.",
    "utilised": "{what}: {share} used on average, full on {periods}",
    "utilised_never": "{what}: {share} used on average, never full",
    "utilisation": "The plan carries no prices (whole numbers, or it was stopped early). By use:",
    "overview": "{count} demands are short, {short} units in all; the largest of them:",
    "none_short": "No demand is short.",
}

ZH = {
    "unit_hour": "小时",
    "unit_day": "天",
    "unit_week": "周",
    "one": "第{number}{unit}（{date}）",
    "range": "第{ranges}{unit}",
    "ranges": "第{ranges}{unit}",
    "comma": "、",
    "semicolon": "；",
    "more": "……另有 {count} 项。",
    "short": "{site} 在{when}缺 {resource} {short}，占需求 {demand}（优先级 {priority}）的 {share}，原因：",
    "met": "需求 {demand}（{site}，{when}，{resource} {quantity}）已全部满足。",
    "late_delivery": "其中 {late} 延迟送达，最多迟 {periods} {unit}。",
    "no_way": "任何 {resource} 供应都无法到达 {site}。",
    "no_supply": "任何地方都没有 {resource} 的库存、到货或生产。",
    "closed": "通道 {key}（{origin} → {destination}）在{periods}关闭",
    "mass_kg_max": "通道 {key}（{origin} → {destination}）在{periods}已满（每{unit}最多 {limit} kg）",
    "volume_m3_max": "通道 {key}（{origin} → {destination}）在{periods}已满（每{unit}最多 {limit} m3）",
    "quantity_max": "通道 {key}（{origin} → {destination}）在{periods}不能再运 {resource}"
    "（每{unit}最多 {limit}）",
    "not_carried": "通道 {key}（{origin} → {destination}）不运 {resource}",
    "not_carried_many": "{count} 条通道（{keys}）不运 {resource}",
    "closed_many": "{count} 条通道（{keys}）关闭，各在{periods}中的某些{unit}",
    "mass_kg_max_many": "{count} 条通道（{keys}）按质量已满，各在{periods}中的某些{unit}",
    "volume_m3_max_many": "{count} 条通道（{keys}）按体积已满，各在{periods}中的某些{unit}",
    "quantity_max_many": "{count} 条通道（{keys}）不能再运 {resource}，各在{periods}中的某些{unit}",
    "runs_max_many": "{count} 项工艺（{keys}）已满负荷，各在{periods}中的某些{unit}",
    "expiry_many": "{count} 个站点（{keys}）的 {resource} 在{periods}末前过期，未能及时使用",
    "source_stock_many": "{count} 个站点（{keys}）的 {resource} 库存 {quantity} 已用完",
    "source_arrival_many": "{periods}到达 {count} 个站点（{keys}）的 {resource} {quantity} 已用完",
    "lent": "（每出借一{unit}计一次）",
    "lot_size": "通道 {key}（{origin} → {destination}）的 {resource} 只能按 {limit} 的整批发运",
    "quantity_min": "通道 {key}（{origin} → {destination}）的 {resource} 每次至少 {limit}",
    "amount_max": "共享能力 {key} 在{periods}已用完（每{unit}最多 {limit}）",
    "export_limit": "{country} 对 {resource} 的出口限制 {key} 已达上限",
    "runs_max": "{site} 的工艺 {key} 在{periods}已满负荷（每{unit}最多 {limit} 批）",
    "runs_whole": "{site} 的工艺 {key} 只能整批生产，再加一批已不可能",
    "storage_m3_max": "{site} 在{periods}已无库容（最多 {limit} m3）",
    "reserve": "{hardness}储备 {key} 要求在 {place} 保留 {resource} {limit}",
    "commitment": "已锁定的调度 {key} 将 {resource} 运往别处",
    "pledge": "刚性承诺援助 {key} 将 {resource} 运往别处",
    "hard": "刚性",
    "soft": "柔性",
    "expiry": "{site} 的 {resource} 在{periods}末过期，未能及时使用",
    "late": "来自 {site} 的 {resource} 最早{when}才能到达，而最迟有用的是{last}",
    "late_own": "{resource} 最早{when}才有，而最迟有用的是{last}",
    "source_stock": "{site} 的 {resource} 库存 {quantity} 已用完",
    "source_arrival": "{periods}到达 {site} 的 {resource} {quantity} 已用完",
    "goes_to": "：{parts}",
    "this": "{quantity} 用于本需求",
    "urgent": "{quantity} 用于更紧急的需求（{demands}）",
    "equal": "{quantity} 与同一优先级的需求分享（{demands}）",
    "less": "{quantity} 用于较不紧急的需求（{demands}）",
    "committed": "{quantity} 受已下达调度约束（{demands}）",
    "pledged": "{quantity} 受承诺援助约束（{demands}）",
    "expired": "{quantity} 过期",
    "kept": "{quantity} 留作库存",
    "lost": "{quantity} 未用而失效",
    "after_processing": "（加工后）",
    "together": "——须与以下限制一起放宽：{partners}",
    "way": "［{way}］",
    "improvable": "不突破任何限制还可多送一单位：方案在此处并非最优（状态 {status}，间隙 {gap}）。",
    "no_prices": "方案没有影子价格（含整数，或提前停止），因此未按价值排序。",
    "priced": "按方案的影子价格排序，最值得放宽的在前。",
    "shipment": "{when}从 {origin} 经通道 {lane} 发往 {destination} 的 {resource} {quantity}，{arrives}到达：",
    "from_stock": "其中 {quantity} 来自 {site} 的期初库存",
    "from_arrival": "其中 {quantity} 在{periods}到达 {site}",
    "from_run": "其中 {quantity} 由 {site} 的工艺 {process} 生产，{periods}开工",
    "serves": "满足需求 {demand} 中的 {quantity}（{site}，{when}，优先级 {priority}）",
    "feeds": "其中 {quantity} 供工艺 {process} 使用",
    "stays": "其中 {quantity} 期末仍在 {site} 的库存中",
    "for_reserve": "用于保持储备 {key}",
    "for_pledge": "计入承诺援助 {key}",
    "for_commitment": "已下达调度 {key} 要求发运",
    "wasted": "其中 {quantity} 过期或未用而失效",
    "only_lane": "通道 {lane} 是从 {origin} 到 {destination} 的唯一通道",
    "cheapest": "通道 {lane} 是从 {origin} 到 {destination} 最便宜的（每单位 {cost}）",
    "fastest": "通道 {lane} 是从 {origin} 到 {destination} 最快的（{lead} {unit}）",
    "other_lane": "若改用通道 {other}：{why}",
    "dearer": "更贵（每单位 {cost}，而非 {own}）",
    "cheaper": "更便宜（每单位 {cost}，而非 {own}）",
    "slower": "更慢（{lead} {unit}，而非 {own}）",
    "faster": "更快（{lead} {unit}，而非 {own}）",
    "alike": "时间与费用无差别",
    "is_closed": "{periods}关闭",
    "is_full": "{periods}已满",
    "not_allowed": "不运该物资",
    "worth": "若没有它，每单位会使 {stage} 变差 {price}（彼处价格 {there}，此处 {here}；仅对小变化成立）",
    "bottlenecks": "放宽各项限制的价值（影子价格仅对小变化成立）：",
    "part": "{stage} {part}，以{money}计：",
    "in_units": "多交付的 {resource}",
    "in_share": "该级加权需求的份额",
    "in_money": "金额（{currency}）",
    "in_fill": "满足率",
    "worth_units": "{what}：{periods}多 1 {each}，可多交付 {resource} {worth}（最好的一{unit}为 {best}）",
    "worth_value": "{what}：{periods}多 1 {each}，价值 {worth}（最好的一{unit}为 {best}）",
    "what_supply": "{site} 的 {resource}",
    "what_lane": "通道 {key}（{origin} → {destination}）的 {rule}",
    "what_process": "{site} 的工艺 {key}",
    "what_capacity": "共享能力 {key}",
    "what_storage": "{key} 的库容",
    "what_export": "出口限制 {key}",
    "what_reserve": "储备 {key}",
    "what_pledge": "承诺援助 {key}",
    "what_commitment": "通道 {key} 上 {resource} 的已下达调度",
    "no_binding": "没有限制有影子价格：单独放宽任何一项都不会改善本阶段。",
    "utilised": "{what}：平均利用率 {share}，在{periods}已满",
    "utilised_never": "{what}：平均利用率 {share}，从未满",
    "utilisation": "方案没有影子价格（含整数，或提前停止）。按利用率：",
    "overview": "{count} 项需求有缺口，共缺 {short}；最大的几项：",
    "none_short": "没有缺口。",
}

TEMPLATES = {"en": EN, "zh": ZH}


def number(value: float) -> str:
    """A quantity without needless digits."""
    if abs(value - round(value)) < 1e-6 * max(1.0, abs(value)):
        return f"{round(value):,}"
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def ranges(periods: Sequence[int]) -> str:
    """[5, 6, 7, 9] as "5–7, 9"."""
    runs: list[list[int]] = []
    for period in sorted(set(periods)):
        if runs and period == runs[-1][-1] + 1:
            runs[-1].append(period)
        else:
            runs.append([period])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


class Words:
    """Writes sentences in one language, with the dates of one calendar."""

    def __init__(self, calendar: Calendar, language: str = "en") -> None:
        self.calendar, self.language = calendar, language
        self.templates = TEMPLATES[language]
        self.unit = self.templates[f"unit_{calendar.period_length}"]

    def say(self, template: str, **values: Any) -> str:
        """A sentence; numbers are written as quantities."""
        shown = {
            name: number(value) if isinstance(value, float) else value
            for name, value in values.items()
        }
        return self.templates[template].format(**({"unit": self.unit} | shown))

    def on(self, period: int) -> str:
        """One period with its date."""
        date = self.calendar.date_of(period)
        return self.say("one", number=period, date=date)

    def over(self, periods: Sequence[int]) -> str:
        """Several periods, runs of them compressed."""
        if len(set(periods)) == 1:
            return self.on(next(iter(periods)))
        return self.say("ranges", ranges=ranges(periods))

    def share(self, value: float) -> str:
        """A share as a percentage."""
        return f"{100 * value:.3g} %"

    def listed(self, parts: Sequence[str], most: int = 5) -> str:
        """Up to `most` parts, and how many there are beside them."""
        shown = list(parts[:most])
        if len(parts) > most:
            shown.append(f"+{len(parts) - most}")
        return self.templates["comma"].join(shown)
