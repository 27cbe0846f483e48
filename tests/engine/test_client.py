"""The client against a stub: what it sends, sends again, refuses to send, and says."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import sampan
from sampan import client as module
from sampan.client import Client

PROBLEM = {
    "title": "Invalid", "status": 422, "detail": "2 problems; nothing was changed.",
    "problems": [{"where": "sites, row 2", "message": "Correct it."}, {"message": "Or not."}],
}  # fmt: skip


class Stub:
    """A server that answers with what it was given, in order, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                stub.seen.append((self.command, self.path, dict(self.headers), body))
                status, headers, content = stub.answers.pop(0)
                if status == 0:  # the connection breaks before the answer
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

            def log_message(self, *_: Any) -> None:
                """Nothing to standard error."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def say(self, status: int, body: Any = None, **headers: str) -> None:
        """The next answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, named, json.dumps(body).encode()))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A stub, and a client that does not really wait."""
    waits: list[float] = []
    monkeypatch.setattr(module.time, "sleep", waits.append)
    made = Stub()
    made.waits = waits  # type: ignore[attr-defined]
    yield made
    made.stop()


def test_a_request_carries_its_token_and_its_query(stub: Stub) -> None:
    """Dates and booleans as the platform writes them; nothing for what is not asked."""
    stub.say(200, {"items": []})
    found = Client(stub.address + "/", "secret").get(
        "catalogue/sites", q="武汉", retired=True, x=None
    )
    method, path, headers, _ = stub.seen[0]
    assert found == {"items": []}
    assert (method, path) == (
        "GET", "/api/v1/catalogue/sites?q=%E6%AD%A6%E6%B1%89&retired=true",
    )  # fmt: skip
    assert headers["Authorization"] == "Bearer secret"
    assert headers["User-Agent"].startswith("sampan/")


def test_rows_go_on_to_the_last_page(stub: Stub) -> None:
    """Each page is asked for with the cursor of the one before."""
    stub.say(200, {"items": [{"n": 1}, {"n": 2}], "next_cursor": "c2"})
    stub.say(200, {"items": [{"n": 3}], "next_cursor": None})
    assert [row["n"] for row in Client(stub.address, "t").rows("list", kind="hub")] == [1, 2, 3]
    assert stub.seen[1][1] == "/api/v1/list?kind=hub&cursor=c2"


def test_a_lost_answer_is_asked_for_again_under_the_same_key(stub: Stub) -> None:
    """The connection breaks, then the platform is busy: three times the same request."""
    stub.say(0)
    stub.say(429, {}, Retry_After="7")
    stub.say(200, {"id": 5})
    assert Client(stub.address, "t").post("things", {"a": 1}) == {"id": 5}
    keys = {headers["Idempotency-Key"] for _, _, headers, _ in stub.seen}
    assert len(stub.seen) == 3
    assert len(keys) == 1
    assert {body for _, _, _, body in stub.seen} == {b'{"a": 1}'}
    assert stub.waits == [0.5, 7.0]  # type: ignore[attr-defined]


def test_it_gives_up_after_its_tries(stub: Stub) -> None:
    """And says what was the matter."""
    for _ in range(2):
        stub.say(503, {"detail": "The database does not answer."})
    with pytest.raises(sampan.RemoteError, match="database does not answer") as caught:
        Client(stub.address, "t", tries=2).get("x")
    assert caught.value.status == 503
    address = stub.address
    stub.stop()
    with pytest.raises(sampan.RemoteError, match=r"does not answer .*Check the address"):
        Client(address, "t", tries=2).get("x")
    stub.__init__()  # type: ignore[misc]


def test_a_refusal_is_not_tried_again_and_says_why(stub: Stub) -> None:
    """In the platform's own words, problem by problem; the document is kept."""
    stub.say(422, PROBLEM)
    with pytest.raises(sampan.RemoteError) as caught:
        Client(stub.address, "t").post("things", {})
    assert str(caught.value).splitlines() == [
        "2 problems; nothing was changed.", "  sites, row 2: Correct it.", "  Or not.",
    ]  # fmt: skip
    assert caught.value.document["problems"][0]["where"] == "sites, row 2"
    assert len(stub.seen) == 1


def test_what_is_no_platform_is_said_to_be_none(stub: Stub) -> None:
    """An answer that is not JSON, and an error without a document."""
    stub.answers.append((200, {}, b"<html>"))
    stub.answers.append((404, {}, b"<html>"))
    with pytest.raises(sampan.RemoteError, match="not JSON"):
        Client(stub.address, "t").get("x")
    with pytest.raises(sampan.RemoteError, match="answered 404"):
        Client(stub.address, "t").get("x")


def test_a_token_goes_nowhere_else(stub: Stub) -> None:
    """No redirects, and no plain http but to this machine."""
    stub.say(302, {}, Location="http://127.0.0.1:1/elsewhere")
    with pytest.raises(sampan.RemoteError, match="302"):
        Client(stub.address, "t").get("x")
    for bad in ("http://example.org", "ftp://example.org", "example.org", ""):
        with pytest.raises(ValueError, match=r"not encrypted|no address"):
            Client(bad, "t")
    assert "t0ken" not in repr(Client("https://example.org", "t0ken"))


def test_a_list_that_is_no_table_says_so(stub: Stub) -> None:
    """Instead of reading JSON as Parquet."""
    stub.say(200, {"items": []}, Content_Type="application/json")
    with pytest.raises(sampan.RemoteError, match="Use rows"):
        Client(stub.address, "t").table("people/users")


def test_the_same_plan_is_packed_to_the_same_bytes(tmp_path: Path) -> None:
    """Whenever it is packed: else a retry under the same key would be another request."""
    network = sampan.testing.two_hospitals()
    first = sampan.write_plan(sampan.solve(network), tmp_path / "plan", "parquet")
    packed = module._packed(first)
    for path in first.iterdir():
        os.utime(path, (1_600_000_000, 1_600_000_000))
    assert module._packed(first) == packed
    module._unpack(packed, tmp_path)
    assert (tmp_path / "plan.toml").read_bytes() == (first / "plan.toml").read_bytes()
