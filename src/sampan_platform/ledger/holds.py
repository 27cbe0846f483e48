"""Lots that are held in quarantine: while they are, nothing of them comes into stock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.apps import apps

from sampan_platform.ledger.accounts import AccountKey, Leg, Posting
from sampan_platform.ledger.models import Kind, LotHold


def held_keys(postings: Sequence[Posting]) -> set[AccountKey]:
    """The stock accounts that gain goods here and may not, since their lot is held there."""
    gaining = {
        leg.account
        for posting in postings
        for leg in posting.legs
        if leg.account.lot and leg.account.kind == Kind.STOCK and leg.thousandths > 0
    }
    return held_among(gaining) if gaining else set()


def held_among(keys: Iterable[AccountKey]) -> set[AccountKey]:
    """Those of the accounts whose lot is held at their site; one query, two where any is."""
    wanted = list(keys)
    paths: dict[tuple[int, str], list[str]] = {}
    for resource, lot, path in _active():
        paths.setdefault((resource, lot), []).append(path)
    concerned = [key for key in wanted if (key.resource, key.lot) in paths]
    if not concerned:
        return set()
    sites = apps.get_model("catalogue", "Site")._default_manager.filter(
        pk__in={key.site for key in concerned}
    )
    of_site: dict[int | None, str] = dict(sites.values_list("pk", "organisation__path"))
    return {
        key
        for key in concerned
        if of_site.get(key.site, "").startswith(tuple(paths[key.resource, key.lot]))
    }


def is_into(leg: Leg, held: set[AccountKey]) -> bool:
    """Whether the leg brings goods into an account that may take none."""
    return bool(held) and leg.thousandths > 0 and leg.account in held


def _active() -> list[tuple[int, str, str]]:
    rows = LotHold.objects.filter(released_at__isnull=True)
    return list(rows.values_list("resource_id", "lot", "organisation__path"))
