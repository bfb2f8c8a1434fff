"""Platforms take alarms and report; third systems report events. All is proven and counts once."""

import json
import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from minfang.kernel.base import clock
from minfang.kernel.crypto.local import hmac_sm3
from minfang.kernel.exchange.models import InboxMessage, OutboxMessage
from minfang.supervision.alarms.actions import take
from minfang.supervision.alarms.models import Alarm, AlarmPush, ThirdEvent
from minfang.supervision.arrival.actions import add_third_source
from minfang.supervision.arrival.models import ThirdSource

TOKEN = b"sandbox-token"


def post(path: str, body: dict[str, Any], key: bytes = TOKEN, **headers: str) -> Any:
    raw = json.dumps(body).encode()
    stamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(8)
    proof = hmac_sm3(key, f"{stamp}\n{nonce}\n".encode() + raw).hex()
    return Client().post(
        path,
        raw,
        content_type="application/json",
        headers={"X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": proof, **headers},
    )


def tell(source: str, body: dict[str, Any]) -> Any:
    """An event of a third system, signed with its own key."""
    known = ThirdSource.objects.filter(code=source).first()
    key = known.key if known else add_third_source(source, "第三方系统")
    return post("/api/public/iot/events", body, key.encode(), **{"X-Source": source})


def report(
    alarm: Alarm, status: str, number: str, minutes: int = 0, platform: str = "rfm", **more: Any
) -> Any:
    at = (clock.now() + timedelta(minutes=minutes)).isoformat()
    body = {
        "reportNo": number,
        "alarmNo": alarm.number,
        "status": status,
        "at": at,
        "handler": "韩立群",
        **more,
    }
    return post("/api/public/callbacks/alarms/rfm", body)


@pytest.fixture
def alarm(world) -> Alarm:
    take([world.signal()])
    return Alarm.objects.get()


def push_of(alarm: Alarm) -> AlarmPush:
    return AlarmPush.objects.get(alarm=alarm, target="RFM")


@pytest.mark.feature(99)
def test_what_the_platform_does_moves_the_push_and_the_alarm_but_never_closes_it(alarm):
    for n, status in enumerate(("ACCEPTED", "WORKING", "FINISHED")):
        assert report(alarm, status, f"R{n}", n, note="更换备用机").status_code == 200
    alarm.refresh_from_db()
    assert push_of(alarm).state == "DONE"
    assert (alarm.state, alarm.measure, alarm.is_open) == ("PROCESSING", "更换备用机", True)
    assert alarm.events.filter(kind="ANSWER").count() == 3


def test_a_repeated_report_counts_once_and_a_contradiction_is_marked(alarm):
    report(alarm, "ACCEPTED", "R1")
    report(alarm, "WORKING", "R1")
    assert push_of(alarm).state == "TAKEN"
    assert alarm.events.filter(kind="ANSWER").count() == 1
    assert InboxMessage.objects.get(external_id="R1").contradicted


def test_a_late_report_and_one_that_goes_back_from_the_end_change_nothing(alarm):
    report(alarm, "FINISHED", "R2", 10)
    report(alarm, "ACCEPTED", "R1", 0)
    report(alarm, "WORKING", "R3", 20)
    assert push_of(alarm).state == "DONE"
    assert alarm.events.filter(kind="ANSWER_LATE").count() == 2


def test_a_report_without_proof_or_of_an_unknown_alarm_is_refused(alarm):
    body = {"reportNo": "R1", "alarmNo": alarm.number, "status": "ACCEPTED", "at": clock.now().isoformat()}
    assert post("/api/public/callbacks/alarms/rfm", body, key=b"guess").status_code == 403
    unknown = {**body, "alarmNo": "YJ000"}
    assert post("/api/public/callbacks/alarms/rfm", unknown).status_code == 404
    assert post("/api/public/callbacks/alarms/nobody", body).status_code == 404
    assert post("/api/public/callbacks/alarms/rfm", {**body, "status": "BLOWN"}).status_code == 422
    assert push_of(alarm).state == "WAITING"


@pytest.mark.feature(83)
def test_an_event_of_a_third_system_becomes_an_alarm_once(world):
    body = {
        "id": "F-1",
        "deviceId": world.devices[0].device_id,
        "type": "FIRE",
        "ts": clock.now().isoformat(),
        "content": "一层烟感报警",
    }
    for _ in range(2):
        answer = tell("fire-119", body)
        assert answer.status_code == 200, answer.content
    alarm = Alarm.objects.get()
    assert answer.json()["alarm"] == alarm.number
    assert (alarm.source, alarm.level, alarm.category, alarm.message) == (
        "EVENT",
        1,
        "SECURITY",
        "一层烟感报警",
    )
    assert ThirdEvent.objects.count() == 1
    assert InboxMessage.objects.get(source="iot:fire-119").payload["id"] == "F-1"


def test_an_event_counts_again_and_its_recovery_clears_it(world):
    event = {"deviceId": world.devices[0].device_id, "type": "WATER", "ts": clock.now().isoformat()}
    for n, more in enumerate(({}, {}, {"ended": True})):
        tell("bms", {**event, "id": f"W-{n}", **more})
    alarm = Alarm.objects.get()
    assert alarm.count == 2
    assert alarm.cleared_at is not None


@pytest.mark.parametrize(
    ("change", "why"),
    [({"deviceId": "nobody"}, "没有登记设备 nobody"), ({"ts": "昨天"}, "没有可信的发生时间")],
)
def test_what_cannot_be_mapped_is_kept_with_the_reason(world, change, why):
    event = {"id": "X", "deviceId": world.devices[0].device_id, "type": "FIRE", "ts": clock.now().isoformat()}
    answer = tell("stranger", {**event, **change})
    assert why in answer.json()["problem"]
    assert not Alarm.objects.exists()


def test_an_event_of_last_week_is_history_and_told_to_nobody(world):
    then = (clock.now() - timedelta(days=7)).isoformat()
    event = {"id": "H", "deviceId": world.devices[0].device_id, "type": "FIRE", "ts": then}
    tell("history", event)
    assert Alarm.objects.get().suppressed_by == "HISTORY"
    assert not AlarmPush.objects.exists()
    assert not OutboxMessage.objects.exists()
