"""What is too old leaves: days of readings as a whole, roll-ups by rows."""

from datetime import datetime, time

from django.db import connection, transaction

from minfang.kernel.base import clock
from minfang.supervision.telemetry.models import Reading, Rollup1h, Rollup5m, Unrolled
from minfang.supervision.telemetry.partitions import oldest_kept


def _first_instant(what: str) -> datetime:
    return datetime.combine(oldest_kept(what), time.min, clock.SHANGHAI)


def forget_old() -> dict[str, int]:
    """Remove what is older than its keeping time (handbook §9.5); how much of each.

    Imported stock older than that was received later and stays its months from the receipt on. Days whose
    roll-up is still to be made stay until it is.
    """
    raw = _first_instant("raw")
    waiting = Unrolled.objects.order_by("ts_from").values_list("ts_from", flat=True).first()
    days = 0
    if waiting is None or waiting >= raw:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT tel_drop_days(%s)", [oldest_kept("raw")])
            days = int(cursor.fetchone()[0])
    with transaction.atomic():
        return {
            "days": days,
            "stock": Reading.objects.filter(ts__lt=raw, received_at__lt=raw)._raw_delete("default"),
            "rollup_5m": Rollup5m.objects.filter(ts__lt=_first_instant("rollup_5m"))._raw_delete("default"),
            "rollup_1h": Rollup1h.objects.filter(ts__lt=_first_instant("rollup_1h"))._raw_delete("default"),
        }
