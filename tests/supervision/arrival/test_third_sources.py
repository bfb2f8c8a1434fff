"""Third systems prove themselves with a key of their own, and nobody calls as often as he likes."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto.local import hmac_sm3
from minfang.kernel.rates import actions as rates
from minfang.project.cli import parser
from minfang.supervision.arrival import actions
from minfang.supervision.arrival.definitions import load
from minfang.supervision.arrival.models import ThirdSource

pytestmark = pytest.mark.django_db


def tell(code: str, key: str, number: str = "E-1") -> Any:
    """An event of nobody's device."""
    raw = json.dumps({"id": number, "deviceId": "nobody", "type": "FIRE"}).encode()
    stamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(8)
    proof = hmac_sm3(key.encode(), f"{stamp}\n{nonce}\n".encode() + raw).hex()
    headers = {"X-Source": code, "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": proof}
    return Client().post("/api/public/iot/events", raw, content_type="application/json", headers=headers)


def test_each_system_has_its_own_key_and_a_new_one_ends_the_old() -> None:
    first, other = actions.add_third_source("fire-119", "消防"), actions.add_third_source("bms", "楼宇")
    assert tell("fire-119", first).status_code == 200
    assert tell("fire-119", other).status_code == 403
    assert tell("nobody", first).status_code == 403
    assert tell("fire-119", "sandbox-token").status_code == 403
    second = actions.renew_third_key("fire-119")
    assert tell("fire-119", first).status_code == 403
    assert tell("fire-119", second).status_code == 200
    actions.switch_third_source("fire-119", False)
    assert tell("fire-119", second).status_code == 403
    assert first.encode() not in bytes(ThirdSource.objects.values_list("key", flat=True)[0].stored)
    codes = AuditEvent.objects.filter(action__startswith="sources.").values_list("action", flat=True)
    assert sorted(codes) == ["sources.added", "sources.added", "sources.key", "sources.switched"]


def test_a_code_is_given_once_and_in_a_fixed_form(capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> int:
        options = parser().parse_args(["source", *words])
        return int(options.function(options))

    assert run("add", "fire-119", "消防") == 0
    assert "只显示这一次" in capsys.readouterr().out
    assert run("add", "fire-119", "消防") == run("add", "Fire 119", "消防") == run("renew", "bms") == 1
    assert run("list") == 0
    assert "fire-119" in capsys.readouterr().out
    with pytest.raises(Refusal):
        actions.switch_third_source("bms", False)


@pytest.fixture
def _limited(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.RATE_LIMITS = True
    for name in ("source_per_minute", "stranger_per_minute"):
        monkeypatch.setitem(load("arrival")["http"], name, 3)
    rates.forget()
    yield
    rates.forget()


@pytest.mark.usefixtures("_limited")
def test_too_many_events_are_refused_with_the_time_to_wait_whoever_sends_them() -> None:
    key = actions.add_third_source("fire-119", "消防")
    answers = [tell("fire-119", key, f"E-{n}") for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    said = answers[-1].json()
    assert said["code"] == "TOO_OFTEN"
    assert "每分钟 3 次" in said["message"]
    assert "秒后重发" in said["hint"]
    assert f"请 {answers[-1].headers['Retry-After']} 秒" in said["hint"]
    guesses = [tell("fire-119", "guess").status_code for _ in range(4)]
    assert guesses == [403, 403, 403, 429]
    assert tell("bms", actions.add_third_source("bms", "楼宇")).status_code == 200
