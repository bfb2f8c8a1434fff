"""Day partitions of the readings: made ahead, dropped when their time is over (PostgreSQL's own)."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import connection, transaction

from minfang.kernel.base import clock
from minfang.supervision.telemetry.definitions import load


def existing() -> set[date]:
    """The Shanghai days that have a partition of their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_date(right(c.relname, 8), 'YYYYMMDD') FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'tel_reading'::regclass AND c.relname ~ '_[0-9]{8}$'"
        )
        return {row[0] for row in cursor.fetchall()}


def make(days: Iterable[date]) -> int:
    """Make what is missing of these days; rows that waited in the default partition move in."""
    made = 0
    for day in sorted(set(days) - existing()):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT tel_make_day(%s)", [day])
            made += bool(cursor.fetchone()[0])
    return made


def make_ahead() -> int:
    """The days around today, and those of readings that wait in the default partition within keeping time."""
    rules, today = load("telemetry")["partitions"], clock.today()
    wanted = {today + timedelta(days=n) for n in range(-rules["days_back"], rules["days_ahead"] + 1)}
    return make(wanted | _waiting(oldest_kept("raw"), today))


def _waiting(oldest: date, newest: date) -> set[date]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT (ts AT TIME ZONE 'Asia/Shanghai')::date FROM tel_reading_default "
            "WHERE (ts AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %s AND %s",
            [oldest, newest],
        )
        return {row[0] for row in cursor.fetchall()}


def oldest_kept(what: str) -> date:
    """The first day that is still kept of raw, rollup_5m or rollup_1h."""
    months = int(load("telemetry")["keep"][what])
    today = clock.today()
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1)
