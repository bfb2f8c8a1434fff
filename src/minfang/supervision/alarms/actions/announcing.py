"""Telling open browsers, when the transaction commits, that alarms of a work changed."""

from collections.abc import Sequence

from minfang.supervision.alarms.models import Alarm
from minfang.supervision.telemetry import notify

FEW = 20


def announce(alarms: Sequence[Alarm]) -> None:
    """Name each alarm where they are few; in a storm name the works only."""
    if len(alarms) <= FEW:
        for works, alarm in sorted({(alarm.works_id, alarm.pk) for alarm in alarms}):
            notify.touch(notify.ALARM, works, alarm)
        return
    for works in sorted({alarm.works_id for alarm in alarms}):
        notify.touch(notify.ALARM, works)
