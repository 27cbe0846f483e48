"""A small world for the platform's tests: who and what there is, by code."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

from sampan_platform.catalogue.models import (
    Lane,
    Process,
    ProcessFlow,
    Resource,
    ResourceClass,
    Site,
)
from sampan_platform.people import services
from sampan_platform.people.models import Organisation, User

ORGANISATIONS = [
    # code, English, Chinese, kind, parent, country
    ("asean-plus", "ASEAN and China", "东盟与中国", "region", None, ""),
    ("cn", "China", "中国", "country", "asean-plus", "CN"),
    ("cn-hb", "Hubei", "湖北", "province", "cn", ""),
    ("xiantao", "Xiantao Masks", "仙桃口罩厂", "enterprise", "cn-hb", ""),
    ("hb-store", "Hubei Medical Store", "湖北医药储备库", "agency", "cn-hb", ""),
    ("jinyintan", "Jinyintan Hospital", "金银潭医院", "hospital", "cn-hb", ""),
    ("vn", "Viet Nam", "越南", "country", "asean-plus", "VN"),
    ("bachmai", "Bach Mai Hospital", "白梅医院", "hospital", "vn", ""),
]
ROLES = [
    # user, role, where, approval level
    ("rui", "reporter", "xiantao", 0),
    ("hua", "reporter", "jinyintan", 0),
    ("chen", "coordinator", "cn-hb", 0),
    ("lan", "coordinator", "vn", 0),
    ("ana", "analyst", "asean-plus", 0),
    ("wei", "approver", "cn-hb", 1),
    ("min", "approver", "cn", 2),
    ("aud", "auditor", "cn", 0),
    ("ops", "operator", "asean-plus", 0),
]


def organisations() -> dict[str, Organisation]:
    """The tree, by code."""
    made: dict[str, Organisation] = {}
    for code, english, chinese, kind, parent, country in ORGANISATIONS:
        made[code] = services.create_organisation(
            code,
            english,
            kind,
            name_zh=chinese,
            parent=made[parent] if parent else None,
            country=country,
            time_zone={"asean-plus": "Asia/Shanghai", "vn": "Asia/Ho_Chi_Minh"}.get(code, ""),
            report_deadline=time(10) if code == "asean-plus" else None,
        )
    return made


class World:
    """Sites, resources, lanes, a process, and a user for each role; all by code."""

    def __init__(self, tree: dict[str, Organisation]) -> None:
        self.organisations = tree
        self.users = {name: self._user(name, *rest) for name, *rest in ROLES}
        masks = ResourceClass.objects.create(code="masks", name_en="Masks", name_zh="口罩")
        surgical = ResourceClass.objects.create(
            code="surgical", name_en="Surgical masks", name_zh="医用外科口罩", parent=masks
        )
        suits = ResourceClass.objects.create(code="suits", name_en="Suits", name_zh="防护服")
        self.resources = {
            "mask": Resource.objects.create(
                code="mask", name_en="Surgical mask", name_zh="医用外科口罩",
                resource_class=surgical, unit="piece", mass_kg=0.003, volume_m3=0.00002,
            ),
            "suit": Resource.objects.create(
                code="suit", name_en="Protective suit", name_zh="医用防护服",
                resource_class=suits, unit="piece", mass_kg=0.3, volume_m3=0.003,
                shelf_life_periods=720,
            ),
        }  # fmt: skip
        self.resources["mask"].packagings.create(name="box", quantity=Decimal(50))
        self.sites = {
            code: Site.objects.create(
                code=code, name_en=english, name_zh=chinese, kind=kind,
                organisation=tree[owner], country=tree[owner].country or "CN",
                latitude_deg=latitude, longitude_deg=longitude,
            )
            for code, english, chinese, kind, owner, latitude, longitude in (
                ("F1", "Xiantao plant", "仙桃工厂", "factory", "xiantao", 30.3, 113.4),
                ("W1", "Wuhan store", "武汉储备库", "warehouse", "hb-store", 30.6, 114.3),
                ("H1", "Jinyintan", "金银潭医院", "hospital", "jinyintan", 30.67, 114.28),
                ("H2", "Bach Mai", "白梅医院", "hospital", "bachmai", 21.0, 105.84),
            )
        }  # fmt: skip
        self.lanes = {
            code: Lane.objects.create(
                code=code, origin=self.sites[origin], destination=self.sites[destination],
                mode=mode, lead_time_periods=lead, mass_kg_max=5000.0, cost_per_kg=cost,
            )
            for code, origin, destination, mode, lead, cost in (
                ("F1-W1", "F1", "W1", "road", 1, 0.5),
                ("W1-H1", "W1", "H1", "road", 0, 0.1),
                ("W1-H2", "W1", "H2", "air", 2, 6.0),
            )
        }  # fmt: skip
        process = Process.objects.create(code="F1:mask", site=self.sites["F1"], runs_max=10000.0)
        ProcessFlow.objects.create(
            process=process, resource=self.resources["mask"], quantity_per_run=1.0
        )
        self.processes = {"F1:mask": process}

    def _user(self, name: str, kind: str, where: str, level: int) -> User:
        user = services.create_user(name, f"{name}-password-1")
        services.give_role(user, self.organisations[where], kind, approval_level=level)
        return user
