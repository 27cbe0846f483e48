"""Fewer questions and indexes for each entry; what is refused stays the same.

On PostgreSQL a foreign key is asked for every row. That an entry's account is there, and is of
the entry's resource, is asked once a statement instead; accounts are never deleted nor emptied
(0002), and keep their own foreign keys. Indexes that no query uses go.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

RESOURCE = "an entry and its account must be of one resource"
CLOSED = "a movement takes no entries after it was recorded"


def _raise(message: str) -> str:
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"


IN_TIME = (
    "CREATE OR REPLACE FUNCTION ledger_in_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF EXISTS (SELECT 1 FROM fresh JOIN ledger_movement m ON m.number = fresh.movement_id) "
    f"THEN {_raise(CLOSED)} END IF; "
    "IF EXISTS (SELECT 1 FROM fresh LEFT JOIN ledger_account a ON a.id = fresh.account_id "
    f"WHERE a.resource_id IS DISTINCT FROM fresh.resource_id) THEN {_raise(RESOURCE)} END IF; "
    "RETURN NULL; END $$"
)
GONE = (
    ("ledger_entry", "resource_id"), ("ledger_movement", "actor_id"), ("ledger_movement", "source"),
)  # fmt: skip


def lighten(apps: Any, schema_editor: Any) -> None:
    """Indexes go on both databases, foreign keys where they are asked row by row."""
    connection = schema_editor.connection
    for table, column in GONE:
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, table)
        for name, one in found.items():
            plain = one["index"] and not one["unique"] and not one["primary_key"]
            if plain and one["columns"] == [column]:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")
    if connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER ledger_entry_of_resource")
        schema_editor.execute(
            "CREATE TRIGGER ledger_entry_of_resource BEFORE INSERT ON ledger_entry "
            "WHEN NEW.resource_id IS NOT "
            "(SELECT resource_id FROM ledger_account WHERE id = NEW.account_id) "
            f"BEGIN SELECT RAISE(ABORT, '{RESOURCE}'); END"
        )
        return
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "ledger_entry")
    for name, one in found.items():
        if one["foreign_key"] and one["columns"] in (["resource_id"], ["account_id"]):
            quoted = schema_editor.quote_name(name)
            schema_editor.execute(f"ALTER TABLE ledger_entry DROP CONSTRAINT {quoted}")
    schema_editor.execute(IN_TIME)


class Migration(migrations.Migration):
    """After the triggers."""

    dependencies = (("ledger", "0002_triggers"),)
    operations = (
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(lighten, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField(
                    "entry", "resource",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, related_name="+",
                        on_delete=django.db.models.deletion.PROTECT, to="catalogue.resource",
                    ),
                ),
                migrations.AlterField(
                    "entry", "account",
                    models.ForeignKey(
                        db_constraint=False, related_name="entries",
                        on_delete=django.db.models.deletion.PROTECT, to="ledger.account",
                    ),
                ),
                migrations.AlterField(
                    "movement", "actor",
                    models.ForeignKey(
                        db_index=False, null=True, related_name="+",
                        on_delete=django.db.models.deletion.PROTECT, to="people.user",
                    ),
                ),
                migrations.AlterField(
                    "movement", "source", models.CharField(blank=True, max_length=128)
                ),
            ],
        ),
        migrations.AddIndex(
            "movement", models.Index(fields=["source"], name="movement_of_source")
        ),
    )  # fmt: skip
