"""What the database itself keeps true of reports.

- A report's site, resource and person are there, and stay there: asked once a statement on
  PostgreSQL, where a foreign key would ask for every row.
- What was said before is never changed and never deleted.
"""

from typing import Any

from django.db import migrations

REFERENCES = (
    ("site_id", "catalogue_site"),
    ("resource_id", "catalogue_resource"),
    ("submitted_by_id", "people_user"),
    ("filing_id", "collect_filing"),
)
KEPT = "what a report said before is never changed and never deleted"


def _postgresql() -> list[str]:
    made = []
    questions = []
    for column, table in REFERENCES:
        message = f"a report refers to something that is not in {table}"
        questions.append(
            f"IF EXISTS (SELECT 1 FROM (SELECT DISTINCT {column} AS n FROM fresh) f "
            f"WHERE f.n IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = f.n)) "
            f"THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'foreign_key_violation'; END IF;"
        )
        gone = f"collect_keeps_{table}"
        made.append(
            f"CREATE FUNCTION {gone}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF EXISTS (SELECT 1 FROM collect_report WHERE {column} = OLD.id) THEN "
            f"RAISE EXCEPTION 'reports refer to this row of {table}' "
            "USING ERRCODE = 'foreign_key_violation'; END IF; RETURN OLD; END $$"
        )
        made.append(
            f"CREATE TRIGGER {gone} BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {gone}()"
        )
    made.append(
        "CREATE FUNCTION collect_refers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{' '.join(questions)} RETURN NULL; END $$"
    )
    for moment in ("INSERT", "UPDATE"):
        made.append(
            f"CREATE TRIGGER collect_refers_{moment.lower()} AFTER {moment} ON collect_report "
            "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION collect_refers()"
        )
    made.append(
        "CREATE FUNCTION collect_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{KEPT}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    made.append(
        "CREATE TRIGGER collect_versions_kept BEFORE UPDATE OR DELETE ON collect_reportversion "
        "FOR EACH ROW EXECUTE FUNCTION collect_refuse()"
    )
    return made


def _sqlite() -> list[str]:
    made = []
    for column, table in REFERENCES:
        missing = f"NEW.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} WHERE id = NEW.{column})"
        for moment in ("INSERT", f"UPDATE OF {column}"):
            name = f"collect_refers_{column}_{moment.split()[0].lower()}"
            made.append(
                f"CREATE TRIGGER {name} BEFORE {moment} ON collect_report WHEN {missing} BEGIN "
                f"SELECT RAISE(ABORT, 'a report refers to something that is not in {table}'); END"
            )
        made.append(
            f"CREATE TRIGGER collect_keeps_{table} BEFORE DELETE ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM collect_report WHERE {column} = OLD.id) BEGIN "
            f"SELECT RAISE(ABORT, 'reports refer to this row of {table}'); END"
        )
    for moment in ("UPDATE", "DELETE"):
        made.append(
            f"CREATE TRIGGER collect_versions_no_{moment.lower()} BEFORE {moment} "
            f"ON collect_reportversion BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
        )
    return made


def guard(apps: Any, schema_editor: Any) -> None:
    statements = {"postgresql": _postgresql, "sqlite": _sqlite}[schema_editor.connection.vendor]()
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("collect", "0001_initial"),
        ("catalogue", "0001_initial"),
        ("people", "0001_initial"),
    ]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
