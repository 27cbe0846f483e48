"""The network as arrays: what the checks that follow goods over lanes and time need.

Rows that name something unknown are left out here; other checks report those.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sampan.network import Network

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
KEEPS = np.iinfo(np.int32).max
"""The last usable period of what does not age."""


def positions(column: pl.Series, keys: pl.Series) -> Ints:
    """The position of each value among the keys; -1 where it is not one of them."""
    numbered = pl.DataFrame({"key": keys}).with_row_index("at")
    values = pl.DataFrame({"key": column.cast(pl.String)})
    joined = values.join(numbered, on="key", how="left", maintain_order="left")
    return joined["at"].cast(pl.Int64).fill_null(-1).to_numpy()


def _keys(column: pl.Series) -> pl.Series:
    return column.drop_nulls().unique(maintain_order=True)


class Facts:
    """Positions instead of keys, and defaults and profiles spread out over the periods."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.periods = network.periods
        self.sites = _keys(network.table("sites")["site"])
        self.lanes = network.table("lanes").unique("lane", keep="first", maintain_order=True)
        self.lanes = self.lanes.filter(pl.col("lane").is_not_null())
        table = network.table("resources").unique("resource", keep="first", maintain_order=True)
        self.resources = table.filter(pl.col("resource").is_not_null())
        table = network.table("processes").unique("process", keep="first", maintain_order=True)
        self.processes = table.filter(pl.col("process").is_not_null())

    def site_of(self, column: pl.Series) -> Ints:
        return positions(column, self.sites)

    def resource_of(self, column: pl.Series) -> Ints:
        return positions(column, self.resources["resource"])

    def lane_of(self, column: pl.Series) -> Ints:
        return positions(column, self.lanes["lane"])

    def process_of(self, column: pl.Series) -> Ints:
        return positions(column, self.processes["process"])

    @cached_property
    def lane_lead(self) -> Ints:
        return self.lanes["lead_time_periods"].clip(lower_bound=0).to_numpy()

    @cached_property
    def lane_origin(self) -> Ints:
        return self.site_of(self.lanes["origin"])

    @cached_property
    def lane_destination(self) -> Ints:
        return self.site_of(self.lanes["destination"])

    @cached_property
    def carries(self) -> Bools:
        """Lanes × resources: whether the lane may carry the resource at all."""
        shape = (len(self.lanes), len(self.resources))
        rows = self.network.table("lane_resources")
        lane, resource = self.lane_of(rows["lane"]), self.resource_of(rows["resource"])
        known = (lane >= 0) & (resource >= 0)
        lane, resource, rows = lane[known], resource[known], rows.filter(pl.Series(known))
        listed = rows["allowed"].fill_null(value=False).to_numpy()
        barred = (~rows["allowed"].fill_null(value=True)).to_numpy()
        carries = np.ones(shape, dtype=bool)
        carries[np.unique(lane[listed])] = False
        carries[lane[listed], resource[listed]] = True
        barred |= (rows["quantity_max"] == 0).to_numpy()
        carries[lane[barred], resource[barred]] = False
        return carries

    def by_period(self, table: str, attribute: str, keys: pl.Series, default: Any) -> Floats:
        """Rows of a table × periods: a limit, with its profile put over it."""
        values = np.repeat(np.asarray(default, dtype=float)[:, None], self.periods, axis=1)
        rows = self.network.table("profiles").filter(
            (pl.col("table") == table)
            & (pl.col("attribute") == attribute)
            & pl.col("period").is_between(0, self.periods - 1)
            & pl.col("value").is_not_null()
        )
        at = positions(rows["key"], keys)
        known = at >= 0
        period = rows["period"].to_numpy()
        values[at[known], period[known]] = rows["value"].to_numpy()[known]
        return values

    @cached_property
    def lane_open(self) -> Bools:
        """Lanes × periods: whether anything may leave."""
        always = np.ones(len(self.lanes))
        return self.by_period("lanes", "open", self.lanes["lane"], always) > 0

    def lane_limit(self, attribute: str) -> Floats:
        """Lanes × periods: `mass_kg_max` or `volume_m3_max`."""
        default = self.lanes[attribute].to_numpy()
        return self.by_period("lanes", attribute, self.lanes["lane"], default)

    @cached_property
    def runs_max(self) -> Floats:
        """Processes × periods."""
        default = self.processes["runs_max"].to_numpy()
        return self.by_period("processes", "runs_max", self.processes["process"], default)

    @cached_property
    def is_service(self) -> Bools:
        return (self.resources["kind"] == "service").fill_null(value=False).to_numpy()

    @cached_property
    def shelf_life(self) -> Ints:
        """Periods a unit keeps after the one in which it is made; `KEEPS` if it does not age."""
        shelf = self.resources["shelf_life_periods"].fill_null(KEEPS).to_numpy().copy()
        shelf[(self.resources["kind"] != "good").fill_null(value=False).to_numpy()] = KEEPS
        shelf_life: Ints = np.minimum(shelf, KEEPS)
        return shelf_life

    @cached_property
    def flows(self) -> pl.DataFrame:
        """Process flows of known processes at known sites, by position."""
        rows = self.network.table("process_flows")
        site = self.site_of(self.processes["site"])
        process = self.process_of(rows["process"])
        flows = pl.DataFrame(
            {
                "process": process,
                "site": site[process] if len(site) else process,
                "resource": self.resource_of(rows["resource"]),
                "quantity": rows["quantity_per_run"].fill_null(0.0),
            }
        )
        known = pl.all_horizontal(pl.col("process", "site", "resource") >= 0)
        return flows.filter(known & (pl.col("quantity") != 0))

    @cached_property
    def process_lead(self) -> Ints:
        return self.processes["lead_time_periods"].clip(lower_bound=0).to_numpy()
