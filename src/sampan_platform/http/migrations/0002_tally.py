"""Tallies of what is done too often."""

from django.db import migrations, models


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
    ]
