"""What workers do for this stage."""

from __future__ import annotations

from django_tasks import task

from sampan_platform.count.upkeep import refresh


@task()
def refresh_tiles() -> int:
    """Bring the tiles in line with the reports that changed; how many tiles changed."""
    return refresh()
