"""`sampan bench`: each method measured on the user's own network, in a process of its own."""

from __future__ import annotations

import os
import threading
import xml.etree.ElementTree as ET
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sampan import bench, write_network
from sampan.bench import Moment, Run, measure
from sampan.show.gap_plot import gap_plot
from sampan.testing import two_hospitals
from tests.engine.command_line import as_json, in_process

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Two hospitals, wanted in money, so that both methods can solve it."""
    made = two_hospitals()
    objective = replace(made.objective, stages=("total",))
    write_network(made.replace(objective=objective), tmp_path / "n")
    return tmp_path / "n"


def test_both_methods_are_measured(network: Path, tmp_path: Path, capsys: Any) -> None:
    """Each reaches each gap in turn, says what it took, and has its line in the plot."""
    plot = tmp_path / "gap.svg"
    code, found = as_json(capsys, "bench", network, "--plot", plot, "--quiet")
    assert (code, found["gaps"]) == (0, [0.1, 0.01, 0.001])
    exact, fast = found["methods"]
    assert [exact["method"], fast["method"]] == ["exact", "fast"]
    for one in (exact, fast):
        seconds = [reached["seconds"] for reached in one["seconds_to_gap"]]
        assert seconds == sorted(seconds)
        assert seconds[0] > 0
        assert seconds[-1] <= one["seconds"]
        gaps = [moment["gap"] for moment in one["course"]]
        assert gaps == sorted(set(gaps), reverse=True)
        assert one["gap"] == gaps[-1] <= 0.001
        assert one["memory_peak_mb"] >= one["memory_before_mb"] > 1
        assert one["columns"] == exact["columns"]
    assert exact["warm_up_seconds"] == 0 < fast["warm_up_seconds"]
    lines = ET.fromstring(plot.read_text("utf-8")).findall(f"{SVG}polyline")
    assert len(lines) == 2


def test_the_table_names_methods_gaps_and_what_is_not_counted(network: Path, capsys: Any) -> None:
    """For people: the gaps asked for as headings, in their order, and what the times leave out."""
    code, out, err = in_process(
        capsys, "bench", network, "--methods", "exact", "--gaps", "0.5%,20%"
    )
    assert code == 0
    assert out.index("to 20 %") < out.index("to 0.5 %")
    assert "optimal" in out
    assert "compiling" in out
    assert "exact: gap 0.000%" in err


def test_no_plan_at_all_is_said_for_each_method(tmp_path: Path, capsys: Any) -> None:
    """Hard rules that exclude each other: no method has a plan, each says why; exit code 3."""
    reserve = pl.DataFrame(
        {"reserve": ["R1"], "site": ["warehouse"], "resource": ["mask"], "quantity_min": [11],
         "hard": [True]}
    )  # fmt: skip
    write_network(two_hospitals().replace(reserves=reserve), tmp_path / "n")
    code, out, _ = in_process(
        capsys, "bench", tmp_path / "n", "--methods", "exact", "--set", "objective.stages=total"
    )
    assert code == 3
    assert "–" in out
    assert "R1" in " ".join(out.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--methods", "exact,quick"], "'quick' is no method; there are exact, fast"),
        (["--gaps", "1%,200%"], "'200%' is not a gap below 100%"),
        (["--gaps", "1%,,"], "'' is not a number above 0"),
        (["--time-limit", "0"], "'0' is not a number above 0"),
        (["--plot", "gap.png"], "Give a name that ends in .svg"),
    ],
)
def test_what_is_asked_wrongly_is_told(
    network: Path, words: list[str], told: str, capsys: Any
) -> None:
    """One message, exit code 2, and nothing is measured."""
    code, out, err = in_process(capsys, "bench", network, *words)
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.splitlines()) == 1


def test_a_network_with_errors_is_refused_before_anything_is_measured(
    tmp_path: Path, capsys: Any
) -> None:
    """The same message and exit code as `sampan solve` gives."""
    code, out, err = in_process(capsys, "bench", tmp_path / "none")
    assert (code, out) == (2, "")
    assert "none" in err


def _dies(pipe: Connection, *given: Any) -> Run:
    pipe.send(Moment(0.5, 0.25))
    os._exit(9)


def _never_ends(pipe: Connection, *given: Any) -> Run:
    pipe.send(None)
    threading.Event().wait()
    raise AssertionError("nobody sets it")


def test_a_process_that_dies_is_an_outcome(network: Path, monkeypatch: Any) -> None:
    """Killed from outside, for want of memory say: what it had reached is kept, and it says so."""
    monkeypatch.setattr(bench, "_measured", _dies)
    run = measure(network, "exact", gap=0.01, time_limit=5)
    assert not run.solved
    assert run.course == (Moment(0.5, 0.25),)
    assert "memory" in run.outcome


def test_a_method_that_does_not_stop_is_ended(network: Path, monkeypatch: Any) -> None:
    """A solver that looks at no clock would keep the user waiting for ever."""
    monkeypatch.setattr(bench, "_measured", _never_ends)
    monkeypatch.setattr(bench, "GRACE_SECONDS", 0.1)
    run = measure(network, "exact", gap=0.01, time_limit=0.1)
    assert "had not stopped" in run.outcome


def test_seconds_to_a_gap_are_those_of_its_first_proof() -> None:
    """From a course, the first moment at which the gap was no larger; none if never."""
    run = Run("fast", "time_limit", (Moment(1.0, 0.2), Moment(2.0, 0.05), Moment(3.0, 0.04)))
    assert [run.seconds_to(gap) for gap in (0.2, 0.1, 0.04, 0.01)] == [1.0, 2.0, 3.0, None]


def test_the_plot_shows_what_cannot_be_on_a_logarithmic_scale_at_its_edge() -> None:
    """A gap of nothing, one beyond all bounds and a time of nothing still have their place."""
    svg = gap_plot({"a<b": [(0.0, float("inf")), (2.0, 0.0)], "none": []}, [0.01])
    root = ET.fromstring(svg)
    (line,) = root.findall(f"{SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert points[0][0] < points[-1][0]
    assert points[-1][1] > points[0][1]
    assert "a<b" in [text.text for text in root.findall(f"{SVG}text")]
