"""`sampan backup` and `sampan restore`: everything in one file, checked on the way back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess  # nosec B404 - PostgreSQL's own programs
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import connection

from sampan.commands.output import FINDING, FINE
from sampan_platform.commands.counting import counted
from sampan_platform.commands.running import Refused, parser
from sampan_platform.common import clock

MANIFEST = "manifest.json"
LIBPQ = (
    ("dbname", "DATABASE"), ("host", "HOST"), ("port", "PORT"), ("user", "USER"),
    ("password", "PASSWORD"), ("sslmode", "SSLMODE"), ("sslrootcert", "SSLROOTCERT"),
    ("sslcert", "SSLCERT"), ("sslkey", "SSLKEY"), ("service", "SERVICE"),
    ("passfile", "PASSFILE"),
)  # fmt: skip
"""Parameters of a connection, and what follows PG in the variable that libpq reads each from."""
WAIT_SECONDS = 20
"""How long a restore waits for those who are writing, unless it is told otherwise."""
BASE_MAP = "base_map_sha256"
"""Of the official base map in a backup's manifest; null where there was none."""
DUMP = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}


def backup(arguments: Sequence[str]) -> int:
    """Write the database into one file while people go on working."""
    asked = parser("backup", "Write everything into one file; others may go on working.")
    asked.add_argument("file", nargs="?", metavar="FILE", help="default: sampan-DATE-TIME.tar.gz")
    given = asked.parse_args(arguments)
    target = Path(given.file or f"sampan-{clock.now():%Y%m%d-%H%M%S}.tar.gz")
    if target.exists():
        raise Refused(f"{target} is there already. Choose another name.")
    if not target.absolute().parent.is_dir():
        raise Refused(f"there is no folder {target.absolute().parent}. Make it first.")
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / DUMP[connection.vendor]
        print("Copying the database …", flush=True)
        _dump(dump)
        manifest = {
            "made_at": clock.now().isoformat(),
            "vendor": connection.vendor,
            "sha256": _sha256(dump),
            BASE_MAP: _take_base_map(Path(folder)),
        }
        (Path(folder) / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        half = target.with_name(f".{target.name}.part")
        with tarfile.open(half, "w:gz") as archive:
            for name in (MANIFEST, dump.name, settings.BASE_MAP):
                if (Path(folder) / name).exists():
                    archive.add(Path(folder) / name, name)
        half.replace(target)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB. Back again by: sampan restore {target}")
    return 0


def restore(arguments: Sequence[str]) -> int:
    """Put a backup in the place of the present database."""
    asked = parser("restore", "Bring a backup back, in the place of what is there now.")
    asked.add_argument("file", metavar="FILE")
    asked.add_argument("--yes", action="store_true", help="replace what is there")
    asked.add_argument("--wait", type=float, default=WAIT_SECONDS, metavar="SECONDS",
                       help="for those who are writing to a SQLite file")  # fmt: skip
    given = asked.parse_args(arguments)
    source = Path(given.file)
    if not source.is_file():
        raise Refused(f"there is no file {source}.")
    if not given.yes and _has_data():
        raise Refused("there is data already, which this replaces. Add --yes if that is meant.")
    with tempfile.TemporaryDirectory() as folder:
        dump, manifest = _unpack(source, Path(folder))
        _put_back(dump, given.wait)
        if BASE_MAP in manifest:  # older backups say nothing of it: what is there stays
            _put_back_base_map(Path(folder) / settings.BASE_MAP)
    from sampan_platform.ledger import services

    with counted("Proving the ledger", "movements") as tell:
        proof = services.prove(tell)
    print(f"Restored from {source}. The ledger: {proof}")
    return FINE if proof.holds else FINDING


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        with sqlite3.connect(settings.DATABASES["default"]["NAME"]) as source:
            with sqlite3.connect(target) as copy:
                source.backup(copy)
            copy.close()
        source.close()
        return
    _postgresql("pg_dump", "--format=custom", "--no-owner", f"--file={target}")


def _take_base_map(folder: Path) -> str | None:
    """Copy the official base map, which lies beside the database; its SHA-256, if there is one."""
    place = Path(settings.HOME) / settings.BASE_MAP
    if not place.exists():
        return None
    shutil.copyfile(place, folder / settings.BASE_MAP)
    return _sha256(folder / settings.BASE_MAP)


def _put_back_base_map(kept: Path) -> None:
    """The map of the backup in the place of the present one; none where there was none."""
    place = Path(settings.HOME) / settings.BASE_MAP
    if not kept.exists():
        place.unlink(missing_ok=True)
        return
    half = place.with_suffix(".part")
    shutil.copyfile(kept, half)
    half.replace(place)


def _put_back(dump: Path, wait: float) -> None:
    connection.close()
    if connection.vendor == "sqlite":
        _put_back_sqlite(dump, Path(settings.DATABASES["default"]["NAME"]), wait)
        return
    _postgresql("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
                f"--dbname={settings.DATABASES['default']['NAME']}", str(dump))  # fmt: skip


def _put_back_sqlite(dump: Path, place: Path, wait: float) -> None:
    """Page by page in one transaction of SQLite's own: whoever serves meanwhile sees the old
    database or the new one, never a mixture, and loses nothing of what is written afterwards.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    until = monotonic() + wait

    def patient(status: int, *_: int) -> None:
        if status != sqlite3.SQLITE_DONE and monotonic() > until:
            raise Refused(
                f"somebody keeps writing to {place}. Nothing was changed. Stop what writes "
                "(sampan serve), and restore again."
            )

    source, target = sqlite3.connect(dump), sqlite3.connect(place, timeout=1)
    try:
        source.backup(target, progress=patient)
    except sqlite3.Error as error:
        raise Refused(f"{place} cannot be replaced ({error}). Nothing was changed.") from error
    finally:
        source.close()
        target.close()


def _postgresql(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs, on this database."""
    found = shutil.which(program)
    if found is None:
        raise Refused(
            f"{program} is needed and was not found. Install PostgreSQL's client programs "
            "(Debian, Ubuntu: apt-get install postgresql-client)."
        )
    done = subprocess.run(  # nosec B603 - no shell, no words of a stranger
        [found, *arguments], env=os.environ | _libpq(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"{program} failed: {done.stderr.strip() or done.returncode}")


def _libpq() -> dict[str, str]:
    """How Django reaches the database, as PostgreSQL's programs read it; nothing on a command line,
    where others could see the password.
    """
    given = connection.get_connection_params()
    return {f"PG{variable}": str(given[name]) for name, variable in LIBPQ if given.get(name)}


def _unpack(source: Path, folder: Path) -> tuple[Path, dict[str, Any]]:
    """The dump of a backup and its manifest, if it is whole and for this kind of database."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error) as error:
        raise Refused(f"{source} is no backup of Sampan, or it is damaged ({error}).") from error
    if manifest.get("vendor") != connection.vendor:
        raise Refused(
            f"{source} was made from {manifest.get('vendor')}, and this is {connection.vendor}. "
            "Set SAMPAN_DATABASE to a database of that kind."
        )
    dump = folder / DUMP[connection.vendor]
    parts = [(dump, manifest.get("sha256", ""))]
    if manifest.get(BASE_MAP):
        parts.append((folder / settings.BASE_MAP, manifest[BASE_MAP]))
    for part, digest in parts:
        if not part.is_file() or _sha256(part) != digest:
            raise Refused(f"{source} is damaged: its content is not what was written.")
    return dump, manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _has_data() -> bool:
    from sampan_platform.people.models import Organisation

    if "people_organisation" not in connection.introspection.table_names():
        return False
    return Organisation.objects.exists()
