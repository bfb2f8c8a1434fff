"""Submission: the first hand-in, the corrected one after pre-review, and the answer to a supplement."""

import secrets

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, invalid, stale
from minfang.kernel.documents import actions as documents
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, OrganizationKind
from minfang.kernel.messaging.actions import notify
from minfang.kernel.numbering import actions as numbering
from minfang.kernel.workflow import actions as workflow
from minfang.kernel.workflow import queries as flow
from minfang.services import calculations, checks, deadlines, paperwork, pushing
from minfang.services.access import own_case
from minfang.services.actions import progress, signing
from minfang.services.actions.drafts import EDITABLE
from minfang.services.matters import definition_of, engine_of
from minfang.services.models import ApplicationSignature, Case, CaseMaterial, CaseRound, CaseStatus
from minfang.services.schemas import SubmitOut


def deciding_office(case: Case) -> Organization:
    """The office that decides: with the city when planning permission is the city's, else the district.

    沪国动规〔2025〕4号 第三条、第六条: the approval follows the planning authority.
    """
    data = case.form_data
    if data.get("planning_authority") == "CITY":
        return Organization.objects.get(kind=OrganizationKind.MUNICIPAL_OFFICE)
    return Organization.objects.get(
        kind=OrganizationKind.DISTRICT_OFFICE, district_code=str(data.get("district_code"))
    )


def _answer(case: Case, message: str) -> SubmitOut:
    return SubmitOut(
        id=case.pk,
        internal_no=case.internal_no or "",
        status=case.status,
        status_label=CaseStatus(case.status).label,
        message=message,
    )


@transaction.atomic
def submit(access: Access, case_id: int, seen_version: int, key: str) -> SubmitOut:
    """Hand in once, however often clicked: whoever comes second gets the first one's answer."""
    case = own_case(access, case_id, lock=True)
    if case.status not in EDITABLE:
        return _answer(case, "该申请已经提交，无需重复提交。")
    if seen_version != case.version:
        raise stale("这份申请在别处有更新的内容，尚未提交。")
    signature = _require_ready(case)
    _hand_in(access, case, signature)
    if case.status == CaseStatus.DRAFT:
        _receive(access, case, key)
        message = f"已提交，办件编号 {case.internal_no}。"
    else:
        _answer_office(access, case, key)
        message = "补正材料已提交。" if case.supplements.exists() else "已重新提交。"
    case.version += 1
    case.updated_at = clock.now()
    case.save()
    return _answer(case, message)


def _require_ready(case: Case) -> ApplicationSignature:
    found = checks.errors(case)
    if found:
        raise invalid(found)
    signature = signing.valid_signature(case)
    if signature is None:
        raise Refusal(
            "SIGN_REQUIRED",
            "申请表尚未签章，或签章后内容有改动。",
            "请在“确认与签章”一步完成签章后提交。",
            status=409,
        )
    return signature


def _hand_in(access: Access, case: Case, signature: ApplicationSignature) -> None:
    """Freeze the round: the form data and which materials belong to it."""
    case.round += 1
    case.form_data = engine_of(case.matter_version_id).prune(case.form_data)
    code, now = checks.application_code(case), clock.now()
    CaseMaterial.objects.filter(case=case, code=code).update(state="REPLACED")
    CaseMaterial.objects.create(case=case, code=code, round=case.round, file=signature.signed, added_at=now)
    CaseRound.objects.create(
        case=case,
        round=case.round,
        form_data=case.form_data,
        submitted_at=now,
        submitted_by=access.person,
        materials=[
            {"id": m.pk, "code": m.code, "waiver": m.waiver, "sm3": m.file.sm3 if m.file else ""}
            for m in calculations.handed_in(case)
        ],
    )


def _receive(access: Access, case: Case, key: str) -> None:
    """The application arrives at its office: number, receipt, process, clocks, pushes, message."""
    case.organization = deciding_office(case)
    case.district_code = str(case.form_data.get("district_code") or case.organization.district_code)
    case.internal_no = numbering.issue(
        definition_of(case.matter_version_id).raw["numbers"]["internal"],
        context=paperwork.number_context(case),
        scope=case.organization.code,
        target=f"case:{case.pk}",
    )
    case.query_password = f"{secrets.randbelow(1_000_000):06d}"
    case.submitted_at = clock.now()
    case.status = CaseStatus.SUBMITTED
    deadlines.start_acceptance_clock(case)
    transition = workflow.start(
        definition_of(case.matter_version_id).process_code(paperwork.is_city(case)),
        subject=case.subject,
        organization=case.organization,
        facts=progress.facts(case),
        starter=access.person,
    )
    case.instance = transition.instance
    case.save()
    record("case.submit", person=access.person, target=case.subject, summary=f"提交申请 {case.project_name}")
    pushing.apply_number(case)
    pushing.received(case)
    receipt = paperwork.draw_up(case, "RECEIPT", paperwork.receipt_context(case))
    documents.issue(receipt)
    notify(
        "case.submitted", subject=case.subject, context=progress.message_context(case), person=case.applicant
    )
    progress.follow(case, transition, person=access.person)


def _answer_office(access: Access, case: Case, key: str) -> None:
    """The applicant completes what was asked: their item closes and the office goes on."""
    assert case.instance is not None
    item = next((i for i in flow.open_items(case.instance) if i.role == "applicant"), None)
    if item is None:
        raise stale("受理机关刚刚改变了该件的状态。")
    if case.status == CaseStatus.SUPPLEMENT:
        case.supplements.filter(answered_at__isnull=True).update(answered_at=clock.now())
        transition = workflow.answer_supplement(
            item.pk, person=access.person, facts=progress.facts(case), key=key
        )
        case.is_paused = False
        deadlines.follow_suspensions(case)
    else:
        transition = workflow.complete(
            item.pk,
            person=access.person,
            outcome="RESUBMIT",
            opinion="",
            facts=progress.facts(case),
            seen_version=None,
            key=key,
        )
        deadlines.start_acceptance_clock(case)
    pushing.materials(case)
    record("case.resubmit", person=access.person, target=case.subject, summary=f"第 {case.round} 轮提交")
    progress.follow(case, transition, person=access.person)
