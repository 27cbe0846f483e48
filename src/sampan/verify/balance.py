"""Rule 1 and 2: what comes in goes out, by site, resource, last usable period and period."""

from __future__ import annotations

import polars as pl

from sampan.verify.form import Frames
from sampan.verify.report import Findings
from sampan.verify.tables import KEEPS, Tables
from sampan.verify.tolerances import allowance

LEDGER = ("site", "resource", "expires", "period", "amount")
PLACE = ("site", "resource", "period")


def check_balances(findings: Findings, tables: Tables, frames: Frames) -> None:
    """Every unit comes from somewhere, keeps its last usable period and goes somewhere."""
    rows = _ledger(tables, frames).group_by(LEDGER[:4]).agg(
        pl.col("amount").sum().alias("left"),
        pl.col("amount").abs().max().alias("magnitude"),
    )  # fmt: skip
    rows = tables.with_resource(rows, "kind")
    rows = rows.with_columns(allowance(pl.col("magnitude"), pl.col("typical")).alias("allowance"))
    missing = rows.with_columns((-pl.col("left")).alias("amount"), _shown_expiry())
    text = "{amount} more go out or stay in stock than there are."
    where = ("site", "resource", "expires_period")
    findings.exceeding("balance", missing.sort(LEDGER[:4]), where, text)
    _check_use(findings, tables, frames, rows)
    _check_expiries(findings, tables, frames)
    _check_rings(findings, tables, frames)


def _shown_expiry() -> pl.Expr:
    expires = pl.col("expires")
    return pl.when(expires < KEEPS).then(expires).alias("expires_period")


def _check_use(findings: Findings, tables: Tables, frames: Frames, rows: pl.DataFrame) -> None:
    """Over the last usable periods together, what is left over is what the runs use."""
    left = rows.group_by(PLACE).agg(pl.col("left").sum(), pl.col("magnitude").max())
    used = _used(tables, frames)
    both = left.join(used, on=PLACE, how="full", coalesce=True)
    both = both.with_columns(pl.col("left", "used", "magnitude", "largest_use").fill_null(0.0))
    both = tables.with_resource(both, "kind").sort(PLACE)
    magnitude = pl.max_horizontal("magnitude", "largest_use")
    both = both.with_columns(allowance(magnitude, pl.col("typical")).alias("allowance"))
    where = ("site", "resource")
    lacking = both.with_columns((pl.col("used") - pl.col("left")).alias("amount"))
    text = "runs use {used}, but only {left} are there for them."
    findings.exceeding("input", lacking.filter(pl.col("used") > 0), where, text)
    stored = both.filter(pl.col("kind") != "service")  # of a service, what is left over is lost
    over = stored.with_columns((pl.col("left") - pl.col("used")).alias("amount"))
    text = "{amount} are neither in stock nor sent, delivered, used or expired."
    findings.exceeding("balance", over, where, text)


def _used(tables: Tables, frames: Frames) -> pl.DataFrame:
    flows = tables.flows.filter(pl.col("quantity_per_run") < 0)
    runs = frames["runs"].select("process", "period", pl.col("quantity").alias("runs"))
    amount = -pl.col("runs") * pl.col("quantity_per_run")
    used = runs.join(flows, on="process").with_columns(amount.alias("used"))
    return used.group_by(PLACE).agg(pl.col("used").sum(), pl.col("used").max().alias("largest_use"))


def _ledger(tables: Tables, frames: Frames) -> pl.DataFrame:
    """Every entry of every balance: positive what comes in, negative what goes out or stays."""
    shipments, stocks = frames["shipments"], frames["stocks"]
    quantity = pl.col("quantity")
    delivered = tables.with_resource(frames["deliveries"], "kind")
    delivered = delivered.filter(pl.col("kind") != "equipment")
    kept = stocks.with_columns(pl.col("period") + 1).filter(pl.col("period") < tables.periods)
    expired = frames["expiries"].with_columns(pl.col("period").alias("expires"))
    parts = [
        tables.supply.with_columns(quantity.alias("amount")),
        made(tables, frames["runs"]),
        shipments.with_columns(
            pl.col("destination").alias("site"),
            pl.col("arrive_period").alias("period"),
            quantity.alias("amount"),
        ),
        shipments.with_columns(pl.col("origin").alias("site"), (-quantity).alias("amount")),
        kept.with_columns(quantity.alias("amount")),
        stocks.with_columns((-quantity).alias("amount")),
        delivered.with_columns((-quantity).alias("amount")),
        expired.with_columns((-quantity).alias("amount")),
    ]
    return pl.concat(part.select(LEDGER) for part in parts)


def made(tables: Tables, runs: pl.DataFrame) -> pl.DataFrame:
    """What the runs make: site, resource, expires, period (in which it comes out), amount."""
    flows = tables.flows.filter(pl.col("quantity_per_run") > 0)
    rows = runs.select("process", "period", "quantity").join(flows, on="process")
    out = pl.col("period") + pl.col("lead_time_periods")
    last = out + pl.col("shelf_life_periods").clip(upper_bound=KEEPS // 2)
    return rows.select(
        "site",
        "resource",
        last.fill_null(KEEPS).alias("expires"),
        out.alias("period"),
        (pl.col("quantity") * pl.col("quantity_per_run")).alias("amount"),
    )


def _check_expiries(findings: Findings, tables: Tables, frames: Frames) -> None:
    rows = tables.with_resource(frames["expiries"].filter(pl.col("quantity") > 0), "kind")
    wrong = rows.filter(pl.col("kind") != "good")
    findings.rows("expiry", wrong, ("site", "resource"), "only goods expire.")


def _check_rings(findings: Findings, tables: Tables, frames: Frames) -> None:
    """What is sent on at once was there first: a ring of lanes alone makes nothing."""
    sent = frames["shipments"].filter(pl.col("quantity") > 0)
    at_once = sent.filter(pl.col("arrive_period") == pl.col("depart_period"))
    if at_once.is_empty():
        return
    others = {"shipments": sent.filter(pl.col("arrive_period") != pl.col("depart_period"))}
    keys = list(LEDGER[:4])
    there = _ledger(tables, {**frames, **others}).filter(pl.col("amount") > 0)
    there = there.select(keys).unique()
    waiting = at_once.with_columns(pl.col("origin").alias("site"))
    while True:
        leaving = waiting.join(there, on=keys, how="semi")
        waiting = waiting.join(there, on=keys, how="anti")
        if leaving.is_empty():
            break
        there = leaving.with_columns(pl.col("destination").alias("site")).select(keys).unique()
    text = "{quantity} are sent round in a ring, but none ever came into it."
    findings.rows("balance", waiting.sort("lane", "resource"), ("lane", "resource"), text)


def check_occupancy(findings: Findings, tables: Tables, frames: Frames) -> None:
    """Equipment lent at a site in a period is in stock there at the period's end."""
    lent = tables.with_resource(frames["deliveries"], "kind")
    lent = lent.filter(pl.col("kind") == "equipment").group_by(PLACE).agg(
        pl.col("quantity").sum().alias("lent"), pl.col("typical").first()
    )  # fmt: skip
    there = frames["stocks"].group_by(PLACE).agg(pl.col("quantity").sum().alias("there"))
    rows = lent.join(there, on=PLACE, how="left").with_columns(pl.col("there").fill_null(0.0))
    rows = rows.with_columns(
        (pl.col("lent") - pl.col("there")).alias("amount"),
        allowance(pl.col("lent"), pl.col("typical")).alias("allowance"),
    )
    text = "{lent} are lent, but {there} are there."
    findings.exceeding("occupancy", rows.sort(PLACE), ("site", "resource"), text)
