"""Everything that changes a document or a template."""

import base64
from dataclasses import asdict
from datetime import date
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Max

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, stale
from minfang.kernel.crypto.local import sm3
from minfang.kernel.documents import engine, fonts, queries, trial, verification, verify
from minfang.kernel.documents.models import (
    Document,
    DocumentState,
    DocumentTemplate,
    TemplateEngine,
    TemplateState,
)
from minfang.kernel.files import actions as files
from minfang.kernel.iam.models import Organization, Person


def _locked(document: Document, *allowed: DocumentState) -> Document:
    """The row as it is now, locked; refuses when it is not in one of the allowed states."""
    row = Document.objects.select_for_update(of=("self",)).select_related("template").get(pk=document.pk)
    if row.state not in allowed:
        raise stale(f"文书当前状态为“{DocumentState(row.state).label}”，不能进行此操作。")
    return row


def _note(document: Document, what: str, person: Person | None, *, before: str, reason: str = "") -> None:
    record(
        f"documents.{what}",
        person=person,
        target=document,
        summary=f"{document.title} {document.number}（{document.subject}）".strip(),
        before={"state": before} if before else None,
        after={"state": document.state, "version": document.version},
        reason=reason,
    )


def _move(
    document: Document, state: DocumentState, what: str, person: Person | None, reason: str = ""
) -> Document:
    before, document.state = document.state, state
    document.save()
    _note(document, what, person, before=before, reason=reason)
    return document


# --- templates -----------------------------------------------------------------------------------------


def _check_template(kind: str, source: str, sample: dict[str, Any], *, confined: bool) -> None:
    """Refuse a template that is unsafe, has characters no font shows, or fails with its sample."""
    context = dict(sample)
    if kind == TemplateEngine.TYPST:
        engine.check_source(source)
        missing = {c for c in source if ord(c) not in fonts.font_set().covered} - {"\n", "\t", "\r"}
        if missing:
            raise fonts.unprintable(missing)
        context["verify"] = verification.block(verification.new_code())
    if confined:
        trial.trial_render(kind, source, context, fonts.folders())
    else:
        trial.render_here(kind, source, context, fonts.folders())


def _digest(kind: str, title: str, source: str, sample: dict[str, Any]) -> str:
    return sm3(orjson.dumps([kind, title, source, sample], option=orjson.OPT_SORT_KEYS)).hex()


@transaction.atomic
def publish_template(
    code: str,
    *,
    title: str,
    source: str | bytes,
    sample: dict[str, Any],
    kind: str = TemplateEngine.TYPST,
    person: Person | None = None,
    delivered: bool = True,
) -> DocumentTemplate:
    """Publish the next version of a template after a trial rendering with its sample.

    The same source and sample again change nothing and give back the published version. ``source`` is
    typst text or the bytes of a .docx. What comes with the product is tried in this process; what a
    person hands in (``delivered`` false) in one of its own under limits.
    """
    text = base64.b64encode(source).decode() if isinstance(source, bytes) else source
    digest = _digest(kind, title, text, sample)
    versions = DocumentTemplate.objects.select_for_update().filter(code=code)
    newest = versions.order_by("-version").first()
    if newest is not None and newest.digest == digest and newest.state == TemplateState.PUBLISHED:
        return newest
    _check_template(kind, text, sample, confined=not delivered)
    versions.filter(state=TemplateState.PUBLISHED).update(state=TemplateState.RETIRED)
    template = DocumentTemplate.objects.create(
        code=code,
        version=newest.version + 1 if newest else 1,
        engine=kind,
        title=title,
        source=text,
        sample=sample,
        digest=digest,
        state=TemplateState.PUBLISHED,
        published_at=clock.now(),
    )
    record("documents.publish_template", person=person, target=template, summary=f"发布文书模板 {template}")
    return template


# --- documents -----------------------------------------------------------------------------------------


def _next_version(subject: str, doc_type: str) -> int:
    """One more than the newest version; the unique constraint stops whoever counted at the same moment."""
    found = Document.objects.filter(subject=subject, doc_type=doc_type).aggregate(newest=Max("version"))
    return (found["newest"] or 0) + 1


def _render(document: Document, owner: Person | None) -> tuple[str, ...]:
    """Set the PDF, store it and note where its seal belongs."""
    context = {**document.context, "verify": verification.block(document.verify_code)}
    rendered = engine.render(document.template.source, context)
    name = f"{document.title}{document.number}.pdf"
    document.file = files.store(name, rendered.pdf, owner=owner, allowed=("pdf",), purpose="document")
    anchor = rendered.anchors.get("seal")
    document.placement = asdict(anchor) if anchor else None
    return rendered.annotated


def _finish_drawing(document: Document, person: Person | None) -> None:
    annotated = _render(document, person)
    document.state = DocumentState.RENDERED
    document.save(force_insert=True)
    missing = "字库缺字：" + "".join(annotated) if annotated else ""
    _note(document, "draw_up", person, before="", reason=missing)


@transaction.atomic
def draw_up(
    doc_type: str,
    *,
    subject: str,
    title: str,
    template_code: str,
    context: dict[str, Any],
    number: str = "",
    organization: Organization | None = None,
    holder: str = "",
    valid_until: date | None = None,
    person: Person | None = None,
    supersedes: Document | None = None,
) -> Document:
    """Draw up a document from the published version of a template: rendered, stored, not yet sealed.

    ``context`` is what the template asks for, without ``verify``; ``holder`` what the public may read of the
    holder (a natural person masked). Refuses characters that cannot be printed (decision record 0007).
    """
    document = Document(
        subject=subject,
        doc_type=doc_type,
        title=title,
        number=number,
        version=_next_version(subject, doc_type),
        template=queries.published(template_code),
        organization=organization,
        holder=holder,
        context=context,
        verify_code=verification.new_code(),
        valid_until=valid_until,
        supersedes=supersedes,
        drawn_up_at=clock.now(),
    )
    _finish_drawing(document, person)
    return document


@transaction.atomic
def start_sealing(document: Document, *, person: Person | None = None) -> Document:
    """Hand a rendered document to the seal platform."""
    row = _locked(document, DocumentState.RENDERED)
    if row.placement is None:
        raise Refusal("NO_SEAL_PLACE", "该文书模板没有用印位置。", "请在模板落款处使用版式库的落款函数。")
    return _move(row, DocumentState.SEALING, "start_sealing", person)


@transaction.atomic
def seal_failed(document: Document, *, reason: str, person: Person | None = None) -> Document:
    """The platform did not seal: back to rendered, to be tried again."""
    row = _locked(document, DocumentState.SEALING)
    return _move(row, DocumentState.RENDERED, "seal_failed", person, reason)


@transaction.atomic
def attach_seal(
    document: Document,
    signed_pdf: bytes,
    seal_info: dict[str, Any] | None = None,
    *,
    person: Person | None = None,
) -> Document:
    """Take the sealed PDF in: it must begin with the very bytes that were sent, and its seal must hold.

    What the seal says of itself (signer, time, serial, algorithm) is kept beside ``seal_info``.
    """
    row = _locked(document, DocumentState.SEALING, DocumentState.RENDERED)
    if not signed_pdf.startswith(queries.content(row)):
        raise Refusal(
            "SEAL_OTHER_FILE", "返回的文件与送签文件不一致，未采用。", "请重新用印；仍不一致请联系印章平台。"
        )
    report = verify.verify_pdf(signed_pdf)
    if not (report.intact and report.trusted):
        raise Refusal(
            "SEAL_INVALID", f"电子印章验证未通过：{report.reason}。", "请核对印章证书与受信任的根证书后重试。"
        )
    name = f"{row.title}{row.number}.pdf"
    row.file = files.store(name, signed_pdf, owner=person, allowed=("pdf",), purpose="document")
    row.seal_info = {
        **(seal_info or {}),
        "signer_name": report.signer_name,
        "signed_at": report.signed_at.isoformat() if report.signed_at else "",
        "serial": report.serial,
        "algorithm": report.algorithm,
    }
    return _move(row, DocumentState.SEALED, "attach_seal", person)


@transaction.atomic
def issue(document: Document, *, person: Person | None = None, must_be_sealed: bool = False) -> Document:
    """Issue a document; the version it supersedes is replaced at the same moment.

    One that is with the seal platform is never issued; ``must_be_sealed`` refuses one without a seal too
    (decisions and certificates, unlike receipts and internal notes).
    """
    allowed = (DocumentState.SEALED,) if must_be_sealed else (DocumentState.SEALED, DocumentState.RENDERED)
    row = _locked(document, *allowed)
    row.issued_at = clock.now()
    if row.supersedes_id:
        old = _locked(Document(pk=row.supersedes_id), DocumentState.ISSUED)
        old.ended_at, old.end_reason = row.issued_at, "已重新制发"
        _move(old, DocumentState.REPLACED, "replaced", person, "已重新制发")
    return _move(row, DocumentState.ISSUED, "issue", person)


@transaction.atomic
def replace(
    document: Document, *, context: dict[str, Any], reason: str, person: Person | None = None
) -> Document:
    """Draw up the next version of an issued document under the same number (重新制发证).

    The old version stays in force until the new one is issued.
    """
    old = _locked(document, DocumentState.ISSUED)
    if Document.objects.filter(supersedes=old).exists():
        raise stale("该文书已在重新制发中。")
    new = draw_up(
        old.doc_type,
        subject=old.subject,
        title=old.title,
        template_code=old.template.code,
        context=context,
        number=old.number,
        organization=old.organization,
        holder=old.holder,
        valid_until=old.valid_until,
        person=person,
        supersedes=old,
    )
    _note(old, "replace", person, before=old.state, reason=reason)
    return new


@transaction.atomic
def void(document: Document, *, reason: str, person: Person | None = None) -> Document:
    """Declare a document void (作废); its number is never used again and it stays readable."""
    if not reason.strip():
        raise Refusal("REASON_MISSING", "作废文书须填写理由。", "请填写作废理由后再提交。", status=422)
    states = [state for state in DocumentState if state not in (DocumentState.VOIDED, DocumentState.REPLACED)]
    row = _locked(document, *states)
    row.ended_at, row.end_reason = clock.now(), reason
    if row.issued_at is None:
        row.supersedes = None
    return _move(row, DocumentState.VOIDED, "void", person, reason)
