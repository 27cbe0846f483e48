"""Have PostgreSQL keep the tiles' numbers as they are: packing and unpacking them costs more."""

from typing import Any

from django.db import migrations

COLUMNS = {
    "count_monthtile": ("values",),
    "count_yeartile": ("day_sums", "month_counts", "month_values"),
}


def keep_plain(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, columns in COLUMNS.items():
        for column in columns:
            schema_editor.execute(
                f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET STORAGE EXTERNAL'
            )


class Migration(migrations.Migration):
    dependencies = [("count", "0001_initial")]
    operations = [migrations.RunPython(keep_plain, migrations.RunPython.noop)]
