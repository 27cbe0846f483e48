"""Networks of any size, made from a seed: factories → hubs → hospitals.

    python benchmarks/generate.py OUT --columns 300000 --seed 0 --tight --bom

writes an ordinary network folder. `generate` returns the same as dataframes, `network` as a
`sampan.Network`. No figure is real; what is alike is the structure: many resources that
share lanes of limited volume, stocks everywhere, demand in waves, priorities, and, where
asked for, materials upstream, shared capacities, goods that expire, and lent equipment.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import tomli_w
from world import Options, World
from world_tables import Generated, generated

from sampan.model.build import variables
from sampan.model.layers import layers, reach
from sampan.model.numbers import numbers
from sampan.network import STAGES, Network

PILOT_HOSPITALS = 300
"""The size search counts columns on networks no larger than this."""
TRIES = 12


def generate(options: Options) -> Generated:
    """Tables and settings of a network with about `options.columns` model variables."""
    return generated(World(options, hospitals_for(options)))


def network(options: Options) -> Network:
    """The generated network itself."""
    return generate(options).network()


def count_columns(made: Network) -> int:
    """How many variables the model of a network has."""
    n = numbers(made)
    lay = layers(n)
    return variables(n, lay, reach(n, lay)).count


def hospitals_for(options: Options) -> int:
    """Hospitals that bring the model near the columns asked for.

    The count grows about linearly with the hospitals, so a few counts on small networks
    settle it; on very small ones chance matters, and the nearest of a few tries is taken.

    Raises
    ------
    ValueError
        If even one hospital takes far more columns.
    """
    hospitals = 40
    counts: dict[int, int] = {}
    while hospitals not in counts and len(counts) < TRIES:
        made = generated(World(options, hospitals)).network()
        columns = counts[hospitals] = count_columns(made)
        if hospitals == 1 and columns > 1.5 * options.columns:
            raise ValueError(
                f"one hospital with {options.resources} resources over {options.periods} "
                f"periods takes {columns} columns; ask for more columns, or fewer of those"
            )
        wanted = max(round(hospitals * options.columns / columns), 1)
        if min(hospitals, wanted) >= PILOT_HOSPITALS:
            return wanted
        if wanted in counts and wanted != hospitals:  # going round in a ring: halve the step
            wanted = round((wanted + hospitals) / 2)
        hospitals = min(wanted, PILOT_HOSPITALS)
    return min(counts, key=lambda tried: abs(counts[tried] - options.columns))


def write(made: Generated, folder: Path, form: str = "csv") -> None:
    """Write the tables, as `csv` or `parquet`, and network.toml as a network folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in made.tables.items():
        path = folder / f"{name}.{form}"
        if form == "csv":
            frame.write_csv(path)
        else:
            frame.write_parquet(path)
    settings: dict[str, Any] = dict(made.settings)
    objective = dict(settings.pop("objective"))
    objective["stages"] = list(objective["stages"])
    text = tomli_w.dumps({**settings, "objective": objective})
    (folder / "network.toml").write_text(text, encoding="utf-8")


def read(folder: Path) -> Generated:
    """What `write` wrote as Parquet, with types as they were; for use between processes."""
    tables = {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    settings = tomllib.loads((folder / "network.toml").read_text(encoding="utf-8"))
    settings["objective"]["stages"] = tuple(settings["objective"]["stages"])
    return Generated(tables, settings)


def parser() -> argparse.ArgumentParser:
    """The command line; its defaults are those of `Options`."""
    default = Options()
    switch = argparse.BooleanOptionalAction
    made = argparse.ArgumentParser(description="Write a generated network as a folder of tables.")
    made.add_argument("out", type=Path, help="folder to write")
    made.add_argument("--columns", type=int, default=default.columns, help="model variables, about")
    made.add_argument("--seed", type=int, default=default.seed)
    made.add_argument("--resources", type=int, default=default.resources)
    made.add_argument("--periods", type=int, default=default.periods)
    made.add_argument("--tight", action="store_true", default=default.tight,
                      help="lanes, supply and capacities below need (the default)")  # fmt: skip
    made.add_argument("--loose", action="store_false", dest="tight", help="well above need")
    made.add_argument("--bom", action=switch, default=default.bom, help="goods made of materials")
    made.add_argument("--shelf-life", type=int, metavar="PERIODS",
                      help="every second good expires after so many periods")  # fmt: skip
    made.add_argument("--shared-capacities", action=switch, default=default.shared_capacities)
    made.add_argument("--equipment", type=int, default=default.equipment, metavar="COUNT",
                      help="how many of the resources are lent, not used up")  # fmt: skip
    made.add_argument("--lateness-max", type=int, default=default.lateness_max)
    made.add_argument("--stages", choices=("total", "all"), default="total")
    made.add_argument("--format", choices=("csv", "parquet"), default="csv")
    return made


def main(arguments: list[str] | None = None) -> int:
    given = vars(parser().parse_args(arguments))
    folder, form = given.pop("out"), given.pop("format")
    given["stages"] = STAGES if given["stages"] == "all" else ("total",)
    try:
        made = generate(Options(**given))
    except ValueError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 2
    write(made, folder, form)
    rows = ", ".join(f"{len(frame)} {name}" for name, frame in made.tables.items())
    print(f"{folder}: {rows}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
