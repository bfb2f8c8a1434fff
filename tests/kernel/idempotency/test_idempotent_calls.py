"""A call that arrives twice is carried out once, and answered the same."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import Client, override_settings
from django.urls import path

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.iam.models import Person, PersonKind
from minfang.kernel.idempotency import actions, jobs
from minfang.kernel.idempotency.models import CallState, IdempotentCall

KEY = "press-0001"
effects: list[str] = []
answering: list[Callable[[], HttpResponse]] = []


class Killed(BaseException):
    """The process is gone at this instruction."""


def act(request: HttpRequest) -> HttpResponse:
    """Stands for any verb: leaves an effect in the trail, then answers."""
    person = request.user if isinstance(request.user, Person) else None
    if answering and (answer := answering.pop(0)()) is not None:
        return answer
    with transaction.atomic():
        effects.append(request.content_type or "")
        record("case.rate", person=person, target="case:1", summary="办理")
    if answering:
        return answering.pop(0)()
    return JsonResponse({"n": len(effects)}, status=201)


urlpatterns = [path("api/act", act), path("api/other", act), path("api/session/password", act)]


@pytest.fixture(autouse=True)
def _addresses() -> Iterator[None]:
    effects.clear()
    answering.clear()
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def officer(db: object) -> Client:
    person, _ = Person.objects.get_or_create(
        username="idem", defaults={"name": "沈嘉禾", "kind": PersonKind.STAFF}
    )
    browser = Client()
    browser.force_login(person)
    return browser


def post(browser: Client, body: Any = None, key: str = KEY, address: str = "/api/act") -> Any:
    return browser.post(
        address, json.dumps(body or {}), content_type="application/json", headers={"Idempotency-Key": key}
    )


def code(response: Any) -> str:
    return str(response.json()["code"])


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_and_changes_nothing(officer: Client) -> None:
    first, second = post(officer, {"a": 1}), post(officer, {"a": 1})
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, {"n": 1})
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert second["Content-Type"] == first["Content-Type"]
    assert len(effects) == 1


@pytest.mark.django_db
def test_without_a_key_every_call_is_carried_out(officer: Client) -> None:
    for _ in range(2):
        officer.post("/api/act", "{}", content_type="application/json")
    assert len(effects) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("body", "address"), [({"a": 2}, "/api/act"), ({"a": 1}, "/api/other")])
def test_a_key_cannot_be_used_for_something_else(officer: Client, body: Any, address: str) -> None:
    post(officer, {"a": 1})
    refused = post(officer, body, address=address)
    assert (refused.status_code, code(refused)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert refused.json()["hint"]
    assert len(effects) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["short", "x" * 101, "有中文的编号一二三", "with space in it"])
def test_a_key_has_8_to_100_visible_characters(officer: Client, key: str) -> None:
    refused = officer.post("/api/act", "{}", content_type="application/json", HTTP_IDEMPOTENCY_KEY=key)
    assert (refused.status_code, code(refused), effects) == (422, "IDEMPOTENCY_KEY_INVALID", [])


@pytest.mark.django_db
def test_two_people_may_use_the_same_key(officer: Client) -> None:
    other = Client()
    other.force_login(Person.objects.create(username="idem-2", name="周明宇", kind=PersonKind.STAFF))
    assert [post(officer).json()["n"], post(other).json()["n"]] == [1, 2]


@pytest.mark.django_db
def test_an_anonymous_browser_is_known_by_its_cookie() -> None:
    one, two = Client(), Client()
    one.cookies["minfang_csrf"], two.cookies["minfang_csrf"] = "a" * 32, "b" * 32
    assert [post(browser).json()["n"] for browser in (one, one, two)] == [1, 1, 2]


@pytest.mark.django_db
def test_opening_a_session_is_never_replayed(officer: Client) -> None:
    for _ in range(2):
        post(officer, address="/api/session/password")
    assert len(effects) == 2


@pytest.mark.django_db
def test_a_refusal_frees_the_key_for_the_next_attempt(officer: Client) -> None:
    answering.append(lambda: JsonResponse({"code": "FRESH_AUTH_NEEDED"}, status=403))
    assert post(officer).status_code == 403
    assert post(officer).json() == {"n": 1}
    assert post(officer)["Idempotency-Replayed"] == "true"


@pytest.mark.django_db
def test_a_fault_before_the_effect_is_tried_again(officer: Client) -> None:
    answering.append(lambda: JsonResponse({}, status=500))
    assert post(officer).status_code == 500
    assert post(officer).json() == {"n": 1}


@pytest.mark.django_db
def test_a_fault_after_the_effect_is_not_carried_out_again(officer: Client) -> None:
    answering.extend([lambda: None, lambda: JsonResponse({}, status=500)])  # type: ignore[return-value, list-item]
    assert post(officer).status_code == 500
    again = post(officer)
    assert (again.status_code, code(again), len(effects)) == (409, "IDEMPOTENCY_SPENT", 1)


@pytest.mark.django_db
def test_a_streamed_answer_is_not_kept_and_the_repeat_is_told(officer: Client) -> None:
    answering.extend([lambda: None, lambda: StreamingHttpResponse([b"x"])])  # type: ignore[return-value, list-item]
    assert post(officer).status_code == 200
    assert (code(post(officer)), len(effects)) == ("IDEMPOTENCY_SPENT", 1)


@pytest.mark.django_db
def test_files_are_compared_by_their_digest(officer: Client) -> None:
    def send(content: bytes) -> Any:
        file = SimpleUploadedFile("图.pdf", content)
        return officer.post("/api/act", {"file": file}, headers={"Idempotency-Key": KEY})

    big = b"x" * 3_000_000
    assert [send(big).json()["n"], send(big).json()["n"]] == [1, 1]
    assert code(send(b"y" + big[1:])) == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.django_db
def test_what_is_kept_cannot_be_read_in_the_database(officer: Client) -> None:
    post(officer, {"mobile": "13800001234"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT fingerprint, answer FROM idempotency_call")
        fingerprint, answer = cursor.fetchone()
    assert "13800001234" not in fingerprint
    assert b'"n"' not in bytes(answer)


@pytest.mark.django_db
def test_a_process_killed_before_the_effect_blocks_the_key_for_one_lease(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _die_in(monkeypatch, officer)
    running = post(officer)
    assert (running.status_code, code(running)) == (409, "IDEMPOTENCY_RUNNING")
    assert int(running["Retry-After"]) >= 1
    with clock.moved_to(clock.now() + timedelta(minutes=1)):
        assert post(officer).json() == {"n": 1}
        assert post(officer)["Idempotency-Replayed"] == "true"


def _die_in(monkeypatch: pytest.MonkeyPatch, officer: Client, *, after_effect: bool = False) -> None:
    """One call whose process is killed: nothing after that instruction happens."""

    def die() -> HttpResponse:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("minfang.kernel.idempotency.middleware._settle", lambda *_: None)
        patch.setattr("minfang.kernel.idempotency.middleware.watch.add", lambda _: None)
        answering.extend([lambda: None, die] if after_effect else [die])  # type: ignore[list-item, return-value]
        with pytest.raises(Killed):
            post(officer)


@pytest.mark.django_db
def test_a_process_killed_after_the_effect_is_not_done_again(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _die_in(monkeypatch, officer, after_effect=True)
    with clock.moved_to(clock.now() + timedelta(minutes=1)):
        assert code(post(officer)) == "IDEMPOTENCY_SPENT"
    assert len(effects) == 1


def _pressed_twice(officer: Client) -> list[int]:
    """Two requests of one browser at the same time; the first is inside the view when the second comes."""
    inside, go_on, statuses = threading.Event(), threading.Event(), []

    def wait() -> None:
        inside.set()
        go_on.wait(5)

    def press() -> None:
        try:
            statuses.append(post(officer).status_code)
        finally:
            connection.close()

    answering.append(wait)  # type: ignore[arg-type]
    first, second = threading.Thread(target=press), threading.Thread(target=press)
    first.start()
    inside.wait(5)
    second.start()
    second.join(5)
    go_on.set()
    first.join(5)
    return sorted(statuses)


@pytest.mark.django_db(transaction=True)
def test_two_threads_with_one_key_have_one_effect(officer: Client) -> None:
    assert _pressed_twice(officer) == [201, 409]
    assert len(effects) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_claim_two_threads_have_two_effects(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "begin", lambda asked: actions.Claim(0, ""))
    assert _pressed_twice(officer) == [201, 201]
    assert len(effects) == 2


@pytest.mark.django_db(transaction=True)
def test_many_threads_inserting_one_key_at_once_claim_it_once() -> None:
    asked = actions.Asked("person:1", KEY, "POST", "/api/act", "f" * 64, "r")
    gate, got = threading.Barrier(4, timeout=5), []

    def claim() -> None:
        try:
            gate.wait()
            got.append(type(actions.begin(asked)).__name__)
        except actions.Refusal as refusal:
            got.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ["Claim"] + ["IDEMPOTENCY_RUNNING"] * 3


@pytest.mark.django_db(transaction=True)
def test_a_call_that_runs_longer_than_its_lease_keeps_its_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = actions.rules.current()
    short = type(rules)(rules.keep, timedelta(seconds=0.3), 1, 1, ())
    monkeypatch.setattr(actions.rules, "current", lambda: short)
    asked = actions.Asked("person:1", KEY, "POST", "/api/act", "f" * 64, "r")
    claim = actions.begin(asked)
    assert isinstance(claim, actions.Claim)
    watch = jobs.Watch()
    watch.add(claim)
    try:
        threading.Event().wait(0.8)
        with pytest.raises(actions.Refusal) as refusal:
            actions.begin(asked)
    finally:
        watch.remove(claim)
    assert refusal.value.code == "IDEMPOTENCY_RUNNING"
    threading.Event().wait(0.5)
    assert isinstance(actions.begin(asked), actions.Claim), "without renewal the claim is taken over"


@pytest.mark.django_db
def test_keys_are_forgotten_after_two_days(officer: Client) -> None:
    post(officer)
    with clock.moved_to(clock.now() + timedelta(hours=47)):
        assert actions.purge() == 0
    with clock.moved_to(clock.now() + timedelta(hours=49)):
        assert actions.purge() == 1
    assert not IdempotentCall.objects.filter(state=CallState.DONE).exists()
