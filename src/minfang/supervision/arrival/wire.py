"""A small NATS client for one thread: requests, and messages in bulk.

nats-py hands over about 30 000 messages a second; this reads the socket in large pieces and cuts them, which
is several times that, because the ingest process does nothing else with its connection.
"""

import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlparse

import orjson

READ = 1 << 20
Message = tuple[bytes, bytes, bytes, bytes]  # subject, reply, status, payload


class BrokerAway(Exception):
    """The connection is gone or was refused."""


class BrokerError(Exception):
    """The broker answered with an error; ``code`` is JetStream's."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass
class _Address:
    host: str
    port: int
    user: str
    password: str
    tls: bool


def _parse(url: str) -> _Address:
    parts = urlparse(url)
    return _Address(
        parts.hostname or "127.0.0.1",
        parts.port or 4222,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        parts.scheme in ("tls", "nats+tls"),
    )


class Connection:
    """One connection; not for several threads. Everything that fails raises ``BrokerAway``."""

    def __init__(self, url: str, name: str = "minfang", timeout: float = 5.0) -> None:
        """Connect to the first of the comma-separated addresses that answers."""
        trouble = "no address"
        for one in url.split(","):
            try:
                self._connect(_parse(one.strip()), name, timeout)
                return
            except (OSError, BrokerAway, ValueError) as error:
                trouble = f"{type(error).__name__}: {error}"[:200]
        raise BrokerAway(trouble)

    def _connect(self, address: _Address, name: str, timeout: float) -> None:
        self._buffer = bytearray()
        self._position = 0
        self._waiting: list[Message] = []
        self._requests = 0
        self._socket = socket.create_connection((address.host, address.port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not self._buffer.endswith(b"\r\n"):
            self._receive()
        if b'"tls_required":true' in self._buffer or address.tls:
            self._socket = ssl.create_default_context().wrap_socket(
                self._socket, server_hostname=address.host
            )
        self._buffer.clear()
        options = {
            "user": address.user,
            "pass": address.password,
            "name": name,
            "lang": "python",
            "version": "1",
            "protocol": 1,
            "verbose": False,
            "pedantic": False,
            "headers": True,
            "no_responders": True,
        }
        self._inbox = f"_INBOX.{time.monotonic_ns():x}{id(self):x}".encode()
        self.send(b"CONNECT " + orjson.dumps(options) + b"\r\nSUB " + self._inbox + b".> 1\r\nPING\r\n")
        self._until_pong(timeout)

    def _until_pong(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        self._pong = False
        while not self._pong:
            self._waiting += self.read(max(0.01, deadline - time.monotonic()))
            if time.monotonic() > deadline:
                raise BrokerAway("no answer to PING")

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send protocol lines."""
        try:
            self._socket.settimeout(10)
            self._socket.sendall(data)
        except OSError as error:
            raise BrokerAway(str(error)) from error

    def publish(self, subject: bytes, payload: bytes = b"", reply: bytes = b"") -> None:
        """Send one message."""
        self.send(b"PUB %b %b %d\r\n%b\r\n" % (subject, reply, len(payload), payload))

    def subscribe(self, subject: bytes, number: int, queue: bytes = b"") -> None:
        """Listen; ``number`` is this subscription's own, above 1."""
        self.send(b"SUB %b %b %d\r\n" % (subject, queue, number))

    def unsubscribe(self, number: int) -> None:
        """Listen no more."""
        self.send(b"UNSUB %d\r\n" % number)

    def own(self, suffix: bytes) -> bytes:
        """A subject of ours that needs a subscription of its own."""
        return self._inbox + b"-" + suffix

    def inbox(self, suffix: bytes) -> bytes:
        """An address of ours others answer to."""
        return self._inbox + b"." + suffix

    def _receive(self) -> None:
        try:
            data = self._socket.recv(READ)
        except TimeoutError:
            return
        except OSError as error:
            raise BrokerAway(str(error)) from error
        if not data:
            raise BrokerAway("closed by the broker")
        self._buffer += data

    def read(self, timeout: float) -> list[Message]:
        """All messages that are there; waits up to ``timeout`` seconds for the first."""
        if self._waiting:
            found, self._waiting = self._waiting, []
            return found
        self._socket.settimeout(max(timeout, 0.0005))
        self._receive()
        return self._cut()

    def _cut(self) -> list[Message]:
        """Cut the buffer into messages; what is incomplete stays."""
        data = bytes(self._buffer)
        found: list[Message] = []
        position, size = 0, len(data)
        while True:
            end = data.find(b"\r\n", position)
            if end < 0:
                break
            first = data[position]
            if first in (72, 77):  # HMSG, MSG
                words = data[position:end].split()
                stop = end + 2 + int(words[-1])
                if stop + 2 > size:
                    break
                found.append(_message(data, words, end + 2, stop, first == 72))
                position = stop + 2
            else:
                self._control(data[position:end])
                position = end + 2
        del self._buffer[:position]
        return found

    def _control(self, line: bytes) -> None:
        if line.startswith(b"PING"):
            self.send(b"PONG\r\n")
        elif line.startswith(b"PONG"):
            self._pong = True
        elif line.startswith(b"-ERR") and b"Permissions" not in line:
            raise BrokerAway(line.decode("utf-8", "replace"))

    def request(self, subject: str, content: Any = None, timeout: float = 5.0) -> dict[str, Any]:
        """Ask JetStream's API. Raises ``BrokerError`` where it refuses."""
        self._requests += 1
        reply = self.inbox(b"r%d" % self._requests)
        self.publish(subject.encode(), orjson.dumps(content) if content is not None else b"", reply)
        deadline, others = time.monotonic() + timeout, list[Message]()
        try:
            while time.monotonic() < deadline:
                messages = self.read(deadline - time.monotonic())
                others += [message for message in messages if message[0] != reply]
                if answers := [message for message in messages if message[0] == reply]:
                    return _answer(answers[0])
        finally:
            self._waiting = others + self._waiting
        raise BrokerAway(f"no answer to {subject}")


def _message(data: bytes, words: list[bytes], start: int, stop: int, headed: bool) -> Message:
    """One message of ``data``; ``status`` is empty unless the broker itself speaks (404, 408, 409, 503)."""
    if not headed:
        return words[1], words[3] if len(words) == 5 else b"", b"", data[start:stop]
    split = start + int(words[-2])
    status = data[start + 9 : start + 12] if data[start + 8 : start + 9] == b" " else b""
    return words[1], words[3] if len(words) == 6 else b"", status, data[split:stop]


def _answer(message: Message) -> dict[str, Any]:
    if not message[3]:
        raise BrokerError(503, "nobody answers: JetStream is not available")
    answer: dict[str, Any] = orjson.loads(message[3])
    if error := answer.get("error"):
        raise BrokerError(int(error.get("code", 0)), str(error.get("description", "")))
    return answer
