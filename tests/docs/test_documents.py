"""The documents: links, generated pages, forbidden words, and the checks that find them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import documents
from tools.reference import __main__ as reference
from tools.reference import names

ROOT = Path(__file__).parents[2]


def test_links_pages_and_words_of_the_whole_project_are_fine() -> None:
    """A dead link, an unreachable page or a machine's path is found before a reader finds it."""
    assert documents.problems(ROOT) == []


def test_generated_reference_says_what_the_source_says() -> None:
    """A changed schema, parser or docstring without `make reference` is found."""
    assert reference.out_of_date(ROOT / reference.FOLDER, reference.PAGES) == []


def test_every_public_name_has_a_docstring_and_stands_in_the_reference() -> None:
    """Nothing is offered to users without a word on what it is for."""
    assert names.undocumented() == []
    page = (ROOT / "docs/reference/python.md").read_text(encoding="utf-8")
    missing = [name for name in names.public_names() if f"## sampan.{name}\n" not in page]
    assert missing == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[there](b.md)", ""),
        ("[there](b.md#part-two)", ""),
        ("[gone](c.md)", "leads nowhere"),
        ("[gone](b.md#part-three)", "no heading #part-three"),
        ("[here](#nowhere)", "no heading #nowhere"),
        ("[out](https://example.org/x)", ""),
        ("`[code](c.md)`", ""),
        ("```text\n[code](c.md)\n```", ""),
    ],
)
def test_dead_links_are_found(tmp_path: Path, text: str, found: str) -> None:
    """The link check sees what is broken, and only that."""
    (tmp_path / "b.md").write_text("# B\n\n## Part *two*\n", encoding="utf-8")
    page = tmp_path / "a.md"
    page.write_text(text, encoding="utf-8")
    problems = list(documents.broken_links(page))
    assert len(problems) == bool(found)
    assert all(found in problem for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        "pip install --index https://pypi" + ".org/simple",
        "open('/" + "work/main/x')",
        "cd /" + "home/me/sampan",
        "read .." + "/shared/figures",
    ],
)
def test_words_of_one_machine_are_found(tmp_path: Path, text: str) -> None:
    """A path or host that only its author has is found, with its line."""
    path = tmp_path / "notes.txt"
    path.write_text(f"fine\n{text}\n", encoding="utf-8")
    (problem,) = documents.forbidden(path)
    assert problem.startswith(f"{path}:2:")


def test_pages_that_nothing_leads_to_are_found(tmp_path: Path) -> None:
    """A page that docs/index.md does not reach, directly or not, is named."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text("[a](a.md)", encoding="utf-8")
    (docs / "a.md").write_text("[b](b.md)", encoding="utf-8")
    (docs / "b.md").write_text("end", encoding="utf-8")
    (docs / "lost.md").write_text("end", encoding="utf-8")
    (problem,) = documents.unlisted_pages(tmp_path)
    assert "lost.md" in problem


def test_stale_pages_are_found(tmp_path: Path) -> None:
    """A page that is missing or was edited by hand counts as out of date."""
    pages = {"a.md": lambda: "A\n", "b.md": lambda: "B\n"}
    reference.write(tmp_path, {"a.md": pages["a.md"]})
    assert reference.out_of_date(tmp_path, pages) == ["b.md"]
    reference.write(tmp_path, pages)
    (tmp_path / "a.md").write_text("by hand", encoding="utf-8")
    assert reference.out_of_date(tmp_path, pages) == ["a.md"]
