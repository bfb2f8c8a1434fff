"""Connections that stay open never give one request the answer of another."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from minfang.services.connectors import wire

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"


class Talkative:
    """A server that answers each request with its number, and now and then says more than it was asked."""

    def __init__(self, extra: bool) -> None:
        self.extra, self.count = extra, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/x"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, suppress(ConnectionError):
            while client.recv(65536):
                self.count += 1
                client.sendall(ANSWER + f"{self.count:05d}".encode())
                if self.extra:
                    client.sendall(ANSWER + b"stale")


@pytest.fixture(params=[False, True], ids=["calm", "says too much"])
def server(request: pytest.FixtureRequest) -> Iterator[Talkative]:
    talkative = Talkative(request.param)
    yield talkative
    talkative.socket.close()


def ask(server: Talkative) -> str:
    return wire.send("GET", server.url, {}, None, 5).text


def test_every_request_gets_its_own_answer(server: Talkative) -> None:
    answers = []
    for _ in range(5):
        answers.append(ask(server))
        threading.Event().wait(0.05)
    assert answers == [f"{n:05d}" for n in range(1, 6)]


def test_a_request_broken_off_leaves_no_answer_behind(
    server: Talkative, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Comes from outside, at any instant."""

    assert ask(server) == "00001"
    with monkeypatch.context() as patch, pytest.raises(Killed):

        def killed(*_: object) -> None:
            raise Killed

        patch.setattr(wire.http.client.HTTPConnection, "getresponse", killed)
        ask(server)
    assert ask(server) == f"{server.count:05d}"
