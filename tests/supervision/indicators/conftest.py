"""A browser for each watcher, on the day the histories are about."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from tests.support.alarm_history import NOON, people

from minfang.kernel.base import clock


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """It is noon of 14 July 2026."""
    with clock.moved_to(NOON):
        yield


@pytest.fixture
def browsers(db: None) -> dict[str, Client]:
    """Everybody signed in."""
    found = {}
    for name, person in people().items():
        found[name] = Client()
        found[name].force_login(person)
    return found


@pytest.fixture
def get(browsers: dict[str, Client]) -> Callable[..., Any]:
    """Ask the API as a person."""

    def ask(address: str, person: str = "watcher", status: int = 200, **query: Any) -> Any:
        answer = browsers[person].get(f"/api/office{address}", query)
        assert answer.status_code == status, answer.content.decode()[:400]
        return answer.json() if "json" in answer["Content-Type"] else answer.content

    return ask


@pytest.fixture
def send(browsers: dict[str, Client]) -> Callable[..., Any]:
    """Send to the API as a person."""

    def ask(address: str, body: Any, person: str = "watcher", status: int = 200, method: str = "POST") -> Any:
        answer = browsers[person].generic(
            method, f"/api/office{address}", json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == status, answer.content.decode()[:400]
        return answer.json()

    return ask
