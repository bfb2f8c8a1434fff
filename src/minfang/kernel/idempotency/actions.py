"""Claiming a key, keeping the answer, giving the key free again."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.idempotency import rules
from minfang.kernel.idempotency.models import CallState, IdempotentCall, sealed_answer

REUSED = Refusal(
    "IDEMPOTENCY_KEY_REUSED",
    "这次提交的编号已用于另一项操作，本次未办理。",
    "请刷新页面后重新操作；通过接口调用的，请为每项操作使用新的 Idempotency-Key。",
    status=422,
)
RUNNING = Refusal("IDEMPOTENCY_RUNNING", "同一操作正在办理。", "请稍候，结果出来后会自动显示。", status=409)
SPENT = Refusal(
    "IDEMPOTENCY_SPENT",
    "该操作此前已经办理，结果不再重复给出。",
    "请刷新页面查看结果，无需再次提交。",
    status=409,
)


@dataclass(frozen=True)
class Asked:
    """One call as it is recognised again: who, under which key, asks for what."""

    owner: str
    key: str
    method: str
    path: str
    fingerprint: str
    request_id: str


@dataclass(frozen=True)
class Claim:
    """The right to carry a call out."""

    pk: int
    token: str


def begin(asked: Asked) -> Claim | IdempotentCall:
    """Claim the key, or return the finished call whose answer is to be given again.

    Refuses with 422 when the key stands for something else and with 409 while the first call runs, or
    when it has taken effect without leaving an answer.
    """
    try:
        with transaction.atomic():
            return _inserted(asked)
    except IntegrityError:
        return _known(asked)


def _inserted(asked: Asked) -> Claim:
    now, token = clock.now(), uuid.uuid4().hex
    row = IdempotentCall.objects.create(
        owner=asked.owner,
        key=asked.key,
        method=asked.method,
        path=asked.path[:300],
        fingerprint=asked.fingerprint,
        claim=token,
        claimed_until=now + rules.current().lease,
        request_id=asked.request_id,
        created_at=now,
    )
    return Claim(row.pk, token)


@transaction.atomic
def _known(asked: Asked) -> Claim | IdempotentCall:
    row = IdempotentCall.objects.select_for_update().filter(owner=asked.owner, key=asked.key).first()
    if row is None:  # given free between the two statements: the caller tries again
        raise replace(RUNNING)
    if row.fingerprint != asked.fingerprint:
        raise replace(REUSED)
    if row.state == CallState.DONE:
        if row.status is None:
            raise replace(SPENT)
        return row
    if row.claimed_until > clock.now():
        raise replace(RUNNING)
    if took_effect(row):
        raise replace(SPENT)
    row.claim, row.request_id = uuid.uuid4().hex, asked.request_id
    row.claimed_until = clock.now() + rules.current().lease
    row.save(update_fields=["claim", "request_id", "claimed_until"])
    return Claim(row.pk, row.claim)


def took_effect(row: IdempotentCall) -> bool:
    """Whether the run that held the claim changed anything: its events stand in the audit trail, which is
    written in the transaction of the change.
    """
    since = row.created_at
    events = AuditEvent.objects.filter(at__gte=since, request_id=row.request_id, result="OK")
    return events.exists()


@transaction.atomic
def finish(claim: Claim, status: int | None, answer: dict[str, Any]) -> None:
    """Keep the answer of a call that was carried out; ``status`` None when it is too large to keep."""
    mine = IdempotentCall.objects.filter(pk=claim.pk, claim=claim.token, state=CallState.RUNNING)
    sealed = sealed_answer(claim.pk, answer) if status else b""
    mine.update(state=CallState.DONE, status=status, answer=sealed)


@transaction.atomic
def give_up(claim: Claim, *, doubtful: bool) -> None:
    """Free the key of a call that was not carried out.

    ``doubtful``: it ended in a fault of ours; should its trail show an effect, the key stays spent.
    """
    row = IdempotentCall.objects.select_for_update().filter(pk=claim.pk, claim=claim.token).first()
    if row is None:
        return
    if doubtful and took_effect(row):
        row.state = CallState.DONE
        row.save(update_fields=["state"])
    else:
        row.delete()


def renew(claims: list[Claim]) -> None:
    """Tell that these calls are still being carried out."""
    until = clock.now() + rules.current().lease
    IdempotentCall.objects.filter(
        pk__in=[claim.pk for claim in claims], claim__in=[claim.token for claim in claims]
    ).update(claimed_until=until)


def purge() -> int:
    """Forget calls so old that no repeat of them comes any more; returns how many."""
    now = clock.now()
    old = IdempotentCall.objects.filter(created_at__lt=now - rules.current().keep, claimed_until__lt=now)
    return old.delete()[0]
