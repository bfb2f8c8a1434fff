"""HTTP/1.1 with connections that stay open, one for each thread and server."""

import http.client
import json
import select
import ssl
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

_kept = threading.local()
MOST_KEPT = 8
HUNG_UP = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class ConnectionFailed(Exception):
    """The server could not be reached, or hung up without an answer."""


@dataclass(frozen=True)
class Response:
    """A whole answer."""

    status: int
    media_type: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as text; bytes that are none are shown as such."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The content as JSON; raises ``ValueError`` when it is none."""
        return json.loads(self.content)


def json_bytes(value: Any) -> bytes:
    """A value as JSON for the wire; what the fast writer does not know (very long numbers) the slow way."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False).encode()


def send(method: str, url: str, headers: dict[str, str], content: bytes | None, timeout: float) -> Response:
    """One request with its answer; ``timeout`` (seconds) bounds connecting and each wait for data.

    A connection the server closed while it was idle is opened anew once: the request never reached anybody.
    Raises ``TimeoutError`` or :class:`ConnectionFailed`.
    """
    parts = urlsplit(url)
    place = (parts.scheme, parts.netloc)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    while True:
        connection, was_open = _connection(place, timeout)
        try:
            return _exchange(connection, method, path, headers, content)
        except BaseException as error:
            _forget(place)
            if isinstance(error, HUNG_UP) and was_open:
                continue
            if isinstance(error, TimeoutError) or not isinstance(error, (OSError, http.client.HTTPException)):
                raise
            raise ConnectionFailed(type(error).__name__) from error


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: dict[str, str],
    content: bytes | None,
) -> Response:
    connection.request(method, path, body=content, headers=headers)
    answer = connection.getresponse()
    return Response(answer.status, answer.headers.get("content-type", ""), answer.read())


def _open_ones() -> dict[tuple[str, str], http.client.HTTPConnection]:
    found: dict[tuple[str, str], http.client.HTTPConnection] | None = getattr(_kept, "open", None)
    if found is None:
        found = _kept.open = {}
    return found


def _connection(place: tuple[str, str], timeout: float) -> tuple[http.client.HTTPConnection, bool]:
    """The connection of this thread to a server, and whether it was open before."""
    known = _open_ones()
    connection = known.get(place)
    if connection is not None and _has_something_to_say(connection):
        _forget(place)
        connection = None
    if connection is None:
        if len(known) >= MOST_KEPT:
            _forget(next(iter(known)))
        scheme, server = place
        if scheme == "https":
            connection = http.client.HTTPSConnection(server, context=ssl.create_default_context())
        else:
            connection = http.client.HTTPConnection(server)
        known[place] = connection
    connection.timeout = timeout
    if connection.sock is not None:
        connection.sock.settimeout(timeout)
    return connection, connection.sock is not None


def _has_something_to_say(connection: http.client.HTTPConnection) -> bool:
    """Data on an idle connection: a server that hung up, or an answer nobody waits for; never ours."""
    return connection.sock is not None and bool(select.select([connection.sock], [], [], 0)[0])


def _forget(place: tuple[str, str]) -> None:
    connection = _open_ones().pop(place, None)
    if connection is not None:
        connection.close()
