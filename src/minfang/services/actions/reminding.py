"""What happens by the calendar alone: reminders before and after the due day, supplements nobody answered."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.iam.models import Person
from minfang.kernel.messaging.actions import notify
from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow import actions as workflow
from minfang.kernel.workflow import queries as flow
from minfang.services import deadlines, pushing, warning_rules
from minfang.services.actions import progress
from minfang.services.clock_models import ClockKind, Reminder, WarningRule
from minfang.services.models import CLOSED_STATUSES, Case, CaseStatus, Supplement

BATCH = 200
DONE_SUPPLEMENT_TIMEOUT = "5"
"""办结结果 5 补正不来办结 (handbook §5.4)."""


def days_with(calendar: Calendar, today: date, left: int) -> list[date]:
    """The due days that lie ``left`` working days ahead of ``today``."""
    first = calendar.add(today, left) if left else today
    last = calendar.add(first, 1) - timedelta(days=1)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def due_for_reminder(rule: WarningRule, calendar: Calendar, today: date) -> QuerySet[Case]:
    """The cases one rule speaks of today and that were not reminded today."""
    days = [day for left in rule.remind_days for day in days_with(calendar, today, left)]
    when = Q(due_on__in=days)
    if rule.remind_overdue:
        when |= Q(due_on__lt=today)
    cases = Case.objects.filter(when, is_paused=False, internal_no__isnull=False)
    cases = cases.exclude(status__in=[*CLOSED_STATUSES, CaseStatus.DRAFT])
    if rule.clock == ClockKind.ACCEPT:
        cases = cases.filter(accepted_at__isnull=True)
    elif rule.clock == ClockKind.PROMISE:
        cases = cases.filter(accepted_at__isnull=False)
    else:
        cases = Case.objects.filter(status=CaseStatus.SUPPLEMENT, supplements__in=_unanswered(days))
    if rule.matter_code:
        cases = cases.filter(matter__code=rule.matter_code)
    else:
        cases = cases.exclude(matter__code__in=_own(rule.clock))
    told = Reminder.objects.filter(day=today, clock=rule.clock).values("case_id")
    return cases.exclude(pk__in=told).order_by("due_on", "pk")


def _unanswered(days: list[date]) -> QuerySet[Supplement]:
    return Supplement.objects.filter(answered_at__isnull=True, due__in=days)


def _own(kind: str) -> list[str]:
    return [code for code, clock_kind in warning_rules.rules() if code and clock_kind == kind]


def remind() -> int:
    """Send today's reminders whose hour has come, on working days only; returns of how many cases."""
    calendar, today, hour = official_calendar(), clock.today(), clock.now().hour
    if not calendar.is_workday(today):
        return 0
    sent = 0
    for rule in warning_rules.rules().values():
        if hour >= rule.remind_hour:
            ids = due_for_reminder(rule, calendar, today).values_list("pk", flat=True)[:BATCH]
            sent += sum(_remind_one(pk, rule, calendar, today) for pk in list(ids))
    return sent


@transaction.atomic
def _remind_one(case_id: int, rule: WarningRule, calendar: Calendar, today: date) -> bool:
    case = Case.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=case_id).first()
    if case is None or not due_for_reminder(rule, calendar, today).filter(pk=case_id).exists():
        return False
    supplement = rule.clock == ClockKind.SUPPLEMENT
    due = _supplement_due(case) if supplement else case.due_on
    if due is None:
        return False
    left = deadlines.days_left(due, calendar, today)
    reminder = Reminder(
        case=case, clock=rule.clock, day=today, due_on=due, days_left=left, sent_at=clock.now()
    )
    try:
        with transaction.atomic():
            reminder.save(force_insert=True)
    except IntegrityError:
        return False
    tell = _tell_applicant if supplement else _tell_officers
    reminder.told = tell(case, rule, due, left)
    reminder.save(update_fields=["told"])
    return True


def _supplement_due(case: Case) -> date | None:
    last = case.supplements.filter(answered_at__isnull=True).order_by("-round").first()
    return last.due if last else None


def _tell_applicant(case: Case, rule: WarningRule, due: date, left: int) -> int:
    context = progress.message_context(case, deadline=due.isoformat(), left=str(left))
    return len(notify("case.supplement_due", subject=case.subject, person=case.applicant, context=context))


def _tell_officers(case: Case, rule: WarningRule, due: date, left: int) -> int:
    event = "case.due_soon" if left >= 0 else "case.overdue"
    context = progress.message_context(case, deadline=due.isoformat())
    people: dict[int, Person] = {}
    for item in flow.open_items(case.instance) if case.instance else []:
        holders = [item.assignee] if item.assignee else list(flow.holders(item))
        people.update({person.pk: person for person in holders if person})
    copies = Person.objects.filter(
        grants__role__code__in=rule.copy_roles, grants__organization=case.organization, is_active=True
    )
    people.update({person.pk: person for person in copies})
    for person in people.values():
        notify(event, subject=case.subject, context=context, person=person, channels=("IN_APP",))
    return len(people)


def close_unanswered() -> int:
    """Close the cases whose applicant let the time to complete pass (补正不来办结). Returns how many."""
    late = Supplement.objects.filter(
        answered_at__isnull=True, due__lt=clock.today(), case__status=CaseStatus.SUPPLEMENT
    )
    return sum(_close_one(pk) for pk in list(late.values_list("case_id", flat=True).distinct()[:BATCH]))


@transaction.atomic
def _close_one(case_id: int) -> bool:
    case = (
        Case.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("matter", "matter_version", "organization", "applicant", "instance")
        .filter(pk=case_id, status=CaseStatus.SUPPLEMENT)
        .first()
    )
    due = _supplement_due(case) if case else None
    if case is None or due is None or due >= clock.today() or case.instance_id is None:
        return False
    reason = f"申请人未在 {due.isoformat()} 前补正，按补正不来办结。"
    workflow.cancel(case.instance_id, person=None, reason=reason, key=f"supplement-timeout-{case.round}")
    case.status, case.done_result = CaseStatus.DONE_SUPP_TIMEOUT, DONE_SUPPLEMENT_TIMEOUT
    case.closed_at, case.is_paused, case.due_on = clock.now(), False, None
    case.decision_reason = reason
    case.save()
    pushing.done(case, None, "系统")
    context = progress.message_context(case, summary=reason)
    notify("case.supplement_timeout", subject=case.subject, person=case.applicant, context=context)
    record("case.supplement_timeout", person=None, target=case.subject, summary=reason)
    return True
