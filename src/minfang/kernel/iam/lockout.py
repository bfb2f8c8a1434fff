"""Who is locked out for how long after failed proofs (security handbook B.5). Reads only."""

from minfang.kernel.base import clock
from minfang.kernel.iam.models import CounterKind, ProofCounter


def locked(kind: CounterKind, subject: str) -> bool:
    """Whether this name or address may not try at present."""
    return ProofCounter.objects.filter(kind=kind, subject=subject, locked_until__gt=clock.now()).exists()


def failures(kind: CounterKind, subject: str) -> int:
    """Failed tries that still count against the name or address."""
    row = ProofCounter.objects.filter(kind=kind, subject=subject).first()
    return row.failures if row else 0


def locked_names() -> list[ProofCounter]:
    """Everything that is locked at present, the newest lock first."""
    return list(ProofCounter.objects.filter(locked_until__gt=clock.now()).order_by("-locked_until"))
