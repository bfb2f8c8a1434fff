"""Reminders before and after the due day, unanswered supplements, limits and calendars set by the office."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Person
from minfang.kernel.messaging.models import Message
from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.queries import official_calendar
from minfang.sandbox import demo, demo_cases
from minfang.services import deadlines, warning_rules
from minfang.services.actions import limits, publishing, reminding
from minfang.services.actions.warning_rules import set_rule
from minfang.services.case_filters import light_filter
from minfang.services.clock_models import ClockKind, Reminder, WarningRule
from minfang.services.matters import current_version
from minfang.services.models import Case, CaseStatus

RULE: dict[str, Any] = {
    "light_ratio": 0.7,
    "light_days": 1,
    "remind_days": [3, 1, 0],
    "remind_overdue": True,
    "remind_hour": 9,
    "copy_roles": ["section_head"],
}

pytestmark = pytest.mark.xdist_group("cases")


@pytest.fixture(scope="module", autouse=True)
def cases(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[None]:
    """Some cases in every state, gone after this module."""
    folder: Path = tmp_path_factory.mktemp("clocks")
    with django_db_blocker.unblock(), transaction.atomic():
        publishing.load_all()
        demo.ensure_accounts()
        demo_cases.ensure(60, folder, light=True)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def admin(loaded: None) -> Iterator[Person]:
    warning_rules.forget()
    yield Person.objects.get(username="sys.admin")
    warning_rules.forget()


def only(case: Case) -> Case:
    """Leave one case with a clock, so that reminders speak of it alone."""
    Case.objects.exclude(pk=case.pk).update(due_on=None, status=CaseStatus.DELIVERED)
    return case


@pytest.fixture
def accepted(admin: Person) -> Case:
    """A case of 沈嘉禾 in review, its promised clock running."""
    mine = Case.objects.filter(
        status=CaseStatus.REVIEWING,
        is_paused=False,
        instance__items__assignee__username="shen.jiahe",
        instance__items__node="N30_REVIEW",
        instance__items__state="OPEN",
    )
    case = only(mine.earliest("id"))
    case.accepted_at = clock.now()
    deadlines.follow_suspensions(case)
    case.save()
    return case


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, 0, tzinfo=clock.SHANGHAI)


def told(event: str) -> list[str]:
    found = Message.objects.filter(event=event).select_related("person").order_by("id")
    return [message.person.name for message in found if message.person]


@pytest.mark.feature(24)
@pytest.mark.django_db
def test_the_handler_and_the_section_head_are_reminded_three_and_one_days_before_once_a_day(
    admin: Person, accepted: Case
) -> None:
    due = accepted.due_on
    assert due is not None
    calendar = official_calendar()
    with clock.moved_to(at(calendar.add(due, -4))):
        assert reminding.remind() == 0
    with clock.moved_to(at(calendar.add(due, -3), hour=8)):
        assert reminding.remind() == 0, "nobody is reminded before nine"
    with clock.moved_to(at(calendar.add(due, -3))):
        assert reminding.remind() == 1
        assert reminding.remind() == 0
    assert sorted(told("case.due_soon")) == ["沈嘉禾", "范知远"]
    with clock.moved_to(at(calendar.add(due, -2))):
        assert reminding.remind() == 0
    with clock.moved_to(at(calendar.add(due, 1))):
        assert reminding.remind() == 1
    assert set(told("case.overdue")) == {"沈嘉禾", "范知远"}
    assert [row.days_left for row in Reminder.objects.order_by("day")] == [3, -1]


@pytest.mark.django_db
def test_nobody_is_reminded_on_a_day_off_or_while_the_clock_stands_still(
    admin: Person, accepted: Case
) -> None:
    due = accepted.due_on
    assert due is not None
    saturday = due + timedelta(days=(5 - due.weekday()) % 7 + 7)
    assert not official_calendar().is_workday(saturday) or saturday.weekday() == 5
    day_off = next(
        saturday + timedelta(days=n)
        for n in range(9)
        if not official_calendar().is_workday(saturday + timedelta(days=n))
    )
    with clock.moved_to(at(day_off)):
        assert reminding.remind() == 0
    Case.objects.filter(pk=accepted.pk).update(is_paused=True)
    with clock.moved_to(at(official_calendar().add(due, 2))):
        assert reminding.remind() == 0


@pytest.mark.feature(24)
@pytest.mark.django_db
def test_a_matters_own_rule_takes_the_place_of_the_default_for_lights_and_reminders(
    admin: Person, accepted: Case
) -> None:
    due = accepted.due_on
    assert due is not None
    calendar = official_calendar()
    early = calendar.add(due, -6)
    with clock.moved_to(at(early)):
        assert not Case.objects.filter(light_filter("YELLOW", calendar, early), pk=accepted.pk).exists()
        with transaction.atomic():
            set_rule(
                admin,
                "BASEMENT_SYNC",
                ClockKind.PROMISE,
                RULE | {"light_days": 6, "remind_days": [6]},
                "试行期提前提醒",
            )
        warning_rules.forget()
        assert Case.objects.filter(light_filter("YELLOW", calendar, early), pk=accepted.pk).exists()
        assert reminding.remind() == 1


@pytest.mark.feature(5)
@pytest.mark.django_db
def test_a_supplement_nobody_answers_ends_the_case_after_its_last_day(admin: Person) -> None:
    case = only(Case.objects.filter(status=CaseStatus.SUPPLEMENT).earliest("id"))
    case.supplements.update(due=official_calendar().add(clock.today(), 10))
    due = case.supplements.get().due
    with clock.moved_to(at(official_calendar().add(due, -3))):
        assert reminding.remind() == 1
        assert Message.objects.filter(event="case.supplement_due", person=case.applicant).exists()
    with clock.moved_to(at(due, hour=23)):
        assert reminding.close_unanswered() == 0
    with clock.moved_to(at(due + timedelta(days=1), hour=0)):
        assert reminding.close_unanswered() == 1
        assert reminding.close_unanswered() == 0
    case.refresh_from_db()
    assert (case.status, case.done_result) == (CaseStatus.DONE_SUPP_TIMEOUT, "5")
    assert case.due_on is None
    assert not case.is_paused
    assert Message.objects.filter(event="case.supplement_timeout", person=case.applicant).exists()


@pytest.mark.feature(24)
@pytest.mark.django_db
def test_a_changed_limit_holds_for_new_applications_and_survives_loading_the_definitions_again(
    admin: Person, accepted: Case, user: Callable[[str], Any]
) -> None:
    before = current_version("BASEMENT_SYNC")
    version = limits.set_limit(admin, "BASEMENT_SYNC", "promise", 6, "working", "提速")
    assert version.version == before.version + 1
    publishing.load_all()
    assert current_version("BASEMENT_SYNC").pk == version.pk
    accepted.refresh_from_db()
    assert accepted.matter_version_id == before.pk
    page = user("sys.admin").get("/admin/limits")
    promise = next(entry for entry in page["matters"][0]["limits"] if entry["name"] == "promise")
    assert (promise["days"], promise["changed"]) == (6, True)


@pytest.mark.django_db
def test_a_promise_longer_than_the_law_allows_is_refused_at_its_field(
    admin: Person, user: Callable[[str], Any]
) -> None:
    body = {"matter": "BASEMENT_SYNC", "name": "promise", "days": 21, "unit": "working", "reason": "试"}
    answer = user("sys.admin").call("PUT", "/admin/limits/days", body, status=422)
    assert answer["fields"][0]["path"] == "days"
    assert "20 天" in answer["fields"][0]["message"]


@pytest.mark.feature(24)
@pytest.mark.django_db
def test_importing_a_notice_shows_first_and_then_moves_the_due_days_it_touches(
    admin: Person, accepted: Case, user: Callable[[str], Any]
) -> None:
    due = accepted.due_on
    assert due is not None
    year, off = due.year, official_calendar().add(due, -1)
    notice = {
        "year": year,
        "holidays": [{"day": off.isoformat(), "name": "临时放假"}],
        "worked": [],
        "source": "测试通知",
        "reason": "按通知导入",
    }
    web = user("sys.admin")
    preview = web.post("/admin/calendar/preview", notice)
    assert any(entry["number"] == accepted.internal_no for entry in preview["moved"])
    accepted.refresh_from_db()
    assert accepted.due_on == due, "a preview writes nothing"
    assert web.post("/admin/calendar/import", notice)["moved"] == preview["count"]
    accepted.refresh_from_db()
    assert accepted.due_on is not None
    assert accepted.due_on > due
    assert accepted.due_on == accepted.promise_due


@pytest.mark.django_db
def test_a_notice_with_worked_weekdays_or_days_of_another_year_is_refused(
    admin: Person, user: Callable[[str], Any]
) -> None:
    body = {
        "year": 2027,
        "holidays": [{"day": "2026-10-01", "name": "国庆节"}],
        "worked": ["2027-01-04"],
        "source": "",
        "reason": "",
    }
    answer = user("sys.admin").post("/admin/calendar/preview", body, status=422)
    assert {entry["path"] for entry in answer["fields"]} == {"holidays", "worked", "source"}


@pytest.mark.django_db
def test_due_days_with_a_number_of_working_days_left_cover_the_weekend_after() -> None:
    friday = date(2026, 11, 20)
    calendar = Calendar()
    assert reminding.days_with(calendar, friday, 0) == [
        date(2026, 11, 20),
        date(2026, 11, 21),
        date(2026, 11, 22),
    ]
    assert reminding.days_with(calendar, friday, 1) == [date(2026, 11, 23)]


@pytest.mark.django_db
def test_every_clock_has_a_default_rule(admin: Person) -> None:
    assert {row.clock for row in WarningRule.objects.filter(matter_code="")} == set(ClockKind.values)
