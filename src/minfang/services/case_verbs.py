"""What a person may do now with a case, the likely action first; and why not, when nothing is possible."""

from minfang.kernel.documents.models import DocumentState
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Role
from minfang.kernel.workflow import queries as flow
from minfang.kernel.workflow.models import WorkItem
from minfang.services import case_seals, progress_facts
from minfang.services.models import CLOSED_STATUSES, Case, CaseStatus
from minfang.services.progress_facts import facts
from minfang.services.schemas import Verb

ORDER = {"primary": 0, "default": 1, "danger": 2}
NEEDS = {
    "return": ["opinion"],
    "supplement": ["items"],
    "transfer": ["person"],
    "delegate": ["person"],
    "add_signer": ["person", "when"],
    "hand_over": ["office"],
    "suspend": ["until", "reason"],
    "ask_cancel": ["reason"],
    "ask_void": ["reason"],
    "reopen": ["reason"],
}


def verbs_of(access: Access, case: Case, item: WorkItem | None, rows: list[WorkItem]) -> list[Verb]:
    """The engine's verbs as buttons: primary first, danger last; a return names its target."""
    assert case.instance is not None
    if not case_seals.holds(case):
        return []
    if item is None:
        found = [_WITHDRAW] if flow.may_withdraw(case.instance, access) else []
        if access.may("case.handle", case.organization_id):
            found += [_button(verb) for verb in flow.case_verbs(case.instance, access, rows)]
        return found
    offered = flow.allowed_verbs(item, access, facts(case), rows)
    if case.closed_at:
        offered = [verb for verb in offered if verb.verb != "ask_cancel"]
    return sorted(map(_button, offered), key=lambda verb: ORDER.get(verb.tone, 1))


def _button(verb: flow.Verb) -> Verb:
    return Verb(
        verb=verb.verb,
        outcome=verb.outcome,
        target=verb.target,
        label=verb.label,
        tone=verb.tone,
        opinion_required=verb.opinion_required,
        needs=NEEDS.get(verb.verb, []),
    )


_WITHDRAW = Verb(
    verb="withdraw",
    outcome="",
    target="",
    label="撤回我的办理",
    tone="default",
    opinion_required=False,
    needs=[],
)


def people_for(item: WorkItem) -> str:
    """Who may take an item nobody has claimed: the role, and the people who hold it where they are few."""
    if item.role == "applicant":
        return "申请人"
    role = Role.objects.filter(code=item.role).values_list("name", flat=True).first() or "系统"
    names = list(flow.holders(item).values_list("name", flat=True)[:4])
    return f"{'、'.join(names[:3])}{'等' if len(names) > 3 else ''}（{role}）" if names else role


def blocked_reason(access: Access, case: Case, item: WorkItem | None) -> str:
    """Why the officer can do nothing, or not yet; empty when they can."""
    if not case_seals.holds(case):
        return case_seals.TAMPERED
    if case.status in CLOSED_STATUSES:
        return f"该件{CaseStatus(case.status).label}，仅供查看。"
    if item is None:
        assert case.instance is not None
        return _waits_for(access, list(flow.open_items(case.instance)))
    if item.node == "N70_CERT":
        document = progress_facts.decision_document(case)
        if document is None or document.state not in (DocumentState.SEALED, DocumentState.ISSUED):
            return "批文已生成，正在等待电子印章返回；返回后即可发证。"
    return ""


def _waits_for(access: Access, rows: list[WorkItem]) -> str:
    """Whose turn it is instead."""
    waiting = next((row for row in rows if not row.held), None)
    if waiting is None:
        return ""
    if waiting.role == "applicant":
        return "正在等待申请人补正或修改。"
    who = waiting.assignee.name if waiting.assignee else people_for(waiting)
    if waiting.duty and any(row.held and row.assignee_id == access.person.pk for row in rows):
        return f"已请{who}先行签署，签署后由您继续办理。"
    return f"当前由{who}办理。"


def suggested_opinion(case: Case, item: WorkItem | None) -> str:
    """A first sentence for the reviewing officer, from the figures of the case; they edit it as they like."""
    if item is None or item.node != "N30_REVIEW":
        return ""
    data = case.form_data
    required, design = data.get("required_area"), data.get("design_area")
    if not required or not design:
        return ""
    rounds = f"补正 {case.round - 1} 次均已落实；" if case.round > 1 else ""
    return (
        f"经审查，应建面积 {float(required):,.2f} ㎡，设计建设面积 {float(design):,.2f} ㎡，"
        f"满足沪国动规〔2025〕4号第七条要求；{rounds}建议准予同步建设。"
    )
