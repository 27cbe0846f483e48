"""Objective stages in their order, max-min by probing or by search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from ortools.linear_solver import pywraplp
from program import INFINITY, Row, Terms
from rules import Rules

BY_CLASS = ("shortage", "fairness", "lateness")


class InfeasibleError(Exception):
    """Hard rules contradict each other."""


class LostError(Exception):
    """There was a plan, but rounding has left no room for it."""


class Stages(Rules):
    """A program that is solved stage after stage."""

    solves = 0
    afresh = pywraplp.MPSolverParameters()
    afresh.SetIntegerParam(afresh.INCREMENTALITY, afresh.INCREMENTALITY_OFF)

    def solve(self) -> Row:
        """Optimal values by `stage:part`, and by class all fill rates in rising order."""
        values: dict[str, float] = {}
        fill_rates: dict[int, list[float]] = {}
        tolerance = self.objective["tolerance"]
        for stage in self.objective["stages"]:
            for priority in self._classes() if stage in BY_CLASS else [0]:
                if stage == "fairness":
                    fill_rates[priority] = self._fairness(priority)
                    continue
                terms = self._terms(stage, priority)
                value = self.minimise(terms)
                part = str(priority) if stage in BY_CLASS else "all"
                values[f"{stage}:{part}"] = value
                keep = value * (1 + tolerance) + self.slack * max(1.0, abs(value))
                self.add(-INFINITY, terms, keep)
        return {"values": values, "fill_rates": fill_rates}

    def minimise(self, terms: Terms) -> float:
        """The least value of a sum."""
        objective = self.solver.Objective()
        objective.Clear()
        sums: dict[int, float] = defaultdict(float)
        variables = {}
        for variable, value in terms:
            sums[variable.index()] += value
            variables[variable.index()] = variable
        for index, value in sums.items():
            objective.SetCoefficient(variables[index], value)
        objective.SetMinimization()
        status = self.solver.Solve(self.afresh)
        self.solves += 1
        if status == pywraplp.Solver.INFEASIBLE:
            raise LostError if self.solves > 1 else InfeasibleError
        assert status == pywraplp.Solver.OPTIMAL, f"the peer ended with status {status}"
        return float(objective.Value())

    def _classes(self) -> list[int]:
        return sorted({row["priority"] for row in self.rows["demands"] if row["quantity"] > 0})

    def _weights(self, priority: int) -> dict[int, float]:
        """By demand: importance ÷ all demand of the resource in the class."""
        inside = [
            (number, row)
            for number, row in enumerate(self.rows["demands"])
            if row["priority"] == priority and row["quantity"] > 0
        ]
        wanted: dict[str, float] = defaultdict(float)
        for _, row in inside:
            wanted[row["resource"]] += row["quantity"]
        return {
            number: self.resources[row["resource"]]["importance"] / wanted[row["resource"]]
            for number, row in inside
        }

    def _terms(self, stage: str, priority: int) -> Terms:
        if stage == "shortage":
            return [
                (self.unmet[number], weight) for number, weight in self._weights(priority).items()
            ]
        if stage == "lateness":
            weights = self._weights(priority)
            return [
                (variable, weights.get(key[0], 0.0) * late)
                for key, variable, late in self._late_wanted()
            ]
        if stage == "policy":
            return self._policy_terms()
        if stage == "cost":
            return self._cost_terms()
        if stage == "changes":
            return self.change
        return self._total_terms()

    def _late_wanted(self) -> Iterable[tuple[Any, Any, float]]:
        """Delivery key, variable, wanted units × periods late for one unit."""
        for key, variable in self.deliver.items():
            row = self.rows["demands"][key[0]]
            per_unit = next(per for name, per, _ in self._options(row) if name == key[1])
            yield key, variable, (key[3] - row["period"]) / per_unit

    def _policy_terms(self) -> Terms:
        terms = [
            (variable, 1.0 / self.rows["reserves"][number]["quantity_min"])
            for (number, _), variable in self.reserve_breach.items()
            if self.rows["reserves"][number]["quantity_min"] > 0
        ]
        terms += [
            (variable, 1.0 / row["quantity"])
            for variable, row in zip(self.pledge_breach, self.rows["pledges"], strict=True)
            if row["quantity"] > 0
        ]
        for (site, _), variable in self.overfull.items():
            room = self.sites[site]["storage_m3_max"]
            terms.append((variable, 1.0 / room if room > 0 else 1.0))
        return terms

    def _cost_terms(self) -> Terms:
        terms = [
            (variable, self.processes[key[0]]["cost_per_run"]) for key, variable in self.run.items()
        ]
        for (lane, resource, _, _), variable in self.ship.items():
            row, goods = self.lanes[lane], self.resources[resource]
            entry = self.lane_resource.get((lane, resource))
            money = row["cost_per_kg"] * goods["mass_kg"] + row["cost_per_m3"] * goods["volume_m3"]
            if entry is not None:
                money += entry["cost_per_unit"] + entry["duty_rate"] * goods["value"]
            terms.append((variable, money))
        for (lane, _), variable in self.vehicles.items():
            terms.append((variable, self.lanes[lane]["cost_per_vehicle"] or 0.0))
        terms += [(v, self.resources[key[1]]["holding_cost"]) for key, v in self.stock.items()]
        terms += [(v, self.resources[key[1]]["value"]) for key, v in self.lost.items()]
        for (number, resource, _, _), variable in self.deliver.items():
            for name, per_unit, penalty in self._options(self.rows["demands"][number])[1:]:
                if name == resource:
                    terms.append((variable, penalty / per_unit))
        return terms

    def _total_terms(self) -> Terms:
        terms = self._cost_terms()
        for variable, row in zip(self.unmet, self.rows["demands"], strict=True):
            terms.append((variable, row["shortage_cost_per_unit"]))
        cost = self.objective["lateness_cost"]
        terms += [(variable, cost * late) for _, variable, late in self._late_wanted()]
        for (number, _), variable in self.reserve_breach.items():
            terms.append((variable, self.rows["reserves"][number]["penalty_per_unit"]))
        for variable, row in zip(self.pledge_breach, self.rows["pledges"], strict=True):
            terms.append((variable, row["penalty_per_unit"]))
        return terms

    # ---- max-min -------------------------------------------------------------------------

    def _pairs(self, priority: int) -> list[Terms]:
        """For each resource and group of the class, the terms of its unmet share."""
        pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, row in enumerate(self.rows["demands"]):
            if row["priority"] == priority and row["quantity"] > 0:
                pairs[row["resource"], row["group"] or row["site"]].append(number)
        found = []
        for numbers in pairs.values():
            wanted = sum(self.rows["demands"][number]["quantity"] for number in numbers)
            found.append([(self.unmet[number], 1.0 / wanted) for number in numbers])
        return found

    def _fairness(self, priority: int) -> list[float]:
        pairs = self._pairs(priority)
        return self._by_search(pairs) if self.whole else self._by_probing(pairs)

    def _by_probing(self, pairs: list[Terms]) -> list[float]:
        """Raise all free pairs together; fix each that cannot rise when probed on its own."""
        levels: dict[int, float] = {}
        while len(levels) < len(pairs):
            free = [number for number in range(len(pairs)) if number not in levels]
            worst = self.new(1.0)
            for number in free:
                self.add(-INFINITY, [*pairs[number], (worst, -1.0)], 0.0)
            self.add(0.0, [(worst, 1.0)], unmet := self.minimise([(worst, 1.0)]) + self.slack)
            before = len(levels)
            for number in free:
                if self.minimise(pairs[number]) > unmet - 1e-7:
                    levels[number] = 1.0 - unmet
                    self.add(-INFINITY, pairs[number], unmet)
            assert len(levels) > before, "no pair is at the level"
        return sorted(levels.values())

    def _by_search(self, pairs: list[Terms]) -> list[float]:
        """The r-th lowest as high as possible: all but r − 1 chosen pairs lie at or above it."""
        levels = []
        for left_out in range(len(pairs)):
            worst = self.new(1.0)
            chosen = [self.new(1.0, whole=True) for _ in pairs]
            for terms, choice in zip(pairs, chosen, strict=True):
                self.add(-INFINITY, [*terms, (worst, -1.0), (choice, -1.0)], 0.0)
            self.add(0.0, [(choice, 1.0) for choice in chosen], left_out)
            unmet = self.minimise([(worst, 1.0)])
            self.add(0.0, [(worst, 1.0)], unmet + self.slack)
            levels.append(1.0 - unmet)
        return levels
