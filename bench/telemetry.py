"""Readings a second: batches committed with everything that follows, and single MQTT messages end to end.

Two hundred rules are in force (the shipped ones and copies of them), values are those of a calm day but for
those that are told to be wild.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bench.measure import Result, median
from bench.rules import RULES, variants
from bench.world import World, works_for_measuring

WORKS_NO = "RF-310101-GY-2026-9999"
DEVICES, METRICS = 1000, ("TEMP", "HUMI", "CO2", "O2", "PM25")
CALM = {"TEMP": (20, 1.5), "HUMI": (55, 4), "CO2": (600, 40), "O2": (20.8, 0.05), "PM25": (25, 2)}
WILD = {"TEMP": 37.0, "HUMI": 95.0, "CO2": 2600.0, "O2": 18.0, "PM25": 190.0}
WILD_SHARE, SPELL = 0.001, (10, 20)
BATCH, BATCHES, REPEAT_EVERY = 10_000, 40, 20
MESSAGES, LINES, WINDOW = 150_000, 4, 4000
BATCH_TARGET, SHARE_TARGET, MESSAGE_TARGET = 100_000.0, 0.45, 20_000.0
US = 1_000_000
Wild = Callable[[int], Any]


def committed(_: World) -> list[Result]:
    """Batches through ``arrival.commit`` beside a bare COPY of such rows into the same table.

    Measured twice: on a day on which a few series leave their bounds for a while, and with a wild value in
    every thousandth reading, which begins an alarm nearly each time.
    """
    _rules()
    columns = [np.array(column) for column in zip(*_series(), strict=True)]
    start = time.time_ns() // 1000 - 3600 * US
    return [
        _rate("读数入库 10 万条", columns, start, _spells, 100_000 / BATCH_TARGET),
        _rate("读数入库 10 万条，千分之一越限", columns, start + 600 * US, _scattered, None),
    ]


def _rate(name: str, columns: list[Any], start: int, wild: Wild, target: float | None) -> Result:
    with_all, bare = list[float](), list[float]()
    _commit(_batch(columns, start - 10 * US, np.zeros(BATCH, np.bool_)))  # reads the rules
    for n in range(BATCHES):
        with_all.append(_commit(_batch(columns, start + n * 2 * US, wild(n))))
        bare.append(_copy(_batch(columns, start + n * 2 * US + US, wild(n))))
        if n % REPEAT_EVERY == REPEAT_EVERY - 1:
            with_all.append(_commit(_batch(columns, start + n * 2 * US, wild(n))))
    rate = BATCH * len(with_all) / sum(with_all)
    raw = BATCH * len(bare) / sum(bare)
    share = f"裸 COPY {raw:.0f}，比 {rate / raw:.2f}（目标 {SHARE_TARGET}）"
    note = f"{rate:.0f} 条/秒，{share}，含重复批次，{RULES} 条规则"
    return Result(name, 100_000 / rate, "s", target, median(with_all) * 10, 100_000 / raw, "裸 COPY", note)


def _spells(n: int) -> Any:
    """Five series leave their bounds in the tenth batch and come back ten batches later."""
    wild = np.zeros(BATCH, np.bool_)
    if SPELL[0] <= n < SPELL[1]:
        wild[: len(METRICS)] = wild[BATCH // 2 : BATCH // 2 + len(METRICS)] = True
    return wild


def _scattered(n: int) -> Any:
    """One reading in a thousand, anywhere."""
    return np.random.default_rng(n).random(BATCH) < WILD_SHARE


def messages(world: World) -> list[Result]:
    """Single readings over MQTT with QoS 1, from the first PUBLISH to the last committed row."""
    from django.conf import settings

    names = _lines_may_sign_in()
    before = _stored()
    with _ingest(world) as process:
        host, _, port = settings.BROKER_MQTT.partition(":")
        lines = [_Line((host, int(port)), name) for name in names]
        begun, used = time.perf_counter(), _cpu(process.pid)
        sent = _send(lines, MESSAGES)
        _wait_stored(before + sent)
        seconds, used = time.perf_counter() - begun, _cpu(process.pid) - used
    rate = sent / seconds
    note = f"{rate:.0f} 条/秒，接入进程每条 {used / sent * 1e6:.1f} 微秒 CPU"
    return [
        Result("MQTT 单条 QoS 1 一万条", 10_000 / rate, "s", 10_000 / MESSAGE_TARGET, None, None, "", note)
    ]


def _rules() -> None:
    """The shipped rules and variants of them, all published."""
    from minfang.supervision.rules.actions.publishing import _load, load_shipped
    from minfang.supervision.rules.models import AlarmRule

    load_shipped()
    known = set(AlarmRule.objects.values_list("code", flat=True))
    for row in variants():
        if row["code"] not in known:
            _load(row)


def _series() -> list[tuple[int, float, float, float]]:
    """A thousand devices with five metrics each: number, middle and spread of a calm day, a wild value."""
    from minfang.registry.models import Device
    from minfang.supervision.telemetry.models import Series

    works = works_for_measuring(WORKS_NO)
    Device.objects.bulk_create(
        (
            Device(works=works, device_no=f"bench-{n}", device_id=f"bench-{n}", sensor_type="TEMP", name="-")
            for n in range(DEVICES)
        ),
        ignore_conflicts=True,
    )
    devices = Device.objects.filter(device_id__startswith="bench-").values_list("pk", flat=True)
    Series.objects.bulk_create(
        (Series(device_id=device, metric=metric) for device in devices for metric in METRICS),
        ignore_conflicts=True,
    )
    known = Series.objects.filter(device__device_id__startswith="bench-").values_list("pk", "metric")
    return [(pk, *CALM[metric], WILD[metric]) for pk, metric in known.order_by("pk")]


def _batch(columns: list[Any], ts: int, wild: Any) -> Any:
    """Two readings of every series, half a second apart; ``wild``: which of them are."""
    from minfang.supervision.telemetry.batches import build

    series, middle, spread, far = (np.tile(column, 2)[:BATCH] for column in columns)
    at = np.repeat(np.array([ts, ts + US // 2]), BATCH // 2)
    calm = np.clip(np.random.default_rng(ts).normal(0, 1, BATCH), -2, 2) * spread + middle
    return build(series, at, np.where(wild, far, calm), np.zeros(BATCH, np.int16), at + 1000)


def _commit(batch: Any) -> float:
    from minfang.supervision.arrival.commit import commit

    begun = time.perf_counter()
    commit(batch, "bench")
    return time.perf_counter() - begun


def _copy(batch: Any) -> float:
    from django.db import transaction

    from minfang.supervision.telemetry import copying

    begun = time.perf_counter()
    with transaction.atomic(), copying.driver_connection().cursor() as cursor:
        copying.copy_into(cursor, "tel_reading", copying.encode(batch))
    return time.perf_counter() - begun


def _lines_may_sign_in() -> list[str]:
    from minfang.registry import secrets
    from minfang.registry.models import Device

    _series()
    names = [f"bench-{n}" for n in range(LINES)]
    Device.objects.filter(device_id__in=names).update(secret_digest=secrets.digest("bench-secret"))
    return names


def _stored() -> int:
    from django.db.models import Sum

    from minfang.supervision.arrival.models import SourceState

    return SourceState.objects.filter(kind="jetstream").aggregate(n=Sum("stored"))["n"] or 0


def _wait_stored(count: int) -> None:
    deadline = time.monotonic() + 60
    while _stored() < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{_stored()} of {count} readings arrived")
        time.sleep(0.05)


@contextmanager
def _ingest(world: World) -> Iterator["subprocess.Popen[bytes]"]:
    """The ingest process, ready: it holds its partitions."""
    from minfang.supervision.arrival.models import Partition

    log = (world.home / "logs" / "ingest-bench.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "minfang.project.cli", "ingest"], stdout=log, stderr=log, env=os.environ
    )
    try:
        deadline = time.monotonic() + 30
        while Partition.objects.filter(worker__contains=f"-{process.pid}-").count() < 8:
            if time.monotonic() > deadline:
                raise TimeoutError("the ingest process did not start")
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _cpu(pid: int) -> float:
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


class _Line:
    """A bare MQTT line that keeps a window of unacknowledged messages."""

    def __init__(self, address: tuple[str, int], name: str) -> None:
        self.name, self.sent, self.acknowledged = name, 0, 0
        self.topic = f"cd/iot/telemetry/{WORKS_NO}/{name}".encode()
        self.socket = socket.create_connection(address, 10)
        fields = b"".join(
            len(t).to_bytes(2, "big") + t for t in (name.encode(), name.encode(), b"bench-secret")
        )
        body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + fields
        self.socket.sendall(b"\x10" + bytes([len(body)]) + body)
        if self.socket.recv(4)[3:] != b"\x00":
            raise ConnectionRefusedError(name)
        self.socket.setblocking(False)
        self._left = 0

    def burst(self, count: int, start: int) -> None:
        """Send some messages at once."""
        parts = []
        for n in range(self.sent, self.sent + count):
            content = {"deviceId": self.name, "type": "TEMP", "ts": start + n, "value": 20 + n % 7, "seq": n}
            payload = json.dumps(content).encode()
            size = 4 + len(self.topic) + len(payload)
            length = bytes([size % 128 | 128, size // 128]) if size > 127 else bytes([size])
            head = b"\x32" + length + len(self.topic).to_bytes(2, "big") + self.topic
            parts.append(head + (n % 65_000 + 1).to_bytes(2, "big") + payload)
        self.socket.setblocking(True)
        self.socket.sendall(b"".join(parts))
        self.socket.setblocking(False)
        self.sent += count

    def hear(self) -> None:
        """Count PUBACKs, four bytes each."""
        try:
            data = self.socket.recv(1 << 16)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError(self.name)
        whole, self._left = divmod(self._left + len(data), 4)
        self.acknowledged += whole


def _send(lines: list[_Line], count: int) -> int:
    """All messages over all lines, never more than the window unacknowledged on one."""
    each, start = count // len(lines), time.time_ns() // 1_000_000 - 60_000
    while any(line.acknowledged < each for line in lines):
        moved = False
        for line in lines:
            line.hear()
            room = min(WINDOW - (line.sent - line.acknowledged), each - line.sent, 1000)
            if room >= min(500, each - line.sent) and room > 0:
                line.burst(room, start)
                moved = True
        if not moved:
            time.sleep(0.001)
    return each * len(lines)
