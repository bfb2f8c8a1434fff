"""Write the parts of works that a judged file holds."""

from typing import Any

from django.db import IntegrityError, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.base.locks import one_transaction
from minfang.registry import changes, history
from minfang.registry.importing.lines import Line, Scope
from minfang.registry.importing.plan import Plan
from minfang.registry.models import Works, WorksEvent
from minfang.registry.parts import KINDS, PartKind

MEANWHILE = Refusal("STALE", "导入期间有工程被他人修改。", "请重新预览后再导入。", status=409)


@one_transaction
def write_parts(plan: Plan, part: list[Line], scope: Scope) -> None:
    """One part of a file: rows, a new version of each work, its history, an entry in the trail."""
    kind = KINDS[plan.kind]
    fresh = [line for line in part if line.row.pk is None]
    changed = [line for line in part if line.row.pk is not None]
    works = _locked(part)
    try:
        with transaction.atomic():
            kind.model.every.bulk_create([line.row for line in fresh])
    except IntegrityError as error:
        for line in fresh:
            line.row.pk = None
        raise MEANWHILE from error
    if changed:
        fields = sorted({name for line in changed for name in line.after})
        kind.model.every.bulk_update([line.row for line in changed], fields)
    for row in works.values():
        row.version += 1
        row.save(update_fields=["version"])
        changes.tell("works", row.pk, row.pk)
    _note(kind, fresh, changed, scope)
    text = f"导入{kind.label}：新增 {len(fresh)}，修改 {len(changed)}"
    record("works.imported", person=scope.person, target=plan.kind, summary=text)


def _locked(part: list[Line]) -> dict[int, Works]:
    """The works of these rows, locked; what somebody changed since the file was judged is told of."""
    works: dict[int, Works] = {line.row.works_id: line.row.works for line in part}
    rows = Works.objects.select_for_update().order_by("pk").filter(pk__in=works)
    if dict(rows.values_list("pk", "version")) != {pk: row.version for pk, row in works.items()}:
        raise MEANWHILE
    return works


def _note(kind: PartKind, fresh: list[Line], changed: list[Line], scope: Scope) -> None:
    common: dict[str, Any] = {"kind": "IMPORTED", "person": scope.person, "at": clock.now()}
    rows = []
    for line in (*fresh, *changed):
        named = {"_part": kind.code, "_named": kind.names(line.row)}
        rows.append(
            WorksEvent(
                works=line.row.works,
                before=line.before,
                after={**named, **(line.after or history.snapshot(line.row))},
                **common,
            )
        )
    WorksEvent.objects.bulk_create(rows)
