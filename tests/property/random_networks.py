"""Small random networks with every feature that the tables have, mixed and often awkward."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import polars as pl

from sampan.network import STAGES, Network, Objective

Row = dict[str, Any]
COUNTRIES = ("CN", "VN", "LA")


class Generator:
    """One random network; `whole` mixes in lots, least quantities, vehicles and whole runs."""

    def __init__(self, seed: int, *, whole: bool = False) -> None:
        self.random = random.Random(f"{seed} {whole}")
        self.whole = whole
        self.periods = self.random.randint(1, 4 if whole else 5)
        self.sites = [f"S{k}" for k in range(self.random.randint(2, 4))]
        self.resources = [f"R{k}" for k in range(self.random.randint(1, 2 if whole else 3))]
        self.kinds = {
            key: self.random.choices(("good", "service", "equipment"), (7, 1, 2))[0]
            for key in self.resources
        }

    def often(self, share: float) -> bool:
        """True with a probability."""
        return self.random.random() < share

    def some(self, most: int, share: float = 0.5) -> range:
        """As many as `most` things, or none."""
        return range(self.random.randint(1, most)) if self.often(share) else range(0)

    def site(self) -> str:
        """One of the sites."""
        return self.random.choice(self.sites)

    def resource(self) -> str:
        """One of the resources."""
        return self.random.choice(self.resources)

    def period(self) -> int:
        """One of the periods."""
        return self.random.randrange(self.periods)

    def quantity(self, most: int = 20) -> float:
        """Mostly whole, now and then 0 or a fraction."""
        value = float(self.random.randint(0 if self.often(0.2) else 1, most))
        return value + self.random.choice((0.25, 0.5)) if self.often(0.15) else value

    def maybe(self, value: Any, share: float = 0.5) -> Any:
        """The value, or an empty cell."""
        return value if self.often(share) else None

    def window(self) -> Row:
        """from_period and to_period, either of them perhaps empty."""
        first, last = sorted((self.period(), self.period()))
        return {"from_period": self.maybe(first), "to_period": self.maybe(last)}

    # ---- tables --------------------------------------------------------------------------

    def tables(self) -> dict[str, list[Row]]:
        """All tables; those without rows are left out later."""
        found = {
            "sites": self._sites(),
            "resources": self._resources(),
            "stocks": self._unique(self._stock, 6, 0.9, ("site", "resource", "expires_period")),
            "arrivals": self._unique(
                self._arrival, 3, 0.4, ("site", "resource", "period", "expires_period")
            ),
            "lanes": [self._lane(k) for k in range(self.random.randint(1, 5))],
            "demands": [self._demand(k) for k in range(self.random.randint(1, 6))],
        }
        found |= self._process_tables()
        lanes = [row["lane"] for row in found["lanes"]]
        found["lane_resources"] = self._unique(
            lambda: self._lane_resource(lanes), 4, 0.6, ("lane", "resource")
        )
        found |= self._capacity_tables(lanes, [row["process"] for row in found["processes"]])
        found["profiles"] = self._profiles(found)
        found["substitutes"] = self._substitutes()
        found |= self._policy_tables(found)
        if found["pledges"] or found["commitments"]:
            self._cut_rings(found)
        return found

    def _cut_rings(self, found: dict[str, list[Row]]) -> None:
        """No rings without lead time where it matters how much is sent.

        In such a ring goods can go round within one period, more of them than there are, and
        count for pledges and commitments; the rules do not say how often one unit may.
        """
        slower = set()
        for row in found["lanes"]:
            if row["lead_time_periods"] == 0 and row["origin"] > row["destination"]:
                row["lead_time_periods"] = 1
                slower.add(row["lane"])
        for row in found["commitments"]:
            if row["lane"] in slower and row["period"] == self.periods - 1:
                row["firm"] = None

    def _unique(self, make: Any, most: int, share: float, key: tuple[str, ...]) -> list[Row]:
        rows: dict[tuple[Any, ...], Row] = {}
        for _ in self.some(most, share):
            row = make()
            rows[tuple(row[name] for name in key)] = row
        return list(rows.values())

    def _sites(self) -> list[Row]:
        return [
            {
                "site": key,
                "country": self.maybe(self.random.choice(COUNTRIES), 0.9),
                "storage_m3_max": self.maybe(self.quantity(15), 0.2),
            }
            for key in self.sites
        ]

    def _resources(self) -> list[Row]:
        rows = []
        for key in self.resources:
            good = self.kinds[key] == "good"
            rows.append(
                {
                    "resource": key,
                    "unit": "piece",
                    "kind": self.kinds[key],
                    "mass_kg": self.maybe(self.random.choice((0.5, 1, 2, 3))),
                    "volume_m3": self.maybe(self.random.choice((0.25, 0.5, 1, 2))),
                    "shelf_life_periods": self.maybe(self.random.randint(0, 6), 0.5 * good),
                    "value": self.maybe(self.random.randint(0, 9)),
                    "holding_cost": self.maybe(self.random.choice((0, 0.25, 1)), 0.4),
                    "importance": self.maybe(self.random.choice((0.5, 1, 2, 5)), 0.4),
                }
            )
        return rows

    def _expiry(self, resource: str, first: int) -> int | None:
        if self.kinds[resource] != "good":
            return None
        return self.maybe(self.random.randint(first, self.periods + 3), 0.6)

    def _stock(self) -> Row:
        resource = self.resource()
        return {
            "site": self.site(),
            "resource": resource,
            "expires_period": self._expiry(resource, 0),
            "quantity": self.quantity(),
        }

    def _arrival(self) -> Row:
        resource, period = self.resource(), self.period()
        return {
            "site": self.site(),
            "resource": resource,
            "period": period,
            "expires_period": self._expiry(resource, period),
            "quantity": self.quantity(),
        }

    def _lane(self, number: int) -> Row:
        origin, destination = self.random.sample(self.sites, 2)
        row: Row = {
            "lane": f"L{number}",
            "origin": origin,
            "destination": destination,
            "lead_time_periods": self.random.choices((0, 1, 2, self.periods), (5, 4, 2, 1))[0],
            "mass_kg_max": self.maybe(self.quantity(), 0.3),
            "volume_m3_max": self.maybe(self.quantity(), 0.2),
            "cost_per_kg": self.maybe(self.random.choice((0.5, 1, 3)), 0.4),
            "cost_per_m3": self.maybe(self.random.choice((0.5, 2)), 0.2),
        }
        if self.whole and self.often(0.4):
            row["vehicle_kg"] = self.random.randint(2, 12)
            row["vehicle_m3"] = self.maybe(self.random.randint(1, 8))
            row["cost_per_vehicle"] = self.maybe(self.random.randint(0, 9), 0.8)
        return row

    def _lane_resource(self, lanes: list[str]) -> Row:
        row: Row = {
            "lane": self.random.choice(lanes),
            "resource": self.resource(),
            "allowed": self.random.choices((None, True, False), (7, 2, 1))[0],
            "cost_per_unit": self.maybe(self.random.randint(0, 5)),
            "duty_rate": self.maybe(self.random.choice((0.1, 0.5)), 0.3),
            "quantity_max": self.maybe(self.quantity(), 0.4),
        }
        if self.whole:
            row["lot_size"] = self.maybe(self.random.choice((2, 3, 5)), 0.4)
            if row["quantity_max"] is None:
                row["quantity_min"] = self.maybe(self.random.randint(0, 8), 0.4)
        return row

    def _demand(self, number: int) -> Row:
        return {
            "demand": f"D{number}",
            "site": self.site(),
            "resource": self.resource(),
            "period": self.period(),
            "quantity": self.quantity(),
            "priority": self.random.choices((None, 1, 2, 3), (4, 2, 3, 1))[0],
            "lateness_max": self.maybe(self.random.randint(0, 3), 0.4),
            "shortage_cost_per_unit": self.maybe(self.random.randint(0, 30), 0.7),
            "group": self.maybe(self.random.choice(("east", "west")), 0.3),
        }

    def _process_tables(self) -> dict[str, list[Row]]:
        processes, flows = [], []
        for number in self.some(3, 0.5):
            key = f"P{number}"
            lead = self.random.choices((0, 1, 2), (5, 3, 1))[0]
            processes.append(
                {
                    "process": key,
                    "site": self.site(),
                    "runs_max": self.maybe(self.quantity(8), 0.7),
                    "cost_per_run": self.maybe(self.random.randint(0, 6)),
                    "lead_time_periods": lead,
                    "runs_whole": self.maybe(True, 0.4 if self.whole else 0.0),
                }
            )
            # what is used comes before what is made, so that nothing multiplies in a ring
            order = list(self.resources)
            cut = self.random.randint(0, len(order) - 1)
            used = [one for one in order[:cut] if self.often(0.7)]
            made = [one for one in order[cut:] if self.often(0.7)] or [order[cut]]
            flows += [(key, one, -self.random.choice((0.5, 1, 2, 3))) for one in used]
            flows += [(key, one, self.random.choice((0.5, 1, 2))) for one in made]
        names = ("process", "resource", "quantity_per_run")
        return {
            "processes": processes,
            "process_flows": [dict(zip(names, one, strict=True)) for one in flows],
        }

    def _capacity_tables(self, lanes: list[str], processes: list[str]) -> dict[str, list[Row]]:
        capacities, loads = [], {}
        for number in self.some(2, 0.3):
            key = f"C{number}"
            capacities.append({"capacity": key, "amount_max": self.quantity()})
            for _ in range(2):
                activity = self.random.choice(lanes + processes)
                per = self.random.choice(("unit", "kg", "m3"))
                loads[key, activity] = {
                    "capacity": key,
                    "activity": activity,
                    "amount_per_unit": self.random.choice((0, 0.5, 1, 2)),
                    "per": "run" if activity in processes else per,
                }
        return {"capacities": capacities, "capacity_loads": list(loads.values())}

    def _profiles(self, found: dict[str, list[Row]]) -> list[Row]:
        choices = [("lanes", row["lane"], "open") for row in found["lanes"]]
        choices += [("lanes", row["lane"], "mass_kg_max") for row in found["lanes"]]
        choices += [("lanes", row["lane"], "volume_m3_max") for row in found["lanes"]]
        choices += [("processes", row["process"], "runs_max") for row in found["processes"]]
        choices += [("capacities", row["capacity"], "amount_max") for row in found["capacities"]]
        rows = {}
        for _ in self.some(5, 0.5):
            table, key, attribute = self.random.choice(choices)
            period = self.period()
            value = self.random.choice((0, 1)) if attribute == "open" else self.quantity(12)
            rows[table, key, attribute, period] = {
                "table": table,
                "key": key,
                "attribute": attribute,
                "period": period,
                "value": value,
            }
        return list(rows.values())

    def _substitutes(self) -> list[Row]:
        rows = {}
        for _ in self.some(2, 0.4):
            one, other = self.resource(), self.resource()
            if one != other and self.kinds[one] == self.kinds[other]:
                rows[one, other] = {
                    "resource": one,
                    "substitute": other,
                    "quantity_per_unit": self.random.choice((0.5, 1, 2)),
                    "penalty_per_unit": self.maybe(self.random.randint(0, 5)),
                }
        return list(rows.values())

    def _policy_tables(self, found: dict[str, list[Row]]) -> dict[str, list[Row]]:
        there = sorted({row["country"] for row in found["sites"] if row["country"]})
        return {
            "reserves": [self._reserve(k, there) for k in self.some(2, 0.4)],
            "export_limits": [self._export(k, there) for k in self.some(2, 0.4) if there],
            "pledges": [self._pledge(k, there) for k in self.some(3, 0.4) if there],
            "commitments": [
                row for k in self.some(4, 0.4) if (row := self._commitment(k, found)) is not None
            ],
        }

    def _reserve(self, number: int, there: list[str]) -> Row:
        country = self.random.choice(there) if there and self.often(0.4) else None
        return {
            "reserve": f"V{number}",
            "site": None if country else self.site(),
            "country": country,
            "resource": self.resource(),
            "quantity_min": self.quantity(12),
            "hard": self.maybe(True, 0.1),
            "penalty_per_unit": self.maybe(self.random.randint(0, 9)),
        } | self.window()

    def _export(self, number: int, there: list[str]) -> Row:
        by_share = self.often(0.5)
        return {
            "limit": f"X{number}",
            "country": self.random.choice(there),
            "resource": self.resource(),
            "quantity_max": None if by_share and self.often(0.7) else self.quantity(12),
            "share_max": self.random.choice((0, 0.1, 0.5, 1)) if by_share else None,
        } | self.window()

    def _pledge(self, number: int, there: list[str]) -> Row:
        country = self.random.choice(there) if self.often(0.6) else None
        return {
            "pledge": f"G{number}",
            "country": self.random.choice(there),
            "recipient_site": None if country else self.site(),
            "recipient_country": country,
            "resource": self.resource(),
            "quantity": self.quantity(10),
            "period": self.period(),
            "hard": self.maybe(True, 0.1),
            "penalty_per_unit": self.maybe(self.random.randint(0, 9)),
        }

    def _commitment(self, number: int, found: dict[str, list[Row]]) -> Row | None:
        lane = self.random.choice(found["lanes"])
        key, resource, period = lane["lane"], self.resource(), self.period()
        only = [row for row in found["lane_resources"] if row["lane"] == key and row["allowed"]]
        mine = [
            row
            for row in found["lane_resources"]
            if (row["lane"], row["resource"]) == (key, resource)
        ]
        closed = {
            "table": "lanes", "key": key, "attribute": "open", "period": period, "value": 0,
        } in found["profiles"]  # fmt: skip
        can = period + lane["lead_time_periods"] < self.periods and not closed
        can = can and not (only and resource not in [row["resource"] for row in only])
        can = can and not (mine and mine[0]["allowed"] is False)
        return {
            "commitment": f"O{number}",
            "lane": key,
            "resource": resource,
            "period": period,
            "quantity": self.quantity(6),
            "firm": self.maybe(True, 0.25) if can else None,
        }

    def objective(self) -> Objective:
        """Mostly the default; now and then a sub-list in any order, or the single sum."""
        stages = STAGES
        if self.often(0.15):
            stages = ("total",)
        elif self.often(0.2):
            stages = tuple(self.random.sample(STAGES, self.random.randint(1, 6)))
        late = self.random.choice((0.0, 0.5, 3.0))
        return Objective(stages, lateness_cost=late)


def random_network(
    seed: int, *, whole: bool = False, objective: Objective | None = None
) -> Network:
    """The network of a seed; the same on every machine."""
    generator = Generator(seed, whole=whole)
    tables = generator.tables()
    return from_rows(
        tables, periods=generator.periods, objective=objective or generator.objective()
    )


def from_rows(tables: dict[str, list[Row]], *, periods: int, objective: Objective) -> Network:
    """A network from lists of rows; tables without rows are left out."""
    frames = {
        name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items() if rows
    }
    return Network.from_frames(
        frames, name="random", start=date(2020, 2, 10), periods=periods, objective=objective
    )
