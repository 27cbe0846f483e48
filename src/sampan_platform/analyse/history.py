"""What sites have stated about their use, as frames."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
from django.apps import apps
from django.db.models import BigIntegerField, Q
from django.db.models.functions import Cast

from sampan_platform.catalogue import selectors as catalogue
from sampan_platform.common.quantity import SCALE

SCHEMA = {
    "site": pl.Int64,
    "resource": pl.Int64,
    "day": pl.Date,
    "need": pl.Int64,
    "used": pl.Int64,
}


def stated_use(as_of: datetime, since: date, until: date, under: str = "") -> pl.DataFrame:
    """`site`, `resource`, `day`, `quantity`, `used`: the need stated for a day, else what was used.

    What is used falls short of what is needed when the shelf is empty; so need goes first. Use
    by a process at the same site (meltblown in a mask factory) is left out, since the plan
    itself decides on it.
    """
    reports: Any = apps.get_model("collect", "Report")
    rows = (
        reports.objects.filter(day__gte=since, day__lte=until, submitted_at__lte=as_of)
        .filter(Q(need__isnull=False) | Q(used__isnull=False))
        .filter(site__organisation__path__startswith=under)
        .annotate(needed=_raw("need"), taken=_raw("used"))
        .values_list("site_id", "resource_id", "day", "needed", "taken")
    )
    frame = pl.DataFrame(list(rows), schema=SCHEMA, orient="row")
    return (
        frame.join(_inputs(until), on=["site", "resource"], how="anti")
        .with_columns(quantity=pl.coalesce("need", "used") / SCALE, used=pl.col("used") / SCALE)
        .select("site", "resource", "day", "quantity", "used")
    )


def _raw(name: str) -> Cast:
    """Whole thousandths, without a Decimal for each cell."""
    return Cast(name, BigIntegerField())


def _inputs(start: date) -> pl.DataFrame:
    """Site and resource of everything that a process there uses."""
    rows = catalogue.process_flows(start).filter(quantity_per_run__lt=0)
    found = list(rows.order_by().values_list("process__site_id", "resource_id").distinct())
    return pl.DataFrame(found, schema={"site": pl.Int64, "resource": pl.Int64}, orient="row")
