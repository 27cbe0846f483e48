"""Sites, lanes and the capacities that lanes share."""

from __future__ import annotations

import math

import assumptions as assumed
from _make.figures import distance_km
from _make.tables import Tables

GIFTS = ("medical_team", "ventilator", "protective_suit", "respirator_n95")
"""What provinces send to the hub."""
PAIR_GIFTS = ("medical_team", "protective_suit", "respirator_n95")
"""What they send straight to the city they are paired with."""
BY_CABLE = ("teleconsultation", "lab_test")
RETURNED = ("ventilator", "medical_team")
LANE_KG_MAX = {"road": 20_000, "rail": 12_000, "air": 4_000}
LANE_M3_MAX = {"road": None, "rail": None, "air": 60}
SUPPLIERS = {"mask_medical": 3, "respirator_n95": 3, "protective_suit": 3}
"""From how many works a province gets a product; from one where this does not say."""
FAR_KM = 900
SAME_DAY_KM = 400
"""A lorry arrives the day it leaves."""

Coordinates = dict[str, tuple[float, float]]


def add_sites(tables: Tables, places: Coordinates) -> None:
    where = {"wuhan-hub": places["Wuhan"], "central-store": places["Beijing"]}
    _site(tables, "wuhan-hub", "Wuhan hub 湖北省调度中心", "hub", "CN-HB", where)
    name = "Central store 中央医药储备库"
    _site(tables, "central-store", name, "warehouse", "CN-BJ", where)
    for city, (chinese, place, _) in assumed.CITIES.items():
        where[city] = places[place] if place else assumed.COORDINATES[city]
        name = f"{city.title()} hospitals {chinese}医院"
        _site(tables, city, name, "hospital", "CN-HB", where)
    for region, (capital, _, chinese) in assumed.PROVINCES.items():
        where[region] = places[capital]
        name = f"{capital} {chinese}"
        _site(tables, region, name, "provincial centre", region, where)
    for works, (place, region, chinese, _) in assumed.WORKS.items():
        where[works] = places[place]
        _site(tables, works, f"{place} works {chinese}工厂", "factory", region, where)
    for mill, (place, region, chinese, _) in assumed.MILLS.items():
        where[mill] = places[place]
        _site(tables, mill, f"{place} mills {chinese}熔喷布厂", "mill", region, where)


def _site(tables: Tables, key: str, name: str, kind: str, region: str, where: Coordinates) -> None:
    latitude, longitude = where[key]
    tables.add(
        "sites",
        site=key,
        name=name,
        kind=kind,
        country="CN",
        region=region,
        latitude_deg=latitude,
        longitude_deg=longitude,
        storage_m3_max=4_000 if key == "wuhan-hub" else None,
    )


class Ways:
    """Adds lanes between the sites of the table, with all that goes by distance."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.where = {
            row["site"]: (row["latitude_deg"], row["longitude_deg"]) for row in tables.rows["sites"]
        }
        self.loads: list[tuple[str, str]] = []

    def km(self, origin: str, destination: str) -> float:
        return distance_km(self.where[origin], self.where[destination])

    def lane(
        self,
        origin: str,
        destination: str,
        mode: str,
        *,
        only: tuple[str, ...] = (),
        corridor: str | None = None,
        limited: bool = True,
    ) -> None:
        """One lane; unless `limited` is false, with what such a lane carries in a day."""
        detour, km_a_day, loading, per_km = assumed.MODES[mode]
        km = self.km(origin, destination) * detour
        key = f"{origin}>{destination}:{mode}"
        least = 0 if mode == "road" and km <= SAME_DAY_KM else 1
        self.tables.add(
            "lanes",
            lane=key,
            origin=origin,
            destination=destination,
            mode=mode,
            lead_time_periods=least and max(least, math.ceil(km / km_a_day - 0.2)),
            mass_kg_max=LANE_KG_MAX[mode] if limited else None,
            volume_m3_max=LANE_M3_MAX[mode],
            cost_per_kg=round(loading + per_km * km, 3),
            distance_km=round(km),
        )
        self._allow(key, only)
        if corridor:
            self.tables.add(
                "capacity_loads", capacity=corridor, activity=key, amount_per_unit=1, per="kg"
            )

    def cable(self, origin: str, destination: str, only: tuple[str, ...]) -> None:
        """Results and consultations: at once, without weight."""
        key = f"{origin}>{destination}:cable"
        self.tables.add("lanes", lane=key, origin=origin, destination=destination, mode="cable")
        self._allow(key, only)

    def _allow(self, key: str, only: tuple[str, ...]) -> None:
        for resource in only:
            self.tables.add("lane_resources", lane=key, resource=resource, allowed=True)


def add_lanes(tables: Tables, periods: int) -> None:
    ways = Ways(tables)
    for mill in assumed.MILLS:
        for works, (*_, shares) in assumed.WORKS.items():
            if {"mask_medical", "respirator_n95", "gown"} & set(shares):
                ways.lane(mill, works, "road", only=("meltblown",))
    _works_to_provinces(ways)
    _into_hubei(ways)
    _within_hubei(ways)
    for region in assumed.SPECIALIST_HOURS:
        ways.cable(region, "wuhan-hub", ("teleconsultation",))
    _add_capacities(tables, periods)


def _works_to_provinces(ways: Ways) -> None:
    """To each province, by road or air, what it needs from the nearest works that make it."""
    for region in assumed.PROVINCES:
        brings: dict[str, list[str]] = {}
        for product in assumed.NEEDED_ELSEWHERE:
            makers = [works for works in assumed.WORKS if product in assumed.WORKS[works][3]]
            near = sorted(makers, key=lambda works: ways.km(works, region))
            for works in near[: SUPPLIERS.get(product, 1)]:
                brings.setdefault(works, []).append(product)
        for works, products in sorted(brings.items()):
            mode = "air" if ways.km(works, region) > FAR_KM else "road"
            ways.lane(works, region, mode, only=tuple(products))


def _into_hubei(ways: Ways) -> None:
    for works, (_, region, _, _) in assumed.WORKS.items():
        inside = region == "CN-HB"
        ways.lane(works, "wuhan-hub", "road", corridor=None if inside else "road-into-hubei")
        if not inside:
            if ways.km(works, "wuhan-hub") > 600:
                ways.lane(works, "wuhan-hub", "rail", corridor="rail-into-wuhan")
            if (
                works in ("works-shanghai", "works-dongguan")
                or ways.km(works, "wuhan-hub") > FAR_KM
            ):
                ways.lane(works, "wuhan-hub", "air", corridor="wuhan-airport")
    ways.lane("central-store", "wuhan-hub", "rail", corridor="rail-into-wuhan")
    ways.lane("central-store", "wuhan-hub", "air", corridor="wuhan-airport")
    for region in assumed.PROVINCES:
        if ways.km(region, "wuhan-hub") > FAR_KM:
            ways.lane(region, "wuhan-hub", "air", only=GIFTS, corridor="wuhan-airport")
        else:
            ways.lane(region, "wuhan-hub", "rail", only=GIFTS, corridor="rail-into-wuhan")
    ways.lane("CN-SC", "wuhan-hub", "rail", only=GIFTS, corridor="rail-into-wuhan")
    for region, city in assumed.PAIRS:
        ways.lane(region, city, "road", only=PAIR_GIFTS, corridor="road-into-hubei")


def _within_hubei(ways: Ways) -> None:
    for city in assumed.CITIES:
        ways.lane("wuhan-hub", city, "road", corridor="hubei-delivery-fleet", limited=False)
        ways.lane(city, "wuhan-hub", "road", only=RETURNED)
        ways.cable("wuhan-hub", city, BY_CABLE)


def _add_capacities(tables: Tables, periods: int) -> None:
    for key, (first, last) in assumed.CORRIDORS.items():
        tables.add("capacities", capacity=key, amount_max=first)
        for period in range(1, periods):
            amount = first + (last - first) * period / (periods - 1)
            if key == "road-into-hubei" and period == assumed.SNOW_PERIOD:
                amount /= 2
            tables.add(
                "profiles",
                table="capacities",
                key=key,
                attribute="amount_max",
                period=period,
                value=round(amount),
            )
    for row in tables.rows["lanes"]:
        if row["mode"] == "air" and row["destination"] == "wuhan-hub":
            tables.add(
                "profiles",
                table="lanes",
                key=row["lane"],
                attribute="open",
                period=assumed.SNOW_PERIOD,
                value=0,
            )
