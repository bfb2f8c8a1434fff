"""PostgreSQL's own: binary ``COPY`` of columns, and what happens when a key is there already."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
from django.db import connection

from minfang.supervision.telemetry.batches import Batch

POSTGRES_EPOCH_US = 946_684_800_000_000  # 2000-01-01 UTC
HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER = b"\xff\xff"
COLUMNS = "series_id, ts, value, quality, received_at"
ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("l0", ">i4"),
        ("series", ">i4"),
        ("l1", ">i4"),
        ("ts", ">i8"),
        ("l2", ">i4"),
        ("value", ">f8"),
        ("l3", ">i4"),
        ("quality", ">i2"),
        ("l4", ">i4"),
        ("received", ">i8"),
    ]
)
STAGING = (
    "CREATE TEMP TABLE IF NOT EXISTS tel_staging (series_id integer, ts timestamptz, value float8, "
    "quality smallint, received_at timestamptz) ON COMMIT DELETE ROWS"
)
MOVE = (
    f"INSERT INTO tel_reading ({COLUMNS}) SELECT {COLUMNS} FROM tel_staging "  # noqa: S608 - constants
    "ON CONFLICT (series_id, ts) DO NOTHING"
)
DIFFERENT = (
    "INSERT INTO tel_conflict (series_id, ts, kept, refused, received_at) "
    "SELECT s.series_id, s.ts, r.value, s.value, s.received_at FROM tel_staging s "
    "JOIN tel_reading r ON r.series_id = s.series_id AND r.ts = s.ts WHERE r.value <> s.value"
)
_careful = [False]  # the batch before met duplicates: do not try the short way with the next one


def driver_connection() -> Any:
    """The psycopg connection under Django's; it shares its transaction."""
    connection.ensure_connection()
    return connection.connection


def encode(batch: Batch) -> bytes:
    """The batch in PostgreSQL's binary copy format."""
    rows = np.empty(len(batch), ROW)
    rows["fields"] = 5
    rows["l0"] = 4
    rows["l1"] = rows["l2"] = rows["l4"] = 8
    rows["l3"] = 2
    rows["series"] = batch.series
    rows["ts"] = batch.ts - POSTGRES_EPOCH_US
    rows["value"] = batch.value
    rows["quality"] = batch.quality
    rows["received"] = batch.received - POSTGRES_EPOCH_US
    return HEADER + rows.tobytes() + TRAILER


def copy_into(cursor: Any, table: str, data: bytes) -> int:
    """Send encoded rows to one of our tables; how many the server took."""
    # nosemgrep: sql-from-pieces
    with cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(data)
    return int(cursor.rowcount)


@contextmanager
def _savepoint(cursor: Any) -> Iterator[None]:
    cursor.execute("SAVEPOINT tel_copy")
    try:
        yield
    except psycopg.errors.UniqueViolation:
        cursor.execute("ROLLBACK TO SAVEPOINT tel_copy")
        raise
    cursor.execute("RELEASE SAVEPOINT tel_copy")


def insert(raw: Any, batch: Batch) -> tuple[int, int]:
    """Store what is new: (rows stored, conflicts). First straight; through a staging table on a duplicate."""
    data = encode(batch)
    with raw.cursor() as cursor:
        if not _careful[0]:
            try:
                with _savepoint(cursor):
                    return copy_into(cursor, "tel_reading", data), 0
            except psycopg.errors.UniqueViolation:
                pass
        cursor.execute(STAGING)
        copy_into(cursor, "tel_staging", data)
        stored = cursor.execute(MOVE).rowcount
        conflicts = cursor.execute(DIFFERENT).rowcount if stored < len(batch) else 0
        cursor.execute("TRUNCATE tel_staging")
        _careful[0] = stored < len(batch)
        return stored, conflicts


def report_inside(raw: Any, batch: Batch) -> None:
    """Keep the differences between rows of the same key within one batch."""
    if not batch.repeated:
        return
    rows = [(s, at / 1e6, kept, other) for s, at, kept, other in batch.repeated]
    with raw.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO tel_conflict (series_id, ts, kept, refused, received_at) "
            "VALUES (%s, to_timestamp(%s), %s, %s, now())",
            rows,
        )
