"""The figures that the examples are made from: case counts, press figures, places."""

from __future__ import annotations

import math
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl

EARTH_RADIUS_KM = 6371.0


def read(folder: Path, name: str) -> pl.DataFrame:
    """A table of figures, every column as text."""
    return pl.read_csv(folder / f"{name}.csv", infer_schema=False)


def cases(folder: Path, name: str, place: str, until: date) -> pl.DataFrame:
    """Date, place and confirmed up to a day, days without a notice filled with the last count."""
    table = read(folder, name).select(
        pl.col("date").str.to_date("%Y-%m-%d"),
        pl.col(place).alias("place"),
        pl.col("confirmed").cast(pl.Float64),
    )
    known = table.filter(pl.col("date") <= until)
    ends = known.group_by("place").agg(pl.col("date").min().alias("first"))
    days = ends.select("place", pl.date_ranges("first", pl.lit(until)).alias("date")).explode(
        "date"
    )
    filled = days.join(known, on=["place", "date"], how="left").sort("place", "date")
    return filled.with_columns(pl.col("confirmed").forward_fill().over("place")).select(
        "date", "place", "confirmed"
    )


def places(folder: Path) -> dict[str, tuple[float, float]]:
    """Latitude and longitude by name."""
    rows = read(folder, "places").iter_rows(named=True)
    return {row["name"]: (float(row["latitude_deg"]), float(row["longitude_deg"])) for row in rows}


def press(folder: Path, day: str, scope: str, item: str, measure: str) -> float:
    """One dated press figure, by everything that names it."""
    found = read(folder, "capacity_press_2020").filter(
        date=day, scope=scope, item=item, measure=measure
    )
    (quantity,) = found["quantity"].to_list()
    return float(quantity)


def along(dated: list[tuple[date, float]], day: date) -> float:
    """Between dated figures, growth at a constant rate; after the last, that one."""
    if day >= dated[-1][0]:
        return dated[-1][1]
    (since, first), (until, last) = next(
        pair for pair in pairwise(dated) if pair[0][0] <= day < pair[1][0]
    )
    share = (day - since).days / (until - since).days
    return float(first * (last / first) ** share)


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two places, given as latitude and longitude."""
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    chord = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(chord))
