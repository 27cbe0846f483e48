"""The example grown to more enterprises, on which a day's cycle is measured."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

import sampan

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))

from grown import grown  # noqa: E402


@pytest.fixture(scope="module")
def example() -> sampan.Network:
    """Hubei in February 2020: 13 factories and 4 mills."""
    return sampan.read_network(ROOT / "examples" / "hubei-2020-02")


def test_as_many_enterprises_as_asked_with_the_same_totals(example: sampan.Network) -> None:
    """Sites are added, nothing else is: what there is to make, carry and give out stays."""
    made = grown(example, 40)
    kinds = made.table("sites").filter(pl.col("kind").is_in(["factory", "mill"]))
    assert len(kinds) == 40
    assert len(made.table("demands")) == len(example.table("demands"))
    for name, column in (("stocks", "quantity"), ("processes", "runs_max"),
                         ("lanes", "mass_kg_max"), ("commitments", "quantity")):  # fmt: skip
        before, after = (one.table(name)[column].sum() for one in (example, made))
        assert after == pytest.approx(before, rel=1e-12)


def test_a_profile_is_shared_as_its_limit_is(example: sampan.Network) -> None:
    """What a factory can make on a later day is shared among its parts too."""
    made = grown(example, 40)
    profile = (pl.col("attribute") == "runs_max") & (pl.col("period") == 5)
    before, after = (
        one.table("profiles").filter(profile)["value"].sum() for one in (example, made)
    )
    assert after == pytest.approx(before, rel=1e-12)


def test_the_grown_example_is_a_network_without_errors(example: sampan.Network) -> None:
    """It is checked like any other; every part keeps its factory's ways in and out."""
    made = grown(example, 20)
    assert [one for one in sampan.check(made) if one.severity == "error"] == []
    ends = set(made.table("lanes")["origin"]) | set(made.table("lanes")["destination"])
    assert set(made.table("sites").filter(pl.col("kind") == "factory")["site"]) <= ends


def test_fewer_enterprises_than_there_are_is_refused(example: sampan.Network) -> None:
    """An example is never shrunk without a word."""
    with pytest.raises(ValueError, match="17 enterprises already"):
        grown(example, 10)
