"""The reasons for overriding a plan that every installation begins with."""

from __future__ import annotations

from typing import Any

REASONS = (
    ("local-knowledge", "Known on the spot, not in the data", "现场情况，数据中没有"),
    ("data-wrong", "The figures are wrong or late", "数据有误或滞后"),
    ("transport", "Vehicle, driver or road not available", "车辆、司机或道路不可用"),
    ("border", "Customs or border procedure", "通关或口岸手续"),
    ("quality", "Quality, lot or expiry", "质量、批次或效期"),
    ("agreement", "Agreement or instruction of an authority", "协议或上级指令"),
    ("equity", "Fairness that the plan does not see", "方案未体现的公平考虑"),
    ("storage", "No room or no cold chain at the destination", "目的地库容或冷链不足"),
    ("other", "Other; say what in the note", "其他，请在备注中说明"),
)


def seed(**_: Any) -> None:
    """Add those that are missing; called after every migration."""
    from sampan_platform.dispatch.models import OverrideReason

    known = set(OverrideReason.objects.values_list("code", flat=True))
    OverrideReason.objects.bulk_create(
        OverrideReason(code=code, name_en=english, name_zh=chinese, order=at)
        for at, (code, english, chinese) in enumerate(REASONS, start=1)
        if code not in known
    )
