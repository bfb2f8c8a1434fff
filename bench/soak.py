"""``make soak``: an hour of devices' traffic against a product of its own; memory, latency and losses.

``MINFANG_SOAK_MINUTES`` says how long (60), ``MINFANG_SOAK_RATE`` how many messages a second (500). Exit
status 1 when a process keeps growing after the warm-up, alarms come late, or a reading is lost.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.latency import _address, _exceed, _quiet_devices, _Watch
from bench.measure import Result, quantile, table
from bench.telemetry import _Line, _lines_may_sign_in, _stored, _wait_stored
from bench.world import CLEARED, World

MINUTES = float(os.environ.get("MINFANG_SOAK_MINUTES", "60"))
RATE = int(os.environ.get("MINFANG_SOAK_RATE", "500"))
BURST, BURST_EVERY = 10_000, 300.0  # messages at once, seconds; at least three times a run
EXCEED_EVERY, SAMPLE_EVERY, TELL_EVERY = 2.0, 5.0, 60.0
WARM_SHARE = 0.25
SLOPE_MB_HOUR, GROWTH_MB = 48.0, 24.0  # fails who grows faster and by more than this after the warm-up
P50_SECONDS, P99_SECONDS = 0.25, 3.0
START_SECONDS = 600
LOGS = Path(os.environ.get("MINFANG_HOME", "var")).resolve() / "soak-logs"  # of the last run
MB = 1024 * 1024
KINDS = ("nats-server", "minfang.sandbox", "project.wsgi", "project.live", "cli worker", "cli ingest")
NAMES = dict(zip(KINDS, ("broker", "sandbox", "web", "live", "worker", "ingest"), strict=True))


@dataclass
class Samples:
    """Private memory in MB of each kind of process, and what waited at the broker, by second of the run."""

    memory: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    waiting: list[int] = field(default_factory=list)

    def take(self, supervisor: psutil.Process, at: float) -> None:
        """One look at all processes."""
        found: dict[str, float] = defaultdict(float)
        for child in supervisor.children(recursive=True):
            try:
                found[_kind(child)] += _private(child) / MB
            except psutil.Error:
                continue
        for name, size in found.items():
            self.memory[name].append((at, size))
        self.waiting.append(_waiting())

    def newest(self) -> str:
        """What each kind of process holds now, in MB."""
        return " ".join(f"{name} {sizes[-1][1]:.0f}" for name, sizes in sorted(self.memory.items()))

    def row(self, name: str) -> tuple[float, float, float]:
        """MB after the warm-up and at the end, and the slope between in MB an hour (least squares)."""
        late = [(at, size) for at, size in self.memory[name] if at >= MINUTES * 60 * WARM_SHARE]
        if len(late) < 3:
            return 0.0, 0.0, 0.0
        middle, mean = (sum(column) / len(late) for column in zip(*late, strict=True))
        spread = sum((at - middle) ** 2 for at, _ in late)
        slope = sum((at - middle) * (size - mean) for at, size in late) / spread * 3600
        third = max(len(late) // 3, 1)
        ends = [sum(size for _, size in part) / third for part in (late[:third], late[-third:])]
        return ends[0], ends[1], slope


def main() -> int:
    """Run, print the tables, say whether it held."""
    with _product() as (world, supervisor):
        samples = Samples()
        sent, late = _load(world, supervisor, samples)
        lost = sent - _stored()
        missing = _missing()
    return _report(samples, late, sent, max(lost, missing))


@contextmanager
def _product() -> Iterator[tuple[World, psutil.Process]]:
    """``minfang up`` in a folder of its own, without simulated devices, taken away afterwards."""
    home = Path(tempfile.mkdtemp(prefix="minfang-soak-"))
    for name in (*CLEARED, "DATABASE_OWNER_URL", "MINFANG_BROKER_URL", "MINFANG_BROKER_MQTT"):
        os.environ.pop(name, None)
    os.environ |= {"MINFANG_HOME": str(home), "PORT": "0", "SANDBOX_PORT": "0", "MINFANG_SIMULATOR": "0"}
    os.environ |= {"MINFANG_DEMO_CASES": "0", "MINFANG_DEMO_HISTORY_DAYS": "0", "LIVE_PORT": "0"}
    with (home / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "minfang.project.cli", "up"],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _ready(home, process), psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        if (home / "logs").exists():
            shutil.rmtree(LOGS, ignore_errors=True)
            shutil.copytree(home / "logs", LOGS)
        shutil.rmtree(home, ignore_errors=True)


def _ready(home: Path, process: "subprocess.Popen[bytes]") -> World:
    """Wait until partitions are held; then this process knows database and broker."""
    deadline = time.monotonic() + START_SECONDS
    while "已启动" not in (home / "up.log").read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((home / "up.log").read_text(errors="replace")[-2000:])
        time.sleep(0.5)
    runtime = json.loads((home / "runtime.json").read_text())
    os.environ["DJANGO_SETTINGS_MODULE"] = "minfang.project.settings"
    os.environ["MINFANG_BROKER_MQTT"] = runtime["mqtt"]
    import django

    django.setup()
    from minfang.supervision.arrival.models import Partition

    while Partition.objects.exclude(worker="").count() < 8:
        if time.monotonic() > deadline:
            raise TimeoutError("the ingest process did not start")
        time.sleep(0.2)
    return World(runtime["url"], runtime["sandbox"], home, 0, 0.0)


def _load(world: World, supervisor: psutil.Process, samples: Samples) -> tuple[int, list[float]]:
    """Steady traffic, bursts, some readings beyond their limit; messages sent and seconds to alarms."""
    seconds = MINUTES * 60
    names, devices = _lines_may_sign_in(), _quiet_devices(int(seconds / EXCEED_EVERY))
    lines, exceeded = [_Line(_address(), name) for name in names], 0
    every = {"burst": min(BURST_EVERY, seconds / 3.5), "exceed": EXCEED_EVERY}
    every |= {"sample": SAMPLE_EVERY, "tell": TELL_EVERY}
    due, newest = dict(every), dict.fromkeys(names, 0)
    with _Watch(world) as watch:
        begun, extra = time.perf_counter(), 0
        while (now := time.perf_counter() - begun) < seconds:
            ready = {name for name, at in due.items() if now >= at}
            due.update({name: now + every[name] for name in ready})
            extra += BURST if "burst" in ready else 0
            _send(lines, int(now * RATE) + extra, newest)
            if "exceed" in ready and exceeded < len(devices):
                watch.sent[devices[exceeded]] = time.perf_counter()
                _exceed(lines[exceeded % len(lines)], devices[exceeded])
                exceeded += 1
            if "sample" in ready:
                samples.take(supervisor, now)
            if "tell" in ready:
                done = sum(line.sent for line in lines) + exceeded
                words = f"{now / 60:5.1f} 分钟，已发 {done}，待处理 {samples.waiting[-1]}，内存 MB "
                print(words + samples.newest(), flush=True)
            time.sleep(0.01)
        sent = sum(line.sent for line in lines) + exceeded
        _wait_stored(sent)
        time.sleep(2.0)
    late = [watch.committed[name] - at for name, at in watch.sent.items() if name in watch.committed]
    return sent, late + [float("inf")] * (len(watch.sent) - len(late))


def _send(lines: list[_Line], until: int, newest: dict[str, int]) -> None:
    """What is due, measured just now; no two readings of a device at the same millisecond."""
    for line in lines:
        line.hear()
        missing = min(until // len(lines) - line.sent, 500)
        if missing > 0:
            first = max(newest[line.name] + 1, time.time_ns() // 1_000_000 - missing)
            line.burst(missing, first - line.sent)
            newest[line.name] = first + missing


def _private(process: psutil.Process) -> int:
    """Bytes this process alone holds; the database's shared buffers, of a set size, are nobody's own."""
    maps = process.memory_maps(grouped=False)
    return sum(part.private_clean + part.private_dirty for part in maps if "s" not in part.perms)


def _kind(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    return next((name for mark, name in NAMES.items() if mark in words), _parent_kind(process))


def _parent_kind(process: psutil.Process) -> str:
    """Helpers by who started them; the database's processes write their own titles."""
    parent = process.parent()
    if "postgres" in process.name() or parent is None:
        return "postgres"
    words = " ".join(parent.cmdline())
    return next((name for mark, name in NAMES.items() if mark in words), "others")


def _waiting() -> int:
    from django.db.models import F, Sum

    from minfang.supervision.arrival.models import SourceState

    return int(SourceState.objects.aggregate(n=Sum(F("pending") + F("unacked")))["n"] or 0)


def _missing() -> int:
    from minfang.supervision.arrival import queries

    return queries.standing().missing


def _report(samples: Samples, late: list[float], sent: int, lost: int) -> int:
    rows = []
    for name in sorted(samples.memory):
        first, last, slope = samples.row(name)
        grows = last - first > GROWTH_MB and slope > SLOPE_MB_HOUR
        limit = f"每小时 {slope:+.0f} MB"
        rows.append(Result(f"内存 {name}", last, "MB", last - 1 if grows else last, first, note=limit))
    rows += [
        Result("越限到预警 p50", quantile(late, 0.5), "s", P50_SECONDS),
        Result("越限到预警 p99", quantile(late, 0.99), "s", P99_SECONDS, note=f"{len(late)} 次"),
        Result("积压最多", float(max(samples.waiting, default=0)), "条"),
        Result("丢失", float(lost), "条", 0.0, note=f"发出 {sent} 条"),
    ]
    print("\n" + table(rows))
    print(f"内存 p50 为预热后；增长过 {GROWTH_MB:g} MB 且每小时过 {SLOPE_MB_HOUR:g} MB 为未达标")
    return 0 if all(row.passed in (True, None) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
