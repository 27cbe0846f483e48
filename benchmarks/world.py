"""One draw of a generated network: sites, resources, demand, production and lanes as arrays,
for world_tables.py to write down. See generate.py, which chooses the size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Array = NDArray[Any]

HOSPITALS_PER_HUB = 20
HOSPITALS_PER_FACTORY = 40
FACTORIES_PER_MILL = 3
HUBS_PER_HOSPITAL = 5
HUBS_PER_FACTORY = 4
MILLS_PER_FACTORY = 2
WANTED_SHARE = 0.9
"""Share of (hospital, resource) pairs that have demand at all."""


@dataclass(frozen=True)
class Options:
    """What to make. `columns` is the number of model variables aimed at."""

    columns: int = 30_000
    seed: int = 0
    resources: int = 20
    """Resources that hospitals want; materials come on top."""
    periods: int = 14
    tight: bool = True
    """Lanes, supply and capacities below need; loose: well above."""
    bom: bool = False
    """Goods are made of materials from upstream mills."""
    shelf_life: int | None = None
    """Every second good expires after so many periods."""
    shared_capacities: bool = False
    """Lines shared by a factory's processes, fleets shared by a hub's lanes."""
    equipment: int = 0
    """How many of the resources are lent, not used up."""
    lateness_max: int = 2
    stages: tuple[str, ...] = ("total",)

    def __post_init__(self) -> None:
        if self.columns < 1 or self.resources < 1 or self.periods < 1:
            raise ValueError("columns, resources and periods must be 1 or more")
        if not 0 <= self.equipment < self.resources:
            raise ValueError("equipment must be fewer than resources: some must be goods")
        if self.shelf_life is not None and self.shelf_life < 0:
            raise ValueError("shelf_life must be 0 or more periods")


def _keys(prefix: str, count: int) -> list[str]:
    width = max(len(str(count - 1)), 2)
    return [f"{prefix}{number:0{width}d}" for number in range(count)]


def _near(of: Array, among: Array, count: int) -> tuple[Array, Array, Array]:
    """The nearest few of `among` for each point: point, found, distance."""
    count = min(count, len(among))
    distance, found = cKDTree(among).query(of, k=list(range(1, count + 1)))
    point = np.repeat(np.arange(len(of)), count)
    return point, found.ravel(), distance.ravel()


class World:
    """One draw of everything. Arrays: hospitals H, hubs U, factories F, resources K, periods T."""

    def __init__(self, options: Options, hospitals: int) -> None:
        self.options = options
        self.rng = np.random.default_rng(options.seed)
        self.hospitals = hospitals
        self.hubs = max(2, round(hospitals / HOSPITALS_PER_HUB))
        self.factories = max(2, round(hospitals / HOSPITALS_PER_FACTORY))
        self.mills = max(1, self.factories // FACTORIES_PER_MILL) if options.bom else 0
        self._draw_sites()
        self._draw_resources()
        self._draw_demand()
        self._draw_production()
        self._draw_lanes()

    @property
    def factor(self) -> float:
        """Capacity as a multiple of mean need."""
        return 0.8 if self.options.tight else 3.0

    def _draw_sites(self) -> None:
        self.hospital_at = self.rng.random((self.hospitals, 2))
        self.hub_at = self.rng.random((self.hubs, 2))
        self.factory_at = self.rng.random((self.factories, 2))
        self.mill_at = self.rng.random((self.mills, 2))
        self.keys = {
            "hospital": _keys("H", self.hospitals),
            "hub": _keys("U", self.hubs),
            "factory": _keys("F", self.factories),
            "mill": _keys("M", self.mills),
        }

    def _draw_resources(self) -> None:
        count, rng = self.options.resources, self.rng
        self.equipment = np.arange(count) >= count - self.options.equipment
        self.materials = max(2, count // 5) if self.options.bom else 0
        everything = count + self.materials
        self.volume = np.round(np.exp(rng.normal(-6.0, 0.8, everything)), 6)
        self.value = np.round(1.0 + np.exp(rng.normal(1.5, 1.0, everything)), 2)
        self.resource_keys = _keys("R", count) + _keys("X", self.materials)

    def _draw_demand(self) -> None:
        """H × K × T wanted, in whole units, as a wave with its own peak at each hospital."""
        o, rng = self.options, self.rng
        size = np.exp(rng.normal(3.0, 0.8, self.hospitals))
        rate = np.exp(rng.normal(0.5, 1.0, o.resources)) * np.where(self.equipment, 0.1, 1.0)
        peak = rng.uniform(0.0, o.periods, self.hospitals)
        width = max(o.periods / 4.0, 1.0)
        wave = 0.3 + np.exp(-(((np.arange(o.periods) - peak[:, None]) / width) ** 2))
        level = size[:, None] * rate * rng.uniform(0.5, 1.5, (self.hospitals, o.resources))
        wanted = rng.random(level.shape) < WANTED_SHARE
        self.demand = np.ceil((level * wanted)[:, :, None] * wave[:, None, :])
        self.mean_demand = self.demand.mean(axis=2)
        self.priority = rng.choice([1, 2, 3], size=level.shape, p=[0.2, 0.3, 0.5])
        self.nearest_hub = cKDTree(self.hub_at).query(self.hospital_at)[1]
        self.hub_demand = np.zeros((self.hubs, o.resources))
        np.add.at(self.hub_demand, self.nearest_hub, self.mean_demand)

    def _draw_production(self) -> None:
        """F × K most units made a period; what each factory makes, of what, and how fast."""
        rng, count = self.rng, self.options.resources
        makes = rng.random((self.factories, count)) < 0.4
        makes[rng.integers(0, self.factories, count), np.arange(count)] = True
        makes[:, self.equipment] = False
        part = np.where(makes, rng.uniform(0.5, 1.5, makes.shape), 0.0)
        part /= np.maximum(part.sum(axis=0), 1e-9)
        need = self.mean_demand.sum(axis=0) * (0.9 if self.options.tight else 2.0)
        self.made = np.ceil(part * need)
        self.lead = rng.integers(0, 2, makes.shape)
        self.hours = np.round(rng.uniform(0.5, 2.0, count) * 0.001, 6)
        recipe = np.round(rng.uniform(0.1, 2.0, (count, self.materials)), 3)
        used = rng.random(recipe.shape) < min(1.0, 2.0 / max(self.materials, 1))
        if self.materials:
            used[np.arange(count), rng.integers(0, self.materials, count)] = True
        self.recipe = recipe * used
        self.material_need = self.made @ self.recipe

    def _draw_lanes(self) -> None:
        """Each kind of lane: origin and destination keys, distance, lead time, volume limit."""
        volume = self.volume[: self.options.resources]
        self.hospital_volume = self.mean_demand @ volume
        hub_volume = self.hub_demand @ volume
        hospital, hub, far = _near(self.hospital_at, self.hub_at, HUBS_PER_HOSPITAL)
        share = self.factor / min(HUBS_PER_HOSPITAL, self.hubs)
        served = self._lanes("hub", hub, "hospital", hospital, far, 0.25, 0, 40.0)
        served["volume"] = share * self.hospital_volume[hospital]
        factory, hub, far = _near(self.factory_at, self.hub_at, HUBS_PER_FACTORY)
        supplied = self._lanes("factory", factory, "hub", hub, far, 0.3, 1, 25.0)
        supplied["volume"] = self.factor * hub_volume.sum() * 1.2 / len(hub)
        hub, other, far = _near(self.hub_at, self.hub_at, 3)
        apart = hub != other
        between = self._lanes("hub", hub[apart], "hub", other[apart], far[apart], 0.3, 1, 30.0)
        between["volume"] = self.factor * 0.3 * hub_volume[hub[apart]]
        self.lane_parts = [served, supplied, between]
        if self.mills:
            factory, mill, far = _near(self.factory_at, self.mill_at, MILLS_PER_FACTORY)
            upstream = self._lanes("mill", mill, "factory", factory, far, 0.4, 1, 20.0)
            needed = self.material_need @ self.volume[self.options.resources :]
            upstream["volume"] = 1.2 * needed[factory]
            self.lane_parts.append(upstream)

    def _lanes(
        self, kind: str, origin: Array, to_kind: str, destination: Array, distance: Array,
        reach_in_period: float, least_lead: int, cost: float,
    ) -> dict[str, Any]:  # fmt: skip
        lead = least_lead + np.floor(distance / reach_in_period).astype(np.int64)
        return {
            "origin": np.array(self.keys[kind])[origin],
            "destination": np.array(self.keys[to_kind])[destination],
            "kind": kind,
            "to_kind": to_kind,
            "distance": np.round(distance * 1000.0, 1),
            "lead": np.minimum(lead, max(self.options.periods - 1, 0)),
            "cost": np.round(cost * (1.0 + distance), 2),
        }
