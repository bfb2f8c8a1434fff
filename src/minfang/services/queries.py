"""What the public and applicants read."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q

from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, not_found
from minfang.kernel.documents import queries as documents
from minfang.kernel.expressions import ExpressionError
from minfang.kernel.forms.models import FormDefinition
from minfang.kernel.iam.access import Access
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow.drawing import drawing
from minfang.registry.form_functions import FUNCTIONS
from minfang.services import calculations, checks, deadlines, materials, timeline
from minfang.services.access import own_case
from minfang.services.actions import drafts, ratings, signing, withdrawing
from minfang.services.matters import catalogue, current_version, definition_of, engine_of
from minfang.services.models import CLOSED_STATUSES, Case, CaseStatus
from minfang.services.presenting import (
    VISIBLE_TO_APPLICANT,
    documents_of,
    material_out,
    messages_of,
    supplement_out,
)
from minfang.services.schemas import (
    Calculation,
    CheckOut,
    FormOut,
    GuideOut,
    MatterCard,
    MessageOut,
    PortalCase,
    PortalCaseList,
    PortalCaseRow,
    ProblemField,
    RatingOut,
    VerificationOut,
)

MAX_PAGE = 100
STATE_FILTERS = {
    "draft": Q(status=CaseStatus.DRAFT),
    "supplement": Q(status__in=[CaseStatus.SUPPLEMENT, CaseStatus.PREREVIEW_FAILED]),
    "open": ~Q(status=CaseStatus.DRAFT) & ~Q(status__in=CLOSED_STATUSES),
    "closed": Q(status__in=CLOSED_STATUSES),
}
NEXT_ACTION = {
    CaseStatus.DRAFT: "继续填写",
    CaseStatus.SUPPLEMENT: "去补正",
    CaseStatus.PREREVIEW_FAILED: "去修改",
    CaseStatus.DONE: "下载",
    CaseStatus.DELIVERED: "下载",
}


def matter_cards() -> list[MatterCard]:
    """The ten matters; those with a definition folder are online."""
    online = set(FormDefinition.objects.values_list("code", flat=True))
    return [
        MatterCard(
            code=row["code"],
            name=row["name"],
            short_name=row["short_name"],
            kind_label=row["kind_label"],
            promise_days=row["promise_days"],
            online=row["code"] in online,
            icon=row["icon"],
        )
        for row in catalogue()
    ]


def guide(code: str) -> GuideOut:
    """The guide of one matter, from its definition."""
    version = current_version(code)
    definition = definition_of(version.pk)
    raw, card = definition.raw, next(row for row in catalogue() if row["code"] == code)
    return GuideOut(
        code=code,
        name=version.matter.name,
        short_name=version.matter.short_name,
        kind_label=card["kind_label"],
        summary=raw["summary"],
        legal_basis=raw["legal_basis"],
        conditions=raw["conditions"],
        accepting_office=raw["accepting_office"],
        promise_days=definition.limit("promise").days,
        legal_days=definition.limit("legal").days,
        fee=raw["fee"],
        result=raw["result"],
        steps=raw["steps"],
        materials=materials.rules(definition, {}),
        questions=raw.get("questions", []),
        online=True,
    )


def form_definition(code: str, version: int) -> FormOut:
    """A published form."""
    form = FormDefinition.objects.filter(code=code, version=version).exclude(state="DRAFT").first()
    if form is None:
        raise not_found("该表单")
    return FormOut(code=form.code, version=form.version, definition=form.definition)


def verification(code: str) -> VerificationOut:
    """Whether a document is genuine and in force; nothing personal is told."""
    found = documents.verification(code.strip()) or {}
    states = {"ISSUED": "有效", "REPLACED": "已被新版替换", "VOIDED": "已作废"}
    issued = found.get("state") in states
    return VerificationOut(
        found=issued,
        valid=bool(found.get("valid")) and issued,
        state=found.get("state", "") if issued else "",
        state_label=states.get(found.get("state", ""), "未查到该文书") if issued else "未查到该文书",
        title=found.get("title", "") if issued else "",
        number=found.get("number", "") if issued else "",
        holder=found.get("holder", "") if issued else "",
        organization=found.get("organization", "") if issued else "",
        issued_at=found.get("issued_at") if issued else None,
        seal=(found.get("seal") or {}) if issued else {},
        superseded_by=str(found.get("superseded_by") or "") if issued else "",
        checked_at=clock.now(),
    )


def trial_area(land_use: list[dict[str, Any]], build_nature: str) -> Calculation:
    """The required area of some land uses by the rule in force today."""
    facts = {
        "land_use": land_use[:50],
        "build_nature": build_nature,
        "land_contract_has_cd_clause": False,
        "rule_date": clock.today().isoformat(),
        "buildings": [],
    }
    try:
        return calculations.from_lines("required_area", FUNCTIONS["explain_required_area"](facts), "㎡")
    except (ExpressionError, TypeError, AttributeError, ValueError) as error:
        hint = "每行填写用地性质和计容面积（数字），豁免面积可不填。"
        raise Refusal("AREA_NOT_COMPUTED", "用地内容无法计算。", hint, status=422) from error


def portal_cases(access: Access, state: str, keyword: str, page: int, size: int) -> PortalCaseList:
    """The applicant's own cases, newest first."""
    rows = Case.objects.of_applicant(access).select_related("matter")
    if state in STATE_FILTERS:
        rows = rows.filter(STATE_FILTERS[state])
    if keyword.strip():
        word = keyword.strip()[:50]
        rows = rows.filter(
            Q(project_name__icontains=word) | Q(internal_no__icontains=word) | Q(apply_no__icontains=word)
        )
    pages = Paginator(rows.defer("form_data").order_by("-updated_at", "-id"), min(max(size, 1), MAX_PAGE))
    calendar, today = official_calendar(), clock.today()
    return PortalCaseList(
        total=pages.count,
        page=pages.get_page(page).number,
        size=pages.per_page,
        rows=[_portal_row(case, calendar, today) for case in pages.get_page(page)],
    )


def _portal_row(case: Case, calendar: Any, today: Any) -> PortalCaseRow:
    warn = definition_of(case.matter_version_id).warning
    return PortalCaseRow(
        id=case.pk,
        matter_code=case.matter.code,
        matter_name=case.matter.name,
        project_name=case.project_name,
        internal_no=case.internal_no or "",
        apply_no=case.apply_no,
        status=case.status,
        status_label=CaseStatus(case.status).label,
        light=deadlines.light_of(case, calendar, today, warn),
        updated_at=case.updated_at,
        submitted_at=case.submitted_at,
        next_action=NEXT_ACTION.get(CaseStatus(case.status), "看进度"),
    )


def portal_case(access: Access, case_id: int) -> PortalCase:
    """Everything the applicant sees of one case."""
    case = own_case(access, case_id)
    definition = definition_of(case.matter_version_id)
    editable = case.status in drafts.EDITABLE
    signature = signing.valid_signature(case) if editable else None
    open_supplement = case.supplements.filter(answered_at__isnull=True).first()
    return PortalCase(
        id=case.pk,
        version=case.version,
        matter_code=case.matter.code,
        matter_name=case.matter.name,
        form_code=case.matter_version.form.code,
        form_version=case.matter_version.form.version,
        internal_no=case.internal_no or "",
        apply_no=case.apply_no,
        status=case.status,
        status_label=CaseStatus(case.status).label,
        editable=editable,
        project_name=case.project_name,
        office_name=case.organization.name if case.organization else "",
        data=case.form_data,
        prefilled=drafts.prefill(access.person, engine_of(case.matter_version_id))[1],
        step=case.form_step,
        steps=calculations.step_states(case) if editable else [],
        calculations=calculations.of_case(engine_of(case.matter_version_id), case.form_data),
        materials=[material_out(m) for m in calculations.handed_in(case)],
        material_rules=materials.rules(definition, case.form_data),
        supplement=supplement_out(open_supplement),
        light=deadlines.light_of(case, official_calendar(), clock.today(), definition.warning),
        promise_due=case.promise_due,
        legal_due=case.legal_due,
        submitted_at=case.submitted_at,
        accepted_at=case.accepted_at,
        updated_at=case.updated_at,
        signature=_signature(signature),
        documents=documents_of(case.subject, VISIBLE_TO_APPLICANT) if case.internal_no else [],
        timeline=timeline.for_applicant(case),
        progress=drawing(case.instance.definition, case.instance) if case.instance else {},
        ratings=_ratings(case),
        decision=case.decision if case.closed_at else "",
        may_withdraw=withdrawing.may_withdraw(case),
    )


def _signature(row: Any) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "signer": row.signer_name,
        "serial": row.certificate_serial,
        "signed_at": row.signed_at.isoformat(),
        "file_id": str(row.signed_id),
    }


def _ratings(case: Case) -> list[RatingOut]:
    given = {rating.stage: rating for rating in case.ratings.all()}
    out = []
    for stage, label in ratings.stages(case).items():
        rating = given.get(stage)
        out.append(
            RatingOut(
                stage=stage,
                stage_label=label,
                satisfaction=rating.satisfaction if rating else None,
                tags=rating.tags if rating else [],
                text=rating.text if rating else "",
                rated_at=rating.rated_at if rating else None,
            )
        )
    return out


def check(access: Access, case_id: int, step: str) -> CheckOut:
    """What is wrong or doubtful, in one step or in all."""
    case = own_case(access, case_id)
    return CheckOut(
        errors=_problems(checks.errors(case, step)), warnings=_problems(checks.warnings(case, step))
    )


def _problems(found: list[FieldError]) -> list[ProblemField]:
    return [ProblemField(path=e.path, label=e.label, message=e.message) for e in found]


def application_pdf(access: Access, case_id: int) -> bytes:
    """The application form as it stands now."""
    return signing.render(own_case(access, case_id))


def messages(access: Access) -> list[MessageOut]:
    """In-app messages, newest first, with the page they lead to."""
    return messages_of(access.person, "/cases/")
