"""The command lines of the processes an instance consists of, in the order they are started."""

import ctypes
import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import Any

from minfang.project.demonstration import is_demo

PR_SET_PDEATHSIG = 1
# Told to stop while it is still loading, a process behind the web server does not hear it.
SERVED = ("--workers-kill-timeout", "10", "--no-ws", "--log-level", "warning")
WEB_OPTIONS = (
    *("--workers", "2"),
    *("--blocking-threads", "6"),
    *("--backpressure", "64"),
    "--respawn-failed-workers",
)


def end_with_parent(by: signal.Signals = signal.SIGTERM) -> None:
    """Have this process sent a signal when its parent is gone, however it went.

    The bond is between two processes alone: whoever starts others has them call this too.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise SystemExit("the parent of this process is gone")


def commands(home: Path, runtime: dict[str, Any], broker: list[str] | None) -> dict[str, list[str]]:
    """By name; ``broker`` is the embedded one's, ``None`` where the installation has its own."""
    product = {
        "web": _served("wsgi", runtime["web_port"], *WEB_OPTIONS),
        "live": _served("asgi", runtime["live_port"]),
        "worker": _python("minfang.project.cli", "worker"),
        "ingest": _python("minfang.project.cli", "ingest"),
    }
    outside = {"sandbox": _sandbox(home, runtime)} if is_demo() else {}
    return {**({"broker": broker} if broker else {}), **outside, **product}


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _served(interface: str, port: int, *options: str) -> list[str]:
    """An application of the product behind the web server; ``wsgi`` answers, ``asgi`` streams live values."""
    target = {"wsgi": "minfang.project.wsgi:application", "asgi": "minfang.project.live:application"}
    place = ("--host", "127.0.0.1", "--port", str(port))
    return _python("granian", "--interface", interface, *place, *options, *SERVED, target[interface])


def _sandbox(home: Path, runtime: dict[str, Any]) -> list[str]:
    place = ("--port", str(runtime["sandbox_port"]), "--state", str(home / "sandbox"))
    devices = ("--devices",) if os.environ.get("MINFANG_SIMULATOR", "1") == "1" else ()
    return _python("minfang.sandbox", *place, "--product", str(runtime["url"]), *devices)
