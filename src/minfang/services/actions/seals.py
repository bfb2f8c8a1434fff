"""Look at the seals of all cases, and settle a case whose row was changed past the product."""

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import FieldError, invalid, not_found, stale
from minfang.services import case_seals
from minfang.services.models import Case

CHUNK = 2000


def check() -> int:
    """Raise an alarm for each case whose seal is broken; returns how many there are."""
    broken = 0
    rows = Case.objects.values_list("pk", "mac", *case_seals.COVERED)
    for pk, mac, *values in rows.iterator(chunk_size=CHUNK):
        if not case_seals.values_hold(values, mac):
            case_seals.alarm(pk, values[0])
            broken += 1
    return broken


@transaction.atomic
def settle(number: str, *, reason: str) -> Case:
    """Take the row of a case as it now stands: only after somebody has compared it with the audit trail."""
    if not reason.strip():
        raise invalid([FieldError("reason", "理由", "请写明核查结果。")])
    case = Case.objects.select_for_update(of=("self",)).filter(internal_no=number).first()
    if case is None:
        raise not_found("该办件")
    if case_seals.holds(case):
        raise stale("该办件的数据完整，无需处置。")
    Case.objects.filter(pk=case.pk).update(mac=case_seals.of(case))
    record(
        "case.resealed",
        person=None,
        target=case.subject,
        summary=f"核查后认可办件 {number} 的现值",
        after={"status": case.status, "due_on": str(case.due_on), "promise_due": str(case.promise_due)},
        reason=reason,
    )
    return Case.objects.get(pk=case.pk)
