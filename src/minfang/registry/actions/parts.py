"""What people do with the parts of works: enter, correct, give up, take back."""

from typing import Any

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid, not_found
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.iam.access import Access
from minfang.registry import history, numbers
from minfang.registry.access import works_of
from minfang.registry.actions.works import MANAGE, note, seen
from minfang.registry.models import Enterprise, Entrance, Floor, ProtectiveUnit, Room, Works
from minfang.registry.parts import KINDS, PartKind, next_number, number_faults, part_faults
from minfang.registry.schemas.parts import PartIn, PartStateIn

REFERENCES: dict[str, tuple[str, Any]] = {
    "floor": ("楼层", Floor),
    "unit": ("防护单元", ProtectiveUnit),
    "room": ("房间", Room),
    "entrance": ("口部", Entrance),
    "maker": ("生产厂家", Enterprise),
}


@one_transaction
def add_part(access: Access, works_id: int, code: str, body: PartIn) -> Works:
    """Enter a floor, unit, room, entrance or piece of equipment; a number is given where none is."""
    works, kind = _works(access, works_id, body.seen_version), KINDS[code]
    facts, wrong = _facts(kind, works, body)
    given = body.no.strip()
    if code == "equipment":
        facts["category"] = body.category
    if code == "floor" and not given:
        wrong.append(FieldError("no", "层号", "请填写层号，如 B1。"))
    if given:
        wrong += number_faults(kind, works, given) or _taken(kind, works, given)
    if wrong := wrong + part_faults(kind, facts):
        raise invalid(wrong)
    if code == "unit" and facts["position"] is None:
        facts["position"] = kind.model.every.filter(works=works).count() + 1

    def make() -> Any:
        row = kind.model(**facts, works=works)
        setattr(row, kind.number, given or next_number(kind, works, row))
        return row

    row = numbers.save_numbered(make, kind.number, given=bool(given))
    _keep(access, works, kind, row, "PART_ADDED", {}, {}, "登记", body.reason)
    return works


@one_transaction
def change_part(access: Access, works_id: int, code: str, part_id: int, body: PartIn) -> Works:
    """Correct the facts of a part; its number stays, and a piece of equipment stays of its kind."""
    works, kind = _works(access, works_id, body.seen_version), KINDS[code]
    row = _part(kind, works, part_id)
    facts, wrong = _facts(kind, works, body)
    fixed = {"category": row.category} if code == "equipment" else {}
    if wrong := wrong + part_faults(kind, {**facts, **fixed}):
        raise invalid(wrong)
    if code == "unit" and facts["position"] is None:
        facts["position"] = row.position
    before = history.snapshot(row)
    for name, value in facts.items():
        setattr(row, name, value)
    old, new = history.difference(before, history.snapshot(row))
    if new:
        row.save(update_fields=list(facts))
        _keep(access, works, kind, row, "PART_EDITED", old, new, "修改", body.reason)
    return works


@one_transaction
def change_part_state(access: Access, works_id: int, code: str, part_id: int, body: PartStateIn) -> Works:
    """Give a part up once nothing stands in it any more, or take it back; its history stays."""
    works, kind = _works(access, works_id, body.seen_version), KINDS[code]
    row = _part(kind, works, part_id)
    if bool(row.retired_at) == body.retired:
        raise Refusal("ALREADY", f"该{kind.label}已是这个状态。", "请刷新页面。", status=409)
    if body.retired:
        _require_empty(kind, row)
        if not body.reason.strip():
            raise invalid([FieldError("reason", "理由", "请写明停用的原因。")])
    row.retired_at = clock.now() if body.retired else None
    row.save(update_fields=["retired_at"])
    event, word = ("PART_RETIRED", "停用") if body.retired else ("PART_BACK", "恢复")
    _keep(access, works, kind, row, event, {}, {}, word, body.reason)
    return works


def _works(access: Access, works_id: int, version: int) -> Works:
    works = works_of(access, works_id, MANAGE, lock=True)
    seen(works, version, "工程")
    return works


def _part(kind: PartKind, works: Works, part_id: int) -> Any:
    row = kind.model.every.filter(works=works, pk=part_id).first()
    if row is None:
        raise not_found(f"该{kind.label}")
    return row


def _facts(kind: PartKind, works: Works, body: PartIn) -> tuple[dict[str, Any], list[FieldError]]:
    """The fields a kind has, references as objects of the same work; those that are not there are told."""
    facts: dict[str, Any] = {}
    wrong = []
    for name in kind.fields:
        if name not in REFERENCES:
            facts[name] = getattr(body, name)
            continue
        label, model = REFERENCES[name]
        pk = getattr(body, f"{name}_id")
        rows = model.objects.filter(pk=pk) if name == "maker" else model.objects.filter(pk=pk, works=works)
        facts[name] = rows.first() if pk is not None else None
        if pk is not None and facts[name] is None:
            wrong.append(FieldError(f"{name}_id", label, f"所选{label}不在该工程内，或已停用。"))
    facts["name"] = str(facts["name"]).strip()
    return facts, wrong


def _taken(kind: PartKind, works: Works, number: str) -> list[FieldError]:
    rows = kind.model.every.filter(**{kind.number: number})
    if (rows.filter(works=works) if kind.code == "floor" else rows).exists():
        return [FieldError("no", kind.number_label, f"“{number}”已有其他{kind.label}使用（含已停用的）。")]
    return []


def _require_empty(kind: PartKind, row: Any) -> None:
    """Refuse to give up what still holds something, and say what."""
    counts = [(label, getattr(row, name).filter(retired_at=None).count()) for name, label in kind.within]
    held = "、".join(f"{label} {count}" for label, count in counts if count)
    if held:
        text = f"该{kind.label}内还有：{held}。"
        raise Refusal("STILL_USED", text, "请先把它们改到别处，或先停用、更换。", status=409)


def _keep(
    access: Access,
    works: Works,
    kind: PartKind,
    row: Any,
    event: str,
    before: dict[str, Any],
    after: dict[str, Any],
    word: str,
    reason: str,
) -> None:
    """A new version of the work, a line of its history, and an entry in the trail."""
    works.version += 1
    works.save(update_fields=["version"])
    named = {"_part": kind.code, "_named": kind.names(row)}
    note(works, event, before, {**named, **after}, access.person, reason)
    record(
        "works.parts",
        person=access.person,
        target=works,
        summary=f"{works.works_no} {word}{kind.names(row)}",
        before=before,
        after=after,
        reason=reason,
    )
