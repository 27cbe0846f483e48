"""Every check of every row, on whole columns at once.

What is plain (digits, `2020-02-10`) is read by Polars; only what is left is read cell by cell,
each different text once, by `cells`. So a million plain rows cost about a second, and the rules
stand in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from sampan_platform.collect.cells import (
    CellError,
    narrow,
    read_day,
    read_quantity,
    text_of,
)
from sampan_platform.collect.columns import EXPLANATION, MEASURES
from sampan_platform.collect.messages import RowProblem, row_problem
from sampan_platform.collect.places import Known
from sampan_platform.collect.sheet import CELL_MAX, Sheet
from sampan_platform.common.quantity import LARGEST, SCALE
from sampan_platform.people.models import User

NAMED_MAX = 10_000
"""Problems that an answer names one by one; the reject file has them all."""
PLACE = "place"
"""A row's place in the sheet, from 0."""
KEY = ("site_id", "resource_id", "day")
PROBLEMS = {PLACE: pl.Int64, "column": pl.String, "code": pl.String, "hint": pl.String}


@dataclass(frozen=True)
class Checked:
    """A sheet after its checks."""

    sheet: Sheet
    known: Known
    good: pl.DataFrame
    """In the order of site, resource and day: `place`, `site_id`, `resource_id`, `day`, the
    measures in thousandths (withdrawn: `cells.WITHDRAWN`), `explanation`, `kind` of the resource,
    `organisation`."""
    problems: pl.DataFrame
    """`place`, `column`, `code`, `hint` of everything that is wrong."""
    blank: int
    """Good rows that state nothing and are passed over."""

    @property
    def bad_rows(self) -> int:
        """How many rows have a problem."""
        return self.problems[PLACE].n_unique()

    def named(self, most: int = NAMED_MAX) -> list[RowProblem]:
        """The first problems in words, in the order of the rows."""
        first = self.problems.sort(PLACE, maintain_order=True).head(most)
        by_reading = {(one.row, one.column, one.code): one for one in self.sheet.problems}
        found = []
        for place, column, code, hint in first.iter_rows():
            row = int(self.sheet.numbers[place])
            known = by_reading.get((row, column, code))
            found.append(known or self._named(row, place, column, code, hint))
        return found

    def _named(self, row: int, place: int, column: str, code: str, hint: str) -> RowProblem:
        value, hint_zh = self.sheet.written(place, column), ""
        if code.startswith("unknown-"):
            hint, hint_zh = self.known.nearest(column, narrow(value))
        return row_problem(code, row, column, value, hint, hint_zh)


def check(sheet: Sheet, actor: User) -> Checked:
    """Read and check all rows; nothing is raised, everything wrong is named."""
    found: list[pl.DataFrame] = [_found_before(sheet)]
    columns = [pl.Series(PLACE, range(len(sheet.sent)), dtype=pl.Int64)]
    columns += [_codes(sheet, name, found) for name in ("site", "resource")]
    columns.append(_days(sheet, found))
    columns += [_quantities(sheet, name, found) for name in MEASURES]
    columns.append(_explanations(sheet, found))
    frame = pl.DataFrame(columns)
    known = Known(actor, _unique(frame["site"]), _unique(frame["resource"]))
    # in this order all that follows need not sort again: duplicates, flags, stretches, writing
    frame = _joined(frame, known).sort(KEY, maintain_order=True)
    found += _against_catalogue(frame)
    found += _twice(frame, sheet)
    problems = _all(found)
    good = frame
    if len(problems):
        good = frame.join(problems.select(PLACE).unique(), on=PLACE, how="anti")
    states = pl.any_horizontal(pl.col(*MEASURES).is_not_null()) | (pl.col(EXPLANATION) != "")
    kept = good.filter(states)
    return Checked(sheet, known, kept, problems, len(good) - len(kept))


def _all(found: list[pl.DataFrame]) -> pl.DataFrame:
    """What was found while reading a cell or a line makes what follows from it needless."""
    read, later = found[0], pl.concat(found)[len(found[0]) :]
    whole = read.filter(pl.col("code") == "bad-line").select(PLACE).unique()
    later = later.join(read.select(PLACE, "column").unique(), on=[PLACE, "column"], how="anti")
    return pl.concat([read, later.join(whole, on=PLACE, how="anti")])


def _problems(
    places: pl.Series, column: str, code: str, hint: pl.Series | str = ""
) -> pl.DataFrame:
    hints = (
        hint if isinstance(hint, pl.Series) else pl.Series([hint] * len(places), dtype=pl.String)
    )
    return pl.DataFrame(
        {PLACE: places.cast(pl.Int64), "column": [column] * len(places),
         "code": [code] * len(places), "hint": hints},
        schema=PROBLEMS,
    )  # fmt: skip


def _found_before(sheet: Sheet) -> pl.DataFrame:
    """Problems of the reading, by the rows' places."""
    places = {int(row): place for place, row in enumerate(sheet.numbers)} if sheet.problems else {}
    rows = [(places[one.row], one.column, one.code, "") for one in sheet.problems
            if one.row in places]  # fmt: skip
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row")


def _unique(codes: pl.Series) -> list[str]:
    return [code for code in codes.unique().to_list() if code]


def _text(series: pl.Series) -> pl.Series:
    """As text without spaces around; empty for null."""
    if series.dtype != pl.String:
        cells = [text_of(value) for value in series]
        return pl.Series(series.name, cells, dtype=pl.String)
    return series.fill_null("").str.strip_chars()


def _narrowed(text: pl.Series) -> pl.Series:
    """Full-width letters and digits as the usual ones, where there are any."""
    wide = text.str.contains(r"[^\x00-\x7f]")
    if not wide.any():
        return text
    return _replaced(text, wide, narrow, pl.String)


def _replaced(
    text: pl.Series, where: pl.Series, read: Callable[[str], Any], kind: Any
) -> pl.Series:
    """Each different text read once."""
    texts = text.filter(where).unique()
    table = pl.DataFrame(
        {"text": texts, "read": pl.Series([read(one) for one in texts], dtype=kind)}
    )
    frame = pl.DataFrame({"text": text, "where": where}).join(
        table, on="text", how="left", maintain_order="left"
    )
    plain = frame["text"] if kind == pl.String else pl.Series([None] * len(frame), dtype=kind)
    chosen = frame.select(pl.when("where").then("read").otherwise(plain)).to_series()
    return chosen.alias(text.name)


def _codes(sheet: Sheet, name: str, found: list[pl.DataFrame]) -> pl.Series:
    text = _narrowed(_text(sheet.column(name)))
    found.append(_problems((text == "").arg_true(), name, "missing"))
    return text


def _read_rest(
    text: pl.Series, rest: pl.Series, read: Callable[[str], Any], kind: Any,
    found: list[pl.DataFrame],
) -> pl.Series:  # fmt: skip
    """What Polars could not read, and a problem for each cell that cannot be read at all."""
    errors: dict[str, str] = {}

    def tried(one: str) -> Any:
        try:
            return read(one)
        except CellError as error:
            errors[one] = str(error)
            return None

    values = _replaced(text, rest, tried, kind)
    if errors:
        wrong = pl.DataFrame({"text": list(errors), "code": list(errors.values())})
        cells = pl.DataFrame({PLACE: range(len(text)), "text": text}).join(wrong, on="text")
        for (code,), part in cells.group_by("code", maintain_order=True):
            found.append(_problems(part[PLACE], text.name, str(code)))
    return values


def _days(sheet: Sheet, found: list[pl.DataFrame]) -> pl.Series:
    series = sheet.column("day")
    if series.dtype == pl.Date:
        days = series
    else:
        text = _text(series)
        days = text.str.to_date("%Y-%m-%d", strict=False)
        # "2020-2-5" and what else Polars may be generous about is read by our own rule
        plain = text.str.contains(r"^\d{4}-\d\d-\d\d$")
        days = days.to_frame().select(pl.when(plain).then(pl.col("day"))).to_series()
        rest = days.is_null() & (text != "")
        if rest.any():
            read = _read_rest(text, rest, read_day, pl.Date, found)
            days = days.to_frame().select(pl.coalesce(pl.col("day"), read)).to_series()
        found.append(_problems((text == "").arg_true(), "day", "missing"))
        series = text
    if series.dtype == pl.Date:
        found.append(_problems(days.is_null().arg_true(), "day", "missing"))
    old = (days.dt.year() < 2000).fill_null(value=False)
    found.append(_problems(old.arg_true(), "day", "day-too-old"))
    return days.alias("day")


def _quantities(sheet: Sheet, name: str, found: list[pl.DataFrame]) -> pl.Series:
    """Thousandths; the rows of wrong cells are null and named."""
    series = sheet.column(name)
    if name not in sheet.headings:
        return pl.Series(name, [None] * len(series), dtype=pl.Int64)
    if series.dtype.is_integer():
        return _numbers(series.cast(pl.Int64, strict=False), series.is_null(), found)
    if series.dtype.is_float():
        return _floats(series, found)
    if series.dtype == pl.String:
        plain = series.cast(pl.Int64, strict=False)
        if not (plain.is_null() & (series != "")).any():
            return _numbers(plain, plain.is_null(), found)
    text = _text(series)
    whole = text.cast(pl.Int64, strict=False)
    rest = whole.is_null() & (text != "")
    values = _numbers(whole, whole.is_null(), found)
    if rest.any():
        read = _read_rest(text, rest, read_quantity, pl.Int64, found)
        values = values.to_frame().select(pl.coalesce(pl.col(name), read)).to_series()
    return values.alias(name)


def _numbers(whole: pl.Series, empty: pl.Series, found: list[pl.DataFrame]) -> pl.Series:
    """Whole numbers to thousandths, within the limits."""
    if whole.is_null().sum() > empty.sum():
        found.append(_problems((whole.is_null() & ~empty).arg_true(), whole.name, "too-large"))
    below, above = (whole < 0).fill_null(value=False), (whole > int(LARGEST)).fill_null(value=False)
    found.append(_problems(below.arg_true(), whole.name, "negative"))
    found.append(_problems(above.arg_true(), whole.name, "too-large"))
    kept = pl.when(~(below | above)).then(pl.col(whole.name) * SCALE)
    return whole.to_frame().select(kept.alias(whole.name)).to_series()


def _floats(series: pl.Series, found: list[pl.DataFrame]) -> pl.Series:
    """Of Parquet; nothing is rounded but what a float cannot hold anyway."""
    value = series.cast(pl.Float64)
    infinite = (~value.is_finite()).fill_null(value=False)
    found.append(_problems(infinite.arg_true(), series.name, "not-finite"))
    value = value.to_frame().select(pl.when(~infinite).then(pl.col(series.name))).to_series()
    below = (value < 0).fill_null(value=False)
    above = (value > float(LARGEST)).fill_null(value=False)
    found.append(_problems(below.arg_true(), series.name, "negative"))
    found.append(_problems(above.arg_true(), series.name, "too-large"))
    scaled = value * SCALE
    near = scaled.round()
    fine = ((scaled - near).abs() > 1e-6 * scaled.abs().clip(lower_bound=1.0)).fill_null(
        value=False
    )
    # a float of more than 2^53 thousandths has lost its last digits before it came here
    fine = fine & ~(below | above)
    found.append(_problems(fine.arg_true(), series.name, "too-fine"))
    kept = pl.when(~(below | above | fine)).then(near)
    return series.to_frame().select(kept.cast(pl.Int64).alias(series.name)).to_series()


def _explanations(sheet: Sheet, found: list[pl.DataFrame]) -> pl.Series:
    text = _text(sheet.column(EXPLANATION))
    long = text.str.len_chars() > CELL_MAX
    found.append(_problems(long.arg_true(), EXPLANATION, "too-long"))
    return text.alias(EXPLANATION)


def _joined(frame: pl.DataFrame, known: Known) -> pl.DataFrame:
    return frame.join(known.sites, on="site", how="left", maintain_order="left").join(
        known.resources, on="resource", how="left", maintain_order="left"
    )


def _against_catalogue(frame: pl.DataFrame) -> list[pl.DataFrame]:
    unseen = ~pl.col("seen").fill_null(value=False)
    rules: Sequence[tuple[str, str, pl.Expr]] = (
        # what somebody may not even see does not exist for them
        ("site", "unknown-site", unseen & (pl.col("site") != "")),
        ("site", "not-yours", ~unseen & ~pl.col("mine")),
        ("site", "retired", ~unseen & (pl.col("day") >= pl.col("site_retired"))),
        ("resource", "unknown-resource",
         pl.col("resource_id").is_null() & (pl.col("resource") != "")),
        ("resource", "retired", pl.col("day") >= pl.col("resource_retired")),
        ("day", "day-in-future", pl.col("day") > pl.col("today")),
    )  # fmt: skip
    found = []
    for column, code, rule in rules:
        places = frame.filter(rule.fill_null(value=False))[PLACE]
        found.append(_problems(places, column, code))
    return found


def _twice(frame: pl.DataFrame, sheet: Sheet) -> list[pl.DataFrame]:
    """Rows about the same site, resource and day: nobody can know which one is meant.

    The rows stand in the order of these.
    """
    as_before = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in KEY)
    same = frame.select(same=as_before.fill_null(value=False))["same"]
    if not same.any():
        return []
    doubled = frame.filter(same | same.shift(-1, fill_value=False)).select(PLACE, *KEY)
    rows = doubled.with_columns(row=sheet.numbers.gather(doubled[PLACE]))
    rows = rows.with_columns(first=pl.col("row").min().over(KEY),
                             second=pl.col("row").sort().get(1).over(KEY))  # fmt: skip
    other = pl.when(pl.col("row") == pl.col("first")).then("second").otherwise("first")
    hints = rows.select(other.cast(pl.String)).to_series()
    return [_problems(rows[PLACE], "day", "duplicate", hints)]
