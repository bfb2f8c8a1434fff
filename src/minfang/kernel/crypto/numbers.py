"""Row numbers before the row is written: a sealed value names its row, so the row needs its number first."""

from typing import Any

from django.db import connections, models, router


def draw(model: type[models.Model], count: int, using: str | None = None) -> list[int]:
    """Take ``count`` numbers from the table's own sequence; numbers drawn and not used stay gaps.

    This is PostgreSQL's way (identity columns and serials alike). Elsewhere: ``SELECT NEXT VALUE FOR`` the
    table's sequence, or a counter row locked with ``SELECT … FOR UPDATE`` in a transaction of its own.
    """
    meta = model._meta
    pk = meta.pk
    connection = connections[using or router.db_for_write(model)]
    sequence = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
    with connection.cursor() as cursor:
        cursor.execute(sequence, [connection.ops.quote_name(meta.db_table), str(pk.column), count])
        return [row[0] for row in cursor.fetchall()]


def draw_before_insert(model: type[models.Model]) -> None:
    """Let rows of this model know their number before they are inserted, one by one or in bulk."""
    if not isinstance(model._meta.pk, models.AutoField) or hasattr(model, "_numbered"):
        return
    pk: Any = model._meta.pk
    unnumbered: Any = model._save_table  # type: ignore[attr-defined]

    def _save_table(
        self: models.Model,
        raw: bool = False,
        cls: type[models.Model] | None = None,
        force_insert: bool = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Any = None,
    ) -> Any:
        if self.pk is not None or force_update or update_fields:
            return unnumbered(self, raw, cls, force_insert, force_update, using, update_fields)
        self.pk = draw(model, 1, using)[0]
        try:
            return unnumbered(self, raw, cls, True, False, using, None)
        except BaseException:
            self.pk = None
            raise

    changed: Any = model
    changed._save_table, changed._numbered = _save_table, True
    pk.get_pk_value_on_save = lambda _instance: draw(model, 1)[0]
