"""What the database itself refuses: changes, deletions, and movements that do not add up.

Entries are written first and their movement after them, so that the movement's trigger sees all
of its entries and nothing can be added afterwards.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FIXED = ("ledger_movement", "ledger_entry")
ACCOUNT_FIXED = ("id", "key", "kind", "resource_id", "site_id", "lot", "expires_on", "reference")
CHANGE = "the ledger is append-only: correct by reversal"
BALANCE = "a movement must have entries that sum to zero for each resource"
CLOSED = "a movement takes no entries after it was recorded"
RESOURCE = "an entry and its account must be of one resource"

SQLITE_ONCE = {
    # INSERT OR REPLACE would delete the old row without asking the trigger against deleting;
    # one question for each unique index, so that each is answered by its index
    "ledger_movement": (
        "number = NEW.number",
        "movement = NEW.movement AND ends = NEW.ends",
        "reverses = NEW.reverses AND NOT ends",
    ),
    "ledger_entry": ("id = NEW.id",),
    "ledger_account": ("id = NEW.id", "key = NEW.key"),
}


def _sqlite() -> list[str]:
    def refuse(name: str, moment: str, table: str, message: str, when: str = "") -> str:
        condition = f"WHEN {when} " if when else ""
        return (
            f"CREATE TRIGGER {name} BEFORE {moment} ON {table} {condition}"
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )

    made = []
    for table in FIXED:
        made.append(refuse(f"{table}_no_update", "UPDATE", table, CHANGE))
        made.append(refuse(f"{table}_no_delete", "DELETE", table, CHANGE))
    for table, same in SQLITE_ONCE.items():
        when = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same)  # nosec B608
        made.append(refuse(f"{table}_no_replace", "INSERT", table, CHANGE, when))
    fixed = f"UPDATE OF {', '.join(ACCOUNT_FIXED)}"
    resource = (
        "NEW.resource_id <> (SELECT resource_id FROM ledger_account WHERE id = NEW.account_id)"
    )
    closed = "EXISTS (SELECT 1 FROM ledger_movement WHERE number = NEW.movement_id)"
    entries = "SELECT 1 FROM ledger_entry WHERE movement_id = NEW.number"
    unbalanced = f"NOT EXISTS ({entries}) OR EXISTS ({entries} GROUP BY resource_id HAVING SUM(quantity) <> 0)"
    return [
        *made,
        refuse("ledger_account_no_delete", "DELETE", "ledger_account", CHANGE),
        refuse("ledger_account_fixed", fixed, "ledger_account", CHANGE),
        refuse("ledger_movement_adds_up", "INSERT", "ledger_movement", BALANCE, unbalanced),
        refuse("ledger_entry_in_time", "INSERT", "ledger_entry", CLOSED, closed),
        refuse("ledger_entry_of_resource", "INSERT", "ledger_entry", RESOURCE, resource),
    ]


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def _raise(message: str) -> str:
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"


def _postgresql() -> list[str]:
    # one question a statement, however many rows it adds
    adds_up = (
        "IF EXISTS (SELECT 1 FROM fresh LEFT JOIN ledger_entry e ON e.movement_id = fresh.number "  # nosec B608
        "GROUP BY fresh.number, e.resource_id HAVING COALESCE(SUM(e.quantity), 1) <> 0) "
        f"THEN {_raise(BALANCE)} END IF; RETURN NULL;"
    )
    in_time = (
        "IF EXISTS (SELECT 1 FROM fresh JOIN ledger_movement m ON m.number = fresh.movement_id) "  # nosec B608
        f"THEN {_raise(CLOSED)} END IF; "
        "IF EXISTS (SELECT 1 FROM fresh JOIN ledger_account a ON a.id = fresh.account_id "
        f"WHERE a.resource_id <> fresh.resource_id) THEN {_raise(RESOURCE)} END IF; RETURN NULL;"
    )
    made = [
        _function("ledger_refuse", _raise(CHANGE)),
        _function("ledger_adds_up", adds_up),
        _function("ledger_in_time", in_time),
        "CREATE TRIGGER ledger_movement_adds_up AFTER INSERT ON ledger_movement "
        "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_adds_up()",
        "CREATE TRIGGER ledger_entry_in_time AFTER INSERT ON ledger_entry "
        "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_in_time()",
        f"CREATE TRIGGER ledger_account_fixed BEFORE UPDATE OF {', '.join(ACCOUNT_FIXED)} "
        "ON ledger_account FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
        "CREATE TRIGGER ledger_account_no_delete BEFORE DELETE ON ledger_account "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    ]
    made += [
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        for table in FIXED
    ]
    made += [
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        for table in (*FIXED, "ledger_account")
    ]
    return made


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The triggers of this kind of database, and the chain's beginning."""
    vendor = schema_editor.connection.vendor
    if vendor not in ("sqlite", "postgresql"):
        raise NotImplementedError(f"The ledger has no triggers for {vendor}.")
    for statement in _sqlite() if vendor == "sqlite" else _postgresql():
        schema_editor.execute(statement)
    apps.get_model("ledger", "Head").objects.get_or_create(pk=1)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Only to undo this migration."""
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s, %s)",
                [*FIXED, "ledger_account"],
            )
            names = [name for (name,) in cursor.fetchall()]
        for name in names:
            schema_editor.execute(f"DROP TRIGGER {name}")
        return
    for name in ("ledger_refuse", "ledger_adds_up", "ledger_in_time"):
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE")


class Migration(migrations.Migration):
    """After the tables."""

    dependencies = (("ledger", "0001_initial"),)
    operations = (migrations.RunPython(create, drop),)
