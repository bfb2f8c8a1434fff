"""The real sandbox on a free port, as a fixture: ``sandbox`` (calm and empty for each test)."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from minfang.project.postgres import free_port

TOKEN = "sandbox-token"


@dataclass
class Sandbox:
    """A running outside world and what a test wants of it."""

    url: str
    state: Path

    @property
    def roots(self) -> Path:
        """The folder with the root certificate a product has to trust."""
        return self.state / "roots"

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call as a browser or another system makes it."""
        return httpx.request(method, self.url + path, trust_env=False, timeout=10, **options)

    def platform(self, path: str, body: dict[str, Any], key: str = "", token: str = TOKEN) -> httpx.Response:
        """A call as a connected system makes it."""
        headers = {"token": token} | ({"Idempotency-Key": key} if key else {})
        return self.request("POST", path, json=body, headers=headers)

    def faults(self, platform: str, **switches: Any) -> dict[str, Any]:
        """Set switches, e.g. ``mode="lost_answer", fail_next=2``; the state they leave."""
        response = self.request("PUT", f"/control/{platform}", json=switches)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def reset(self) -> None:
        """All switches off, everything received forgotten."""
        self.request("POST", "/control/reset?data=1")

    def arrivals(self, platform: str = "", case_no: str = "") -> list[dict[str, Any]]:
        """Calls, newest first."""
        query = {"platform": platform, "case_no": case_no, "limit": 500}
        return list(self.request("GET", "/arrivals", params=query).json())

    def records(self, platform: str, kind: str = "", case_no: str = "") -> list[dict[str, Any]]:
        """What a platform keeps, in the order it came."""
        query = {"platform": platform, "kind": kind, "case_no": case_no}
        return list(self.request("GET", "/records", params=query).json())


def start_sandbox(folder: Path) -> tuple[Sandbox, "subprocess.Popen[bytes]"]:
    """Start the sandbox as the process it is in a demonstration, and wait until it answers."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "minfang.sandbox", "--port", str(port), "--state", str(folder)],
        env={**os.environ, "PYTHONPATH": "src"},
    )
    sandbox = Sandbox(f"http://127.0.0.1:{port}", folder)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if sandbox.request("GET", "/healthz").status_code == 200:
                return sandbox, process
        except httpx.HTTPError:
            time.sleep(0.05)
    process.kill()
    raise RuntimeError("the sandbox did not start")


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox process for the whole session."""
    sandbox, process = start_sandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture
def sandbox(sandbox_server: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """The sandbox, calm and empty, with the product's settings pointing at it."""
    from minfang.services.connectors import eseal

    eseal.fetch.cache_clear()
    settings.SANDBOX_URL = sandbox_server.url
    settings.SEAL_ROOTS = str(sandbox_server.roots)
    sandbox_server.reset()
    yield sandbox_server
    sandbox_server.reset()
