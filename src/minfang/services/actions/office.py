"""The verbs of officers. One transaction each: engine, case, documents, pushes, audit."""

from collections.abc import Callable

from django.db import IntegrityError, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid, not_found
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.documents import actions as documents
from minfang.kernel.documents.models import DocumentState
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.kernel.messaging.actions import notify
from minfang.kernel.workflow import actions as workflow
from minfang.kernel.workflow.actions import Transition
from minfang.kernel.workflow.models import WorkItem
from minfang.services import deadlines, office_queries, paperwork, pushing
from minfang.services.access import current_item, office_case
from minfang.services.actions import aside, progress
from minfang.services.matters import definition_of, engine_of
from minfang.services.models import Case, CaseStatus, CommonPhrase, Supplement
from minfang.services.schemas import ActIn, ActOut

MAX_OPINION = 500
GRAVE = frozenset({"ask_void", "reopen"})
"""Verbs for which a person proves anew that it is they (fresh authentication)."""
MAX_PHRASES = 30

Verb = Callable[[Access, Case, WorkItem, ActIn, str], Transition]


@transaction.atomic
def open_case(access: Access, case_id: int) -> None:
    """The officer whose turn it is has the case open; until then the last one may take it back."""
    case = office_case(access, case_id)
    item = current_item(access, case)
    if item is not None and access.may("case.handle"):
        workflow.open_item(item.pk, access.person)


@one_transaction
def act(access: Access, case_id: int, body: ActIn, key: str) -> ActOut:
    """Carry out one verb on the step the officer saw; whoever is too late hears who was faster."""
    case = office_case(access, case_id, lock=True)
    item = _item(case, body)
    if len(body.opinion) > MAX_OPINION:
        raise invalid(
            [FieldError("opinion", "意见", f"意见最多 {MAX_OPINION} 字，现有 {len(body.opinion)} 字。")]
        )
    verb = VERBS.get(body.verb)
    if verb is None:
        raise Refusal("UNKNOWN_VERB", "不认识的办理动作。", status=422)
    transition = verb(access, case, item, body, key)
    if not transition.replayed:
        case.version += 1
        case.updated_at = clock.now()
        progress.follow(case, transition, person=access.person)
        _after(case, body)
        case.save()
    return ActOut(
        message=_words(case, body, item),
        status=case.status,
        status_label=CaseStatus(case.status).label,
        next_case=office_queries.next_case(access, case.pk),
    )


def _item(case: Case, body: ActIn) -> WorkItem:
    item = WorkItem.objects.filter(pk=body.item_id, instance_id=case.instance_id).first()
    if item is None:
        raise not_found("该环节")
    return item


def _complete(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    if item.node == "N70_CERT" and body.outcome == "ISSUE":
        _issue_certificate(access, case)
    return workflow.complete(
        item.pk,
        person=access.person,
        outcome=body.outcome,
        opinion=body.opinion.strip(),
        facts=progress.facts(case) | _decides(item, body),
        seen_version=body.seen_version,
        key=key,
    )


def _decides(item: WorkItem, body: ActIn) -> dict[str, str]:
    """The decision is known to the process in the very step that takes it."""
    if item.node != "N50_APPROVE":
        return {}
    return {"decision": progress.GRANT if body.outcome == "APPROVE" else progress.DENY}


def _issue_certificate(access: Access, case: Case) -> None:
    document = progress.decision_document(case)
    if document is None or document.state not in (DocumentState.SEALED, DocumentState.ISSUED):
        raise Refusal(
            "NOT_SEALED",
            "电子印章尚未返回，暂不能发证。",
            "可在“推送记录”查看用印进度或重新发送。",
            status=409,
        )
    if document.state == DocumentState.SEALED:
        documents.issue(document, person=access.person, must_be_sealed=True)
        record(
            "case.certificate.issue",
            person=access.person,
            target=case.subject,
            summary=f"发证 {document.number}",
            after={"number": document.number},
        )


def _return(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    if not body.opinion.strip():
        raise invalid([FieldError("opinion", "意见", "退回须写明理由。")])
    return workflow.return_to(
        item.pk,
        person=access.person,
        target=body.target,
        opinion=body.opinion.strip(),
        seen_version=body.seen_version,
        key=key,
    )


def _supplement(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    """Tell everything at once (一次性告知): the clock stops until the applicant answers."""
    found = _supplement_faults(case, body)
    if found:
        raise invalid(found)
    transition = workflow.request_supplement(
        item.pk, person=access.person, opinion=body.opinion.strip(), seen_version=body.seen_version, key=key
    )
    if not transition.replayed:
        _tell_supplement(access, case, body, item)
    return transition


def _supplement_faults(case: Case, body: ActIn) -> list[FieldError]:
    """What is wrong with a list of things to complete: empty, no request, or nothing of this matter."""
    if not body.supplement_items:
        return [FieldError("supplement_items", "补正内容", "请至少列出一项需要补正的内容。")]
    materials = {line["code"] for line in definition_of(case.matter_version_id).materials}
    fields = engine_of(case.matter_version_id).form.fields
    faults = []
    for item in body.supplement_items:
        known = materials if item.kind == "material" else fields
        if not item.request.strip():
            text = f"请写明“{item.label}”需要怎样补正。"
        elif item.path.split(".")[0] not in known:
            text = f"“{item.label}”不是本事项的材料或栏目，请重新选择。"
        else:
            continue
        faults.append(FieldError("supplement_items", item.label, text))
    return faults


def _tell_supplement(access: Access, case: Case, body: ActIn, item: WorkItem) -> None:
    items = [entry.dict() for entry in body.supplement_items]
    due = deadlines.supplement_due(case)
    supplement = Supplement.objects.create(
        case=case,
        round=case.round,
        items=items,
        note=body.opinion.strip(),
        issued_at=clock.now(),
        issued_by=access.person,
        due=due,
    )
    days = definition_of(case.matter_version_id).limit("supplement_applicant").days
    supplement.document = paperwork.draw_up(
        case, "SUPPLEMENT_NOTICE", paperwork.supplement_context(case, items, due, days)
    )
    supplement.save()
    for entry in body.supplement_items:
        if entry.kind == "material":
            case.materials.filter(code=entry.path).exclude(state="REPLACED").update(
                state="REJECTED", remark=entry.request[:500]
            )
    case.is_paused = True
    pushing.supplement_asked(case, supplement, item)
    summary = "；".join(entry.label for entry in body.supplement_items)[:60]
    notify(
        "case.supplement",
        subject=case.subject,
        person=case.applicant,
        context=progress.message_context(case, summary=summary, deadline=due.isoformat()),
    )


def _withdraw(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    assert case.instance_id is not None
    return workflow.withdraw(case.instance_id, person=access.person, key=key)


def _claim(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    return workflow.claim(item.pk, person=access.person)


def _transfer(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    to = Person.objects.filter(pk=body.transfer_to or 0, is_active=True).first()
    if to is None:
        raise invalid([FieldError("transfer_to", "转派给", "请选择接办人。")])
    transition = workflow.transfer(item.pk, person=access.person, to=to, reason=body.opinion.strip(), key=key)
    if transition.replayed:
        return transition
    notify(
        "case.transferred",
        subject=case.subject,
        context=progress.message_context(case),
        person=to,
        channels=("IN_APP",),
    )
    return transition


def _resume(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    """A special procedure is over: the clock runs again, and the due days move by the time it stood."""
    assert case.instance_id is not None
    reason = body.opinion.strip()
    transition = workflow.resume(case.instance_id, person=access.person, reason=reason, key=key)
    if not transition.replayed:
        case.is_paused = False
        deadlines.follow_suspensions(case)
        words = reason or "特别程序已结束，恢复办理。"
        pushing.special(case, begins=False, person=access.person, opinion=words, result="已结束")
    return transition


VERBS: dict[str, Verb] = {
    "complete": _complete,
    "return": _return,
    "supplement": _supplement,
    "withdraw": _withdraw,
    "claim": _claim,
    "transfer": _transfer,
    "resume": _resume,
    **aside.VERBS,
}


def _after(case: Case, body: ActIn) -> None:
    """A case that has reached delivery is closed for the office."""
    if case.status == CaseStatus.DONE:
        case.due_on = None


def _words(case: Case, body: ActIn, item: WorkItem) -> str:
    words = {
        "complete": f"已提交，现为“{CaseStatus(case.status).label}”。",
        "return": "已退回。",
        "supplement": "补正通知已发出，时限已停止计算。",
        "withdraw": "已撤回。",
        "claim": "已签收。",
        "transfer": "已转派。",
        "resume": "特别程序已结束，时限继续计算。",
        **aside.WORDS,
    }
    return words[body.verb]


@transaction.atomic
def add_phrase(access: Access, text: str) -> list[str]:
    """Keep an opinion as a phrase; the same text once, at most thirty."""
    text = text.strip()
    if not text or len(text) > 200:
        raise invalid([FieldError("text", "常用语", "常用语为 1 到 200 字。")])
    if CommonPhrase.objects.filter(person=access.person).count() >= MAX_PHRASES:
        raise Refusal("TOO_MANY_PHRASES", f"常用语最多 {MAX_PHRASES} 条。", status=409)
    try:
        with transaction.atomic():
            CommonPhrase.objects.create(person=access.person, text=text)
    except IntegrityError:
        pass
    return list(CommonPhrase.objects.filter(person=access.person).values_list("text", flat=True))
