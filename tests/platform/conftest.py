"""What the platform's tests share. They run on one database at a time, by `run.py`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

if "DJANGO_SETTINGS_MODULE" not in os.environ:
    raise pytest.UsageError(
        "The platform's tests run by: python -m tests.platform.run sqlite|postgresql"
    )


@pytest.fixture(autouse=True)
def _plain_tasks(settings) -> None:
    """Background tasks are kept, and run when a test says so or in a worker of its own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def tree(db) -> dict[str, object]:
    """A small tree of organisations, by code."""
    from tests.platform.world import organisations

    return organisations()


@pytest.fixture
def world(tree) -> Iterator[object]:
    """The tree with sites, resources, lanes and a user for each role; see `world.py`."""
    from tests.platform.world import World

    return World(tree)
