"""References of reports as the database asks them fastest.

On SQLite a foreign key costs a third of a trigger for each row, so that the triggers of 0002
give way to foreign keys. On PostgreSQL it is the reverse: the triggers stay, which ask once a
statement; all four references are now looked for in one pass over the new rows.
"""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

REFERENCES = (
    ("site_id", "catalogue_site"),
    ("resource_id", "catalogue_resource"),
    ("submitted_by_id", "people_user"),
    ("filing_id", "collect_filing"),
)


class AlterOnSqlite(migrations.AlterField):
    """On PostgreSQL the model alone says that it is a foreign key."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor == "sqlite":
            super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor == "sqlite":
            super().database_backwards(app_label, schema_editor, *states)


def _postgresql() -> list[str]:
    columns = ", ".join(column for column, _ in REFERENCES)
    questions = [
        f"IF EXISTS (SELECT 1 FROM unnest({column}_all) n WHERE n IS NOT NULL AND NOT EXISTS "
        f"(SELECT 1 FROM {table} t WHERE t.id = n)) "
        f"THEN RAISE EXCEPTION 'a report refers to something that is not in {table}' "
        "USING ERRCODE = 'foreign_key_violation'; END IF;"
        for column, table in REFERENCES
    ]
    declared = " ".join(f"{column}_all bigint[];" for column, _ in REFERENCES)
    taken = ", ".join(f"array_agg(DISTINCT {column})" for column, _ in REFERENCES)
    into = ", ".join(f"{column}_all" for column, _ in REFERENCES)
    return [
        f"CREATE OR REPLACE FUNCTION collect_refers() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"DECLARE {declared} BEGIN "
        # grouped first: the arrays are made of a row a site and resource, not a row a report
        f"SELECT {taken} INTO {into} FROM (SELECT {columns} FROM fresh GROUP BY {columns}) f; "
        f"{' '.join(questions)} RETURN NULL; END $$"
    ]


def _sqlite() -> list[str]:
    names = [f"collect_keeps_{table}" for _, table in REFERENCES]
    names += [f"collect_refers_{column}_{moment}" for column, _ in REFERENCES
              for moment in ("insert", "update")]  # fmt: skip
    return [f"DROP TRIGGER {name}" for name in names]


def change(apps: Any, schema_editor: Any) -> None:
    statements = {"postgresql": _postgresql, "sqlite": _sqlite}[schema_editor.connection.vendor]()
    for statement in statements:
        schema_editor.execute(statement)


def _reference(to: str, **more: Any) -> Any:
    on_delete = django.db.models.deletion.PROTECT
    return models.ForeignKey(to=to, on_delete=on_delete, related_name="+", db_index=False, **more)


class Migration(migrations.Migration):
    dependencies = [("collect", "0002_guards")]
    operations = [
        migrations.RunPython(change, migrations.RunPython.noop),
        AlterOnSqlite("report", "site", _reference("catalogue.site")),
        AlterOnSqlite("report", "resource", _reference("catalogue.resource")),
        AlterOnSqlite("report", "submitted_by", _reference(settings.AUTH_USER_MODEL, null=True)),
        AlterOnSqlite("report", "filing", _reference("collect.filing", null=True)),
    ]
