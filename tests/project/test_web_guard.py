"""What every response and every unsafe call of a browser has to have."""

import pytest
from django.test import Client
from tests.project.test_routes import fill, routes

from minfang.kernel.iam.models import Person

pytestmark = pytest.mark.django_db
MACHINES = ("/api/public/callbacks/", "/api/public/iot/")
"""What platforms and devices call: they have no page and prove themselves."""


def test_an_unsafe_call_without_the_page_token_is_refused_on_every_route() -> None:
    person = Person.objects.create(username="zhang.san", name="张三", kind="APPLICANT")
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    for method, address, _ in routes():
        if method == "GET" or address.startswith(MACHINES):
            continue
        answer = client.generic(method, fill(address), "{}", content_type="application/json")
        assert answer.status_code == 403, (method, address)
        assert answer.json()["code"] == "CSRF"


def test_with_the_token_of_the_page_the_call_goes_through() -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/")
    token = client.cookies["minfang_csrf"].value
    body = {"username": "nobody", "password": "x"}
    answer = client.post(
        "/api/session/password", body, content_type="application/json", HTTP_X_CSRFTOKEN=token
    )
    assert answer.status_code == 401
    assert answer.json()["code"] == "WRONG_CREDENTIALS"


@pytest.mark.parametrize(
    "address", ["/", "/office", "/api/session", "/api/public/matters", "/api/office/desk"]
)
def test_every_answer_carries_the_protecting_headers(address: str) -> None:
    answer = Client().get(address)
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe-" not in answer["Content-Security-Policy"]
    assert "Server" not in answer
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Request-Id"]


def test_a_fault_of_ours_tells_a_trace_number_and_no_internals(monkeypatch: pytest.MonkeyPatch) -> None:
    from minfang.services import queries

    def broken() -> None:
        raise RuntimeError("secret internals at /etc/passwd")

    monkeypatch.setattr(queries, "matter_cards", broken)
    answer = Client(raise_request_exception=False).get("/api/public/matters")
    assert answer.status_code == 500
    assert answer.json()["trace_id"] == answer["X-Request-Id"]
    assert "secret" not in answer.content.decode()


def test_the_way_back_from_sign_in_never_leaves_this_site() -> None:
    from minfang.services.sso import safe_path

    for outside in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
    ):
        assert safe_path(outside) == "/"
    assert safe_path("/cases/3?x=1") == "/cases/3?x=1"
