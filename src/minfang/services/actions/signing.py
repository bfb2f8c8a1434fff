"""The applicant's electronic signature over the generated application form.

电子签名 has the effect of a handwritten one (上海市优化营商环境条例 第三十四条). The applicant
confirms on the signature platform's page; the product fetches the signature with a one-time ticket.
"""

import secrets

import orjson
from django.conf import settings
from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, invalid, not_found
from minfang.kernel.crypto import local
from minfang.kernel.documents import queries as documents
from minfang.kernel.files import actions as files
from minfang.kernel.iam.access import Access
from minfang.services import calculations, checks, paperwork
from minfang.services.access import own_case
from minfang.services.actions.drafts import require_editable
from minfang.services.connectors import signature as platform
from minfang.services.models import ApplicationSignature, Case
from minfang.services.schemas import SignStartOut


def content_digest(case: Case) -> str:
    """SM3 over what is signed: the form data and the digests of all files handed in."""
    handed_in = sorted(
        [m.code, m.waiver, m.file.sm3 if m.file else ""]
        for m in calculations.handed_in(case)
        if m.code != checks.application_code(case)
    )
    return local.sm3(orjson.dumps([case.form_data, handed_in], option=orjson.OPT_SORT_KEYS)).hex()


def render(case: Case, signed: dict[str, str] | None = None) -> bytes:
    """The application form as PDF, with the signature shown once there is one."""
    context = paperwork.application_context(case)
    if signed:
        context |= {"signature": signed, "signed_at": signed["at"]}
    return documents.preview(f"{case.matter.code}.application", context)


@transaction.atomic
def start(access: Access, case_id: int) -> SignStartOut:
    """Check everything, freeze the form as PDF and name the page where it is signed."""
    case = own_case(access, case_id, lock=True)
    require_editable(case)
    found = checks.errors(case)
    if found:
        raise invalid(found, f"还有 {len(found)} 处需要改正，改好后才能签章。")
    content = render(case)
    draft = files.store(
        "申请表（待签）.pdf", content, owner=access.person, allowed=["pdf"], purpose="application"
    )
    row = ApplicationSignature.objects.create(
        case=case,
        round=case.round + 1,
        state_token=secrets.token_urlsafe(24),
        digest=draft.sm3,
        content_digest=content_digest(case),
        draft=draft,
        started_at=clock.now(),
    )
    back = f"{settings.PUBLIC_URL}/apply/{case.pk}/signed?state={row.state_token}"
    title = f"{case.matter.name}申请表"
    return SignStartOut(redirect=platform.sign_url(draft.sm3, title, _holder(case), back))


def _holder(case: Case) -> str:
    """Whose certificate signs: the company's, or the natural person's."""
    return case.party.id_no if case.party else case.applicant.id_no


def finish(access: Access, case_id: int, state: str, ticket: str) -> None:
    """Fetch the signature for the ticket, verify it over the frozen form, and make the signed form."""
    case = own_case(access, case_id)
    row = ApplicationSignature.objects.filter(case=case, state_token=state).first()
    if row is None:
        raise not_found("该次签章")
    if row.signed_at:
        return
    signed = platform.fetch(ticket)
    if not platform.is_valid(signed, row.digest):
        raise Refusal(
            "SIGNATURE_INVALID", "签章验证未通过。", "请重新签章；仍不行请联系证书服务方。", status=422
        )
    keep(access, case_id, row.pk, signed)


@transaction.atomic
def keep(access: Access, case_id: int, row_id: int, signed: platform.Signed) -> None:
    """Make the signed form of a verified signature, unless the content has changed since it was asked for."""
    case = own_case(access, case_id, lock=True)
    row = ApplicationSignature.objects.select_for_update().get(pk=row_id)
    if row.signed_at:
        return
    if content_digest(case) != row.content_digest:
        raise Refusal("CHANGED_SINCE", "签章期间申请内容又有改动。", "请核对后重新签章。", status=409)
    now = clock.now()
    shown = {
        "signer": signed.signer,
        "mode": "电子签章（SM2）",
        "serial": signed.serial,
        "at": now.strftime("%Y-%m-%d %H:%M"),
    }
    row.signed = files.store(
        f"{case.matter.short_name}申请表.pdf",
        render(case, shown),
        owner=access.person,
        allowed=["pdf"],
        purpose="application",
    )
    row.signer_name, row.certificate_serial, row.signed_at = signed.signer, signed.serial, now
    row.signature_value = signed.signature
    row.certificate = signed.certificate
    row.save()
    record(
        "case.sign",
        person=access.person,
        target=f"draft:{case.pk}",
        summary=f"申请表签章：{signed.signer}",
        after={"digest": row.digest, "serial": signed.serial},
    )


def valid_signature(case: Case) -> ApplicationSignature | None:
    """The signature made for the coming round over the present content, if there is one."""
    row = case.signatures.filter(signed_at__isnull=False, round=case.round + 1).order_by("-id").first()
    return row if row and row.content_digest == content_digest(case) else None
