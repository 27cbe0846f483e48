"""Where each layer can be at all, and how much of it there can be: upper bounds of variables."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from sampan.verify.need import useful
from sampan.verify.world import Bools, Floats, Ints, World


class Reach:
    """What could be where and when, if nothing were scarce.

    Attributes
    ----------
    present
        (T, S, Q): whether units of the layer can be at the site in the period.
    possible
        (P, T): whether all that a run uses can be there.
    total
        (T, Q): units of the layer that can have come into being by then, at all sites together.
    runs
        (P, T): runs that can start.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        periods, layers = world.periods, world.layers
        self.present: Bools = np.zeros(
            (periods, len(world.sites), len(layers.resource)), dtype=bool
        )
        self.possible: Bools = np.zeros((len(world.processes), periods), dtype=bool)
        self._used, self._made = world.flows(used=True), world.flows(used=False)
        self._groups = _by_lead(world)
        self._walk()
        self.total, self.runs = self._amounts()

    def _walk(self) -> None:
        world = self.world
        period, site, layer, quantity = world.supply
        some = quantity > 0
        self.present[period[some], site[some], layer[some]] = True
        # what expired before it came does not count
        last, stays = world.layers.last, ~world.is_service[world.layers.resource]
        for now in range(world.periods):
            if now > 0:
                self.present[now] |= self.present[now - 1] & stays
            self.present[now][:, last < now] = False
            for lead, lanes in self._groups:
                if 0 < lead <= now:
                    self._carry(lanes, now - lead, now)
            self._make(now, np.flatnonzero(world.process_lead > 0), at_once=False)
            self._start(now)
            while self._at_once(now):
                pass

    def _at_once(self, now: int) -> bool:
        """One pass over lanes and processes of no lead time; whether anything is new."""
        before = self.present[now].sum() + self.possible[:, now].sum()
        for lead, lanes in self._groups:
            if lead == 0:
                self._carry(lanes, now, now)
        self._make(now, np.flatnonzero(self.world.process_lead == 0), at_once=True)
        self._start(now)
        return bool(self.present[now].sum() + self.possible[:, now].sum() > before)

    def _carry(self, lanes: Ints, depart: int, arrive: int) -> None:
        world = self.world
        lanes = lanes[world.lane_open[lanes, depart]]
        if len(lanes) == 0:
            return
        resource, last = world.layers.resource, world.layers.last
        goes = self.present[depart][world.origin[lanes]] & world.carries[lanes][:, resource]
        goes[:, last < arrive] = False
        into = sparse.csr_array(
            (np.ones(len(lanes), np.int32), (world.destination[lanes], np.arange(len(lanes)))),
            shape=(len(world.sites), len(lanes)),
        )
        self.present[arrive] |= (into @ goes.astype(np.int32)) > 0

    def _start(self, now: int) -> None:
        """Which processes have all their inputs."""
        world = self.world
        process, resource, _ = self._used
        there = np.zeros((len(world.sites), len(world.resources)), dtype=bool)
        site, layer = np.nonzero(self.present[now])
        there[site, world.layers.resource[layer]] = True
        can = world.own_runs_max[:, now] > 0
        np.logical_and.at(can, process, there[world.process_site[process], resource])
        self.possible[:, now] = can

    def _make(self, now: int, chosen: Ints, *, at_once: bool) -> None:
        world = self.world
        process, resource, _ = self._made
        begun = now - world.process_lead[process]
        out = np.isin(process, chosen) & (begun >= 0)
        out[out] = self.possible[process[out], begun[out]]
        process, resource = process[out], resource[out]
        layer = world.layers.made(resource, np.full(len(resource), now))
        self.present[now, world.process_site[process], layer] = True

    def _amounts(self) -> tuple[Floats, Floats]:
        """Totals by layer, and runs by process, period after period."""
        world, layers = self.world, self.world.layers
        supplied = np.zeros((world.periods, len(layers.resource)))
        period, _, layer, quantity = world.supply
        np.add.at(supplied, (period, layer), quantity)
        supplied = np.cumsum(supplied, axis=0)
        own = np.where(self.possible, world.own_runs_max, 0.0)
        runs, so_far = np.zeros_like(own), np.zeros_like(own)
        total = np.zeros_like(supplied)
        ringed = _in_rings(world)
        useful_units, useful_runs = useful(world)
        own = np.minimum(own, useful_runs[:, None])
        for now in range(world.periods):
            for _ in range(len(world.processes) + 2):
                before = total[now].copy()
                total[now] = supplied[now] + self._made_by(now, runs, so_far)
                np.minimum(total[now], useful_units[layers.resource], out=total[now])
                most = self._runs_from(total[now], useful_units, ringed)
                runs[:, now] = np.minimum(own[:, now], most)
                earlier = so_far[:, now - 1] if now else 0.0
                so_far[:, now] = np.minimum(earlier + runs[:, now], most)
                if np.array_equal(before, total[now]):
                    break
        return total, runs

    def _made_by(self, now: int, runs: Floats, so_far: Floats) -> Floats:
        """(Q,): what can have come out by now."""
        world, layers = self.world, self.world.layers
        made = np.zeros(len(layers.resource))
        process, resource, quantity = self._made
        ages = (world.resources["shelf_life_periods"].is_not_null()).to_numpy()[resource]
        begun = now - world.process_lead[process]
        keeps = ~ages & (begun >= 0)
        amount = quantity[keeps] * so_far[process[keeps], begun[keeps]]
        np.add.at(made, layers.made(resource[keeps], np.full(keeps.sum(), now)), amount)
        for flow in np.flatnonzero(ages & (begun >= 0)):
            started = np.arange(begun[flow] + 1)
            out = started + world.process_lead[process[flow]]
            layer = layers.made(np.full(len(out), resource[flow]), out)
            np.add.at(made, layer, quantity[flow] * runs[process[flow], started])
        return made

    def _runs_from(self, total: Floats, useful_units: Floats, ringed: Bools) -> Floats:
        """(P,): runs, up to now together, for which there can be input."""
        world = self.world
        of_resource = np.bincount(
            world.layers.resource, weights=total, minlength=len(world.resources)
        )
        of_resource = np.minimum(of_resource, useful_units)
        process, resource, quantity = self._used
        most = np.full(len(world.processes), np.inf)
        with np.errstate(over="ignore"):
            np.minimum.at(most, process, of_resource[resource] / quantity)
        most[ringed] = np.inf
        return most


def _by_lead(world: World) -> list[tuple[int, Ints]]:
    return [
        (int(lead), np.flatnonzero(world.lane_lead == lead)) for lead in np.unique(world.lane_lead)
    ]


def _in_rings(world: World) -> Bools:
    """(P,): processes of no lead time that may take in what they or others at once make of it.

    What they turn over within one period is not limited by what there is.
    """
    count, resources = len(world.processes), len(world.resources)
    at_once = world.process_lead == 0
    used, made = world.flows(used=True), world.flows(used=False)
    tails = np.concatenate([used[1], made[0] + resources])
    heads = np.concatenate([used[0] + resources, made[1]])
    chosen = at_once[np.concatenate([used[0], made[0]])]
    size = resources + count
    arcs = sparse.csr_array(
        (np.ones(chosen.sum()), (tails[chosen], heads[chosen])), shape=(size, size)
    )
    _, group = sparse.csgraph.connected_components(arcs, directed=True, connection="strong")
    alone = np.bincount(group)[group] == 1
    ringed: Bools = ~alone[resources:]
    return ringed
