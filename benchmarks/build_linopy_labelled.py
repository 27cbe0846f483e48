"""The same model in linopy with labelled dimensions, as its documentation writes models.

Variables stand on lanes × resources × periods and sites × resources × periods with masks;
balances are sums grouped by the sites of lanes, shifted by lead times. `sparse` chooses
between linopy's two paths: its default, which pads each group to the longest, and
`Model(sparse=True)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import linopy
import numpy as np
import pandas as pd
import xarray as xr
from build_linopy import program
from built import Array, Built
from peer_tables import carried, check_covered, first_periods

from sampan.network import Network


@dataclass(frozen=True)
class Labelled:
    """The network's tables as pandas frames by key, and where each resource can be when."""

    sites: pd.Index
    periods: pd.RangeIndex
    resources: pd.DataFrame
    lanes: pd.DataFrame
    processes: pd.DataFrame
    flows: pd.DataFrame
    demands: pd.DataFrame
    supply: xr.DataArray
    there: xr.DataArray
    """Whether a resource can be at a site in a period."""
    carried: xr.DataArray
    """Whether a lane may carry a resource."""


def labelled(network: Network) -> Labelled:
    """Tables as a linopy modeller holds them; not counted against linopy."""
    check_covered(network)
    frame = {name: network.table(name).to_pandas() for name in network.tables}
    # an outer join sorts its labels, so they are sorted from the start
    sites = pd.Index(frame["sites"]["site"], name="site").sort_values()
    resources = frame["resources"].set_index("resource").sort_index()
    periods = pd.RangeIndex(network.periods, name="period")
    first = first_periods(network, sites.to_list(), resources.index.to_list())
    grid = [sites, resources.index, periods]
    there = xr.DataArray(np.arange(network.periods) >= first[:, :, None], grid)
    stocks = frame["stocks"].assign(period=0)
    both = pd.concat([stocks, frame["arrivals"]]) if "arrivals" in frame else stocks
    supply = both.groupby(["site", "resource", "period"])["quantity"].sum().to_xarray()
    supply = supply.reindex({index.name: index for index in grid}).fillna(0.0)
    lanes = frame["lanes"].set_index("lane")
    may = xr.DataArray(carried(network, resources.index.to_list()), [lanes.index, resources.index])
    processes = frame["processes"].set_index("process")
    return Labelled(
        sites=sites, periods=periods, resources=resources, lanes=lanes, processes=processes,
        flows=frame["process_flows"], demands=frame["demands"].set_index("demand"),
        supply=supply, there=there, carried=may,
    )  # fmt: skip


@dataclass(frozen=True)
class Variables:
    ship: linopy.Variable
    stock: linopy.Variable
    run: linopy.Variable
    deliver: linopy.Variable
    short: linopy.Variable


def build_linopy_labelled(t: Labelled, *, sparse: bool, lateness_cost: float) -> Built:
    """From labelled tables to the program."""
    linopy.options["semantics"] = "v1"
    model = linopy.Model(sparse=sparse)
    x = _variables(model, t)
    _balances(model, t, x)
    _demands(model, t, x)
    volume = t.resources["volume_m3"]
    model.add_constraints(
        (x.ship * volume).sum("resource") <= t.lanes["volume_m3_max"],
        mask=x.ship.labels.max("resource") >= 0,
        name="volume_m3_max",
    )
    freight = _outer(t.lanes["cost_per_m3"], volume)
    freight += _outer(t.lanes["cost_per_kg"], t.resources["mass_kg"])
    late = pd.Series(range(x.deliver.sizes["delay"]), x.deliver.indexes["delay"]) * lateness_cost
    model.add_objective(
        (x.ship * freight).sum()
        + (x.stock * t.resources["holding_cost"]).sum()
        + (x.run * t.processes["cost_per_run"]).sum()
        + (x.deliver * late).sum()
        + (x.short * t.demands["shortage_cost_per_unit"]).sum()
    )
    return program(model)


def _outer(one: pd.Series, other: pd.Series) -> xr.DataArray:
    return xr.DataArray(np.outer(one, other), [one.index, other.index])


def _variables(model: linopy.Model, t: Labelled) -> Variables:
    periods, lanes, demands = t.periods, t.lanes, t.demands
    period = xr.DataArray(periods.to_numpy(), [periods])
    lead = lanes["lead_time_periods"].to_xarray()
    origin = lanes["origin"].to_xarray()
    goes = t.carried & t.there.sel(site=origin).drop_vars("site") & (period + lead < len(periods))
    goes = goes.transpose("lane", "resource", "period")
    delay = pd.RangeIndex(int(demands["lateness_max"].max()) + 1, name="delay")
    on = xr.DataArray(
        demands["period"].to_numpy()[:, None] + delay.to_numpy(), [demands.index, delay]
    )
    late = xr.DataArray(delay.to_numpy(), [delay]) <= demands["lateness_max"].to_xarray()
    wanted = demands[["site", "resource"]].to_xarray()
    reached = t.there.sel(
        site=wanted["site"], resource=wanted["resource"], period=on.clip(max=len(periods) - 1)
    ).drop_vars(["site", "resource", "period"])
    served = (late & (on < len(periods)) & reached).transpose("demand", "delay")
    most = demands["quantity"]
    return Variables(
        ship=model.add_variables(lower=0, coords=goes.coords, mask=goes, name="ship"),
        stock=model.add_variables(lower=0, coords=t.there.coords, mask=t.there, name="stock"),
        run=_runs(model, t, period),
        deliver=model.add_variables(lower=0, coords=served.coords, mask=served, name="deliver"),
        short=model.add_variables(lower=0, upper=most, coords=[demands.index], name="short"),
    )


def _runs(model: linopy.Model, t: Labelled, period: xr.DataArray) -> linopy.Variable:
    """Runs may start once all their inputs can be there, and end within the calendar."""
    p, used = t.processes, t.flows[t.flows["quantity_per_run"] < 0]
    inputs = xr.Dataset.from_dataframe(
        used.assign(site=p["site"].loc[used["process"]].to_numpy())
        .reset_index(drop=True).rename_axis("flow")
    )  # fmt: skip
    there = t.there.sel(site=inputs["site"], resource=inputs["resource"])
    missing = (~there).to_numpy()
    starved = pd.DataFrame(missing, columns=t.periods).groupby(used["process"].to_numpy()).any()
    starved = starved.reindex(p.index, fill_value=False)
    can = ~xr.DataArray(starved.to_numpy(), [p.index, t.periods])
    can &= period + p["lead_time_periods"].to_xarray() < len(t.periods)
    can &= p["runs_max"].to_xarray() > 0
    most = p["runs_max"].to_xarray().broadcast_like(can).transpose(*can.dims)
    return model.add_variables(lower=0, upper=most, coords=can.coords, mask=can, name="run")


def _zero(expression: linopy.LinearExpression) -> linopy.LinearExpression:
    """Absent terms count as zero."""
    return expression.fillna(0)


def _balances(model: linopy.Model, t: Labelled, x: Variables) -> None:
    parts = [_zero(1 * x.stock), -_zero(1 * x.stock.shift(period=1))]
    parts.append(_by_site(x.ship, t.lanes["origin"]))
    for lead, lanes in t.lanes.groupby("lead_time_periods"):
        came = x.ship.sel(lane=lanes.index).shift(period=int(lead))
        parts.append(-_by_site(came, lanes["destination"]))
    parts += _made(t, x)
    for delay in x.deliver.indexes["delay"]:
        on = t.demands["period"] + delay
        in_time = t.demands[on < len(t.periods)]
        keys = in_time[["site", "resource"]].assign(period=on[in_time.index])
        given = 1 * x.deliver.sel(delay=delay, demand=in_time.index, drop=True)
        parts.append(_by_keys(_zero(given), keys))
    balance = linopy.merge(parts, join="outer")
    model.add_constraints(balance == t.supply, mask=t.there, name="balance")


def _by_site(ship: linopy.Variable, site: pd.Series) -> linopy.LinearExpression:
    return _zero(1 * ship).groupby(site.rename("site")).sum()


def _by_keys(expression: linopy.LinearExpression, keys: pd.DataFrame) -> linopy.LinearExpression:
    """Sum by several keys of one dimension, unstacked into a dimension for each key."""
    dimension = str(keys.index.name)
    named = {str(name): (dimension, keys[name].to_numpy()) for name in keys}
    return _zero(expression.assign_coords(named).groupby(list(named)).sum())


def _made(t: Labelled, x: Variables) -> list[linopy.LinearExpression]:
    """What runs take at their start (positive) and give at their end (negative)."""
    found = []
    lead = t.processes["lead_time_periods"].loc[t.flows["process"]].to_numpy()
    later = np.where(t.flows["quantity_per_run"] > 0, lead, 0)
    for wait in np.unique(later):
        flows = t.flows[later == wait].reset_index(drop=True).rename_axis("flow")
        run = x.run.sel(process=flows["process"].to_xarray()).shift(period=int(wait))
        keys = flows[["resource"]].assign(site=t.processes["site"].loc[flows["process"]].to_numpy())
        amount = _zero(1 * run) * flows["quantity_per_run"]
        found.append(-_by_keys(amount.drop_vars("process"), keys))
    return found


def _demands(model: linopy.Model, t: Labelled, x: Variables) -> None:
    met = _zero((1 * x.deliver).sum("delay")) + x.short
    model.add_constraints(met == t.demands["quantity"], name="demand")


__all__ = ["Array", "build_linopy_labelled", "labelled"]
