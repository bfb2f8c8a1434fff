"""Messages that are no readings: events of third systems, what a device says of itself."""

from typing import Any

import orjson
from django.db import InterfaceError, OperationalError, transaction

from minfang.registry.models import Device, DeviceStatus
from minfang.supervision.alarms import actions as alarms
from minfang.supervision.arrival.decode import Collector, Letter, Unusable
from minfang.supervision.arrival.inflow import Incoming

SAID = {DeviceStatus.FAULT, DeviceStatus.LOW_BATTERY, DeviceStatus.ONLINE}


def take_other(collector: Collector, message: Incoming) -> None:
    """Take an event, device or state message; what cannot be used becomes a letter."""
    try:
        content = orjson.loads(message.payload)
        if type(content) is not dict:
            raise Unusable("报文格式不对", "应为一个对象")
        if message.kind == b"event":
            _event(content, message)
        elif message.kind in (b"device", b"state"):
            _state(collector, content, message)
        else:
            raise Unusable("未知主题", message.subject[:200])
    except orjson.JSONDecodeError as error:
        collector.letters.append(
            Letter(message.subject, "不是 JSON", str(error), message.payload, message.device)
        )
    except Unusable as bad:
        collector.letters.append(
            Letter(message.subject, bad.reason, bad.detail, message.payload, message.device)
        )


def _event(content: dict[str, Any], message: Incoming) -> None:
    number = content.get("eventId") or content.get("msgId")
    if type(number) is not str or not number:
        raise Unusable("报文缺少 eventId")
    try:
        with transaction.atomic():
            alarms.receive_event(f"mqtt/{message.device}"[:40], number[:100], content)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        raise Unusable("事件未被接受", f"{type(error).__name__}: {error}"[:200]) from error


def _state(collector: Collector, content: dict[str, Any], message: Incoming) -> None:
    """A device's own word on its battery and condition."""
    battery = content.get("battery")
    if type(battery) in (int, float):
        reading = {"type": "BATTERY", "ts": content.get("ts", message.received // 1000), "value": battery}
        collector.reading(message.device, reading, message.received)
    status = content.get("status")
    if status in SAID:
        Device.objects.filter(device_id=message.device).exclude(
            status__in=[DeviceStatus.MAINTENANCE, DeviceStatus.DISABLED, status]
        ).update(status=status)
