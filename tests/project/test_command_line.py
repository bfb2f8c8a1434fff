"""The command line: what it lists, and what it answers."""

import subprocess
import sys

import pytest

from minfang.kernel.exchange import connectors
from minfang.kernel.exchange.actions import drain, enqueue
from minfang.kernel.exchange.models import DeliveryAttempt, OutboxMessage
from minfang.kernel.iam.models import Person, PersonKind
from minfang.project import cli
from minfang.project.commands import outbox


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
    assert outbox.run(cli.parser().parse_args(["outbox", "status"])) == 0
    shown = capsys.readouterr().out
    assert "待人工处理 1" in shown
    assert "号码不存在" in shown
    assert outbox.run(cli.parser().parse_args(["outbox", "resend", str(message.pk)])) == 0
    message.refresh_from_db()
    assert (message.state, message.tries) == ("PENDING", 0)
    assert outbox.run(cli.parser().parse_args(["outbox", "resend", "999999"])) == 1


@pytest.mark.django_db
def test_giving_a_message_up_takes_a_person_and_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    Person.objects.create(username="duty", name="值班员", kind=PersonKind.STAFF)
    message = enqueue("sms", "send", subject="case:1", payload={"a": 1}, key="k")

    def cancel(*more: str) -> int:
        return outbox.run(cli.parser().parse_args(["outbox", "cancel", str(message.pk), *more]))

    assert [cancel("--reason", "重复"), cancel("--by", "duty")] == [1, 1]
    assert cancel("--by", "duty", "--reason", "已电话告知") == 0
    message.refresh_from_db()
    assert message.state == "CANCELLED"


@pytest.mark.django_db
def test_a_try_changed_in_the_database_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connectors, "_connectors", {})
    message = enqueue("nowhere", "send", subject="case:1", payload={"a": 1}, key="k")
    drain(1)
    verify = cli.parser().parse_args(["outbox", "verify"])
    assert outbox.run(verify) == 0
    DeliveryAttempt.objects.filter(message=message).update(milliseconds=1_000_000)
    assert outbox.run(verify) == 1
    assert f"推送 {message.pk} 第 1 次" in capsys.readouterr().out
