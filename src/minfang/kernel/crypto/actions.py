"""Make, rotate and destroy keys. Whoever calls writes the audit event into the same transaction."""

from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import keyring, local, port
from minfang.kernel.crypto.models import CryptoKey, KeyPurpose, KeyState

DATA_KEY_BYTES, ROOT_BYTES = 16, 32


def ensure_keys() -> None:
    """See to it that every purpose has an active key; nothing changes where there is one."""
    wanted = [KeyPurpose.FIELD, KeyPurpose.FILE]
    if port.current().name != "local":
        wanted.append(KeyPurpose.DERIVE)
    known = set(CryptoKey.objects.filter(active_for__in=wanted).values_list("active_for", flat=True))
    for purpose in wanted:
        if purpose.value not in known:
            _make(purpose, "系统")


def _make(purpose: KeyPurpose, by: str, secret: bytes | None = None) -> CryptoKey:
    adapter, now = port.current(), clock.now()
    size = ROOT_BYTES if purpose == KeyPurpose.DERIVE else DATA_KEY_BYTES
    secret = secret or adapter.random(size)
    return CryptoKey.objects.create(
        purpose=purpose,
        active_for=purpose,
        algorithm="HMAC-SM3" if purpose == KeyPurpose.DERIVE else "SM4-GCM",
        wrapped=adapter.wrap(secret),
        wrapped_by=adapter.name,
        check_value=keyring.check_value(secret),
        created_at=now,
        created_by=by,
        state_changed_at=now,
        state_changed_by=by,
    )


def refuse_unless_rotatable(purpose: str) -> None:
    """Only field and file keys rotate."""
    if purpose not in (KeyPurpose.FIELD, KeyPurpose.FILE):
        hint = "索引和审计链以它计算，轮换须重建全部索引。"
        raise Refusal("KEY_FIXED", "这一用途的密钥不能轮换。", hint, status=409)


@transaction.atomic
def rotate(purpose: str, by: str) -> CryptoKey:
    """A new active key for a purpose; the old one goes on opening what it sealed.

    Other processes seal with the old key for an hour at most. The root of the MAC keys does not rotate:
    every blind index and chain would have to be written anew.
    """
    refuse_unless_rotatable(purpose)
    old = CryptoKey.objects.select_for_update().filter(active_for=purpose).first()
    if old is not None:
        old.state, old.active_for = KeyState.DECRYPT_ONLY, None
        old.state_changed_at, old.state_changed_by = clock.now(), by
        old.save(update_fields=["state", "active_for", "state_changed_at", "state_changed_by"])
    new = _make(KeyPurpose(purpose), by)
    transaction.on_commit(keyring.forget)
    return new


def known(number: int) -> CryptoKey:
    """The key row, or a refusal."""
    return _found(CryptoKey.objects.filter(pk=number).first())


def locked(number: int) -> CryptoKey:
    """The key row, locked until the transaction ends."""
    return _found(CryptoKey.objects.select_for_update().filter(pk=number).first())


def _found(key: CryptoKey | None) -> CryptoKey:
    if key is None:
        raise Refusal("NOT_FOUND", "没有这把密钥。", "请刷新密钥列表。", status=404)
    return key


def ask_destruction(key: CryptoKey, *, by_id: int, by: str, reason: str) -> None:
    """Write down that a key that only opens should be destroyed; another person carries it out."""
    if key.state != KeyState.DECRYPT_ONLY:
        message = f"密钥 {key.pk} {key.get_state_display()}，不能销毁。"
        raise Refusal("KEY_IN_USE", message, "请先轮换。", status=409)
    if key.asked_at is not None:
        message = f"密钥 {key.pk} 已由 {key.asked_by} 申请销毁。"
        raise Refusal("ALREADY_ASKED", message, "请等待执行。", status=409)
    key.asked_at, key.asked_by_id, key.asked_by, key.asked_reason = clock.now(), by_id, by, reason[:500]
    key.save(update_fields=["asked_at", "asked_by_id", "asked_by", "asked_reason"])


def withdraw_request(key: CryptoKey) -> None:
    """Take back a request that was not carried out."""
    if key.asked_at is None or key.state == KeyState.DESTROYED:
        raise Refusal("NOT_ASKED", "没有待执行的销毁申请。", "请刷新密钥列表。", status=409)
    key.asked_at, key.asked_by_id, key.asked_by, key.asked_reason = None, None, "", ""
    key.save(update_fields=["asked_at", "asked_by_id", "asked_by", "asked_reason"])


def destroy(key: CryptoKey, *, by_id: int, by: str) -> None:
    """Wipe the wrapped bytes for good; who asked must be somebody else."""
    if key.state != KeyState.DECRYPT_ONLY or key.asked_at is None:
        raise Refusal("NOT_ASKED", "这把密钥没有待执行的销毁申请。", "须先由安全管理员申请。", status=409)
    if key.asked_by_id == by_id:
        raise Refusal("SAME_PERSON", "申请人不能执行自己的申请。", "请由另一名管理员执行。", status=409)
    since = (clock.now() - key.state_changed_at).total_seconds()
    if since < keyring.KEEP_SECONDS:
        message = "其他进程可能仍在使用这把密钥。"
        raise Refusal("KEY_STILL_CACHED", message, "轮换满一小时后再执行。", status=409)
    key.wrapped, key.state = None, KeyState.DESTROYED
    key.state_changed_at, key.state_changed_by = clock.now(), by
    key.save(update_fields=["wrapped", "state", "state_changed_at", "state_changed_by"])
    transaction.on_commit(keyring.forget)


@transaction.atomic
def rewrap(source: port.CryptoPort) -> int:
    """Wrap every key anew by the present adapter, coming from ``source``; the number of keys moved.

    Leaving the local adapter, its master key becomes the root of the derived keys in the table, so that
    indexes, chains and format 1 go on holding.
    """
    adapter, moved = port.current(), 0
    if adapter.name != "local" and not CryptoKey.objects.filter(active_for=KeyPurpose.DERIVE).exists():
        _make(KeyPurpose.DERIVE, "系统", local.local_master_key() if source.name == "local" else None)
        moved += 1
    for key in CryptoKey.objects.select_for_update().filter(wrapped_by=source.name, wrapped__isnull=False):
        key.wrapped, key.wrapped_by = adapter.wrap(source.unwrap(bytes(key.wrapped or b""))), adapter.name
        key.save(update_fields=["wrapped", "wrapped_by"])
        moved += 1
    transaction.on_commit(keyring.forget)
    return moved
