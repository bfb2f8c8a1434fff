"""Checks of anomalies: who sees which, who may do them, and what may be done with one now."""

from dataclasses import dataclass, field

from django.core.paginator import Paginator
from django.db.models import Case, DateField, Q, QuerySet, When

from minfang.kernel.base import clock
from minfang.kernel.base.errors import not_found
from minfang.kernel.base.schemas import Option
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, Person, RoleGrant
from minfang.kernel.workdays.queries import official_calendar
from minfang.registry.models import Works
from minfang.registry.models.works import OF_A_DISTRICT
from minfang.supervision.alarms.queries.scope import city_wide
from minfang.supervision.anomalies.definitions import criteria
from minfang.supervision.anomalies.models import AnomalyFinding, FindingState, FindingStep, Outcome
from minfang.supervision.anomalies.schemas import (
    AnomalyDue,
    AnomalyOffice,
    AnomalyPerson,
    AnomalyTask,
    AnomalyTaskChoices,
    AnomalyTaskList,
    AnomalyTaskStep,
)

HANDLE = "iot.handle"
RELATED = ("office", "assigned_office", "assignee", "person")
VERB_WORDS = {
    "TASK": "生成核查任务",
    "ASSIGN": "改派",
    "REPORT": "反馈",
    "HANDLE": "标记已处理",
    "IGNORE": "忽略",
}
MOST = 100


def visible(access: Access) -> QuerySet[AnomalyFinding]:
    """Checks this person's office ordered or was assigned, and those assigned to the person."""
    home = access.person.organization_id
    mine = Q(assignee=access.person)
    if home is not None:
        mine |= Q(office=home) | Q(assigned_office=home)
    return AnomalyFinding.objects.filter(mine)


def offered(access: Access, finding: AnomalyFinding) -> list[str]:
    """What this person may do with a check now."""
    if not access.may(HANDLE):
        return []
    home, found = access.person.organization_id, list[str]()
    if finding.state == FindingState.OPEN and (
        finding.assignee_id == access.person.pk or (home is not None and finding.assigned_office_id == home)
    ):
        found.append("REPORT")
    if finding.office_id == home and finding.state in (FindingState.OPEN, FindingState.REPORTED):
        found += ["HANDLE", "IGNORE", "ASSIGN"]
    return found


@dataclass
class Choice:
    """An office a check may be assigned to, and its people who handle alarms."""

    office: Organization
    people: list[Person] = field(default_factory=list)


def offices_for(access: Access) -> list[Organization]:
    """One's own office first; districts for the city; the keepers of works one watches."""
    places = Works.objects.visible_to(access, HANDLE).order_by()
    wanted = Q(pk__in=places.exclude(managing_unit=None).values("managing_unit"))
    if city_wide(access, HANDLE):
        wanted |= Q(kind__in=OF_A_DISTRICT)
    home = access.person.organization_id
    found = Organization.objects.filter(wanted | Q(pk=home)).order_by("code")
    return sorted(found, key=lambda office: office.pk != home)


def choices(access: Access) -> list[Choice]:
    """Offices somebody in which handles alarms; one's own in any case."""
    offices = {office.pk: Choice(office) for office in offices_for(access)}
    for office, person in _duty(list(offices)):
        offices[office].people.append(person)
    home = access.person.organization_id
    return [one for one in offices.values() if one.people or one.office.pk == home]


def choice(access: Access, office_id: int | None) -> Choice | None:
    """One of :func:`choices`."""
    return next((one for one in choices(access) if one.office.pk == office_id), None)


def people_of(office_id: int) -> list[Person]:
    """Who handles alarms in an office."""
    return [person for _, person in _duty([office_id])]


def _duty(offices: list[int]) -> list[tuple[int, Person]]:
    grants = RoleGrant.objects.filter(organization__in=offices, person__is_active=True)
    found = {
        (grant.organization_id, grant.person_id): grant.person
        for grant in grants.select_related("role", "person").order_by("person__name", "pk")
        if HANDLE in grant.role.permissions and grant.counts() and grant.organization_id is not None
    }
    return [(int(office or 0), person) for (office, _), person in found.items()]


def options(access: Access) -> AnomalyTaskChoices:
    """What a check can be assigned to, and until when."""
    calendar, rules = official_calendar(), criteria()["tasks"]
    return AnomalyTaskChoices(
        offices=[
            AnomalyOffice(
                id=one.office.pk,
                name=one.office.short_name or one.office.name,
                people=[AnomalyPerson(id=person.pk, name=person.name) for person in one.people],
            )
            for one in choices(access)
        ],
        workdays=rules["workdays"],
        due=[
            AnomalyDue(workdays=days, on=calendar.add(clock.today(), days))
            for days in sorted({*rules["choices"], rules["workdays"]})
        ],
        outcomes=[Option(value=value, label=label) for value, label in Outcome.choices],
    )


def page(
    access: Access, state: str, whose: str, titles: dict[str, str], number: int = 1, size: int = 20
) -> AnomalyTaskList:
    """Checks one sees, the most urgent first. ``state`` may be LATE; ``whose``: TODO (mine to do), SENT."""
    home = access.person.organization_id
    everything = visible(access)
    rows = everything
    if whose == "TODO":
        rows = rows.filter(Q(assignee=access.person) | Q(assignee=None, assigned_office=home))
    elif whose == "SENT":
        rows = rows.filter(office=home)
    if state == "LATE":
        rows = rows.filter(state=FindingState.OPEN, due_on__lt=clock.today())
    elif state:
        rows = rows.filter(state=state)
    pages = Paginator(_most_urgent_first(rows.select_related(*RELATED)), min(max(size, 1), MOST))
    shown = pages.get_page(number)
    waiting = everything.filter(state=FindingState.OPEN)
    return AnomalyTaskList(
        rows=[row(access, finding, titles) for finding in shown],
        total=pages.count,
        page=shown.number,
        size=pages.per_page,
        open=waiting.count(),
        late=waiting.filter(due_on__lt=clock.today()).count(),
    )


def _most_urgent_first(rows: QuerySet[AnomalyFinding]) -> QuerySet[AnomalyFinding]:
    """Open ones by the day they are due, then those answered, then those ended, the latest first."""
    rank = Case(When(state=FindingState.OPEN, then=0), When(state=FindingState.REPORTED, then=1), default=2)
    due = Case(When(state=FindingState.OPEN, then="due_on"), output_field=DateField())
    return rows.order_by(rank, due.asc(nulls_last=True), "-at", "-pk")


def one(access: Access, finding_id: int, titles: dict[str, str]) -> AnomalyTask:
    """One check with its history; of other offices it looks as if there were none."""
    finding = visible(access).select_related(*RELATED).filter(pk=finding_id).first()
    if finding is None:
        raise not_found("该核查任务")
    found = row(access, finding, titles)
    related = ("person", "assigned_office", "assignee")
    found.steps = [_step(step) for step in finding.steps.select_related(*related)]
    return found


def row(access: Access, finding: AnomalyFinding, titles: dict[str, str]) -> AnomalyTask:
    """A check for pages."""
    return AnomalyTask(
        id=finding.pk,
        model=finding.model,
        model_title=titles.get(finding.model, finding.model),
        label=finding.label,
        period=finding.period,
        reason=str(finding.figures.get("reason") or ""),
        state=finding.state,
        state_label=FindingState(finding.state).label,
        outcome=finding.outcome,
        outcome_label=Outcome(finding.outcome).label if finding.outcome else "",
        office=finding.office.short_name or finding.office.name,
        assigned=finding.assigned,
        assigned_office_id=finding.assigned_office_id,
        assignee_id=finding.assignee_id,
        due_on=finding.due_on,
        overdue=finding.overdue,
        note=finding.note,
        person=finding.person.name,
        at=finding.at,
        version=finding.version,
        verbs=offered(access, finding),
        steps=[],
    )


def _step(step: FindingStep) -> AnomalyTaskStep:
    return AnomalyTaskStep(
        verb=step.verb,
        words=VERB_WORDS.get(step.verb, step.verb),
        person=step.person.name,
        at=step.at,
        note=step.note,
        outcome=Outcome(step.outcome).label if step.outcome else "",
        assigned=step.assigned if step.verb in ("TASK", "ASSIGN") else "",
        due_on=step.due_on if step.verb in ("TASK", "ASSIGN") else None,
    )
