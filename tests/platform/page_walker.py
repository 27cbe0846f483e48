"""Goes through the pages as somebody does who presses everything, and reads what they say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

SILENT = ("script", "style", "code", "pre")
SPOKEN = ("title", "placeholder", "aria-label", "alt", "data-confirm")
"""Attributes that a person reads or hears."""
SAME_MAX = 2
"""Pages whose addresses differ in numbers and codes only are looked at so often."""
NOT_PAGES = re.compile(r"/(sign-out|language|api|static)/|download|export|format=|\.(xlsx|csv|svg)")
ENGLISH = re.compile(r"[A-Za-z][a-z]+(?:[ ,]+[a-z]+)+")
"""Two words of a sentence, not a name, an abbreviation or a code."""
CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")


@dataclass
class Form:
    """What a form would send."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """The texts, links and forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._silent = 0
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        # names of languages are each in their own
        if tag in SILENT or given.get("id") == "language":
            self._silent += 1
        self.texts += [given[name] for name in SPOKEN if given.get(name)]
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            posts = given.get("method", "").lower() == "post"
            self._form = Form(given.get("action", "")) if posts else None
            self.forms += [self._form] if self._form else []
        elif self._form and given.get("name"):
            self._take(tag, given)
        elif self._form and tag == "option" and self._select:
            self._form.fields.setdefault(self._select, given.get("value", ""))

    def _take(self, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        kind = given.get("type", "text")
        if tag == "select":
            self._select = given["name"]
        elif kind == "file":
            self._form.files.append(given["name"])
        elif kind in ("hidden", "submit") or tag == "button":
            self._form.fields[given["name"]] = given.get("value", "")
        else:
            self._form.fields[given["name"]] = "?"

    def handle_endtag(self, tag: str) -> None:
        if (tag in SILENT or tag == "select") and self._silent:
            self._silent -= 1
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._silent:
            self.texts.append(" ".join(data.split()))


@dataclass
class Seen:
    """One answer: who got it, from where, and what it says."""

    user: str
    address: str
    status: int
    texts: list[str]


def walk(client: Client, user: str, most: int = 150) -> Iterator[tuple[Seen, Reader]]:
    """Every page that can be reached by links from Today."""
    done: set[str] = set()
    alike: Counter[str] = Counter()
    waiting = ["/"]
    while waiting and len(done) < most:
        address = waiting.pop(0).split("#")[0]
        kind = re.sub(r"[\w-]*\d[\w-]*", "N", address.split("?")[0])
        if address in done or alike[kind] >= SAME_MAX or NOT_PAGES.search(address):
            continue
        done.add(address)
        alike[kind] += 1
        answer = client.get(address)
        reader = read(answer)
        yield Seen(user, address, answer.status_code, reader.texts), reader
        links = [urljoin(address, link) for link in reader.links]
        waiting += [link for link in links if link.startswith("/")]
        if answer.status_code in (301, 302):
            waiting.append(urljoin(address, answer.headers["Location"]))


def read(answer: Any) -> Reader:
    """What a page says; nothing of what is no page."""
    reader = Reader()
    if "html" in answer.headers.get("Content-Type", ""):
        reader.feed(answer.content.decode())
    return reader


def send(client: Client, user: str, page: str, form: Form) -> Seen:
    """Send a form with nonsense in every field, and read the page that comes of it."""
    files = {name: SimpleUploadedFile("bad.csv", b"\xff\xfe?,?") for name in form.files}
    address = urljoin(page, form.action) if form.action else page
    answer = client.post(address, form.fields | files, follow=True, headers={"referer": page})
    return Seen(user, f"POST {address}", answer.status_code, read(answer).texts)


def foreign(texts: list[str], language: str, names: set[str]) -> list[str]:
    """Texts that are not in the language, but for names that the data carries."""
    longest_first = sorted(names, key=len, reverse=True)  # a name may stand in a longer one
    pattern = ENGLISH if language.startswith("zh") else CHINESE
    found = []
    for text in texts:
        rest = text
        for name in longest_first:
            if name in rest:
                rest = rest.replace(name, " ")
        if pattern.search(rest):
            found.append(text)
    return found
