"""Too often is refused with the time to wait, and is on the record."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.iam import policy
from minfang.kernel.iam.models import Person, PersonKind
from minfang.kernel.rates import actions
from minfang.kernel.rates.models import RateCount


@pytest.fixture(autouse=True)
def limited(settings: Any) -> Iterator[None]:
    settings.RATE_LIMITS = True
    actions.forget()
    yield
    actions.forget()


def kind(code: str) -> actions.Kind:
    return next(kind for kind in actions.kinds() if kind.code == code)


def post(client: Client, path: str) -> Any:
    return client.post(path, "{}", content_type="application/json")


@pytest.mark.django_db
def test_the_eleventh_sign_in_of_an_address_within_a_minute_waits_and_is_recorded() -> None:
    client = Client()
    for _ in range(10):
        assert post(client, "/api/session/password").status_code != 429
    answer = post(client, "/api/session/password")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 61
    assert answer.json()["message"] == "登录过于频繁，本次未执行。"
    assert AuditEvent.objects.filter(action="rate.exceeded", result="REFUSED").exists()
    assert post(Client(REMOTE_ADDR="10.9.8.7"), "/api/session/password").status_code != 429
    with clock.moved_to(clock.now() + timedelta(minutes=1)):
        assert post(client, "/api/session/password").status_code != 429


@pytest.mark.django_db
def test_searching_is_counted_for_the_person_not_the_address() -> None:
    most, _ = policy.rate(policy.current().rate_search)
    first, second = (
        Person.objects.create(username=name, name=name, kind=PersonKind.STAFF)
        for name in ("rate.a", "rate.b")
    )
    client = Client()
    client.force_login(first)
    for _ in range(most):
        assert client.get("/api/office/search?q=abc").status_code != 429
    assert client.get("/api/office/search?q=abc").status_code == 429
    client.force_login(second)
    assert client.get("/api/office/search?q=abc").status_code != 429


def test_ordinary_calls_have_no_rate() -> None:
    assert actions.kind_of("GET", "/api/office/cases") is None
    assert actions.kind_of("POST", "/api/office/cases/1/act") is None
    exporting = actions.kind_of("GET", "/api/office/cases.xlsx")
    assert exporting is not None
    assert exporting.code == "export"


@pytest.mark.django_db(transaction=True)
def test_forty_threads_at_once_are_counted_one_by_one() -> None:
    def act(_: int) -> int:
        try:
            return actions.exceeded(kind("sign_in"), "address:10.0.0.1")
        finally:
            connection.close()

    with clock.moved_to(clock.now().replace(second=5)), ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(act, range(40)))
    assert sum(1 for wait in waits if wait == 0) == 10
    assert RateCount.objects.get().count == 40


@pytest.mark.django_db
def test_old_counts_are_forgotten_and_addresses_are_not_kept_in_clear() -> None:
    actions.exceeded(kind("sign_in"), "address:10.0.0.1")
    assert "10.0.0.1" not in RateCount.objects.get().subject
    with clock.moved_to(clock.now() + timedelta(days=3)):
        assert actions.purge() == 1
