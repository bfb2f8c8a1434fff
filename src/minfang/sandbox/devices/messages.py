"""What goes over the wire (handbook §9.5): a gateway's readings in one message, and what lines do to it."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from minfang.sandbox.devices import faults
from minfang.sandbox.devices.faults import BadClock
from minfang.sandbox.devices.fleet import Spot

SHANGHAI = ZoneInfo("Asia/Shanghai")
TWICE, SHUFFLED = 0.01, 0.03


@dataclass(frozen=True)
class Read:
    """One reading of one device at the instant ``t`` (s) by a right clock."""

    spot: Spot
    metric: str
    t: float
    value: float


def topic(spot: Spot) -> str:
    """Where a gateway, or a device with a line of its own, publishes."""
    return f"cd/iot/telemetry/{spot.works_no}/{spot.gateway or spot.device_id}"


def when(spot: Spot, t: float) -> str | int:
    """The instant as this device writes it: ISO 8601, or a number from those that count seconds."""
    stamp = faults.stamped(spot, t)
    if faults.clock_of(spot) is BadClock.SECONDS:
        return int(stamp)
    return datetime.fromtimestamp(round(stamp) / 1000.0, SHANGHAI).isoformat(timespec="milliseconds")


def batch(works_no: str, reads: Sequence[Read]) -> bytes:
    """One message with everything a gateway has gathered, device by device."""
    devices: dict[str, list[dict[str, object]]] = {}
    for read in reads:
        said: dict[str, object] = {"type": read.metric, "ts": when(read.spot, read.t)}
        said.update(value=_plain(read.value), quality=0)
        devices.setdefault(read.spot.device_id, []).append(said)
    body = [{"deviceId": name, "readings": readings} for name, readings in devices.items()]
    text = json.dumps({"worksNo": works_no, "batch": body}, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


def through_the_line(works_no: str, reads: Sequence[Read], chance: random.Random) -> list[bytes]:
    """The messages a gateway sends for these readings: now and then shuffled, now and then the same twice."""
    ordered = list(reads)
    if chance.random() < SHUFFLED:
        chance.shuffle(ordered)
    message = batch(works_no, ordered)
    return [message, message] if chance.random() < TWICE else [message]
