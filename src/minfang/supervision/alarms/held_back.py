"""What fulfilled a condition and raised nothing: counted by rule, series, reason and day."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from minfang.kernel.base import clock
from minfang.supervision.alarms.models import HeldBack
from minfang.supervision.alarms.times import moment
from minfang.supervision.rules.signals import Signal

CHUNK = 1000
TOLD = ("last_at", "last_value", "steps")
_Key = tuple[int, int, str, date]


def keep(signals: Sequence[Signal]) -> None:
    """Count what was held back, with the steps of the last one, in the caller's transaction."""
    gathered: dict[_Key, list[Signal]] = {}
    for signal in signals:
        day = clock.day_of(moment(signal.at))
        key = (signal.rule_id, signal.series_id, str(signal.reason or ""), day)
        gathered.setdefault(key, []).append(signal)
    keys = sorted(gathered)
    for at in range(0, len(keys), CHUNK):
        _count({key: gathered[key] for key in keys[at : at + CHUNK]})


def _count(gathered: dict[_Key, list[Signal]]) -> None:
    newest = {key: _row(key, signals[-1]) for key, signals in gathered.items()}
    HeldBack.objects.bulk_create(newest.values(), ignore_conflicts=True)
    rows = HeldBack.objects.select_for_update().order_by("pk")
    rows = rows.filter(
        rule__in={key[0] for key in gathered},
        series__in={key[1] for key in gathered},
        day__in={key[3] for key in gathered},
    )
    counted = [row for row in rows if _key(row) in gathered]
    for row in counted:
        key = _key(row)
        row.count += len(gathered[key])
        for name in TOLD:
            setattr(row, name, getattr(newest[key], name))
    HeldBack.objects.bulk_update(counted, ["count", *TOLD])


def _key(row: HeldBack) -> _Key:
    return row.rule_id, row.series_id, row.reason, row.day


def _row(key: _Key, last: Signal) -> HeldBack:
    rule, series, reason, day = key
    return HeldBack(
        rule_id=rule,
        series_id=series,
        reason=reason,
        day=day,
        last_at=moment(last.at),
        last_value=last.value,
        steps=[asdict(step) for step in last.steps],
    )
