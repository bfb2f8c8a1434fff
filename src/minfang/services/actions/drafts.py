"""Drafts: begin, save, throw away. Saving never judges; judging is for submission."""

from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, invalid, stale
from minfang.kernel.files import actions as files
from minfang.kernel.files.actions import uploads
from minfang.kernel.files.models import StoredFile
from minfang.kernel.forms.engine import FormEngine
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.services import calculations, materials
from minfang.services.access import own_case
from minfang.services.matters import current_version, definition_of, engine_of
from minfang.services.models import Case, CaseStatus
from minfang.services.schemas import DraftSaved, NewCaseOut

EDITABLE = frozenset({CaseStatus.DRAFT, CaseStatus.PREREVIEW_FAILED, CaseStatus.SUPPLEMENT})


def require_editable(case: Case) -> None:
    """Only drafts and cases sent back to the applicant may be changed by them."""
    if case.status not in EDITABLE:
        raise Refusal(
            "NOT_EDITABLE",
            f"该件已提交（{CaseStatus(case.status).label}），不能再修改。",
            "如需更正，请联系受理机关，由其发起补正。",
            status=409,
        )


def prefill(person: Person, engine: FormEngine) -> tuple[dict[str, Any], dict[str, str]]:
    """What is known of an applicant before they type: values by path, and the source of each.

    The form names where a field comes from (``prefill``: ``party.name``, ``person.mobile``, ``today``).
    """
    known = _known(person)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for field in engine.form.fields.values():
        value = known.get(str(field.raw.get("prefill", "")))
        if value:
            values[field.path] = value
            sources[field.path] = field.raw.get("prefill_label", "")
    return values, {path: source for path, source in sources.items() if source}


def _known(person: Person) -> dict[str, Any]:
    party = person.party
    known = {
        "person.name": person.name,
        "person.id_no": person.id_no,
        "person.mobile": person.mobile,
        "today": clock.today().isoformat(),
    }
    if party is None:
        return known | {
            "party.kind": "1",
            "party.name": person.name,
            "party.id_type": "111",
            "party.id_no": person.id_no,
        }
    return known | {
        "party.kind": party.kind,
        "party.name": party.name,
        "party.id_type": party.id_type,
        "party.id_no": party.id_no,
        "party.legal_rep_name": party.legal_rep_name,
        "party.registered_address": party.registered_address,
    }


@transaction.atomic
def start(access: Access, matter_code: str, *, again: bool) -> NewCaseOut:
    """Begin an application; an open draft of the same matter is offered instead unless ``again``.

    The person's row is locked: a double click begins one draft, not two.
    """
    person = Person.objects.select_for_update(of=("self",)).select_related("party").get(pk=access.person.pk)
    version = current_version(matter_code)
    drafts = Case.objects.filter(applicant=person, matter=version.matter, status=CaseStatus.DRAFT)
    draft = drafts.order_by("-updated_at").first()
    if draft is not None and not again:
        return NewCaseOut(id=draft.pk, existing=True, updated_at=draft.updated_at)
    values, _ = prefill(person, engine_of(version.pk))
    now = clock.now()
    case = Case.objects.create(
        matter=version.matter,
        matter_version=version,
        applicant=person,
        party=person.party,
        applicant_name=values.get("applicant_name", person.name),
        form_data=engine_of(version.pk).compute(values),
        created_at=now,
        updated_at=now,
        version=1,
    )
    record(
        "case.draft.start",
        person=person,
        target=f"draft:{case.pk}",
        summary=f"新建草稿：{version.matter.name}",
    )
    return NewCaseOut(id=case.pk, existing=False, updated_at=now)


@transaction.atomic
def save(access: Access, case_id: int, data: dict[str, Any], step: str, seen_version: int) -> DraftSaved:
    """Keep what is filled in. A page older than the stored draft is refused: nothing is overwritten."""
    case = own_case(access, case_id, lock=True)
    require_editable(case)
    if seen_version != case.version:
        raise stale("这份申请已在别处（另一页面或设备）保存了更新的内容。")
    engine = engine_of(case.matter_version_id)
    draft = engine.check_draft(data)
    if draft.errors:
        raise invalid(draft.errors)
    case.form_data = engine.compute(draft.data)
    case.form_step = step[:40]
    case.project_name = str(case.form_data.get("project_name") or "")[:200]
    case.applicant_name = str(case.form_data.get("applicant_name") or case.applicant_name)[:200]
    case.version += 1
    case.updated_at = clock.now()
    case.save()
    definition = definition_of(case.matter_version_id)
    return DraftSaved(
        version=case.version,
        saved_at=case.updated_at,
        data=case.form_data,
        dropped=draft.dropped,
        calculations=calculations.of_case(engine, case.form_data),
        steps=calculations.step_states(case),
        materials=materials.rules(definition, case.form_data),
    )


@transaction.atomic
def delete(access: Access, case_id: int) -> None:
    """Throw a draft away with what was uploaded for it; anything submitted stays."""
    case = own_case(access, case_id, lock=True)
    if case.status != CaseStatus.DRAFT:
        raise Refusal("NOT_A_DRAFT", "该件已提交，不能删除。", "如不再办理，可在办件页申请撤回。", status=409)
    record(
        "case.draft.delete",
        person=access.person,
        target=f"draft:{case.pk}",
        summary=f"删除草稿 {case.project_name}",
    )
    there = _files_of(case)
    case.signatures.all().delete()
    case.materials.all().delete()
    number = case.pk
    case.delete()
    for file in there:
        files.discard_unused(file, person=access.person, reason="申请人删除草稿")
    uploads.forget(access.person, f"case:{number}/", reason="申请人删除草稿")


def _files_of(case: Case) -> list[StoredFile]:
    """Handed in for the case, or made for its signature."""
    numbers = set(case.materials.values_list("file_id", flat=True))
    for pair in case.signatures.values_list("draft_id", "signed_id"):
        numbers.update(pair)
    return list(StoredFile.objects.filter(pk__in=numbers - {None}))
