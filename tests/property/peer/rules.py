"""Capacities, storage, policies and whole things (rules 3, 5 and 6), in plain loops."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from program import INFINITY, MOST, Program, Row, Terms


class Rules(Program):
    """A program with every rule in it."""

    def __init__(self, given: Row, slack: float) -> None:
        super().__init__(given, slack)
        self._capacities()
        self._storage()
        self._policies()
        self._whole_things()

    def size(self, resource: str, per: str) -> float:
        """Of one unit, in `unit`, `kg` or `m3`."""
        row = self.resources[resource]
        return {"unit": 1.0, "kg": row["mass_kg"], "m3": row["volume_m3"]}[per]

    def _capacities(self) -> None:
        """Rule 3 but for storage."""
        for lane, row in self.lanes.items():
            for period in range(self.periods):
                for attribute, per in (("mass_kg_max", "kg"), ("volume_m3_max", "m3")):
                    most = self.limit("lanes", lane, attribute, period, row[attribute])
                    terms = [
                        (variable, self.size(key[1], per))
                        for key, variable in self.ship.items()
                        if key[0] == lane and key[3] == period
                    ]
                    if most < INFINITY:
                        self.add(-INFINITY, terms, most)
        for (lane, resource), row in self.lane_resource.items():
            for period in range(self.periods):
                if row["quantity_max"] < INFINITY:
                    self.add(-INFINITY, self.shipped(lane, resource, period), row["quantity_max"])
        for row in self.rows["capacities"]:
            for period in range(self.periods):
                most = self.limit(
                    "capacities", row["capacity"], "amount_max", period, row["amount_max"]
                )
                self.add(-INFINITY, self._loads(row["capacity"], period), most)

    def shipped(self, lane: str, resource: str, period: int) -> Terms:
        """What leaves on a lane in a period, of every expiry."""
        return [
            (variable, 1.0)
            for key, variable in self.ship.items()
            if (key[0], key[1], key[3]) == (lane, resource, period)
        ]

    def _loads(self, capacity: str, period: int) -> Terms:
        terms: Terms = []
        for row in self.rows["capacity_loads"]:
            if row["capacity"] != capacity:
                continue
            amount = row["amount_per_unit"]
            if row["per"] == "run":
                if (row["activity"], period) in self.run:
                    terms.append((self.run[row["activity"], period], amount))
                continue
            terms += [
                (variable, amount * self.size(key[1], row["per"]))
                for key, variable in self.ship.items()
                if key[0] == row["activity"] and key[3] == period
            ]
        return terms

    def _storage(self) -> None:
        """Storage, broken at most by what certain goods bring."""
        self.overfull: dict[tuple[str, int], Any] = {}
        for site, row in self.sites.items():
            room = row["storage_m3_max"]
            if room == INFINITY:
                continue
            for period in range(self.periods):
                certain = self._certain_volume(site, period)
                breach = self.overfull[site, period] = self.new(max(0.0, certain - room))
                terms = [
                    (variable, self.size(key[1], "m3"))
                    for key, variable in self.stock.items()
                    if key[0] == site and key[3] == period
                ]
                self.add(-INFINITY, [*terms, (breach, -1.0)], room)

    def _certain_volume(self, site: str, period: int) -> float:
        volume = 0.0
        for (at, resource, _, when), quantity in self.supply.items():
            if at == site and when <= period and self.kind(resource) != "service":
                volume += quantity * self.size(resource, "m3")
        for row in self.rows["commitments"]:
            lane = self.lanes[row["lane"]]
            arrive = row["period"] + lane["lead_time_periods"]
            kept = row["firm"] and self.kind(row["resource"]) != "service"
            if kept and lane["destination"] == site and arrive <= period:
                volume += row["quantity"] * self.size(row["resource"], "m3")
        return volume

    def _inside(self, country: str) -> set[str]:
        return {key for key, row in self.sites.items() if row["country"] == country}

    def _policies(self) -> None:
        """Rule 5."""
        self.reserve_breach: dict[tuple[int, int], Any] = {}
        for number, row in enumerate(self.rows["reserves"]):
            where = {row["site"]} if row["site"] is not None else self._inside(row["country"])
            last = self.periods - 1 if row["to_period"] is None else row["to_period"]
            for period in range(row["from_period"], min(last, self.periods - 1) + 1):
                breach = self.new(0.0 if row["hard"] else INFINITY)
                self.reserve_breach[number, period] = breach
                terms = [
                    (variable, 1.0)
                    for key, variable in self.stock.items()
                    if key[0] in where and key[1] == row["resource"] and key[3] == period
                ]
                self.add(row["quantity_min"], [*terms, (breach, 1.0)], INFINITY)
        self._exports()
        self._pledges()
        self._commitments()

    def _exports(self) -> None:
        for row in self.rows["export_limits"]:
            inside, resource = self._inside(row["country"]), row["resource"]
            last = self.periods - 1 if row["to_period"] is None else row["to_period"]
            window = range(row["from_period"], last + 1)
            leaving = [
                (variable, 1.0)
                for key, variable in self.ship.items()
                if key[1] == resource
                and key[3] in window
                and self.lanes[key[0]]["origin"] in inside
                and self.lanes[key[0]]["destination"] not in inside
            ]
            if row["quantity_max"] < INFINITY:
                self.add(-INFINITY, leaving, row["quantity_max"])
            if row["share_max"] is not None:
                base, output = self._export_base(inside, resource, window)
                share = row["share_max"]
                terms = leaving + [(variable, -share * value) for variable, value in output]
                self.add(-INFINITY, terms, share * base)

    def _export_base(self, inside: set[str], resource: str, window: range) -> tuple[float, Terms]:
        base = sum(
            row["quantity"]
            for row in self.rows["stocks"]
            if row["site"] in inside and row["resource"] == resource
        )
        base += sum(
            row["quantity"]
            for row in self.rows["arrivals"]
            if row["site"] in inside and row["resource"] == resource and row["period"] in window
        )
        output = [
            (variable, quantity)
            for (process, period), variable in self.run.items()
            for made, quantity in self.flows[process]
            if made == resource
            and quantity > 0
            and self.processes[process]["site"] in inside
            and period + self.processes[process]["lead_time_periods"] in window
        ]
        return base, output

    def _pledges(self) -> None:
        self.pledge_breach = [
            self.new(0.0 if row["hard"] else row["quantity"]) for row in self.rows["pledges"]
        ]
        same = ("country", "recipient_site", "recipient_country", "resource")
        for row in self.rows["pledges"]:
            earlier = [
                (number, other)
                for number, other in enumerate(self.rows["pledges"])
                if all(other[name] == row[name] for name in same)
                and (other["period"], other["pledge"]) <= (row["period"], row["pledge"])
            ]
            giver = self._inside(row["country"])
            to = {row["recipient_site"]}
            if row["recipient_site"] is None:
                to = self._inside(row["recipient_country"])
            terms = [
                (variable, 1.0)
                for key, variable in self.ship.items()
                if key[1] == row["resource"]
                and self.lanes[key[0]]["origin"] in giver
                and self.lanes[key[0]]["destination"] in to
                and key[3] + self.lanes[key[0]]["lead_time_periods"] <= row["period"]
            ]
            terms += [(self.pledge_breach[number], 1.0) for number, _ in earlier]
            self.add(sum(other["quantity"] for _, other in earlier), terms, INFINITY)

    def _commitments(self) -> None:
        self.change: list[tuple[Any, float]] = []
        sums: dict[tuple[str, str, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
        for row in self.rows["commitments"]:
            sums[row["lane"], row["resource"], row["period"]][not row["firm"]] += row["quantity"]
        for key, (firm, loose) in sums.items():
            shipped = self.shipped(*key)
            if firm > 0:
                self.add(firm, shipped, INFINITY)
            if loose > 0:
                above, below = self.new(), self.new()
                terms = [*shipped, (above, -1.0), (below, 1.0)]
                self.add(firm + loose, terms, firm + loose)
                self.change += [(above, 1.0 / loose), (below, 1.0 / loose)]

    def _whole_things(self) -> None:
        """Rule 6, and least quantities."""
        self.vehicles: dict[tuple[str, int], Any] = {}
        for lane, row in self.lanes.items():
            if not self._vehicles(row):
                continue
            for period in range(self.periods):
                count = self.vehicles[lane, period] = self.new(whole=True)
                for attribute, per in (("vehicle_kg", "kg"), ("vehicle_m3", "m3")):
                    if row[attribute] is not None:
                        terms = [
                            (variable, self.size(key[1], per))
                            for key, variable in self.ship.items()
                            if key[0] == lane and key[3] == period
                        ]
                        self.add(-INFINITY, [*terms, (count, -row[attribute])], 0.0)
        for (lane, resource), row in self.lane_resource.items():
            for period in range(self.periods):
                shipped = self.shipped(lane, resource, period)
                if row["lot_size"] is not None:
                    lots = self.new(whole=True)
                    self.add(0.0, [*shipped, (lots, -row["lot_size"])], 0.0)
                if row["quantity_min"]:
                    goes = self.new(1.0, whole=True)
                    self.add(0.0, [*shipped, (goes, -row["quantity_min"])], INFINITY)
                    self.add(-INFINITY, [*shipped, (goes, -MOST)], 0.0)
