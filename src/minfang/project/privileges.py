"""Who may do what in the database: the owner migrates, the running product only works with rows.

PostgreSQL's own: roles and ``GRANT``. The product runs as the role of ``DATABASE_URL``; migrations and grants
run as the role of ``DATABASE_OWNER_URL`` (the embedded server has both). Without an owner address there is
one role, and only the triggers of the audit trail stand between it and the past.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

# Tables on which the running product may do less than insert, read, change and remove rows.
NARROWED = {
    "audit_event": "SELECT, INSERT",
    "audit_head": "SELECT, INSERT",
    "audit_archive": "SELECT",
    "audit_chain": "SELECT, UPDATE",
    "django_migrations": "SELECT",
}


@contextmanager
def as_owner() -> Iterator[None]:
    """Work as the owner of the tables inside; nothing changes where no owner address is known."""
    owner = settings.DATABASE_OWNER
    if not owner:
        yield
        return
    kept = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(owner)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)


def grant(role: str) -> None:
    """Give ``role`` what the running product needs and no more; must run as the owner.

    Everything is granted by name after each migration. There are no default privileges on purpose: a new
    table is closed until it has been through here.
    """
    if connection.vendor != "postgresql":
        return
    name = connection.ops.quote_name(role)
    with transaction.atomic(), connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        # nosemgrep: sql-from-pieces
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
        # nosemgrep: sql-from-pieces
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
        # nosemgrep: sql-from-pieces
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
        for table, rights in NARROWED.items():
            if table in there:
                # nosemgrep: sql-from-pieces
                cursor.execute(f"REVOKE ALL ON {table} FROM {name}")
                # nosemgrep: sql-from-pieces
                cursor.execute(f"GRANT {rights} ON {table} TO {name}")


def grant_to_product() -> None:
    """Renew the grants of the role the product runs under, where it is another than the owner."""
    owner, role = settings.DATABASE_OWNER, settings.DATABASES["default"]["USER"]
    if owner and owner["USER"] != role:
        with as_owner():
            grant(str(role))
