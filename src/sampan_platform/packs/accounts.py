"""The accounts of a rehearsal: one for each role, at the places where most happens."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sampan import Network
from sampan_platform.packs.rehearsal import owner_of

IMPORTER = "rehearsal"
"""Files everybody's reports while the days are lived through; nobody can sign in with it."""


@dataclass(frozen=True)
class Account:
    """Somebody to sign in as."""

    username: str
    role: str
    organisation: str
    """Its code."""
    does: str
    """What to do with it, for who reads the list."""
    approval_level: int = 0


def accounts(network: Network) -> list[Account]:
    """One of each role over all, and three at single sites: a factory, a hospital, a store."""
    found = [
        Account("coordinator", "coordinator", "all", "plans, handles alerts, decides on requests"),
        Account("analyst", "analyst", "all", "looks at figures, tries what if"),
        Account("approver1", "approver", "all", "approves plans, first level", 1),
        Account("approver2", "approver", "all", "approves plans, second level", 2),
        Account("auditor", "auditor", "all", "reads the audit trail, proves the ledger"),
        Account("operator", "operator", "all", "people, catalogue, health, backups"),
    ]
    busiest = _busiest(network)
    for username, kinds, does in (
        ("reporter", ("factory",), "reports capacity, output and stock"),
        ("hospital", ("hospital", "city", "clinic"), "reports need and stock, asks for goods"),
        ("warehouse", ("hub", "warehouse", "port"), "picks, ships and receives orders"),
    ):
        sites = busiest.filter(pl.col("kind").is_in(kinds))
        if len(sites):
            site = sites.row(0, named=True)
            owner = owner_of(site["site"], site["kind"])
            found.append(Account(username, "reporter", owner, does))
    return found


def _busiest(network: Network) -> pl.DataFrame:
    """Sites, those of the region with most demands first, in it by lanes and demands."""
    lanes, demands = network.table("lanes"), network.table("demands")
    ends = pl.concat([lanes["origin"].alias("site"), lanes["destination"].alias("site")])
    used = pl.concat([ends, demands["site"]]).to_frame("site")
    at_region = (
        demands.join(network.table("sites").select("site", "region"), on="site")
        .group_by("region").len("demands_there")
    )  # fmt: skip
    return (
        network.table("sites")
        .join(used.group_by("site").len("uses"), on="site", how="left")
        .join(at_region, on="region", how="left")
        .sort("demands_there", "uses", "site", descending=[True, True, False], nulls_last=True)
    )
