"""Whether an alarm stays silent: gateway away, work without power, device in maintenance, a silence in force.

A silent alarm is in the ledger with its reason; it is pushed late when the reason ends and it still stands.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from minfang.kernel.base import clock
from minfang.registry.models import DeviceStatus
from minfang.supervision.alarms.models import Alarm, Silence, Suppression
from minfang.supervision.alarms.policy import definition

Reason = tuple[str, str]


def active_silences(now: datetime) -> list[Silence]:
    """The silences in force, those that end last first."""
    running = Silence.objects.filter(starts_at__lte=now, ends_at__gt=now, ended_at__isnull=True)
    return list(running.order_by("-ends_at"))


def covers(silence: Silence, alarm: Alarm) -> bool:
    """Whether everything a silence names is true of this alarm."""
    wanted = (
        (silence.rule_id, alarm.rule_id),
        (silence.device_id, alarm.device_id),
        (silence.unit_id, alarm.unit_id),
        (silence.works_id, alarm.works_id),
        (silence.category or None, alarm.category),
    )
    return all(asked is None or asked == found for asked, found in wanted)


class Judge:
    """Knows what keeps alarms of some works silent at one instant, read once."""

    def __init__(self, alarms: Sequence[Alarm], now: datetime) -> None:
        self.now = now
        self.silences = active_silences(now)
        self.power = _without_power({alarm.works_id for alarm in alarms})
        self.held: dict[int, int] = {}

    def reason(self, alarm: Alarm) -> Reason | None:
        """The first reason that keeps this alarm silent, with its words; ``None`` when it is to be pushed."""
        return self._device(alarm) or self._power(alarm) or self._silence(alarm)

    def _device(self, alarm: Alarm) -> Reason | None:
        device = alarm.device
        if device is None:
            return None
        if device.status == DeviceStatus.MAINTENANCE:
            return Suppression.MAINTENANCE, f"{device.name} 处于维护状态"
        gateway = device.gateway
        if gateway is not None and gateway.status == DeviceStatus.OFFLINE:
            return Suppression.GATEWAY, f"所属网关 {gateway.name} 离线"
        return None

    def _power(self, alarm: Alarm) -> Reason | None:
        outage = self.power.get(alarm.works_id)
        if (
            outage is None
            or outage.pk == alarm.pk
            or alarm.category not in definition()["power"]["suppresses"]
        ):
            return None
        return Suppression.POWER, f"工程断电（{outage.number}）"

    def _silence(self, alarm: Alarm) -> Reason | None:
        silence = next((one for one in self.silences if covers(one, alarm)), None)
        if silence is None:
            return None
        self.held[silence.pk] = self.held.get(silence.pk, 0) + 1
        until = silence.ends_at.astimezone(clock.SHANGHAI)
        return Suppression.SILENCE, f"静默至 {until:%m-%d %H:%M}：{silence.reason}"[:200]


def _without_power(works: Iterable[int]) -> dict[int, Alarm]:
    told = definition()["power"]
    outages = Alarm.objects.filter(
        Q(category=told["category"], level__lte=told["level"]),
        closed_at__isnull=True,
        cleared_at__isnull=True,
        works_id__in=sorted(works),
    )
    return {outage.works_id: outage for outage in outages.order_by("-opened_at")}
