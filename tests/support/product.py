"""The whole product as a newcomer starts it, and a browser in front of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 240
SOON = "0.3s,0.5s,1s,1s,2s,2s,2s,2s,2s"


@dataclass
class Product:
    """A running instance: addresses, and the switches of its outside world."""

    url: str
    sandbox: str
    home: Path

    def faults(self, platform: str, **switches: Any) -> None:
        """Make a platform slow, failing or answering twice."""
        response = httpx.put(f"{self.sandbox}/control/{platform}", json=switches, trust_env=False)
        assert response.status_code == 200, response.text

    def records(self, platform: str, kind: str, case_no: str = "") -> list[dict[str, Any]]:
        """What a platform keeps."""
        query = {"platform": platform, "kind": kind, "case_no": case_no}
        found: list[dict[str, Any]] = httpx.get(
            f"{self.sandbox}/records", params=query, trust_env=False
        ).json()
        return found


def start(home: Path, **environment: str) -> "subprocess.Popen[bytes]":
    """``minfang up`` in a home of its own."""
    own = ("DATABASE_URL", "DATABASE_OWNER_URL", "MINFANG_TEST_HOME")
    inherited = {k: v for k, v in os.environ.items() if k not in own}
    return subprocess.Popen(
        [sys.executable, "-m", "minfang.project.cli", "up"],
        cwd=ROOT,
        env={**inherited, "MINFANG_HOME": str(home), "MINFANG_DEMO": "1", **environment},
        stdout=(home.parent / "up.log").open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def wait_until_ready(home: Path, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """The addresses of the instance once it answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            runtime: dict[str, Any] = json.loads((home / "runtime.json").read_text())
            for address in (f"{runtime['url']}/healthz", f"{runtime['sandbox']}/healthz"):
                urllib.request.urlopen(address, timeout=2).close()
            return runtime
        except (OSError, ValueError):
            time.sleep(0.2)
    log = (home.parent / "up.log").read_text(errors="replace")[-3000:]
    raise RuntimeError(f"the product did not start:\n{log}")


def stop(process: "subprocess.Popen[bytes]") -> int:
    """Ctrl-C, and the exit code."""
    process.send_signal(signal.SIGINT)
    return process.wait(60)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One running product for all browser tests of a session."""
    if not (ROOT / "web" / "dist" / "portal.html").exists():
        pytest.skip("前端尚未构建，请先运行 make web")
    home = tmp_path_factory.mktemp("product") / "home"
    process = start(
        home,
        PORT="0",
        SANDBOX_PORT="0",
        MINFANG_RETRY_SCHEDULE=SOON,
        MINFANG_DEMO_CASES="45",
        MINFANG_DEMO_HISTORY_DAYS="0",
    )
    try:
        runtime = wait_until_ready(home, process)
        yield Product(runtime["url"], runtime["sandbox"], home)
    finally:
        stop(process)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The system's Chromium, driven by Playwright, whose event loop leaves the thread with the module."""
    if CHROMIUM is None:
        pytest.skip("未找到 Chromium，浏览器测试已跳过；安装方法：apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
