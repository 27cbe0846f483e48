"""Resources, stocks, processes and policies of the example."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import assumptions as assumed
import polars as pl
from _make import figures
from _make.tables import Tables

MASK_DAYS = (
    ("2020-02-02", "mask"), ("2020-02-22", "mask"), ("2020-02-25", "mask"), ("2020-02-29", "mask"),
)  # fmt: skip
CAPITAL_OF_IMPORTS = {"respirator_n95": "CN-SH", "suit_emergency": "CN-GD"}


def add_resources(tables: Tables) -> None:
    for row in assumed.RESOURCES:
        key, name, chinese, unit, kind, family, mass, volume, value, importance, hs_code = row
        tables.add(
            "resources",
            resource=key,
            name=f"{name} {chinese}",
            unit=unit,
            kind=kind,
            family=family,
            mass_kg=mass or None,
            volume_m3=volume or None,
            value=value or None,
            holding_cost=round(value * 1e-4, 6) if value and kind is None else None,
            importance=importance,
            hs_code=hs_code,
        )
    for wanted, instead, quantity, penalty in assumed.SUBSTITUTES:
        tables.add(
            "substitutes",
            resource=wanted,
            substitute=instead,
            quantity_per_unit=quantity,
            penalty_per_unit=penalty,
        )


def add_stocks(tables: Tables, demands: pl.DataFrame) -> None:
    """The hub's stock, and at hospitals and provinces some days of their own need."""
    for resource, quantity in assumed.HUB_STOCK.items():
        tables.add("stocks", site="wuhan-hub", resource=resource, quantity=quantity)
    for quantity, last in assumed.HUB_TEST_KITS:
        tables.add(
            "stocks", site="wuhan-hub", resource="test_kit", quantity=quantity, expires_period=last
        )
    goods = [row[0] for row in assumed.RESOURCES if row[4] is None]
    wards = demands.filter(pl.col("resource").is_in(goods), pl.col("priority") < 3)
    everyone = demands.filter(pl.col("resource").is_in(goods))
    for city in assumed.CITIES:
        _stock_of_days(tables, wards.filter(site=city), assumed.CITY_STOCK_DAYS)
        _equipment_of_city(
            tables, demands.filter(pl.col("period") == assumed.LENT_FROM_PERIOD, site=city)
        )
    for region, (_, people, _) in assumed.PROVINCES.items():
        _stock_of_days(tables, everyone.filter(site=region), assumed.PROVINCE_STOCK_DAYS)
        for resource, rate in (
            ("ventilator", assumed.VENTILATORS_PER_MILLION),
            ("medical_team", assumed.TEAMS_PER_MILLION),
        ):
            quantity = round(people * rate)
            if quantity:
                tables.add("stocks", site=region, resource=resource, quantity=quantity)


def _stock_of_days(tables: Tables, demands: pl.DataFrame, days: float) -> None:
    """So many days of what a site needs on average over the first week."""
    week = demands.filter(pl.col("period") < 7)
    needs = week.group_by("site", "resource").agg(pl.col("quantity").sum()).sort("resource")
    for site, resource, quantity in needs.iter_rows():
        # windows of three days: periods 0, 3 and 6 stand for nine days
        span = 9 if set(week["period"]) == {0, 3, 6} else 7
        kept = round(quantity / span * days)
        if kept:
            tables.add("stocks", site=site, resource=resource, quantity=kept)


def _equipment_of_city(tables: Tables, today: pl.DataFrame) -> None:
    for resource, share in (
        ("ventilator", assumed.VENTILATORS_IN_CITY),
        ("medical_team", assumed.TEAMS_IN_CITY),
    ):
        for site, need in today.filter(resource=resource).select("site", "quantity").iter_rows():
            kept = round(need * share)
            if kept:
                tables.add("stocks", site=site, resource=resource, quantity=kept)


def national_output(folder: Path, start: date, periods: int) -> dict[str, list[float]]:
    """Output a day of the whole country by product: press figures, or the assumed ends."""
    days = [start + timedelta(days=at) for at in range(periods)]

    def press(day: str, item: str, measure: str, scope: str = "CN") -> tuple[date, float]:
        return date.fromisoformat(day), figures.press(folder, day, scope, item, measure)

    masks = [press(day, item, "output") for day, item in MASK_DAYS]
    last_medical = figures.press(folder, "2020-02-25", "CN", "mask_medical", "output")
    medical = last_medical / figures.press(folder, "2020-02-25", "CN", "mask", "output")
    # the same page says 600,000 of capacity; another report implies 230,000, of output
    n95 = [(date(2020, 2, 2), 230_000.0), press("2020-02-22", "respirator_n95", "output")]
    n95.append(press("2020-02-29", "respirator_n95", "output"))
    suits = [press("2020-02-01", "protective_suit", "output")]
    suits.append(press("2020-03-04", "protective_suit", "delivered", "CN-HB"))
    output = {
        "mask_medical": [figures.along(masks, day) * medical for day in days],
        "respirator_n95": [figures.along(n95, day) * assumed.MEDICAL_SHARE_N95 for day in days],
        "respirator_kn95": [figures.along(n95, day) * assumed.KN95_SHARE for day in days],
        "protective_suit": [figures.along(suits, day) for day in days],
    }
    for product, ends in assumed.OTHER_OUTPUT.items():
        output[product] = [between(ends, at, periods) for at in range(periods)]
    return output


def between(ends: tuple[float, float], period: int, periods: int) -> float:
    """Evenly from the first to the last period."""
    return ends[0] + (ends[1] - ends[0]) * period / (periods - 1)


def add_processes(
    tables: Tables, folder: Path, demands: pl.DataFrame, start: date, periods: int
) -> None:
    """Works, mills, laboratories, specialists and purchases, each with its limits by period."""
    output = national_output(folder, start, periods)
    for works, (_, _, _, shares) in assumed.WORKS.items():
        fabric = 0.0
        for product, share in shares.items():
            units, meltblown, days, cost = assumed.RECIPES[product]
            runs = [round(made * share / units, 2) for made in output[product]]
            _process(tables, f"{works}:{product}", works, runs, days, cost)
            _flow(tables, f"{works}:{product}", product, units)
            if meltblown:
                _flow(tables, f"{works}:{product}", "meltblown", -meltblown)
                fabric += runs[0] * meltblown
        if fabric:
            kept = round(fabric * 1.5, 2)
            tables.add("stocks", site=works, resource="meltblown", quantity=kept)
    for mill, (_, _, _, share) in assumed.MILLS.items():
        tonnes = [
            round(between(assumed.MELTBLOWN_TONNES, at, periods) * share, 3)
            for at in range(periods)
        ]
        _process(tables, f"{mill}:meltblown", mill, tonnes, 0, 40_000)
        _flow(tables, f"{mill}:meltblown", "meltblown", 1)
    _add_laboratories(tables, demands, periods)
    _add_purchases(tables, periods)


def _process(
    tables: Tables, key: str, site: str, runs: list[float], days: int, cost: float
) -> None:
    """A process whose limit is given for every period where it changes."""
    first = runs[0]
    tables.add(
        "processes",
        process=key,
        site=site,
        runs_max=first,
        cost_per_run=cost,
        lead_time_periods=days or None,
    )
    for period, limit in enumerate(runs):
        if limit != first:
            tables.add(
                "profiles",
                table="processes",
                key=key,
                attribute="runs_max",
                period=period,
                value=limit,
            )


def _flow(tables: Tables, process: str, resource: str, quantity: float) -> None:
    tables.add("process_flows", process=process, resource=resource, quantity_per_run=quantity)


def _add_laboratories(tables: Tables, demands: pl.DataFrame, periods: int) -> None:
    """Each test takes a kit; a city can send samples to the hub, whose results come back."""
    tests = demands.filter(resource="lab_test").group_by("site").agg(pl.col("quantity").sum())
    ends = {"wuhan-hub": assumed.LAB_HUB}
    first, last = assumed.LAB_SHARE_OF_CITY
    for site, total in tests.sort("site").iter_rows():
        ends[site] = (first * total / periods, last * total / periods)
    for site, limits in ends.items():
        runs = [float(round(between(limits, at, periods))) for at in range(periods)]
        _process(tables, f"{site}:laboratory", site, runs, 0, 20)
        _flow(tables, f"{site}:laboratory", "lab_test", 1)
        _flow(tables, f"{site}:laboratory", "test_kit", -1)
    for site, hours in assumed.SPECIALIST_HOURS.items():
        _process(tables, f"{site}:specialists", site, [float(hours)] * periods, 0, 300)
        _flow(tables, f"{site}:specialists", "teleconsultation", 1)


def _add_purchases(tables: Tables, periods: int) -> None:
    """Purchases abroad: processes that use nothing."""
    bought = (
        ("import:respirator_n95", "CN-SH", "respirator_n95", 1_000, 15, 30_000),
        ("import:suit_emergency", "CN-GD", "suit_emergency", 100, 40, 15_000),
        ("import:meltblown", "works-qingdao", "meltblown", 1, 1.5, 120_000),
    )
    for key, site, resource, units, runs, cost in bought:
        _process(tables, key, site, [float(runs)] * periods, 4, cost)
        _flow(tables, key, resource, units)
    for site, resource, period, quantity in (
        ("CN-SH", "respirator_n95", 2, 60_000), ("CN-SH", "protective_suit", 3, 12_000),
        ("CN-GD", "suit_emergency", 1, 9_000), ("CN-GD", "suit_emergency", 5, 14_000),
        ("CN-BJ", "goggles", 2, 5_000), ("CN-GD", "mask_medical", 4, 1_500_000),
    ):  # fmt: skip
        tables.add("arrivals", site=site, resource=resource, period=period, quantity=quantity)


def add_policies(tables: Tables) -> None:
    """Reserves at the hub and at the central store; shipments ordered before the as-of date."""
    for resource, quantity, first in (
        ("respirator_n95", 20_000, 7), ("protective_suit", 8_000, 10),
        ("mask_medical", 500_000, 5), ("test_kit", 10_000, 5), ("ventilator", 10, 0),
    ):  # fmt: skip
        tables.add(
            "reserves",
            reserve=f"hub-{resource}",
            site="wuhan-hub",
            resource=resource,
            quantity_min=quantity,
            from_period=first,
        )
    tables.add("stocks", site="central-store", resource="protective_suit", quantity=6_000)
    tables.add("stocks", site="central-store", resource="respirator_n95", quantity=30_000)
    tables.add("stocks", site="central-store", resource="mask_medical", quantity=2_000_000)
    tables.add("stocks", site="central-store", resource="ventilator", quantity=120)
    tables.add(
        "reserves",
        reserve="central-ventilator",
        site="central-store",
        resource="ventilator",
        quantity_min=30,
        hard=True,
    )
    for lane, resource, period, quantity, firm in (
        ("works-shanghai>wuhan-hub:air", "respirator_n95", 0, 8_000, True),
        ("works-hangzhou>wuhan-hub:road", "protective_suit", 1, 1_500, True),
        ("central-store>wuhan-hub:rail", "mask_medical", 0, 600_000, True),
        ("works-zhengzhou>wuhan-hub:road", "mask_medical", 1, 400_000, None),
        ("works-dongguan>wuhan-hub:air", "goggles", 1, 800, None),
        ("works-qingdao>wuhan-hub:rail", "exam_gloves", 2, 300_000, None),
        ("works-suzhou>wuhan-hub:road", "gown", 2, 3_000, None),
        ("CN-SC>wuhan-hub:rail", "medical_team", 1, 2, None),
    ):
        tables.add(
            "commitments",
            commitment=f"{lane}:{resource}:{period}",
            lane=lane,
            resource=resource,
            period=period,
            quantity=quantity,
            firm=firm,
        )
