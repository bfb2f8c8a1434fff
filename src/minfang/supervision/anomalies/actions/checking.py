"""Checks of anomalies (核查任务): ordered by an office, done by whom it names, ended by the office itself."""

from dataclasses import dataclass, replace
from pathlib import Path

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, not_found, stale
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.kernel.messaging.actions import ensure_templates, notify
from minfang.kernel.workdays.queries import official_calendar
from minfang.supervision.anomalies import tasks
from minfang.supervision.anomalies.asking import Asked
from minfang.supervision.anomalies.definitions import criteria
from minfang.supervision.anomalies.figures import Figure, Model
from minfang.supervision.anomalies.models import AnomalyFinding, FindingState, FindingStep, Outcome
from minfang.supervision.anomalies.queries import MODELS, prefix

VERBS = {
    "TASK": (FindingState.OPEN, "anomaly.task", "生成核查任务"),
    "ASSIGN": (FindingState.OPEN, "anomaly.assign", "改派核查任务"),
    "REPORT": (FindingState.REPORTED, "anomaly.report", "反馈核查结果"),
    "HANDLE": (FindingState.HANDLED, "anomaly.handle", "标记已处理"),
    "IGNORE": (FindingState.IGNORED, "anomaly.ignore", "忽略"),
}
ORDERS, ENDS = ("TASK", "ASSIGN"), (FindingState.HANDLED, FindingState.IGNORED)
LEAST_NOTE, MOST_NOTE = 4, 500
WORDINGS = Path(__file__).parents[1] / "definitions" / "messages.toml"


@dataclass(frozen=True)
class Told:
    """What a person says with a verb: to whom it is assigned until when, or what was found."""

    verb: str
    note: str
    office_id: int | None = None
    person_id: int | None = None
    workdays: int | None = None
    outcome: str = ""


@transaction.atomic
def act(asked: Asked, model: Model, key: str, told: Told) -> AnomalyFinding:
    """Begin a check of a figure, or end it with a reason; the figures seen are kept with it."""
    person = asked.access.person
    if person.organization_id is None:
        raise forbidden("您不属于任何单位，不能处理异常。")
    if told.verb not in ("TASK", "HANDLE", "IGNORE"):
        raise invalid([FieldError("verb", "操作", "请选择生成核查任务、标记已处理或忽略。")])
    note = _note(told)
    figure = _figure(replace(asked, permission="iot.handle"), model, key)
    finding, made = AnomalyFinding.objects.get_or_create(
        office_id=person.organization_id,
        model=model.code,
        key=prefix(model, asked) + figure.key,
        period=asked.period.label,
        defaults={"label": figure.label, "person": person, "version": 0},
    )
    if not made:
        finding = AnomalyFinding.objects.select_for_update().get(pk=finding.pk)
    finding.label = figure.label
    finding.figures = {"cells": figure.cells, "reason": figure.reason, "flagged": figure.flagged}
    _step(asked.access, finding, replace(told, note=note))
    return finding


@transaction.atomic
def go_on(access: Access, finding_id: int, seen: int, told: Told) -> AnomalyFinding:
    """One step of a check: assign anew, answer, end. Refuses a check of other offices (404), a verb that is
    not this office's or not of this state (409), one that did not see the last step (409)."""
    finding = tasks.visible(access).select_for_update(of=("self",)).filter(pk=finding_id).first()
    if finding is None:
        raise not_found("该核查任务")
    if finding.version != seen:
        raise stale("该核查任务刚刚有变化，请核对后再办。")
    if told.verb not in tasks.offered(access, finding):
        state = FindingState(finding.state).label
        raise Refusal("NOT_NOW", f"该任务{state}，您不能办理此项。", "请刷新后核对。", status=409)
    if told.verb == "REPORT" and told.outcome not in Outcome.values:
        raise invalid([FieldError("outcome", "核查结果", "请选择核查结果。")])
    _step(access, finding, replace(told, note=_note(told)))
    return finding


def _note(told: Told) -> str:
    note = told.note.strip()
    if len(note) < LEAST_NOTE or len(note) > MOST_NOTE:
        message = f"请写明情况或理由，{LEAST_NOTE} 至 {MOST_NOTE} 字。"
        raise invalid([FieldError("note", "说明", message)])
    return note


def _figure(asked: Asked, model: Model, key: str) -> Figure:
    for figure in model.figures(asked):
        if figure.key == key:
            return figure
    raise not_found("该异常")


def _step(access: Access, finding: AnomalyFinding, told: Told) -> None:
    state, code, words = VERBS[told.verb]
    if told.verb in ORDERS:
        _assign(access, finding, told)
        finding.outcome, finding.reminded_at = "", None
    elif told.outcome in Outcome.values:
        finding.outcome = told.outcome
    elif state == FindingState.HANDLED:
        finding.outcome = finding.outcome or Outcome.OTHER
    finding.state, finding.note = state, told.note
    finding.person, finding.at, finding.version = access.person, clock.now(), finding.version + 1
    finding.save()
    FindingStep.objects.create(
        finding=finding,
        verb=told.verb,
        person=access.person,
        at=finding.at,
        note=told.note,
        outcome="" if told.verb in ORDERS else finding.outcome,
        assigned_office=finding.assigned_office,
        assignee=finding.assignee,
        due_on=finding.due_on,
    )
    title = MODELS[finding.model].title if finding.model in MODELS else finding.model
    summary = f"{words}：{title} {finding.label} {finding.period}，{told.note}"
    record(code, person=access.person, target=finding.subject, summary=summary[:500])
    if told.verb in ORDERS:
        _tell(finding, "anomaly.task", exclude=access.person)
    elif told.verb == "REPORT":
        _tell_office(finding, access.person)


def _assign(access: Access, finding: AnomalyFinding, told: Told) -> None:
    rules = criteria()["tasks"]
    days = rules["workdays"] if told.workdays is None else told.workdays
    if not 1 <= days <= rules["most_workdays"]:
        message = f"期限应在 1 到 {rules['most_workdays']} 个工作日之间。"
        raise invalid([FieldError("workdays", "期限", message)])
    choice = tasks.choice(access, told.office_id or access.person.organization_id)
    if choice is None:
        raise invalid([FieldError("office_id", "承办单位", "该单位不在可派范围内，请重新选择。")])
    people = {person.pk: person for person in choice.people}
    if told.person_id is not None and told.person_id not in people:
        raise invalid([FieldError("person_id", "承办人", "此人不在该单位的处置人员中，请重新选择。")])
    finding.assigned_office = choice.office
    finding.assignee = people[told.person_id] if told.person_id is not None else None
    finding.due_on = official_calendar().add(clock.today(), days)


def _tell(finding: AnomalyFinding, event: str, exclude: Person | None = None) -> int:
    """Tell whom it is assigned to, or all who handle alarms in that office; returns how many heard."""
    ensure_templates("anomaly.task", WORDINGS)
    office = finding.assigned_office
    people = [finding.assignee] if finding.assignee else tasks.people_of(office.pk) if office else []
    return sum(_send(finding, person, event) for person in people if person != exclude)


def _tell_office(finding: AnomalyFinding, exclude: Person) -> None:
    ensure_templates("anomaly.task", WORDINGS)
    first = finding.steps.filter(verb__in=ORDERS).select_related("person").last()
    if first is not None and first.person != exclude:
        _send(finding, first.person, "anomaly.report")


def _send(finding: AnomalyFinding, person: Person, event: str) -> bool:
    context = {
        "label": finding.label,
        "model": MODELS[finding.model].title,
        "due": f"{finding.due_on:%m-%d}" if finding.due_on else "",
        "note": finding.note[:100],
        "outcome": Outcome(finding.outcome).label if finding.outcome else "",
    }
    sent = notify(event, subject=finding.subject, context=context, person=person, channels=("IN_APP",))
    return bool(sent)


@transaction.atomic
def remind_overdue() -> int:
    """Tell those whose checks are overdue, once a check; returns how many people heard."""
    late = AnomalyFinding.objects.select_for_update(of=("self",)).filter(
        state=FindingState.OPEN, due_on__lt=clock.today(), reminded_at=None
    )
    told = 0
    for finding in late.select_related("assigned_office", "assignee").order_by("pk"):
        told += _tell(finding, "anomaly.overdue")
        finding.reminded_at = clock.now()
        finding.save(update_fields=["reminded_at"])
    return told
