"""A file of a hundred mebibytes through a web process, in pieces as the browser sends it."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psutil

from bench.load import TOKEN
from bench.measure import Result
from bench.world import World, session_of

MEBIBYTE = 1024 * 1024
PIECE = 5 * MEBIBYTE
WARM, WHOLE = 10 * MEBIBYTE, 100 * MEBIBYTE
FINISH_SECONDS, GROWN_MEBIBYTES = 8.0, 40.0
WATCH_SECONDS = 0.02


def upload(world: World) -> list[Result]:
    """How long the last call takes that checks and keeps the file, and what the web process grows by."""
    from minfang.kernel.iam.models import Person

    browser = Browser(world.url, session_of(Person.objects.get(username="gu.shuyan")))
    browser.whole_way(WARM)
    with _watched(world) as grown:
        sent, finished = browser.whole_way(WHOLE)
    note = f"{WHOLE // MEBIBYTE} MiB，传输 {sent:.1f} s"
    return [
        Result("文件检查入库", finished, "s", FINISH_SECONDS, note=note),
        Result("上传时进程内存增长", max(grown), "MiB", GROWN_MEBIBYTES, note="峰值，增长最多的进程"),
    ]


@dataclass
class Browser:
    """One applicant on one connection, so that one web process takes all pieces."""

    url: str
    session: str

    def __post_init__(self) -> None:
        place = urlsplit(self.url)
        self.connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)

    def ask(self, method: str, path: str, body: bytes | dict[str, Any] = b"") -> dict[str, Any]:
        """The answer as JSON; raises at any refusal."""
        plain = isinstance(body, bytes)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "Cookie": f"minfang_session={self.session}; minfang_csrf={TOKEN}",
            "Content-Type": "application/octet-stream" if plain else "application/json",
            "X-CSRFToken": TOKEN,
            "Origin": self.url,
            "Idempotency-Key": str(uuid.uuid4()),
        }
        self.connection.request(method, f"/api{path}", content, headers)
        answer = self.connection.getresponse()
        told = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {answer.status} {told[:300]!r}")
        found: dict[str, Any] = json.loads(told)
        return found

    def whole_way(self, size: int) -> tuple[float, float]:
        """Begin, send all pieces, finish; seconds of the sending and of the last call."""
        from tests.support.uploads import large_pdf

        case = self.ask("POST", "/portal/cases", {"matter": "BASEMENT_SYNC", "again": True})["id"]
        wanted = {"name": f"{size}.pdf", "size": size, "case_id": case, "code": "M4-03"}
        path = f"/uploads/{self.ask('POST', '/uploads', wanted)['id']}"
        begun, offset = time.perf_counter(), 0
        for piece in _pieces(large_pdf(size)):
            self.ask("PATCH", f"{path}?offset={offset}", piece)
            offset += len(piece)
        sent = time.perf_counter()
        state = self.ask("POST", f"{path}/finish")["state"]
        finished = time.perf_counter()
        if state != "DONE":
            raise RuntimeError(f"the file did not come in: {state}")
        return sent - begun, finished - sent


def _pieces(content: Iterator[bytes]) -> Iterator[bytes]:
    kept = bytearray()
    for given in content:
        kept += given
        while len(kept) >= PIECE:
            yield bytes(kept[:PIECE])
            del kept[:PIECE]
    if kept:
        yield bytes(kept)


def _web_processes(world: World) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        try:
            ours = process.environ().get("MINFANG_HOME") == str(world.home)
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
        if ours and "granian" in (process.info["cmdline"] or []):
            found.append(process)
    if not found:
        raise RuntimeError("no web process found")
    return found


@contextmanager
def _watched(world: World) -> Iterator[list[float]]:
    """By how many mebibytes each web process grew at most while the block ran."""
    grown: list[float] = []
    processes = _web_processes(world)
    before = [process.memory_info().rss for process in processes]
    high, stop = list(before), threading.Event()

    def watch() -> None:
        while not stop.wait(WATCH_SECONDS):
            for number, process in enumerate(processes):
                high[number] = max(high[number], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        stop.set()
        watcher.join()
        grown += [(most - first) / MEBIBYTE for most, first in zip(high, before, strict=True)]
