"""Count tries of every kind of proof by name and by address; lock, release, unlock (security handbook B.5).

A try is counted before it is judged, so that tries side by side cannot exceed the limit; a right one is
taken back. While a name is locked even the right proof is refused.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.iam import policy
from minfang.kernel.iam.models import CounterKind, Person, ProofCounter

ALARM = "sign_in.locked"


def _row(kind: CounterKind, subject: str) -> ProofCounter:
    """The counter, locked for this transaction; made when it is missing."""
    found = ProofCounter.objects.select_for_update().filter(kind=kind, subject=subject).first()
    if found:
        return found
    try:
        with transaction.atomic():
            return ProofCounter.objects.create(kind=kind, subject=subject, since=clock.now())
    except IntegrityError:
        return ProofCounter.objects.select_for_update().get(kind=kind, subject=subject)


@transaction.atomic
def count_try(kind: CounterKind, subject: str) -> bool:
    """Count one try; ``False`` when the name or address is locked and nothing may be judged."""
    limits, now = policy.current(), clock.now()
    row, term = _row(kind, subject), timedelta(minutes=policy.current().lockout_minutes)
    if row.locked_until and row.locked_until > now:
        return False
    if row.locked_until or row.since + term < now:
        row.failures, row.since, row.locked_until = 0, now, None
    row.failures += 1
    most = limits.lockout_failures if kind == CounterKind.NAME else limits.lockout_address_failures
    if row.failures >= most:
        row.locked_until = now + term
    row.save()
    return True


@transaction.atomic
def take_back(kind: CounterKind, subject: str) -> None:
    """The try was right: it does not count, and a lock it alone caused falls."""
    row = ProofCounter.objects.select_for_update().filter(kind=kind, subject=subject).first()
    if row:
        row.failures, row.locked_until = max(0, row.failures - 1), None
        row.save()


def forgive(subject: str) -> None:
    """Somebody proved fully who they are: what failed under their name before is forgotten."""
    ProofCounter.objects.filter(kind=CounterKind.NAME, subject=subject).delete()


@transaction.atomic
def note_failure(name: str, address: str, *, what: str, person: Person | None) -> None:
    """Keep the failed proof in the audit trail; a lock it led to as well, with an alarm."""
    record("session.refused", person=None, target=f"username:{name}", summary=f"{what}失败", result="REFUSED")
    now = clock.now()
    for kind, subject in ((CounterKind.NAME, name), (CounterKind.ADDRESS, address)):
        row = ProofCounter.objects.filter(kind=kind, subject=subject, locked_until__gt=now).first()
        if row is None:
            continue
        label = f"{CounterKind(kind).label} {subject}"
        summary = f"{label} 连续 {row.failures} 次登录失败，锁定至 {row.locked_until:%Y-%m-%d %H:%M}（UTC）"
        target = person if person and kind == CounterKind.NAME else f"{kind.lower()}:{subject}"
        record("session.locked", person=None, target=target, summary=summary, result="REFUSED")
        raise_alarm(
            ALARM,
            target=f"{kind.lower()}:{subject}",
            summary=summary,
            details={"address": address, "proof": what},
        )


@transaction.atomic
def unlock(person: Person, *, by: Person, reason: str) -> None:
    """The security administrator lets a locked person try again."""
    ProofCounter.objects.filter(kind=CounterKind.NAME, subject=person.username).delete()
    record(
        "session.unlocked", person=by, target=person, summary=f"解除 {person.name} 的登录锁定", reason=reason
    )
