"""What an officer may do with a case besides deciding: ask others, hand it over, stop it, end it, open it."""

from collections.abc import Callable

from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, Person
from minfang.kernel.messaging.actions import notify
from minfang.kernel.workflow import actions as workflow
from minfang.kernel.workflow.actions import Transition
from minfang.kernel.workflow.models import WorkItem
from minfang.services import pushing
from minfang.services.actions import progress
from minfang.services.models import Case
from minfang.services.schemas import ActIn

Verb = Callable[[Access, Case, WorkItem, ActIn, str], Transition]


def _colleague(body: ActIn) -> Person:
    to = Person.objects.filter(pk=body.transfer_to or 0, is_active=True).first()
    if to is None:
        raise invalid([FieldError("transfer_to", "人员", "请选择人员。")])
    return to


def _instance(case: Case) -> int:
    assert case.instance_id is not None
    return case.instance_id


def _tell(case: Case, to: Person) -> None:
    context = progress.message_context(case)
    notify("case.transferred", subject=case.subject, context=context, person=to, channels=("IN_APP",))


def _skip(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    return workflow.skip(
        item.pk,
        person=access.person,
        code=body.target,
        opinion=body.opinion.strip(),
        facts=progress.facts(case),
        seen_version=body.seen_version,
        key=key,
    )


def _delegate(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    to = _colleague(body)
    reason = body.opinion.strip()
    return workflow.delegate(item.pk, person=access.person, to=to, reason=reason, key=key)


def _add_signer(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    to, reason = _colleague(body), body.opinion.strip()
    return workflow.add_signer(
        item.pk, person=access.person, to=to, when=body.when or "before", reason=reason, key=key
    )


def _remove_signer(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    facts, reason = progress.facts(case), body.opinion.strip()
    return workflow.remove_signer(item.pk, person=access.person, facts=facts, reason=reason, key=key)


def _hand_over(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    """Another office decides from now on. Number, limits and version of the process stay."""
    office = Organization.objects.filter(pk=body.office_to or 0).first()
    if office is None:
        raise invalid([FieldError("office_to", "转派单位", "请选择转派单位。")])
    transition = workflow.hand_over(
        item.pk, person=access.person, office=office, reason=body.opinion.strip(), key=key
    )
    if not transition.replayed:
        case.organization = office
        pushing.base_info(case)
        item.refresh_from_db()
        progress.tell_the_desk(case, item)
    return transition


def _suspend(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    """A special procedure begins (听证、检测、专家评审): the clock stops until it is over."""
    if body.until is None or body.until <= clock.today():
        raise invalid([FieldError("until", "预计结束日期", "请填写今天以后的预计结束日期。")])
    reason = body.opinion.strip()
    transition = workflow.suspend(_instance(case), person=access.person, reason=reason, key=key)
    if not transition.replayed:
        case.is_paused = True
        until = body.until.isoformat()
        result = f"预计{until}前结束"
        pushing.special(case, begins=True, person=access.person, opinion=reason, result=result)
        context = progress.message_context(case, summary=reason[:60], deadline=until)
        notify("case.special", subject=case.subject, person=case.applicant, context=context)
    return transition


def _ask_cancel(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    if case.closed_at is not None:
        raise Refusal("CLOSED", "该件已办结，不能撤销。", "已办结的件可报批作废。", status=409)
    reason = body.opinion.strip()
    return workflow.request_cancel(_instance(case), person=access.person, reason=reason, key=key)


def _ask_void(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    reason = body.opinion.strip()
    return workflow.request_void(_instance(case), person=access.person, reason=reason, key=key)


def _reopen(access: Access, case: Case, item: WorkItem, body: ActIn, key: str) -> Transition:
    return workflow.reopen(
        _instance(case), person=access.person, target=body.target, reason=body.opinion.strip(), key=key
    )


VERBS: dict[str, Verb] = {
    "skip": _skip,
    "delegate": _delegate,
    "add_signer": _add_signer,
    "remove_signer": _remove_signer,
    "hand_over": _hand_over,
    "suspend": _suspend,
    "ask_cancel": _ask_cancel,
    "ask_void": _ask_void,
    "reopen": _reopen,
}
WORDS = {
    "skip": "已跳级报送。",
    "delegate": "已委派，对方签署意见后回到您的待办。",
    "add_signer": "已加签。",
    "remove_signer": "已减签。",
    "hand_over": "已转派其他单位。",
    "suspend": "特别程序已启动，时限已停止计算。",
    "ask_cancel": "已报批撤销，批准前暂停办理。",
    "ask_void": "已报批作废。",
    "reopen": "已重开。",
}
