"""Makes the tables of this example from the folder of figures.

    python examples/hubei-2020-02/make.py FIGURES_FOLDER

Running it twice gives the same files. What is a figure and what an assumption stands in
README.md; assumptions are in assumptions.py and sources/own_coefficients.csv.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import assumptions as assumed
import polars as pl

from sampan import demand

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import supply  # noqa: E402
import ways  # noqa: E402
from _make import figures  # noqa: E402
from _make.tables import Tables, write_frame  # noqa: E402

AS_OF = date(2020, 2, 10)
START = AS_OF + timedelta(days=1)
PERIODS = 14
BED_DAYS = ("severe_case_bed_day", "critical_case_bed_day")
WARD_PRIORITIES = {basis: 1 if basis in BED_DAYS else 2 for basis in demand.BASES}
LATENESS_MAX = {1: 1, 2: 2, 3: 6}
"""In Hubei: as long as the days whose need is put together last."""
LATENESS_MAX_OF_PROVINCES = {1: 6, 2: 6, 3: 6}
"""Elsewhere a week's need counts at any time in that week."""
HELD = ("ventilator", "medical_team")
SERVICES = ("test_kit", "teleconsultation")
"""Items that the cities of Hubei want as a service: a kit is used in a laboratory there."""


def forecast(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cases as reported to the as-of date and as forecast after it; the back-test by horizon."""
    cities = figures.cases(folder, "cases_hubei_by_city_2020", "city", AS_OF)
    provinces = figures.cases(folder, "cases_china_by_province_2020", "region", AS_OF)
    provinces = provinces.filter(pl.col("place").is_in(list(assumed.PROVINCES)))
    keys = {chinese: city for city, (chinese, _, _) in assumed.CITIES.items()}
    cities = cities.with_columns(pl.col("place").replace_strict(keys))
    made, tested = [], []
    for what, cases in (("cities of Hubei", cities), ("other provinces", provinces)):
        made.append(demand.forecast_cases(cases, PERIODS))
        errors = demand.backtest(cases, 11)
        tested.append(errors.select(pl.lit(what).alias("places"), pl.all()))
    return pl.concat(made).sort("place", "date"), pl.concat(tested)


def ward_needs(cases: pl.DataFrame) -> pl.DataFrame:
    """What wards and laboratories need, by day and place."""
    own = pl.read_csv(HERE / "sources" / "own_coefficients.csv", infer_schema=False)
    coefficients = pl.concat([demand.read_coefficients(), demand_columns(own)])
    return demand.needs(cases, coefficients=coefficients)


def demand_columns(own: pl.DataFrame) -> pl.DataFrame:
    """The example's own coefficients, typed as those that ship with Sampan."""
    return own.with_columns(
        pl.col("quantity_per_day").cast(pl.Float64), pl.col("assumption") == "true"
    )


def resident_needs(per_day: dict[str, float], people: dict[str, float], what: str) -> pl.DataFrame:
    """Needs that go by residents: the same every day."""
    rows = [
        {"date": START + timedelta(days=day), "place": place, "item": item,
         "quantity": millions * 1e6 * rate, "basis": what}
        for place, millions in people.items()
        for item, rate in per_day.items()
        for day in range(PERIODS)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def people_by_place() -> dict[str, float]:
    cities = {city: people for city, (_, _, people) in assumed.CITIES.items()}
    return cities | {region: people for region, (_, people, _) in assumed.PROVINCES.items()}


def fairness_groups() -> dict[str, str]:
    """Each city of Hubei is an equal of its own; other provinces are grouped by region."""
    regions = {
        f"CN-{code}": region for region, codes in assumed.REGIONS.items() for code in codes.split()
    }
    return {city: city for city in assumed.CITIES} | regions


def demands(cases: pl.DataFrame) -> pl.DataFrame:
    """The table `demands`, from nothing but the forecast and the assumptions."""
    people = people_by_place()
    cities = {place: people[place] for place in assumed.CITIES}
    others = {place: people[place] for place in assumed.PROVINCES}
    wards = ward_needs(cases)
    columns = ["date", "place", "item", "quantity", "basis"]
    clinics = resident_needs(assumed.FEVER_CLINIC_NEEDS, cities, "fever_clinic_resident_day")
    needed = pl.concat(
        [
            wards.select(columns),
            clinics,
            resident_needs(assumed.RESIDENT_NEEDS, others, "resident_day"),
            resident_needs(assumed.RESIDENT_NEEDS_IN_HUBEI, cities, "resident_day"),
        ]
    )
    in_hubei = pl.col("place").is_in(list(assumed.CITIES))
    services = in_hubei & pl.col("item").is_in(SERVICES)
    too_soon = pl.col("date") < START + timedelta(days=assumed.LENT_FROM_PERIOD)
    spared = too_soon | pl.col("place").is_in(assumed.NO_EQUIPMENT_NEEDED)
    needed = needed.filter(~(pl.col("item").is_in(HELD) & spared))
    elsewhere = ~in_hubei & pl.col("item").is_in(assumed.NEEDED_ELSEWHERE)
    urgent = pl.col("basis").is_in(BED_DAYS)
    residents = pl.col("basis") == "resident_day"
    daily = in_hubei & urgent & ~services
    parts = (
        (services, 1, None),
        (daily, 2, LATENESS_MAX),
        (in_hubei & ~urgent & ~residents & ~services, 3, LATENESS_MAX),
        (in_hubei & residents, 7, LATENESS_MAX),
        (elsewhere, 7, LATENESS_MAX_OF_PROVINCES),
    )
    rows = pl.concat([rows_of(needed.filter(chosen), every, late) for chosen, every, late in parts])
    return rows.sort("priority", "period", "site", "resource")


def rows_of(needed: pl.DataFrame, every: int, late: dict[int, int] | None) -> pl.DataFrame:
    items = {name: name for name in sorted(set(needed["item"]))}
    if late is None:
        items = {"test_kit": "lab_test", "teleconsultation": "teleconsultation"}
    return demand.to_demands(
        needed,
        start=START,
        periods=PERIODS,
        every=every,
        items=items,
        priorities=WARD_PRIORITIES | {"fever_clinic_resident_day": 2, "resident_day": 3},
        lateness_max=late,
        groups=fairness_groups(),
        equipment=HELD,
    )


def make(folder: Path, out: Path) -> None:
    """Write every table of the example that rests on figures."""
    cases, errors = forecast(folder)
    write_frame(out / "sources" / "cases_and_forecast.csv", cases)
    write_frame(out / "sources" / "backtest.csv", errors)
    # what is planned with is what the file says, so that anybody can start from it
    written = out / "sources" / "cases_and_forecast.csv"
    cases = pl.read_csv(written, try_parse_dates=True, infer_schema_length=None)
    tables = Tables()
    places = figures.places(folder)
    ways.add_sites(tables, places)
    supply.add_resources(tables)
    wanted = demands(cases)
    supply.add_stocks(tables, wanted)
    supply.add_processes(tables, folder, wanted, START, PERIODS)
    ways.add_lanes(tables, PERIODS)
    supply.add_policies(tables)
    tables.add_frame("demands", wanted)
    tables.write(out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give the folder of figures: python examples/hubei-2020-02/make.py FOLDER")
    make(Path(sys.argv[1]), HERE)
