"""Nonsense sent to every operation, as every kind of person: answered with a sentence, never with a fault."""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings

from minfang.kernel.iam.models import Person
from minfang.project.api import api
from minfang.project.wsgi import application
from minfang.sandbox import demo, demo_cases
from minfang.services.actions import publishing

EXAMPLES = int(os.environ.get("MINFANG_FUZZ_EXAMPLES", "3"))
TOKEN = "f" * 32
ROLES = {
    "nobody": "",
    "applicant": "gu.shuyan",
    "handler": "shen.jiahe",
    "section_head": "fan.zhiyuan",
    "sys_admin": "sys.admin",
    "sec_admin": "sec.admin",
    "auditor": "audit.admin",
}
LEFT_OUT = {
    "sign_out",  # ends the session of everything that follows
}


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[None]:
    """Definitions, people and some cases, gone after this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        publishing.load_all()
        demo.ensure_accounts()
        demo_cases.ensure(20, tmp_path_factory.mktemp("fuzz"), light=True)
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The application's requests stay in the transaction of the test, which is undone."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def cookies_of(username: str) -> dict[str, str]:
    """The cookies of a signed-in browser."""
    client = Client()
    if username:
        client.force_login(Person.objects.get(username=username))
    return {name: morsel.value for name, morsel in client.cookies.items()} | {"minfang_csrf": TOKEN}


@cache
def operations() -> list[Any]:
    """The operations of the API, read once a process: writing the document alone takes seconds."""
    schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
    schema.app = application
    return [found.ok() for found in schema.get_all_operations()]


@cache
def permissions() -> dict[str, set[str]]:
    """The permission each operation declares."""
    return {
        str(operation.operation_id): {
            str(getattr(guard, "permission", "")) for guard in (operation.auth_callbacks or router.auth or [])
        }
        for _, router in api._routers
        for view in router.path_operations.values()
        for operation in view.operations
    }


def may_use(role: str, operation_id: str, held: set[str]) -> bool:
    """Whether this role gets past the door of an operation; the closed doors are tested elsewhere."""
    wanted = permissions().get(operation_id, set())
    if role == "nobody":
        return "public" in wanted
    return bool(wanted & (held | {"signed_in"})) or "public" in wanted


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_nothing_a_client_can_send_is_a_fault_of_ours(role: str, filled: None) -> None:
    from minfang.kernel.iam.access import Access

    username = ROLES[role]
    held = set(Access(Person.objects.get(username=username)).permissions) if username else set()
    faults: list[str] = []
    for operation in operations():
        name = str(operation.definition.raw.get("operationId"))
        if name in LEFT_OUT or not may_use(role, name, held):
            continue
        with transaction.atomic():
            faults += _tried(operation, cookies_of(username))
            transaction.set_rollback(True)
    assert not faults, "\n".join(faults)


def _tried(operation: Any, cookies: dict[str, str]) -> list[str]:
    found: list[str] = []

    @seed(20261122)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def attempt(case: Any) -> None:
        with transaction.atomic():
            response = case.call(headers={"X-CSRFToken": TOKEN}, cookies=cookies)
            transaction.set_rollback(True)
        if response.status_code >= 500:
            sent = case.as_curl_command()[:400]
            found.append(f"{operation.method.upper()} {operation.path} {response.status_code}: {sent}")

    attempt()
    return found[:1]
