"""The administrator of the city's devices sees what arrives and lets third systems in, on a page."""

import json
from typing import Any

import pytest
from django.test import Client
from tests.supervision.arrival.test_third_sources import tell

from minfang.kernel.base import clock
from minfang.kernel.iam.actions.establishing import load_roles
from minfang.kernel.iam.models import Organization, OrganizationKind, Person, PersonKind, Role, RoleGrant
from minfang.supervision.arrival import actions, queries
from minfang.supervision.arrival.decode import Letter, Reject
from minfang.supervision.arrival.models import SourceState

pytestmark = pytest.mark.django_db
AT = "/api/office/arrival"


def signed_in(role: str, kind: OrganizationKind) -> Client:
    """Somebody with a role at an office of this kind."""
    load_roles()
    code = "310000" if kind == OrganizationKind.MUNICIPAL_OFFICE else "310106"
    office = Organization.objects.create(
        code=f"A-{role}-{code}", name="办", short_name="办", kind=kind, district_code=code
    )
    someone = Person.objects.create(
        username=f"a.{role}.{code}", name="某人", kind=PersonKind.STAFF, organization=office
    )
    RoleGrant.objects.create(person=someone, role=Role.objects.get(code=role), organization=office)
    client = Client()
    client.force_login(someone)
    return client


@pytest.fixture
def iot_admin() -> Client:
    return signed_in("iot_admin", OrganizationKind.MUNICIPAL_OFFICE)


def ask(client: Client, path: str = "", **query: Any) -> Any:
    answer = client.get(f"{AT}{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def say(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"{AT}{path}", json.dumps(body), content_type="application/json")


@pytest.mark.feature(83)
def test_a_third_system_is_let_in_reports_and_is_shut_out_by_the_page(iot_admin: Client) -> None:
    wrong = say(iot_admin, "/systems", code="Fire 119", name=" ").json()
    assert {fault["path"] for fault in wrong["fields"]} == {"code", "name"}
    key = say(iot_admin, "/systems", code="fire-119", name="消防").json()["key"]
    assert tell("fire-119", key, "E-1").status_code == 200
    row = next(row for row in ask(iot_admin, "/systems") if row["code"] == "fire-119")
    assert (row["events"], row["enabled"], "key" in row) == (1, True, False)
    event = ask(iot_admin, "/events", source="fire-119", problem=True)["items"][0]
    assert event["external_id"] == "E-1"
    assert event["problem"]
    renewed = say(iot_admin, "/systems/fire-119/key").json()["key"]
    assert tell("fire-119", key, "E-2").status_code == 403
    assert tell("fire-119", renewed, "E-2").status_code == 200
    assert not say(iot_admin, "/systems/fire-119/switch", enabled=False).json()[0]["enabled"]
    assert tell("fire-119", renewed, "E-3").status_code == 403


@pytest.mark.feature(81)
def test_what_waits_what_failed_and_what_was_not_believed_is_seen_with_its_reason(iot_admin: Client) -> None:
    now = clock.now()
    SourceState.objects.create(source="jetstream/0", kind=queries.LIVE, readings=9, stored=8, duplicates=1)
    actions.stands("mqtt:outside", kind="mqtt", error="对方拒绝连接")
    actions.keep_letters("jetstream/0", [Letter("a.b", "不是 JSON", "第 1 行", b"{oops")] * 2)
    micros = int(now.timestamp() * 1_000_000)
    actions.keep_rejects("jetstream/0", [Reject("d-1", "TEMP", "1970", "=5", "PAST", "请校时", micros)])
    arrival = ask(iot_admin)
    states = {row["source"]: row["state"] for row in arrival["sources"]}
    assert states["mqtt:outside"] == "bad"
    assert states["jetstream/0"] == "silent", "nobody looks after it"
    assert (arrival["refused_today"], arrival["letters_today"]) == (1, 1)
    letter = ask(iot_admin, "/letters", keyword="JSON")["items"][0]
    assert (letter["count"], letter["text"], letter["detail"]) == (2, "{oops", "第 1 行")
    assert ask(iot_admin, "/letters", keyword="别的")["total"] == 0
    reading = ask(iot_admin, "/refused", keyword="d-1", reason="PAST")["items"][0]
    assert (reading["hint"], reading["reason_label"]) == ("请校时", "时间过早")
    table = b"".join(iot_admin.get(f"{AT}/refused.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=5" in table, "a formula from a device is not run on somebody's desk"


def test_who_looks_after_one_district_or_only_watches_is_refused() -> None:
    district = signed_in("iot_admin", OrganizationKind.DISTRICT_OFFICE)
    watcher = signed_in("iot_watcher", OrganizationKind.MUNICIPAL_OFFICE)
    assert [client.get(AT).status_code for client in (district, watcher)] == [403, 403]
    assert "市级" in district.get(AT).json()["message"]
    assert say(district, "/systems", code="fire-119", name="消防").status_code == 403
