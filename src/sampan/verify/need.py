"""How much of each resource is of any use: a bound where purchases have none of their own.

A unit counts as bought if nothing given went into it. Bought units that are neither delivered,
nor used in a run that is of use itself, nor part of a reserve, a pledge or a commitment can be
left out of any plan, and with them the runs that make nothing else; no stage gets worse by it:
stocks, loads and costs only shrink. The exception is output that raises an export limit's share;
there nothing is said (`inf`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sampan.verify.world import Floats, World


def useful(world: World) -> tuple[Floats, Floats]:
    """What a best plan needs at most, over all sites and periods; `inf` if nothing is known.

    Returns
    -------
    total
        (K,): units that there are, given or made.
    runs
        (P,): runs of processes that use nothing; `inf` for all others.
    """
    outputs, shares = _outputs(world), _shares(world)
    share_limits = world.tables.network.table("export_limits")["share_max"]
    if share_limits.is_not_null().any():
        # a share can make any output of use, and whatever goes into it
        return np.full(outputs.shape[0], np.inf), np.full(outputs.shape[1], np.inf)
    given = _settled(_supplied(world), outputs @ shares)
    runs_for = np.divide(1.0, outputs, out=np.zeros_like(outputs), where=outputs > 0).T
    uses = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0).T
    # a run with something given in it may use bought units beside
    mixed = _times(uses, _times(shares, given))
    bought_runs = _times(runs_for, _settled(_asked(world) + mixed, uses @ runs_for))
    total: Floats = given + _times(outputs, bought_runs)
    return total, np.where((shares > 0).any(axis=1), np.inf, bought_runs)


def _times(matrix: Floats, vector: Floats) -> Floats:
    """Matrix times vector, where nothing times infinity is nothing."""
    with np.errstate(invalid="ignore", over="ignore"):
        product: Floats = np.where(matrix != 0, matrix * vector, 0.0).sum(axis=1)
    return product


def _settled(base: Floats, matrix: Floats) -> Floats:
    """The fixed point of x = base + M x, found in as many steps as a path can be long."""
    value = base
    for _ in range(len(base) + 1):
        following = base + _times(matrix, value)
        if np.array_equal(following, value):
            return following
        value = following
    # a ring: what has not come to rest has no bound here, nor what follows from it
    while True:
        following = np.where(base + _times(matrix, value) > value, np.inf, value)
        if np.array_equal(following, value):
            return following
        value = following


def _shares(world: World) -> Floats:
    """(P, K): 1 ÷ quantity used by a run."""
    process, resource, quantity = world.flows(used=True)
    shares = np.zeros((len(world.processes), len(world.resources)))
    shares[process, resource] = 1.0 / quantity
    return shares


def _outputs(world: World) -> Floats:
    """(K, P): quantity made by a run."""
    process, resource, quantity = world.flows(used=False)
    outputs = np.zeros((len(world.resources), len(world.processes)))
    outputs[resource, process] = quantity
    return outputs


def _supplied(world: World) -> Floats:
    """(K,): stocks and arrivals."""
    _, _, layer, quantity = world.supply
    total = np.zeros(len(world.resources))
    np.add.at(total, world.layers.resource[layer], quantity)
    return total


def _asked(world: World) -> Floats:
    """(K,): units that demands, reserves, pledges and commitments ask for."""
    tables, asked = world.tables, np.zeros(len(world.resources))
    accepted = tables.accepted.join(
        tables.demands.select("demand", "quantity"), on="demand"
    ).select("resource", (pl.col("quantity") * pl.col("quantity_per_unit")).alias("quantity"))
    reserves = tables.network.table("reserves").select(
        "resource",
        # every period may want fresh units
        (pl.col("quantity_min") * world.periods).alias("quantity"),
    )
    rows = [accepted, reserves]
    rows += [tables.network.table(name).select("resource", "quantity")
             for name in ("pledges", "commitments")]  # fmt: skip
    together = pl.concat(rows)
    np.add.at(asked, world.resource_at(together["resource"]), together["quantity"].to_numpy())
    return asked
