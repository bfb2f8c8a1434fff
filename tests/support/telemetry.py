"""Works, devices and readings for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime

from minfang.registry.models import Device, Works
from minfang.supervision.telemetry import index, latest
from minfang.supervision.telemetry.actions import series_of
from minfang.supervision.telemetry.batches import Batch, build

WORKS_NO = "RF-310101-GY-2010-0003"
US = 1_000_000


def micros(text: str) -> int:
    """Microseconds of an ISO instant; without a zone it is UTC."""
    instant = datetime.fromisoformat(text)
    return round((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * US)


def a_work(works_no: str = WORKS_NO) -> Works:
    """A public work of Huangpu."""
    return Works.objects.get_or_create(
        works_no=works_no,
        defaults={
            "name": "人民广场试验工程",
            "kind": "GY",
            "management_level": "CITY_DIRECT",
            "district_code": "310101",
        },
    )[0]


def a_device(device_id: str = "dev-1", sensor_type: str = "HUMI", works_no: str = WORKS_NO) -> Device:
    """A sensing device of that work."""
    return Device.objects.get_or_create(
        device_id=device_id,
        defaults={
            "works": a_work(works_no),
            "device_no": f"{works_no}-S-{device_id}"[:50],
            "sensor_type": sensor_type,
            "name": device_id,
        },
    )[0]


def a_series(device_id: str = "dev-1", metric: str = "HUMI") -> int:
    """The number of a device's metric."""
    return series_of(a_device(device_id, metric), metric).pk


def readings(rows: Sequence[tuple[int, int, float]], received: int | None = None) -> Batch:
    """A batch of (series, microseconds, value), received when measured unless said otherwise."""
    series, ts, value = zip(*rows, strict=True)
    return build(series, ts, value, [0] * len(rows), ts if received is None else [received] * len(rows))


def forget() -> None:
    """A new process: nothing is known of latest values and series."""
    latest.forget()
    index.forget()
