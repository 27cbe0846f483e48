"""Tallies of what is done too often."""

from typing import Any

from django.db import migrations, models


def without_log(apps: Any, schema_editor: Any) -> None:
    """A crash may forget the tallies, so that no request waits for the disk to count."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE http_tally SET UNLOGGED")


class Migration(migrations.Migration):
    dependencies = [
        ("http", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200, unique=True)),
                ("count", models.PositiveIntegerField()),
                ("ends_at", models.FloatField(db_index=True)),
            ],
        ),
        migrations.RunPython(without_log, migrations.RunPython.noop),
    ]
