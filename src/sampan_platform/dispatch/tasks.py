"""What workers do for this stage."""

from __future__ import annotations

from django_tasks import task

from sampan_platform.dispatch.work import work


@task()
def solve_plan(number: int) -> str:
    """Solve a plan that waits; the state it ended in."""
    return str(work(number))
