"""Between the pure verbs and the rows: lock, load, write effects, event and audit in one transaction."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.clock import SHANGHAI, now
from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.iam.holders import held
from minfang.kernel.iam.models import Organization, Person, RoleGrant
from minfang.kernel.workdays.deadlines import Deadline
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.graph import APPLICANT, APPROVALS, Graph, Node
from minfang.kernel.workflow.models import FlowEvent, ProcessInstance, Suspension, SuspensionReason, WorkItem
from minfang.kernel.workflow.motion import Motion
from minfang.kernel.workflow.state import (
    ASIDE,
    CANCELLED,
    CLOSED,
    ENDED,
    SUSPENDED,
    VOIDED,
    VOIDING,
    Effects,
    Item,
    State,
)

SYSTEM = "system"


@dataclass(frozen=True)
class Transition:
    """What a verb did. ``replayed`` is true when the same key had done it before."""

    instance: ProcessInstance
    closed: list[WorkItem]
    opened: list[WorkItem]
    event: FlowEvent
    replayed: bool = False


@dataclass
class Flow:
    """One instance, locked for the length of the transaction."""

    instance: ProcessInstance
    graph: Graph
    rows: dict[int, WorkItem] = field(default_factory=dict)

    @classmethod
    def lock(cls, instance_id: int) -> "Flow":
        """Lock the instance row first, then read its items: the one lock order of the engine."""
        return cls._locked("该办理流程", pk=instance_id)

    @classmethod
    def lock_item(cls, item_id: int) -> tuple["Flow", WorkItem]:
        """Lock the instance an item belongs to."""
        flow = cls._locked("该待办", items__pk=item_id)
        return flow, next(row for row in flow.rows.values() if row.pk == item_id)

    @classmethod
    def _locked(cls, what: str, **which: int) -> "Flow":
        instance = ProcessInstance.objects.select_for_update(of=("self",)).filter(**which).first()
        if instance is None:
            raise not_found(what)
        found = WorkItem.objects.filter(instance_id=instance.pk).defer("opinion").order_by("number")
        rows = {row.number: row for row in found}
        for row in rows.values():
            row.instance = instance
        return cls(instance, graph_of(instance.definition_id), rows)

    @property
    def state(self) -> State:
        """The rows as plain values."""
        items = {number: item_of(row) for number, row in self.rows.items()}
        instance = self.instance
        return State(
            items, instance.arrivals, instance.state, instance.end_node, instance.starter_id, instance.resumes
        )

    def repeated(self, key: str, verb: str, person: Person | None) -> Transition | None:
        """The transition this key has already caused, so that a second click changes nothing."""
        event = self.instance.events.filter(key=key).first() if key else None
        if event is None:
            return None
        if event.verb != verb or event.person_id != (person.pk if person else None):
            raise Refusal("KEY_REUSED", "该操作标识已用于另一项操作。", "请刷新页面后重试。", status=409)
        closed = [self.rows[change["number"]] for change in event.data["closed"]]
        opened = [self.rows[item["number"]] for item in event.data["opened"]]
        return Transition(self.instance, closed, opened, event, replayed=True)

    def commit(
        self,
        verb: str,
        motion: Motion,
        *,
        person: Person | None,
        row: WorkItem | None = None,
        key: str = "",
        opinion: str = "",
        note: Mapping[str, Any] | None = None,
        office: Organization | None = None,
        role: str = "",
    ) -> Transition:
        """Write the effects of a motion, its event and its audit entry.

        ``office`` takes the case over with everything open; ``role`` is the one in which somebody added acts.
        """
        effects, at = motion.effects(), now()
        if office is not None:
            self._take_over(office)
        effects.opened = [self._settled(item) for item in effects.opened]
        closed = [self._close(change, at, person, opinion if row else "") for change in effects.closed]
        self._change(effects, at)
        opened = [self._open(item, at, role) for item in effects.opened]
        self._suspend(verb, closed, opened, at, ended=effects.phase in ENDED)
        self._move(effects, at)
        event = FlowEvent(
            instance=self.instance,
            sequence=self.instance.last_sequence,
            verb=verb,
            item=row,
            person=person,
            at=at,
            data={**effects.data(), **(note or {})},
            opinion=opinion,
            key=key or uuid.uuid4().hex,
        )
        event.save()
        self._audit(verb, event, row)
        return Transition(self.instance, closed, opened, event)

    def _take_over(self, office: Organization) -> None:
        """Another office decides from now on; what is open is on its desk."""
        self.instance.organization = office
        for row in self.rows.values():
            if row.state == "OPEN":
                row.organization = office
                row.save(update_fields=["organization"])

    def _settled(self, item: Item) -> Item:
        """Offer a staff item to a person only while that person still holds the role there."""
        node = self.graph.node(item.node)
        if item.assignee is None or node.role == APPLICANT or item.actor.startswith("+"):
            return item
        seat = node.countersign.seat(item.actor) if node.countersign else None
        grants = RoleGrant.objects.filter(
            person_id=item.assignee,
            person__is_active=True,
            role__code=seat.role if seat else node.role,
            organization_id=self.instance.organization_id,
        )
        return item if held(grants) else Item(**{**vars(item), "assignee": None})

    def _close(
        self, change: Mapping[str, Any], at: datetime, person: Person | None, opinion: str
    ) -> WorkItem:
        row = self.rows[change["number"]]
        row.state, row.outcome, row.closed_at, row.closed_by = change["state"], change["outcome"], at, person
        row.opinion = opinion if change["outcome"] else ""
        row.version += 1
        row.save(update_fields=["state", "outcome", "closed_at", "closed_by", "opinion", "version"])
        return row

    def _change(self, effects: Effects, at: datetime) -> None:
        for change in effects.changed:
            row = self.rows[change["number"]]
            names = [name for name in change if name != "number"]
            for name in names:
                setattr(row, "assignee_id" if name == "assignee" else name, change[name])
            if "touched" in names and row.opened_at is None:
                row.opened_at = at
            if "assignee" in names:
                row.version += 1
            row.save(update_fields=[*names, "opened_at", "version"])

    def _role(self, item: Item, added_as: str) -> str:
        node = self.graph.node(item.node)
        if item.actor.startswith("+"):
            earlier = next((r.role for r in reversed(self.rows.values()) if r.actor == item.actor), "")
            return added_as or earlier or node.role
        seat = node.countersign.seat(item.actor) if node.countersign else None
        return SYSTEM if node.kind == "system" else (seat.role if seat else node.role)

    def _open(self, item: Item, at: datetime, added_as: str) -> WorkItem:
        node = self.graph.node(item.node)
        row = WorkItem(
            instance=self.instance,
            number=item.number,
            node=item.node,
            branch=item.branch,
            round=item.round,
            organization_id=self.instance.organization_id,
            role=self._role(item, added_as),
            actor=item.actor,
            visit=item.visit,
            duty=item.duty,
            added_to=item.added_to,
            held=item.held,
            assignee_id=item.assignee,
            jump_to=item.jump_to,
            asked_by=item.asked_by,
            arrived_at=at,
            due_at=_due(node, at, ()),
        )
        row.save()
        self.rows[item.number] = row
        return row

    def _suspend(
        self, verb: str, closed: list[WorkItem], opened: list[WorkItem], at: datetime, *, ended: bool
    ) -> None:
        """A supplement pauses the clock for as long as the applicant's item is open."""
        for row in opened:
            if row.asked_by and self.graph.node(row.node).kind == "supplement":
                Suspension.objects.create(
                    instance=self.instance, item=row, reason=SuspensionReason.SUPPLEMENT, started_at=at
                )
        if verb == "suspend":
            Suspension.objects.create(instance=self.instance, reason=SuspensionReason.SPECIAL, started_at=at)
        over = self.instance.suspensions.filter(ended_at__isnull=True)
        if verb != "resume" and not ended:
            supplements = [row.pk for row in closed if row.asked_by]
            over = over.filter(item_id__in=supplements) if supplements else over.none()
        if over.update(ended_at=at):
            self._shift_due()

    def _shift_due(self) -> None:
        """After a pause the open timed items are due later."""
        pauses = suspensions_of(self.instance)
        for row in self.rows.values():
            node = self.graph.node(row.node)
            if row.state == "OPEN" and node.timed and node.limit_days:
                row.due_at = _due(node, row.arrived_at, pauses)
                row.save(update_fields=["due_at"])

    def _move(self, effects: Effects, at: datetime) -> None:
        """The one place that sets and clears what says an instance is closed."""
        instance = self.instance
        closed = effects.phase in ENDED or (effects.phase == VOIDING and effects.resumes == CLOSED)
        instance.state, instance.end_node, instance.arrivals = effects.phase, effects.end, effects.arrivals
        instance.resumes = effects.resumes
        instance.closed_at = (instance.closed_at or at) if closed else None
        instance.case_status = self._case_status() or instance.case_status
        instance.last_sequence += 1
        instance.version += 1
        instance.save()

    def _case_status(self) -> str:
        """What the case is called now (handbook §5.1), by the step it waits in."""
        instance = self.instance
        if instance.state in (CANCELLED, VOIDED):
            return instance.state
        if instance.state == CLOSED:
            return self.graph.node(instance.end_node).case_status
        special = self.graph.single("special")
        if instance.state == SUSPENDED and special:
            return special.case_status
        waiting = [row for row in self.rows.values() if row.state == "OPEN"]
        if instance.state in ASIDE:
            waiting = [row for row in waiting if self.graph.node(row.node).kind in APPROVALS]
        waiting.sort(key=lambda row: (bool(row.asked_by and row.role == APPLICANT), row.number))
        named = [self.graph.node(row.node).case_status for row in waiting]
        return next((status for status in reversed(named) if status), "")

    def _audit(self, verb: str, event: FlowEvent, row: WorkItem | None) -> None:
        name = self.graph.node(row.node).name if row else self.graph.title
        after = {"state": self.instance.state, "case_status": self.instance.case_status}
        record(
            f"workflow.{verb}",
            person=event.person,
            target=self.instance.subject,
            summary=f"{name}：{VERBS[verb]}",
            after={**after, "sequence": event.sequence},
            reason=event.opinion if verb in WITH_REASON else "",
        )


VERBS = {
    "start": "启动流程",
    "complete": "办理",
    "system": "系统办理",
    "return": "退回",
    "supplement": "发起补正",
    "answer": "提交补正",
    "withdraw": "撤回",
    "transfer": "转派",
    "claim": "签收",
    "release": "退出办理",
    "open": "打开",
    "cancel": "撤销",
    "suspend": "启动特别程序",
    "resume": "结束特别程序",
    "migrate": "更换流程版本",
    "unmigrate": "撤回流程版本更换",
    "skip": "跳级",
    "sign": "签署意见",
    "add_signer": "加签",
    "remove_signer": "减签",
    "delegate": "委派",
    "hand_over": "转派其他单位",
    "ask_cancel": "报批撤销",
    "ask_void": "报批作废",
    "approve": "审批",
    "reopen": "重开",
}
WITH_REASON = frozenset(
    {"cancel", "suspend", "transfer", "hand_over", "delegate", "ask_cancel", "ask_void", "reopen", "skip"}
)


def state_from(items: dict[int, Item], instance: ProcessInstance) -> State:
    """The state an instance is in, with its items as plain values."""
    return State(
        items,
        instance.arrivals,
        instance.state,
        instance.end_node,
        instance.starter_id,
        instance.resumes,
    )


def item_of(row: WorkItem) -> Item:
    """A row as a plain value."""
    return Item(
        row.number,
        row.node,
        row.branch,
        row.round,
        row.state,
        row.actor,
        row.assignee_id,
        row.closed_by_id,
        row.outcome,
        row.current,
        row.touched,
        row.jump_to,
        row.asked_by,
        row.visit,
        row.duty,
        row.added_to,
        row.held,
    )


def suspensions_of(instance: ProcessInstance) -> tuple[tuple[Any, Any], ...]:
    """The pauses of an instance as Shanghai dates, as ``Deadline`` takes them."""
    return tuple(
        (begin.astimezone(SHANGHAI).date(), end and end.astimezone(SHANGHAI).date())
        for begin, end in instance.suspensions.order_by("started_at").values_list("started_at", "ended_at")
    )


def _due(node: Node, start: datetime, pauses: tuple[tuple[Any, Any], ...]) -> datetime | None:
    """The last second of the day a step is due, or None for a step without limit."""
    if not node.limit_days:
        return None
    unit = "working" if node.limit_unit == "working" else "natural"
    deadline = Deadline(start.astimezone(SHANGHAI).date(), node.limit_days, unit, pauses)  # type: ignore[arg-type]
    return datetime.combine(deadline.due(official_calendar()), time(23, 59, 59), SHANGHAI)


@transaction.atomic
def begin(
    definition_id: int, motion: Motion, subject: str, organization: Organization, starter: Person | None
) -> Transition:
    """Create an instance and write its first event."""
    instance = ProcessInstance.objects.create(
        definition_id=definition_id,
        subject=subject,
        organization=organization,
        starter=starter,
        started_at=now(),
    )
    return Flow(instance, graph_of(definition_id)).commit("start", motion, person=starter)
