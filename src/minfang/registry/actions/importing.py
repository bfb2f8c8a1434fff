"""Write what a judged file says: all of it, or only its good rows."""

from typing import Any

from django.db import IntegrityError, models, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.base.locks import one_transaction
from minfang.registry import changes, history
from minfang.registry.actions.importing_parts import write_parts
from minfang.registry.importing.lines import CHANGED, NEW, SAME, WRONG, Line, Scope, chunks
from minfang.registry.importing.plan import Plan, judge
from minfang.registry.models import Device, DeviceBatch, DeviceEvent, OpState, Works, WorksEvent
from minfang.registry.parts import KINDS
from minfang.registry.schemas.importing import ImportDone
from minfang.registry.sensor_types import GATEWAY

CHUNK = 1000


def carry_out(kind: str, content: bytes, scope: Scope, *, only_good: bool) -> ImportDone:
    """Import a file; with wrong rows in it nothing is written unless ``only_good``.

    Each part of a thousand rows is one transaction; the same file again changes nothing, so an import that
    broke off is simply repeated.
    """
    plan = judge(kind, content, scope)
    wrong = plan.of(WRONG)
    if wrong and not only_good:
        text = f"有 {len(wrong)} 行需要改正，未导入任何内容。"
        raise Refusal("WRONG_ROWS", text, "请下载错误清单改正后再传，或选择只导入正确的行。", status=422)
    fresh, changed = plan.of(NEW), plan.of(CHANGED)
    done = ImportDone(made=len(fresh), changed=len(changed), same=len(plan.of(SAME)), skipped=len(wrong))
    good = [*fresh, *changed]
    good.sort(key=lambda line: not _is_gateway(line))
    write = write_parts if plan.kind in KINDS else _write
    for part in chunks(good, CHUNK):
        write(plan, part, scope)
    return done


def _is_gateway(line: Line) -> bool:
    """Gateways are written first, for the other devices refer to them."""
    return getattr(line.row, "sensor_type", "") == GATEWAY


@one_transaction
def _write(plan: Plan, part: list[Line], scope: Scope) -> None:
    model: Any = Works if plan.kind == "works" else Device
    fresh = [line for line in part if line.row.pk is None]
    changed = [line for line in part if line.row.pk is not None]
    _refer([line.row for line in part])
    try:
        with transaction.atomic():
            for gateways in (True, False):
                rows = [line.row for line in fresh if _is_gateway(line) == gateways]
                model.objects.bulk_create(rows, batch_size=CHUNK)
            _update(model, changed)
    except IntegrityError as error:
        for line in fresh:
            line.row.pk = None
        raise Refusal(
            "CHANGED_MEANWHILE", "导入期间他人登记了相同的编号。", "请重新预览后再导入。", status=409
        ) from error
    _note(model, fresh, changed, scope)
    what = "工程" if plan.kind == "works" else "设备"
    text = f"导入{what}：新增 {len(fresh)}，修改 {len(changed)}"
    record("works.imported", person=scope.person, target=plan.kind, summary=text)


def _refer(rows: list[Any]) -> None:
    """Save new batches; mark what comes in during an emergency."""
    for row in rows:
        if not isinstance(row, Device):
            continue
        if row.batch is not None and row.batch.pk is None:
            batch, _ = DeviceBatch.objects.get_or_create(
                maker_id=row.batch.maker_id, batch_no=row.batch.batch_no, defaults={"model": row.batch.model}
            )
            row.batch.pk = batch.pk
        if row.pk is None:
            row.added_in_emergency = row.works.op_state == OpState.EMERGENCY


def _update(model: Any, changed: list[Line]) -> None:
    """Rows that somebody changed since they were judged are told of, not overwritten."""
    if not changed:
        return
    versions = {line.row.pk: line.row.version for line in changed}
    stored = dict(model.objects.select_for_update().filter(pk__in=versions).values_list("pk", "version"))
    if stored != versions:
        raise Refusal("STALE", "导入期间有内容被他人修改。", "请重新预览后再导入。", status=409)
    fields = {name for line in changed for name in line.after}
    for line in changed:
        line.row.version += 1
    model.objects.bulk_update([line.row for line in changed], [*fields, "version"], batch_size=CHUNK)


def _note(model: Any, fresh: list[Line], changed: list[Line], scope: Scope) -> None:
    """The history of every row, and word to those who watch."""
    kind = "works" if model is Works else "device"
    events: Any = WorksEvent if model is Works else DeviceEvent
    now = clock.now()
    common: dict[str, Any] = {"kind": "IMPORTED", "person": scope.person, "at": now}
    rows = [events(**{kind: line.row}, after=history.snapshot(line.row), **common) for line in fresh]
    rows += [events(**{kind: line.row}, before=line.before, after=line.after, **common) for line in changed]
    events.objects.bulk_create(rows, batch_size=CHUNK)
    for works_id in {_works_id(line.row) for line in (*fresh, *changed)}:
        changes.tell("works", works_id, works_id)


def _works_id(row: models.Model) -> int:
    return int(row.works_id if isinstance(row, Device) else row.pk)
