"""An example grown to more enterprises: each factory becomes several, with the same total.

What a factory had is shared among its parts, a few large ones and many small ones, as enterprises
are: capacity, stock, arrivals, what is committed and what its lanes can carry. Mills, stores,
hospitals and needs stay as they are, and so do the limits that many lanes share. The same example
and number give the same network every time.
"""

from __future__ import annotations

import polars as pl

from sampan import Network

SHARED = {
    "stocks": ("quantity",), "arrivals": ("quantity",), "processes": ("runs_max",),
    "lanes": ("mass_kg_max", "volume_m3_max"), "commitments": ("quantity",),
}  # fmt: skip
"""What the parts of a factory share; everything else is the same for each of them."""
KEYS = {
    "sites": {"site": "sites"}, "stocks": {"site": "sites"}, "arrivals": {"site": "sites"},
    "processes": {"process": "processes", "site": "sites"},
    "process_flows": {"process": "processes"},
    "lanes": {"lane": "lanes", "origin": "sites", "destination": "sites"},
    "lane_resources": {"lane": "lanes"}, "commitments": {"lane": "lanes"},
    "capacity_loads": {"activity": "activities"}, "profiles": {"key": "activities"},
}  # fmt: skip
"""Columns that name what is split."""
ALONE = {"commitments": ("commitment",), "sites": ("name",)}
"""What must differ between the parts, though nothing else refers to it."""
STEEPNESS = 0.7
"""The part number n of a factory is as large as n to the power of minus this, in proportion."""


def grown(network: Network, enterprises: int) -> Network:
    """The network with so many factories and mills in place of those that it has.

    Raises
    ------
    ValueError
        If it has more already, or a part of it cannot be split.
    """
    sites = network.table("sites")
    factories = sites.filter(pl.col("kind") == "factory")["site"].to_list()
    mills = len(sites.filter(pl.col("kind") == "mill"))
    if enterprises - mills < len(factories):
        raise ValueError(f"the network has {len(factories) + mills} enterprises already")
    parts = _parts(factories, enterprises - mills)
    changed = {
        name: _split(name, frame, parts, network)
        for name in KEYS
        if (frame := network.given(name)) is not None
    }
    made = network.replace(**changed)
    made.raise_for_problems()
    _same_totals(network, made)
    return made


def _parts(factories: list[str], wanted: int) -> pl.DataFrame:
    """`factory`, `part` (1, 2 …) and its `share` of what the factory had."""
    rows = []
    for number, factory in enumerate(factories):
        count = wanted // len(factories) + (number < wanted % len(factories))
        weights = [(1 + part) ** -STEEPNESS for part in range(count)]
        rows += [(factory, part + 1, weight / sum(weights)) for part, weight in enumerate(weights)]
    return pl.DataFrame(rows, schema=["factory", "part", "share"], orient="row")


def _factory_of(network: Network) -> dict[str, pl.DataFrame]:
    """Whose is what: `key` and `factory`, for sites, processes, lanes and both together."""
    sites = network.table("sites").filter(pl.col("kind") == "factory")
    own = sites.select(key="site", factory="site")
    processes = network.table("processes").join(own, left_on="site", right_on="key")
    lanes = network.table("lanes").select("lane", "origin", "destination")
    ends = pl.concat(
        [lanes.join(own, left_on=end, right_on="key").select(key="lane", factory="factory")
         for end in ("origin", "destination")]
    )  # fmt: skip
    if ends["key"].is_duplicated().any():
        raise ValueError("a lane from factory to factory cannot be split")
    of_processes = processes.select(key="process", factory="factory")
    return {"sites": own, "processes": of_processes, "lanes": ends,
            "activities": pl.concat([of_processes, ends])}  # fmt: skip


def _split(name: str, frame: pl.DataFrame, parts: pl.DataFrame, network: Network) -> pl.DataFrame:
    """A table with a row for each part in place of each row of a factory."""
    owners = _factory_of(network)
    of = {
        column: pl.col(column).replace_strict(dict(owners[kind].iter_rows()), default=None)
        for column, kind in KEYS[name].items()
    }
    owned = frame.with_columns(factory=pl.coalesce(*of.values()), **_flags(of)).join(
        parts, on="factory", how="left", maintain_order="left_right"
    )
    share = pl.col("share").fill_null(1.0)
    changed = [pl.col(one) * share for one in SHARED.get(name, ()) if one in frame.columns]
    if name == "profiles":
        is_shared = pl.col("attribute").is_in(SHARED["processes"] + SHARED["lanes"])
        changed.append(pl.when(is_shared).then(pl.col("value") * share).otherwise("value"))
    part = pl.col("part").cast(pl.String)
    for column in (*KEYS[name], *ALONE.get(name, ())):
        is_split = pl.col(f"is_{column}") if column in of else part.is_not_null()
        named = pl.format("{}~{}", column, "part")
        changed.append(pl.when(is_split).then(named).otherwise(column).alias(column))
    return owned.with_columns(*changed).select(frame.columns)


def _flags(of: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Whether a column names something that a factory has; a lane's other end is not split."""
    return {f"is_{column}": factory.is_not_null() for column, factory in of.items()}


def _same_totals(before: Network, after: Network) -> None:
    """Whether the parts have together what the factories had."""
    for name, columns in SHARED.items():
        for column in columns:
            old, new = (_sum(one, name, column) for one in (before, after))
            if abs(old - new) > 1e-9 * abs(old):
                raise ValueError(f"the sum of {name}.{column} was {old} and became {new}")


def _sum(network: Network, name: str, column: str) -> float:
    total = network.table(name).select(pl.col(column).cast(pl.Float64).sum()).item()
    return float(total)
