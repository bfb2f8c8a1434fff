"""The virus scanner behind one function. What could not be scanned counts as not clean.

``MINFANG_ANTIVIRUS`` names the scanner: ``clamd://host:port``, ``clamd:///path/of/socket`` or ``none``.
``none`` is for demonstrations only; anything else that is unusable fails every scan.
"""

import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import ParseResult, urlparse

from django.conf import settings

from minfang.kernel.files.limits import limit

ANSWER_BYTES = 4096


@dataclass(frozen=True)
class Clean:
    """Nothing found; ``engine`` says who looked."""

    engine: str


@dataclass(frozen=True)
class Infected:
    """The scanner knows this: ``name`` is what it calls it."""

    name: str


@dataclass(frozen=True)
class ScanFailed:
    """No judgement; ``permanent`` when asking again would not help (too large for the scanner)."""

    reason: str
    permanent: bool = False


@dataclass(frozen=True)
class NotScanned:
    """There is no scanner in this environment."""


Verdict = Clean | Infected | ScanFailed | NotScanned


def is_configured() -> bool:
    """Whether files are scanned here at all."""
    return bool(settings.ANTIVIRUS_URL != "none" or not settings.DEMO)


def scan(pieces: Iterable[bytes]) -> Verdict:
    """Have a file scanned, given in pieces of any size."""
    if not is_configured():
        return NotScanned()
    address = urlparse(settings.ANTIVIRUS_URL)
    if address.scheme != "clamd":
        return ScanFailed("未配置病毒扫描")
    try:
        return _ask_clamd(address, pieces)
    except TimeoutError:
        return ScanFailed("病毒扫描服务超时")
    except OSError:
        return ScanFailed("病毒扫描服务连接不上")


def _connect(address: ParseResult) -> socket.socket:
    seconds = limit("antivirus", "connect_seconds")
    if address.hostname:
        return socket.create_connection((address.hostname, address.port or 3310), seconds)
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(seconds)
    try:
        made.connect(address.path)
    except OSError:
        made.close()
        raise
    return made


def _ask_clamd(address: ParseResult, pieces: Iterable[bytes]) -> Verdict:
    """clamd's INSTREAM: length-prefixed pieces, an empty one at the end, one line back."""
    with _connect(address) as daemon:
        daemon.settimeout(limit("antivirus", "answer_seconds"))
        try:
            daemon.sendall(b"zINSTREAM\0")
            for piece in _small(pieces):
                daemon.sendall(struct.pack("!L", len(piece)) + piece)
            daemon.sendall(struct.pack("!L", 0))
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hangs up when the stream is too long for it; its answer is still there to be read
        return _verdict(_line(daemon))


def _small(pieces: Iterable[bytes]) -> Iterable[bytes]:
    size = limit("antivirus", "chunk_kb") * 1024
    for piece in pieces:
        for start in range(0, len(piece), size):
            yield piece[start : start + size]


def _line(daemon: socket.socket) -> str:
    got = bytearray()
    try:
        while len(got) < ANSWER_BYTES and not got.endswith((b"\0", b"\n")):
            piece = daemon.recv(ANSWER_BYTES)
            if not piece:
                break
            got += piece
    except ConnectionResetError:
        pass
    return got.rstrip(b"\0\r\n").decode("utf-8", "replace")


def _verdict(line: str) -> Verdict:
    if line == "stream: OK":
        return Clean("clamd")
    if line.startswith("stream: ") and line.endswith(" FOUND"):
        return Infected(line.removeprefix("stream: ").removesuffix(" FOUND")[:100])
    if "size limit exceeded" in line:
        return ScanFailed("文件超过病毒扫描服务的大小上限", permanent=True)
    return ScanFailed("病毒扫描服务未给出结论")
