"""People with passwords and browsers, for the tests of signing in."""

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from minfang.kernel.iam import totp
from minfang.kernel.iam.actions import confirm_totp, start_totp
from minfang.kernel.iam.models import Person, PersonKind

GOOD = "Right-horse-7-battery"


def staff(username: str = "li.si", name: str = "李四", password: str = GOOD, **values: Any) -> Person:
    """A member of staff who has a password and no second factor."""
    person = Person(username=username, name=name, kind=PersonKind.STAFF, **values)
    person.set_password(password)
    person.password_changed_at = timezone.now()
    person.save()
    return person


def with_generator(person: Person) -> str:
    """Give the person a code generator; its secret."""
    device = start_totp(person)
    confirm_totp(person, totp.code_at(device.secret, totp.step_now() - 1))
    return device.secret


class Browser:
    """JSON in, JSON out; remembers status and body of the last answer."""

    def __init__(self, **meta: str) -> None:
        self.http = Client(**meta)  # type: ignore[arg-type]

    def call(self, method: str, path: str, body: Any = None) -> int:
        """The status; the body stands in ``self.body``."""
        data = json.dumps(body) if body is not None else ""
        answer = self.http.generic(method, f"/api{path}", data, content_type="application/json")
        self.body = answer.json() if answer.content else {}
        return answer.status_code

    def post(self, path: str, body: Any = None) -> int:
        return self.call("POST", path, body or {})

    def get(self, path: str) -> int:
        return self.call("GET", path)

    def password(self, username: str = "li.si", password: str = GOOD) -> int:
        """The first step of signing in."""
        return self.post("/session/password", {"username": username, "password": password})

    def code(self, secret: str, step: int | None = None) -> int:
        """The second step with a one-time code."""
        return self.post("/session/totp", {"code": totp.code_at(secret, step or totp.step_now())})

    @property
    def key(self) -> str:
        """The session id the browser holds."""
        return str(self.http.cookies["minfang_session"].value)
