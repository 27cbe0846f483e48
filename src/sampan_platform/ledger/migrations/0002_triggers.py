"""What the database itself refuses: changes, deletions, and movements that do not add up."""

from django.db import migrations

FIXED = ("ledger_movement", "ledger_entry")
ACCOUNT_FIXED = ("id", "key", "kind", "resource_id", "site_id", "lot", "expires_on", "reference")
UNBALANCED = (
    "EXISTS (SELECT 1 FROM ledger_entry WHERE movement_id = NEW.number "
    "GROUP BY resource_id HAVING SUM(quantity) <> 0)"
)
EMPTY = "NOT EXISTS (SELECT 1 FROM ledger_entry WHERE movement_id = NEW.number)"
CLOSED = "EXISTS (SELECT 1 FROM ledger_movement WHERE number = NEW.movement_id)"
MESSAGES = {
    "change": "the ledger is append-only: correct by reversal",
    "balance": "a movement must have entries that sum to zero for each resource",
    "closed": "a movement takes no entries after it was recorded",
}


def _sqlite() -> list[str]:
    made = []
    for table in FIXED:
        for verb in ("UPDATE", "DELETE"):
            made.append(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGES['change']}'); END"
            )
    made += [
        "CREATE TRIGGER ledger_account_no_delete BEFORE DELETE ON ledger_account "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGES['change']}'); END",
        f"CREATE TRIGGER ledger_account_fixed BEFORE UPDATE OF {', '.join(ACCOUNT_FIXED)} "
        f"ON ledger_account BEGIN SELECT RAISE(ABORT, '{MESSAGES['change']}'); END",
        f"CREATE TRIGGER ledger_movement_adds_up BEFORE INSERT ON ledger_movement "
        f"WHEN {EMPTY} OR {UNBALANCED} BEGIN SELECT RAISE(ABORT, '{MESSAGES['balance']}'); END",
        f"CREATE TRIGGER ledger_entry_in_time BEFORE INSERT ON ledger_entry "
        f"WHEN {CLOSED} BEGIN SELECT RAISE(ABORT, '{MESSAGES['closed']}'); END",
    ]
    return made


def _postgresql() -> list[str]:
    def function(name: str, condition: str, message: str) -> str:
        test = f"IF {condition} THEN" if condition else ""
        end = "END IF; RETURN NEW;" if condition else ""
        return (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {test} "
            f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; "
            f"{end} END $$"
        )

    made = [
        function("ledger_refuse", "", MESSAGES["change"]),
        function("ledger_adds_up", f"{EMPTY} OR {UNBALANCED}", MESSAGES["balance"]),
        function("ledger_in_time", CLOSED, MESSAGES["closed"]),
        "CREATE TRIGGER ledger_movement_adds_up BEFORE INSERT ON ledger_movement "
        "FOR EACH ROW EXECUTE FUNCTION ledger_adds_up()",
        "CREATE TRIGGER ledger_entry_in_time BEFORE INSERT ON ledger_entry "
        "FOR EACH ROW EXECUTE FUNCTION ledger_in_time()",
        "CREATE TRIGGER ledger_account_fixed BEFORE UPDATE OF "
        f"{', '.join(ACCOUNT_FIXED)} ON ledger_account "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
        "CREATE TRIGGER ledger_account_no_delete BEFORE DELETE ON ledger_account "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    ]
    for table in (*FIXED, "ledger_account"):
        if table != "ledger_account":
            made.append(
                f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
            )
        made.append(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    return made


def create(apps, schema_editor) -> None:
    """The triggers of this kind of database."""
    vendor = schema_editor.connection.vendor
    if vendor not in ("sqlite", "postgresql"):
        raise NotImplementedError(f"The ledger has no triggers for {vendor}.")
    for statement in _sqlite() if vendor == "sqlite" else _postgresql():
        schema_editor.execute(statement)


def drop(apps, schema_editor) -> None:
    """Only to undo this migration."""
    if schema_editor.connection.vendor == "sqlite":
        for table in (*FIXED, "ledger_account"):
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
                    [table],
                )
                for (name,) in cursor.fetchall():
                    schema_editor.execute(f"DROP TRIGGER {name}")
        return
    for name in ("ledger_refuse", "ledger_adds_up", "ledger_in_time"):
        schema_editor.execute(f"DROP FUNCTION {name}() CASCADE")


class Migration(migrations.Migration):
    """After the tables."""

    dependencies = (("ledger", "0001_initial"),)
    operations = (migrations.RunPython(create, drop),)
