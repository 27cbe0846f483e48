"""The screen of alerts: what is worst comes first, on pages that can be read."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from sampan_platform.monitor.models import Alert, Severity
from tests.platform.pages_world import signed_in


def test_a_group_lists_the_most_severe_first_on_pages_of_fifty(world: Any) -> None:
    """Sixty alerts are two pages; a critical one that opened first still stands on top."""
    site, now = world.sites["H1"], timezone.now()
    for number in range(60):
        Alert.objects.create(
            subject=f"days-of-cover|{number}", check_code="days-of-cover",
            severity=Severity.CRITICAL if number == 0 else Severity.INFO,
            organisation=site.organisation, site=site, resource=world.resources["mask"],
            value=1.0, limit=3.0, opened_at=now, seen_at=now,
        )  # fmt: skip
    page = signed_in(world, "chen").get("/alerts/?rule=days-of-cover").context["page_of_alerts"]
    assert (len(page), page.paginator.num_pages, page.paginator.count) == (50, 2, 60)
    assert page[0].subject == "days-of-cover|0"
