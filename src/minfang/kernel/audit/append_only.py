"""PostgreSQL's triggers that keep the trail append-only for everybody, the tables' owner included.

Entries and daily heads can be inserted, nothing else; the end of a chain can be moved forward, nothing else.
The owner alone can switch a trigger off, by DDL, and does so in one place: :func:`opened` for the archive.
On a database without such triggers the same is done by withholding the privileges (``project.privileges``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FROZEN = ("audit_event", "audit_head")

_FUNCTIONS = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE FUNCTION audit_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number <> OLD.number OR NEW.last_sequence <= OLD.last_sequence THEN
    RAISE EXCEPTION 'the end of an audit chain only moves forward' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
"""


def close(connection: Any) -> None:
    """Put the triggers on."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS)
        for table in FROZEN:
            cursor.execute(_trigger(f"{table}_frozen", "UPDATE OR DELETE", table, "ROW", "audit_refuse"))
        cursor.execute(_trigger("audit_chain_kept", "DELETE", "audit_chain", "ROW", "audit_refuse"))
        cursor.execute(_trigger("audit_chain_forward", "UPDATE", "audit_chain", "ROW", "audit_forward"))
        for table in (*FROZEN, "audit_chain"):
            cursor.execute(_trigger(f"{table}_whole", "TRUNCATE", table, "STATEMENT", "audit_refuse"))


def freeze(connection: Any, table: str) -> None:
    """Put a further table under the same rule: rows are added, nothing else."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_trigger(f"{table}_frozen", "UPDATE OR DELETE", table, "ROW", "audit_refuse"))
            cursor.execute(_trigger(f"{table}_whole", "TRUNCATE", table, "STATEMENT", "audit_refuse"))


def _trigger(name: str, events: str, table: str, level: str, function: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}()"


def remove(connection: Any) -> None:
    """Take the triggers off again: only to go back to an older version."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION audit_refuse() CASCADE; DROP FUNCTION audit_forward() CASCADE")


def let_tests_empty_tables(connection: Any) -> None:
    """Switch off the triggers against TRUNCATE, with which tests with real transactions clear their database.

    Called by the test plugin alone, for the test database it has just made. It opens nothing elsewhere: no
    setting or session variable is asked by the triggers, and ``ALTER TABLE`` is refused to everybody but
    the tables' owner, which the running product is not.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in (*FROZEN, "audit_chain", "audit_archive"):
                # nosemgrep: sql-from-pieces
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_whole")


@contextmanager
def opened(connection: Any) -> Iterator[None]:
    """Let archived entries be removed inside this transaction; only the owner of the tables can do this."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_frozen")
        yield
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_frozen")
