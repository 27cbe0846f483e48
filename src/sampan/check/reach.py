"""Where a unit of each resource can be, and when, if nothing were scarce.

One pass over the periods. Of all units that could be somewhere, the one with the latest last
usable period can do whatever the others can; so one number a site, resource and period is
enough: that period, or -1 where there can be none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sampan.check.facts import KEEPS, Bools, Facts, Ints

Last = NDArray[np.int32]
NEVER = -1


@dataclass(frozen=True)
class Reach:
    """What can be where, and which processes ever have all their inputs."""

    last: Last
    """Periods × sites × resources: the latest last usable period; `NEVER` if none is there."""
    supplied: Bools
    """A process: whether all its inputs can be at its site in one period."""


class _Lanes:
    """Lanes of one lead time, sorted by destination."""

    def __init__(self, facts: Facts, lead: int, chosen: Ints) -> None:
        self.lead = lead
        self.lane = chosen[np.argsort(facts.lane_destination[chosen], kind="stable")]
        self.origin = facts.lane_origin[self.lane]
        destination = facts.lane_destination[self.lane]
        self.destination, self.starts = np.unique(destination, return_index=True)


class _Walk:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        size = (facts.periods, len(facts.sites), len(facts.resources))
        self.last: Last = np.full(size, NEVER, dtype=np.int32)
        self.groups = _lane_groups(facts)
        flows = facts.flows
        used = flows.filter(pl.col("quantity") < 0)
        made = flows.filter(pl.col("quantity") > 0)
        self.used = tuple(used[name].to_numpy() for name in ("process", "site", "resource"))
        self.made = tuple(made[name].to_numpy() for name in ("process", "site", "resource"))
        self.supplied = np.zeros(len(facts.processes), dtype=bool)
        self.has_blocked = _Blocked(facts)

    def run(self) -> Reach:
        self._place("stocks")
        self._place("arrivals")
        for period in range(self.facts.periods):
            self._keep(period)
            for group in self.groups:
                if 0 < group.lead <= period:
                    self._carry(group, period - group.lead)
            while self._pass_on(period) or self._make(period):
                pass
        return Reach(self.last, self.supplied)

    def _place(self, table: str) -> None:
        """Stocks and arrivals, each until it expires."""
        facts = self.facts
        rows = facts.network.table(table)
        site, resource = facts.site_of(rows["site"]), facts.resource_of(rows["resource"])
        if table == "stocks":
            period = np.zeros(len(rows), dtype=np.int64)
        else:
            period = rows["period"].fill_null(NEVER).to_numpy()
        known = (site >= 0) & (resource >= 0) & (period >= 0) & (period < facts.periods)
        known &= (rows["quantity"] > 0).fill_null(value=False).to_numpy()
        site, resource, period = site[known], resource[known], period[known]
        default = np.full(len(site), KEEPS)
        if table == "arrivals":
            default = np.minimum(period + facts.shelf_life[resource], KEEPS)
        stated = rows["expires_period"].filter(pl.Series(known))
        last = np.where(stated.is_null(), default, stated.fill_null(0).to_numpy())
        last = np.minimum(last, KEEPS)
        usable = last >= period
        where = (period[usable], site[usable], resource[usable])
        np.maximum.at(self.last, where, last[usable].astype(np.int32))

    def _keep(self, period: int) -> None:
        """What was there before and can still be used; services do not stay."""
        if period == 0:
            return
        before = np.where(self.last[period - 1] >= period, self.last[period - 1], NEVER)
        before[:, self.facts.is_service] = NEVER
        np.maximum(self.last[period], before, out=self.last[period])

    def _carry(self, group: _Lanes, depart: int) -> bool:
        """What leaves on these lanes and can be used when it arrives; whether that is new."""
        facts, arrive = self.facts, depart + group.lead
        cargo = self.last[depart][group.origin]
        cargo[:, facts.is_service] = np.where(
            cargo[:, facts.is_service] >= 0, arrive, NEVER
        )  # a service lasts for its way, and is used where it arrives
        stopped = ~facts.carries[group.lane] | (cargo < arrive)
        stopped |= ~facts.lane_open[group.lane, depart][:, None]
        self.has_blocked.stop(stopped, group.lane, depart)
        cargo[stopped] = NEVER
        best = np.maximum.reduceat(cargo, group.starts, axis=0)
        there = self.last[arrive, group.destination]
        self.last[arrive, group.destination] = np.maximum(there, best)
        return bool((best > there).any())

    def _pass_on(self, period: int) -> bool:
        """Lanes of no lead time, once over; whether anything came somewhere new."""
        at_once = self.groups[:1] if self.groups and self.groups[0].lead == 0 else []
        return any(self._carry(group, period) for group in at_once)

    def _make(self, period: int) -> bool:
        """Runs that start in the period; whether they add something in the same period."""
        facts, here = self.facts, self.last[period]
        process, site, resource = self.used
        missing = np.bincount(process[here[site, resource] < 0], minlength=len(facts.processes))
        self.supplied |= missing == 0
        process, site, resource = self.made
        done = period + facts.process_lead[process]
        runs = (missing[process] == 0) & (facts.runs_max[process, period] > 0)
        runs &= done < facts.periods
        site, resource, done = site[runs], resource[runs], done[runs]
        life = np.where(facts.is_service[resource], 0, facts.shelf_life[resource])
        last = np.minimum(done + life, KEEPS).astype(np.int32)
        at_once = done == period
        new = (last > self.last[done, site, resource]) & at_once
        np.maximum.at(self.last, (done, site, resource), last)
        return bool(new.any())


class _Blocked:
    """Lanes whose limit by mass or volume is zero in some period."""

    def __init__(self, facts: Facts) -> None:
        self.closed = []
        for limit, size in (("mass_kg_max", "mass_kg"), ("volume_m3_max", "volume_m3")):
            zero = facts.lane_limit(limit) == 0
            if zero.any():
                self.closed.append((zero, (facts.resources[size] > 0).to_numpy()))

    def stop(self, stopped: Bools, lane: Ints, period: int) -> None:
        for zero, sized in self.closed:
            stopped |= zero[lane, period][:, None] & sized[None, :]


def _lane_groups(facts: Facts) -> list[_Lanes]:
    known = (facts.lane_origin >= 0) & (facts.lane_destination >= 0)
    known &= facts.lane_lead < facts.periods
    lanes = np.flatnonzero(known)
    leads = facts.lane_lead[lanes]
    return [_Lanes(facts, int(lead), lanes[leads == lead]) for lead in np.unique(leads)]


def reach(facts: Facts) -> Reach:
    """Follow stocks, arrivals, runs and lanes through the calendar."""
    return _Walk(facts).run()
