"""Starting and stopping the product as newcomers do: odd folders, taken ports, two at once, Ctrl-C."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.support.product import start, stop, wait_until_ready

from minfang.project.postgres import EmbeddedPostgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("make_up")]
FEW = {"MINFANG_DEMO_CASES": "0", "MINFANG_SIMULATOR": "0"}


@pytest.fixture
def running() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Instances a test started; whatever is left is stopped."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        if process.poll() is None:
            stop(process)


@pytest.fixture(scope="module")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after its first start and a stop by Ctrl-C, in the oddest folder; others begin with a copy."""
    folder = tmp_path_factory.mktemp("first") / ("很长的 文件夹 " * 12).strip()
    folder.mkdir()
    home = folder / "带空格 的 home"
    process = start(home, **FEW, PORT="0", SANDBOX_PORT="0")
    try:
        runtime = wait_until_ready(home, process)
        answer = httpx.get(runtime["url"] + "/healthz", trust_env=False).json()
    finally:
        code = stop(process)
    assert answer == {"status": "ok"}
    assert code == 0
    assert processes_of(home) == []
    return home


def copied(first_home: Path, to: Path) -> Path:
    """A home of its own that has been started before."""
    shutil.copytree(first_home, to, symlinks=True)
    return to


def up(
    running: list[Any], home: Path, **environment: str
) -> tuple["subprocess.Popen[bytes]", dict[str, Any]]:
    home.parent.mkdir(parents=True, exist_ok=True)
    process = start(home, **FEW, **environment)
    running.append(process)
    return process, wait_until_ready(home, process)


def processes_of(home: Path) -> list[str]:
    """Command lines of what this home's instance started, and of what that started in turn."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(home) in line or (process.info["environ"] or {}).get("MINFANG_HOME") == str(home):
            found.append(line)
    return found


def test_it_starts_in_a_long_folder_with_spaces_and_chinese_and_stops_on_ctrl_c_with_its_data_kept(
    first_home: Path, tmp_path: Path, running: list[Any]
) -> None:
    home = copied(first_home, tmp_path / first_home.parent.name / first_home.name)
    begun = time.monotonic()
    _, runtime = up(running, home, PORT="0", SANDBOX_PORT="0")
    assert time.monotonic() - begun < 60
    accounts = httpx.get(runtime["url"] + "/api/session/demo-accounts", trust_env=False).json()
    assert len(accounts) > 10


def test_taken_ports_are_left_alone_and_others_are_named(
    first_home: Path, tmp_path: Path, running: list[Any]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        home = copied(first_home, tmp_path / "a" / "home")
        process, runtime = up(running, home, PORT=str(port), SANDBOX_PORT=str(port))
        assert runtime["web_port"] != port
        assert runtime["sandbox_port"] not in (port, runtime["web_port"])
        end = time.monotonic() + 30
        while "Ctrl-C" not in (printed := (home.parent / "up.log").read_text()) and time.monotonic() < end:
            time.sleep(0.2)
        assert f"{port} 端口已被占用" in printed
        stop(process)


def test_two_instances_live_side_by_side_and_a_third_in_the_same_home_is_told_so(
    first_home: Path, tmp_path: Path, running: list[Any]
) -> None:
    one = copied(first_home, tmp_path / "one" / "home")
    two = copied(first_home, tmp_path / "two" / "home")
    _, first = up(running, one, PORT="0", SANDBOX_PORT="0")
    _, second = up(running, two, PORT="0", SANDBOX_PORT="0")
    assert first["url"] != second["url"]
    again = start(tmp_path / "one" / "home", **FEW)
    assert again.wait(60) == 1
    assert first["url"] in (tmp_path / "one" / "up.log").read_text()


def test_a_killed_web_process_comes_back_and_a_killed_supervisor_leaves_nothing(
    first_home: Path, tmp_path: Path, running: list[Any]
) -> None:
    home = copied(first_home, tmp_path / "k" / "home")
    process, runtime = up(running, home, PORT="0", SANDBOX_PORT="0")
    web = next(
        child for child in psutil.Process(process.pid).children() if "granian" in " ".join(child.cmdline())
    )
    web.send_signal(signal.SIGKILL)
    assert wait_until_ready(home, process)["url"] == runtime["url"]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    end = time.monotonic() + 30
    left = ["?"]
    while left and time.monotonic() < end:
        left = [line for line in processes_of(home) if "postgres" not in line]
        time.sleep(0.3)
    assert left == []
    EmbeddedPostgres(home / "postgres").stop()
    process, _ = up(running, home, PORT="0", SANDBOX_PORT="0")
    assert json.loads((home / "runtime.json").read_text())["pid"] == process.pid
