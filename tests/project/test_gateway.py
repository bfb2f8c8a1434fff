"""Behind a security gateway the product sees who really asks; nobody else is believed."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base.errors import Refusal
from minfang.kernel.exchange.connectors import Unreachable
from minfang.services.connectors import outside

GATEWAY = "10.20.0.2"


@pytest.fixture
def gateway(settings: Any) -> Client:
    settings.GATEWAYS = [GATEWAY]
    told = {"REMOTE_ADDR": GATEWAY, "HTTP_X_FORWARDED_PROTO": "https", "HTTP_HOST": "testserver"}
    return Client(enforce_csrf_checks=True, **told)


def sign_in(client: Client, **headers: str) -> Any:
    client.get("/", **headers)
    token = client.cookies["minfang_csrf"].value
    body = {"username": "nobody", "password": "x"}
    return client.post(
        "/api/session/password", body, content_type="application/json", HTTP_X_CSRFTOKEN=token, **headers
    )


@pytest.mark.django_db
def test_a_browser_behind_tls_may_write_and_the_trail_keeps_its_own_address(gateway: Client) -> None:
    headers = {"HTTP_X_FORWARDED_FOR": "1.1.1.1, 203.0.113.7", "HTTP_ORIGIN": "https://testserver"}
    assert sign_in(gateway, **headers).status_code == 401
    refused = AuditEvent.objects.filter(action="session.refused").latest("id")
    assert refused.address == "203.0.113.7", "the last entry is the gateway's own; earlier ones may be lies"


@pytest.mark.django_db
def test_forwarding_headers_of_anybody_else_are_not_believed(settings: Any) -> None:
    settings.GATEWAYS = [GATEWAY]
    client = Client(REMOTE_ADDR="198.51.100.9")
    sign_in(client, HTTP_X_FORWARDED_FOR="203.0.113.7")
    assert AuditEvent.objects.filter(action="session.refused").latest("id").address == "198.51.100.9"


@pytest.mark.django_db
def test_demo_accounts_answer_the_machine_itself_and_nobody_who_was_passed_on() -> None:
    assert Client(REMOTE_ADDR="127.0.0.1").get("/api/session/demo-accounts").status_code == 200
    for header in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"):
        answer = Client(REMOTE_ADDR="127.0.0.1").get("/api/session/demo-accounts", **{header: "203.0.113.7"})
        assert answer.status_code == 404, header


def test_a_platform_without_an_address_is_not_called(settings: Any) -> None:
    settings.SANDBOX_URL, settings.OUTSIDE_URLS = "", {"sms": "https://sms.example"}
    assert outside.address("sms", "/send") == "https://sms.example/send"
    with pytest.raises(Refusal, match="未配置外部平台“rating”"):
        outside.address("rating", "/x")
    with pytest.raises(Unreachable, match="未配置外部平台"):
        outside.call("rating", "/x", body={})


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "MINFANG_TEST_HOME")}
    env |= {"MINFANG_HOME": str(home), **environment}
    command = [sys.executable, "-m", "minfang.project.cli", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_an_unsigned_release_does_not_start_outside_the_demonstration(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    production = {"MINFANG_DEMO": "0", "MINFANG_CRYPTO_LOCAL_ALLOWED": "1", "PORT": "0", "SANDBOX_PORT": "0"}
    done = run(tmp_path, "up", **production)
    assert done.returncode == 1
    assert "没有发布清单" in done.stdout
