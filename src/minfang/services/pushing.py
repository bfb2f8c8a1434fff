"""What the outside world is told of a case, and when: each message is written with the change it tells of."""

from datetime import datetime

from minfang.kernel.base import clock
from minfang.kernel.documents import actions as documents
from minfang.kernel.documents import ecert as licence_ids
from minfang.kernel.documents.models import Document
from minfang.kernel.iam.models import PartyKind, Person
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.models import WorkItem
from minfang.registry import districts
from minfang.services import calculations
from minfang.services.connectors import apply_no, case_repository, ecert, eseal
from minfang.services.connectors import rating as ratings
from minfang.services.connectors.case_repository import (
    ApplicantFacts,
    CaseFacts,
    DoneFacts,
    ItemFacts,
    MaterialFacts,
    OfficeFacts,
    ServiceFacts,
    SpecialFacts,
    StepFacts,
)
from minfang.services.matters import definition_of
from minfang.services.models import Case, Rating, Supplement

METHODS = {"ECERT": "3", "SHARE": "4", "BIZ": "9", "": "2"}
"""办件库 gettype (handbook §3.0): 2 uploaded, 3 licence repository, 4 shared, 9 other."""
SERVICES = {"N20_ACCEPT": ("受理", 1), "N60_FINISH": ("办结", 2)}
"""Steps that are a service to be rated, and their numbers (handbook §6.6)."""
SPECIAL_OTHER = "2"
"""特别程序种类 (handbook §6.3): 1 extension of the time, 2 anything that stops the clock."""
STAGE_NUMBERS = {"ACCEPTED": 1, "DONE": 2}


def case_facts(case: Case) -> CaseFacts:
    """The case as the city's platforms want it described."""
    definition, data = definition_of(case.matter_version_id), case.form_data
    raw, office = definition.raw, case.organization
    assert office is not None
    assert case.submitted_at is not None
    natural = data.get("applicant_type") == PartyKind.NATURAL
    return CaseFacts(
        internal_no=case.internal_no or "",
        query_password=case.query_password,
        item=ItemFacts(
            item_code=raw["item_code"],
            name=case.matter.name,
            catalog_code=raw["catalog_code"],
            task_code=raw["task_code"],
            task_handle_item=raw["task_handle_item"],
            version=str(case.matter_version.version),
            item_type=raw["item_type"],
        ),
        applicant=ApplicantFacts(
            kind="1" if natural else "2",
            name=case.applicant_name,
            id_type=str(data.get("id_type") or "001"),
            id_no=str(data.get("id_no") or ""),
            legal_rep=str(data.get("legal_rep_name") or ""),
            contact_name=str(data.get("contact_name") or ""),
            contact_id_no=str(data.get("contact_id_no") or ""),
            contact_mobile=str(data.get("contact_mobile") or ""),
            address=str(data.get("contact_address") or ""),
        ),
        office=OfficeFacts(
            id=office.code,
            name=office.name,
            uscc=office.uscc,
            region=districts.district(office.district_code).code12,
        ),
        applied_at=case.submitted_at,
        promise_days=definition.limit("promise").days,
        legal_days=definition.limit("legal").days,
        is_agent=bool(data.get("is_agent")),
    )


def apply_number(case: Case) -> None:
    """Ask for the 统一审批编码; everything else about the case waits for it (handbook §6.2)."""
    assert case.organization is not None
    definition = definition_of(case.matter_version_id)
    apply_no.ask(
        case.subject,
        internal_no=case.internal_no or "",
        item_code=definition.raw["item_code"],
        item_name=case.matter.name,
        region=districts.district(case.organization.district_code).portal,
        applicant=case.applicant_name,
    )


def received(case: Case) -> None:
    """The application is in: basic information and materials."""
    case_repository.push_base_info(case_facts(case))
    materials(case)


def materials(case: Case) -> None:
    """The materials of the present round that were not told before."""
    facts, definition = case_facts(case), definition_of(case.matter_version_id)
    for row in calculations.handed_in(case):
        if row.round != case.round:
            continue
        case_repository.push_material(
            facts,
            MaterialFacts(
                record_id=f"{case.internal_no}-{row.pk}",
                code=row.code,
                name=definition.material(row.code)["name"],
                method=METHODS[row.waiver],
                taken_at=row.added_at,
                filename=row.file.name if row.file else "",
                usage_id=row.waiver_reference,
            ),
        )


def step(case: Case, item: WorkItem) -> None:
    """One finished step with its opinion; acceptance and closing are services to be rated."""
    graph = graph_of(item.instance.definition_id)
    ended: datetime = item.closed_at or clock.now()
    service = None
    if item.node in SERVICES and item.outcome in ("ACCEPT", "FINISH"):
        name, number = SERVICES[item.node]
        service = ServiceFacts(name=name, at=ended, number=number)
    outcome = (
        "DENY" if item.node in ("N60_FINISH", "N80_DELIVER") and case.decision == "DENY" else item.outcome
    )
    case_repository.push_step(
        case_facts(case),
        StepFacts(
            node=item.node,
            name=graph.node(item.node).name,
            outcome=outcome,
            person=item.closed_by.name if item.closed_by else "系统",
            started_at=item.arrived_at,
            ended_at=ended,
            opinion=item.opinion,
            accepted_at=case.accepted_at,
            promise_due=case.promise_due,
            service=service,
        ),
        str(item.pk),
    )


def supplement_asked(case: Case, supplement: Supplement, item: WorkItem) -> None:
    """The notice to complete is a step of its own (环节 N25, 结果 5)."""
    case_repository.push_step(
        case_facts(case),
        StepFacts(
            node="N25_SUPPLEMENT",
            name="补正告知",
            outcome="SUPPLEMENT",
            person=supplement.issued_by.name,
            started_at=item.arrived_at,
            ended_at=supplement.issued_at,
            opinion="；".join(f"{entry['label']}：{entry['request']}" for entry in supplement.items),
            accepted_at=case.accepted_at,
            promise_due=case.promise_due,
        ),
        f"supplement-{supplement.pk}",
    )


def closed_without_acceptance(case: Case, reason: str, person: str) -> None:
    """Not accepted: the case ends where it began."""
    case_repository.push_done(
        case_facts(case),
        DoneFacts(result="1", at=case.closed_at or clock.now(), person=person, reason=reason),
    )


def special(case: Case, *, begins: bool, person: Person | None, opinion: str, result: str) -> None:
    """A special procedure begins or ends: one record each, of kind 2 (other than an extension)."""
    assert case.instance is not None
    node = graph_of(case.instance.definition_id).single("special")
    case_repository.push_special(
        case_facts(case),
        SpecialFacts(
            kind=SPECIAL_OTHER,
            begins=begins,
            at=clock.now(),
            person=person.name if person else "系统",
            opinion=opinion,
            basis=str(node.meta.get("basis", "")) if node else "",
            result=result,
        ),
    )


def base_info(case: Case) -> None:
    """The basic information anew, when another office has taken the case over."""
    case_repository.push_base_info(case_facts(case))


def ended_early(case: Case, *, reason: str, person: str) -> None:
    """The case was withdrawn, cancelled or voided: its end, or the next version of it."""
    facts = DoneFacts(result=case.done_result, at=case.closed_at or clock.now(), person=person, reason=reason)
    case_repository.push_done(case_facts(case), facts)


def certificate_void(case: Case, document: Document, reason: str) -> None:
    """The city's repository of electronic licences hears that a certificate is void."""
    assert document.organization is not None
    identifier = _licence_id(case, document)
    ecert.change_state(case.subject, identifier, "VOID", reason)


def done(case: Case, document: Document | None, person: str) -> None:
    """The case is closed with its result."""
    facts = DoneFacts(
        result=case.done_result or "6",
        at=case.closed_at or clock.now(),
        person=person,
        reason=case.decision_reason if case.decision == "DENY" else "",
        document_name=document.title if document else "",
        document_no=document.number if document else "",
        valid=document.valid_until.isoformat() if document and document.valid_until else "",
        publisher=document.organization.name if document and document.organization else "",
    )
    case_repository.push_done(case_facts(case), facts)


def certificate(case: Case, document: Document) -> None:
    """The issued certificate goes to the city's repository of electronic licences at once."""
    assert document.organization is not None
    assert document.issued_at is not None
    assert document.file is not None
    raw, data = definition_of(case.matter_version_id).raw, case.form_data
    ecert.push(
        case.subject,
        ecert.LicenceFacts(
            identifier=_licence_id(case, document),
            catalog_code=raw["certificate"]["catalog_code"],
            name=document.title,
            number=document.number,
            holder_name=case.applicant_name,
            holder_code=str(data.get("id_no") or ""),
            holder_type=str(data.get("id_type") or "001"),
            issuer=document.organization.name,
            issuer_code=document.organization.uscc,
            issue_date=clock.day_of(document.issued_at),
            version=f"{document.version:03d}",
            file_id=str(document.file.pk),
            valid_to=document.valid_until,
            valid_from=clock.day_of(document.issued_at),
        ),
    )


def _licence_id(case: Case, document: Document) -> str:
    """The identifier of a certificate among electronic licences."""
    assert document.organization is not None
    kind = definition_of(case.matter_version_id).raw["certificate"]["type_code"]
    return str(licence_ids.make(kind, document.organization.uscc, case.internal_no or "", document.version))


def rating(case: Case, given: Rating) -> None:
    """Pass the applicant's judgement on."""
    served = case.accepted_at if given.stage == "ACCEPTED" else case.closed_at
    ratings.push(
        case_facts(case),
        ratings.RatingFacts(
            number=STAGE_NUMBERS[given.stage],
            satisfaction=given.satisfaction,
            text=given.text,
            tags=tuple(given.tags),
            rated_at=given.rated_at,
            served_at=served or given.rated_at,
            state_code=case.status,
            state_name=case.get_status_display(),
            region_name=districts.district(case.organization.district_code).name if case.organization else "",
        ),
    )


def seal(case: Case, document: Document, kind: str) -> None:
    """Hand a document to the seal platform."""
    assert case.organization is not None
    documents.start_sealing(document)
    eseal.ask(
        case.subject,
        document,
        eseal.seal_id(case.organization.district_code, kind),
        case_no=case.internal_no or "",
    )
