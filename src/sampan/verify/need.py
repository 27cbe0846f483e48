"""How much of each resource is of any use: a bound where purchases have none of their own.

A unit counts as bought if nothing given went into it. Bought units that are neither delivered,
nor used in a run that is of use itself, nor part of a reserve, a pledge or a commitment can be
left out of any plan, and no stage gets worse: stocks, loads and costs only shrink. The exception
is output that raises an export limit's share; there nothing is said (`inf`). So of each resource a
best plan has at most what is given, or made with something given in it, plus what is of use.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sampan.verify.world import Floats, World


def useful_total(world: World) -> Floats:
    """(K,): units that a best plan needs at most, over all sites and periods; `inf` if unknown."""
    given = _given(world)
    needed = _needed(world, given)
    useful: Floats = given + needed
    shares = world.tables.network.table("export_limits").filter(pl.col("share_max").is_not_null())
    if len(shares):
        # a share can make any output of use, and whatever goes into it
        useful[:] = np.inf
    return useful


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


def _given(world: World) -> Floats:
    """(K,): given units, and units made by runs into which something given went."""
    _, _, layer, quantity = world.supply
    resource = world.layers.resource[layer]
    base = np.zeros(len(world.resources))
    np.add.at(base, resource, quantity)
    return _settled(base, _outputs(world) @ _shares(world))


def _needed(world: World, given: Floats) -> Floats:
    """(K,): bought units that are of use."""
    base = _asked(world)
    outputs, shares = _outputs(world), _shares(world)
    uses = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)
    runs_for = np.divide(1.0, outputs, out=np.zeros_like(outputs), where=outputs > 0)
    # a run with something given in it may use bought units beside
    mixed = _times(uses.T, _times(shares, given))
    return _settled(base + mixed, uses.T @ runs_for.T)


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
