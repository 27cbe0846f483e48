"""A client of the platform: pulls a network, pushes a plan, reads any list.

    from sampan.client import Client

    platform = Client("https://sampan.example.org", token="sampan_…")
    pulled = platform.pull("cn-hb", days=14)
    plan = sampan.solve(pulled.network)
    number = platform.push(pulled, plan)

It needs the standard library alone. A request that changes something carries an Idempotency-Key
and is sent again under the same key when the answer is lost: it happens once.
"""

from __future__ import annotations

import http.client
import io
import json
import ssl
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from sampan.errors import RemoteError
from sampan.network import Network
from sampan.plan import Plan
from sampan.read import read_network
from sampan.version import version
from sampan.write import write_plan

__all__ = ["Client", "Pulled"]

API = "/api/v1/"
HERE = ("localhost", "127.0.0.1", "::1")
"""Where a token may go without encryption: it does not leave the machine."""
TRY_AGAIN = (429, 502, 503, 504)
PARQUET = "application/vnd.apache.parquet"
PROBLEMS_SHOWN = 10
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive."""


@dataclass(frozen=True)
class Pulled:
    """A network as the platform knew it at a moment."""

    network: Network
    ticket: str
    """Names this network when a plan for it is pushed."""
    as_of: datetime
    notes: tuple[str, ...] = ()
    """What had to be left out or moved while it was built, in words."""


@dataclass(frozen=True)
class _Answer:
    status: int
    content_type: str
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise RemoteError(
                "The answer is not JSON. Is this the address of a platform?", self.status
            ) from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token is sent to the address that was given, and to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Client:
    """A platform at an address, asked with a token.

    Parameters
    ----------
    address
        Such as `https://sampan.example.org`; plain `http` only to this machine.
    token
        Made on the platform, with the scopes of what is to be done.
    timeout_seconds
        How long to wait for an answer.
    tries
        How often a request is sent when the connection breaks or the platform is busy.

    Raises
    ------
    ValueError
        If the address would send the token over the net unencrypted.
    """

    def __init__(
        self, address: str, token: str, *, timeout_seconds: float = 60.0, tries: int = 4
    ) -> None:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{address!r} is no address. Give one such as https://example.org.")
        if parts.scheme == "http" and parts.hostname not in HERE:
            raise ValueError(f"{address!r} is not encrypted: the token could be read. Use https.")
        self.address = address.rstrip("/")
        self.timeout_seconds = timeout_seconds
        self.tries = max(1, tries)
        self._token = token
        secure = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        self._opener = urllib.request.build_opener(_NoRedirects(), secure)

    def __repr__(self) -> str:
        return f"<Client of {self.address}>"

    def get(self, path: str, **query: Any) -> Any:
        """What stands at a path under /api/v1, as JSON: `get("people/me")`."""
        return self._send("GET", path, query=query).json()

    def post(self, path: str, body: Any, *, key: str | None = None) -> Any:
        """Send JSON; the answer as JSON.

        Parameters
        ----------
        key
            The Idempotency-Key; one is made if None. Give one that is kept with your data to
            be safe across restarts of your own program.
        """
        content = json.dumps(body, default=str).encode()
        headers = {"Content-Type": "application/json"}
        return self._send("POST", path, content, headers, key=key or str(uuid.uuid4())).json()

    def rows(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page: `rows("catalogue/sites", kind="hospital")`."""
        cursor: str | None = ""
        while cursor is not None:
            found = self.get(path, **{**query, "cursor": cursor})
            yield from found["items"]
            cursor = found["next_cursor"]

    def table(self, path: str, **query: Any) -> pl.DataFrame:
        """A whole list as a frame, for lists that come as Parquet."""
        answer = self._send("GET", path, query={**query, "format": "parquet"})
        if not answer.content_type.startswith(PARQUET):
            raise RemoteError(f"{path} does not come as a table. Use rows().", answer.status)
        return pl.read_parquet(io.BytesIO(answer.body))

    def pull(self, organisation: str, *, days: int = 14, as_of: datetime | None = None) -> Pulled:
        """The network of a part of the tree, as it is known at a moment.

        Parameters
        ----------
        organisation
            The code of the part of the tree to plan for.
        days
            How many periods, of a day each.
        as_of
            The moment; now if None.

        Raises
        ------
        RemoteError
            If the platform refuses: no such organisation, or not for this token's user.
        """
        asked = {"organisation": organisation, "days": days, "as_of": as_of}
        made = self.post("dispatch/networks", {k: v for k, v in asked.items() if v is not None})
        answer = self._send("GET", "dispatch/networks/content", query={"ticket": made["ticket"]})
        with tempfile.TemporaryDirectory(prefix="sampan-") as folder:
            _unpack(answer.body, Path(folder))
            network = read_network(folder)
        network.raise_for_problems()
        moment = datetime.fromisoformat(made["as_of"])
        return Pulled(network, made["ticket"], moment, tuple(made["notes"]))

    def push(self, pulled: Pulled, plan: Plan, *, note: str = "", key: str | None = None) -> int:
        """Hand in a plan for a network that was pulled; its number on the platform.

        The platform verifies it before it is kept, and treats it then like a plan of its own:
        it can be compared, approved and ordered.

        Raises
        ------
        RemoteError
            If the plan breaks a rule; the document's `problems` name which.
        """
        with tempfile.TemporaryDirectory(prefix="sampan-") as folder:
            content = _packed(write_plan(plan, Path(folder) / "plan", "parquet"))
        separator = uuid.uuid4().hex
        body = _form(separator, {"ticket": pulled.ticket, "note": note}, "plan.zip", content)
        headers = {"Content-Type": f"multipart/form-data; boundary={separator}"}
        made = self._send(
            "POST", "dispatch/pushed", body, headers, key=key or str(uuid.uuid4())
        ).json()
        return int(made["id"])

    def _send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> _Answer:
        """Send a request, again if the answer is lost or the platform is busy."""
        given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        address = self.address + API + urllib.parse.quote(path.lstrip("/"), safe="/:@>")
        address += f"?{urllib.parse.urlencode(given)}" if given else ""
        request = urllib.request.Request(address, data=content, method=method)
        request.add_header("Authorization", f"Bearer {self._token}")
        request.add_header("User-Agent", f"sampan/{version()}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if key is not None:
            request.add_header("Idempotency-Key", key)
        for at in range(self.tries):
            last = at == self.tries - 1
            try:
                return self._once(request)
            except urllib.error.HTTPError as error:
                if last or error.code not in TRY_AGAIN:
                    raise _refused(error) from error
                time.sleep(_wait(at, error.headers.get("Retry-After")))
            except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
                if last:
                    reason = getattr(error, "reason", None) or error
                    raise RemoteError(
                        f"{self.address} does not answer ({reason}). Check the address and that "
                        "the platform runs."
                    ) from error
                time.sleep(_wait(at, None))
        raise AssertionError("the last try returns or raises")

    def _once(self, request: urllib.request.Request) -> _Answer:
        with self._opener.open(request, timeout=self.timeout_seconds) as response:
            kind = response.headers.get("Content-Type", "")
            return _Answer(response.status, kind, response.read())


def _wait(at: int, asked: str | None) -> float:
    """Seconds until the next try: as asked, else longer each time."""
    if asked is not None and asked.isdigit():
        return min(float(asked), 120.0)
    return float(min(0.5 * 2**at, 8.0))


def _refused(error: urllib.error.HTTPError) -> RemoteError:
    """What the platform said, in its own words."""
    try:
        document = json.loads(error.read())
    except (ValueError, OSError):
        document = {}
    if not isinstance(document, dict) or "detail" not in document:
        return RemoteError(f"{error.url} answered {error.code} {error.reason}.", error.code)
    problems = document.get("problems") or []
    lines = [str(document["detail"])]
    lines += [
        f"  {one.get('where', '')}: {one.get('message', '')}".replace("  : ", "  ")
        for one in problems[:PROBLEMS_SHOWN]
    ]
    if len(problems) > PROBLEMS_SHOWN:
        lines.append(f"  … and {len(problems) - PROBLEMS_SHOWN} more.")
    return RemoteError("\n".join(lines), error.code, document)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _unpack(content: bytes, folder: Path) -> None:
    """The files of an archive, by the last part of their names alone."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                (folder / PurePosixPath(name).name).write_bytes(archive.read(name))
    except zipfile.BadZipFile as error:
        raise RemoteError("The network came broken. Pull it again.") from error


def _packed(folder: Path) -> bytes:
    """Without times: the same plan under the same key must be the same request."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _form(separator: str, fields: Mapping[str, str], name: str, content: bytes) -> bytes:
    """A form with one file, as browsers send it (RFC 7578)."""
    parts = b""
    for field, value in fields.items():
        parts += (
            f'--{separator}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        ).encode()
    parts += (
        f'--{separator}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/zip\r\n\r\n"
    ).encode()
    return parts + content + f"\r\n--{separator}--\r\n".encode()
