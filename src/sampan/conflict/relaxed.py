"""The network with everything droppable built in, and the bounds that forbid it again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from scipy import sparse

from sampan.model import Model, build
from sampan.model.circulation import lanes_in_rings
from sampan.model.layers import layers, reach
from sampan.model.numbers import Array, Numbers, numbers
from sampan.network import Network
from sampan.solvers.feasible import Bounds

Key = tuple[str, str | None, int | None]
"""Key, resource and period of a row."""


@dataclass(frozen=True)
class Sale:
    """A process that sells a resource at a site without limit, once its supply is dropped."""

    process: int
    site: str
    resource: str
    stock: float
    arrivals: float
    last: int | None
    """Period of the last arrival."""


@dataclass(frozen=True)
class EmptyRing:
    """Shipments in a ring of lanes without lead time that nothing comes into but what is for sale.

    The balances alone would let them go round without any goods.
    """

    columns: Array
    sellers: Array
    """Runs of the processes that sell what would fill the ring."""

    def close(self, column_upper: Array) -> None:
        """Shut the ring, in place, unless one of its sellers may sell."""
        if not (column_upper[self.sellers] > 0).any():
            column_upper[self.columns] = 0.0


@dataclass(frozen=True)
class Relaxed:
    """A model wide enough for every relaxation, with the bounds of the network as it is."""

    network: Network
    """As it is."""
    numbers: Numbers
    """Of the network as it is."""
    model: Model
    """Of the widened network."""
    matrix: sparse.csc_array
    """The model's, and behind its columns one for each commitment row: what it falls short."""
    bounds: Bounds
    sales: list[Sale]
    commitment_rows: Array
    rings: list[EmptyRing]

    def row_numbers(self, rule: str) -> dict[Key, int]:
        """The matrix's row for each key, resource and period of a rule."""
        found: dict[Key, int] = {}
        for block, start in zip(self.model.rows, self.model.row_starts, strict=False):
            if block.rule == rule:
                labels = block.labels(self.model.numbers)
                none = [None] * block.size
                lists = [none if one is None else one.to_list() for one in labels.values()]
                for place, key in enumerate(zip(*lists, strict=True)):
                    found[key] = int(start) + place
        return found

    def profiled(self, table: str, attribute: str) -> set[tuple[str, int]]:
        """Keys and periods whose limit comes from a profile."""
        rows = self._profiles.get((table, attribute))
        return set() if rows is None else rows

    @cached_property
    def _profiles(self) -> dict[tuple[str, str], set[tuple[str, int]]]:
        found: dict[tuple[str, str], set[tuple[str, int]]] = defaultdict(set)
        for row in self.network.table("profiles").iter_rows(named=True):
            found[row["table"], row["attribute"]].add((row["key"], row["period"]))
        return dict(found)


def relaxed(original: Model) -> Relaxed:
    """The widened model of a network whose hard rules contradict each other."""
    network, n = original.network, original.numbers
    sales = _sales(n)
    model = build(_widened(network, n, sales))
    upper = model.upper.copy()
    runs, f = model.columns.runs, model.columns.shipments
    real = runs["process"] < len(n.keys["processes"])
    most = np.zeros(runs.size)
    most[real] = n.runs_max[runs["process"][real], runs["period"][real]]
    upper[runs.start : runs.start + runs.size] = most
    closed = ~n.lane_open[f["lane"], f["period"]]
    upper[f.start + np.flatnonzero(closed)] = 0.0
    commitment_rows = _rows_of(model, "commitment")
    count = len(commitment_rows)
    short = sparse.csc_array(
        (np.ones(count), (commitment_rows, np.arange(count))), shape=(len(model.row_lower), count)
    )
    bounds = Bounds(
        model.row_lower.copy(),
        model.row_upper.copy(),
        np.concatenate([upper, np.zeros(count)]),
        np.concatenate([model.whole, np.zeros(count, dtype=bool)]),
    )
    matrix = sparse.hstack([_with_most(model), short], format="csc")
    rings = _empty_rings(model, network, n, sales)
    return Relaxed(network, n, model, matrix, bounds, sales, commitment_rows, rings)


def _empty_rings(model: Model, network: Network, n: Numbers, sales: list[Sale]) -> list[EmptyRing]:
    """By the sales that would fill them, each of which alone or all of them together."""
    f, runs = model.columns.shipments, model.columns.runs
    resource = model.layers.resource[f["layer"]]
    expires = model.layers.expires[f["layer"]]
    at = (f["period"], n.origin[f["lane"]], resource, expires)
    inside = lanes_in_rings(n)[f["lane"]]
    if not inside.any():
        return []
    empty = inside & ~_present(_widened(network, n, []))[at]
    if not empty.any():
        return []
    filled = np.array([_present(_widened(network, n, [sale]))[at] for sale in sales])
    filled[:, ~filled.any(axis=0)] = True
    sellers, ring = np.unique(filled[:, empty], axis=1, return_inverse=True)
    found = []
    for number, chosen in enumerate(sellers.T):
        processes = [sale.process for sale, one in zip(sales, chosen, strict=True) if one]
        columns = f.columns[empty][ring == number]
        found.append(EmptyRing(columns, runs.columns[np.isin(runs["process"], processes)]))
    return found


def _present(network: Network) -> Array:
    """T × S × K × (T + 1): whether units of a last usable period can be at a site."""
    n = numbers(network)
    lay = layers(n)
    r = reach(n, lay)
    period, node = np.nonzero(r.node)
    layer, site = np.divmod(node, r.sites)
    shape = (n.periods, r.sites, len(n.keys["resources"]), n.periods + 1)
    found = np.zeros(shape, dtype=bool)
    found[period, site, lay.resource[layer], lay.expires[layer]] = True
    return found


def _rows_of(model: Model, rule: str) -> Array:
    parts = [
        np.arange(start, start + block.size)
        for block, start in zip(model.rows, model.row_starts, strict=False)
        if block.rule == rule
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _with_most(model: Model) -> sparse.csc_array:
    """The matrix, its "most" of least quantities raised to what all requirements ask for."""
    rows, starts = _rows_of(model, "quantity_start"), model.columns.starts
    if not len(rows):
        return model.matrix
    tables = (("reserves", "quantity_min"), ("pledges", "quantity"), ("commitments", "quantity"))
    asked = sum(float(model.network.table(name)[column].sum()) for name, column in tables)
    matrix = model.matrix.tolil()
    for row, column in zip(rows, starts.columns, strict=True):
        matrix[row, column] = min(matrix[row, column], -2.0 * asked - 1.0)
    return matrix.tocsc()


def _sales(n: Numbers) -> list[Sale]:
    """Where there is supply, and where a requirement asks for goods but there is none."""
    supply = n.supply
    stock: dict[tuple[int, int], float] = defaultdict(float)
    arrivals: dict[tuple[int, int], float] = defaultdict(float)
    last: dict[tuple[int, int], int] = {}
    from_table = _arrival_quantities(n)
    for k in range(len(supply.site)):
        place = int(supply.site[k]), int(supply.resource[k])
        stock[place] += float(supply.quantity[k])
    for place, (quantity, period) in from_table.items():
        arrivals[place] = quantity
        stock[place] -= quantity
        last[place] = period
    places = sorted({*stock, *_asked(n)})
    first = len(n.keys["processes"])
    sites, resources = n.keys["sites"], n.keys["resources"]
    return [
        Sale(
            first + number,
            sites[place[0]],
            resources[place[1]],
            max(stock.get(place, 0.0), 0.0),
            arrivals.get(place, 0.0),
            last.get(place),
        )
        for number, place in enumerate(places)
    ]


def _arrival_quantities(n: Numbers) -> dict[tuple[int, int], tuple[float, int]]:
    frame = n.network.table("arrivals").filter(pl.col("quantity") > 0)
    site_of = {key: row for row, key in enumerate(n.keys["sites"])}
    resource_of = {key: row for row, key in enumerate(n.keys["resources"])}
    found: dict[tuple[int, int], tuple[float, int]] = {}
    for row in frame.iter_rows(named=True):
        place = site_of[row["site"]], resource_of[row["resource"]]
        quantity, period = found.get(place, (0.0, 0))
        found[place] = quantity + row["quantity"], max(period, row["period"])
    return found


def _asked(n: Numbers) -> set[tuple[int, int]]:
    """Sites and resources from which, or at which, a requirement asks for goods."""
    site_of = {key: row for row, key in enumerate(n.keys["sites"])}
    resource_of = {key: row for row, key in enumerate(n.keys["resources"])}
    lane_of = {key: row for row, key in enumerate(n.keys["lanes"])}
    found = set()
    for row in n.network.table("commitments").filter(firm=True).iter_rows(named=True):
        found.add((int(n.origin[lane_of[row["lane"]]]), resource_of[row["resource"]]))
    for row in n.network.table("reserves").filter(hard=True).iter_rows(named=True):
        inside = n.countries(row["country"]) if row["site"] is None else None
        sites = [site_of[row["site"]]] if inside is None else np.flatnonzero(inside).tolist()
        found |= {(site, resource_of[row["resource"]]) for site in sites}
    for row in n.network.table("pledges").filter(hard=True).iter_rows(named=True):
        giver = np.flatnonzero(n.countries(row["country"])).tolist()
        found |= {(site, resource_of[row["resource"]]) for site in giver}
    return found


def _widened(network: Network, n: Numbers, sales: list[Sale]) -> Network:
    """Lanes never closed, processes without limit, and everything for sale."""
    taken = set(n.keys["processes"])
    names = []
    for number in range(len(sales)):
        name = f"sale {number}"
        while name in taken:
            name += "'"
        names.append(name)
    processes = network.table("processes").with_columns(pl.lit(None, pl.Float64).alias("runs_max"))
    sellers = pl.DataFrame({"process": names, "site": [sale.site for sale in sales]})
    flows = pl.DataFrame(
        {
            "process": names,
            "resource": [sale.resource for sale in sales],
            "quantity_per_run": [1.0] * len(sales),
        }
    )
    profile = network.table("profiles")
    kept = profile.filter(~pl.col("attribute").is_in(["open", "runs_max"]))
    if sales:
        processes = pl.concat([processes, sellers], how="diagonal")
        flows = pl.concat([network.table("process_flows"), flows], how="diagonal")
    else:
        flows = network.table("process_flows")
    return network.replace(processes=processes, process_flows=flows, profiles=kept)
