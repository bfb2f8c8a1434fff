"""``minfang crypto`` and the refusals of ``minfang up``, in a process of their own where it matters."""

import argparse
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import own_keys

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.crypto import actions, selftest, startup
from minfang.kernel.crypto.models import CryptoKey
from minfang.project import cli
from minfang.project.commands import crypto as command


def options(**values: Any) -> argparse.Namespace:
    return argparse.Namespace(**values)


def test_up_refuses_to_start_when_a_known_answer_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINFANG_HOME", str(tmp_path))
    monkeypatch.setattr(selftest, "SM4_BLOCK", bytes(16))
    assert cli.up(options()) == 1
    said = capsys.readouterr().out
    assert "不符  SM4 GB/T 32907" in said
    assert "拒绝启动" in said
    assert not (tmp_path / "postgres" / "data").exists(), "nothing was started"


def test_production_refuses_the_local_adapter_unless_it_is_allowed(settings: Any) -> None:
    settings.CRYPTO_ADAPTER, settings.CRYPTO_LOCAL_ALLOWED = "local", False
    assert "MINFANG_CRYPTO_LOCAL_ALLOWED=1" in startup.refusal()
    settings.CRYPTO_LOCAL_ALLOWED = True
    assert startup.refusal() == ""


def test_the_long_selftest_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.crypto(options(action="selftest", long=True)) == 0
    assert "1 000 000" in capsys.readouterr().out


@pytest.mark.django_db
def test_rotating_and_sealing_anew_leave_their_trace(capsys: pytest.CaptureFixture[str]) -> None:
    with own_keys():
        actions.ensure_keys()
        assert command.crypto(options(action="rotate", purpose="field")) == 0
        assert command.crypto(options(action="reseal", table="")) == 0
        assert command.crypto(options(action="keys")) == 0
    said = capsys.readouterr().out
    assert "仅解密" in said
    assert "完成" in said
    assert CryptoKey.objects.filter(purpose="field").count() == 2
    codes = AuditEvent.objects.filter(action__startswith="key.").values_list("action", flat=True)
    assert {"key.rotate", "key.reseal"} <= set(codes)
