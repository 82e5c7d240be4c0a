"""Rows that never change: refused by PostgreSQL, not only by our code."""

from django.db.migrations.operations import RunSQL

FUNCTION = RunSQL(
    """
    CREATE FUNCTION touchstone_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a row of % never changes; write a new one that points at it', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    "DROP FUNCTION touchstone_refuse_update()",
)


def freeze(table: str, *, once: str = "true") -> RunSQL:
    """Refuse every update of `table` whose old row fulfils `once` (SQL over OLD)."""
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_is_final BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (({once}) AND OLD.* IS DISTINCT FROM NEW.*)
        EXECUTE FUNCTION touchstone_refuse_update()
        """,
        f"DROP TRIGGER {table}_is_final ON {table}",
    )
