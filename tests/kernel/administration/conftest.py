"""An office with two security administrators, a system administrator, an auditor and an officer."""

import json
from typing import Any

import pytest
from django.test import Client

from minfang.kernel.iam import actions as iam
from minfang.kernel.iam.models import Organization, Person

OFFICES = {"T-CITY": ("市办", "MUNICIPAL_OFFICE", "310000"), "T-PT": ("普陀办", "DISTRICT_OFFICE", "310107")}
STAFF = {
    "t.sys": "sys_admin",
    "t.sec": "sec_admin",
    "t.sec2": "sec_admin",
    "t.sec3": "sec_admin",
    "t.audit": "auditor",
    "t.officer": "handler",
}


class Browser:
    """One person at a browser: JSON in, status and JSON out."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.http = Client()
        self.http.force_login(person)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Make a request under ``/api/admin``."""
        data = json.dumps(body) if body is not None else ""
        answer = self.http.generic(method, f"/api/admin{path}", data, content_type="application/json")
        return answer.status_code, answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        """What a page reads; it must be allowed."""
        status, found = self.call("GET", path)
        assert status == 200, (path, status, found)
        return found

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Do something."""
        return self.call("POST", path, body)


class Office:
    """The people of the sample office and their browsers."""

    def __init__(self) -> None:
        iam.load_roles()
        self.city, self.district = (
            iam.ensure_organization(code, name=name, short_name=name, kind=kind, district_code=district)
            for code, (name, kind, district) in OFFICES.items()
        )
        for username, role in STAFF.items():
            iam.ensure_staff(username, username, self.city, [role], mobile="13800001234")

    def person(self, username: str) -> Person:
        """Somebody of the office as the database has them now."""
        return Person.objects.get(username=username)

    def browser(self, username: str) -> Browser:
        """A browser they are signed in at."""
        return Browser(self.person(username))

    def proposal(
        self, username: str, role: str, change: str = "ADD", office: Organization | None = None
    ) -> dict[str, Any]:
        """What the proposing page sends."""
        return {
            "person_id": self.person(username).pk,
            "role": role,
            "organization_id": (office or self.city).pk,
            "change": change,
            "reason": "岗位调整",
        }


@pytest.fixture
def office(db: None) -> Office:
    return Office()
