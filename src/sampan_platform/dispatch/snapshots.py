"""Networks and plans ↔ one file of Parquet tables, kept once by the hash of its content."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

import sampan
from sampan_platform.common import clock
from sampan_platform.dispatch.models import Snapshot

SETTINGS = "settings.json"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same content gives the same bytes, whenever it is packed."""


def keep_network(network: sampan.Network) -> Snapshot:
    """The network's snapshot; the one that is there if it was kept before."""
    settings = network.settings
    objective = network.objective
    kept = settings | {
        "start": network.calendar.start.isoformat(),
        "objective": {
            "stages": list(objective.stages),
            "tolerance": objective.tolerance,
            "lateness_cost": objective.lateness_cost,
        },
    }
    tables = {name: frame for name, frame in network.tables.items() if frame.width}
    return _keep(pack(tables, kept))


def keep_plan(plan: sampan.Plan) -> Snapshot:
    """The plan's snapshot."""
    return _keep(pack(plan.frames, dict(plan.summary)))


def network_of(snapshot: Snapshot) -> sampan.Network:
    """The network as it was."""
    tables, kept = unpack(bytes(snapshot.content))
    objective = sampan.Objective(**kept.pop("objective"))
    start = date.fromisoformat(kept.pop("start"))
    return sampan.Network.from_frames(tables, start=start, objective=objective, **kept)


def plan_of(snapshot: Snapshot) -> sampan.Plan:
    """The plan as it was."""
    frames, summary = unpack(bytes(snapshot.content))
    return sampan.Plan(frames, summary)


def pack(tables: Mapping[str, pl.DataFrame], settings: Mapping[str, Any]) -> bytes:
    """A zip of Parquet files and one JSON file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps(settings, ensure_ascii=False, sort_keys=True)
        archive.writestr(zipfile.ZipInfo(SETTINGS, EPOCH), text)
        for name in sorted(tables):
            parquet = io.BytesIO()
            tables[name].write_parquet(parquet)
            archive.writestr(zipfile.ZipInfo(f"{name}.parquet", EPOCH), parquet.getvalue())
    return out.getvalue()


def unpack(content: bytes) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """What `pack` was given."""
    tables = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        settings = json.loads(archive.read(SETTINGS))
        for name in archive.namelist():
            if name.endswith(".parquet"):
                frame = pl.read_parquet(io.BytesIO(archive.read(name)))
                tables[name.removesuffix(".parquet")] = frame
    return tables, settings


def _keep(content: bytes) -> Snapshot:
    digest = hashlib.sha256(content).hexdigest()
    kept, _ = Snapshot.objects.get_or_create(
        sha256=digest, defaults={"content": content, "made_at": clock.now()}
    )
    return kept
