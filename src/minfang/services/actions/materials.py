"""Materials: hand in, waive, take back, tick off."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models import Count, Sum

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, forbidden, not_found
from minfang.kernel.files import actions as files
from minfang.kernel.files.limits import limit, megabytes
from minfang.kernel.files.models import StoredFile
from minfang.kernel.iam.access import Access
from minfang.services.access import current_item, office_case, own_case
from minfang.services.actions.drafts import require_editable
from minfang.services.materials import WAIVER_LABELS, is_generated
from minfang.services.matters import definition_of
from minfang.services.models import Case, CaseMaterial, MaterialState
from minfang.services.presenting import material_out
from minfang.services.schemas import MaterialOut

MEBIBYTE = 1024 * 1024


def _touch(case: Case) -> None:
    """A changed material changes what would be signed."""
    case.updated_at = clock.now()
    case.save(update_fields=["updated_at"])


def _retire(case: Case, code: str, *, waivers_only: bool) -> None:
    """What a new hand-in stands in for: refused files of this line, and its waiver (or its files)."""
    rows = CaseMaterial.objects.filter(case=case, code=code).exclude(state=MaterialState.REPLACED)
    for row in rows:
        replaced = row.state == MaterialState.REJECTED or bool(row.waiver) == waivers_only
        if replaced:
            row.state = MaterialState.REPLACED
            row.save(update_fields=["state"])


def place_for(access: Access, case_id: int, code: str, size: int) -> tuple[Case, Mapping[str, Any]]:
    """The case and the line of its checklist, when ``size`` more bytes may be handed in there now."""
    case = own_case(access, case_id)
    require_editable(case)
    line = definition_of(case.matter_version_id).material(code)
    if is_generated(line):
        raise Refusal("GENERATED", "此项由系统自动生成，无需上传。", status=409)
    largest = int(line.get("max_mb", 100))
    if size > largest * MEBIBYTE:
        raise Refusal(
            "FILE_TOO_LARGE", f"文件超过本项上限 {largest} MB。", "请压缩或分册后上传。", status=413
        )
    _check_quota(case, code, size)
    return case, line


def _check_quota(case: Case, code: str, size: int) -> None:
    """How many files a line and an application take, and their size together."""
    current = CaseMaterial.objects.filter(case=case, file__isnull=False).exclude(state=MaterialState.REPLACED)
    most = limit("draft", "line_files")
    if current.filter(code=code).count() >= most:
        raise Refusal("TOO_MANY_FILES", f"本项最多 {most} 份。", "请合并后上传。", status=409)
    sums = current.aggregate(count=Count("id"), size=Sum("file__size"))
    if sums["count"] >= limit("draft", "files"):
        raise Refusal(
            "TOO_MANY_FILES", f"一件申请最多 {limit('draft', 'files')} 份文件。", "请合并后上传。", status=409
        )
    if (sums["size"] or 0) + size > megabytes("draft", "total"):
        total = limit("draft", "total_mb")
        raise Refusal("TOO_LARGE_TOGETHER", f"材料合计超过 {total} MB。", "请压缩后上传。", status=413)


def upload(access: Access, case_id: int, code: str, name: str, content: BinaryIO) -> MaterialOut:
    """Hand in one file for a line of the checklist; its kind is judged by content."""
    _, line = place_for(access, case_id, code, getattr(content, "size", 0))
    file = files.store(name, content, owner=access.person, allowed=line["formats"], purpose="material")
    try:
        return hand_in(access, case_id, code, file)
    except Refusal:
        files.discard(file, person=access.person, reason="未能提交为材料")
        raise


@transaction.atomic
def hand_in(access: Access, case_id: int, code: str, file: StoredFile) -> MaterialOut:
    """Let a checked file stand for a line of the checklist; the same file again changes nothing."""
    case = own_case(access, case_id, lock=True)
    require_editable(case)
    known = CaseMaterial.objects.filter(case=case, code=code, file=file).first()
    if known is not None:
        return material_out(known)
    _check_quota(case, code, file.size)
    _retire(case, code, waivers_only=True)
    material = CaseMaterial.objects.create(
        case=case, code=code, round=case.round + 1, file=file, added_at=clock.now()
    )
    _touch(case)
    return material_out(material)


@transaction.atomic
def waive(access: Access, case_id: int, code: str, kind: str) -> MaterialOut:
    """Let an electronic certificate or shared data stand for a material, where the checklist allows it."""
    case = own_case(access, case_id, lock=True)
    require_editable(case)
    line = definition_of(case.matter_version_id).material(code)
    if kind == "N" or line.get("waiver", "N") != kind:
        raise Refusal(
            "NOT_WAIVABLE",
            f"“{line['name']}”不支持{WAIVER_LABELS.get(kind, '免交')}。",
            "请上传文件。",
            status=409,
        )
    _retire(case, code, waivers_only=False)
    existing = CaseMaterial.objects.filter(case=case, code=code, waiver=kind).exclude(
        state=MaterialState.REPLACED
    )
    material = existing.first() or CaseMaterial.objects.create(
        case=case, code=code, round=case.round + 1, waiver=kind, added_at=clock.now()
    )
    _touch(case)
    return material_out(material)


@transaction.atomic
def remove(access: Access, case_id: int, material_id: int) -> None:
    """Take back what was not handed in yet; what an officer has seen stays in the history."""
    case = own_case(access, case_id, lock=True)
    require_editable(case)
    material = CaseMaterial.objects.filter(case=case, pk=material_id).first()
    if material is None:
        raise not_found("该材料")
    if material.round <= case.round:
        raise Refusal(
            "ALREADY_HANDED_IN", "该材料已随申请提交，不能删除。", "可上传新的文件替换。", status=409
        )
    file = material.file
    material.delete()
    if file is not None and not CaseMaterial.objects.filter(file=file).exists():
        files.discard(file, person=access.person, reason="申请人删除材料")
    _touch(case)


@transaction.atomic
def review(access: Access, case_id: int, material_id: int, state: str, remark: str) -> MaterialOut:
    """The officer whose turn it is ticks a material off, or says what is wrong with it."""
    case = office_case(access, case_id, lock=True)
    if current_item(access, case) is None:
        raise forbidden("当前环节不由您办理，不能核对材料。")
    if state not in (MaterialState.ACCEPTED, MaterialState.REJECTED, MaterialState.PENDING):
        raise Refusal("WRONG_STATE", "材料核对结果不对。", status=422)
    if state == MaterialState.REJECTED and not remark.strip():
        raise Refusal("REMARK_REQUIRED", "请写明材料的问题。", "补正通知会引用这里的说明。", status=422)
    material = CaseMaterial.objects.filter(case=case, pk=material_id).select_related("file").first()
    if material is None:
        raise not_found("该材料")
    before = material.state
    material.state, material.remark = state, remark.strip()[:500]
    material.reviewed_by, material.reviewed_at = access.person, clock.now()
    material.save()
    record(
        "case.material.review",
        person=access.person,
        target=case.subject,
        summary=f"核对材料 {material.code}：{MaterialState(state).label}",
        before={"state": before},
        after={"state": state},
        reason=material.remark,
    )
    return material_out(material)
