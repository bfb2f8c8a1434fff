"""Rotate keys; ask for the destruction of one, and carry out what another person asked for."""

from django.db import transaction

from minfang.kernel.administration.keys import queries
from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import actions
from minfang.kernel.crypto.models import CryptoKey
from minfang.kernel.iam.models import Person


def _refuse_if_needed(key: CryptoKey) -> None:
    count = queries.held_by(key)
    if count:
        raise Refusal(
            "KEY_NEEDED",
            f"密钥 {key.pk} 仍有 {count} 项数据需要它解密，不能销毁。",
            "请先运行 minfang crypto reseal 重新加密。",
            status=409,
        )


@transaction.atomic
def rotate(purpose: str, person: Person) -> CryptoKey:
    """A new active key for fields or files; the old one goes on opening."""
    key = actions.rotate(purpose, person.name)
    record("key.rotate", person=person, target=key, summary=f"轮换密钥：{key}", after={"purpose": purpose})
    return key


@transaction.atomic
def ask_destruction(number: int, person: Person, reason: str) -> CryptoKey:
    """The security administrator asks that a key nobody needs be destroyed."""
    key = actions.locked(number)
    _refuse_if_needed(key)
    actions.ask_destruction(key, by_id=person.pk, by=person.name, reason=reason)
    record("key.ask_destruction", person=person, target=key, summary=f"申请销毁密钥：{key}", reason=reason)
    return key


@transaction.atomic
def withdraw_request(number: int, person: Person) -> CryptoKey:
    """Take back a request that was not carried out."""
    key = actions.locked(number)
    actions.withdraw_request(key)
    record("key.withdraw_request", person=person, target=key, summary=f"撤回销毁申请：{key}")
    return key


@transaction.atomic
def destroy(number: int, person: Person) -> CryptoKey:
    """Wipe a key another person asked to destroy, once more checking that nothing needs it."""
    key = actions.locked(number)
    _refuse_if_needed(key)
    asked_by, reason = key.asked_by, key.asked_reason
    actions.destroy(key, by_id=person.pk, by=person.name)
    summary = f"销毁密钥：{key}（{asked_by}申请）"
    record("key.destroy", person=person, target=key, summary=summary, reason=reason)
    return key
