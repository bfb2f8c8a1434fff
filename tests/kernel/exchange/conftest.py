"""A platform in memory: it remembers keys, and fails as told."""

from collections.abc import Iterator

import pytest

from minfang.kernel.exchange import connectors
from minfang.kernel.exchange.connectors import Connector, Delivery, Exchanged
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.iam.models import Person, PersonKind


class MemoryPlatform(Connector):
    """Takes messages; ``failures`` is a list of exceptions to raise first."""

    code = "memory"
    name = "内存平台"

    def __init__(self, code: str = "memory", lane: str = "") -> None:
        self.code, self.lane = code, lane  # type: ignore[misc]
        self.failures: list[Exception] = []
        self.calls: list[str] = []
        self.taken: dict[str, dict[str, object]] = {}

    def deliver(self, message: OutboxMessage) -> Delivery:
        self.calls.append(message.key)
        if self.failures:
            raise self.failures.pop(0)
        self.taken.setdefault(message.key, message.payload)
        return Delivery({"no": f"N{message.sequence}"}, Exchanged("请求", "答复", 200))


@pytest.fixture(autouse=True)
def _registry_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for book in ("_connectors", "_delivered", "_dead"):
        monkeypatch.setattr(connectors, book, {})
    monkeypatch.setenv("MINFANG_RETRY_SCHEDULE", "0s,0s,1h")
    monkeypatch.setenv("MINFANG_OUTBOX_GATE", "1h")


@pytest.fixture
def platform() -> Iterator[MemoryPlatform]:
    platform = MemoryPlatform()
    connectors.register(platform)
    return platform


@pytest.fixture
def person(db: object) -> Person:
    return Person.objects.create(username="ops", name="运维员", kind=PersonKind.STAFF)
