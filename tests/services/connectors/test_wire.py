"""Connections that stay open never give one request the answer of another."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from minfang.services.connectors import wire

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"


class Talkative:
    """A server that answers each request with the name it asked for, and may say more than it was asked."""

    def __init__(self, extra: bool) -> None:
        self.extra = extra
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
            while heard := client.recv(65536):
                client.sendall(ANSWER + heard.split()[1][-5:])
                if self.extra:
                    client.sendall(ANSWER + b"stale")


@pytest.fixture(params=[False, True], ids=["calm", "says too much"])
def server(request: pytest.FixtureRequest) -> Iterator[Talkative]:
    talkative = Talkative(request.param)
    yield talkative
    talkative.socket.close()


def ask(server: Talkative, name: str) -> str:
    return wire.send("GET", server.url + name, {}, None, 5).text


def test_every_request_gets_its_own_answer(server: Talkative) -> None:
    names = [f"{n:05d}" for n in range(1, 6)]
    answers = []
    for name in names:
        answers.append(ask(server, name))
        threading.Event().wait(0.05)
    assert answers == names


def test_a_request_broken_off_leaves_no_answer_behind(
    server: Talkative, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Comes from outside, at any instant."""

    assert ask(server, "first") == "first"
    with monkeypatch.context() as patch, pytest.raises(Killed):

        def killed(*_: object) -> None:
            raise Killed

        patch.setattr(wire.http.client.HTTPConnection, "getresponse", killed)
        ask(server, "lost!")
    assert ask(server, "third") == "third"
