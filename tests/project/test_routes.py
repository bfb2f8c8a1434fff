"""Every route of the API stands in the table of routes, and lets in exactly whom the table names.

A new route needs a row in ``tests/project/routes.toml``; the failing test prints one to begin with.
"""

import io
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from ninja import Schema
from PIL import Image
from tests.support import route_objects, route_table
from tests.support.route_table import EVERYBODY, OPEN, Route, bare, filled

from minfang.kernel.iam.models import Person
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
    "iot_watcher": "tao.yiming",
    "iot_disposer": "han.liqun",
    "iot_admin": "gu.lianchuan",
}
FRESH = b"FRESH_AUTH_NEEDED"
pytestmark = pytest.mark.django_db


def routes() -> Iterator[tuple[str, str, str]]:
    """Method, address and declared permission of every operation."""
    for method, address, permissions in route_table.routes():
        assert len(permissions) == 1, f"{method} {address}: {permissions}"
        yield method, address, next(iter(permissions))


def fill(address: str) -> str:
    """Parameters replaced by values that belong to nobody."""
    return filled(address, {})


@pytest.fixture
def people(db: None) -> dict[str, Any]:
    """Definitions and people, put back if a test with real transactions took them away."""
    if not Person.objects.filter(username="shen.jiahe").exists():
        publishing.load_all()
        demo.ensure_accounts()
    return {role: Person.objects.get(username=name) for role, name in PEOPLE.items()}


@pytest.fixture
def objects(people: dict[str, Any], settings: Any) -> dict[str, dict[str, Any]]:
    """Everything three applications at three offices consist of."""
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.2
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, "PNG")
    return route_objects.make(out.getvalue())


def ask(client: Client, method: str, address: str, body: Any = None) -> Any:
    """One request whose changes are taken back."""
    with transaction.atomic():
        answer = client.generic(method, address, json.dumps(body or {}), content_type="application/json")
        transaction.set_rollback(True)
    return answer


def kept_out(answer: Any) -> bool:
    """Whether the person was refused as such (and not only asked to confirm who they are)."""
    return answer.status_code in (401, 403) and FRESH not in answer.content


def test_every_route_declares_exactly_one_permission() -> None:
    found = list(routes())
    assert len(found) > 150
    assert [row for row in found if row[2] in ("None", "")] == []


def test_every_route_stands_in_the_table_once(people: dict[str, Person]) -> None:
    table = {row.call: row for row in route_table.rows()}
    assert len(table) == len(route_table.rows()), "a route stands in the table twice"
    product = {f"{method} {bare(address)}": permission for method, address, permission in routes()}
    missing = [
        route_table.suggestion(*call.split(" "), permission)
        for call, permission in product.items()
        if call not in table
    ]
    assert not missing, f"write these rows into {route_table.TABLE} (look at the scope):\n{''.join(missing)}"
    gone = sorted(set(table) - set(product))
    assert not gone, f"take these rows out of tests/project/routes.toml: {gone}"
    other = [call for call, permission in product.items() if table[call].permission != permission]
    assert not other, f"the declared permission is not the one of the table: {other}"


def test_the_roles_of_the_table_are_those_that_hold_the_permission(people: dict[str, Person]) -> None:
    for row in route_table.rows():
        if row.permission not in OPEN:
            assert sorted(row.roles) == sorted(route_table.holders_of(row.permission)), row.call


def test_every_role_is_tried() -> None:
    held = {code for row in route_table.rows() for code in row.roles}
    untried = held - set(PEOPLE) - {"window_clerk", "seal_admin", EVERYBODY}
    assert not untried, f"name a person for these roles in {__name__}.PEOPLE: {untried}"


def test_no_two_parts_of_the_api_share_a_name() -> None:
    """The API document knows parts by name: of two alike, one would describe both."""

    def below(kind: type[Any]) -> Iterator[type[Any]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    ours = {kind for kind in below(Schema) if kind.__module__.startswith("minfang.")}
    twice = [name for name, count in Counter(kind.__name__ for kind in ours).items() if count > 1]
    assert twice == []


def test_nobody_uses_a_closed_route_without_signing_in(people: dict[str, Person]) -> None:
    stranger = Client()
    for row in route_table.rows():
        stranger.cookies.clear()
        status = ask(stranger, row.method, fill(row.address)).status_code
        if row.permission == "public":
            assert status != 401, row.call
        else:
            assert status == 401, (row.call, status)


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_reaches_the_routes_of_the_table_and_no_others(people: dict[str, Person], role: str) -> None:
    client = Client()
    client.force_login(people[role])
    held = {role} if role == "applicant" else set(people[role].grants.values_list("role__code", flat=True))
    for row in route_table.rows():
        if row.permission == "public":
            continue
        answer = ask(client, row.method, fill(row.address))
        if not row.lets_in(held):
            assert answer.status_code == 403, (role, row.call, answer.status_code)
        else:
            assert not kept_out(answer), (role, row.call, answer.content)


def expected(scope: dict[str, Any], username: str, place: str) -> str:
    """What the table says this person gets of an object at that place; what is not written is 404."""
    answer: str = scope.get(username, {}).get(place, "404")
    return answer


def fault(row: Route, want: str, answer: Any, secrets: list[str]) -> str:
    """What is wrong with an answer; empty when it is as the table says."""
    if want == "allowed":
        status = answer.status_code
        return "kept out" if status in (401, 403, 404, 500) and status not in row.reached else ""
    if answer.status_code != 404:
        return "let in"
    text = answer.content.decode()
    if json.loads(text)["code"] != "NOT_FOUND" or any(secret in text for secret in secrets):
        return "tells too much"
    return ""


@pytest.mark.slow
def test_nobody_reaches_an_object_that_is_not_theirs(objects: dict[str, dict[str, Any]]) -> None:
    """Change the ids in the address: other district, other applicant, every role (B.14, B.15)."""
    scopes = route_table.table()["scope"]
    actors = sorted({name for scope in scopes.values() for name in scope})
    browsers = {name: route_objects.browser(name) for name in actors}
    roles = {name: roles_of(name) for name in actors}
    tried, faults = Counter[str](), []
    for row in route_table.rows():
        if row.scope == "none":
            continue
        for name in actors:
            if not row.lets_in(roles[name]):
                continue
            for place, ids in objects.items():
                address = filled(row.address, ids) + (f"?{row.query}" if row.query else "")
                want = expected(scopes[row.scope], name, place)
                answer = ask(browsers[name], row.method, address, route_table.body_of(row, ids))
                tried[want] += 1
                if wrong := fault(row, want, answer, ids["secrets"]):
                    faults.append(f"{wrong}: {row.call} as {name} at {place}: {answer.status_code}")
    assert not faults, "\n".join(faults)
    assert min(tried["allowed"], tried["404"]) > 100


def roles_of(username: str) -> set[str]:
    person = Person.objects.get(username=username)
    held = set(person.grants.values_list("role__code", flat=True))
    return held or {"applicant"}


def test_ids_of_others_beside_ones_own_are_refused(objects: dict[str, dict[str, Any]]) -> None:
    """Under the address of one's own case nothing of others is met, in the rest of it or in the body."""
    own, other = objects["city"], objects["pudong"]
    portal, office = f"/portal/cases/{own['case_id']}", f"/office/cases/{own['case_id']}"
    review = {"state": "ACCEPTED"}
    file = {"name": "a.png", "size": 10, "case_id": other["case_id"], "code": other["code"]}
    act = {
        "item_id": other["item_id"],
        "verb": "complete",
        "outcome": "PASS",
        "opinion": "同意",
        "seen_version": 1,
    }
    stranger = Person.objects.get(username="pd.tang.yue").pk
    transfer = {**act, "item_id": own["item_id"], "verb": "transfer", "transfer_to": stranger}
    upload = {"upload_id": str(other["upload_id"])}
    applicant, officer = route_objects.browser("gu.shuyan"), route_objects.browser("huang.siqi")
    for client, method, address, body in (
        (applicant, "DELETE", f"{portal}/handed-in/{other['material_id']}", {}),
        (applicant, "POST", f"{portal}/materials/{own['code']}/from-upload", upload),
        (applicant, "POST", "/uploads", file),
        (officer, "POST", f"{office}/materials/{other['material_id']}/review", review),
        (officer, "POST", f"{office}/act", act),
        (officer, "POST", f"{office}/act", transfer),
    ):
        answer = ask(client, method, f"/api{address}", body)
        assert answer.status_code in (400, 403, 404, 409), (address, answer.content)
        assert not [word for word in other["secrets"] if word in answer.content.decode()]
