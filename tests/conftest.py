"""What every test shares: how hard the random tests try."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, so that a failure is the change's fault; no deadline, since a
# busy machine is no fault at all.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "trust",
    deadline=None,
    max_examples=2000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("default")


@pytest.fixture(scope="session")
def effort() -> int:
    """By how much to multiply the number of random cases: 1, or more for `make trust`."""
    return int(os.environ.get("SAMPAN_EFFORT", "1"))
