"""How much each lane can still carry in each period, for orders that are frozen.

Firm commitments that no lane can carry would contradict the lane's limit, and no plan would
exist. Orders that wait for a lane therefore leave in the first period with room for them.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

LIMITS = {"mass_kg_max": "mass_kg", "volume_m3_max": "volume_m3"}
SLACK = 1e-9


class Room:
    """The room on lanes by mass, volume, quantity and open days."""

    def __init__(self, tables: Mapping[str, pl.DataFrame], periods: int) -> None:
        self.periods = periods
        self.lanes = {row["lane"]: row for row in tables["lanes"].iter_rows(named=True)}
        self.units = {row["resource"]: row for row in tables["resources"].iter_rows(named=True)}
        self.profiles = _profiles(tables.get("profiles"))
        self.special = _special(tables.get("lane_resources"))
        self.taken: dict[tuple[str, str, int], float] = {}

    def take(self, lane: str, resource: str, quantity: float, first: int) -> int | None:
        """The first period from `first` on in which it fits, which it then takes up."""
        last = self.periods - 1 - (self.lanes[lane]["lead_time_periods"] or 0)
        for period in range(first, last + 1):
            if self._fits(lane, resource, quantity, period):
                self._use(lane, resource, quantity, period)
                return period
        return None

    def _fits(self, lane: str, resource: str, quantity: float, period: int) -> bool:
        if self.profiles.get((lane, "open", period), 1.0) == 0:
            return False
        for limit, unit in LIMITS.items():
            most = self.profiles.get((lane, limit, period), self.lanes[lane][limit])
            size = quantity * (self.units[resource][unit] or 0.0)
            there = self.taken.get((lane, limit, period), 0.0)
            if most is not None and there + size > most * (1 + SLACK):
                return False
        most = self.special.get((lane, resource))
        there = self.taken.get((lane, resource, period), 0.0)
        return most is None or there + quantity <= most * (1 + SLACK)

    def _use(self, lane: str, resource: str, quantity: float, period: int) -> None:
        sizes = {
            limit: quantity * (self.units[resource][unit] or 0.0) for limit, unit in LIMITS.items()
        }
        for name, amount in (sizes | {resource: quantity}).items():
            key = (lane, name, period)
            self.taken[key] = self.taken.get(key, 0.0) + amount


def _profiles(frame: pl.DataFrame | None) -> dict[tuple[str, str, int], float]:
    if frame is None:
        return {}
    lanes = frame.filter(pl.col("table") == "lanes")
    columns = ("key", "attribute", "period", "value")
    return {
        (key, attribute, period): value
        for key, attribute, period, value in lanes.select(columns).iter_rows()
    }


def _special(frame: pl.DataFrame | None) -> dict[tuple[str, str], float]:
    """`quantity_max` of a lane and resource."""
    if frame is None or "quantity_max" not in frame.columns:
        return {}
    known = frame.filter(pl.col("quantity_max").is_not_null())
    return {
        (lane, resource): float(most)
        for lane, resource, most in known.select("lane", "resource", "quantity_max").iter_rows()
    }
