"""Orders to bring running cases to another version: batches that can stop and go on."""

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.clock import now
from minfang.kernel.base.errors import FieldError, Refusal, invalid, not_found
from minfang.kernel.iam.models import Person
from minfang.kernel.workflow import anchors, migration
from minfang.kernel.workflow.design_models import EntryState
from minfang.kernel.workflow.models import (
    DefinitionState,
    MigrationBatch,
    MigrationEntry,
    ProcessInstance,
)

from . import queries

AT_ONCE = 25


@transaction.atomic
def order(person: Person, source: int, target: int, instances: list[int], reason: str) -> MigrationBatch:
    """Note which cases are to be brought over; ``run`` then does it, part by part."""
    _need(reason)
    one, other = queries.definition(source), queries.definition(target)
    if one.code != other.code or one.pk == other.pk or other.state == DefinitionState.DRAFT:
        raise Refusal("MIGRATION_PAIR", "请选择同一流程的两个不同版本。", "可在版本列表中选择。", status=409)
    if missing := anchors.unkept(other.code, other.graph):
        raise Refusal("MIGRATION_ANCHOR", f"第 {other.version} 版{missing[0]}。", "请另选版本。", status=409)
    known = ProcessInstance.objects.filter(pk__in=instances, definition_id=one.pk)
    numbers = list(known.order_by("pk").values_list("pk", flat=True))
    if not numbers:
        raise Refusal("MIGRATION_EMPTY", "所选办件都已不在原版本。", "请重新试算。", status=409)
    batch = MigrationBatch.objects.create(
        source=one, target=other, reason=reason.strip(), ordered_by=person, ordered_at=now()
    )
    MigrationEntry.objects.bulk_create(MigrationEntry(batch=batch, instance_id=pk) for pk in numbers)
    summary = f"批量更换流程版本：{one} → 第 {other.version} 版，{len(numbers)} 件"
    record("process.migrate", person=person, target=batch, summary=summary, reason=reason)
    return batch


def run(number: int, person: Person, at_once: int = AT_ONCE) -> None:
    """Bring the next cases of a batch over, each in a transaction of its own; call until none waits.

    A batch that was interrupted goes on where it stopped: a case brought over already stays as it is.
    """
    batch = MigrationBatch.objects.filter(pk=number).first()
    if batch is None:
        raise not_found("该迁移批次")
    waiting = batch.entries.filter(state=EntryState.WAITING).order_by("pk")[:at_once]
    for entry in waiting:
        _move(batch, entry.pk, person)
    if not batch.entries.filter(state=EntryState.WAITING).exists():
        MigrationBatch.objects.filter(pk=batch.pk, finished_at__isnull=True).update(finished_at=now())


@transaction.atomic
def _move(batch: MigrationBatch, entry_id: int, person: Person) -> None:
    entry = MigrationEntry.objects.filter(pk=entry_id).get()
    try:
        with transaction.atomic():
            fit = migration.move(
                entry.instance_id, batch.source_id, batch.target_id, person=person, reason=batch.reason
            )
    except Refusal as refusal:
        fit = migration.Fit(reasons=[refusal.message])
    state = EntryState.MOVED if fit.fits else EntryState.REFUSED
    note = "；".join(fit.reasons or fit.notes)[:500]
    MigrationEntry.objects.filter(pk=entry_id, state=EntryState.WAITING).update(
        state=state, note=note, at=now()
    )


def undo(number: int, person: Person, entries: list[int], reason: str) -> None:
    """Take cases of a batch back to the version they came from, where nothing was done since."""
    _need(reason)
    batch = MigrationBatch.objects.filter(pk=number).first()
    if batch is None:
        raise not_found("该迁移批次")
    moved = batch.entries.filter(state=EntryState.MOVED)
    for entry in moved.filter(pk__in=entries) if entries else moved:
        _undo(entry, person, reason)
    with transaction.atomic():
        summary = f"撤回流程版本更换：{batch}"
        record("process.migrate_undo", person=person, target=batch, summary=summary, reason=reason)


@transaction.atomic
def _undo(entry: MigrationEntry, person: Person, reason: str) -> None:
    try:
        with transaction.atomic():
            migration.undo(entry.instance_id, person=person, reason=reason)
    except Refusal as refusal:
        MigrationEntry.objects.filter(pk=entry.pk).update(note=refusal.message)
        return
    MigrationEntry.objects.filter(pk=entry.pk).update(state=EntryState.UNDONE, note="", at=now())


def _need(reason: str) -> None:
    if not reason.strip():
        raise invalid([FieldError("reason", "原因", "请填写原因。")], "请填写原因。")
