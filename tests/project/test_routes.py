"""Every route of the API declares who may use it, and answers nobody else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from minfang.kernel.iam.models import Person, Role
from minfang.project.api import api
from minfang.sandbox import demo
from minfang.services.actions import publishing

PEOPLE = {
    "applicant": "gu.shuyan",
    "prereviewer": "huang.siqi",
    "handler": "shen.jiahe",
    "section_head": "fan.zhiyuan",
    "deputy_director": "lu.wenyuan",
    "director": "xu.hecheng",
    "cert_issuer": "qiao.an",
    "sys_admin": "sys.admin",
    "sec_admin": "sec.admin",
    "auditor": "audit.admin",
}


def routes() -> Iterator[tuple[str, str, str]]:
    """Method, address with parameters filled in, and declared permission of every operation."""
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                guards = operation.auth_callbacks or router.auth or []
                permissions = {getattr(guard, "permission", None) for guard in guards}
                for method in operation.methods:
                    address = "/api" + "/".join(part for part in (prefix, path.strip("/")) if part).replace(
                        "//", "/"
                    )
                    address = "/api/" + address.removeprefix("/api").lstrip("/")
                    assert len(permissions) == 1, f"{method} {address}: {permissions}"
                    yield method, address, str(permissions.pop())


def fill(address: str) -> str:
    """Parameters replaced by values that belong to nobody."""
    address = re.sub(r"\{(?:uuid:)?file_id\}", "00000000-0000-0000-0000-000000000000", address)
    return re.sub(r"\{[^}]+\}", "999999999", address)


@pytest.fixture
def people(db: None) -> dict[str, Any]:
    if not Person.objects.filter(username="shen.jiahe").exists():
        publishing.load_all()
        demo.ensure_accounts()
    return {role: Person.objects.get(username=name) for role, name in PEOPLE.items()}


def permissions_of(role: str) -> set[str]:
    """What a role may do, from the role definitions."""
    return {"portal.use"} if role == "applicant" else set(Role.objects.get(code=role).permissions)


def ask(client: Client, method: str, address: str) -> int:
    return client.generic(method, address, "{}", content_type="application/json").status_code


def test_every_route_declares_exactly_one_permission() -> None:
    found = list(routes())
    assert len(found) > 35
    undeclared = [row for row in found if row[2] in ("None", "")]
    assert undeclared == []


@pytest.mark.django_db
def test_nobody_uses_a_closed_route_without_signing_in() -> None:
    for method, address, permission in routes():
        status = ask(Client(), method, fill(address))
        if permission == "public":
            assert status != 401, (method, address)
        else:
            assert status == 401, (method, address, status)


@pytest.mark.django_db
def test_each_role_reaches_the_routes_of_its_permissions_and_no_others(people: dict[str, Person]) -> None:
    for role, person in people.items():
        client, held = Client(), permissions_of(role)
        client.force_login(person)
        for method, address, permission in routes():
            if permission == "public":
                continue
            status = ask(client, method, fill(address))
            allowed = permission in ("signed_in", "signing_in") or permission in held
            if allowed:
                assert status not in (401, 403), (role, method, address, status)
            else:
                assert status == 403, (role, method, address, status)
