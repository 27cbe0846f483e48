"""Makes the tables of this example from the folder of figures.

    python examples/asean-2020-04/make.py FIGURES_FOLDER

Running it twice gives the same files. What is a figure and what an assumption stands in
README.md; assumptions are in assumptions.py and sources/own_coefficients.csv.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import assumptions as assumed
import polars as pl

from sampan import demand

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from _make import figures  # noqa: E402
from _make.tables import Tables, write_frame  # noqa: E402

AS_OF = date(2020, 4, 15)
START = AS_OF + timedelta(days=1)
PERIODS = 8
DAYS = 7
BED_DAYS = ("severe_case_bed_day", "critical_case_bed_day")
SEVERE = (*BED_DAYS, "severe_or_critical_case")
PRIORITIES = {basis: 1 if basis in SEVERE else 2 for basis in demand.BASES} | {"resident_day": 2}
LATENESS_MAX = {1: 1, 2: 2}
HELD = ("ventilator", "medical_staff")
PRESS = {
    "mask_medical": ("2020-02-25", "mask_medical", "output"),
    "respirator_n95": ("2020-04-05", "respirator_n95", "capacity"),
    "respirator_kn95": ("2020-04-05", "respirator_n95", "capacity"),
    "protective_suit": ("2020-04-05", "protective_suit", "capacity"),
}


def forecast(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cases as reported to the as-of date and as forecast after it; the back-test by horizon."""
    cases = figures.cases(folder, "cases_asean_by_country_2020", "country", AS_OF)
    cases = cases.filter(pl.col("place").is_in(list(assumed.COUNTRIES)))
    # three weeks of back-test: what the model is meant for
    return demand.forecast_cases(cases, PERIODS * DAYS), demand.backtest(cases, 21)


def ward_needs(cases: pl.DataFrame) -> pl.DataFrame:
    """What wards and laboratories need, by day and country, with each country's severity."""
    own = pl.read_csv(HERE / "sources" / "own_coefficients.csv", infer_schema=False).with_columns(
        pl.col("quantity_per_day").cast(pl.Float64), pl.col("assumption") == "true"
    )
    coefficients = pl.concat([demand.read_coefficients(), own])
    mild = pl.col("place").is_in(assumed.MILD_OUTBREAKS)
    split = demand.EpidemicParameters(*assumed.MILD_SPLIT)
    return pl.concat(
        [
            demand.needs(cases.filter(~mild), coefficients=coefficients),
            demand.needs(cases.filter(mild), split, coefficients=coefficients),
        ]
    )


def resident_needs() -> pl.DataFrame:
    """Needs that go by residents: the same every day."""
    rows = [
        {"date": START + timedelta(days=day), "place": country, "item": item,
         "quantity": millions * 1e6 * rate, "basis": "resident_day"}
        for country, (_, millions, _) in assumed.COUNTRIES.items()
        for item, rate in assumed.RESIDENT_NEEDS.items()
        for day in range(PERIODS * DAYS)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def demands(cases: pl.DataFrame) -> pl.DataFrame:
    """The table `demands`, from nothing but the forecast and the assumptions."""
    columns = ["date", "place", "item", "quantity", "basis"]
    needed = pl.concat([ward_needs(cases).select(columns), resident_needs()])
    lent = pl.col("item").is_in(HELD)
    asked = pl.struct("place", "item").is_in(
        [{"place": place, "item": item} for item in HELD for place in assumed.ASKED_FOR[item]]
    )
    needed = needed.filter(~lent | asked)
    rows = rows_of(needed)
    lent = pl.col("resource").is_in(HELD)
    rows = rows.filter(lent | (pl.col("quantity") >= assumed.SMALLEST_DEMAND))
    return rows.sort("priority", "period", "site", "resource")


def rows_of(needed: pl.DataFrame) -> pl.DataFrame:
    """Demands by country: goods of two weeks together, what is lent of each week."""
    return demand.to_demands(
        needed,
        start=START,
        periods=PERIODS,
        period_length="week",
        every=2,
        sites={country: site for country, (site, _, _) in assumed.COUNTRIES.items()},
        priorities=PRIORITIES,
        lateness_max=LATENESS_MAX,
        groups={country: country for country in assumed.COUNTRIES},
        equipment=HELD,
    )


def add_sites_and_resources(tables: Tables, folder: Path) -> None:
    places = figures.places(folder)
    for site, (place, name, chinese, kind, country, region) in assumed.SITES.items():
        latitude, longitude = places[place]
        tables.add(
            "sites", site=site, name=f"{name} {chinese}", kind=kind, country=country,
            region=region, latitude_deg=latitude, longitude_deg=longitude,
        )  # fmt: skip
    for row in assumed.RESOURCES:
        key, name, chinese, unit, kind, family, mass, volume, value, importance, hs_code = row
        tables.add(
            "resources", resource=key, name=f"{name} {chinese}", unit=unit, kind=kind,
            family=family, mass_kg=mass, volume_m3=volume, value=value or None,
            holding_cost=round(value * 5e-4, 7) if value and kind is None else None,
            importance=importance, hs_code=hs_code,
        )  # fmt: skip
    for wanted, instead, quantity, penalty in assumed.SUBSTITUTES:
        tables.add(
            "substitutes", resource=wanted, substitute=instead, quantity_per_unit=quantity,
            penalty_per_unit=penalty,
        )  # fmt: skip


def stocks(wanted: pl.DataFrame) -> dict[tuple[str, str, int | None], float]:
    """By site, resource and last usable week: so many weeks of need, and what is assumed."""
    kept: dict[tuple[str, str, int | None], float] = {}
    # goods have one row for the first two weeks, what is lent has one for each
    first = wanted.filter(pl.col("period") < 2).group_by("site", "resource")
    need = first.agg(pl.col("quantity").sum() / 2).sort("site", "resource")
    by_site = {site: (country, weeks) for country, (site, _, weeks) in assumed.COUNTRIES.items()}
    for site, resource, a_week in need.iter_rows():
        country, weeks = by_site[site]
        if resource == "ventilator":
            kept[site, resource, None] = round(a_week * assumed.HELD_SHARE[country])
        elif resource not in HELD:
            kept[site, resource, None] = round(a_week * weeks)
    for site, resource, last, quantity in assumed.STOCKS:
        key = (site, resource, last)
        kept[key] = kept.get(key, 0) + quantity
    return {key: quantity for key, quantity in kept.items() if quantity}


def add_stocks(tables: Tables, wanted: pl.DataFrame) -> None:
    for (site, resource, last), quantity in stocks(wanted).items():
        tables.add("stocks", site=site, resource=resource, expires_period=last, quantity=quantity)
    for site, resource, period, quantity in assumed.ARRIVALS:
        tables.add("arrivals", site=site, resource=resource, period=period, quantity=quantity)


def offered(press: Callable[[str, str, str], float]) -> dict[str, float]:
    """What China offers a week: a share of a press figure where there is one."""
    shares = {item: press(*PRESS[item]) * share * DAYS for item, share in assumed.OFFERED.items()}
    return shares | {item: float(made) for item, made in assumed.OFFERED_OTHER.items()}


def add_processes(tables: Tables, folder: Path) -> None:
    """Works; a run is a thousand units, or a tonne of meltblown."""

    def press(day: str, item: str, measure: str) -> float:
        return figures.press(folder, day, "CN", item, measure)

    for item, a_week in offered(press).items():
        size = 1 if item == "meltblown" else 1_000
        cost = assumed.MELTBLOWN_COST if item == "meltblown" else assumed.RUN_COST[item]
        for site, share in assumed.OFFERED_FROM[item].items():
            # the works of China have their fabric: what they offer is what is left
            key = f"{site}:{item}"
            tables.add("processes", process=key, site=site, runs_max=a_week * share / size,
                       cost_per_run=cost)  # fmt: skip
            tables.add("process_flows", process=key, resource=item, quantity_per_run=size)
    for site, products in assumed.WORKS.items():
        for item, thousands in products.items():
            _add_works(tables, site, item, thousands)


def _add_works(tables: Tables, site: str, item: str, thousands: float) -> None:
    key = f"{site}:{item}"
    tables.add("processes", process=key, site=site, runs_max=thousands,
               cost_per_run=assumed.RUN_COST[item])  # fmt: skip
    tables.add("process_flows", process=key, resource=item, quantity_per_run=1_000)
    if item == "mask_medical":
        used = -1_000 / assumed.MASKS_A_TONNE
        tables.add("process_flows", process=key, resource="meltblown", quantity_per_run=used)
    slow, weeks, share = assumed.HALF_STAFFED
    if site == slow:
        for week in weeks:
            tables.add("profiles", table="processes", key=key, attribute="runs_max", period=week,
                       value=thousands * share)  # fmt: skip


def lane_key(origin: str, destination: str, mode: str) -> str:
    return f"{origin}>{destination}:{mode}"


def add_lanes(tables: Tables, folder: Path) -> None:
    """Lanes with their borders, what they carry with its duty, closed weeks, shared limits."""
    places = figures.places(folder)
    at = {site: places[row[0]] for site, row in assumed.SITES.items()}
    country = {site: row[4] for site, row in assumed.SITES.items()}
    for origin, destination, mode, weeks, tonnes, border, carried in assumed.LANES:
        key = lane_key(origin, destination, mode)
        detour, loading, moving = assumed.MODES[mode]
        distance = round(figures.distance_km(at[origin], at[destination]) * detour)
        tables.add(
            "lanes", lane=key, origin=origin, destination=destination, mode=mode,
            lead_time_periods=weeks, mass_kg_max=tonnes * 1_000,
            cost_per_kg=round(loading + moving * distance, 3), distance_km=distance, border=border,
        )  # fmt: skip
        abroad = country[origin] == "CN" and country[destination] != "CN"
        duties = assumed.DUTIES.get(country[destination], {}) if abroad else {}
        for resource in carried.split():
            tables.add("lane_resources", lane=key, resource=resource, allowed=True,
                       duty_rate=duties.get(resource))  # fmt: skip
    for (origin, destination, mode), weeks_closed in assumed.CLOSED.items():
        for week in weeks_closed:
            tables.add("profiles", table="lanes", key=lane_key(origin, destination, mode),
                       attribute="open", period=week, value=0)  # fmt: skip


def add_shared(tables: Tables) -> None:
    for capacity, (tonnes, mode, site) in assumed.SHARED.items():
        tables.add("capacities", capacity=capacity, amount_max=tonnes[0] * 1_000)
        for week, amount in enumerate(tonnes):
            if amount != tonnes[0]:
                tables.add("profiles", table="capacities", key=capacity, attribute="amount_max",
                           period=week, value=amount * 1_000)  # fmt: skip
        for origin, destination, lane_mode, *_ in assumed.LANES:
            if (origin, lane_mode) == (site, mode):
                tables.add("capacity_loads", capacity=capacity, amount_per_unit=1, per="kg",
                           activity=lane_key(origin, destination, mode))  # fmt: skip


def add_policies(tables: Tables) -> None:
    for limit, country, resource, quantity, share, since, until in assumed.EXPORT_LIMITS:
        tables.add("export_limits", limit=limit, country=country, resource=resource,
                   quantity_max=quantity, share_max=share, from_period=since,
                   to_period=until)  # fmt: skip
    for pledge, giver, recipient, resource, quantity, period in assumed.PLEDGES:
        tables.add("pledges", pledge=pledge, country=giver, recipient_country=recipient,
                   resource=resource, quantity=quantity, period=period)  # fmt: skip
    for reserve, country, resource, quantity, since, hard in assumed.RESERVES:
        tables.add("reserves", reserve=reserve, country=country, resource=resource,
                   quantity_min=quantity, from_period=since, hard=hard)  # fmt: skip
    for origin, destination, mode, resource, period, quantity, firm in assumed.COMMITMENTS:
        lane = lane_key(origin, destination, mode)
        tables.add("commitments", commitment=f"{lane}:{resource}:{period}", lane=lane,
                   resource=resource, period=period, quantity=quantity, firm=firm)  # fmt: skip


def make(folder: Path, out: Path) -> None:
    """Write every table of the example that rests on figures."""
    cases, errors = forecast(folder)
    write_frame(out / "sources" / "cases_and_forecast.csv", cases)
    write_frame(out / "sources" / "backtest.csv", errors)
    # what is planned with is what the file says, so that anybody can start from it
    written = out / "sources" / "cases_and_forecast.csv"
    cases = pl.read_csv(written, try_parse_dates=True, infer_schema_length=None)
    tables = Tables()
    add_sites_and_resources(tables, folder)
    wanted = demands(cases)
    add_stocks(tables, wanted)
    add_processes(tables, folder)
    add_lanes(tables, folder)
    add_shared(tables)
    add_policies(tables)
    tables.add_frame("demands", wanted)
    tables.write(out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give the folder of figures: python examples/asean-2020-04/make.py FOLDER")
    make(Path(sys.argv[1]), HERE)
