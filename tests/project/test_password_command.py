"""``minfang password``: how the first administrator gets in, and demo accounts get a password."""

from argparse import Namespace
from typing import Any

import pytest

from minfang.kernel.iam.models import Person, PersonKind
from minfang.project.commands import password

pytestmark = pytest.mark.django_db
NEW = "Correct-Horse-7"


@pytest.fixture
def person() -> Person:
    return Person.objects.create(username="li.si", name="李四", kind=PersonKind.STAFF)


def run(name: str, keep: bool = False) -> int:
    return password.run(Namespace(username=name, keep=keep))


def test_it_prints_a_password_that_has_to_be_changed(person: Person, capsys: Any) -> None:
    assert run(" LI.SI ") == 0
    one_time = capsys.readouterr().out.strip().rsplit("：", 1)[1]
    person.refresh_from_db()
    assert person.check_password(one_time)
    assert person.must_change_password


def test_a_lasting_password_is_for_demonstrations_only_and_obeys_the_rules(
    person: Person, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(password.FROM_ENVIRONMENT, "short")
    assert run("li.si", keep=True) == 1
    monkeypatch.setenv(password.FROM_ENVIRONMENT, NEW)
    settings.DEMO = False
    assert run("li.si", keep=True) == 1
    settings.DEMO = True
    assert run("li.si", keep=True) == 0
    person.refresh_from_db()
    assert person.check_password(NEW)
    assert not person.must_change_password


def test_an_unknown_name_or_an_applicant_is_refused(db: None) -> None:
    Person.objects.create(username="gu", name="顾", kind=PersonKind.APPLICANT)
    assert run("nobody") == run("gu") == 1
