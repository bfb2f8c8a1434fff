"""The readings around the open alarms, stored as if the devices had sent them."""

import random
from datetime import datetime, timedelta

from minfang.sandbox.demo_alarms.ramps import US, Proof, Reading
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.alarms.times import microseconds
from minfang.supervision.telemetry import batches, store

SPEECHLESS = "SILENT"
SETTLED = timedelta(minutes=1)


def store_all(opened: list[tuple[Alarm, Proof]], now: datetime, dice: random.Random) -> int:
    """Store the readings that led to the alarms and those since; returns how many."""
    rows = [
        (int(alarm.series_id or 0), ts, value)
        for alarm, proof in opened
        for ts, value in (*proof.readings, *since(alarm, proof, now, dice))
    ]
    series, at, values = [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]
    return store.write(batches.build(series, at, values, [0] * len(rows), at)).stored


def told_since() -> dict[int, float]:
    """From when on (s) the readings of open alarms are stored, by series: no other past fits in between."""
    rows = Alarm.objects.filter(closed_at=None).exclude(series=None).values_list("series_id", "explanation")
    return {
        int(series or 0): readings[0][0] / US for series, said in rows if (readings := said.get("readings"))
    }


def since(alarm: Alarm, proof: Proof, now: datetime, dice: random.Random) -> list[Reading]:
    """What came after the alarm: about the same until it was resolved, then as before it."""
    if alarm.rule is None or alarm.rule.code.startswith(SPEECHLESS):
        return []
    last, value = proof.readings[-1]
    until, over = microseconds(now - SETTLED), microseconds(alarm.cleared_at) if alarm.cleared_at else None
    found, step = [], proof.period * US
    digits = len(f"{value:g}".partition(".")[2])
    room = abs(value - (alarm.threshold if alarm.threshold is not None else value)) * 0.25
    for ts in range(last + step, until, step):
        level = proof.normal if over is not None and ts >= over else value
        found.append((ts, round(level + dice.uniform(-room, room), digits)))
    return found
