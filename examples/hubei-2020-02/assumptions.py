# ruff: noqa: E501
"""What nobody published in the figures used here, and was assumed for this example.

Populations are those of the end of 2019, in millions, from general knowledge; who was paired
with which city is as announced on 2020-02-10, from general knowledge too.
"""

from __future__ import annotations

# city: (Chinese name in the case counts, name in the table of places, millions of people)
CITIES = {
    "wuhan": ("武汉市", "Wuhan", 11.21),
    "huangshi": ("黄石市", "Huangshi", 2.47),
    "shiyan": ("十堰市", "Shiyan", 3.40),
    "yichang": ("宜昌市", "Yichang", 4.14),
    "xiangyang": ("襄阳市", "Xiangyang", 5.68),
    "ezhou": ("鄂州市", "Ezhou", 1.06),
    "jingmen": ("荆门市", "Jingmen", 2.90),
    "xiaogan": ("孝感市", "Xiaogan", 4.92),
    "jingzhou": ("荆州市", "Jingzhou", 5.57),
    "huanggang": ("黄冈市", "Huanggang", 6.33),
    "xianning": ("咸宁市", "Xianning", 2.55),
    "suizhou": ("随州市", "Suizhou", 2.22),
    "enshi": ("恩施土家族苗族自治州", "Enshi", 3.39),
    "xiantao": ("仙桃市", "Xiantao", 1.14),
    "qianjiang": ("潜江市", "Qianjiang", 0.97),
    "tianmen": ("天门市", "", 1.27),
    "shennongjia": ("神农架林区", "", 0.08),
}
# Not in the table of places; read off a map.
COORDINATES = {"tianmen": (30.66, 113.17), "shennongjia": (31.74, 110.68)}

# region: (capital in the table of places, millions of people, hospital city in Chinese)
PROVINCES = {
    "CN-BJ": ("Beijing", 21.54, "北京"),
    "CN-TJ": ("Tianjin", 15.62, "天津"),
    "CN-HE": ("Shijiazhuang", 75.92, "河北"),
    "CN-SX": ("Taiyuan", 37.29, "山西"),
    "CN-NM": ("Hohhot", 25.40, "内蒙古"),
    "CN-LN": ("Shenyang", 43.52, "辽宁"),
    "CN-JL": ("Changchun", 26.91, "吉林"),
    "CN-HL": ("Harbin", 37.51, "黑龙江"),
    "CN-SH": ("Shanghai", 24.28, "上海"),
    "CN-JS": ("Nanjing", 80.70, "江苏"),
    "CN-ZJ": ("Hangzhou", 58.50, "浙江"),
    "CN-AH": ("Hefei", 63.66, "安徽"),
    "CN-FJ": ("Fuzhou", 39.73, "福建"),
    "CN-JX": ("Nanchang", 46.66, "江西"),
    "CN-SD": ("Jinan", 100.70, "山东"),
    "CN-HA": ("Zhengzhou", 96.40, "河南"),
    "CN-HN": ("Changsha", 69.18, "湖南"),
    "CN-GD": ("Guangzhou", 115.21, "广东"),
    "CN-GX": ("Nanning", 49.60, "广西"),
    "CN-HI": ("Haikou", 9.45, "海南"),
    "CN-CQ": ("Chongqing", 31.24, "重庆"),
    "CN-SC": ("Chengdu", 83.75, "四川"),
    "CN-GZ": ("Guiyang", 36.23, "贵州"),
    "CN-YN": ("Kunming", 48.58, "云南"),
    "CN-XZ": ("Lhasa", 3.51, "西藏"),
    "CN-SN": ("Xi’an", 38.76, "陕西"),
    "CN-GS": ("Lanzhou", 26.47, "甘肃"),
    "CN-QH": ("Xining", 6.08, "青海"),
    "CN-NX": ("Yinchuan", 6.95, "宁夏"),
    "CN-XJ": ("Ürümqi", 25.23, "新疆"),
}

# Regions of the country: the equals in fairness outside Hubei.
REGIONS = {
    "north": "BJ TJ HE SX NM",
    "northeast": "LN JL HL",
    "east": "SH JS ZJ AH FJ JX SD",
    "south": "HA HN GD GX HI",
    "southwest": "CQ SC GZ YN XZ",
    "northwest": "SN GS QH NX XJ",
}

# Which provinces help which city of Hubei directly.
PAIRS = (
    ("CN-CQ", "xiaogan"), ("CN-HL", "xiaogan"), ("CN-SD", "huanggang"), ("CN-HN", "huanggang"),
    ("CN-JX", "suizhou"), ("CN-GD", "jingzhou"), ("CN-HI", "jingzhou"), ("CN-LN", "xiangyang"),
    ("CN-NX", "xiangyang"), ("CN-JS", "huangshi"), ("CN-FJ", "yichang"), ("CN-NM", "jingmen"),
    ("CN-ZJ", "jingmen"), ("CN-SX", "xiantao"), ("CN-SX", "tianmen"), ("CN-SX", "qianjiang"),
    ("CN-GZ", "ezhou"), ("CN-YN", "xianning"), ("CN-GX", "shiyan"), ("CN-TJ", "enshi"),
    ("CN-HE", "shennongjia"),
)  # fmt: skip

# works: (place, region, Chinese, share of the country's output by product)
WORKS = {
    "works-dongguan": ("Dongguan", "CN-GD", "东莞", {"mask_medical": 0.15, "respirator_n95": 0.12,
        "respirator_kn95": 0.4, "protective_suit": 0.10, "gown": 0.12, "goggles": 0.30, "face_shield": 0.3,
        "test_kit": 0.25, "exam_gloves": 0.05, "disinfectant": 0.08}),
    "works-hangzhou": ("Hangzhou", "CN-ZJ", "杭州", {"mask_medical": 0.12, "respirator_n95": 0.12,
        "protective_suit": 0.10, "gown": 0.12, "goggles": 0.20, "face_shield": 0.2}),
    "works-suzhou": ("Suzhou", "CN-JS", "苏州", {"mask_medical": 0.12, "respirator_n95": 0.10,
        "protective_suit": 0.12, "gown": 0.14, "exam_gloves": 0.15, "test_kit": 0.15,
        "disinfectant": 0.06}),
    "works-zhengzhou": ("Zhengzhou", "CN-HA", "郑州", {"mask_medical": 0.18, "gown": 0.10,
        "protective_suit": 0.12, "respirator_n95": 0.08, "disinfectant": 0.12}),
    "works-qingdao": ("Qingdao", "CN-SD", "青岛", {"mask_medical": 0.10, "respirator_n95": 0.10,
        "protective_suit": 0.14, "gown": 0.10, "exam_gloves": 0.55, "disinfectant": 0.08}),
    "works-shanghai": ("Shanghai", "CN-SH", "上海", {"mask_medical": 0.08, "respirator_n95": 0.24,
        "respirator_kn95": 0.4, "test_kit": 0.35, "goggles": 0.1, "disinfectant": 0.08}),
    "works-xiamen": ("Xiamen", "CN-FJ", "厦门", {"mask_medical": 0.07, "protective_suit": 0.06,
        "respirator_n95": 0.06, "respirator_kn95": 0.2, "goggles": 0.15, "face_shield": 0.2, "test_kit": 0.1}),
    "works-hefei": ("Hefei", "CN-AH", "合肥", {"mask_medical": 0.06, "protective_suit": 0.10,
        "gown": 0.12, "exam_gloves": 0.15, "disinfectant": 0.08}),
    "works-nanchang": ("Nanchang", "CN-JX", "南昌", {"mask_medical": 0.04, "protective_suit": 0.08,
        "gown": 0.06, "exam_gloves": 0.10, "disinfectant": 0.08}),
    "works-changsha": ("Changsha", "CN-HN", "长沙", {"mask_medical": 0.03, "protective_suit": 0.04,
        "test_kit": 0.15, "goggles": 0.05, "face_shield": 0.1, "disinfectant": 0.09}),
    "works-tianjin": ("Tianjin", "CN-TJ", "天津", {"mask_medical": 0.02, "respirator_n95": 0.08,
        "protective_suit": 0.06, "goggles": 0.2, "face_shield": 0.2, "gown": 0.08,
        "disinfectant": 0.08}),
    "works-yichang": ("Yichang", "CN-HB", "宜昌", {"disinfectant": 0.25}),
    "works-xiantao": ("Xiantao", "CN-HB", "仙桃", {"mask_medical": 0.03, "respirator_n95": 0.10,
        "protective_suit": 0.08, "gown": 0.16}),
}  # fmt: skip

# mill: (place, region, Chinese, share of the country's meltblown for medical use)
MILLS = {
    "mill-jinan": ("Jinan", "CN-SD", "济南", 0.40),
    "mill-nanjing": ("Nanjing", "CN-JS", "南京", 0.25),
    "mill-tianjin": ("Tianjin", "CN-TJ", "天津", 0.20),
    "mill-guangzhou": ("Guangzhou", "CN-GD", "广州", 0.15),
}

# resource: name, Chinese, unit, kind, family, kg, m3, money, importance, HS code
RESOURCES = (
    ("mask_medical", "Medical mask", "医用口罩", "piece", None, "mask", 0.004, 4e-5, 1.2, 1, "6307.90"),
    ("respirator_n95", "N95 respirator", "医用N95口罩", "piece", None, "mask", 0.012, 1.6e-4, 12, 2, "6307.90"),
    ("respirator_kn95", "KN95 respirator", "工业KN95口罩", "piece", None, "mask", 0.011, 1.6e-4, 7, 1, "6307.90"),
    ("protective_suit", "Protective suit", "医用防护服", "piece", None, "clothing", 0.35, 1.8e-3, 110, 2, "6210.10"),
    ("suit_emergency", "Emergency-use suit", "紧急医用防护服", "piece", None, "clothing", 0.33, 1.8e-3, 90, 1, "6210.10"),
    ("gown", "Isolation gown", "隔离衣", "piece", None, "clothing", 0.12, 8e-4, 25, 1, "6210.10"),
    ("exam_gloves", "Examination gloves", "检查手套", "pair", None, "gloves", 0.011, 6e-5, 0.8, 1, "4015.19"),
    ("goggles", "Goggles", "护目镜", "piece", None, "eye protection", 0.12, 8e-4, 28, 1, "9004.90"),
    ("face_shield", "Face shield", "防护面屏", "piece", None, "eye protection", 0.06, 1.2e-3, 9, 1, "3926.90"),
    ("test_kit", "Test kit", "核酸检测试剂盒", "test", None, "diagnostics", 0.02, 5e-5, 80, 2, "3822.00"),
    ("disinfectant", "Disinfectant", "消毒液", "litre", None, "disinfection", 1.05, 1.3e-3, 6, 1, "3808.94"),
    ("meltblown", "Meltblown fabric", "熔喷布", "tonne", None, "material", 1000, 12, 60000, 1, "5603.11"),
    ("ventilator", "Ventilator", "呼吸机", "piece", "equipment", "machine", 40, 0.3, 150000, 3, "9019.20"),
    ("medical_team", "Medical team", "医疗队", "team", "equipment", "people", 2000, 12, 0, 3, None),
    ("lab_test", "Laboratory test", "实验室检测", "test", "service", "diagnostics", 0, 0, 0, 2, None),
    ("teleconsultation", "Remote consultation", "远程会诊", "hour", "service", "people", 0, 0, 0, 1, None),
)  # fmt: skip

# wanted, instead, how many for one, penalty
SUBSTITUTES = (
    ("respirator_n95", "respirator_kn95", 1.0, 15.0),
    ("protective_suit", "suit_emergency", 1.0, 60.0),
    ("goggles", "face_shield", 1.5, 10.0),
)

# national output a day without a press figure: on the first and on the last day
OTHER_OUTPUT = {
    "gown": (44_000, 80_000),
    "exam_gloves": (1_100_000, 1_600_000),
    "goggles": (14_000, 24_000),
    "face_shield": (10_000, 60_000),
    "test_kit": (40_000, 80_000),
    "disinfectant": (26_000, 50_000),
}
MEDICAL_SHARE_N95 = 0.40
"""Share of the N95 output that is of medical grade; the rest counts as KN95 below."""
KN95_SHARE = 0.10
"""Share of the N95 output that is industrial and that the state may dispatch."""
MELTBLOWN_TONNES = (6.5, 24.0)
"""Meltblown a day for medical masks and respirators, on the first and on the last day."""

# resource: (units of a run, tonnes of meltblown in it, days, money a run)
RECIPES = {
    "mask_medical": (10_000, 0.010, 0, 6_000),
    "respirator_n95": (1_000, 0.004, 0, 6_000),
    "respirator_kn95": (1_000, 0.004, 0, 4_000),
    "protective_suit": (100, 0.0, 1, 6_000),
    "gown": (1_000, 0.004, 0, 14_000),
    "exam_gloves": (10_000, 0.0, 0, 4_000),
    "goggles": (100, 0.0, 0, 1_500),
    "face_shield": (100, 0.0, 0, 500),
    "test_kit": (1_000, 0.0, 1, 40_000),
    "disinfectant": (1_000, 0.0, 0, 3_000),
}

# Front-line staff outside the wards, community workers, fever clinics: units a resident and day.
RESIDENT_NEEDS = {
    "mask_medical": 1 / 55,
    "respirator_n95": 1 / 6_000,
    "protective_suit": 1 / 45_000,
}
RESIDENT_NEEDS_IN_HUBEI = {"mask_medical": 1 / 55}
# The same for the fever clinics of Hubei, which count as hospitals there.
FEVER_CLINIC_NEEDS = {"protective_suit": 1 / 3_000, "respirator_n95": 1 / 2_400, "gown": 1 / 6_000}

NEEDED_ELSEWHERE = ("mask_medical", "respirator_n95", "protective_suit", "gown", "test_kit")
"""What provinces other than Hubei want from the plan; the rest they find for themselves."""

# What lies in the provincial hub at Wuhan on the first morning.
HUB_STOCK = {
    "mask_medical": 1_200_000, "respirator_n95": 40_000, "respirator_kn95": 30_000,
    "protective_suit": 11_000, "suit_emergency": 10_000, "gown": 15_000,
    "exam_gloves": 2_200_000, "goggles": 10_000, "face_shield": 8_000, "disinfectant": 90_000,
    "ventilator": 200, "medical_team": 25,
}  # fmt: skip
HUB_TEST_KITS = ((25_000, 6), (30_000, None))
"""Test kits in the hub, and the last period in which they may be used."""
CITY_STOCK_DAYS = 0.8
"""Days of the wards' own need that lie in the hospitals of a city."""
PROVINCE_STOCK_DAYS = 1.0
LENT_FROM_PERIOD = 3
"""Need of equipment and teams counts from here on: before, nothing lent can have arrived."""
VENTILATORS_IN_CITY = 0.45
"""Share of the need in that period that the hospitals of a city have."""
TEAMS_IN_CITY = 0.50
VENTILATORS_PER_MILLION = 0.14
"""That a province can lend, beyond its own need."""
TEAMS_PER_MILLION = 0.09
NO_EQUIPMENT_NEEDED = ("shennongjia",)
"""Ten cases in all: severe ones are taken to a neighbouring city."""

# Laboratories, at the first and at the last period: share of a city's own mean need that it can
# test itself, and tests a day in the shared laboratories of the hub.
LAB_SHARE_OF_CITY = (0.45, 0.75)
LAB_HUB = (4_000, 9_000)
SPECIALIST_HOURS = {"CN-BJ": 50, "CN-SH": 40, "CN-GD": 35, "CN-SC": 30}

# What may enter Hubei in a day, kg: first and last period, and what it stands for.
CORRIDORS = {
    "road-into-hubei": (12_000, 40_000),
    "rail-into-wuhan": (6_000, 20_000),
    "wuhan-airport": (5_000, 12_000),
    "hubei-delivery-fleet": (50_000, 110_000),
}
SNOW_PERIOD = 4
"""2020-02-15: heavy snow; aircraft for Wuhan stay on the ground, half of the road convoys run."""

# mode: (detour, km a day, money to load a kg, money a kg and km)
MODES = {
    "road": (1.25, 900.0, 0.10, 0.00060),
    "rail": (1.20, 1100.0, 0.25, 0.00035),
    "air": (1.00, 4000.0, 3.00, 0.00400),
}
