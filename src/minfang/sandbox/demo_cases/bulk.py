"""Put very many rows into the database at once."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.queries import official_calendar

BATCH = 500


@lru_cache(maxsize=1)
def calendar() -> Calendar:
    """The official calendar, read once a run."""
    return official_calendar()


def insert(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Like ``bulk_create``, by PostgreSQL's COPY where there is one; keys are set on the rows."""
    if not rows:
        return
    if connection.vendor != "postgresql":
        model._base_manager.bulk_create(rows, batch_size=BATCH)
        return
    meta = model._meta
    fields, quote = list(meta.concrete_fields), connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    with connection.cursor() as cursor:
        if isinstance(meta.pk, models.AutoField):
            sequence = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            cursor.execute(sequence, [meta.db_table, str(meta.pk.column), len(rows)])
            for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = key
        with cursor.cursor.copy(f"COPY {quote(meta.db_table)} ({columns}) FROM STDIN") as copy:
            for row in rows:
                values = [f.get_db_prep_save(f.pre_save(row, True), connection) for f in fields]
                copy.write_row(values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
