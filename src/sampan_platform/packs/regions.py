"""Names of countries and provinces by their ISO 3166 codes: those that our examples stand in."""

from __future__ import annotations

NAMES: dict[str, tuple[str, str]] = {
    "CN": ("China", "中国"), "BN": ("Brunei Darussalam", "文莱"), "KH": ("Cambodia", "柬埔寨"),
    "ID": ("Indonesia", "印度尼西亚"), "LA": ("Lao PDR", "老挝"), "MY": ("Malaysia", "马来西亚"),
    "MM": ("Myanmar", "缅甸"), "PH": ("Philippines", "菲律宾"), "SG": ("Singapore", "新加坡"),
    "TH": ("Thailand", "泰国"), "TL": ("Timor-Leste", "东帝汶"), "VN": ("Viet Nam", "越南"),
    "CN-BJ": ("Beijing", "北京市"), "CN-TJ": ("Tianjin", "天津市"), "CN-HE": ("Hebei", "河北省"),
    "CN-SX": ("Shanxi", "山西省"), "CN-NM": ("Inner Mongolia", "内蒙古自治区"),
    "CN-LN": ("Liaoning", "辽宁省"), "CN-JL": ("Jilin", "吉林省"),
    "CN-HL": ("Heilongjiang", "黑龙江省"), "CN-SH": ("Shanghai", "上海市"),
    "CN-JS": ("Jiangsu", "江苏省"), "CN-ZJ": ("Zhejiang", "浙江省"), "CN-AH": ("Anhui", "安徽省"),
    "CN-FJ": ("Fujian", "福建省"), "CN-JX": ("Jiangxi", "江西省"), "CN-SD": ("Shandong", "山东省"),
    "CN-HA": ("Henan", "河南省"), "CN-HB": ("Hubei", "湖北省"), "CN-HN": ("Hunan", "湖南省"),
    "CN-GD": ("Guangdong", "广东省"), "CN-GX": ("Guangxi", "广西壮族自治区"),
    "CN-HI": ("Hainan", "海南省"), "CN-CQ": ("Chongqing", "重庆市"),
    "CN-SC": ("Sichuan", "四川省"), "CN-GZ": ("Guizhou", "贵州省"), "CN-YN": ("Yunnan", "云南省"),
    "CN-XZ": ("Xizang", "西藏自治区"), "CN-SN": ("Shaanxi", "陕西省"), "CN-GS": ("Gansu", "甘肃省"),
    "CN-QH": ("Qinghai", "青海省"), "CN-NX": ("Ningxia", "宁夏回族自治区"),
    "CN-XJ": ("Xinjiang", "新疆维吾尔自治区"),
}  # fmt: skip
"""Source: ISO 3166-1 and ISO 3166-2:CN."""


def named(code: str) -> tuple[str, str]:
    """English and Chinese names; the code itself where none stands above."""
    return NAMES.get(code, (code, ""))
