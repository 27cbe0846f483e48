"""Variables, balances, expiry and demands (rules 1, 2 and 4), in plain loops."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ortools.linear_solver import pywraplp

Row = dict[str, Any]
Terms = list[tuple[Any, float]]
INFINITY = float("inf")
VEHICLE = ("vehicle_kg", "vehicle_m3", "cost_per_vehicle")
MOST = 10_000.0
"""More than any shipment of the random networks can be."""


class Program:
    """Variables, balances and demands of one network."""

    def __init__(self, given: Row, slack: float) -> None:
        self.rows: dict[str, list[Row]] = given["tables"]
        self.periods: int = given["periods"]
        self.objective: Row = given["objective"]
        self.sites = {row["site"]: row for row in self.rows["sites"]}
        self.resources = {row["resource"]: row for row in self.rows["resources"]}
        self.lanes = {row["lane"]: row for row in self.rows["lanes"]}
        self.processes = {row["process"]: row for row in self.rows["processes"]}
        self.lane_resource = {
            (row["lane"], row["resource"]): row for row in self.rows["lane_resources"]
        }
        self.profile = {
            (row["table"], row["key"], row["attribute"], row["period"]): row["value"]
            for row in self.rows["profiles"]
        }
        self.flows = defaultdict(list)
        for row in self.rows["process_flows"]:
            self.flows[row["process"]].append((row["resource"], row["quantity_per_run"]))
        self.whole = self._asks_whole()
        self.solver = pywraplp.Solver.CreateSolver("SCIP" if self.whole else "GLOP")
        parameters = (
            "numerics/feastol = 1e-8\nlimits/gap = 0\n"
            if self.whole
            else "primal_feasibility_tolerance: 1e-9 dual_feasibility_tolerance: 1e-9"
        )
        assert self.solver.SetSolverSpecificParametersAsString(parameters)
        self.slack = slack
        self._variables()
        self._balances()
        self._demands()

    def new(self, upper: float = INFINITY, *, whole: bool = False) -> Any:
        """A variable from 0 to `upper`."""
        make = self.solver.IntVar if whole else self.solver.NumVar
        return make(0.0, self.solver.infinity() if upper == INFINITY else upper, "")

    def add(self, lower: float, terms: Terms, upper: float) -> None:
        """A row lower ≤ Σ terms ≤ upper."""
        infinity = self.solver.infinity()
        row = self.solver.Constraint(
            -infinity if lower == -INFINITY else lower, infinity if upper == INFINITY else upper
        )
        sums: dict[int, float] = defaultdict(float)
        variables = {}
        for variable, value in terms:
            sums[variable.index()] += value
            variables[variable.index()] = variable
        for index, value in sums.items():
            row.SetCoefficient(variables[index], value)

    def kind(self, resource: str) -> str:
        """`good`, `service` or `equipment`."""
        return self.resources[resource]["kind"]

    def limit(self, table: str, key: str, attribute: str, period: int, own: float) -> float:
        """A per-period limit, from the profile if there is one."""
        return self.profile.get((table, key, attribute, period), own)

    def _asks_whole(self) -> bool:
        return (
            any(row["runs_whole"] for row in self.rows["processes"])
            or any(self._vehicles(row) for row in self.rows["lanes"])
            or any(row["lot_size"] or row["quantity_min"] for row in self.rows["lane_resources"])
        )

    @staticmethod
    def _vehicles(row: Row) -> bool:
        return any(row[name] is not None for name in VEHICLE)

    def carries(self, lane: str, resource: str) -> bool:
        """Whether a lane may carry a resource."""
        only = [
            key[1] for key, row in self.lane_resource.items() if key[0] == lane and row["allowed"]
        ]
        if only and resource not in only:
            return False
        entry = self.lane_resource.get((lane, resource))
        return entry is None or entry["allowed"] is not False

    def usable(self, label: int | None, period: int) -> bool:
        """Whether units with a last usable period can be used in a period."""
        return label is None or period <= label

    # ---- variables -----------------------------------------------------------------------

    def _variables(self) -> None:
        self.supply: dict[tuple[str, str, int | None, int], float] = defaultdict(float)
        labels: dict[str, set[int | None]] = {key: {None} for key in self.resources}
        for row in self.rows["stocks"]:
            key = row["site"], row["resource"], row["expires_period"], 0
            self.supply[key] += row["quantity"]
            labels[row["resource"]].add(row["expires_period"])
        for row in self.rows["arrivals"]:
            label = row["expires_period"]
            if label is None:
                label = self.made_label(row["resource"], row["period"])
            self.supply[row["site"], row["resource"], label, row["period"]] += row["quantity"]
            labels[row["resource"]].add(label)
        for flows in self.flows.values():
            for resource, quantity in flows:
                if quantity > 0:
                    labels[resource] |= {self.made_label(resource, t) for t in range(self.periods)}
        self.labels = labels
        self._shipments()
        self._others()

    def made_label(self, resource: str, period: int) -> int | None:
        """Last usable period of what is made or arrives in a period."""
        shelf = self.resources[resource]["shelf_life_periods"]
        return None if shelf is None or self.kind(resource) != "good" else period + shelf

    def _shipments(self) -> None:
        self.ship: dict[tuple[str, str, int | None, int], Any] = {}
        for lane, row in self.lanes.items():
            for resource in self.resources:
                if not self.carries(lane, resource):
                    continue
                for period in range(self.periods):
                    arrive = period + row["lead_time_periods"]
                    if arrive >= self.periods or self.limit("lanes", lane, "open", period, 1) == 0:
                        continue
                    for label in self.labels[resource]:
                        if self.usable(label, arrive):
                            self.ship[lane, resource, label, period] = self.new()

    def _others(self) -> None:
        self.stock: dict[tuple[str, str, int | None, int], Any] = {}
        self.lost: dict[tuple[str, str, int], Any] = {}
        for site in self.sites:
            for resource in self.resources:
                for label in self.labels[resource]:
                    for period in range(self.periods):
                        if self.kind(resource) != "service" and (label is None or period < label):
                            self.stock[site, resource, label, period] = self.new()
                    if label is not None and label < self.periods:
                        self.lost[site, resource, label] = self.new()
        self.run = {}
        for key, row in self.processes.items():
            for period in range(self.periods - row["lead_time_periods"]):
                most = self.limit("processes", key, "runs_max", period, row["runs_max"])
                if row["runs_whole"] and most < INFINITY:
                    most = float(int(most))
                self.run[key, period] = self.new(most, whole=row["runs_whole"])
        self.draw = {
            (process, resource, label, period): self.new()
            for (process, period) in self.run
            for resource, quantity in self.flows[process]
            if quantity < 0
            for label in self.labels[resource]
            if self.usable(label, period)
        }

    # ---- rules ---------------------------------------------------------------------------

    def _balances(self) -> None:
        """Rule 1 and 2, one row for every site, resource, expiry and period."""
        self._deliveries()
        left: dict[tuple[str, str, int | None, int], Terms] = defaultdict(list)
        for (site, resource, label, period), variable in self.stock.items():
            left[site, resource, label, period].append((variable, 1.0))
            left[site, resource, label, period + 1].append((variable, -1.0))
        for (site, resource, label), variable in self.lost.items():
            left[site, resource, label, label].append((variable, 1.0))
        for (lane, resource, label, period), variable in self.ship.items():
            row = self.lanes[lane]
            left[row["origin"], resource, label, period].append((variable, 1.0))
            arrive = period + row["lead_time_periods"]
            left[row["destination"], resource, label, arrive].append((variable, -1.0))
        for (process, resource, label, period), variable in self.draw.items():
            site = self.processes[process]["site"]
            left[site, resource, label, period].append((variable, 1.0))
        self._run_terms(left)
        for (number, resource, label, period), variable in self.deliver.items():
            if self.kind(resource) != "equipment":
                site = self.rows["demands"][number]["site"]
                left[site, resource, label, period].append((variable, 1.0))
        for site in self.sites:
            for resource in self.resources:
                for label in self.labels[resource]:
                    self._balance(left, site, resource, label)

    def _balance(self, left: Any, site: str, resource: str, label: int | None) -> None:
        for period in range(self.periods):
            if not self.usable(label, period):
                continue
            key = site, resource, label, period
            supply = self.supply.get(key, 0.0)
            lower = -INFINITY if self.kind(resource) == "service" else supply
            self.add(lower, left[key], supply)

    def _run_terms(self, left: Any) -> None:
        for (process, period), variable in self.run.items():
            row = self.processes[process]
            for resource, quantity in self.flows[process]:
                if quantity > 0:
                    out = period + row["lead_time_periods"]
                    label = self.made_label(resource, out)
                    left[row["site"], resource, label, out].append((variable, -quantity))
                elif quantity < 0:
                    terms = [
                        (self.draw[process, resource, label, period], 1.0)
                        for label in self.labels[resource]
                        if (process, resource, label, period) in self.draw
                    ]
                    self.add(0.0, [*terms, (variable, quantity)], 0.0)

    def _options(self, row: Row) -> list[tuple[str, float, float]]:
        """Resource delivered, quantity for one wanted, penalty per unit wanted."""
        return [(row["resource"], 1.0, 0.0)] + [
            (one["substitute"], one["quantity_per_unit"], one["penalty_per_unit"])
            for one in self.rows["substitutes"]
            if one["resource"] == row["resource"]
        ]

    def _deliveries(self) -> None:
        self.deliver = {}
        for number, row in enumerate(self.rows["demands"]):
            late = row["lateness_max"]
            if late is None:
                late = self.periods if self.kind(row["resource"]) == "good" else 0
            for resource, _, _ in self._options(row):
                for label in self.labels[resource]:
                    for period in range(
                        row["period"], min(row["period"] + late, self.periods - 1) + 1
                    ):
                        if self.usable(label, period):
                            self.deliver[number, resource, label, period] = self.new()

    def _demands(self) -> None:
        """Rule 4, and that equipment serves one at a time."""
        self.unmet = []
        for number, row in enumerate(self.rows["demands"]):
            self.unmet.append(self.new())
            terms = [(self.unmet[number], 1.0)]
            for resource, per_unit, _ in self._options(row):
                terms += [
                    (variable, 1.0 / per_unit)
                    for key, variable in self.deliver.items()
                    if key[:2] == (number, resource)
                ]
            self.add(row["quantity"], terms, row["quantity"])
        busy: dict[tuple[str, str, int], Terms] = defaultdict(list)
        for (number, resource, _, period), variable in self.deliver.items():
            if self.kind(resource) == "equipment":
                site = self.rows["demands"][number]["site"]
                busy[site, resource, period].append((variable, 1.0))
        for (site, resource, period), terms in busy.items():
            stands = [
                (self.stock[site, resource, label, period], -1.0)
                for label in self.labels[resource]
                if (site, resource, label, period) in self.stock
            ]
            self.add(-INFINITY, terms + stands, 0.0)
