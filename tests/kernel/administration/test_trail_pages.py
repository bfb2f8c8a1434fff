"""The audit administrator finds entries, sees differences, checks the chains and takes signed exports."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from minfang.kernel.administration.trail import api as trail_api
from minfang.kernel.audit import exporting, searching
from minfang.kernel.audit.actions import Origin, origin, record
from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.audit.models import AuditCheck, AuditEvent, SecurityAlarm
from minfang.kernel.base import clock


@pytest.fixture(autouse=True)
def _heads_in_a_folder_of_their_own(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_HEADS = str(tmp_path / "heads")


@pytest.fixture
def entries(office: Any) -> Any:
    """A hundred submissions from one address, and one refusal from another."""
    with transaction.atomic():
        for number in range(100):
            record(
                "case.submit",
                person=office.person("t.officer"),
                target=f"case:SH{number}",
                summary=f"提交 第{number}件",
            )
        token = origin.set(Origin("req-1", "10.9.8.7", 1, "UA"))
        record(
            "exchange.cancel",
            person=office.person("t.sys"),
            target="case:SH7",
            summary="取消推送 一网通办",
            before={"state": "WAITING", "last_error": "超时"},
            after={"state": "CANCELLED"},
            reason="线下补录",
            result="FAIL",
        )
        origin.reset(token)
    return office


def codes(page: Any) -> set[str]:
    return {row["action"] for row in page["rows"]}


@pytest.mark.parametrize(
    "query",
    [
        "address=10.9.8.7",
        "request_id=req-1",
        "result=FAIL",
        "words=推送+一网",
        "words=线下",
        "action=exchange.cancel",
        "category=exchange",
        "actor=t.sys&words=取消",
    ],
)
def test_each_condition_finds_the_one_entry(entries: Any, query: str) -> None:
    found = entries.browser("t.audit").get(f"/trail/events?{query}")
    assert (codes(found), found["total"], found["exact"]) == ({"exchange.cancel"}, 1, True)


def test_a_case_number_finds_all_about_the_case(entries: Any) -> None:
    found = entries.browser("t.audit").get("/trail/events?target=SH7&size=200")
    assert codes(found) == {"case.submit", "exchange.cancel"}
    today = clock.today()
    assert entries.browser("t.audit").get(f"/trail/events?until={today}&since={today}")["total"] > 100
    assert entries.browser("t.audit").get("/trail/events?until=2020-01-01")["total"] == 0


def test_pages_follow_one_another_without_gap_or_repeat(entries: Any) -> None:
    browser, seen, before = entries.browser("t.audit"), [], 0
    while True:
        page = browser.get(f"/trail/events?action=case.submit&size=30&before={before}")
        seen += [row["id"] for row in page["rows"]]
        before = page["following"]
        if not before:
            break
    assert len(seen) == len(set(seen)) == 100
    assert seen == sorted(seen, reverse=True)


def test_the_detail_says_the_change_in_words(entries: Any) -> None:
    browser = entries.browser("t.audit")
    row = browser.get("/trail/events?result=FAIL")["rows"][0]
    detail = browser.get(f"/trail/events/{row['id']}")
    assert detail["action_name"] == "取消推送"
    assert {"label": "状态", "before": "WAITING", "after": "CANCELLED"} in detail["differences"]
    assert (detail["reason"], detail["history"]) == ("线下补录", "case:SH7")
    assert browser.call("GET", "/trail/events/999999999")[0] == 404


def test_reading_the_trail_is_an_event_itself_with_the_role_used(entries: Any) -> None:
    entries.browser("t.audit").get("/trail/events")
    read = AuditEvent.objects.get(action="audit.read")
    assert (read.actor_name, read.role) == ("t.audit", "审计员")


def test_only_the_auditor_reads_the_trail_and_only_the_security_administrator_alarms(entries: Any) -> None:
    for username in ("t.sys", "t.sec", "t.officer"):
        assert entries.browser(username).call("GET", "/trail/events")[0] == 403
    for username in ("t.sys", "t.audit", "t.officer"):
        assert entries.browser(username).call("GET", "/alarms")[0] == 403


def exported(office: Any) -> zipfile.ZipFile:
    browser = office.browser("t.audit")
    body = json.dumps({"action": "case.submit", "reason": "年度检查"})
    answer = browser.http.post("/api/admin/trail/export", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_an_export_is_signed_recorded_and_shows_when_it_was_changed(
    entries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail_api, "require_fresh", lambda _: None)
    package = exported(entries)
    lines = package.read("events.jsonl").splitlines()
    assert len(lines) == 100
    assert json.loads(lines[0])["action_name"] == "提交申请"
    manifest, wrong = exporting.check(package.fp)  # type: ignore[arg-type]
    assert (wrong, manifest["count"], manifest["reason"]) == ("", 100, "年度检查")
    assert manifest["exported_by"]["name"] == "t.audit"
    assert AuditEvent.objects.get(action="audit.export").reason == "年度检查"

    forged = io.BytesIO()
    with zipfile.ZipFile(forged, "w") as changed:
        for name in package.namelist():
            content = package.read(name)
            changed.writestr(name, content.replace(b'SH5"', b'SH6"') if name == "events.jsonl" else content)
    assert exporting.check(forged)[1] == "内容与清单不符"


def test_an_export_needs_a_fresh_confirmation_and_a_reason(
    entries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = entries.browser("t.audit")
    session = browser.http.session
    session["proof"] = {**session["proof"], "confirmed": 0.0, "used": 0.0}
    session.save()
    status, refusal = browser.post("/trail/export", {"reason": "检查"})
    assert (status, refusal["code"]) == (403, "FRESH_AUTH_NEEDED")
    monkeypatch.setattr(trail_api, "require_fresh", lambda _: None)
    assert entries.browser("t.audit").post("/trail/export", {"reason": " "})[0] == 422


@pytest.mark.django_db(transaction=True)
def test_the_button_verifies_in_the_background_and_the_page_shows_the_outcome(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AtOnce:
        def __init__(self, target: Callable[[], None], **_: Any) -> None:
            self.start = target

    monkeypatch.setattr("minfang.kernel.audit.checking.threading.Thread", AtOnce)
    monkeypatch.setattr("minfang.kernel.audit.checking.connection", type("Kept", (), {"close": lambda: None}))
    browser = office.browser("t.audit")
    assert browser.post("/trail/checks")[0] == 200
    shown = browser.get("/trail/checks")
    assert shown["checks"][0]["sound"] is True
    assert shown["checks"][0]["person"] == "t.audit"
    AuditCheck.objects.create(started_at=clock.now())
    assert browser.post("/trail/checks")[1]["code"] == "CHECK_RUNNING"


def test_alarms_are_listed_and_acknowledged_with_a_note(office: Any) -> None:
    raise_alarm("audit.broken", target="audit_event", summary="链断", details={"count": 2})
    browser = office.browser("t.sec")
    row = browser.get("/alarms")["rows"][0]
    assert (row["kind"], row["details"][0]["label"]) == ("审计日志链断裂", "条数")
    assert browser.post(f"/alarms/{row['id']}/acknowledge", {"note": ""})[0] == 422
    assert browser.post(f"/alarms/{row['id']}/acknowledge", {"note": "已核"})[0] == 200
    assert browser.get("/alarms")["rows"] == []
    assert browser.get("/alarms?state=done")["rows"][0]["note"] == "已核"
    assert SecurityAlarm.objects.get().acknowledged_name == "t.sec"


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (searching.Wanted(request_id="abc"), "audit_event_request_id"),
        (searching.Wanted(address="10.0.0.1"), "audit_event_address"),
        (searching.Wanted(people=(7,)), "audit_event_actor"),
        (searching.Wanted(target="SH19999"), "audit_event_target"),
        (searching.Wanted(action="number.void"), "audit_event_action"),
    ],
)
def test_rare_conditions_use_an_index_on_a_large_trail(db: None, wanted: Any, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (chain, sequence, at, actor_id, actor_name, actor_office, role, address,"
            " port, agent, request_id, action, target, summary, reason, result, mac, previous_mac)"
            " SELECT 90, n, now(), n % 500, 'x', '', '', '10.1.' || n % 200 || '.2', 0, '', 'r' || n,"
            " 'case.' || n % 40, 'case:SH' || n, '', '', 'OK', '', '' FROM generate_series(1, 20000) n"
        )
        cursor.execute("ANALYZE audit_event")
    plan = searching.found(wanted).order_by("-pk")[:51].explain()
    assert index in plan, plan
