"""Tiles' integers as narrow as they can be; those that are there are packed anew."""

from typing import Any

import numpy as np
from django.db import migrations

from sampan_platform.count.tiles import packed_ints

COLUMNS = {"MonthTile": ("values",), "YearTile": ("day_sums", "month_values")}
BATCH = 500


def pack_anew(apps: Any, schema_editor: Any) -> None:
    for name, columns in COLUMNS.items():
        model = apps.get_model("count", name)
        numbers = list(model.objects.order_by("pk").values_list("pk", flat=True))
        for first in range(0, len(numbers), BATCH):
            part = numbers[first : first + BATCH]
            rows = list(model.objects.filter(pk__in=part).only("pk", *columns))
            for row in rows:
                for column in columns:
                    plain = bytes(getattr(row, column))
                    whole = plain.ljust(-(-len(plain) // 8) * 8, b"\0")
                    setattr(row, column, packed_ints(np.frombuffer(whole, np.int64)))
            model.objects.bulk_update(rows, columns, batch_size=50)


class Migration(migrations.Migration):
    dependencies = [("count", "0002_storage")]
    operations = [migrations.RunPython(pack_anew)]
