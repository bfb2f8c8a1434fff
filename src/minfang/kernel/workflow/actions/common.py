"""What several verbs ask of an instance before they change it."""

from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid
from minfang.kernel.iam.models import Person
from minfang.kernel.workflow import rights
from minfang.kernel.workflow.engine import Flow
from minfang.kernel.workflow.models import InstanceState, ItemState

LONGEST_OPINION = 2000


def must_be_in(flow: Flow, *states: InstanceState) -> None:
    """Refuse unless the instance is in one of these states."""
    if flow.instance.state not in states:
        label = InstanceState(flow.instance.state).label
        raise Refusal("FLOW_STATE", f"该件{label}，不能进行此操作。", "请刷新后查看最新状态。", status=409)


def must_be_at_hand(flow: Flow, person: Person) -> None:
    """Refuse unless it is this person's turn, at a step that allows a special procedure."""
    access = rights.Access(person)
    waiting = [row for row in flow.rows.values() if row.state == ItemState.OPEN]
    if not any(flow.graph.node(row.node).may_suspend for row in waiting):
        raise Refusal("FLOW_SUSPEND", "本环节不能启动特别程序。", "可在审查环节启动。", status=409)
    if not any(rights.may_act(row, access) for row in waiting):
        raise forbidden("只有当前环节的办理人可以进行此操作。")


def check_opinion(text: str, *, required: bool) -> None:
    """Refuse an opinion that is missing or too long."""
    if required and not text.strip():
        raise invalid([FieldError("opinion", "意见", "请填写意见。")], "请填写意见。")
    if len(text) > LONGEST_OPINION:
        message = f"意见最多 {LONGEST_OPINION} 字，现有 {len(text)} 字。"
        raise invalid([FieldError("opinion", "意见", message)], message)
