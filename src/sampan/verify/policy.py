"""Rule 5 and soft storage: reserves, export limits, pledges, commitments and their breaches."""

from __future__ import annotations

from typing import Any

import polars as pl

from sampan.verify.balance import made
from sampan.verify.form import Frames
from sampan.verify.report import Findings
from sampan.verify.tables import Tables
from sampan.verify.tolerances import allowance


def check_policies(findings: Findings, tables: Tables, frames: Frames) -> None:
    """Hard rules are kept; soft ones are broken exactly as the plan states."""
    _check_reserves(findings, tables, frames)
    _check_storage(findings, tables, frames)
    _check_exports(findings, tables, frames)
    _check_pledges(findings, tables, frames)
    _check_commitments(findings, tables, frames)


def _stated(frames: Frames, policy: str, key: str) -> pl.DataFrame:
    rows = frames["breaches"].filter(pl.col("policy") == policy)
    return rows.select(pl.col("key").alias(key), "period", pl.col("quantity").alias("stated"))


def _check_stated(findings: Findings, rows: pl.DataFrame, key: str) -> None:
    """Rows with `stated` and `breach` (recomputed): they agree."""
    rows = rows.with_columns(
        (pl.col("stated") - pl.col("breach")).abs().alias("amount"),
    )
    text = "the stated breach is {stated}; the plan's own frames make it {breach}."
    findings.exceeding("breaches", rows, [key], text)


def _check_reserves(findings: Findings, tables: Tables, frames: Frames) -> None:
    rows = reserve_rows(tables, frames)
    stated = _stated(frames, "reserve", "reserve")
    outside = stated.join(rows, on=["reserve", "period"], how="anti").filter(pl.col("stated") > 0)
    text = "a breach is stated outside the reserve's window."
    findings.rows("breaches", outside, ["reserve"], text)
    rows = rows.join(stated, on=["reserve", "period"], how="left")
    rows = rows.with_columns(pl.col("stated").fill_null(0.0)).sort("reserve", "period")
    _check_stated(findings, rows.filter(~pl.col("hard")), "reserve")
    hard = rows.filter("hard").with_columns(pl.col("breach").alias("amount"))
    text = "{there} are there, but at least {quantity_min} must be."
    findings.exceeding("reserve", hard, ["reserve"], text)
    wrong = hard.filter(pl.col("stated") > pl.col("allowance"))
    findings.rows("breaches", wrong, ["reserve"], "a breach of a hard reserve is stated.")


def reserve_rows(tables: Tables, frames: Frames) -> pl.DataFrame:
    """A row for each reserve and period of its window: what is there and what is missing."""
    reserves = tables.network.table("reserves")
    last = pl.col("to_period").fill_null(tables.periods - 1)
    rows = reserves.with_columns(
        pl.int_ranges(pl.col("from_period"), last + 1).alias("period")
    ).explode("period")  # fmt: skip
    members = pl.concat(
        [
            reserves.filter(pl.col("site").is_not_null()).select("reserve", "resource", "site"),
            reserves.filter(pl.col("site").is_null())
            .select("reserve", "resource", "country")
            .join(tables.countries, on="country")
            .select("reserve", "resource", "site"),
        ]
    )
    there = members.join(frames["stocks"], on=["site", "resource"])
    there = there.group_by("reserve", "period").agg(pl.col("quantity").sum().alias("there"))
    rows = rows.join(there, on=["reserve", "period"], how="left")
    rows = tables.with_resource(rows.with_columns(pl.col("there").fill_null(0.0)))
    missing = pl.col("quantity_min") - pl.col("there")
    magnitude = pl.max_horizontal("quantity_min", "there")
    return rows.with_columns(
        pl.max_horizontal(missing, pl.lit(0.0)).alias("breach"),
        allowance(magnitude, pl.col("typical")).alias("allowance"),
    )


def _check_storage(findings: Findings, tables: Tables, frames: Frames) -> None:
    rows = storage_rows(tables, frames)
    stated = _stated(frames, "storage", "site")
    outside = stated.join(rows, on=["site", "period"], how="anti").filter(pl.col("stated") > 0)
    text = "a breach is stated, but nothing limits or fills this storage."
    findings.rows("breaches", outside, ["site"], text)
    rows = rows.join(stated, on=["site", "period"], how="left").sort("site", "period")
    rows = rows.with_columns(pl.col("stated").fill_null(0.0))
    _check_stated(findings, rows, "site")
    rows = rows.with_columns((pl.col("breach") - pl.col("helpless")).alias("amount"))
    text = (
        "{stored} m3 are in stock and {storage_m3_max} may be; what is there or comes for certain "
        "excuses {helpless} more."
    )
    findings.exceeding("storage_m3_max", rows, ["site"], text)


def storage_rows(tables: Tables, frames: Frames) -> pl.DataFrame:
    """A row for each site with limited storage and period: what is stored, and too much of it.

    `helpless` is how much of a breach is allowed: what own stocks, arrivals and firm commitments
    up to then exceed the limit by.
    """
    sites = tables.network.table("sites").select("site", "storage_m3_max")
    sites = sites.filter(pl.col("storage_m3_max").is_finite())
    periods = pl.DataFrame({"period": pl.int_range(tables.periods, dtype=pl.Int64, eager=True)})
    rows = sites.join(periods, how="cross")
    stored = tables.with_resource(frames["stocks"], "volume_m3").group_by("site", "period").agg(
        (pl.col("quantity") * pl.col("volume_m3")).sum().alias("stored"),
        (pl.col("typical") * pl.col("volume_m3")).max().alias("basis"),
    )  # fmt: skip
    rows = rows.join(stored, on=["site", "period"], how="left").sort("site", "period")
    certain = rows.join(_certain(tables), on=["site", "period"], how="left").sort("site", "period")
    certain = certain.with_columns(pl.col("certain").fill_null(0.0).cum_sum().over("site"))
    limit = pl.col("storage_m3_max")
    return certain.with_columns(pl.col("stored", "basis").fill_null(0.0)).with_columns(
        pl.max_horizontal(pl.col("stored") - limit, pl.lit(0.0)).alias("breach"),
        pl.max_horizontal(pl.col("certain") - limit, pl.lit(0.0)).alias("helpless"),
        allowance(
            pl.max_horizontal("stored", "storage_m3_max"),
            pl.max_horizontal("basis", "storage_m3_max"),
        ).alias("allowance"),
    )


def _certain(tables: Tables) -> pl.DataFrame:
    """site, period, certain: the volume that comes whatever is done."""
    firm = tables.network.table("commitments").filter(pl.col("firm"))
    lanes = tables.lanes.select("lane", pl.col("destination").alias("site"), "lead_time_periods")
    firm = firm.join(lanes, on="lane").with_columns(
        pl.col("period") + pl.col("lead_time_periods")
    )  # fmt: skip
    columns = ("site", "resource", "period", "quantity")
    rows = pl.concat([tables.supply.select(columns), firm.select(columns)])
    rows = tables.with_resource(rows, "volume_m3", "kind").filter(pl.col("kind") != "service")
    volume = (pl.col("quantity") * pl.col("volume_m3")).sum()
    return rows.group_by("site", "period").agg(volume.alias("certain"))


def leaving(lanes: pl.DataFrame, country: str) -> pl.DataFrame:
    """The lanes, or shipments, that leave the country."""
    abroad = pl.col("destination_country").fill_null("") != country
    return lanes.filter((pl.col("origin_country") == country) & abroad)


def _check_exports(findings: Findings, tables: Tables, frames: Frames) -> None:
    limits = tables.with_resource(tables.network.table("export_limits"))
    rows = []
    for limit in limits.iter_rows(named=True):
        sent = leaving(frames["shipments"], limit["country"])
        left = _in_window(sent, limit, tables)["quantity"].sum()
        base = 0.0
        if limit["share_max"] is not None:
            base = _base(tables, frames, limit)
        rows.append({**limit, "total": float(left), "base": base})
    if not rows:
        return
    frame = pl.DataFrame(rows, schema_overrides={"share_max": pl.Float64, "base": pl.Float64})
    for attribute, most in (
        ("quantity_max", pl.col("quantity_max")),
        ("share_max", pl.col("share_max") * pl.col("base")),
    ):
        over = frame.with_columns(most.alias("most")).with_columns(
            (pl.col("total") - pl.col("most")).alias("amount"),
            allowance(pl.max_horizontal("total", "base"), pl.col("typical")).alias("allowance"),
        )
        text = f"{{total}} {{resource}} leave {{country}}; {attribute} allows {{most}}."
        over = over.filter(pl.col("most").is_not_null())
        findings.exceeding(f"export_{attribute}", over, ["limit"], text)


def _in_window(rows: pl.DataFrame, limit: dict[str, Any], tables: Tables) -> pl.DataFrame:
    last = limit["to_period"] if limit["to_period"] is not None else tables.periods - 1
    inside = pl.col("period").is_between(limit["from_period"], last)
    return rows.filter(inside & (pl.col("resource") == limit["resource"]))


def _base(tables: Tables, frames: Frames, limit: dict[str, Any]) -> float:
    """Of what the share is: stock at the start, arrivals and output in the window."""
    inland = tables.countries.filter(pl.col("country") == limit["country"])
    supply = tables.supply.join(inland, on="site", how="semi")
    own = supply.filter(pl.col("table") == "stocks", pl.col("resource") == limit["resource"])
    arrived = _in_window(supply.filter(pl.col("table") == "arrivals"), limit, tables)
    output = _in_window(
        made(tables, frames["runs"]).join(inland, on="site", how="semi"), limit, tables
    )
    parts = (own["quantity"], arrived["quantity"], output["amount"])
    return sum(float(part.sum()) for part in parts)


def into_recipient(rows: pl.DataFrame, pledge: dict[str, object]) -> pl.DataFrame:
    """The lanes, or shipments, straight from the giver's country into the recipient."""
    given = rows.filter(pl.col("origin_country") == pledge["country"])
    if pledge["recipient_site"] is not None:
        return given.filter(pl.col("destination") == pledge["recipient_site"])
    return given.filter(pl.col("destination_country") == pledge["recipient_country"])


PLEDGE_GROUP = ("country", "recipient_site", "recipient_country", "resource")


def _check_pledges(findings: Findings, tables: Tables, frames: Frames) -> None:
    pledges = tables.with_resource(tables.network.table("pledges"))
    stated = _stated(frames, "pledge", "pledge")
    of_period = stated.join(pledges, on="pledge", suffix="_pledge")
    elsewhere = of_period.filter(pl.col("period") != pl.col("period_pledge"))
    text = "a breach is stated in another period than the pledge's {period_pledge}."
    findings.rows("breaches", elsewhere, ["pledge"], text)
    totals = stated.group_by("pledge").agg(pl.col("stated").sum())
    pledges = pledges.join(totals, on="pledge", how="left")
    pledges = pledges.with_columns(pl.col("stated").fill_null(0.0)).sort("period", "pledge")
    for _, group in pledges.group_by(PLEDGE_GROUP, maintain_order=True):
        _check_pledge_group(findings, group, frames)


def _check_pledge_group(findings: Findings, group: pl.DataFrame, frames: Frames) -> None:
    """Pledges of one giver, recipient and resource, in their order, which add up."""
    first = group.row(0, named=True)
    given = into_recipient(frames["shipments"], first)
    given = given.filter(pl.col("resource") == first["resource"])
    arrived = [
        float(given.filter(pl.col("arrive_period") <= period)["quantity"].sum())
        for period in group["period"]
    ]
    most = pl.when("hard").then(0.0).otherwise(pl.col("quantity"))
    rows = group.with_columns(
        pl.Series("arrived", arrived),
        pl.col("quantity").cum_sum().alias("promised"),
        pl.col("stated").cum_sum().alias("missed"),
    ).with_columns(
        allowance(pl.max_horizontal("promised", "arrived"), pl.col("typical")).alias("allowance")
    )
    lacking = pl.col("promised") - pl.col("arrived") - pl.col("missed")
    text = "{arrived} of {promised} promised arrive in time, and {missed} are stated as missing."
    findings.exceeding("pledge", rows.with_columns(lacking.alias("amount")), ["pledge"], text)
    over = rows.with_columns((pl.col("stated") - most).alias("amount"))
    text = "a breach of {stated} is stated; a hard pledge has none, a soft one {quantity} at most."
    findings.exceeding("breaches", over, ["pledge"], text)
    # a stated breach is needed by its own pledge or by a later one that it counts towards
    spare = (-lacking).reverse().cum_min().reverse()
    needless = rows.with_columns(pl.min_horizontal(spare, "stated").alias("amount"))
    text = "a breach of {stated} is stated, of which {amount} are not missing."
    findings.exceeding("breaches", needless, ["pledge"], text)


def _check_commitments(findings: Findings, tables: Tables, frames: Frames) -> None:
    keys = ["lane", "resource", "period"]
    firm = tables.network.table("commitments").filter(pl.col("firm"))
    firm = firm.group_by(keys).agg(pl.col("quantity").sum().alias("ordered"))
    sent = frames["shipments"].group_by(keys).agg(pl.col("quantity").sum().alias("sent"))
    rows = tables.with_resource(firm.join(sent, on=keys, how="left").sort(keys))
    rows = rows.with_columns(pl.col("sent").fill_null(0.0)).with_columns(
        (pl.col("ordered") - pl.col("sent")).alias("amount"),
        allowance(pl.col("ordered"), pl.col("typical")).alias("allowance"),
    )
    text = "{sent} leave, but {ordered} are firmly ordered."
    findings.exceeding("commitment", rows, ("lane", "resource"), text)
