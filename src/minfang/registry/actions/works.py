"""What people do with works: enter them, correct them, move them on in life and in readiness."""

from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Concat, Substr

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid, stale
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.registry import changes, checks, history, lifecycle, numbers
from minfang.registry.access import require_place, works_of
from minfang.registry.models import (
    Device,
    Entrance,
    Equipment,
    Lifecycle,
    OpState,
    ProtectiveUnit,
    Room,
    Works,
    WorksEvent,
)
from minfang.registry.schemas import LifecycleIn, OpStateIn, WorksChange, WorksIn

MANAGE = "works.manage"
NUMBERED = (
    (ProtectiveUnit, "unit_no"),
    (Room, "room_no"),
    (Entrance, "entrance_no"),
    (Equipment, "equipment_no"),
    (Device, "device_no"),
)


def seen(row: Any, version: int, what: str) -> None:
    """Refuse what was decided on a page older than the row."""
    if row.version != version:
        raise stale(f"该{what}刚刚被他人修改。")


def note(works: Works, kind: str, before: Any, after: Any, person: Person | None, reason: str = "") -> None:
    """One line of the history of a work, and word to those who watch it."""
    WorksEvent.objects.create(
        works=works, kind=kind, before=before, after=after, reason=reason, person=person, at=clock.now()
    )
    changes.tell("works", works.pk, works.pk)


@one_transaction
def create_works(access: Access, body: WorksIn) -> Works:
    """Enter a work; a number is given where none is."""
    facts = body.facts()
    wrong = checks.works_faults({**facts, "lifecycle": body.lifecycle})
    given = body.works_no.strip()
    if given:
        wrong += checks.works_no_faults(given)
    if wrong:
        raise invalid(wrong)
    require_place(access, body.district_code, body.managing_unit_id)
    year = body.built_year or clock.today().year

    def make() -> Works:
        number = lifecycle.numbered(given, body.lifecycle) if given else ""
        number = number or numbers.next_works_no(body.district_code, body.kind, year, body.lifecycle)
        return Works(**facts, works_no=number, lifecycle=body.lifecycle)

    works = numbers.save_numbered(make, "works_no", given=bool(given))
    note(works, "CREATED", {}, history.snapshot(works), access.person)
    record(
        "works.created", person=access.person, target=works, summary=f"新增工程 {works.works_no} {works.name}"
    )
    return works


@one_transaction
def change_works(access: Access, works_id: int, body: WorksChange) -> Works:
    """Correct the facts of a work; its number and life have actions of their own."""
    works = works_of(access, works_id, MANAGE, lock=True)
    seen(works, body.seen_version, "工程")
    facts = body.facts()
    if wrong := checks.works_faults(facts):
        raise invalid(wrong)
    require_place(access, body.district_code, body.managing_unit_id)
    before = history.snapshot(works)
    for name, value in facts.items():
        setattr(works, name, value)
    old, new = history.difference(before, history.snapshot(works))
    if not new:
        return works
    works.version += 1
    works.save()
    note(works, "EDITED", old, new, access.person, body.reason)
    record(
        "works.changed",
        person=access.person,
        target=works,
        summary=f"修改工程 {works.works_no}",
        before=old,
        after=new,
        reason=body.reason,
    )
    return works


@one_transaction
def change_lifecycle(access: Access, works_id: int, body: LifecycleIn) -> Works:
    """Move a work on in its life; coming into use its number loses the prefix, the old one is kept."""
    works = works_of(access, works_id, MANAGE, lock=True)
    seen(works, body.seen_version, "工程")
    old_state, old_no = works.lifecycle, works.works_no
    if body.to not in lifecycle.next_lifecycles(old_state):
        allowed = "、".join(lifecycle.label(one) for one in lifecycle.next_lifecycles(old_state)) or "（无）"
        raise Refusal("NO_SUCH_STEP", f"“{lifecycle.label(old_state)}”之后只能是：{allowed}。", status=409)
    if lifecycle.is_grave(body.to) and not body.reason.strip():
        raise invalid([FieldError("reason", "理由", "请写明评估结论、报审情况等依据。")])
    works.lifecycle = body.to
    works.works_no = lifecycle.numbered(old_no, body.to)
    if works.works_no != old_no:
        works.prev_no = old_no
        _renumber(works, old_no)
    works.version += 1
    works.save()
    before = {"lifecycle": old_state, "works_no": old_no}
    after = {"lifecycle": works.lifecycle, "works_no": works.works_no}
    old, new = history.difference(before, after)
    note(works, "LIFECYCLE", old, new, access.person, body.reason)
    text = f"{works.works_no} {Lifecycle(old_state).label} → {Lifecycle(body.to).label}"
    record("works.lifecycle", person=access.person, target=works, summary=text, reason=body.reason)
    return works


def _renumber(works: Works, old_no: str) -> None:
    """Numbers of all that stands in a work begin with its number; names on the wire stay."""
    if Works.objects.filter(works_no=works.works_no).exclude(pk=works.pk).exists():
        raise Refusal("NUMBER_TAKEN", f"编号 {works.works_no} 已有其他工程使用。", "请先核对两个工程。")
    for model, field in NUMBERED:
        rows = model._base_manager.filter(works=works, **{f"{field}__startswith": old_no})
        rest = Substr(F(field), len(old_no) + 1)
        rows.update(**{field: Concat(Value(works.works_no), rest, output_field=CharField())})


@one_transaction
def change_op_state(access: Access, works_id: int, body: OpStateIn) -> Works:
    """Change the readiness of a work (平急状态); other rules and other views apply from now on."""
    works = works_of(access, works_id, MANAGE, lock=True)
    seen(works, body.seen_version, "工程")
    old = works.op_state
    if body.to not in lifecycle.next_op_states(old):
        raise Refusal(
            "NO_SUCH_STEP", f"现在是“{OpState(old).label}”，不能这样转换。", "请刷新后重选。", status=409
        )
    if not body.reason.strip():
        raise invalid([FieldError("reason", "理由", "请写明转换的依据或任务。")])
    works.op_state = body.to
    works.version += 1
    works.save(update_fields=["op_state", "version"])
    note(works, "OP_STATE", {"op_state": old}, {"op_state": body.to}, access.person, body.reason)
    text = f"{works.name} {OpState(old).label} → {OpState(body.to).label}"
    record("works.op_state", person=access.person, target=works, summary=text, reason=body.reason)
    return works
