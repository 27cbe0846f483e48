"""Zip archives that strangers send, within limits; networks and plans as archives."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext

import sampan
from sampan_platform.common.errors import InvalidError, Problem

MEMBERS_MAX = 200
UNPACKED_MAX = 256 * 1024 * 1024
"""Bytes that an archive or a workbook may hold when it is unpacked."""
SENT_MAX = 64 * 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Of every file in an archive, so that the same content gives the same bytes."""
PLAN_FILES = ("plan.toml", ".csv", ".parquet")


def open_archive(name: str, content: bytes, otherwise: str = "") -> zipfile.ZipFile:
    """The archive, if it is one and stays within the limits; sizes as it states them.

    Parameters
    ----------
    otherwise
        What to say if it is none, with `%(file)s` where its name belongs.
    """
    if len(content) > SENT_MAX:
        text = gettext("%(file)s is larger than %(size)s MiB. Send it in parts.")
        raise InvalidError(text % {"file": name, "size": SENT_MAX // 2**20}, code="too-large")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        text = otherwise or gettext("%(file)s is not a zip archive.")
        raise InvalidError(text % {"file": name}, code="bad-file") from error
    if any(one.flag_bits & 1 for one in members):
        text = gettext("%(file)s is protected by a password. Send it without.")
        raise InvalidError(text % {"file": name}, code="bad-file")
    if len(members) > MEMBERS_MAX or sum(one.file_size for one in members) > UNPACKED_MAX:
        raise InvalidError(
            gettext(
                "%(file)s unpacks to more than %(size)s MiB or %(parts)s files. Send it in "
                "parts; remove empty rows and pictures."
            )
            % {"file": name, "size": UNPACKED_MAX // 2**20, "parts": MEMBERS_MAX},
            code="too-large",
        )
    return archive


def unpack(archive: zipfile.ZipFile, place: Path, endings: Sequence[str]) -> None:
    """Files of these names or endings, whatever folder they are in; never outside `place`."""
    left = UNPACKED_MAX
    for member in archive.infolist():
        name = PurePosixPath(member.filename.replace("\\", "/")).name
        if member.is_dir() or name.startswith(".") or not name.lower().endswith(tuple(endings)):
            continue
        if (place / name).exists():
            text = gettext("%(file)s is twice in the archive. Remove one.")
            raise InvalidError(text % {"file": name}, code="bad-file")
        try:
            with archive.open(member) as source:
                content = source.read(left + 1)
        except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError) as error:
            text = gettext("%(file)s in the archive cannot be unpacked. Pack it again.")
            raise InvalidError(text % {"file": name}, code="bad-file") from error
        left -= len(content)
        if left < 0:  # an archive may lie about its sizes
            text = gettext("The archive unpacks to too much. Send it in parts.")
            raise InvalidError(text, code="too-large")
        (place / name).write_bytes(content)


def network_zip(network: sampan.Network) -> bytes:
    """A network's folder of CSV files in an archive; `sampan.client` reads it."""
    with tempfile.TemporaryDirectory(prefix="sampan-") as folder:
        place = sampan.write_network(network, Path(folder) / "network")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(place.iterdir()):
                entry = zipfile.ZipInfo(path.name, EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
        return buffer.getvalue()


def plan_of_zip(name: str, content: bytes) -> sampan.Plan:
    """A plan from an archive of its folder.

    Raises
    ------
    InvalidError
        Naming everything that is wrong with it.
    """
    archive = open_archive(name, content)
    with tempfile.TemporaryDirectory(prefix="sampan-") as folder:
        unpack(archive, Path(folder), PLAN_FILES)
        try:
            return sampan.read_plan(folder)
        except sampan.PlanFileError as error:
            problems = [
                Problem(one.code, f"{one.message} {one.hint}", one.place, (one.value or "")[:200])
                for one in error.problems
            ]
            raise InvalidError(
                gettext("The plan cannot be read."), problems, code="bad-plan"
            ) from error
