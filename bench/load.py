"""Many users at once over HTTP, each with a connection of their own."""

import http.client
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.measure import Result, quantile, times_of

PAGE_RUNS = 40
TOKEN = "b" * 32
Choice = Callable[[random.Random], tuple[str, str]]
"""Gives the name of what is measured and the path to ask for."""


@dataclass
class User:
    """One signed-in browser that keeps its connection."""

    url: str
    session: str
    connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, *, method: str = "GET", body: bytes | None = None) -> tuple[float, int, bytes]:
        """Seconds until the whole answer was there, its status and content."""
        begun = time.perf_counter()
        if self.connection is None:
            place = urlsplit(self.url)
            self.connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
        headers = {"Cookie": f"minfang_session={self.session}; minfang_csrf={TOKEN}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "X-CSRFToken": TOKEN, "Origin": self.url}
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            self.connection = None
            return time.perf_counter() - begun, 0, b""
        return time.perf_counter() - begun, answer.status, content


@dataclass
class Outcome:
    """What a crowd of users saw."""

    seconds: float
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return sum(len(values) for values in self.times.values()) / self.seconds


def crowd(
    users: Iterable[tuple[User, Choice]], seconds: float, think: tuple[float, float] | None, seed: int = 1
) -> Outcome:
    """Let users ask for ``seconds``; between answers they think, or not at all (saturation)."""
    begun = time.perf_counter()
    outcome, lock = Outcome(seconds), threading.Lock()

    def live(user: User, choose: Choice, number: int) -> None:
        chance = random.Random(seed * 1000 + number)
        if think:
            time.sleep(chance.uniform(0, think[1]))
        while time.perf_counter() - begun < seconds:
            name, path = choose(chance)
            took, status, content = user.ask(path)
            with lock:
                if status == 200:
                    outcome.times[name].append(took)
                else:
                    outcome.failures.append(f"{path}: {status} {content[:200]!r}")
            if think:
                time.sleep(chance.uniform(*think))

    threads = [
        threading.Thread(target=live, args=(user, choose, number))
        for number, (user, choose) in enumerate(users)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


def timed_page(user: User, name: str, path: str, target: float) -> Result:
    """How long one person waits for a page of a list; the first time does not count."""
    _, status, content = user.ask(path)
    if status != 200:
        raise RuntimeError(f"{path}: {status} {content[:200]!r}")
    found = json.loads(content)
    rows = len(found.get("rows", found.get("items")))
    times = times_of(lambda: user.ask(path), PAGE_RUNS)
    note = f"HTTP，{rows} 行，共 {found['total']} 行，{len(content) // 1024} KB"
    return Result(name, quantile(times), "s", target, quantile(times, 0.5), note=note)
