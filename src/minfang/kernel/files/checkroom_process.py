"""The checking process: started once, it forks a child for every file and bounds what the child may use.

Run as ``python -m minfang.kernel.files.checkroom_process FD``: over that socket come requests, each with the
file to look at, a place for what is made of it, and the socket for the answer. It knows neither database nor
keys, and it ends when its parent is gone.
"""

import json
import os
import resource
import signal
import socket
import sys
from typing import Any, BinaryIO

from minfang.kernel.base.errors import Refusal
from minfang.kernel.files import checks, kinds, preview
from minfang.kernel.files.limits import limit, megabytes

MESSAGE_BYTES = 4096
DESCRIPTORS = 3


def _bound() -> None:
    """Memory, time and output of this child; the alarm kills it when it merely waits."""
    memory, seconds = megabytes("check", "memory"), limit("check", "cpu_seconds")
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (megabytes("check", "output"),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    signal.alarm(limit("check", "wall_seconds"))


def _check(content: BinaryIO, out: BinaryIO, extension: str) -> dict[str, Any]:
    kind = kinds.BY_EXTENSION[extension]
    facts = checks.inspect(content, kind)
    return {"facts": facts, "made": checks.clean(content, kind, out)}


def _preview(content: BinaryIO, out: BinaryIO, _: str) -> dict[str, Any]:
    try:
        made = preview.of_word(content).encode()
    except MemoryError:
        raise
    except Exception:
        raise kinds.damaged(kinds.DOCX.label) from None
    if len(made) > megabytes("preview", "html"):
        raise Refusal("PREVIEW_TOO_LARGE", "文件过大，不能在页面内预览。", "请下载查看。", status=422)
    out.write(made)
    return {"facts": {}, "made": True}


WORK = {"check": _check, "preview": _preview}


def _answer(request: dict[str, str], source: int, target: int) -> dict[str, Any]:
    with os.fdopen(source, "rb") as content, os.fdopen(target, "wb") as out:
        try:
            return WORK[request["work"]](content, out, request["extension"])
        except Refusal as refusal:
            told = {name: getattr(refusal, name) for name in ("code", "message", "hint", "status")}
            return {"refused": told}


def _work(message: bytes, descriptors: list[int]) -> None:
    """What the child does: it answers, or it ends without an answer."""
    source, target, reply = descriptors
    try:
        _bound()
        answer = _answer(json.loads(message), source, target)
        os.write(reply, json.dumps(answer).encode())
    except BaseException as error:
        sys.stderr.write(f"a file could not be checked: {type(error).__name__}\n")
        sys.stderr.flush()
        os._exit(2)
    os._exit(0)


def serve(requests: socket.socket) -> None:
    """Until the parent closes its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, MESSAGE_BYTES, DESCRIPTORS)
        if not message:
            return
        if os.fork() == 0:
            requests.close()
            _work(message, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(socket.socket(fileno=int(sys.argv[1])))
