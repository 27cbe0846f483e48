"""A tiny network in order, and one broken network or folder for each code of a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

from sampan.check import check
from sampan.errors import InputError, PlanFileError, Problem
from sampan.network import Network
from sampan.override import apply_overrides
from sampan.plan import Plan
from sampan.read import read_network, read_plan
from sampan.write import write_network, write_plan

Tables = dict[str, dict[str, list[Any]]]


def tables(**changes: dict[str, list[Any]] | None) -> Tables:
    """A warehouse, a hospital one day away, and a clinic abroad; masks for the hospital."""
    base: Tables = {
        "sites": {"site": ["W", "H", "X"], "country": ["CN", "CN", "IT"]},
        "resources": {
            "resource": ["mask", "team"],
            "unit": ["piece", "team"],
            "kind": ["good", "equipment"],
        },
        "stocks": {"site": ["W"], "resource": ["mask"], "quantity": [100]},
        "lanes": {
            "lane": ["W-H"],
            "origin": ["W"],
            "destination": ["H"],
            "lead_time_periods": [1],
        },
        "demands": {
            "demand": ["D1"],
            "site": ["H"],
            "resource": ["mask"],
            "period": [1],
            "quantity": [50],
        },
    }
    return {name: rows for name, rows in {**base, **changes}.items() if rows is not None}


def network(
    settings: Mapping[str, Any] | None = None, **changes: dict[str, list[Any]] | None
) -> Network:
    """The tiny network with some tables put in place of its own."""
    known = {"start": date(2020, 2, 10), "periods": 4, "name": "tiny", **(settings or {})}
    return Network.from_frames(tables(**changes), **known)


def column(table: str, **columns: list[Any]) -> dict[str, list[Any]]:
    """A table of the tiny network with some columns put in place of its own."""
    return {**tables()[table], **columns}


TOML = 'name = "t"\nstart = 2020-02-10\nperiods = 4\nperiod_length = "day"\ncurrency = "CNY"\n'


def folder(place: Path, toml: str = TOML, **files: str | bytes) -> Path:
    """A network folder with these files (`lanes_csv` is `lanes.csv`) beside the tiny ones."""
    place.mkdir(exist_ok=True)
    write_network(network(), place / "net")
    (place / "net" / "network.toml").write_text(toml, encoding="utf-8")
    for name, content in files.items():
        stem, _, suffix = name.rpartition("_")
        data = content.encode() if isinstance(content, str) else content
        (place / "net" / f"{stem}.{suffix}").write_bytes(data)
    return place / "net"


def workbook(place: Path, change: Callable[[Any], None]) -> Path:
    """The tiny network as a workbook, changed by hand."""
    write_network(network(), place / "net.xlsx")
    book = openpyxl.load_workbook(place / "net.xlsx")
    change(book)
    book.save(place / "net.xlsx")
    return place / "net.xlsx"


def plan_folder(place: Path) -> Path:
    """The folder of a plan without any rows."""
    return write_plan(Plan({}, {"status": "optimal", "gap": 0.0}), place / "plan")


def problems_of(read: Callable[[], Network | Plan]) -> list[Problem]:
    """What is wrong, whether reading refuses at once or the check finds it."""
    try:
        found = read()
    except (InputError, PlanFileError) as error:
        return list(error.problems)
    assert isinstance(found, Network)
    return check(found)


def _lane(**columns: list[Any]) -> dict[str, list[Any]]:
    return column("lanes", **columns)


def _demand(**columns: list[Any]) -> dict[str, list[Any]]:
    return column("demands", **columns)


def _resource(**columns: list[Any]) -> dict[str, list[Any]]:
    return column("resources", **columns)


def _commitment(period: int, resource: str = "mask") -> dict[str, list[Any]]:
    return {
        "commitment": ["C1"],
        "lane": ["W-H"],
        "resource": [resource],
        "period": [period],
        "quantity": [5],
        "firm": [True],
    }


def _limit(**columns: list[Any]) -> dict[str, list[Any]]:
    base = {"limit": ["E1"], "country": ["CN"], "resource": ["mask"], "quantity_max": [5]}
    return {**base, **columns}


def _reserve(**columns: list[Any]) -> dict[str, list[Any]]:
    return {"reserve": ["R1"], "resource": ["mask"], "quantity_min": [5], **columns}


def _profile(
    attribute: str, value: float, table: str = "lanes", key: str = "W-H", period: int = 0
) -> dict[str, list[Any]]:
    return {
        "table": [table],
        "key": [key],
        "attribute": [attribute],
        "period": [period],
        "value": [value],
    }


def _process(flows: list[tuple[str, str, float]]) -> dict[str, dict[str, list[Any]]]:
    names = list(dict.fromkeys(process for process, _, _ in flows))
    process, resource, quantity = zip(*flows, strict=True)
    return {
        "processes": {"process": names, "site": ["W"] * len(names)},
        "process_flows": {
            "process": list(process),
            "resource": list(resource),
            "quantity_per_run": list(quantity),
        },
    }


def _stub(place: Path, name: str, content: bytes = b"x") -> Path:
    (place / name).write_bytes(content)
    return place / name


def _rename(book: Any, name: str, title: str) -> None:
    book[name].title = title


def _put(book: Any, sheet: str, cell: str, value: Any, data_type: str | None = None) -> None:
    book[sheet][cell] = value
    if data_type:
        book[sheet][cell].data_type = data_type


def _bad_plan(place: Path, name: str, content: str | None) -> Path:
    plan = plan_folder(place)
    if content is None:
        (plan / name).unlink()
    else:
        (plan / name).write_text(content, encoding="utf-8")
    return plan


Case = Callable[[Path], "Network | Plan"]

FILES: dict[str, Case] = {
    "no-folder": lambda place: read_network(place / "missing"),
    "no-settings": lambda place: read_network(place),
    "no-summary": lambda place: read_plan(place),
    "unreadable-file": lambda place: read_network(_with_folder_for_file(place)),
    "bad-toml": lambda place: read_network(folder(place, toml="name = ")),
    "bad-workbook": lambda place: read_network(_stub(place, "net.xlsx")),
    "bad-parquet": lambda place: read_network(folder(place, capacities_parquet="garbage")),
    "not-utf8": lambda place: read_network(folder(place, capacities_csv="能力".encode("gbk"))),
    "bad-csv": lambda place: read_network(folder(place, capacities_csv='capacity,amount_max\n"a,')),
    "empty-file": lambda place: read_network(folder(place, capacities_csv="")),
    "unknown-file": lambda place: read_network(folder(place, lane_csv="lane\n")),
    "ignored-workbook": lambda place: read_network(folder(place, lanes_xlsx=b"")),
    "two-files": lambda place: read_network(folder(place, lanes_parquet=b"")),
    "missing-frame": lambda place: read_plan(_bad_plan(place, "runs.csv", None)),
    "bad-summary": lambda place: read_plan(_bad_plan(place, "plan.toml", 'status = "good"')),
    "missing-setting": lambda place: read_network(folder(place, toml='name = "t"')),
    "unknown-setting": lambda place: read_network(folder(place, toml=TOML + "period = 3")),
    "bad-setting": lambda place: read_network(folder(place, toml=TOML.replace("4", '"four"'))),
    "ragged-row": lambda place: read_network(
        folder(place, capacities_csv="capacity,amount_max\nquay,1,000\n")
    ),
    "empty-heading": lambda place: read_network(
        folder(place, capacities_csv="capacity,amount_max,\nquay,1,x\n")
    ),
    "excel-error": lambda place: read_network(
        workbook(place, lambda book: _put(book, "stocks", "C2", "#N/A", "e"))
    ),
    "no-formula-value": lambda place: read_network(
        workbook(place, lambda book: _put(book, "stocks", "C2", "=1+1"))
    ),
    "bad-override": lambda _: apply_overrides(network(), ["demands.D9.quantity=1"]),
}


def _with_folder_for_file(place: Path) -> Path:
    made = folder(place)
    (made / "arrivals.csv").mkdir()
    return made


TABLES: dict[str, Case] = {
    "unknown-table": lambda _: Network.from_frames({"lane": {}}, start=date(2020, 1, 1), periods=1),
    "not-a-table": lambda _: network(stocks={"site": ["W"], "resource": ["mask", "mask"]}),
    "unknown-column": lambda _: network(lanes=_lane(lead_time=[1])),
    "missing-column": lambda _: network(stocks={"site": ["W"], "resource": ["mask"]}),
    "duplicate-column": lambda place: read_network(
        folder(place, capacities_csv="capacity,amount_max,amount_max\nquay,1,1\n")
    ),
    "duplicate-key": lambda _: network(sites={"site": ["W", "H", "X", "W"]}),
    "empty-table": lambda _: network(sites={"site": []}),
    "empty-cell": lambda _: network(demands=_demand(quantity=[None])),
    "not-a-number": lambda _: network(demands=_demand(quantity=["many"])),
    "not-whole": lambda _: network(demands=_demand(period=[0.5])),
    "not-boolean": lambda _: network(commitments={**_commitment(0), "firm": ["yes"]}),
    "nan": lambda _: network(demands=_demand(quantity=[float("nan")])),
    "not-finite": lambda _: network(demands=_demand(quantity=[float("inf")])),
    "negative": lambda _: network(demands=_demand(quantity=[-5])),
    "too-small": lambda _: network(demands=_demand(priority=[0])),
    "too-big": lambda _: network(export_limits=_limit(share_max=[1.5])),
    "bad-choice": lambda _: network(resources=_resource(kind=["goods", "equipment"])),
    "bad-code": lambda _: network(sites={"site": ["W", "H"], "country": ["CHN", "CN"]}),
    "unprintable": lambda _: network(sites={"site": ["W", "H"], "name": ["a\nb", "c"]}),
    "unknown-reference": lambda _: network(lanes=_lane(destination=["S99"])),
    "unknown-country": lambda _: network(export_limits=_limit(country=["VN"])),
    "bad-profile": lambda _: network(profiles=_profile("open", 0.5)),
    "bad-load": lambda _: network(
        capacities={"capacity": ["quay"], "amount_max": [5]},
        capacity_loads={
            "capacity": ["quay"],
            "activity": ["W-H"],
            "amount_per_unit": [1],
            "per": ["run"],
        },
    ),
    "outside-calendar": lambda _: network(demands=_demand(period=[4])),
    "substitute-itself": lambda _: network(
        substitutes={"resource": ["mask"], "substitute": ["mask"], "quantity_per_unit": [1]}
    ),
    "substitute-kind": lambda _: network(
        substitutes={"resource": ["mask"], "substitute": ["team"], "quantity_per_unit": [1]}
    ),
    "only-goods-age": lambda _: network(resources=_resource(shelf_life_periods=[None, 3])),
    "window-reversed": lambda _: network(
        reserves=_reserve(site=["W"], from_period=[2], to_period=[1])
    ),
    "expired-arrival": lambda _: network(
        arrivals={
            "site": ["H"],
            "resource": ["mask"],
            "period": [2],
            "expires_period": [1],
            "quantity": [1],
        }
    ),
    "lane-to-itself": lambda _: network(
        lanes={"lane": ["W-H", "W-W"], "origin": ["W", "W"], "destination": ["H", "W"]}
    ),
    "vehicle-without-size": lambda _: network(lanes=_lane(cost_per_vehicle=[100])),
    "least-above-most": lambda _: network(
        lane_resources={
            "lane": ["W-H"],
            "resource": ["mask"],
            "quantity_min": [20],
            "quantity_max": [10],
        }
    ),
    "site-or-country": lambda _: network(reserves=_reserve(site=[None])),
    "no-limit": lambda _: network(export_limits=_limit(quantity_max=[None])),
    "commitment-not-allowed": lambda _: network(
        commitments=_commitment(0),
        lane_resources={"lane": ["W-H"], "resource": ["team"], "allowed": [True]},
    ),
    "commitment-closed": lambda _: network(
        commitments=_commitment(0), profiles=_profile("open", 0)
    ),
    "commitment-too-late": lambda _: network(commitments=_commitment(3)),
    "ring": lambda _: network(
        stocks={"site": ["W"], "resource": ["team"], "quantity": [1]},
        **_process([("P", "mask", -1), ("P", "team", 2), ("Q", "team", -1), ("Q", "mask", 1)]),
    ),
    "perishable-without-expiry": lambda _: network(
        resources=_resource(shelf_life_periods=[5, None])
    ),
    "no-mass": lambda _: network(lanes=_lane(mass_kg_max=[100])),
    "no-volume": lambda _: network(lanes=_lane(cost_per_m3=[100])),
    "unreachable-demand": lambda _: network(demands=_demand(period=[0], lateness_max=[0])),
    "starved-process": lambda _: network(**_process([("P", "team", -1), ("P", "mask", 2)])),
}
CASES: dict[str, Case] = {**FILES, **TABLES}
"""By code, how to make a problem that carries it."""
