"""The command line: what it lists, and what it answers."""

import subprocess
import sys

import pytest

from minfang.kernel.exchange.actions import enqueue
from minfang.kernel.exchange.models import OutboxMessage
from minfang.project import cli


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "minfang.project.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_lists_what_exists() -> None:
    text = run("--help").stdout
    for command in ("up", "worker", "reset", "openapi", "features", "crypto", "outbox"):
        assert command in text


def test_the_algorithms_give_their_published_answers() -> None:
    answer = run("crypto", "selftest")
    assert answer.returncode == 0
    assert answer.stdout.count("通过") >= 4


@pytest.mark.django_db
def test_a_dead_message_is_shown_and_sent_again_by_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    message = enqueue("sms", "send", subject="case:1", payload={"a": 1}, key="k")
    OutboxMessage.objects.filter(pk=message.pk).update(state="DEAD", last_error="号码不存在", tries=9)
    assert cli.outbox(cli.parser().parse_args(["outbox", "status"])) == 0
    shown = capsys.readouterr().out
    assert "待人工处理 1" in shown
    assert "号码不存在" in shown
    assert cli.outbox(cli.parser().parse_args(["outbox", "resend", str(message.pk)])) == 0
    message.refresh_from_db()
    assert (message.state, message.tries) == ("PENDING", 0)
    assert cli.outbox(cli.parser().parse_args(["outbox", "resend", "999999"])) == 1
