"""What fulfilled a condition and raised nothing: counted by rule, series, reason and day."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from django.db.models import F

from minfang.kernel.base import clock
from minfang.supervision.alarms.models import HeldBack
from minfang.supervision.alarms.times import moment
from minfang.supervision.rules.signals import Signal

_Key = tuple[int, int, str, date]


def keep(signals: Sequence[Signal]) -> None:
    """Count what was held back, with the steps of the last one, in the caller's transaction."""
    gathered: dict[_Key, list[Signal]] = {}
    for signal in signals:
        day = clock.day_of(moment(signal.at))
        key = (signal.rule_id, signal.series_id, str(signal.reason or ""), day)
        gathered.setdefault(key, []).append(signal)
    for key in sorted(gathered, key=repr):
        _count(key, gathered[key])


def _count(key: _Key, signals: list[Signal]) -> None:
    rule, series, reason, day = key
    last = signals[-1]
    told = {"last_at": moment(last.at), "last_value": last.value, "steps": [asdict(s) for s in last.steps]}
    HeldBack.objects.bulk_create(
        [HeldBack(rule_id=rule, series_id=series, reason=reason, day=day, **told)], ignore_conflicts=True
    )
    rows = HeldBack.objects.filter(rule_id=rule, series_id=series, reason=reason, day=day)
    rows.update(count=F("count") + len(signals), **told)
