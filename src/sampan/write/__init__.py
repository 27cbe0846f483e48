"""`Network` and `Plan` → folders of tables and Excel workbooks."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import polars as pl

from sampan import schema
from sampan.conform import as_text
from sampan.errors import OutputError
from sampan.network import Network, Objective
from sampan.plan import Plan
from sampan.write.swap import check_target, write_file, write_folder

SETTINGS = "network"
SUMMARY = "plan"
SUFFIXES = (".csv", ".parquet")


def write_network(
    network: Network,
    path: str | PathLike[str],
    format: Literal["csv", "parquet", "xlsx"] | None = None,  # noqa: A002
) -> Path:
    """Write a network, so that `read_network` gives it back.

    Columns, rows and their order stay as they were given; empty cells stay empty; numbers
    are written in their shortest exact form. The same network gives the same bytes.

    Parameters
    ----------
    network
        A network without problems in its cells, since those could not be given back.
    path
        The folder, or the .xlsx file. An earlier network there is replaced, as a whole.
    format
        `csv` (the default for a folder), `parquet` or `xlsx`.

    Returns
    -------
    pathlib.Path
        What was written.

    Raises
    ------
    OutputError
        If the place holds other things or cannot be written.
    InputError
        If the network has problems in single cells.
    """
    network.raise_for_problems()
    place = Path(path)
    chosen = _format(place, format)
    frames = {name: frame for name, frame in network.tables.items() if frame.width}
    settings = _settings(network)
    if chosen == "xlsx":
        from sampan.write.workbook import workbook_bytes

        _check_workbook(place)
        write_file(place, workbook_bytes(_flat(settings), SETTINGS, frames))
    else:
        known = _names(schema.NETWORK_TABLES, SETTINGS)
        fill = _filler(frames, chosen, f"{SETTINGS}.toml", settings)
        write_folder(place, fill, known)
    return place


def write_plan(
    plan: Plan,
    path: str | PathLike[str],
    format: Literal["csv", "parquet"] | None = None,  # noqa: A002
) -> Path:
    """Write a plan as a folder: one file a frame, and `plan.toml` for the summary.

    Entries of the summary that are None are left out. The same plan gives the same bytes.

    Raises
    ------
    OutputError
        If the place holds other things or cannot be written.
    """
    place = Path(path)
    chosen = _format(place, format)
    if chosen == "xlsx":
        raise OutputError(f"{place}: a plan is written as a folder. Give a folder's name.")
    known = _names(schema.PLAN_FRAMES, SUMMARY)
    fill = _filler(plan.frames, chosen, f"{SUMMARY}.toml", dict(plan.summary))
    write_folder(place, fill, known)
    return place


def check_plan_folder(path: str | PathLike[str]) -> None:
    """Find out before a long solve whether its plan could be written there.

    Raises
    ------
    OutputError
        If the place holds other things or cannot be written.
    """
    _format(Path(path), None if Path(path).suffix.lower() != ".xlsx" else "csv")
    check_target(Path(path), _names(schema.PLAN_FRAMES, SUMMARY))


def _format(place: Path, format: str | None) -> str:  # noqa: A002
    is_workbook = place.suffix.lower() == ".xlsx"
    chosen = format or ("xlsx" if is_workbook else "csv")
    if chosen not in ("csv", "parquet", "xlsx"):
        raise OutputError(f"there is no format {chosen!r}. Use csv, parquet or xlsx.")
    if is_workbook != (chosen == "xlsx"):
        what = "a name that ends in .xlsx" if chosen == "xlsx" else "a folder's name"
        raise OutputError(f"{place}: the name does not fit the format {chosen}. Give {what}.")
    return chosen


def _names(tables: tuple[str, ...], settings: str) -> set[str]:
    return {f"{name}{suffix}" for name in tables for suffix in SUFFIXES} | {f"{settings}.toml"}


def _filler(
    frames: Mapping[str, pl.DataFrame],
    format: str,  # noqa: A002
    toml_name: str,
    document: Mapping[str, Any],
) -> Callable[[Path], None]:
    import tomli_w

    text = tomli_w.dumps(_toml(document, toml_name))

    def fill(folder: Path) -> None:
        for name, frame in frames.items():
            if format == "csv":
                csv = frame.select(as_text(frame[column]) for column in frame.columns)
                csv.write_csv(folder / f"{name}.csv")
            else:
                frame.write_parquet(folder / f"{name}.parquet")
        (folder / toml_name).write_bytes(text.encode("utf-8"))

    return fill


def _settings(network: Network) -> dict[str, Any]:
    settings = network.settings
    objective: Objective = settings.pop("objective")
    if not settings["source"]:
        del settings["source"]
    if objective != Objective():
        settings["objective"] = {
            "stages": list(objective.stages),
            "tolerance": objective.tolerance,
            "lateness_cost": objective.lateness_cost,
        }
    return settings


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as rows of a sheet: `objective.stages` as text with commas."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": given for inner, given in value.items()}
        else:
            flat[name] = value
    return {
        name: ", ".join(value) if isinstance(value, list) else value for name, value in flat.items()
    }


def _toml(value: Any, where: str) -> Any:
    """The value in the types that TOML has; None is left out."""
    if isinstance(value, Mapping):
        return {
            str(key): _toml(item, f"{where}, {key}")
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, (list, tuple)):
        return [_toml(item, where) for item in value]
    if isinstance(value, Enum):
        return value.value
    if hasattr(value, "item"):  # a number of numpy's
        return value.item()
    if isinstance(value, (str, bool, int, float, date)):
        return value
    raise OutputError(f"{where}: {value!r} cannot be written. Use text, numbers, lists or dicts.")


def _check_workbook(place: Path) -> None:
    """Refuse to overwrite a workbook that is not a network."""
    if not place.is_file():
        return
    try:
        with zipfile.ZipFile(place) as archive:
            is_network = b'name="network"' in archive.read("xl/workbook.xml")
    except (zipfile.BadZipFile, KeyError):
        is_network = False
    if not is_network:
        raise OutputError(
            f"{place}: the file is not a network and is left alone. Choose a name that is free."
        )
