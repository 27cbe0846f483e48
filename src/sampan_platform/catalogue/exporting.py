"""The catalogue → tables: its own, which an import reads back, or those of a network."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from django.db.models import QuerySet
from django.utils.translation import gettext

import sampan
from sampan import schema
from sampan.conform import DTYPES
from sampan.write.workbook import workbook_bytes
from sampan_platform.catalogue import selectors
from sampan_platform.catalogue.known import policy_cells
from sampan_platform.catalogue.tables import KINDS, NAMES, POLICIES, columns_kept, table
from sampan_platform.common.errors import InvalidError
from sampan_platform.people.models import User

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Of every file in an archive, so that the same catalogue gives the same bytes."""


@dataclass(frozen=True)
class Calendar:
    """The days that a network's periods stand for."""

    start: date
    days: int


def frames(
    user: User | None = None, as_of: date | None = None, names: tuple[str, ...] = NAMES
) -> dict[str, pl.DataFrame]:
    """The catalogue's tables as a person sees them; with `as_of` what is in use then."""
    return {name: frame_of(name, selectors.rows(name, as_of, user)) for name in names}


def frame_of(name: str, rows: QuerySet[Any]) -> pl.DataFrame:
    """Some rows of a table, in the columns in which it is exported; two queries at most."""
    columns = columns_kept(name)
    if name in POLICIES:
        data = [
            [_cell(cells.get(column)) for column in columns]
            for cells in (policy_cells(one) for one in rows.order_by("key"))
        ]
    else:
        fields = KINDS[name].fields
        ordered = rows.order_by(*(fields[part] for part in table(name).key))
        plain = ordered.prefetch_related(None).select_related(None)
        data = [[_cell(cell) for cell in row] for row in plain.values_list(*fields.values())]
    return pl.DataFrame(data, schema=_dtypes(name, columns), orient="row")


def _dtypes(name: str, columns: tuple[str, ...]) -> dict[str, Any]:
    return {column: DTYPES[table(name)[column].type] for column in columns}


def _cell(value: Any) -> Any:
    """As it is written in a file; nothing where there is no text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value


def as_zip(tables: Mapping[str, pl.DataFrame], kind: str = "csv") -> bytes:
    """A zip archive with one file a table that has rows."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, frame in tables.items():
            if frame.is_empty():
                continue
            content = io.BytesIO()
            frame.write_parquet(content) if kind == "parquet" else frame.write_csv(content)
            entry = zipfile.ZipInfo(f"{name}.{kind}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
    return buffer.getvalue()


def as_workbook(tables: Mapping[str, pl.DataFrame]) -> bytes:
    """An Excel workbook with one sheet a table that has rows."""
    filled = {name: frame for name, frame in tables.items() if not frame.is_empty()}
    try:
        return workbook_bytes({"name": "catalogue"}, "network", filled)
    except sampan.OutputError as error:
        raise InvalidError(
            gettext("%(error)s Export CSV instead.") % {"error": error}, code="too-large"
        ) from error


def network(
    user: User | None, calendar: Calendar, *, name: str = "catalogue", currency: str = "CNY"
) -> sampan.Network:
    """What is in use on the first day, as tables of a network: places and policies alone.

    Stocks, demands and orders are not in it; `dispatch` builds the whole network.
    """
    tables = frames(user, calendar.start)
    made = {
        one: _as_engine(one, tables[one], calendar)
        for one in NAMES
        if one in schema.NETWORK_TABLES and not tables[one].is_empty()
    }
    return sampan.Network.from_frames(
        {one: frame for one, frame in made.items() if not frame.is_empty()},
        name=name,
        start=calendar.start,
        periods=calendar.days,
        currency=currency,
    )


def _as_engine(name: str, frame: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    if name in ("sites", "resources"):
        both = pl.concat_str("name_en", "name_zh", separator=" ", ignore_nulls=True)
        frame = frame.with_columns(name=both)
    if name == "resources":
        frame = frame.rename({"resource_class": "family"})
    if name == "lanes":
        # a vehicle's cost of nothing would mean whole vehicles
        given = pl.col("vehicle_kg").is_not_null() | pl.col("vehicle_m3").is_not_null()
        cost = pl.col("cost_per_vehicle")
        frame = frame.with_columns(cost_per_vehicle=pl.when(given | (cost != 0)).then(cost))
    if name in POLICIES:
        frame = _with_periods(name, frame, calendar)
    known = schema.table(name).columns
    return frame.select([column for column in known if column in frame.columns])


def _with_periods(name: str, frame: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """Days as periods of the calendar; what lies outside is left out."""
    last = calendar.days - 1
    rows = []
    for row in frame.iter_rows(named=True):
        first = _period(row["from_day"], calendar, 0)
        until = _period(row["to_day"], calendar, last)
        if until < 0 or first > last:
            continue
        first, end = max(first, 0), min(until, last)
        if name == "profiles":
            rows += [{**row, "period": period} for period in range(first, end + 1)]
        elif name == "pledges" and until <= last:
            rows.append({**row, "period": until})
        elif name in ("reserves", "export_limits"):
            rows.append({**row, "from_period": first, "to_period": end})
        elif name != "pledges":
            rows.append(row)
    dtypes = _dtypes(name, columns_kept(name)) | dict.fromkeys(
        ("period", "from_period", "to_period"), pl.Int64
    )
    return pl.DataFrame(rows, schema=dtypes, orient="row")


def _period(day: str | None, calendar: Calendar, otherwise: int) -> int:
    return otherwise if day is None else (date.fromisoformat(day) - calendar.start) // timedelta(1)
