"""A file between its dry run and its filing: kept on the server for its sender alone, for a day."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from sampan_platform.common.errors import NotFoundError

KEPT_SECONDS = 24 * 3600
NAME = "upload-names"


def keep(request: HttpRequest, name: str, content: bytes) -> UUID:
    """Keep a file; what is older than a day goes."""
    folder = _folder()
    for path in folder.iterdir():
        if path.stat().st_mtime < time.time() - KEPT_SECONDS:
            path.unlink(missing_ok=True)
    number = uuid4()
    (folder / str(number)).write_bytes(content)
    request.session[NAME] = {**request.session.get(NAME, {}), str(number): name[:200]}
    return number


def kept(request: HttpRequest, number: UUID) -> tuple[str, bytes]:
    """Name and content of a file that this person sent."""
    name = request.session.get(NAME, {}).get(str(number))
    path = _folder() / str(number)
    if name is None or not path.exists():
        raise NotFoundError(_("This file is not kept here any more. Send it again."))
    return name, path.read_bytes()


def _folder() -> Path:
    folder = Path(settings.HOME) / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
