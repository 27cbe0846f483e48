"""The API under /api/v1: every stage's router, in the order of the flow."""

from __future__ import annotations

from ninja import NinjaAPI

api = NinjaAPI(title="Sampan", version="1")
