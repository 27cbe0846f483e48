"""The base map under sites and flows: land without borders, or an official one of the operator's.

Borders are for those to draw who may; the platform ships none. An official map is a GeoJSON file,
kept beside the secret key in the platform's home and served by the platform itself.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from sampan_platform.common.errors import InvalidError

BYTES_MAX = 10 * 1024 * 1024
"""A map of the world at 1:50 million has 1 to 2 MB."""
DEPTH = {"Polygon": 3, "MultiPolygon": 4, "LineString": 2, "MultiLineString": 3}
"""How deep a geometry's positions lie."""
LONGITUDE_MAX, LATITUDE_MAX = 180.0, 90.0


def place() -> Path:
    """Where an official map is kept."""
    return Path(settings.HOME) / settings.BASE_MAP


def mark() -> str:
    """Changes whenever the map does; empty without an official one."""
    try:
        found = place().stat()
    except FileNotFoundError:
        return ""
    return f"{found.st_mtime_ns:x}-{found.st_size:x}"


def keep(content: bytes) -> str:
    """Check a map and put it in place, whole or not at all; its SHA-256."""
    text = _checked(content)
    place().parent.mkdir(parents=True, exist_ok=True)
    half = place().with_suffix(".part")
    half.write_text(text, encoding="utf-8")
    os.replace(half, place())
    return hashlib.sha256(content).hexdigest()


def remove() -> bool:
    """Back to land without borders; whether there was an official map."""
    there = place().exists()
    place().unlink(missing_ok=True)
    return there


def _checked(content: bytes) -> str:
    if len(content) > BYTES_MAX:
        raise _wrong(
            _("it has %(size)s MB, and %(most)s are the most. Simplify its lines.")
            % {"size": f"{len(content) / 1024**2:.1f}", "most": BYTES_MAX // 1024**2}
        )
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise _wrong(_("it is no JSON text in UTF-8.")) from None
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list) or found.get("type") != "FeatureCollection" or not features:
        raise _wrong(_("it is no FeatureCollection with features. Export it as GeoJSON."))
    kept = [_feature(number, one) for number, one in enumerate(features, start=1)]
    return json.dumps(
        {"type": "FeatureCollection", "features": kept}, ensure_ascii=False, separators=(",", ":")
    )


def _feature(number: int, given: Any) -> dict[str, Any]:
    """A feature with its geometry and name, and nothing else of what it came with."""
    geometry = given.get("geometry") if isinstance(given, dict) else None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in DEPTH:
        raise _wrong(
            _("feature %(number)s is no %(kinds)s.") % {"number": number, "kinds": ", ".join(DEPTH)}
        )
    _positions(number, geometry.get("coordinates"), DEPTH[kind])
    properties = given.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    return {
        "type": "Feature",
        "properties": {"name": name if isinstance(name, str) else str(number)},
        "geometry": {"type": kind, "coordinates": geometry["coordinates"]},
    }


def _positions(number: int, given: Any, depth: int) -> None:
    if not isinstance(given, list) or not given:
        raise _wrong(_("feature %(number)s has no coordinates.") % {"number": number})
    if depth > 1:
        for one in given:
            _positions(number, one, depth - 1)
        return
    numbers = [one for one in given[:2] if isinstance(one, int | float)]
    if len(numbers) < 2 or abs(numbers[0]) > LONGITUDE_MAX or abs(numbers[1]) > LATITUDE_MAX:
        raise _wrong(
            _(
                "feature %(number)s has %(position)s where a longitude (−180 to 180) and a "
                "latitude (−90 to 90) in degrees belong. Use WGS 84."
            )
            % {"number": number, "position": str(given)[:60]}
        )


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _wrong(reason: str) -> InvalidError:
    return InvalidError(
        _("The map was not taken: %(reason)s") % {"reason": reason}, code="bad-base-map"
    )
