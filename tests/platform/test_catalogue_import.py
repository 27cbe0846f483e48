"""Tables in, catalogue out: all problems at once, by key, twice is once, nothing half-written."""

from __future__ import annotations

import io
import threading
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from django.db import connection
from openpyxl import Workbook, load_workbook

import sampan
from sampan_platform.catalogue import exporting, selectors, services
from sampan_platform.catalogue.models import Lane, NetworkRow, Process, Resource, Site
from sampan_platform.catalogue.template import template
from sampan_platform.common.errors import ConflictError, ForbiddenError, InvalidError
from sampan_platform.people.models import AuditEvent, Organisation

EXAMPLES = Path(__file__).parents[2] / "examples"


def codes(error) -> list[str]:
    """The codes of all problems, in order."""
    return [problem.code for problem in error.value.problems]


def one_row(table: str, /, **cells) -> dict[str, pl.DataFrame]:
    """A table of one row."""
    return {table: pl.DataFrame({column: [value] for column, value in cells.items()})}


def test_rows_are_made_and_changed_by_key(world) -> None:
    """What is given changes, what is not given stays, and the trail says what was before."""
    ops = world.users["ops"]
    frames = {
        "sites": pl.DataFrame(
            {
                "site": ["W1", "W9"], "name_en": ["Wuhan store", "New store"],
                "kind": ["warehouse", "warehouse"], "country": ["CN", "CN"],
                "organisation": ["hb-store", "hb-store"], "storage_m3_max": [900.0, None],
            }
        ),
        "lanes": pl.DataFrame({"lane": ["F1-W9"], "origin": ["F1"], "destination": ["W9"]}),
    }  # fmt: skip
    outcome = services.import_frames(frames, ops)
    assert outcome.made == {"sites": 1, "lanes": 1}
    assert outcome.changed == {"sites": 1}
    assert str(outcome) == "2 made, 1 changed"
    changed = Site.objects.get(code="W1")
    assert (changed.storage_m3_max, changed.name_zh) == (900.0, "武汉储备库")
    made = Site.objects.get(code="W9")
    assert (made.storage_m3_max, made.organisation.code) == (None, "hb-store")
    event = AuditEvent.objects.get(target="sites:W1")
    assert event.action == "catalogue.change"
    assert (event.before, event.after) == ({"storage_m3_max": None}, {"storage_m3_max": 900.0})
    assert event.organisation.code == "hb-store"


def test_the_same_import_twice_changes_nothing(world) -> None:
    """Neither a row nor a line in the audit trail."""
    ops = world.users["ops"]
    frames = exporting.frames(ops)
    before = AuditEvent.objects.count()
    outcome = services.import_frames(frames, ops)
    assert not outcome.anything
    assert outcome.unchanged["sites"] == 4
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("example", ["tiny", "hubei-2020-02", "asean-2020-04"])
def test_an_example_of_the_engine_comes_in_as_it_is_and_goes_out_again(tree, example) -> None:
    """Its places and policies come back the same as tables of a network; twice changes nothing."""
    here = tree["asean-plus"]
    services.load_pack("medical")
    given = sampan.read_network(EXAMPLES / example)
    outcome = services.import_path(EXAMPLES / example, organisation=here)
    assert outcome.made["sites"] == len(given.tables["sites"])
    again = services.import_path(EXAMPLES / example, organisation=here)
    assert not again.anything
    calendar = exporting.Calendar(given.calendar.start, given.periods)
    back = exporting.network(None, calendar)
    assert not [one for one in sampan.check(back) if one.severity == "error"]
    for name in ("lanes", "processes", "process_flows", "lane_resources", "capacities"):
        if name not in given.tables:
            continue
        key = list(sampan.schema.table(name).key)
        theirs = given.table(name).sort(key)
        ours = back.table(name).join(theirs.select(key), on=key).sort(key)
        assert ours.equals(theirs.select(ours.columns)), name


def test_periods_of_policies_become_days(world) -> None:
    """A policy outlives the network that it came in."""
    ops, tree = world.users["ops"], world.organisations
    frames = {
        "profiles": pl.DataFrame(
            {"table": ["lanes"], "key": ["W1-H1"], "attribute": ["open"], "period": [2],
             "value": [0.0]}
        ),
        "reserves": pl.DataFrame(
            {"reserve": ["R"], "site": ["W1"], "resource": ["mask"], "quantity_min": [10.0],
             "from_period": [1]}
        ),
    }  # fmt: skip
    services.import_frames(frames, ops, organisation=tree["cn-hb"], start=date(2020, 2, 10))
    closed = NetworkRow.objects.get(table="profiles")
    assert (closed.from_day, closed.to_day) == (date(2020, 2, 12), date(2020, 2, 12))
    assert closed.key == "lanes,W1-H1,open,2020-02-12"
    assert "period" not in closed.values
    reserve = NetworkRow.objects.get(table="reserves")
    assert (reserve.from_day, reserve.to_day) == (date(2020, 2, 11), None)
    later = exporting.network(None, exporting.Calendar(date(2020, 2, 12), 3))
    assert later.table("profiles")["period"].to_list() == [0]
    assert later.table("reserves").select("from_period", "to_period").rows() == [(0, 2)]


def test_all_problems_are_named_at_once_and_nothing_is_changed(world) -> None:
    """Cells, references, standards and sense, in several tables; the good rows wait too."""
    frames = {
        "sites": pl.DataFrame(
            {
                "site": ["OK", "B1", "B2", "B2"],
                "name_en": ["Fine", "x", "y", "z"],
                "kind": ["warehouse", "castle", "port", "port"],
                "country": ["CN", "China", "CN", "CN"],
                "organisation": ["cn-hb", "nowhere", "cn-hb", "cn-hb"],
                "gln": ["6901234000009", "123", None, None],
                "latitude_deg": ["30.1", "north", None, None],
            }
        ),
        "lanes": pl.DataFrame(
            {"lane": ["L1", "L2"], "origin": ["W1", "W1"], "destination": ["W1", "gone"]}
        ),
    }  # fmt: skip
    with pytest.raises(InvalidError) as caught:
        services.import_frames(frames, world.users["ops"])
    assert set(codes(caught)) == {
        "bad-choice", "bad-code", "unknown-reference", "bad-gln", "not-a-number",
        "duplicate-key", "lane-to-itself",
    }  # fmt: skip
    places = [problem.where for problem in caught.value.problems]
    assert "sites, row 2, column latitude_deg" in places
    assert "lanes, row 2, column destination" in places
    assert not Site.objects.filter(code="OK").exists()


def test_a_dry_run_says_what_would_be_done(world) -> None:
    """With every check, and without a trace."""
    ops = world.users["ops"]
    before = AuditEvent.objects.count()
    frames = one_row("sites", site="W1", name_zh="新名")
    outcome = services.import_frames(frames, ops, dry_run=True)
    assert outcome.changed == {"sites": 1}
    change = outcome.changes[0]
    assert (change["key"], change["before"]["name_zh"]) == ("W1", "武汉储备库")
    assert Site.objects.get(code="W1").name_zh == "武汉储备库"
    assert AuditEvent.objects.count() == before


def test_nobody_changes_what_is_not_theirs(world) -> None:
    """Hubei's coordinator edits Hubei; not Viet Nam, not what all share, not by moving it."""
    chen = world.users["chen"]
    services.import_frames(one_row("sites", site="W1", name_en="Store"), chen)
    with pytest.raises(ForbiddenError) as caught:
        services.import_frames(
            {
                **one_row("sites", site="H2", name_en="Mine"),
                **one_row("resources", resource="mask", name_en="Mine"),
                **one_row("organisations", organisation="cn-hb", parent=None),
            },
            chen,
        )
    assert codes(caught) == ["not-yours"] * 3
    with pytest.raises(InvalidError) as hidden:
        services.import_frames(one_row("sites", site="W1", organisation="vn"), chen)
    assert codes(hidden) == ["unknown-reference"], "for chen there is no vn"
    assert Site.objects.get(code="H2").name_en == "Bach Mai"


def test_the_tree_can_be_made_and_moved(world) -> None:
    """Paths follow, in whatever order the rows stand; nobody becomes their own parent."""
    ops = world.users["ops"]
    frames = {
        "organisations": pl.DataFrame(
            {
                "organisation": ["ward", "clinic", "jinyintan"],
                "name_en": ["Ward", "Clinic", "Jinyintan Hospital"],
                "kind": ["agency", "hospital", "hospital"],
                "parent": ["clinic", "cn-hb", "hb-store"],
                "country": ["CN", "CN", ""],
            }
        )
    }  # fmt: skip
    services.import_frames(frames, ops)
    found = {one.code: one for one in Organisation.objects.all()}
    assert found["ward"].path == f"{found['clinic'].path}{found['ward'].pk}/"
    assert found["jinyintan"].path.startswith(found["hb-store"].path)
    with pytest.raises(InvalidError) as caught:
        services.import_frames(one_row("organisations", organisation="cn-hb", parent="ward"), ops)
    assert codes(caught) == ["ring"]


def test_a_unit_in_use_stays(world) -> None:
    """Figures that were counted in pieces must not become boxes."""
    with pytest.raises(InvalidError) as caught:
        services.import_frames(
            one_row("resources", resource="mask", unit="box"), world.users["ops"]
        )
    assert codes(caught) == ["unit-in-use"]
    assert "retire this one" in caught.value.problems[0].message


def test_packagings_are_exact_to_a_thousandth(world) -> None:
    """Half a litre is half a litre; a ten-thousandth is refused, not rounded."""
    ops = world.users["ops"]
    services.import_frames(one_row("packagings", resource="suit", name="x", quantity=0.5), ops)
    assert world.resources["suit"].packagings.get().quantity == Decimal("0.5")
    with pytest.raises(InvalidError) as caught:
        services.import_frames(
            one_row("packagings", resource="suit", name="y", quantity=0.0001), ops
        )
    assert codes(caught) == ["bad-quantity"]


def test_export_as_workbook_and_archive_comes_back(world) -> None:
    """Excel and zip hold everything, the Chinese too, and give the same bytes each time."""
    ops = world.users["ops"]
    frames = exporting.frames(ops)
    for name, made in (
        ("catalogue.xlsx", exporting.as_workbook(frames)),
        ("catalogue.zip", exporting.as_zip(frames)),
        ("catalogue.zip", exporting.as_zip(frames, "parquet")),
    ):
        outcome = services.import_file(name, made, ops)
        assert not outcome.anything
        assert outcome.unchanged == {
            "organisations": 8, "resource_classes": 3, "sites": 4, "resources": 2,
            "packagings": 1, "lanes": 3, "processes": 1, "process_flows": 1,
        }  # fmt: skip
    assert exporting.as_workbook(frames) == exporting.as_workbook(exporting.frames(ops))


def test_a_filled_in_template_is_read(world) -> None:
    """Its second headings are no data; its rows have the numbers that Excel shows."""
    book = load_workbook(io.BytesIO(template()))
    sheet = book["sites"]
    headings = [cell.value for cell in sheet[1]]
    assert {"site", "name_zh", "gln", "retired_from"} <= set(headings)
    assert sheet.cell(2, headings.index("site") + 1).value.startswith("〔站点")
    cells = {"site": "W7", "name_en": "Seven", "kind": "warehouse", "country": "CN",
             "organisation": "gone", "retired_from": date(2030, 1, 1)}  # fmt: skip
    for column, value in cells.items():
        sheet.cell(3, headings.index(column) + 1).value = value
    with pytest.raises(InvalidError) as caught:
        services.import_file("t.xlsx", saved(book), world.users["ops"])
    assert [one.where for one in caught.value.problems] == ["sites, row 3, column organisation"]
    sheet.cell(3, headings.index("organisation") + 1).value = "hb-store"
    services.import_file("t.xlsx", saved(book), world.users["ops"])
    assert Site.objects.get(code="W7").retired_from == date(2030, 1, 1)


def saved(book) -> bytes:
    """A workbook's bytes."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def archive(**files: bytes) -> bytes:
    """A zip archive; names are given with `_csv` at their end."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("_csv", ".csv"), content)
    return buffer.getvalue()


def unknown_sheet() -> bytes:
    """A workbook with a table that there is not."""
    book = Workbook()
    book.active.title = "castles"
    book.active.append(["castle"])
    book.active.append(["C1"])
    return saved(book)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.zip", b"not a zip", "bad-file"),
        ("x.xlsx", b"PK\x03\x04broken", "bad-file"),
        ("x.zip", archive(notes_csv=b"a,b\n1,2\n"), "unknown-table"),
        ("x.zip", archive(sites_csv="site,name_en\nW1,武汉\n".encode("gbk")), "not-utf8"),
        ("x.zip", archive(sites_csv=b"site;name_en\nW1;x\n"), "bad-csv"),
        ("x.zip", archive(sites_csv=b"site,colour\nW1,red\n"), "unknown-column"),
        ("x.zip", archive(sites_csv=b""), "empty-file"),
        ("x.xlsx", unknown_sheet(), "unknown-table"),
        ("x.zip", archive(readme_txt=b"hello"), "no-table"),
        ("x.zip", archive(sites_csv=b"site,site\nW1,W2\n"), "duplicate-column"),
    ],
)
def test_bad_files_get_a_clear_answer(world, name, content, code) -> None:
    """Never a traceback, never a change."""
    before = list(Site.objects.values())
    with pytest.raises(InvalidError) as caught:
        services.import_file(name, content, world.users["ops"])
    assert code in (caught.value.code, *codes(caught))
    assert list(Site.objects.values()) == before


def test_a_bomb_is_refused_before_it_unpacks(world, monkeypatch) -> None:
    """By the sizes that the archive states."""
    monkeypatch.setattr("sampan_platform.http.archives.UNPACKED_MAX", 10_000)
    bomb = archive(sites_csv=b"site\n" + b"0" * 1_000_000)
    assert len(bomb) < 5_000
    with pytest.raises(InvalidError, match="unpacks to more"):
        services.import_file("x.zip", bomb, world.users["ops"])


def test_an_archive_cannot_write_outside(world) -> None:
    """Only the last part of a name counts."""
    content = archive(**{"../../sites_csv": b"site,name_en\nW1,Renamed\n"})
    services.import_file("x.zip", content, world.users["ops"])
    assert Site.objects.get(code="W1").name_en == "Renamed"


def test_tables_of_the_day_are_left_out_aloud(tree) -> None:
    """Stocks and demands are no catalogue: the outcome says how many rows were not taken."""
    outcome = services.import_path(EXAMPLES / "tiny", organisation=tree["cn"])
    notes = [one.split(",")[0] for one in outcome.notes]
    assert "stocks: 4 rows were left out" in notes
    assert any(one.startswith("demands: ") for one in notes)
    assert "resource_classes: 'unclassified' is made for the family of mask." in outcome.notes


def test_an_import_asks_few_questions(world, django_assert_max_num_queries) -> None:
    """However many rows come."""
    count = 300
    frame = pl.DataFrame(
        {
            "site": [f"S{at}" for at in range(count)], "name_en": ["x"] * count,
            "kind": ["hospital"] * count, "country": ["CN"] * count,
            "organisation": ["cn-hb"] * count,
        }
    )  # fmt: skip
    with django_assert_max_num_queries(20):
        services.import_frames({"sites": frame}, world.users["ops"])
    assert Site.objects.filter(code__startswith="S").count() == count


@pytest.mark.django_db(transaction=True)
def test_the_same_import_at_once_makes_everything_once(world) -> None:
    """Two threads: the second finds it made, or hears that it came at the same moment."""
    start, errors = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        try:
            services.import_frames(
                one_row("sites", site="N", name_en="N", kind="hub", country="CN",
                        organisation="cn-hb"), world.users["ops"],
            )  # fmt: skip
        except ConflictError as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Site.objects.filter(code="N").count() == 1
    assert len(errors) <= 1
    assert AuditEvent.objects.filter(target="sites:N").count() == 1


def test_retirement_ends_use_from_a_day(world) -> None:
    """A lane of a retired site is not used after that day, and was used before."""
    day, before = date(2020, 3, 1), date(2020, 2, 29)
    services.retire("sites", "W1", day, world.users["ops"])
    assert set(selectors.sites(before).values_list("code", flat=True)) == {"F1", "W1", "H1", "H2"}
    assert set(selectors.sites(day).values_list("code", flat=True)) == {"F1", "H1", "H2"}
    assert selectors.lanes(before).count() == 3
    assert selectors.lanes(day).count() == 0
    assert exporting.network(None, exporting.Calendar(day, 3)).table("lanes").is_empty()
    services.retire("sites", "W1", None, world.users["ops"])
    assert selectors.lanes(day).count() == 3


def test_an_organisation_takes_its_sites_along(world) -> None:
    """And gives them back; a site that ended before keeps its own end."""
    ops = world.users["ops"]
    services.retire("sites", "F1", date(2020, 2, 1), ops)
    services.retire("organisations", "cn-hb", date(2020, 3, 1), ops)
    ends = dict(Site.objects.values_list("code", "retired_from"))
    assert ends == {"F1": date(2020, 2, 1), "W1": date(2020, 3, 1), "H1": date(2020, 3, 1),
                    "H2": None}  # fmt: skip
    assert Process.objects.count() == 1
    assert selectors.processes(date(2020, 2, 1)).count() == 0
    services.retire("organisations", "cn-hb", None, ops)
    ends = dict(Site.objects.values_list("code", "retired_from"))
    assert ends == {"F1": date(2020, 2, 1), "W1": None, "H1": None, "H2": None}


def test_what_is_used_is_not_deleted(world) -> None:
    """It says what uses it; what nothing uses may go."""
    ops = world.users["ops"]
    with pytest.raises(ConflictError, match=r"W1 is used by .*lanes.*Retire it"):
        services.delete("sites", "W1", ops)
    with pytest.raises(ConflictError, match="mask is used by"):
        services.delete("resources", "mask", ops)
    services.delete("lanes", "W1-H2", ops)
    assert not Lane.objects.filter(code="W1-H2").exists()
    NetworkRow.objects.create(
        table="lane_resources", key="W1-H1,mask", organisation=world.organisations["cn"],
        values={"lane": "W1-H1", "resource": "mask", "allowed": True},
    )  # fmt: skip
    with pytest.raises(ConflictError, match="1 policies"):
        services.delete("lanes", "W1-H1", ops)
    services.delete("processes", "F1:mask", ops)
    assert not Process.objects.exists()
    assert Resource.objects.count() == 2


def test_only_who_may_retires_and_deletes(world) -> None:
    """What one does not see is not found; what one sees and may not edit is forbidden."""
    with pytest.raises(Exception, match="There is no H2 in sites"):
        services.retire("sites", "H2", date(2020, 3, 1), world.users["chen"])
    with pytest.raises(ForbiddenError):
        services.retire("sites", "F1", date(2020, 3, 1), world.users["rui"])
    with pytest.raises(ForbiddenError, match="share resources"):
        services.delete("resources", "suit", world.users["chen"])
