"""Alarm events of third systems (feature 83): kept as they came, then mapped to device, type and level."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from minfang.kernel.base import clock
from minfang.kernel.exchange.actions import receive
from minfang.kernel.workdays.queries import official_calendar
from minfang.registry.models import Device
from minfang.supervision.alarms.actions.announcing import announce
from minfang.supervision.alarms.actions.pushing import Pusher, suppress
from minfang.supervision.alarms.models import Alarm, AlarmEvent, Source, Suppression, ThirdEvent
from minfang.supervision.alarms.numbering import next_numbers
from minfang.supervision.alarms.policy import default

DEFINITION = Path(__file__).parents[1] / "definitions" / "events.toml"
OLD = timedelta(hours=24)
AHEAD = timedelta(minutes=5)


@lru_cache(maxsize=1)
def mapping() -> dict[str, Any]:
    """Where sources keep what we need, and how their words map to ours."""
    return tomllib.loads(DEFINITION.read_text(encoding="utf-8"))


def _find(source: str, name: str, payload: Mapping[str, Any]) -> Any:
    sources = mapping()["source"]
    for path in sources.get(source, {}).get(name) or sources["default"][name]:
        found: Any = payload
        for key in str(path).split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        if found not in (None, ""):
            return found
    return None


@transaction.atomic
def receive_event(source: str, external_id: str, payload: Mapping[str, Any]) -> ThirdEvent:
    """Take one alarm event of a third system; the same id of the same source again changes nothing.

    What cannot be mapped (unknown device, no time) is kept with the reason and makes no alarm. An event older
    than a day is history: it stands in the ledger and is not pushed.
    """
    inbox, is_new = receive(f"iot:{source}"[:32], external_id[:100], dict(payload))
    row, _ = ThirdEvent.objects.get_or_create(
        source=source[:32], external_id=external_id[:100], defaults={"inbox_id": inbox.pk}
    )
    if is_new:
        _follow(row, source, payload)
        row.save()
    return row


def _follow(row: ThirdEvent, source: str, payload: Mapping[str, Any]) -> None:
    row.kind = str(_find(source, "kind", payload) or "")[:40]
    name = str(_find(source, "device", payload) or "")
    wanted = Q(device_id=name) | Q(device_no=name)
    places = ("works__managing_unit", "unit", "gateway", "floor", "room")
    device = Device.objects.filter(wanted).select_related(*places).first() if name else None
    if device is None:
        row.problem = f"没有登记设备 {name}"[:200] if name else "报文没有设备编号"
        return
    at = _instant(_find(source, "at", payload))
    if at is None or at > clock.now() + AHEAD:
        row.problem = "报文没有可信的发生时间"
        return
    key = f"E{row.source}:{device.pk}:{row.kind}"
    numbers = next_numbers(clock.today(), 1)
    known = Alarm.objects.select_for_update(of=("self",)).filter(open_key=key).first()
    if known is not None:
        _again(row, known, at, bool(_find(source, "ended", payload)))
    elif _find(source, "ended", payload):
        row.problem = "恢复事件没有对应的未闭环预警"
    else:
        row.alarm = _open(row, device, at, source, payload, (numbers[0], key))


def _instant(said: Any) -> datetime | None:
    try:
        if isinstance(said, int | float):
            return datetime.fromtimestamp(said / 1000 if said > 1e11 else said, clock.SHANGHAI)
        found = datetime.fromisoformat(str(said))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=clock.SHANGHAI)


def _again(row: ThirdEvent, alarm: Alarm, at: datetime, ended: bool) -> None:
    row.alarm = alarm
    if ended:
        alarm.cleared_at = alarm.cleared_at or at
    else:
        alarm.count, alarm.last_at, alarm.cleared_at = alarm.count + 1, max(alarm.last_at, at), None
    alarm.save(update_fields=["count", "last_at", "cleared_at"])
    _happened(alarm, "CLEARED" if ended else "AGAIN", "第三方恢复" if ended else f"第 {alarm.count} 次")
    announce([alarm])


def _happened(alarm: Alarm, kind: str, note: str) -> None:
    AlarmEvent.objects.create(
        alarm=alarm, kind=kind, state_after=alarm.state, level=alarm.level, note=note, at=clock.now()
    )


def _open(
    row: ThirdEvent,
    device: Device,
    at: datetime,
    source: str,
    payload: Mapping[str, Any],
    keys: tuple[str, str],
) -> Alarm:
    kinds, now, calendar = mapping()["kind"], clock.now(), official_calendar()
    kind = kinds.get(row.kind, kinds["default"])
    words = mapping()["source"].get(source, {}).get("levels") or mapping()["source"]["default"]["levels"]
    level = words.get(str(_find(source, "level", payload)), kind["level"])
    policy, value = default(level), _find(source, "value", payload)
    alarm = Alarm(
        number=keys[0],
        source=Source.EVENT,
        external_id=row.external_id,
        device=device,
        works=device.works,
        unit=device.unit,
        district_code=device.works.district_code,
        metric=kind.get("metric", ""),
        category=kind["category"],
        title=f"{device.name} {kind['name']}"[:120],
        level=level,
        peak_level=level,
        open_key=keys[1],
        opened_at=at,
        raised_at=now,
        last_at=at,
        value=float(value) if isinstance(value, int | float) else None,
        message=str(_find(source, "message", payload) or kind["name"])[:500],
        explanation={"steps": _steps(row, kind["name"], level)},
        confirm_due=policy.confirm_due(now, calendar),
        handle_due=policy.handle_due(now, calendar),
    )
    suppress([alarm], now)
    if at < now - OLD:
        alarm.suppressed_by, alarm.suppressed_reason = Suppression.HISTORY, "发生时间早于 24 小时，按历史补录"
    alarm.save(force_insert=True)
    _happened(alarm, "OPENED", f"第三方事件 {row.source} {row.external_id}")
    Pusher(now, calendar).push([alarm], ())
    announce([alarm])
    return alarm


def _steps(row: ThirdEvent, name: str, level: int) -> list[dict[str, Any]]:
    return [
        {
            "code": "EVENT",
            "passed": True,
            "text": f"{row.source} 报来 {row.kind or '事件'}（{row.external_id}）",
        },
        {"code": "MAPPED", "passed": True, "text": f"对应为{name}，{default(level).name}"},
    ]
