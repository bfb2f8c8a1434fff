"""Who may report what, kept in memory by a process that takes in readings."""

import time
from collections.abc import Set
from functools import lru_cache

from minfang.registry.models import Device
from minfang.supervision.arrival.definitions import load
from minfang.supervision.telemetry import index

ASK_AGAIN_SECONDS = 3.0
RENEW_SECONDS = 60.0
STRANGERS = 10_000


@lru_cache(maxsize=200_000)
def partition_of(publisher: str) -> int:
    """Where the broker files what this device or gateway publishes: FNV-1a of its name, as NATS has it."""
    found = 2_166_136_261
    for byte in publisher.encode():
        found = (found ^ byte) * 16_777_619 & 0xFFFF_FFFF
    return found % int(load("arrival")["stream"]["partitions"])


class Directory:
    """Known devices, their gateways and the numbers of their series."""

    def __init__(self) -> None:
        self.series = dict(index.series_index())
        self._strangers: dict[str, float] = {}
        self._read_all()

    def _read_all(self) -> None:
        rows = Device.objects.filter(retired_at=None).values_list("device_id", "gateway__device_id")
        self._gateway = {device: gateway or "" for device, gateway in rows}
        self._read = time.monotonic()

    def knows(self, device_id: str) -> bool:
        """Whether the device is registered; a stranger is asked for again after a few seconds."""
        now = time.monotonic()
        if device_id in self._gateway:
            return True
        if now - self._strangers.get(device_id, -ASK_AGAIN_SECONDS) < ASK_AGAIN_SECONDS:
            return False
        name = device_id.replace("\0", "")
        rows = Device.objects.filter(device_id=name, retired_at=None).values_list("gateway__device_id")
        found = rows.first()
        if found is None:
            if len(self._strangers) >= STRANGERS:
                self._strangers.clear()
            self._strangers[device_id] = now
            return False
        self._gateway[device_id] = found[0] or ""
        return True

    def renew(self) -> None:
        """Once a minute: what was retired or hangs at another gateway since."""
        if time.monotonic() - self._read > RENEW_SECONDS:
            self._read_all()
            self.series = {
                key: number for key, number in index.series_index().items() if key[0] in self._gateway
            }

    def series_in(self, partitions: Set[int]) -> set[int]:
        """Series of the devices that report through these partitions, by themselves or by their gateway."""
        return {
            number
            for (device_id, _), number in self.series.items()
            if partition_of(self._gateway.get(device_id) or device_id) in partitions
        }

    def speaks_for(self, gateway: str, device_id: str) -> bool:
        """Whether a gateway may report for this device; a stranger is refused for being one."""
        return not self.knows(device_id) or self._gateway[device_id] == gateway

    def learn(self, device_id: str, metric: str) -> int | None:
        """The number of a series that reports for the first time."""
        number = index.learn({(device_id, metric)}).get((device_id, metric))
        if number is not None:
            self.series[device_id, metric] = number
        return number
