# ruff: noqa: E501
"""What the figures used here do not say, and was assumed for this example.

Populations are those of 2020, in millions, from general knowledge, as are the months of the
export bans; every other number was set for the example. See README.md.
"""

from __future__ import annotations

# site: (place in the table of places, name, Chinese name, kind, country, region)
SITES = {
    "shanghai": ("Shanghai", "Shanghai, works and port", "上海", "port", "CN", "CN-SH"),
    "qingdao": ("Qingdao", "Qingdao, works and port", "青岛", "port", "CN", "CN-SD"),
    "guangzhou": ("Guangzhou", "Guangzhou, works and Nansha port", "广州", "port", "CN", "CN-GD"),
    "nanning": ("Nanning", "Nanning, works and road hub", "南宁", "hub", "CN", "CN-GX"),
    "kunming": ("Kunming", "Kunming, road and air hub", "昆明", "hub", "CN", "CN-YN"),
    "bandar": ("Bandar Seri Begawan", "Brunei, hospitals", "文莱", "country store", "BN", None),
    "jakarta": ("Jakarta", "Indonesia, hospitals and works", "印度尼西亚", "country store", "ID", None),
    "phnom-penh": ("Phnom Penh", "Cambodia, hospitals", "柬埔寨", "country store", "KH", None),
    "vientiane": ("Vientiane", "Laos, hospitals", "老挝", "country store", "LA", None),
    "yangon": ("Yangon", "Myanmar, hospitals", "缅甸", "country store", "MM", None),
    "kuala-lumpur": ("Kuala Lumpur", "Malaysia, hospitals and works", "马来西亚", "country store", "MY", None),
    "manila": ("Manila", "Philippines, hospitals", "菲律宾", "country store", "PH", None),
    "singapore": ("Singapore", "Singapore, hospitals and port", "新加坡", "country store", "SG", None),
    "bangkok": ("Bangkok", "Thailand, hospitals and works", "泰国", "country store", "TH", None),
    "hanoi": ("Hanoi", "Viet Nam, hospitals", "越南", "country store", "VN", None),
    "ho-chi-minh": ("Ho Chi Minh City", "Ho Chi Minh City, works and port", "胡志明市", "port", "VN", None),
}  # fmt: skip

# country: (site of its need, millions of people, weeks of its own need in stock)
COUNTRIES = {
    "BN": ("bandar", 0.44, 2.0),
    "ID": ("jakarta", 273.5, 0.7),
    "KH": ("phnom-penh", 16.7, 0.7),
    "LA": ("vientiane", 7.3, 0.7),
    "MM": ("yangon", 54.4, 0.5),
    "MY": ("kuala-lumpur", 32.4, 1.2),
    "PH": ("manila", 109.6, 0.5),
    "SG": ("singapore", 5.7, 3.0),
    "TH": ("bangkok", 69.8, 1.2),
    "VN": ("hanoi", 97.3, 1.5),
}

MILD_OUTBREAKS = ("SG",)
"""Most cases there were young workers in dormitories: another severity split."""
MILD_SPLIT = (0.70, 0.275, 0.02, 0.005)
"""Shares of mild, moderate, severe and critical cases in them."""

ASKED_FOR = {
    "ventilator": ("ID", "MM", "MY", "PH", "SG", "TH"),
    "medical_staff": ("ID", "MM", "MY", "PH"),
}
"""Countries that ask to borrow; the others have so few critical cases that they do not."""
SMALLEST_DEMAND = 20
"""Smaller demands for goods in two weeks are left out: a country's own clinics cover them."""

# Health workers outside the wards, clinics, quarantine sites: units a resident and day.
RESIDENT_NEEDS = {
    "mask_medical": 1 / 400,
    "respirator_n95": 1 / 9_000,
    "gown": 1 / 16_000,
    "exam_gloves": 1 / 400,
}

# resource: name, Chinese, unit, kind, family, kg, m3, USD, importance, HS code
RESOURCES = (
    ("mask_medical", "Medical mask", "医用口罩", "piece", None, "mask", 0.004, 4e-5, 0.5, 1, "6307.90"),
    ("respirator_n95", "Medical N95 respirator", "医用N95口罩", "piece", None, "mask", 0.012, 1.6e-4, 3, 2, "6307.90"),
    ("respirator_kn95", "Industrial KN95 respirator", "工业KN95口罩", "piece", None, "mask", 0.011, 1.6e-4, 1.8, 1, "6307.90"),
    ("gown", "Isolation gown", "隔离衣", "piece", None, "clothing", 0.12, 8e-4, 4, 1, "6210.10"),
    ("protective_suit", "Protective suit", "防护服", "piece", None, "clothing", 0.35, 1.8e-3, 15, 1, "6210.10"),
    ("exam_gloves", "Examination gloves", "检查手套", "pair", None, "gloves", 0.011, 6e-5, 0.1, 1, "4015.19"),
    ("test_kit", "Nucleic acid test kit", "核酸检测试剂盒", "test", None, "diagnostics", 0.02, 5e-5, 10, 2, "3822.00"),
    ("ventilator", "Ventilator", "呼吸机", "piece", "equipment", "machine", 40, 0.3, 20000, 3, "9019.20"),
    ("medical_staff", "Specialist in critical care, lent", "重症医护人员", "person", "equipment", "people", 120, 0.6, 0, 2, None),
    ("meltblown", "Meltblown fabric", "熔喷布", "tonne", None, "material", 1000, 12, 40000, 1, "5603.11"),
)  # fmt: skip

# wanted, instead, how many for one, penalty in USD
SUBSTITUTES = (
    ("respirator_n95", "respirator_kn95", 1.0, 3.0),
    ("gown", "protective_suit", 1.0, 2.0),
)

OFFERED = {
    "mask_medical": 0.025,
    "respirator_n95": 0.010,
    "respirator_kn95": 0.006,
    "protective_suit": 0.008,
}
"""Share of China's output that is offered to ASEAN; the KN95 share is of the N95 capacity."""
OFFERED_OTHER = {"gown": 180_000, "exam_gloves": 1_500_000, "test_kit": 42_000, "meltblown": 6}
"""Offered by China a week where there is no press figure."""
OFFERED_FROM = {
    "mask_medical": {"guangzhou": 0.4, "shanghai": 0.3, "nanning": 0.3},
    "respirator_n95": {"shanghai": 0.6, "guangzhou": 0.4},
    "respirator_kn95": {"shanghai": 0.5, "guangzhou": 0.5},
    "protective_suit": {"qingdao": 0.4, "guangzhou": 0.6},
    "gown": {"qingdao": 0.4, "guangzhou": 0.6},
    "exam_gloves": {"qingdao": 1.0},
    "test_kit": {"shanghai": 0.6, "guangzhou": 0.4},
    "meltblown": {"guangzhou": 1.0},
}
RUN_COST = {
    "mask_medical": 350, "respirator_n95": 1_800, "respirator_kn95": 1_200, "protective_suit": 9_000,
    "gown": 2_500, "exam_gloves": 60, "test_kit": 6_000,
}  # fmt: skip
"""USD for a thousand units made, by resource."""
MELTBLOWN_COST = 35_000
"""USD for a tonne."""

# site: {resource: thousands of units a week}: works of ASEAN, for the region's health services
WORKS = {
    "ho-chi-minh": {"mask_medical": 4_200, "test_kit": 9},
    "bangkok": {"mask_medical": 1_900, "gown": 25},
    "jakarta": {"mask_medical": 2_400, "gown": 45},
    "kuala-lumpur": {"mask_medical": 700, "exam_gloves": 9_500},
    "singapore": {"test_kit": 16},
}
MASKS_A_TONNE = 1_000_000
"""A press figure; stands here to be seen beside the works that live on it."""
HALF_STAFFED = ("kuala-lumpur", (0, 1, 2), 0.5)
"""Works, weeks and share: half of the staff during Malaysia's movement control order."""

# site, resource, last week in which it can be used, quantity: beside a country's weeks of need
STOCKS = (
    ("guangzhou", "mask_medical", None, 1_500_000),
    ("shanghai", "respirator_n95", None, 60_000),
    ("shanghai", "ventilator", None, 120),
    ("guangzhou", "ventilator", None, 40),
    ("guangzhou", "medical_staff", None, 8),
    ("kunming", "medical_staff", None, 2),
    ("guangzhou", "meltblown", None, 3),
    ("ho-chi-minh", "meltblown", None, 3),
    ("bangkok", "meltblown", None, 2),
    ("jakarta", "meltblown", None, 1.5),
    ("kuala-lumpur", "meltblown", None, 1),
    ("singapore", "test_kit", 2, 15_000),
    ("singapore", "mask_medical", None, 2_500_000),
)
HELD_SHARE = {
    "ID": 0.45, "MM": 0.4, "MY": 1.3, "PH": 0.5, "SG": 1.5, "TH": 1.3,
}  # fmt: skip
"""Ventilators for these patients that a country has, as a share of its need in the first week."""

# site, resource, week, quantity: already at sea
ARRIVALS = (
    ("manila", "gown", 1, 30_000),
    ("jakarta", "exam_gloves", 1, 1_200_000),
    ("singapore", "exam_gloves", 0, 800_000),
)

ROAD_GOODS = "mask_medical respirator_n95 respirator_kn95 gown protective_suit test_kit"
SEA_GOODS = "mask_medical respirator_n95 gown"
AIR_GOODS = "mask_medical respirator_n95 respirator_kn95 gown test_kit"
LENT = "ventilator medical_staff"

# origin, destination, mode, weeks, tonnes a week, border, what it carries
LANES = (
    ("qingdao", "guangzhou", "rail", 1, 60, None, "gown protective_suit"),
    ("shanghai", "guangzhou", "rail", 0, 60, None, "mask_medical respirator_n95 test_kit"),
    ("guangzhou", "nanning", "rail", 0, 60, None, f"{ROAD_GOODS} meltblown"),
    ("guangzhou", "kunming", "rail", 0, 40, None, ROAD_GOODS),
    ("nanning", "hanoi", "road", 0, 25, "Youyiguan–Huu Nghi 友谊关–友谊", f"{ROAD_GOODS} meltblown"),
    ("kunming", "hanoi", "road", 0, 15, "Hekou–Lao Cai 河口–老街", "mask_medical gown"),
    ("kunming", "vientiane", "road", 1, 12, "Mohan–Boten 磨憨–磨丁", "mask_medical respirator_n95 respirator_kn95 gown"),
    ("kunming", "yangon", "road", 1, 25, "Ruili–Muse 瑞丽–木姐", ROAD_GOODS),
    ("hanoi", "ho-chi-minh", "road", 0, 60, None, "respirator_n95 gown meltblown mask_medical"),
    ("ho-chi-minh", "hanoi", "road", 0, 60, None, "mask_medical test_kit exam_gloves"),
    ("hanoi", "vientiane", "road", 0, 10, "Cau Treo–Nam Phao 桥头–南抛", "mask_medical"),
    ("ho-chi-minh", "phnom-penh", "road", 0, 15, "Moc Bai–Bavet 木牌–巴域", "mask_medical exam_gloves gown"),
    ("bangkok", "vientiane", "road", 0, 15, "Nong Khai–Thanaleng 廊开–他那楞", "gown exam_gloves respirator_n95"),
    ("bangkok", "phnom-penh", "road", 0, 15, "Aranyaprathet–Poipet 亚兰–波贝", "gown exam_gloves respirator_n95"),
    ("kuala-lumpur", "singapore", "road", 0, 60, "Second Link 马新第二通道", "exam_gloves"),
    ("kuala-lumpur", "bangkok", "road", 0, 60, "Bukit Kayu Hitam–Sadao 黑木山–沙道", "exam_gloves"),
    ("shanghai", "manila", "sea", 1, 60, "Port of Manila 马尼拉港", "mask_medical respirator_n95"),
    ("qingdao", "manila", "sea", 1, 60, "Port of Manila 马尼拉港", "gown protective_suit exam_gloves"),
    ("guangzhou", "manila", "sea", 1, 60, "Port of Manila 马尼拉港", "mask_medical gown protective_suit"),
    ("guangzhou", "singapore", "sea", 1, 80, "Port of Singapore 新加坡港", SEA_GOODS),
    ("qingdao", "singapore", "sea", 2, 80, "Port of Singapore 新加坡港", "gown"),
    ("guangzhou", "ho-chi-minh", "sea", 1, 60, "Cat Lai 吉莱港", "meltblown gown"),
    ("guangzhou", "bangkok", "sea", 1, 60, "Laem Chabang 林查班港", f"{SEA_GOODS} protective_suit meltblown"),
    ("guangzhou", "kuala-lumpur", "sea", 1, 60, "Port Klang 巴生港", "mask_medical respirator_n95 gown meltblown"),
    ("guangzhou", "jakarta", "sea", 2, 80, "Tanjung Priok 丹戎不碌港", f"{SEA_GOODS} protective_suit meltblown"),
    ("shanghai", "jakarta", "sea", 2, 60, "Tanjung Priok 丹戎不碌港", "mask_medical respirator_n95"),
    ("singapore", "jakarta", "sea", 1, 80, "Tanjung Priok 丹戎不碌港", "mask_medical respirator_n95 gown exam_gloves"),
    ("singapore", "yangon", "sea", 1, 30, "Port of Yangon 仰光港", SEA_GOODS),
    ("singapore", "bandar", "sea", 1, 10, "Muara 摩拉港", f"{SEA_GOODS} exam_gloves"),
    ("kuala-lumpur", "jakarta", "sea", 1, 80, "Tanjung Priok 丹戎不碌港", "exam_gloves"),
    ("kuala-lumpur", "manila", "sea", 1, 60, "Port of Manila 马尼拉港", "exam_gloves"),
    ("kuala-lumpur", "yangon", "sea", 1, 40, "Port of Yangon 仰光港", "exam_gloves"),
    ("kuala-lumpur", "ho-chi-minh", "sea", 1, 60, "Cat Lai 吉莱港", "exam_gloves"),
    ("ho-chi-minh", "manila", "sea", 1, 30, "Port of Manila 马尼拉港", "mask_medical"),
    ("ho-chi-minh", "jakarta", "sea", 1, 30, "Tanjung Priok 丹戎不碌港", "mask_medical"),
    ("shanghai", "jakarta", "air", 0, 8, "Soekarno-Hatta 苏加诺-哈达机场", f"{AIR_GOODS} ventilator"),
    ("shanghai", "manila", "air", 0, 8, "Ninoy Aquino 尼诺伊·阿基诺机场", f"{AIR_GOODS} ventilator"),
    ("shanghai", "singapore", "air", 0, 6, "Changi 樟宜机场", "respirator_n95 respirator_kn95 test_kit ventilator"),
    ("shanghai", "bangkok", "air", 0, 6, "Suvarnabhumi 素万那普机场", "respirator_n95 respirator_kn95 test_kit"),
    ("guangzhou", "manila", "air", 0, 6, "Ninoy Aquino 尼诺伊·阿基诺机场", f"{AIR_GOODS} {LENT}"),
    ("guangzhou", "jakarta", "air", 0, 6, "Soekarno-Hatta 苏加诺-哈达机场", f"{AIR_GOODS} {LENT}"),
    ("guangzhou", "kuala-lumpur", "air", 0, 5, "KLIA 吉隆坡机场", "respirator_n95 respirator_kn95 test_kit medical_staff"),
    ("guangzhou", "phnom-penh", "air", 0, 3, "Phnom Penh airport 金边机场", "mask_medical respirator_n95 respirator_kn95 gown"),
    ("guangzhou", "bandar", "air", 0, 2, "Brunei airport 文莱机场", "respirator_n95"),
    ("guangzhou", "yangon", "air", 0, 2, "Yangon airport 仰光机场", f"{AIR_GOODS} {LENT}"),
    ("kunming", "yangon", "air", 0, 2, "Yangon airport 仰光机场", "mask_medical respirator_n95 gown test_kit medical_staff"),
    ("kunming", "vientiane", "air", 0, 2, "Wattay 瓦岱机场", "respirator_n95"),
    ("singapore", "manila", "air", 0, 3, "Ninoy Aquino 尼诺伊·阿基诺机场", "test_kit"),
    ("singapore", "jakarta", "air", 0, 3, "Soekarno-Hatta 苏加诺-哈达机场", "test_kit"),
    ("singapore", "yangon", "air", 0, 1, "Yangon airport 仰光机场", "test_kit"),
)  # fmt: skip

# mode: (detour, USD to load a kg, USD a kg and km)
MODES = {
    "road": (1.4, 0.05, 0.00012),
    "rail": (1.2, 0.05, 0.00006),
    "sea": (1.3, 0.08, 0.00002),
    "air": (1.0, 1.20, 0.00110),
}

# lane without its mode, mode: weeks in which nothing may leave
CLOSED = {
    ("kunming", "yangon", "road"): (0, 1, 2, 3),
    ("kunming", "hanoi", "road"): (0, 1, 2),
    ("bangkok", "phnom-penh", "road"): (0, 1, 2, 3),
}

# capacity: (tonnes a week, mode, sites on the Chinese side of the lanes that share it)
SHARED = {
    "freighters-shanghai": ((9, 9, 10, 10, 12, 12, 14, 14), "air", "shanghai"),
    "freighters-guangzhou": ((7, 7, 8, 8, 10, 10, 12, 12), "air", "guangzhou"),
    "nansha-quay": ((70,) * 8, "sea", "guangzhou"),
}

# country: {resource: share of value}, on goods that come from China
DUTIES = {
    "ID": {"mask_medical": 0.05, "gown": 0.05},
    "PH": {"gown": 0.03},
    "KH": {"mask_medical": 0.07, "gown": 0.15},
    "LA": {"gown": 0.10},
    "MM": {"gown": 0.10, "mask_medical": 0.05},
    "TH": {"gown": 0.05},
}

# limit, country, resource, quantity_max, share_max, from_period, to_period
EXPORT_LIMITS = (
    ("VN-masks-quarter", "VN", "mask_medical", None, 0.25, 0, 1),
    ("TH-masks-ban", "TH", "mask_medical", 0, None, None, None),
    ("ID-masks-ban", "ID", "mask_medical", 0, None, None, None),
    ("MY-masks-ban", "MY", "mask_medical", 0, None, None, None),
    ("CN-meltblown", "CN", "meltblown", 30, None, None, None),
)

# pledge, giver, recipient, resource, quantity, arrived by
PLEDGES = (
    ("CN-KH-masks", "CN", "KH", "mask_medical", 400_000, 2),
    ("CN-LA-respirators", "CN", "LA", "respirator_n95", 20_000, 2),
    ("CN-MM-gowns", "CN", "MM", "gown", 40_000, 2),
    ("CN-PH-ventilators", "CN", "PH", "ventilator", 30, 1),
    ("VN-LA-masks", "VN", "LA", "mask_medical", 350_000, 1),
    ("VN-KH-masks", "VN", "KH", "mask_medical", 350_000, 1),
    ("SG-MM-tests", "SG", "MM", "test_kit", 3_000, 1),
    ("MY-ID-gloves", "MY", "ID", "exam_gloves", 5_000_000, 3),
)

# reserve, country, resource, quantity, from_period, hard
RESERVES = (
    ("SG-masks", "SG", "mask_medical", 1_500_000, 0, True),
    ("VN-masks", "VN", "mask_medical", 1_000_000, 4, False),
    ("BN-respirators", "BN", "respirator_n95", 500, 0, False),
    ("CN-ventilators", "CN", "ventilator", 40, 0, False),
    ("TH-gowns", "TH", "gown", 15_000, 4, False),
)

# origin, destination, mode, resource, week, quantity, firm
COMMITMENTS = (
    ("shanghai", "manila", "air", "ventilator", 0, 20, True),
    ("guangzhou", "jakarta", "sea", "mask_medical", 0, 800_000, True),
    ("guangzhou", "yangon", "air", "respirator_n95", 0, 12_000, False),
    ("guangzhou", "manila", "air", "medical_staff", 0, 4, False),
)
