"""Have a file looked into by another process, so that a hostile one cannot take this one down.

The other process (:mod:`checkroom_process`) is started at the first need and shared by all threads.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

from minfang.kernel.base.errors import Refusal
from minfang.kernel.files.buffers import Buffer
from minfang.kernel.files.kinds import Kind
from minfang.kernel.files.limits import limit

ANSWER_BYTES = 65536
ENVIRONMENT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Findings:
    """What a file turned out to be; ``made`` holds what was made of it, if anything was."""

    facts: dict[str, int]
    made: Buffer | None


def _unfinished() -> Refusal:
    return Refusal(
        "FILE_CHECK_FAILED",
        "文件检查未能在限定的时间和内存内完成，文件未接收。",
        "请用原软件另存、缩小或分册后上传。",
        status=422,
    )


class Checkroom:
    """The other process of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(limit("check", "together"))
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        self._owner = 0

    def look(self, work: str, content: Buffer, kind: Kind) -> Findings:
        """``check`` or ``preview`` a file; raises what the other process refuses with."""
        with self._places:
            made = Buffer.empty()
            try:
                answer = self._ask({"work": work, "extension": kind.extension}, content, made)
            except BaseException:
                made.close()
                raise
        if "refused" in answer:
            made.close()
            raise Refusal(**answer["refused"])
        if not answer["made"]:
            made.close()
        return Findings(answer["facts"], made if answer["made"] else None)

    def _ask(self, request: dict[str, str], content: Buffer, made: Buffer) -> dict[str, Any]:
        mine, theirs = socket.socketpair()
        with mine:
            with theirs, content.reopened() as source:
                self._send(json.dumps(request).encode(), [source.fileno(), made.fileno(), theirs.fileno()])
            mine.settimeout(limit("check", "wall_seconds") + 5)
            try:
                answer = mine.recv(ANSWER_BYTES)
            except TimeoutError:
                answer = b""
        if not answer:
            raise _unfinished()
        found: dict[str, Any] = json.loads(answer)
        return found

    def _send(self, message: bytes, descriptors: list[int]) -> None:
        with self._lock:
            for attempt in (1, 2):
                try:
                    socket.send_fds(self._open(), [message], descriptors)
                    return
                except OSError:
                    self.close()
                    if attempt == 2:
                        raise _unfinished() from None

    def _open(self) -> socket.socket:
        """The socket to the other process, which is started when there is none (or after a fork)."""
        alive = self._process is not None and self._process.poll() is None and self._owner == os.getpid()
        if self._requests is None or not alive:
            self.close()
            self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "minfang.kernel.files.checkroom_process", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
                    start_new_session=True,
                )
            self._owner = os.getpid()
        return self._requests

    def close(self) -> None:
        """Let the other process end."""
        if self._requests is not None:
            self._requests.close()
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
        self._requests = self._process = None


_room = Checkroom()


def check(content: Buffer, kind: Kind) -> Findings:
    """Refuse what must not come in; pictures come back written anew."""
    return _room.look("check", content, kind)


def word_as_html(content: Buffer, kind: Kind) -> Buffer:
    """The harmless HTML of a Word document."""
    made = _room.look("preview", content, kind).made
    if made is None:
        raise _unfinished()
    return made
