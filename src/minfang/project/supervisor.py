"""One process that starts everything, watches it and stops it cleanly.

Order of start: database, migrations, definitions, demo data, broker, outside world
(sandbox), web, live, worker, ingest.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from minfang.project import processes
from minfang.project.demonstration import is_demo
from minfang.project.postgres import EmbeddedPostgres, free_port
from minfang.supervision.arrival.broker import Broker

RESTART_PAUSE_SECONDS = 1.0
STOP_SECONDS = 15.0
READY_SECONDS = 180.0
OWNER_VARIABLE = "DATABASE_OWNER_URL"
WEB_PORT = 8000
SANDBOX_PORT = 8001
BROKER_PORT = 4222
MQTT_PORT = 1883
LIVE_PORT = 8002


@dataclass
class Child:
    """One watched process."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        self.starts.append(time.monotonic())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=processes.end_with_parent,
                env={name: value for name, value in os.environ.items() if name != OWNER_VARIABLE},
            )

    def stop(self) -> None:
        """Ask, wait, and only then force."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class AlreadyRunning(Exception):
    """This checkout's instance is running; the message holds its address."""


class Supervisor:
    """The running instance of one ``MINFANG_HOME``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.logs = home / "logs"
        self.children: list[Child] = []
        self.postgres: EmbeddedPostgres | None = None
        self.broker: Broker | None = None
        self.stopping = False
        self._lock: IO[str] | None = None

    @property
    def runtime_file(self) -> Path:
        """Addresses of the running instance, for other commands and for tests."""
        return self.home / "runtime.json"

    def lock(self) -> None:
        """One instance a home."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        self._lock = (self.home / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            address = (
                json.loads(self.runtime_file.read_text()).get("url", "") if self.runtime_file.exists() else ""
            )
            raise AlreadyRunning(address) from None

    def start_database(self) -> None:
        """The embedded server, unless ``DATABASE_URL`` names another.

        The product gets the address of the role that owns nothing; the owner's is for migrations only and is
        not handed to the processes started afterwards.
        """
        if not os.environ.get("DATABASE_URL"):
            self.postgres = EmbeddedPostgres(self.home / "postgres")
            os.environ[OWNER_VARIABLE] = self.postgres.start()
            os.environ["DATABASE_URL"] = self.postgres.app_url()

    def choose_addresses(self) -> dict[str, Any]:
        """Ports that are free now; the wanted ones where possible, and which of them were taken."""
        wanted_web = int(os.environ.get("PORT", WEB_PORT))
        wanted_sandbox = int(os.environ.get("SANDBOX_PORT", SANDBOX_PORT))
        web = free_port(wanted_web)
        sandbox = free_port(wanted_sandbox if wanted_sandbox != web else 0)
        while sandbox == web:
            sandbox = free_port()
        pairs = {wanted_web: web, wanted_sandbox: sandbox}
        runtime = {
            "url": f"http://127.0.0.1:{web}",
            "sandbox": f"http://127.0.0.1:{sandbox}",
            "web_port": web,
            "sandbox_port": sandbox,
            "pid": os.getpid(),
            "taken": [wanted for wanted, given in pairs.items() if wanted not in (0, given)],
        }
        os.environ["MINFANG_PUBLIC_URL"] = str(runtime["url"])
        self.prepare_broker(runtime)
        self.prepare_live(runtime)
        if is_demo():
            os.environ["MINFANG_SANDBOX_URL"] = str(runtime["sandbox"])
            os.environ.setdefault("MINFANG_SEAL_ROOTS", str(self.home / "sandbox" / "roots"))
        return runtime

    def prepare_broker(self, runtime: dict[str, Any]) -> None:
        """The embedded broker, unless ``MINFANG_BROKER_URL`` names another; its addresses for the others."""
        if not os.environ.get("MINFANG_BROKER_URL"):
            anywhere = os.environ.get("PORT") == "0"  # several at once, as in tests
            port = free_port(int(os.environ.get("BROKER_PORT", 0 if anywhere else BROKER_PORT)))
            mqtt_port = free_port(int(os.environ.get("MQTT_PORT", 0 if anywhere else MQTT_PORT)))
            while mqtt_port == port:
                mqtt_port = free_port()
            self.broker = Broker(self.home / "broker", port, mqtt_port)
            self.broker.write()
            os.environ["MINFANG_BROKER_URL"] = self.broker.url
            os.environ["MINFANG_BROKER_MQTT"] = f"127.0.0.1:{mqtt_port}"
        runtime["mqtt"] = os.environ.get("MINFANG_BROKER_MQTT", "")

    def prepare_live(self, runtime: dict[str, Any]) -> None:
        """Where live values stream from; behind a gateway ``MINFANG_LIVE_URL`` names the path there."""
        own = {int(runtime["web_port"]), int(runtime["sandbox_port"])}
        port = free_port(int(os.environ.get("LIVE_PORT", LIVE_PORT)))
        while port in own:
            port = free_port()
        runtime["live_port"] = port
        os.environ.setdefault("MINFANG_LIVE_URL", f":{port}/live")

    def start_children(self, runtime: dict[str, Any]) -> None:
        """Sandbox first: the product finds the outside world running."""
        counters = self.home / "metrics"
        shutil.rmtree(counters, ignore_errors=True)
        counters.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counters)
        broker = self.broker.command if self.broker else None
        for name, command in processes.commands(self.home, runtime, broker).items():
            child = Child(name, command, self.logs / f"{name}.log")
            child.start()
            self.children.append(child)
        self.runtime_file.write_text(json.dumps(runtime, ensure_ascii=False))

    def wait_ready(self, runtime: dict[str, Any]) -> None:
        """Until the web process answers; a child that dies at once is reported with its log."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not self.stopping:
            try:
                with urllib.request.urlopen(f"{runtime['url']}/readyz", timeout=2):  # noqa: S310
                    return
            except (urllib.error.URLError, OSError):
                self.revive()
                time.sleep(0.15)
        if not self.stopping:
            raise RuntimeError(f"网站未能启动，请看日志 {self.logs / 'web.log'}")

    def revive(self) -> None:
        """Start again what stopped by itself, with a pause that grows when it keeps failing."""
        for child in self.children:
            if child.process is None or child.process.poll() is None:
                continue
            recent = [t for t in child.starts if time.monotonic() - t < 60]
            if time.monotonic() - child.starts[-1] < RESTART_PAUSE_SECONDS * 2 ** min(len(recent), 5):
                continue
            print(
                f"{child.name} 已停止（{child.process.returncode}），正在重新启动，日志 {child.log}",
                flush=True,
            )
            child.start()

    def run(self, after_start: Callable[[dict[str, Any]], None], runtime: dict[str, Any]) -> None:
        """Stay until told to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop_requested)
        self.start_children(runtime)
        self.wait_ready(runtime)
        if not self.stopping:
            after_start(runtime)
        while not self.stopping:
            self.revive()
            time.sleep(0.3)

    def _stop_requested(self, *_: object) -> None:
        self.stopping = True

    def shut_down(self) -> None:
        """The children, last started first, then the database; nothing is left running."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self.children):
            child.stop()
        if self.postgres is not None:
            self.postgres.stop()
        self.runtime_file.unlink(missing_ok=True)
