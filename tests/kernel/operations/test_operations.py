"""What is broken today is found by itself, said in words, and gone when it is mended."""

import json
import logging
from datetime import timedelta

import pytest
from django.test import Client

from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.numbering.models import IssuedNumber, NumberCounter
from minfang.kernel.operations import actions, findings
from minfang.kernel.operations.models import JobRun
from minfang.project.logs import JsonFormatter


def titles() -> list[str]:
    return [finding.title for finding in findings.today()]


@pytest.mark.django_db
def test_a_silent_worker_is_the_first_thing_named_until_it_shows_life() -> None:
    assert "后台任务没有运行" in titles()
    actions.beat("worker", clock.now())
    assert "后台任务没有运行" not in titles()
    with clock.moved_to(clock.now() + timedelta(minutes=2)):
        assert "后台任务没有运行" in titles()


@pytest.mark.django_db
def test_failing_work_is_counted_and_forgotten_after_its_next_good_turn() -> None:
    for _ in range(3):
        actions.ran("x.sweep", 60, 12, "Traceback …\nValueError: broken")
    finding = next(f for f in findings.today() if "x.sweep" in f.title)
    assert (finding.severity, finding.count, finding.detail) == ("BAD", 3, "ValueError: broken")
    actions.ran("x.sweep", 60, 9)
    row = JobRun.objects.get(name="x.sweep")
    assert (row.failures, row.failing_since, row.last_error) == (0, None, "")
    assert not any("x.sweep" in title for title in titles())


@pytest.mark.django_db
def test_a_lost_number_is_a_finding() -> None:
    NumberCounter.objects.create(series="沪测〔{YYYY}〕{SEQ}号", period="2026", value=2)
    assert not IssuedNumber.objects.exists()
    assert any("缺 2 个号" in title for title in titles())


@pytest.mark.django_db(transaction=True)
def test_an_alarm_nobody_has_acknowledged_is_a_finding() -> None:
    raise_alarm("TEST", target="x", summary="演练")
    assert any("安全告警未确认" in title for title in titles())


@pytest.mark.django_db
def test_a_check_that_breaks_is_itself_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[findings.Finding]:
        raise RuntimeError("the table is gone")

    monkeypatch.setitem(findings._sources, "文书:broken", broken)
    assert "“文书”检查未能完成" in titles()


@pytest.mark.django_db
def test_ready_says_what_is_missing_and_alive_does_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    from minfang.kernel.operations import health

    assert Client().get("/readyz").json() == {"status": "ok", "failed": []}
    monkeypatch.setattr(health, "free_bytes", lambda: 10)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["磁盘"])
    assert Client().get("/healthz").status_code == 200


@pytest.mark.django_db
def test_counters_name_routes_not_addresses_and_answer_only_to_the_gateway() -> None:
    Client().get("/api/portal/cases/987654321")
    text = Client().get("/metrics").content.decode()
    assert 'route="/api/portal/cases/{case_id}"' in text or "portal/cases/<" in text
    assert "987654321" not in text
    assert "minfang_disk_free_bytes" in text
    assert Client(REMOTE_ADDR="10.1.2.3").get("/metrics").status_code == 404


def test_log_lines_are_json_with_personal_data_masked() -> None:
    record = logging.LogRecord(
        "x", logging.WARNING, "f", 1, "证件 %s 手机 %s\r\n伪造", ("310107198803150002", "13800000188"), None
    )
    line = JsonFormatter().format(record)
    entry = json.loads(line)
    assert "\n" not in line
    assert entry["message"] == "证件 310***********0002 手机 138****0188\\r\n伪造"
    assert entry["level"] == "WARNING"
