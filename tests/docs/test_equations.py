"""The equation page names every equation, variable and objective of the model, and no other."""

import importlib
import re
from pathlib import Path

import pytest

from sampan import schema

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "equations.md"
MODULES = ("balance", "limits", "policy", "columns", "objective", "build")


def _named() -> set[tuple[str, str]]:
    found = re.findall(r"`(\w+)\.(\w+)`", PAGE.read_text(encoding="utf-8"))
    return {(module, name) for module, name in found if module in MODULES}


@pytest.mark.parametrize(("module", "name"), sorted(_named()))
def test_every_function_on_the_page_exists(module: str, name: str) -> None:
    """A renamed equation must not leave its old name on the page."""
    assert callable(getattr(importlib.import_module(f"sampan.model.{module}"), name))


def test_every_equation_is_on_the_page() -> None:
    """What `equations` calls is what the page explains."""
    source = Path(importlib.import_module("sampan.model.build").__file__ or "").read_text("utf-8")
    body = source.split("def equations(")[1].split("\ndef ")[0]
    called = set(re.findall(r"(balance|limits|policy)\.(\w+)\(", body))
    assert len(called) > 10
    assert called <= _named()


def test_every_column_on_the_page_is_in_the_schema() -> None:
    """Table columns on the page are those that the tables have."""
    text = PAGE.read_text(encoding="utf-8")
    tables = "|".join(schema.NETWORK_TABLES)
    columns = set(re.findall(rf"\b({tables})\.(\w+)", text)) - _named()
    assert len(columns) > 40
    for table, column in columns:
        assert column in schema.table(table).columns, f"{table}.{column}"
