"""The API under /api/v1: every stage's router, in the order of the flow."""

from __future__ import annotations

from importlib.util import find_spec

from sampan_platform.http.openapi import SampanAPI

STAGES = (
    "catalogue", "ledger",
    "collect", "count", "requests", "analyse", "monitor", "dispatch", "track",
)  # fmt: skip

api = SampanAPI(
    title="Sampan",
    version="1",
    description="Collects, counts, analyses, monitors and dispatches critical supplies.",
)
api.add_router("/people", "sampan_platform.http.people_api.router")
for stage in STAGES:
    # a stage without api.py offers nothing over HTTP; one that has it cannot be forgotten here
    if find_spec(f"sampan_platform.{stage}.api") is not None:
        api.add_router(f"/{stage}", f"sampan_platform.{stage}.api.router")
api.add_router("/dispatch", "sampan_platform.dispatch.exchange_api.router")
