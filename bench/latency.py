"""How soon an alarm is there, from PUBLISH of its reading to the row and to the open page; and a storm."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from bench.measure import Result, quantile
from bench.telemetry import LINES, US, _ingest, _Line, _lines_may_sign_in, _rules, _stored, _wait_stored
from bench.world import World, session_of, works_for_measuring

RATE, SECONDS, WARM_SECONDS, A_SECOND = 2000, 12, 2.0, 10
P50_TARGET, P99_TARGET = 0.05, 1.0
STORM, WORKS, LEVELS = 20_000, 14, (160.0, 120.0, 80.0)
PREFIX, DISTRICT = "bench-late-", "310101"


def alarms(world: World) -> list[Result]:
    """Two thousand single messages a second, two hundred rules, now and then a reading beyond its limit."""
    _rules()
    names, devices = _lines_may_sign_in(), _quiet_devices(A_SECOND * SECONDS)
    before = _stored()
    with _ingest(world), _Watch(world) as watch:
        lines = [_Line(_address(), name) for name in names]
        _pace(lines, watch, devices)
        _wait_stored(before + RATE * SECONDS)
        time.sleep(1.0)
    late = [watch.committed[name] - at for name, at in watch.sent.items() if name in watch.committed]
    shown = [watch.shown[name] - at for name, at in watch.sent.items() if name in watch.shown]
    if len(late) < len(watch.sent) or len(shown) < len(watch.sent) * 0.9:
        raise RuntimeError(f"{len(late)} alarms, {len(shown)} announcements of {len(watch.sent)} readings")
    note = f"{RATE} 条/秒单条 MQTT，200 条规则，{len(late)} 次越限"
    return [
        Result("越限到预警入库 p50", quantile(late, 0.5), "s", P50_TARGET, note=note),
        Result("越限到预警入库 p99", quantile(late, 0.99), "s", P99_TARGET, quantile(late, 0.5)),
        Result("越限到页面推送 p99", quantile(shown, 0.99), "s", P99_TARGET, quantile(shown, 0.5)),
    ]


def storm(_: World) -> list[Result]:
    """Twenty thousand alarms in a few seconds over fourteen works: at most one push a work and level."""
    from minfang.supervision.alarms.models import Alarm
    from minfang.supervision.arrival.commit import commit
    from minfang.supervision.rules.queries import forget_engine, live_engine
    from minfang.supervision.telemetry.batches import build

    _rules()
    series = _stormy_series()
    forget_engine()
    live_engine()
    before, start = Alarm.objects.count(), time.time_ns() // 1000
    begun = time.perf_counter()
    half = len(series) // 2
    for part in (series[:half], series[half:]):
        values = [LEVELS[n % len(LEVELS)] for n in part]
        at = [start + n % 5 * US // 10 for n in part]
        commit(build(part, at, values, [0] * len(part), at), "bench-storm")
    seconds = time.perf_counter() - begun
    made = Alarm.objects.count() - before
    pushes, most = _pushes()
    if most > 1:
        raise RuntimeError(f"{most} alarms of one work and level were pushed at once")
    note = f"{made} 条预警，{WORKS} 处工程，推送 {pushes} 组，每处每级最多 {most} 次"
    return [Result("预警风暴", seconds, "s", note=note)]


def _address() -> tuple[str, int]:
    from django.conf import settings

    host, _, port = settings.BROKER_MQTT.partition(":")
    return host, int(port)


def _quiet_devices(count: int) -> list[str]:
    """Devices behind the lines that say nothing but one reading beyond its limit."""
    from minfang.registry.models import Device
    from minfang.supervision.telemetry.models import Series

    lines = list(Device.objects.filter(device_id__in=[f"bench-{n}" for n in range(LINES)]).order_by("pk"))
    names = [f"{PREFIX}{n}" for n in range(count)]
    rows = [
        Device(
            works_id=lines[n % LINES].works_id,
            gateway=lines[n % LINES],
            device_no=name,
            device_id=name,
            sensor_type="PM25",
            name=name,
        )
        for n, name in enumerate(names)
    ]
    Series.objects.bulk_create(Series(device=row, metric="PM25") for row in Device.objects.bulk_create(rows))
    return names


def _pace(lines: list[_Line], watch: "_Watch", devices: list[str]) -> None:
    """Calm readings at a steady rate, and each quiet device once at its moment after the warm-up."""
    begun, sent, waiting = time.perf_counter(), 0, list(enumerate(devices))
    start = time.time_ns() // 1_000_000
    while sent < RATE * SECONDS:
        now = time.perf_counter() - begun
        for line in lines:
            line.hear()
            missing = min(int(now * RATE), RATE * SECONDS) // len(lines) - line.sent
            if missing > 0:
                line.burst(missing, start)
        if waiting and now > WARM_SECONDS + waiting[0][0] / A_SECOND * (1 - WARM_SECONDS / SECONDS):
            number, name = waiting.pop(0)
            watch.sent[name] = time.perf_counter()
            _exceed(lines[number % len(lines)], name)
        sent = sum(line.sent for line in lines)
        time.sleep(0.002)


def _exceed(line: _Line, name: str) -> None:
    content = {"deviceId": name, "type": "PM25", "ts": time.time_ns() // 1_000_000, "value": 80.0}
    payload = json.dumps(content).encode()
    size = 4 + len(line.topic) + len(payload)
    head = b"\x32" + bytes([size % 128 | 128, size // 128]) + len(line.topic).to_bytes(2, "big") + line.topic
    line.socket.setblocking(True)
    line.socket.sendall(head + (65_001).to_bytes(2, "big") + payload)
    line.socket.setblocking(False)


class _Watch:
    """When each alarm was committed (as the database announces it) and when an open page heard of it."""

    def __init__(self, world: World) -> None:
        self.sent: dict[str, float] = {}
        self.committed: dict[str, float] = {}
        self.shown: dict[str, float] = {}
        self._numbers: dict[int, float] = {}
        self._stop = threading.Event()
        self._runtime = json.loads((world.home / "runtime.json").read_text())
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._look)]

    def __enter__(self) -> "_Watch":
        for thread in self._threads:
            thread.start()
        time.sleep(1.0)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        from minfang.supervision.alarms.models import Alarm

        rows = Alarm.objects.filter(pk__in=self._numbers).values_list("pk", "device__device_id")
        for number, name in rows:
            at = self._numbers[number]
            self.shown[name] = min(at, self.shown.get(name, at))

    def _listen(self) -> None:
        """New rows at each announcement: what another connection can read is committed."""
        from django.db import connection

        from minfang.supervision.telemetry import notify

        listening = connection.get_new_connection(connection.get_connection_params())
        listening.autocommit = True
        listening.execute(notify.LISTEN)
        query = (
            "SELECT a.id, d.device_id FROM alm_alarm a "
            "JOIN reg_device d ON d.id = a.device_id WHERE a.id > %s"
        )
        newest = listening.execute("SELECT coalesce(max(id), 0) FROM alm_alarm").fetchone()[0]
        while not self._stop.is_set():
            if not list(listening.notifies(timeout=0.2, stop_after=1)):
                continue
            rows, now = listening.execute(query, [newest]).fetchall(), time.perf_counter()
            for number, name in rows:
                newest = max(newest, number)
                self.committed.setdefault(name, now)
        listening.close()

    def _look(self) -> None:
        """An open page of the city's watch."""
        with suppress(OSError, ValueError), _stream(self._runtime) as stream:
            kind = b""
            while not self._stop.is_set():
                line = stream.readline()
                if line.startswith(b"event:"):
                    kind = line[6:].strip()
                elif line.startswith(b"data:") and kind == b"alarm":
                    self._numbers.setdefault(json.loads(line[5:])["id"], time.perf_counter())


@contextmanager
def _stream(runtime: dict[str, Any]) -> Iterator[Any]:
    import http.client

    from minfang.kernel.iam.models import Person

    session = session_of(Person.objects.get(username="tao.yiming"))
    line = http.client.HTTPConnection("127.0.0.1", runtime["live_port"], timeout=20)
    line.request("GET", "/live", headers={"Cookie": f"minfang_session={session}"})
    answer = line.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"the stream was refused: {answer.status} {answer.read()!r}")
    try:
        yield answer
    finally:
        line.close()


def _stormy_series() -> list[int]:
    """Series of devices in fourteen works, as many as make the wanted number of alarms."""
    from minfang.registry.models import Device
    from minfang.supervision.rules.models import AlarmRuleVersion
    from minfang.supervision.telemetry.models import Series

    live = AlarmRuleVersion.objects.filter(live_key__isnull=False, rule__code__startswith="PM25-01")
    scopes = [version.definition.get("scope", {}).get("districts", []) for version in live]
    rules = sum(not districts or DISTRICT in districts for districts in scopes)
    works = [works_for_measuring(f"RF-{DISTRICT}-GY-2026-9{n:03}") for n in range(WORKS)]
    rows = [
        Device(
            works=works[n % WORKS],
            device_no=f"bench-storm-{n}",
            device_id=f"bench-storm-{n}",
            sensor_type="PM25",
            name=f"风暴 {n}",
        )
        for n in range(STORM // max(rules, 1))
    ]
    Device.objects.bulk_create(rows)
    return [row.pk for row in Series.objects.bulk_create(Series(device=row, metric="PM25") for row in rows)]


def _pushes() -> tuple[int, int]:
    """Pairs of work and level that were told of something, and how many alarms of one were pushed at most."""
    from django.db.models import Count

    from minfang.supervision.alarms.models import AlarmPush

    first = AlarmPush.objects.filter(alarm__device__device_id__startswith="bench-storm-")
    groups = list(first.values("alarm__works", "level").annotate(n=Count("alarm", distinct=True)))
    return len(groups), max((group["n"] for group in groups), default=0)
