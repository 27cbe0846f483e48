"""What this stage leaves to workers."""

from __future__ import annotations

from sampan_platform.count.tasks import refresh_tiles


def enqueue_refresh() -> None:
    """Have a worker bring the tiles up to date; in the caller's transaction."""
    refresh_tiles.enqueue()
