"""The pages' words: collects them, checks that none lacks its translation, compiles them.

    python -m tools.translations            check; fails where Chinese lacks a word
    python -m tools.translations --write    add new words to the .po files, drop unused ones
    python -m tools.translations --compile  make the .mo files that Django reads

Words live in `src/sampan_platform/locale/po/LANGUAGE/PART.po`, a part being a screen's or a
stage's folder, so that each is translated beside its screen. All parts of a language are
compiled into one catalogue. Texts in the sources are English, which needs no translation.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "sampan_platform"
WORDS = PACKAGE / "locale" / "po"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None, "_lazy": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
COMPLETE = ("zh_Hans",)
"""Languages in which every word must be there."""
FIRST_SET = ("vi", "th", "id", "ms")
"""Languages of the reporters' pages; what is not translated yet shows in English."""
REPORTER_PARTS = ("web", "report", "today")
"""Parts that the first set must have."""
PASSING_HEADERS = tuple(
    f'"{name}'
    for name in ("POT-Creation", "PO-Revision", "Generated-By", "Report-Msgid", "Last-Translator",
                 "Language-Team", "Project-Id")
)  # fmt: skip
"""Lines that Babel writes and nobody needs."""
Key = tuple[str, str]
"""Context and text."""


def main(arguments: list[str]) -> int:
    """Do what is asked; 1 if words are missing."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    used = collect()
    if "--write" in arguments:
        for language in (*COMPLETE, *FIRST_SET):
            write(language, used)
    if "--compile" in arguments:
        for language in (*COMPLETE, *FIRST_SET):
            compile_(language)
        return 0
    complaints = [line for language in COMPLETE for line in check(language, used, set(used))]
    for language in FIRST_SET:
        complaints += check(language, used, set(REPORTER_PARTS) & set(used))
    for line in complaints:
        print(line, file=sys.stderr)
    if complaints:
        print(f"{len(complaints)} words lack their translation, or are not used.", file=sys.stderr)
    return 1 if complaints else 0


def collect() -> dict[str, dict[Key, Message]]:
    """Every word in the sources, by part.

    A word that several parts use stays where it is translated already; a new one goes to
    `web`, which all share, or to the first of them.
    """
    words: dict[Key, Message] = {}
    users: dict[Key, set[str]] = {}
    for part, path, message, context in sorted(_messages(), key=lambda one: one[:2]):
        single = message if isinstance(message, str) else message[0]
        key = (context or "", single)
        if not single:
            continue
        flags = ["python-format"] if re.search(r"%\(\w+\)[sd]", single) else []
        made = Message(message, context=context or None, flags=flags, locations=[(path, 0)])
        if key not in words or isinstance(message, tuple):  # with its plural, where it has one
            words[key] = made
        users.setdefault(key, set()).add(part)
    at_home = {
        (one.context or "", _single(one)): part
        for part, catalogue in known(COMPLETE[0]).items() for one in catalogue if one.id
    }  # fmt: skip
    found: dict[str, dict[Key, Message]] = {}
    for key, parts in users.items():
        home = at_home.get(key, "")
        home = home if home in parts else "web" if "web" in parts else min(parts)
        found.setdefault(home, {})[key] = words[key]
    return found


def _messages() -> Iterator[tuple[str, str, str | tuple[str, ...], str | None]]:
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("templates/**/*.html"),
                        *PACKAGE.rglob("templates/**/*.txt")]):  # fmt: skip
        if "migrations" in path.parts:
            continue
        text = _as_python(path)
        name = path.relative_to(PACKAGE).as_posix()
        for _line, message, _comments, context in extract(
            "python", BytesIO(text.encode()), KEYWORDS, options={"encoding": "utf-8"}
        ):
            yield _part(path), name, message, context


def _as_python(path: Path) -> str:
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return text
    from django.utils.translation.template import templatize

    return str(templatize(text))


def _part(path: Path) -> str:
    """The screen or stage that a file belongs to; `web` for what all pages share."""
    names = list(path.relative_to(PACKAGE).parts[:-1])
    for name in ("web", "templates", "web"):
        if names and names[0] == name:
            names.pop(0)
    return names[0] if names and names[0] != "templatetags" else "web"


def known(language: str) -> dict[str, Catalog]:
    """The .po files of a language, by part."""
    found = {}
    for path in sorted((WORDS / language).glob("*.po")):
        with path.open("rb") as file:
            found[path.stem] = read_po(file, locale=language)
    return found


def check(language: str, used: dict[str, dict[Key, Message]], parts: set[str]) -> list[str]:
    """A line for every word without translation, with other placeholders, or not used."""
    there = _by_key(known(language))
    complaints = []
    for part in sorted(parts):
        for key, message in used[part].items():
            one = there.get(key)
            if one is None or not _translated(one):
                complaints.append(f"{language}/{part}.po: no translation of {key[1]!r}")
            elif not _same_places(message, one):
                complaints.append(f"{language}/{part}.po: other placeholders in {key[1]!r}")
    everything = {key for words in used.values() for key in words}
    complaints += [
        f"{language}: not used any more: {key[1]!r}" for key in there.keys() - everything
    ]
    return complaints


def _by_key(catalogues: dict[str, Catalog]) -> dict[Key, Message]:
    return {
        (one.context or "", _single(one)): one
        for catalogue in catalogues.values() for one in catalogue if one.id
    }  # fmt: skip


def _single(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _translated(message: Message) -> bool:
    texts = [message.string] if isinstance(message.string, str) else message.string
    return bool(texts) and all(texts or ())


def _same_places(source: Message, translated: Message) -> bool:
    def places(texts: str | Sequence[str]) -> set[str]:
        listed = [texts] if isinstance(texts, str) else texts
        return {place for text in listed for place in re.findall(r"%\(\w+\)[sd]|\{\w*\}", text)}

    return places(source.id) == places(translated.string or "")


def write(language: str, used: dict[str, dict[Key, Message]]) -> None:
    """The .po files with every word of today; translations that are there are kept."""
    there = _by_key(known(language))
    parts = set(used) if language in COMPLETE else set(REPORTER_PARTS) & set(used)
    (WORDS / language).mkdir(parents=True, exist_ok=True)
    for path in (WORDS / language).glob("*.po"):
        if path.stem not in parts:
            path.unlink()
    for part in sorted(parts):
        draft = language not in COMPLETE
        catalogue = Catalog(locale=language, header_comment=_header(draft), fuzzy=False)
        for key, message in sorted(used[part].items(), key=lambda item: item[0]):
            old = there.get(key)
            string = old.string if old is not None else ""
            catalogue.add(message.id, string, context=message.context, flags=message.flags)
        with (WORDS / language / f"{part}.po").open("wb") as file:
            write_po(file, catalogue, width=100, omit_header=False, sort_output=False)
        _without_dates(WORDS / language / f"{part}.po")


def _header(draft: bool) -> str:
    note = "# Machine draft, to be read by a native speaker before use." if draft else "#"
    return f"# Words of Sampan's pages. Written by tools/translations.py; translate here.\n{note}"


def _without_dates(path: Path) -> None:
    """The dates that Babel puts in would change every file at every run."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(PASSING_HEADERS)]
    path.write_text("".join(kept), "utf-8")


def compile_(language: str) -> None:
    """One .mo of all parts."""
    whole = Catalog(locale=language)
    for catalogue in known(language).values():
        for one in catalogue:
            if one.id and _translated(one):
                whole.add(one.id, one.string, context=one.context)
    target = PACKAGE / "locale" / language / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        write_mo(file, whole)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
