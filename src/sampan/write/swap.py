"""Write beside the target, then swap: nobody ever sees half a folder."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from sampan.errors import OutputError


def write_folder(target: Path, fill: Callable[[Path], None], known: Collection[str]) -> None:
    """Have `fill` write a new folder, then put it in the place of the target.

    The target may be missing, empty, or hold nothing but files whose names are `known`.
    """
    target = _real(target)
    _check_replaceable(target, known)
    beside = _beside(target, "new")
    try:
        beside.mkdir(parents=True)
        fill(beside)
        _swap_folder(beside, target)
    except OSError as error:
        raise _cannot(target, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_target(target: Path, known: Collection[str]) -> None:
    """Whether `write_folder` could write there, found out without writing anything."""
    target = _real(target)
    _check_replaceable(target, known)
    above = target.parent
    while not os.path.exists(above):
        above = above.parent
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(f"{target}: {above} cannot be written in. Choose another place.")


def write_file(target: Path, content: bytes) -> None:
    """Write a new file, then put it in the place of the target."""
    target = _real(target)
    if os.path.isdir(target):
        raise OutputError(f"{target}: this is a folder. Give the name of a file.")
    beside = _beside(target, "new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(target)
    except OSError as error:
        raise _cannot(target, error) from error
    finally:
        with suppress(OSError):  # where nothing may be written, there is nothing to remove
            beside.unlink(missing_ok=True)


def _real(target: Path) -> Path:
    """Through links, so that what they point to is replaced and not the link."""
    return Path(os.path.realpath(target))


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f".{target.name}.{what}-{secrets.token_hex(4)}")


def _cannot(target: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(f"{target}: cannot be written ({reason}). Choose another place.")


def _check_replaceable(target: Path, known: Collection[str]) -> None:
    if not os.path.exists(target):
        return
    if not target.is_dir():
        raise OutputError(f"{target}: this is a file. Give a folder, or a name that is free.")
    try:
        others = sorted(path.name for path in target.iterdir() if path.name not in known)
    except OSError as error:
        raise _cannot(target, error) from error
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise OutputError(
            f"{target}: the folder holds other things ({others[0]}{more}) and is left alone. "
            "Choose an empty or a new folder."
        )


def _swap_folder(beside: Path, target: Path) -> None:
    if not target.exists():
        beside.rename(target)
        return
    old = _beside(target, "old")
    target.rename(old)
    try:
        beside.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
