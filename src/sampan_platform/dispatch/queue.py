"""Putting plans into the queue of the workers."""

from __future__ import annotations

from sampan_platform.dispatch.models import PlanRun
from sampan_platform.dispatch.tasks import solve_plan


def enqueue(run: PlanRun) -> None:
    """Have a worker solve it; in the caller's transaction."""
    solve_plan.enqueue(run.pk)
