"""Copy photographed cases: own numbers, names, people, times and figures, in bulk."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from django.db import models

from minfang.kernel.base import clock
from minfang.kernel.documents import verification
from minfang.kernel.documents.models import Document
from minfang.kernel.iam.models import Organization, Person
from minfang.kernel.numbering.models import IssuedNumber
from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.deadlines import Deadline
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.models import FlowEvent, ProcessInstance, Suspension, WorkItem
from minfang.sandbox.demo_cases import bulk
from minfang.sandbox.demo_cases.projects import Form
from minfang.sandbox.demo_cases.snapshot import Snapshot, values
from minfang.sandbox.demo_cases.wording import Rewriter, Times
from minfang.services import checks, deadlines, paperwork
from minfang.services.matters import definition_of
from minfang.services.models import Case, CaseMaterial, CaseRound, Supplement
from minfang.services.progress_facts import DECISIONS

PEOPLE = {"assignee", "closed_by", "starter", "from", "to"}


class Detail(Enum):
    """How much of a copy is really there: papers set as PDF and messages told to the outside."""

    BARE = "rows only"
    DECISION = "the decision, its PDF set later, and messages"
    LISTED = "all documents, their PDF set later, and messages"
    NOTICES = "all documents with their PDF, and messages"
    FULL = "all documents and the application form with their PDF, and messages"

    @property
    def papers_now(self) -> bool:
        """Whether its papers are set at once."""
        return self in (Detail.NOTICES, Detail.FULL)


@dataclass(frozen=True)
class Wanted:
    """One case to be made: which photograph, where, by whom, when, about what."""

    shot: Snapshot
    office: Organization
    team: dict[int, Person]
    applicant: Person
    form: Form
    beats: tuple[datetime, ...]
    detail: Detail


@dataclass
class Copy:
    """A case in the making, with the rows that hang on it."""

    wanted: Wanted
    case: Case
    times: Times
    instance: ProcessInstance | None = None
    items: dict[int, WorkItem] = field(default_factory=dict)
    materials: dict[int, CaseMaterial] = field(default_factory=dict)
    rounds: list[CaseRound] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    numbers: dict[int, IssuedNumber] = field(default_factory=dict)
    apply_no: str = ""
    names: dict[str, str] = field(default_factory=dict)

    @property
    def shot(self) -> Snapshot:
        """The photograph this is a copy of."""
        return self.wanted.shot

    @property
    def rewriter(self) -> Rewriter:
        """Words of the photograph in words of the copy."""
        return Rewriter(self.names, self.times)

    def person(self, key: int | None) -> int | None:
        """Who stands here for a person of the photograph."""
        return self.wanted.team[key].pk if key in self.wanted.team else key

    def fresh(self, row: models.Model, **changes: Any) -> Any:
        """A row like one of the photograph, its moments moved."""
        new = values(row)
        for f in row._meta.concrete_fields:
            if isinstance(f, models.DateTimeField) and new.get(f.attname) is not None:
                new[f.attname] = self.times.move(new[f.attname])
        return type(row)(**{**new, **changes})


def begin(wanted: Wanted, chance: random.Random) -> Copy:
    """The case row of a copy; its numbers come later, in the order of time."""
    shot, office = wanted.shot, wanted.office
    times = Times(tuple(at for _, at in shot.beats), wanted.beats)
    copy = Copy(wanted, shot.case, times)
    applicant = wanted.applicant
    copy.case = copy.fresh(
        shot.case,
        applicant_id=applicant.pk,
        party_id=applicant.party_id,
        applicant_name=str(wanted.form["applicant_name"]),
        organization_id=office.pk if shot.instance else None,
        district_code=str(wanted.form["district_code"]) if shot.instance else "",
        project_name=str(wanted.form["project_name"]),
        form_data=wanted.form,
        query_password=f"{chance.randrange(1_000_000):06d}" if shot.instance else "",
        instance_id=None,
    )
    copy.case.organization = office if shot.instance else None
    copy.case.matter, copy.case.applicant, copy.case.party = shot.case.matter, applicant, applicant.party
    _clocks(copy)
    return copy


def _clocks(copy: Copy) -> None:
    """Due days by the same rules as the product's, from the copy's own days."""
    case, shot, calendar = copy.case, copy.shot.case, bulk.calendar()
    definition = definition_of(case.matter_version_id)
    if case.accepted_at is not None:
        start = clock.day_of(case.accepted_at)
        pauses = tuple(
            (
                clock.day_of(copy.times.move(s.started_at)),
                s.ended_at and clock.day_of(copy.times.move(s.ended_at)),
            )
            for s in copy.shot.suspensions
        )
        case.promise_due = deadlines.due_of(start, definition.limit("promise"), calendar, pauses)
        case.legal_due = deadlines.due_of(start, definition.limit("legal"), calendar, pauses)
        case.due_on = case.promise_due if shot.due_on else None
    elif shot.due_on is not None:
        received = [at for name, at in _named(copy) if name in ("SUBMIT", "ANSWER")][-1]
        case.due_on = deadlines.due_of(clock.day_of(received), deadlines.ACCEPT_LIMIT, calendar)
    for name in ("promise_due", "legal_due"):
        before = getattr(shot, name)
        if before is not None:
            copy.times.days[before] = getattr(case, name)


def _day(copy: Copy, at: datetime | None) -> Any:
    return clock.day_of(copy.times.move(at)) if at else None


def _named(copy: Copy) -> list[tuple[str, datetime]]:
    return [(name, at) for (name, _), at in zip(copy.shot.beats, copy.times.after, strict=True)]


def wanted_documents(copy: Copy) -> list[Document]:
    """Which documents of the photograph the copy has."""
    detail = copy.wanted.detail
    if detail is Detail.BARE:
        return []
    if detail is Detail.DECISION:
        return [d for d in copy.shot.documents if d.doc_type in (*DECISIONS, "REJECT_ACCEPT_NOTICE")]
    return copy.shot.documents


# --- rows ----------------------------------------------------------------------------------------------


def write_cases(copies: Sequence[Copy]) -> None:
    """Instances, cases, and what the engine keeps of them."""
    running = [copy for copy in copies if copy.shot.instance is not None]
    for copy in running:
        assert copy.shot.instance is not None
        copy.instance = copy.fresh(
            copy.shot.instance,
            subject=copy.case.subject,
            organization_id=copy.wanted.office.pk,
            starter_id=copy.person(copy.shot.instance.starter_id),
        )
    bulk.insert(ProcessInstance, [c.instance for c in running if c.instance])
    for copy in running:
        copy.case.instance = copy.instance
    bulk.insert(Case, [copy.case for copy in copies])
    _write_flow(running)
    _write_contents(copies)


def _write_flow(copies: Sequence[Copy]) -> None:
    calendar = bulk.calendar()
    for copy in copies:
        for item in copy.shot.items:
            copy.items[item.pk] = _item(copy, item, calendar)
    bulk.insert(WorkItem, [i for c in copies for i in c.items.values()])
    events, pauses = [], []
    for copy in copies:
        assert copy.instance is not None
        for event in copy.shot.events:
            events.append(
                copy.fresh(
                    event,
                    instance_id=copy.instance.pk,
                    item_id=copy.items[event.item_id].pk if event.item_id else None,
                    person_id=copy.person(event.person_id),
                    data=_people(event.data, copy),
                    key=uuid.uuid4().hex,
                )
            )
        for pause in copy.shot.suspensions:
            item_id = copy.items[pause.item_id].pk if pause.item_id else None
            pauses.append(copy.fresh(pause, instance_id=copy.instance.pk, item_id=item_id))
    bulk.insert(FlowEvent, events)
    bulk.insert(Suspension, pauses)


def _item(copy: Copy, item: WorkItem, calendar: Calendar) -> WorkItem:
    assert copy.instance is not None
    new: WorkItem = copy.fresh(
        item,
        instance_id=copy.instance.pk,
        organization_id=copy.wanted.office.pk,
        assignee_id=copy.person(item.assignee_id),
        closed_by_id=copy.person(item.closed_by_id),
    )
    if item.due_at is not None:
        new.due_at = _due_at(copy.instance, new, calendar)
    return new


def _due_at(instance: ProcessInstance, item: WorkItem, calendar: Calendar) -> datetime:
    """The last second of the day a step is due."""
    node = graph_of(instance.definition_id).node(item.node)
    start: date = clock.day_of(item.arrived_at)
    unit = "working" if node.limit_unit == "working" else "natural"
    due = Deadline(start, int(node.limit_days or 0), unit, ()).due(calendar)  # type: ignore[arg-type]
    return datetime.combine(due, time(23, 59, 59), clock.SHANGHAI)


def _people(value: Any, copy: Copy) -> Any:
    """An event's effects with the copy's people."""
    if isinstance(value, dict):
        return {
            k: copy.person(v) if k in PEOPLE and isinstance(v, int) else _people(v, copy)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [_people(item, copy) for item in value]
    return value


def _write_contents(copies: Sequence[Copy]) -> None:
    supplements = []
    for copy in copies:
        code = checks.application_code(copy.case)
        for row in copy.shot.materials:
            if row.code == code and (copy.wanted.detail is not Detail.FULL or row.state == "REPLACED"):
                continue
            copy.materials[row.pk] = copy.fresh(
                row, case_id=copy.case.pk, reviewed_by_id=copy.person(row.reviewed_by_id)
            )
        supplements += [_supplement(copy, row) for row in copy.shot.supplements]
    bulk.insert(CaseMaterial, [m for c in copies for m in c.materials.values()])
    bulk.insert(Supplement, supplements)
    for copy in copies:
        copy.rounds = [_round(copy, row) for row in copy.shot.rounds]
    bulk.insert(CaseRound, [r for c in copies for r in c.rounds])


def _supplement(copy: Copy, row: Supplement) -> Supplement:
    new: Supplement = copy.fresh(
        row, case_id=copy.case.pk, issued_by_id=copy.person(row.issued_by_id), document_id=None
    )
    limit = definition_of(copy.case.matter_version_id).limit("supplement_applicant")
    new.due = bulk.calendar().add(clock.day_of(new.issued_at), limit.days)
    copy.times.days[row.due] = new.due
    return new


def _round(copy: Copy, row: CaseRound) -> CaseRound:
    """A round's content: the copy's own, with what the photographed applicant changed in between."""
    last = copy.shot.case.form_data
    changed = {k: v for k, v in row.form_data.items() if last.get(k) != v and not isinstance(v, list)}
    kept = [
        {**entry, "id": copy.materials[entry["id"]].pk}
        for entry in row.materials
        if entry["id"] in copy.materials
    ]
    new: CaseRound = copy.fresh(
        row,
        case_id=copy.case.pk,
        form_data={**copy.case.form_data, **changed},
        materials=kept,
        submitted_by_id=copy.person(row.submitted_by_id),
    )
    return new


def new_documents(copy: Copy) -> list[Document]:
    """The document rows of a copy, contexts included; PDFs are set by ``papers``."""
    out = []
    for row in wanted_documents(copy):
        line = copy.numbers.get(row.pk)
        document: Document = copy.fresh(
            row,
            subject=copy.case.subject,
            number=line.number if line else "",
            organization_id=copy.wanted.office.pk,
            holder=paperwork.holder_of(copy.case),
            verify_code=verification.new_code(),
            file_id=None,
        )
        document.template = row.template
        with clock.moved_to(document.drawn_up_at):
            said = copy.rewriter.value(row.context)
            document.context = paperwork.context_of(copy.case, row.doc_type, {}, document.number)
            document.context = {**said, **document.context}
            if row.doc_type == "APPROVAL":
                document.context |= paperwork.approval_context()
        out.append(document)
    return out
