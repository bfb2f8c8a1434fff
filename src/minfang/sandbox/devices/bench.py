"""The simulated devices inside the sandbox's process: a thread that follows the registry and ticks."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from minfang.sandbox.devices import incidents
from minfang.sandbox.devices.fleet import Spot
from minfang.sandbox.devices.lines import Line
from minfang.sandbox.devices.simulator import TICK_SECONDS, Simulator

log = logging.getLogger(__name__)
FOLLOW_SECONDS = 60.0
HISTORY_DAYS = 14.0
DAY = 86400.0


def is_wanted() -> bool:
    """Whether devices are simulated; ``MINFANG_SIMULATOR=0`` switches them off."""
    return os.environ.get("MINFANG_SIMULATOR", "1") == "1"


class Bench:
    """Starts when the instance has told where its broker listens; ``simulator`` is ``None`` until then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.simulator: Simulator | None = None
        self.problem = "等待消息接入服务启动"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="devices", daemon=True)
        self._history: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)
        if self._history is not None and self._history.poll() is None:
            self._history.terminate()

    def _address(self) -> tuple[str, int] | None:
        """Where the broker takes MQTT: told by the supervisor, or by the file of the running instance."""
        told = os.environ.get("MINFANG_BROKER_MQTT", "")
        if not told:
            try:
                runtime = json.loads((self.folder.parent / "runtime.json").read_text())
            except (OSError, ValueError):
                return None
            told = str(runtime.get("mqtt", ""))
        host, _, port = told.rpartition(":")
        return (host, int(port)) if port.isdecimal() else None

    def _run(self) -> None:
        address = None
        while address is None and not self._stop.wait(1.0):
            address = self._address()
        if address is None:
            return
        import django

        django.setup()
        while not self._stop.is_set():
            try:
                self._live(address)
            except Exception:
                self.problem = "模拟设备出错，一分钟后重试"
                log.exception("the simulated devices stopped")
                self._stop.wait(FOLLOW_SECONDS)

    def _live(self, address: tuple[str, int]) -> None:
        from minfang.sandbox.devices import registry as known

        def line_of(spot: Spot) -> Line:
            name = spot.gateway or spot.device_id
            return Line(name, known.secret_of(name), *address)

        weak = known.weak_batches()
        simulator = Simulator(known.read(), line_of, time.time())
        self.simulator, self.problem = simulator, ""
        self._begin_history()
        next_look = 0.0
        while not self._stop.wait(TICK_SECONDS):
            now = time.time()
            if now >= next_look:
                simulator.equip(known.read(), now)
                simulator.follow(known.in_emergency(), now)
                simulator.background = incidents.between(simulator.fleet, weak, now - DAY, now + DAY)
                known.done()
                next_look = now + FOLLOW_SECONDS
            simulator.tick(now)
        simulator.close()

    def _begin_history(self) -> None:
        """Load the past once, in a process of its own with the lowest priority."""
        days = float(os.environ.get("MINFANG_DEMO_HISTORY_DAYS", HISTORY_DAYS))
        done = self.folder / "history.json"
        if days <= 0 or done.exists() or self._history is not None:
            return
        command = [sys.executable, "-m", "minfang.sandbox.devices.history"]
        self._history = subprocess.Popen(
            [*command, "--days", str(days), "--done", str(done)], stdin=subprocess.DEVNULL
        )
